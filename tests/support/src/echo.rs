//! A server that answers with what it was asked: for whoever must not believe what a stranger repeats.

use crate::observed::Observed;
use crate::script::{Fault, Script, Turn};
use crate::serve::{Reply, Request, Server};
use std::fmt::Write as _;

pub struct Echo {
    server: Server,
    /// Each request as it was answered.
    seen: Observed<Vec<String>>,
    script: Script,
}

impl Echo {
    /// Answers 200 to everything, with the request as the body and its path as the header `x-path`.
    pub async fn start() -> std::io::Result<Self> {
        let (seen, script) = (Observed::<Vec<String>>::default(), Script::default());
        let (state, faults) = (seen.clone(), script.clone());
        let server = Server::start(move |request| {
            let (state, faults) = (state.clone(), faults.clone());
            async move {
                match faults.play(&request.path).await {
                    Turn::Answer(reply) => return Some(reply),
                    Turn::Cut | Turn::ActUnheard => return None,
                    Turn::Act => {}
                }
                let text = told(&request);
                state.change(|seen| seen.push(text.clone()));
                Some(Reply::text(200, text).text_header("x-path", &request.path))
            }
        });
        Ok(Self { server: server.await?, seen, script })
    }

    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    pub fn port(&self) -> u16 {
        self.server.address.port()
    }

    /// The next requests to `path` meet these faults.
    pub fn script(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        self.script.next(path, faults);
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.read(Vec::clone)
    }
}

fn told(request: &Request) -> String {
    let Request { method, path, query, headers, body } = request;
    let question = if query.is_empty() { "" } else { "?" };
    let mut text = format!("{method} {path}{question}{query}\n");
    for (name, value) in headers {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    text.push('\n');
    text.push_str(&String::from_utf8_lossy(body));
    text
}
