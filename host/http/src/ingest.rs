//! Alerts in, by the doors of Alertmanager and of Prometheus. A 2xx means that they are on disk.

use crate::{
    backend::Backend,
    decode::{self, AlertFault, Batch, BodyFault, FaultKind},
    measure::{BODY_BYTES, DECODE_ERRORS, TRUNCATED},
    problem::{ErrorBody, Problem},
    server::Context,
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use bellwire_core::{Answer, Refusal, Refused, Tables};
use metrics::{counter, histogram};
use std::{sync::Arc, time::Duration};

/// Alertmanager's webhook.
///
/// Version 4, from a receiver's `webhook_configs`. Only an alert's own `status` resolves it.
#[utoipa::path(post, path = "/webhook/alertmanager", tag = "alerts",
    request_body(content_type = "application/json", content = serde_json::Value),
    responses(
        (status = 200, description = "Every alert is on disk"),
        (status = 400, description = "Not JSON, not version 4, or some alerts are wrong (the others were taken)", body = ErrorBody),
        (status = 413, description = "Too large, or too many alerts (the first ones were taken)", body = ErrorBody),
        (status = 415, description = "Not application/json, or compressed", body = ErrorBody),
        (status = 422, description = "An alert has no labels field (the others were taken)", body = ErrorBody),
        (status = 503, description = "Overloaded: send it again", body = ErrorBody)))]
pub(crate) async fn webhook<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(), Problem> {
    let body = context.bodies.json(&headers, body).await?;
    histogram!(BODY_BYTES, "route" => "/webhook/alertmanager").record(body.len() as f64);
    let batch = decode::alertmanager(&body, context.batch_alerts_max, context.backend.now()).map_err(refused_body)?;
    if batch.truncated > 0 {
        counter!(TRUNCATED).increment(batch.truncated);
        tracing::warn!(truncated = batch.truncated, "the sender left alerts out; raise its max_alerts");
    }
    take(&context, batch).await
}

/// Prometheus' alerts, straight.
///
/// The endpoint of Alertmanager's API, version 2, that Prometheus' `alerting` section posts to.
#[utoipa::path(post, path = "/api/v2/alerts", tag = "alerts",
    request_body(content_type = "application/json", content = serde_json::Value),
    responses(
        (status = 200, description = "Every alert is on disk"),
        (status = 400, description = "Not JSON, or some alerts are wrong (the others were taken)", body = ErrorBody),
        (status = 413, description = "Too large, or too many alerts (the first ones were taken)", body = ErrorBody),
        (status = 415, description = "Not application/json, or compressed", body = ErrorBody),
        (status = 422, description = "Empty, no labels field, or a generatorURL that is none (the others were taken)", body = ErrorBody),
        (status = 503, description = "Overloaded: send it again", body = ErrorBody)))]
pub(crate) async fn alerts<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(), Problem> {
    let body = context.bodies.json(&headers, body).await?;
    histogram!(BODY_BYTES, "route" => "/api/v2/alerts").record(body.len() as f64);
    let batch = decode::prometheus(&body, context.batch_alerts_max).map_err(|fault| match fault {
        // As Alertmanager has it.
        BodyFault::Empty => {
            counted("empty", Problem::new(StatusCode::UNPROCESSABLE_ENTITY, fault.to_string()).with_code(602))
        }
        fault => refused_body(fault),
    })?;
    take(&context, batch).await
}

fn refused_body(fault: BodyFault) -> Problem {
    let kind = match fault {
        BodyFault::Empty => "empty",
        BodyFault::NotUtf8 => "not_utf8",
        BodyFault::Malformed(_) => "malformed",
        BodyFault::Version => "version",
        BodyFault::MissingAlerts => "missing_alerts",
    };
    counted(kind, Problem::bad(fault.to_string()))
}

fn counted(kind: &'static str, problem: Problem) -> Problem {
    counter!(DECODE_ERRORS, "kind" => kind).increment(1);
    tracing::warn!(kind, "nothing of a request that should bring alerts was taken");
    problem
}

/// Hands the good alerts on, and answers for the bad ones.
pub(crate) async fn take<B: Backend>(context: &Context<B>, batch: Batch) -> Result<(), Problem> {
    let Batch { alerts, faults, beyond, truncated: _ } = without_own(&context.backend.roster().tables, batch);
    let offered = alerts.len();
    let refused = if alerts.is_empty() { Vec::new() } else { offer(context, alerts).await? };
    let taken = offered.saturating_sub(refused.len());
    let complaints = complaints(&faults, &refused, beyond, context.batch_alerts_max);
    if !complaints.is_empty() {
        tracing::warn!(refused = complaints.len(), taken, "some alerts of a request were not taken");
    }
    problem(&complaints, taken)
}

