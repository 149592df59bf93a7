//! The load generator of `cargo xtask bench`: a closed loop over a few kept connections, as cheap as it can be, with
//! bodies rendered beforehand. It counts its own CPU time, since it shares the machine with what it measures.

mod bellwire;
mod bodies;
mod probe;
mod sink;
mod usage;

pub use bellwire::{Bellwire, BellwireSettings};
pub use bodies::{Batch, Shape, alerts, now};
pub use probe::{ProbeError, probe};
pub use sink::{Arrivals, Sink};
pub use usage::{ProcessUse, use_of, use_of_self};

use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::StatusCode;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

const LATENCY_MICROSECONDS_MAX: u64 = 600_000_000;

/// What is driven.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    pub path: String,
    pub bearer: Option<String>,
    /// The process whose CPU time and memory are measured.
    pub process_id: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("no connection to the target")]
    Connect(#[from] std::io::Error),
    #[error("a request failed")]
    Request(#[from] hyper::Error),
    #[error("a request could not be built")]
    Build(#[from] hyper::http::Error),
    #[error("the histogram")]
    Histogram(#[from] hdrhistogram::CreationError),
    #[error("a connection's task failed")]
    Task(#[from] tokio::task::JoinError),
}

#[derive(Clone, Debug)]
pub struct Report {
    /// Alerts in requests that were answered with 2xx.
    pub alerts: u64,
    /// Requests by status.
    pub statuses: BTreeMap<u16, u64>,
    pub elapsed: Duration,
    /// Microseconds from the first byte sent to the last received.
    pub latency: Histogram<u64>,
    /// CPU time of this process, the generator's cost.
    pub client_cpu: Duration,
    /// CPU time of the target meanwhile, and its memory at the end.
    pub server: Option<ProcessUse>,
}

impl Report {
    pub fn requests(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Requests that were not answered with 2xx.
    pub fn refused(&self) -> u64 {
        self.statuses.iter().filter(|(status, _)| !(200..300).contains(*status)).map(|(_, count)| count).sum()
    }

    pub fn alerts_per_second(&self) -> f64 {
        self.alerts as f64 / self.elapsed.as_secs_f64()
    }

    pub fn requests_per_second(&self) -> f64 {
        self.requests() as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency below which this share (0 to 1) of the requests lay.
    pub fn latency_at(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.latency.value_at_quantile(quantile))
    }
}

/// Posts every batch once, over this many connections, each with one request under way at a time.
pub async fn run(target: &Target, batches: &[Batch], connections: usize) -> Result<Report, LoadError> {
    // Bodies are shared, not copied.
    let batches: Arc<[Batch]> = batches.into();
    let next = Arc::new(AtomicUsize::new(0));
    let mut senders = Vec::new();
    let mut drivers = JoinSet::new();
    for _ in 0..connections {
        let (sender, connection) = connect(target).await?;
        drivers.spawn(connection);
        senders.push(sender);
    }
    let server_before = target.process_id.and_then(use_of);
    let (client_before, started) = (use_of_self(), Instant::now());
    let mut workers = JoinSet::new();
    for sender in senders {
        workers.spawn(worker(sender, target.clone(), Arc::clone(&batches), Arc::clone(&next)));
    }
    let mut report = Report {
        alerts: 0,
        statuses: BTreeMap::new(),
        elapsed: Duration::ZERO,
        latency: histogram()?,
        client_cpu: Duration::ZERO,
        server: None,
    };
    while let Some(tally) = workers.join_next().await {
        let tally = tally??;
        report.alerts += tally.alerts;
        report.latency += tally.latency;
        tally.statuses.iter().for_each(|(status, count)| *report.statuses.entry(*status).or_default() += count);
    }
    report.elapsed = started.elapsed();
    report.client_cpu = use_of_self().cpu.saturating_sub(client_before.cpu);
    report.server = target.process_id.and_then(use_of).map(|mut after| {
        after.cpu = after.cpu.saturating_sub(server_before.map_or(Duration::ZERO, |before| before.cpu));
        after
    });
    Ok(report)
}

struct Tally {
    alerts: u64,
    statuses: BTreeMap<u16, u64>,
    latency: Histogram<u64>,
}

fn histogram() -> Result<Histogram<u64>, hdrhistogram::CreationError> {
    Histogram::new_with_bounds(1, LATENCY_MICROSECONDS_MAX, 3)
}

type Sender = SendRequest<Full<Bytes>>;

/// The second part must be polled for the first to work.
async fn connect(target: &Target) -> Result<(Sender, Connection<TokioIo<TcpStream>, Full<Bytes>>), LoadError> {
    let stream = TcpStream::connect(target.address).await?;
    stream.set_nodelay(true)?;
    Ok(handshake(TokioIo::new(stream)).await?)
}

/// Until the whole answer is read.
async fn post(sender: &mut Sender, target: &Target, batch: &Batch) -> Result<StatusCode, LoadError> {
    let mut request =
        hyper::Request::post(target.path.as_str()).header(HOST, "localhost").header(CONTENT_TYPE, "application/json");
    if let Some(bearer) = &target.bearer {
        request = request.header(AUTHORIZATION, format!("Bearer {bearer}"));
    }
    let request = request.body(Full::new(batch.body.clone()))?;
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(status)
}

async fn worker(
    mut sender: Sender,
    target: Target,
    batches: Arc<[Batch]>,
    next: Arc<AtomicUsize>,
) -> Result<Tally, LoadError> {
    let mut tally = Tally { alerts: 0, statuses: BTreeMap::new(), latency: histogram()? };
    while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
        let started = Instant::now();
        let status = post(&mut sender, &target, batch).await?;
        tally.latency.saturating_record(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
        *tally.statuses.entry(status.as_u16()).or_default() += 1;
        if status.is_success() {
            tally.alerts += u64::from(batch.alerts);
        }
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may stop at the first thing that is wrong")]
    use super::*;
    use crate::debian::{self, Program};
    use crate::prometheus::{Alertmanager, AlertmanagerSettings};

    fn shape(alerts: u32, groups: u32, batch: u32) -> Shape {
        let (starts_at, ends_at) = ("2026-01-01T00:00:00Z".to_owned(), "2099-01-01T00:00:00Z".to_owned());
        Shape { alerts, groups, batch, run: 1, starts_at, ends_at }
    }

    #[test]
    fn the_same_shape_gives_the_same_unique_alerts() {
        let batches = alerts(&shape(130, 10, 64));
        assert_eq!(batches.iter().map(|batch| batch.alerts).collect::<Vec<_>>(), [64, 64, 2]);
        let again = alerts(&shape(130, 10, 64));
        assert!(batches.iter().zip(&again).all(|(one, other)| one.body == other.body));
        let parsed: Vec<serde_json::Value> =
            batches.iter().flat_map(|batch| serde_json::from_slice::<Vec<_>>(&batch.body).unwrap()).collect();
        let distinct = |label: &str| {
            let values = parsed.iter().map(|alert| alert["labels"][label].to_string());
            values.collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!((parsed.len(), distinct("instance"), distinct("alertname")), (130, 130, 10));
    }

    #[tokio::test]
    async fn drives_the_real_alertmanager_and_sees_its_webhooks_arrive() {
        if debian::or_skip(debian::program(Program::Alertmanager)).is_none() {
            return;
        }
        let sink = Sink::start().await.unwrap();
        let alertmanager = Alertmanager::start(AlertmanagerSettings::to(&sink.url())).await.unwrap();
        let target = Target {
            address: alertmanager.address().parse().unwrap(),
            path: "/api/v2/alerts".to_owned(),
            bearer: None,
            process_id: alertmanager.process_id(),
        };
        let report = run(&target, &alerts(&shape(1000, 20, 64)), 4).await.unwrap();
        assert_eq!((report.alerts, report.requests(), report.refused()), (1000, 16, 0));
        assert!(report.alerts_per_second() > 0.0 && report.latency_at(0.99) >= report.latency_at(0.5));
        assert!(report.server.unwrap().resident_bytes > 1 << 20);
        let all = |arrivals: &Arrivals| (arrivals.first.len() == 20).then_some(());
        sink.wait_for("20 groups", Duration::from_secs(30), all).await.unwrap();
    }

    #[tokio::test]
    async fn refusals_are_counted_and_bring_no_alerts() {
        let sink = crate::webhook::Webhook::start(crate::webhook::Verification::None).await.unwrap();
        sink.script("/", [crate::Fault::Status(503)]);
        let address = sink.url("").trim_start_matches("http://").parse().unwrap();
        let target = Target { address, path: "/".to_owned(), bearer: None, process_id: None };
        let report = run(&target, &alerts(&shape(20, 1, 10)), 1).await.unwrap();
        assert_eq!((report.alerts, report.refused(), report.requests()), (10, 1, 2));
    }
}
