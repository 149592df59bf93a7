//! What is counted and timed, by name. docs/metrics.md lists them; a test holds the two together.

use bellwire_core::{Answer, Delivery, Effects, Engine, Fact, IncidentState, Message, Refusal, Span, Verdict};
use bellwire_wasm::{Conversion, Evaluation};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::{sync::OnceLock, time::Duration};

/// Every metric of this room, with what it says.
pub const METRICS: &[(&str, Kind, &str)] = &[
    ("bellwire_alerts_received_total", Kind::Counter, "Alerts taken in, by outcome: new, changed, unchanged, refused."),
    ("bellwire_alerts_refused_total", Kind::Counter, "Alerts refused, by reason."),
    ("bellwire_alerts", Kind::Gauge, "Alerts held in memory, firing and lately resolved."),
    ("bellwire_incidents", Kind::Gauge, "Incidents that are not closed, by state."),
    ("bellwire_incidents_opened_total", Kind::Counter, "Incidents opened or re-opened, by team."),
    ("bellwire_timers", Kind::Gauge, "Deadlines pending."),
    ("bellwire_queue_jobs", Kind::Gauge, "Jobs that wait for the loop."),
    ("bellwire_clock_ahead_seconds", Kind::Gauge, "How far our time is ahead of a wall clock that was put back."),
    ("bellwire_turns_total", Kind::Counter, "Turns of the loop."),
    (
        "bellwire_evaluations_total",
        Kind::Counter,
        "Policies asked, by policy and outcome: decided or the fault's kind.",
    ),
    ("bellwire_evaluation_seconds", Kind::Histogram, "Time of one evaluation, instance included."),
    ("bellwire_evaluation_fuel", Kind::Histogram, "Fuel of one evaluation."),
    (
        "bellwire_conversions_total",
        Kind::Counter,
        "Webhooks given to sources, by source and outcome: read, malformed or the fault's kind.",
    ),
    ("bellwire_conversion_seconds", Kind::Histogram, "Time of one conversion, instance included."),
    ("bellwire_conversion_fuel", Kind::Histogram, "Fuel of one conversion."),
    ("bellwire_notices_total", Kind::Counter, "Notices made, by receiver and kind."),
    ("bellwire_delivery_attempts_total", Kind::Counter, "Attempts to send, by receiver and outcome."),
    (
        "bellwire_delivery_seconds",
        Kind::Histogram,
        "From handing a message to its sender until its outcome, by receiver.",
    ),
    ("bellwire_deliveries_in_flight", Kind::Gauge, "Messages that are with their senders."),
    ("bellwire_commit_seconds", Kind::Histogram, "Time of one transaction, fsync included."),
    ("bellwire_store_refused_total", Kind::Counter, "Transactions that the store refused. Alert on any."),
    ("bellwire_journal_dropped_total", Kind::Counter, "Journal entries given up while the store refused for long."),
    ("bellwire_reloads_total", Kind::Counter, "Reloads, by outcome: taken, refused."),
    ("bellwire_reports_total", Kind::Counter, "Attempts to send a planned report, by outcome: sent, failed."),
    (
        "bellwire_calendar_fetches_total",
        Kind::Counter,
        "Calendars fetched from their URLs, by outcome: changed, unchanged, failed.",
    ),
    (
        "bellwire_plugin_changes_total",
        Kind::Counter,
        "Plugins whose files changed while Bellwire ran, by outcome: taken, refused.",
    ),
    (
        "bellwire_plugin_fetches_total",
        Kind::Counter,
        "Plugins asked of registries, by outcome: fetched, cached (the registry failed, the copy goes on), failed.",
    ),
    (
        "bellwire_policies_broken",
        Kind::Gauge,
        "Policies that cannot be run, or refuse their settings: their incidents go to the fallback.",
    ),
    (
        "bellwire_sources_broken",
        Kind::Gauge,
        "Sources that cannot be run, or refuse their settings: what is posted to them raises BellwireSourceFailed.",
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// One recorder a process, however many apps a test starts.
pub(crate) fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    let handle = RECORDER.get_or_init(|| {
        let recorder = builder().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        describe();
        bellwire_http::describe_metrics();
        handle
    });
    handle.clone()
}

/// Histograms with buckets, since quantiles that are computed here cannot be added up over replicas.
fn builder() -> PrometheusBuilder {
    const SECONDS: &[f64] = &[
        0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
        10.0,
    ];
    const FUEL: &[f64] = &[1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 5e7];
    const BYTES: &[f64] = &[1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
    let fuel = Matcher::Full("bellwire_evaluation_fuel".into());
    let conversion_fuel = Matcher::Full("bellwire_conversion_fuel".into());
    let bytes = Matcher::Full(bellwire_http::BODY_BYTES.into());
    let buckets = PrometheusBuilder::new()
        .set_buckets(SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(fuel, FUEL))
        .and_then(|builder| builder.set_buckets_for_metric(conversion_fuel, FUEL))
        .and_then(|builder| builder.set_buckets_for_metric(bytes, BYTES));
    match buckets {
        Ok(builder) => builder,
        // Only an empty list of buckets is refused.
        Err(_) => PrometheusBuilder::new(),
    }
}

fn describe() {
    for (name, kind, text) in METRICS {
        match kind {
            Kind::Counter => describe_counter!(*name, *text),
            Kind::Gauge => describe_gauge!(*name, *text),
            Kind::Histogram => describe_histogram!(*name, *text),
        }
    }
}

pub(crate) fn answered(answer: &Answer) {
    let Answer::Received { new, changed, unchanged, refused } = answer else { return };
    for (outcome, count) in [("new", *new), ("changed", *changed), ("unchanged", *unchanged)] {
        if count > 0 {
            counter!("bellwire_alerts_received_total", "outcome" => outcome).increment(count.into());
        }
    }
    for refused in refused {
        let reason = match refused.reason {
            Refusal::NoLabels => "no_labels",
            Refusal::TooManyLabels { .. } => "too_many_labels",
            Refusal::LabelsTooLarge { .. } => "labels_too_large",
            Refusal::AnnotationsTooLarge { .. } => "annotations_too_large",
            Refusal::EndsBeforeStart => "ends_before_start",
            Refusal::Full { .. } => "full",
        };
        counter!("bellwire_alerts_received_total", "outcome" => "refused").increment(1);
        counter!("bellwire_alerts_refused_total", "reason" => reason).increment(1);
    }
}

pub(crate) fn turn(effects: &Effects, engine: &Engine, waiting: usize) {
    counter!("bellwire_turns_total").increment(1);
    for entry in &effects.journal {
        match (&entry.fact, &entry.incident) {
            (Fact::Opened { .. } | Fact::Reopened { .. }, Some(id)) => {
                counter!("bellwire_incidents_opened_total", "team" => id.team.to_string()).increment(1);
            }
            (Fact::Noticed { receiver, notice_kind, .. }, _) => {
                let kind = format!("{notice_kind:?}").to_lowercase();
                counter!("bellwire_notices_total", "receiver" => receiver.to_string(), "kind" => kind).increment(1);
            }
            _ => {}
        }
    }
    gauge!("bellwire_queue_jobs").set(waiting as f64);
    gauge!("bellwire_alerts").set(engine.alerts_len() as f64);
    gauge!("bellwire_timers").set(engine.timers_len() as f64);
}

pub(crate) fn incidents(engine: &Engine) {
    let states = [
        (IncidentState::Open, "open"),
        (IncidentState::Acknowledged, "acknowledged"),
        (IncidentState::Snoozed, "snoozed"),
        (IncidentState::Resolved, "resolved"),
    ];
    for (state, name) in states {
        gauge!("bellwire_incidents", "state" => name).set(engine.incidents_in(state) as f64);
    }
}

pub(crate) fn ahead(span: Span) {
    gauge!("bellwire_clock_ahead_seconds").set(span.as_millis() as f64 / 1_000.0);
}

pub(crate) fn verdict(policy: &str, verdict: &Verdict) {
    let outcome = match &verdict.result {
        Ok(_) => "decided",
        Err(fault) => fault.kind(),
    };
    counter!("bellwire_evaluations_total", "policy" => policy.to_string(), "outcome" => outcome).increment(1);
}

pub(crate) fn evaluation(evaluation: &Evaluation) {
    histogram!("bellwire_evaluation_seconds").record(evaluation.elapsed);
    histogram!("bellwire_evaluation_fuel").record(evaluation.fuel as f64);
}

pub(crate) fn converted(source: &str, outcome: &'static str) {
    counter!("bellwire_conversions_total", "source" => source.to_owned(), "outcome" => outcome).increment(1);
}

pub(crate) fn conversion(conversion: &Conversion) {
    histogram!("bellwire_conversion_seconds").record(conversion.elapsed);
    histogram!("bellwire_conversion_fuel").record(conversion.fuel as f64);
}

pub(crate) fn sending() {
    gauge!("bellwire_deliveries_in_flight").increment(1.0);
}

pub(crate) fn sent(message: &Message, delivery: &Delivery, elapsed: Duration) {
    gauge!("bellwire_deliveries_in_flight").decrement(1.0);
    let outcome = match delivery {
        Delivery::Delivered { .. } => "delivered",
        Delivery::Retry { .. } => "retry",
        Delivery::Permanent { .. } => "permanent",
    };
    let receiver = message.receiver.to_string();
    counter!("bellwire_delivery_attempts_total", "receiver" => receiver.clone(), "outcome" => outcome).increment(1);
    histogram!("bellwire_delivery_seconds", "receiver" => receiver).record(elapsed);
}

/// Times one transaction.
pub(crate) fn commit<T>(work: impl FnOnce() -> T) -> T {
    let begun = tokio::time::Instant::now();
    let result = work();
    histogram!("bellwire_commit_seconds").record(begun.elapsed());
    result
}

pub(crate) fn store_refused() {
    counter!("bellwire_store_refused_total").increment(1);
}

pub(crate) fn journal_dropped(entries: usize) {
    counter!("bellwire_journal_dropped_total").increment(entries as u64);
}

pub(crate) fn reloaded(outcome: &'static str) {
    counter!("bellwire_reloads_total", "outcome" => outcome).increment(1);
}

pub(crate) fn reported(outcome: &'static str) {
    counter!("bellwire_reports_total", "outcome" => outcome).increment(1);
}

pub(crate) fn fetched(outcome: &'static str) {
    counter!("bellwire_calendar_fetches_total", "outcome" => outcome).increment(1);
}

pub(crate) fn plugin_changed(outcome: &'static str) {
    counter!("bellwire_plugin_changes_total", "outcome" => outcome).increment(1);
}

pub(crate) fn plugin_fetched(outcome: &'static str) {
    counter!("bellwire_plugin_fetches_total", "outcome" => outcome).increment(1);
}

pub(crate) fn sources_broken(sources: usize) {
    gauge!("bellwire_sources_broken").set(sources as f64);
}

pub(crate) fn broken(policies: usize) {
    gauge!("bellwire_policies_broken").set(policies as f64);
}
