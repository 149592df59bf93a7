//! The rows: what is posted, and what is read off.

use super::{
    figures::{Figure, Measured, Side},
    subject::Stage,
};
use anyhow::{Context, ensure};
use bellwire_support::load::{self, Report, Shape, Sink, alerts, probe, run, use_of};
use std::time::Duration;
use tokio::time::Instant;

const CONNECTIONS: usize = 8;
/// What Prometheus sends in a request.
const BATCH: u32 = 64;
/// Nobody is told within a measurement of ingest, on neither side: what is measured is taking alerts in.
const NOBODY_SOON: &str = "5m";
const AT_ONCE: &str = "0s";
const STORM_WAIT: Duration = Duration::from_secs(300);

/// Each on a process of its own, with a database of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Row {
    /// New alerts in 100 groups, and then the same again.
    New,
    /// Requests with one alert each.
    Single,
    /// From a POST to the webhook.
    Latency,
    /// As many groups as alerts.
    Groups,
    /// As many groups as alerts, each notified at once.
    Storm,
}

impl Row {
    pub const ALL: [Self; 5] = [Self::New, Self::Single, Self::Latency, Self::Groups, Self::Storm];
}

pub struct Scale {
    pub runs: usize,
    pub new: u32,
    pub single: u32,
    pub latency: u32,
    pub groups: u32,
    pub storm: u32,
}

impl Scale {
    pub const FULL: Self = Self { runs: 5, new: 100_000, single: 20_000, latency: 300, groups: 100_000, storm: 20_000 };
    pub const QUICK: Self = Self { runs: 3, new: 100_000, single: 10_000, latency: 200, groups: 20_000, storm: 4_000 };
}

pub async fn measure(row: Row, stage: &Stage, side: Side, scale: &Scale) -> anyhow::Result<Measured> {
    match row {
        Row::New => new(stage, side, scale.new).await,
        Row::Single => single(stage, side, scale.single).await,
        Row::Latency => latency(stage, side, scale.latency).await,
        Row::Groups => groups(stage, side, scale.groups).await,
        Row::Storm => storm(stage, side, scale.storm).await,
    }
}

async fn new(stage: &Stage, side: Side, count: u32) -> anyhow::Result<Measured> {
    let sink = Sink::start().await?;
    let subject = stage.start(side, &sink.url(), NOBODY_SOON).await?;
    let batches = alerts(&shape(count, 100, BATCH));
    let before = resident(&subject.target)?;
    let first = taken(run(&subject.target, &batches, CONNECTIONS).await?)?;
    let after = resident(&subject.target)?;
    let again = taken(run(&subject.target, &batches, CONNECTIONS).await?)?;
    let mut measured = Measured::default();
    measured.set(Figure::New, first.alerts_per_second());
    measured.set(Figure::NewP99, milliseconds(first.latency_at(0.99)));
    measured.set(Figure::NewResident, after.saturating_sub(before) as f64 / f64::from(count));
    measured.set(Figure::NewCpu, cpu_each(&first));
    measured.set(Figure::Again, again.alerts_per_second());
    measured.set(Figure::AgainCpu, cpu_each(&again));
    measured.generator(&[&first, &again]);
    Ok(measured)
}

async fn single(stage: &Stage, side: Side, count: u32) -> anyhow::Result<Measured> {
    let sink = Sink::start().await?;
    let subject = stage.start(side, &sink.url(), NOBODY_SOON).await?;
    let report = taken(run(&subject.target, &alerts(&shape(count, 100, 1)), CONNECTIONS).await?)?;
    let mut measured = Measured::default();
    measured.set(Figure::Single, report.requests_per_second());
    measured.set(Figure::SingleP99, milliseconds(report.latency_at(0.99)));
    measured.set(Figure::SingleCpu, cpu_each(&report));
    measured.generator(&[&report]);
    Ok(measured)
}

async fn latency(stage: &Stage, side: Side, count: u32) -> anyhow::Result<Measured> {
    let sink = Sink::start().await?;
    let subject = stage.start(side, &sink.url(), AT_ONCE).await?;
    let latency = probe(&subject.target, &sink, &alerts(&shape(count, count, 1))).await?;
    let at = |quantile| latency.value_at_quantile(quantile) as f64 / 1e3;
    let mut measured = Measured::default();
    measured.set(Figure::LatencyP50, at(0.5));
    measured.set(Figure::LatencyP99, at(0.99));
    measured.set(Figure::LatencyMax, latency.max() as f64 / 1e3);
    Ok(measured)
}

async fn groups(stage: &Stage, side: Side, count: u32) -> anyhow::Result<Measured> {
    let sink = Sink::start().await?;
    let subject = stage.start(side, &sink.url(), NOBODY_SOON).await?;
    let batches = alerts(&shape(count, count, BATCH));
    let before = resident(&subject.target)?;
    let report = taken(run(&subject.target, &batches, CONNECTIONS).await?)?;
    let after = resident(&subject.target)?;
    let mut measured = Measured::default();
    measured.set(Figure::Groups, report.alerts_per_second());
    measured.set(Figure::GroupsP99, milliseconds(report.latency_at(0.99)));
    measured.set(Figure::GroupsResident, after.saturating_sub(before) as f64 / f64::from(count));
    measured.generator(&[&report]);
    Ok(measured)
}

async fn storm(stage: &Stage, side: Side, count: u32) -> anyhow::Result<Measured> {
    let sink = Sink::start().await?;
    let subject = stage.start(side, &sink.url(), AT_ONCE).await?;
    let batches = alerts(&shape(count, count, BATCH));
    let started = Instant::now();
    let report = taken(run(&subject.target, &batches, CONNECTIONS).await?)?;
    let everyone = usize::try_from(count)?;
    let all = |arrivals: &load::Arrivals| (arrivals.first.len() >= everyone).then_some(());
    // Without what it has seen so far, which is long.
    sink.wait_for("every group", STORM_WAIT, all).await.ok().with_context(|| {
        format!("{} of {count} groups were notified within {STORM_WAIT:?}", sink.arrivals().first.len())
    })?;
    let mut measured = Measured::default();
    measured.set(Figure::Storm, f64::from(count) / started.elapsed().as_secs_f64());
    measured.set(Figure::StormP99, milliseconds(report.latency_at(0.99)));
    measured.generator(&[&report]);
    Ok(measured)
}

fn shape(alerts: u32, groups: u32, batch: u32) -> Shape {
    Shape { alerts, groups, batch, run: 1, starts_at: load::now(), ends_at: "2099-01-01T00:00:00Z".to_owned() }
}

/// A figure of which part was refused is none.
fn taken(report: Report) -> anyhow::Result<Report> {
    ensure!(report.refused() == 0, "requests were refused: {:?}", report.statuses);
    Ok(report)
}

fn resident(target: &load::Target) -> anyhow::Result<u64> {
    let used = target.process_id.and_then(use_of).context("the process is gone, or this is not Linux")?;
    Ok(used.resident_bytes)
}

/// Microseconds of the target's CPU for each alert.
fn cpu_each(report: &Report) -> f64 {
    let cpu = report.server.map_or(Duration::ZERO, |server| server.cpu);
    cpu.as_secs_f64() * 1e6 / report.alerts as f64
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
