//! A scrape target whose metrics a test sets.

use crate::observed::{Observed, TimedOut};
use crate::serve::{self, Reply};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

#[derive(Clone, Debug, Default)]
struct State {
    /// By series: a name, or a name with labels.
    series: BTreeMap<String, f64>,
    scrapes: u64,
}

pub struct Server {
    server: serve::Server,
    state: Observed<State>,
}

impl Server {
    pub async fn start() -> std::io::Result<Self> {
        let state = Observed::<State>::default();
        let shared = state.clone();
        let server = serve::Server::start(move |_| std::future::ready(Some(scrape(&shared))));
        Ok(Self { server: server.await?, state })
    }

    /// `127.0.0.1:PORT`, as a `static_configs` target.
    pub fn target(&self) -> String {
        self.server.address.to_string()
    }

    /// Sets a series, such as `queue_depth` or `disk_free_ratio{host="db-1"}`, from the next scrape on.
    pub fn set(&self, series: &str, value: f64) {
        self.state.change(|state| state.series.insert(series.to_owned(), value));
    }

    /// Waits until Prometheus has come by once more.
    pub async fn scraped(&self, timeout: Duration) -> Result<(), TimedOut> {
        let before = self.state.read(|state| state.scrapes);
        self.state.wait_for("scrape", timeout, |state| (state.scrapes > before).then_some(())).await
    }
}

fn scrape(state: &Observed<State>) -> Reply {
    let text = state.change(|state| {
        state.scrapes += 1;
        let mut text = String::new();
        for (series, value) in &state.series {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{series} {value}");
        }
        text
    });
    Reply::new(200, "text/plain; version=0.0.4", text)
}
