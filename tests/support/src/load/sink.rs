//! Where notifications end in a measurement: a webhook receiver that only notes what came when.

use crate::observed::{Observed, TimedOut};
use crate::serve::{Reply, Server};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

const MARK: &[u8] = b"Load";
const MARK_DIGITS: usize = 6;

#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    pub requests: u64,
    /// The first request that named this alertname (`Load000000` and so on), anywhere in its body.
    pub first: HashMap<String, Instant>,
}

pub struct Sink {
    server: Server,
    arrivals: Observed<Arrivals>,
}

impl Sink {
    /// Answers every request with 200.
    pub async fn start() -> std::io::Result<Self> {
        let arrivals = Observed::<Arrivals>::default();
        let shared = arrivals.clone();
        let server = Server::start(move |request| {
            let at = Instant::now();
            shared.change(|arrivals| {
                arrivals.requests += 1;
                for name in names(&request.body) {
                    if !arrivals.first.contains_key(name) {
                        arrivals.first.insert(name.to_owned(), at);
                    }
                }
            });
            std::future::ready(Some(Reply::text(200, "ok")))
        });
        Ok(Self { server: server.await?, arrivals })
    }

    pub fn url(&self) -> String {
        self.server.url("/")
    }

    pub fn arrivals(&self) -> Arrivals {
        self.arrivals.read(Arrivals::clone)
    }

    /// Forgets everything; between two runs.
    pub fn clear(&self) {
        self.arrivals.change(|arrivals| *arrivals = Arrivals::default());
    }

    pub async fn wait_for<R>(
        &self,
        what: &str,
        timeout: Duration,
        look: impl FnMut(&Arrivals) -> Option<R>,
    ) -> Result<R, TimedOut> {
        self.arrivals.wait_for(what, timeout, look).await
    }
}

/// The alertnames in a body of any form: both sides of a comparison are read alike.
fn names(body: &[u8]) -> impl Iterator<Item = &str> {
    let whole = MARK.len() + MARK_DIGITS;
    body.windows(whole).filter(|window| window.starts_with(MARK)).filter_map(|window| {
        let is_name = window[MARK.len()..].iter().all(u8::is_ascii_digit);
        is_name.then(|| std::str::from_utf8(window).ok()).flatten()
    })
}
