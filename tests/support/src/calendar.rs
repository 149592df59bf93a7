//! A calendar behind a URL, as other systems publish theirs: with an `ETag`, and 304 for whoever has this one.

use crate::observed::Observed;
use crate::script::{Fault, Script, Turn};
use crate::serve::{Outcome, Reply, Request, Server};

pub const PATH: &str = "/duty.ics";

#[derive(Clone, Debug, Default)]
struct State {
    text: String,
    version: u32,
    /// The status of each answer, in order.
    answered: Vec<u16>,
}

pub struct CalendarServer {
    server: Server,
    state: Observed<State>,
    script: Script,
}

impl CalendarServer {
    pub async fn start(text: &str) -> std::io::Result<Self> {
        let (state, script) = (Observed::new(State { text: text.to_owned(), ..State::default() }), Script::default());
        let (shared, faults) = (state.clone(), script.clone());
        let server = Server::start(move |request| answer(request, shared.clone(), faults.clone()));
        Ok(Self { server: server.await?, state, script })
    }

    pub fn url(&self) -> String {
        self.server.url(PATH)
    }

    /// From the next request on.
    pub fn publish(&self, text: &str) {
        self.state.change(|state| {
            state.text = text.to_owned();
            state.version += 1;
        });
    }

    /// The next requests meet these faults.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script.next(PATH, faults);
    }

    /// The status of each answer that was not scripted, in order.
    pub fn answered(&self) -> Vec<u16> {
        self.state.read(|state| state.answered.clone())
    }
}

async fn answer(request: Request, state: Observed<State>, script: Script) -> Outcome {
    match script.play(&request.path).await {
        Turn::Act | Turn::ActUnheard => {}
        Turn::Answer(reply) => return Some(reply),
        Turn::Cut => return None,
    }
    if (request.method.as_str(), request.path.as_str()) != ("GET", PATH) {
        return Some(Reply::text(404, "there is one calendar here"));
    }
    Some(state.change(|state| {
        let etag = format!("\"{}\"", state.version);
        let status = if request.header("if-none-match") == etag { 304 } else { 200 };
        state.answered.push(status);
        let text = if status == 304 { String::new() } else { state.text.clone() };
        Reply::new(status, "text/calendar; charset=utf-8", text).text_header("etag", &etag)
    }))
}
