//! PagerDuty Events API v2. Each notice pages under a key of its own, because a repeated trigger wakes nobody; an
//! acknowledgement or a resolve closes every key that was opened. Touches only the attempt's HTTP client.

use crate::{
    dispatcher::Attempt,
    exchange::exchange,
    render::{Format, Heading},
    text::{clip, fingerprint, quote},
    view::View,
};
use bellwire_core::{Delivery, Message, NoticeKind, PagerDutyReceiver, Priority};
use serde_json::{Value, json};

const EVENT_BYTES_MAX: usize = 512_000;
const SUMMARY_CHARS_MAX: usize = 1_024;
const KEY_CHARS_MAX: usize = 255;
/// What the keys of the alerts and of their number take.
const LEFT_OUT_BYTES: usize = 100;
/// Of `source`, `component` and the like.
const FIELD_CHARS_MAX: usize = 255;

pub(crate) async fn send(attempt: &Attempt<'_>, pagerduty: &PagerDutyReceiver) -> Delivery {
    let message = attempt.message;
    match message.kind {
        NoticeKind::Decided
        | NoticeKind::PolicyFault
        | NoticeKind::Failover
        | NoticeKind::AlertsJoined
        | NoticeKind::Reassigned
        | NoticeKind::LastResort
        | NoticeKind::Flapping => {
            let key = key(&message.notice.0);
            post(attempt, pagerduty, &trigger(attempt, pagerduty, &key))
                .await
                .map_or_else(|failure| failure, |()| Delivery::Delivered { receipt: Some(key) })
        }
        // On an open key it only adds to its log, with the severity of now: nobody is paged again.
        NoticeKind::PriorityChanged => match opened(message).first() {
            Some(key) => post(attempt, pagerduty, &trigger(attempt, pagerduty, key))
                .await
                .map_or_else(|failure| failure, |()| done()),
            None => done(),
        },
        // Their acknowledgement cannot be taken back by an event, and the snooze is ours.
        NoticeKind::Unacknowledged => done(),
        NoticeKind::Acknowledged | NoticeKind::Snoozed => close(attempt, pagerduty, "acknowledge").await,
        NoticeKind::Resolved => close(attempt, pagerduty, "resolve").await,
    }
}

/// Each key is closed even if another one cannot be; both actions may be repeated without harm.
async fn close(attempt: &Attempt<'_>, pagerduty: &PagerDutyReceiver, action: &str) -> Delivery {
    let mut outcome = done();
    for key in opened(attempt.message) {
        let event = json!({"routing_key": pagerduty.routing_key.expose(), "event_action": action, "dedup_key": key});
        if let Err(failure) = post(attempt, pagerduty, &event).await
            && !matches!(outcome, Delivery::Retry { .. })
        {
            outcome = failure;
        }
    }
    outcome
}

fn done() -> Delivery {
    Delivery::Delivered { receipt: None }
}

/// The keys under which this receiver was paged, oldest first.
fn opened(message: &Message) -> Vec<String> {
    // What was told together with others has a key that is not this incident's alone: the others still want it open.
    let told = message.earlier.iter().filter(|earlier| !earlier.kind.is_update() && !earlier.bundled);
    told.map(|earlier| earlier.receipt.clone().unwrap_or_else(|| key(&earlier.notice.0))).collect()
}

/// The notice's id, or its hash if PagerDuty would not take that.
fn key(notice: &str) -> String {
    if notice.chars().count() <= KEY_CHARS_MAX { notice.to_owned() } else { fingerprint(notice) }
}

async fn post(attempt: &Attempt<'_>, pagerduty: &PagerDutyReceiver, event: &Value) -> Result<(), Delivery> {
    let url = format!("{}/v2/enqueue", pagerduty.api.trim_end_matches('/'));
    let reply = exchange(attempt.wire.client.post(url).json(event), attempt.wire.now).await?;
    if reply.status.is_success() {
        return Ok(());
    }
    // Its own words say which field is wrong.
    let said = serde_json::from_slice::<Value>(&reply.body).ok().map(|answer| {
        let errors = answer["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let words: Vec<&str> = answer["message"].as_str().into_iter().chain(errors).collect();
        words.join("; ")
    });
    Err(reply.refusal(&quote(&said.unwrap_or_default(), &[pagerduty.routing_key.expose()])))
}

fn trigger(attempt: &Attempt<'_>, pagerduty: &PagerDutyReceiver, key: &str) -> Value {
    let view = attempt.view;
    let title = attempt.renderer.title(view, attempt.receiver, Heading::Title);
    let or_team = |text: &str| clip(if text.is_empty() { view.incident.team } else { text }, FIELD_CHARS_MAX);
    let links = [
        ("Runbook", &view.links.runbook),
        ("Dashboard", &view.links.dashboard),
        ("Rule", &view.links.generator),
        ("Incident", &view.links.incident),
    ];
    let links: Vec<Value> =
        links.into_iter().filter_map(|(text, link)| Some(json!({"href": link.as_ref()?, "text": text}))).collect();
    let mut event = json!({
        "routing_key": pagerduty.routing_key.expose(),
        "event_action": "trigger",
        "dedup_key": key,
        "client": "Bellwire",
        "links": links,
        "payload": {
            "summary": clip(&title, SUMMARY_CHARS_MAX),
            "source": or_team(&view.place),
            "severity": severity(view.incident.priority),
            "timestamp": view.incident.opened_at,
            "component": or_team(&view.name),
            "group": clip(view.incident.route, FIELD_CHARS_MAX),
            "class": clip(&view.name, FIELD_CHARS_MAX),
            "custom_details": details(attempt, &title),
        },
    });
    if let Some(url) = &view.links.incident {
        event["client_url"] = json!(url);
    }
    fit(event, view)
}

fn details(attempt: &Attempt<'_>, title: &str) -> Value {
    let view = attempt.view;
    json!({
        "incident": view.incident.id,
        "acknowledge": view.ack_command,
        "why": view.incident.reason,
        "text": attempt.renderer.body(view, attempt.receiver, title, Format::Text),
        "group": view.incident.group,
        "firing": view.firing,
        "resolved": view.resolved,
        "told": view.told,
    })
}

/// As many alerts as there is room for, then no details at all: what must arrive is the summary.
fn fit(mut event: Value, view: &View<'_>) -> Value {
    let mut room = EVENT_BYTES_MAX.saturating_sub(size(&event) + LEFT_OUT_BYTES);
    let mut alerts = Vec::new();
    for alert in &view.alerts {
        let alert = json!(alert);
        let needed = size(&alert) + 1;
        if needed > room {
            break;
        }
        room -= needed;
        alerts.push(alert);
    }
    let left_out = view.alerts.len() - alerts.len() + view.more as usize;
    let details = &mut event["payload"]["custom_details"];
    details["alerts"] = Value::Array(alerts);
    if left_out > 0 {
        details["alerts_left_out"] = json!(left_out);
    }
    if size(&event) > EVENT_BYTES_MAX {
        event["payload"]["custom_details"] = json!({"left_out": "all details: the event would have been too large"});
    }
    event
}

fn size(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(0, |bytes| bytes.len())
}

/// No priority means that no policy could say: that is as bad as it gets.
fn severity(priority: Option<Priority>) -> &'static str {
    match priority {
        Some(Priority::P1) | None => "critical",
        Some(Priority::P2) => "error",
        Some(Priority::P3) => "warning",
        Some(Priority::P4) => "info",
    }
}