/// Nobody else may end the alerts that Bellwire raises itself: nothing would be heard of what they are about.
fn without_own(tables: &Tables, mut batch: Batch) -> Batch {
    let (own, others): (Vec<_>, Vec<_>) =
        batch.alerts.into_iter().enumerate().partition(|(_, alert)| tables.is_own(&alert.labels));
    let fault = |(index, _): (usize, _)| AlertFault {
        index: place(index, &batch.faults),
        kind: FaultKind::Malformed,
        message: "its labels are those of an alert that Bellwire raises itself, and nobody else".to_owned(),
    };
    let own: Vec<AlertFault> = own.into_iter().map(fault).collect();
    batch.faults.extend(own);
    batch.faults.sort_by_key(|fault| fault.index);
    batch.alerts = others.into_iter().map(|(_, alert)| alert).collect();
    batch
}

pub(crate) async fn offer<B: Backend>(
    context: &Context<B>,
    alerts: Vec<bellwire_core::AlertInput>,
) -> Result<Vec<Refused>, Problem> {
    match context.backend.received(alerts).await? {
        Answer::Received { refused, .. } => Ok(refused),
        Answer::Done
        | Answer::Nothing
        | Answer::UnknownIncident
        | Answer::AlreadyResolved
        | Answer::Stale { .. }
        | Answer::UnknownTarget { .. }
        | Answer::BadSnooze { .. }
        | Answer::Overridden(_)
        | Answer::OverrideRefused(_)
        | Answer::Silenced(_)
        | Answer::SilenceRefused(_)
        | Answer::UnknownHeartbeat { .. } => Ok(Vec::new()),
    }
}

/// What is wrong with one alert.
struct Complaint {
    /// Its place in the body.
    index: usize,
    status: StatusCode,
    code: u16,
    message: String,
}

/// Everything that was not taken: what should come again is first, and then it goes by place.
fn complaints(faults: &[AlertFault], refused: &[Refused], beyond: usize, alerts_max: usize) -> Vec<Complaint> {
    let mut complaints: Vec<Complaint> = faults.iter().map(of_fault).collect();
    complaints.extend(refused.iter().map(|refused| of_refusal(refused, faults)));
    if beyond > 0 {
        counter!(DECODE_ERRORS, "kind" => "beyond_batch").increment(beyond as u64);
        let message =
            format!("it and the rest, {beyond} in all, are beyond the {alerts_max} of one request (batch_alerts_max)");
        complaints.push(Complaint { index: alerts_max, status: StatusCode::PAYLOAD_TOO_LARGE, code: 413, message });
    }
    complaints.sort_by_key(|complaint| (complaint.status != StatusCode::SERVICE_UNAVAILABLE, complaint.index));
    complaints
}

fn of_fault(fault: &AlertFault) -> Complaint {
    let (status, code, kind) = match fault.kind {
        FaultKind::Malformed => (StatusCode::BAD_REQUEST, 400, "alert_malformed"),
        FaultKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, 601, "alert_invalid"),
        FaultKind::Required => (StatusCode::UNPROCESSABLE_ENTITY, 602, "alert_required"),
    };
    counter!(DECODE_ERRORS, "kind" => kind).increment(1);
    Complaint { index: fault.index, status, code, message: fault.message.clone() }
}

/// The one who refused it has counted it.
fn of_refusal(refused: &Refused, faults: &[AlertFault]) -> Complaint {
    let status = match refused.reason {
        Refusal::NoLabels
        | Refusal::TooManyLabels { .. }
        | Refusal::LabelsTooLarge { .. }
        | Refusal::AnnotationsTooLarge { .. }
        | Refusal::EndsBeforeStart => StatusCode::BAD_REQUEST,
        Refusal::Full { .. } => StatusCode::SERVICE_UNAVAILABLE,
    };
    let message = refused.reason.to_string();
    Complaint { index: place(refused.index, faults), status, code: status.as_u16(), message }
}

/// The place in the body of what is at `index` among the alerts that had no fault.
fn place(index: usize, faults: &[AlertFault]) -> usize {
    faults.iter().fold(index, |place, fault| if fault.index <= place { place + 1 } else { place })
}

/// One reply for all complaints; the first one's status is the request's.
fn problem(complaints: &[Complaint], taken: usize) -> Result<(), Problem> {
    const NAMED_MAX: usize = 5;
    const RETRY_AFTER: Duration = Duration::from_secs(10);
    let Some(first) = complaints.first() else { return Ok(()) };
    let named = complaints
        .iter()
        .take(NAMED_MAX)
        .map(|complaint| format!("alerts[{}]: {}", complaint.index, complaint.message));
    let mut message = named.collect::<Vec<_>>().join("; ");
    if complaints.len() > NAMED_MAX {
        message.push_str(&format!("; and {} more", complaints.len() - NAMED_MAX));
    }
    if taken > 0 {
        message.push_str(&format!(" ({taken} other alerts of the request were taken)"));
    }
    Err(match first.status {
        StatusCode::SERVICE_UNAVAILABLE => Problem::unavailable(message, RETRY_AFTER),
        status => Problem::new(status, message).with_code(first.code),
    })
}
