//! What a message can tell: the variables of every template, and the body of an outgoing webhook.
//!
//! Its fields are a published contract (version 1): fields are added, never renamed or removed. Times are RFC 3339 in
//! UTC, `null` means that there is none. Values are as the senders of alerts wrote them: hostile until escaped.

use crate::text::{clip, count, link};
use bellwire_core::{
    Alert, AlertState, IncidentState, Instant, Labels, Message, NoticeKind, Priority, SentOutcome, Span,
};
use serde::Serialize;
use std::{collections::BTreeSet, sync::Arc};

/// Labels that say where, the most telling first: the first one that any alert has is used.
const PLACES: [&str; 9] = ["instance", "host", "node", "pod", "service", "job", "namespace", "cluster", "region"];
const PLACES_SHOWN_MAX: usize = 3;
const SUMMARY_CHARS_MAX: usize = 300;
const NAME_CHARS_MAX: usize = 120;

#[derive(Serialize)]
pub(crate) struct View<'a> {
    pub notice: NoticeView<'a>,
    pub incident: IncidentView<'a>,
    /// What: the alert's name, or how many different ones there are.
    pub name: String,
    /// The first firing alert's annotation `summary`, else `message`, else `description`; may be empty.
    pub summary: String,
    /// Where: up to three values of the most telling label; may be empty.
    #[serde(rename = "where")]
    pub place: String,
    /// Since when, for people: `2026-11-21 03:12 UTC, for 12m`.
    pub since: String,
    pub firing: u32,
    pub resolved: u32,
    /// `2 alerts`: those that fire, or all if none does.
    pub count: String,
    /// Firing ones first; `more` says how many are not shown.
    pub alerts: Vec<AlertView<'a>>,
    pub more: u32,
    /// Everybody else who was told.
    pub told: Vec<ToldView<'a>>,
    pub links: Links,
    pub ack_command: String,
}

#[derive(Serialize)]
pub(crate) struct NoticeView<'a> {
    pub id: &'a str,
    pub kind: NoticeKind,
    pub key: &'a str,
    pub receiver: &'a str,
    pub page: bool,
    pub attempt: u32,
    /// The policy's own words, the fault, or the failure that this stands in for.
    pub text: Option<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct IncidentView<'a> {
    pub id: String,
    pub team: &'a str,
    pub route: &'a str,
    pub state: IncidentState,
    pub priority: Option<Priority>,
    /// Why: the policy's sentence.
    pub reason: &'a str,
    /// The labels that its alerts have in common because the route groups by them.
    pub group: &'a Labels,
    pub opened_at: String,
    pub resolved_at: Option<String>,
    pub reopened: u32,
    pub acknowledged_by: Option<&'a str>,
    pub acknowledged_at: Option<String>,
    pub snoozed_until: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct AlertView<'a> {
    pub state: AlertState,
    pub name: &'a str,
    pub summary: String,
    #[serde(rename = "where")]
    pub place: &'a str,
    pub labels: &'a Labels,
    pub annotations: &'a Labels,
    pub starts_at: String,
    pub generator_url: Option<String>,
    pub fingerprint: String,
}

#[derive(Serialize)]
pub(crate) struct ToldView<'a> {
    pub receiver: &'a str,
    pub at: String,
    pub outcome: SentOutcome,
}

/// Of the first alert that has one. Only `http` and `https` addresses are taken.
#[derive(Serialize)]
pub(crate) struct Links {
    /// Annotation `runbook_url`, or `runbook`.
    pub runbook: Option<String>,
    /// Annotation `dashboard_url`, or `dashboard`.
    pub dashboard: Option<String>,
    /// Where the rule that fires can be looked at.
    pub generator: Option<String>,
    /// The incident in this Bellwire, if its address is known.
    pub incident: Option<String>,
}

impl<'a> View<'a> {
    pub fn new(message: &'a Message, external_url: Option<&str>) -> Self {
        let incident = &message.incident;
        let id = incident.id.to_string();
        let total = message.firing.saturating_add(message.resolved);
        let shown = if message.firing > 0 { message.firing } else { message.resolved };
        let place = most_telling(message);
        Self {
            notice: NoticeView {
                id: &message.notice.0,
                kind: message.kind,
                key: &message.key,
                receiver: &message.receiver,
                page: message.page,
                attempt: message.attempt,
                text: message.text.as_deref(),
            },
            name: name(message),
            summary: message.alerts.first().map(|alert| summary(alert)).unwrap_or_default(),
            place: places(message, place),
            since: since(incident.opened_at, incident.resolved_at.unwrap_or(message.now)),
            firing: message.firing,
            resolved: message.resolved,
            count: count(shown as usize, "alert"),
            alerts: message.alerts.iter().map(|alert| AlertView::new(alert, place)).collect(),
            more: total.saturating_sub(u32::try_from(message.alerts.len()).unwrap_or(u32::MAX)),
            told: message
                .told
                .iter()
                .map(|told| ToldView { receiver: &told.receiver, at: told.at.to_string(), outcome: told.outcome })
                .collect(),
            links: Links::new(message, &id, external_url),
            ack_command: format!("bellwire incidents ack {id}"),
            incident: IncidentView {
                id,
                team: &incident.id.team,
                route: &incident.route,
                state: incident.state,
                priority: incident.priority,
                reason: &incident.reason,
                group: &incident.group,
                opened_at: incident.opened_at.to_string(),
                resolved_at: incident.resolved_at.map(|at| at.to_string()),
                reopened: incident.reopened,
                acknowledged_by: incident.acknowledged.as_ref().map(|acknowledgement| &*acknowledgement.by),
                acknowledged_at: incident.acknowledged.as_ref().map(|acknowledgement| acknowledgement.at.to_string()),
                snoozed_until: incident.snoozed_until.map(|at| at.to_string()),
            },
        }
    }
}

impl<'a> AlertView<'a> {
    fn new(alert: &'a Arc<Alert>, place: &str) -> Self {
        Self {
            state: alert.state,
            name: alert.labels.get("alertname"),
            summary: summary(alert),
            place: alert.labels.get(place),
            labels: &alert.labels,
            annotations: &alert.annotations,
            starts_at: alert.starts_at.to_string(),
            generator_url: link(&alert.generator_url),
            fingerprint: alert.fingerprint.to_string(),
        }
    }
}

impl Links {
    fn new(message: &Message, id: &str, external_url: Option<&str>) -> Self {
        let annotation = |names: [&str; 2]| {
            let mut values = message.alerts.iter().flat_map(|alert| names.map(|name| alert.annotations.get(name)));
            values.find_map(link)
        };
        Self {
            runbook: annotation(["runbook_url", "runbook"]),
            dashboard: annotation(["dashboard_url", "dashboard"]),
            generator: message.alerts.iter().find_map(|alert| link(&alert.generator_url)),
            incident: external_url.and_then(|base| link(&format!("{}/incidents/{id}", base.trim_end_matches('/')))),
        }
    }
}

fn name(message: &Message) -> String {
    let names: BTreeSet<&str> =
        message.alerts.iter().map(|alert| alert.labels.get("alertname")).filter(|name| !name.is_empty()).collect();
    match (names.first(), names.len()) {
        (Some(name), 1) => clip(name, NAME_CHARS_MAX),
        (Some(_), different) => count(different, "kind") + " of alerts",
        (None, _) => format!("route {}", clip(&message.incident.route, NAME_CHARS_MAX)),
    }
}

fn summary(alert: &Alert) -> String {
    let written =
        ["summary", "message", "description"].map(|name| clip(alert.annotations.get(name), SUMMARY_CHARS_MAX));
    written.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

fn most_telling(message: &Message) -> &'static str {
    let has = |place: &&str| message.alerts.iter().any(|alert| !alert.labels.get(place).is_empty());
    PLACES.into_iter().find(has).unwrap_or("instance")
}

fn places(message: &Message, label: &str) -> String {
    let mut values: Vec<&str> = Vec::new();
    for value in message.alerts.iter().map(|alert| alert.labels.get(label)).filter(|value| !value.is_empty()) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let shown: Vec<String> = values.iter().take(PLACES_SHOWN_MAX).map(|value| clip(value, NAME_CHARS_MAX)).collect();
    match values.len().saturating_sub(PLACES_SHOWN_MAX) {
        0 => shown.join(", "),
        others => format!("{} and {others} more", shown.join(", ")),
    }
}

/// To the minute: seconds help nobody at three in the morning.
fn since(start: Instant, end: Instant) -> String {
    let moment = start.to_string();
    let moment = moment.get(..16).unwrap_or(&moment).replace('T', " ");
    let minutes = end.since(start).as_millis() / 60_000;
    match minutes {
        0 => format!("{moment} UTC, just now"),
        _ => format!("{moment} UTC, for {}", Span::from_secs(minutes * 60)),
    }
}
