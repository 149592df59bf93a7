//! What a message can tell: the variables of every template, and the body of an outgoing webhook.
//!
//! Its fields are a published contract (version 1): fields are added, never renamed or removed. Times are RFC 3339 in
//! UTC, `null` means that there is none. Values are as the senders of alerts wrote them: hostile until escaped.

mod bundle;

use crate::{
    moment::Clockface,
    text::{clip, count, link},
};
use bellwire_core::{
    Alert, AlertState, Incident, IncidentState, Instant, Labels, Message, NoticeKind, Priority, SentOutcome, Target,
};
use bundle::BundleView;
use serde::Serialize;
use std::{collections::BTreeSet, sync::Arc};

/// Labels that say where, the most telling first: the first one that any alert has is used.
const PLACES: [&str; 9] = ["instance", "host", "node", "pod", "service", "job", "namespace", "cluster", "region"];
const PLACES_SHOWN_MAX: usize = 3;
const SUMMARY_CHARS_MAX: usize = 300;
const NAME_CHARS_MAX: usize = 120;

#[derive(Clone, Serialize)]
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
    /// Since when, for people: `2026-11-21 03:12 UTC, for 12m`; beside it the reader's own time, if that is known.
    pub since: String,
    /// The state, for people: `open`, `acknowledged by ann`, `snoozed by ann until 2026-11-21 04:12 UTC`.
    pub status: String,
    pub firing: u32,
    pub resolved: u32,
    /// `2 alerts`: those that fire, or all if none does.
    pub count: String,
    /// What of it, and of what it explains, is not told, for people: `5 symptoms, 2 more are silenced`; may be empty.
    pub quiet: String,
    /// That it is told late, for people: `held back until 2026-11-21 03:12 UTC, since 2026-11-21 02:00 UTC`; may be empty.
    pub late: String,
    /// Firing ones first; `more` says how many are not shown.
    pub alerts: Vec<AlertView<'a>>,
    pub more: u32,
    /// Some of the alerts of other incidents that this one explains; `incident.symptoms` says how many there are.
    pub symptoms: Vec<AlertView<'a>>,
    /// Everybody else who was told.
    pub told: Vec<ToldView<'a>>,
    pub links: Links,
    pub ack_command: String,
    /// What can be done about the incident now.
    pub actions: Vec<Action>,
    /// The message comes with a button for each of the actions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub buttons: bool,
    /// Whose contact the receiver is, if it is a person's.
    pub person: Option<PersonView<'a>>,
    /// Many notices in one message: everything about `incident` is the first's then.
    pub bundle: Option<BundleView>,
}

/// What a person can do about an incident, in the order of the buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Acknowledge,
    Snooze,
    Resolve,
    Escalate,
}

#[derive(Clone, Serialize)]
pub(crate) struct PersonView<'a> {
    pub name: &'a str,
    /// As messages call the person.
    pub display: &'a str,
    /// IANA name of the zone in which the person is shown times, beside UTC.
    pub zone: Option<&'a str>,
}

#[derive(Clone, Serialize)]
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

#[derive(Clone, Serialize)]
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
    /// Counts its changes: an action that names it is known to be stale, if it is.
    pub revision: u64,
    /// Who it was reassigned to last: `person:ann`, `schedule:primary`, `receiver:chat`.
    pub assigned_to: Option<String>,
    /// The policy came to its end and nobody acknowledged.
    pub unowned_since: Option<String>,
    /// It opens and resolves too often, and is held until it is stable.
    pub flapping_since: Option<String>,
    /// Alerts of other incidents that are not told because this one explains them.
    pub symptoms: u32,
    /// Alerts of its own that fire and are not told.
    pub suppressed: u32,
    /// When it began, if it was silenced, explained by another one or in maintenance then, and so is told late.
    pub held_back_since: Option<String>,
}

#[derive(Clone, Serialize)]
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

#[derive(Clone, Serialize)]
pub(crate) struct ToldView<'a> {
    pub receiver: &'a str,
    pub at: String,
    pub outcome: SentOutcome,
}

/// Of the first alert that has one. Only `http` and `https` addresses are taken.
#[derive(Clone, Serialize)]
pub(crate) struct Links {
    /// Annotation `runbook_url`, or `runbook`.
    pub runbook: Option<String>,
    /// Annotation `dashboard_url`, or `dashboard`.
    pub dashboard: Option<String>,
    /// Where the rule that fires can be looked at.
    pub generator: Option<String>,
    /// The incident in this Bellwire, if its address is known.
    pub incident: Option<String>,
    /// Where the reader can act on it; only in a mail, and each reader's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
}

impl<'a> View<'a> {
    pub fn new(message: &'a Message, external_url: Option<&str>) -> Self {
        let incident = &message.incident;
        let id = incident.id.to_string();
        let total = message.firing.saturating_add(message.resolved);
        let shown = if message.firing > 0 { message.firing } else { message.resolved };
        let (place, symptoms_place) = (most_telling(&message.alerts), most_telling(&message.symptoms));
        let clockface = Clockface::of(message.person.as_deref());
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
            since: clockface.since(incident.opened_at, incident.resolved_at.unwrap_or(message.now)),
            status: status(incident, clockface),
            firing: message.firing,
            resolved: message.resolved,
            count: count(shown as usize, "alert"),
            quiet: quiet(message),
            late: late(incident, clockface),
            alerts: message.alerts.iter().map(|alert| AlertView::new(alert, place)).collect(),
            more: total.saturating_sub(u32::try_from(message.alerts.len()).unwrap_or(u32::MAX)),
            symptoms: message.symptoms.iter().map(|alert| AlertView::new(alert, symptoms_place)).collect(),
            told: message
                .told
                .iter()
                .map(|told| ToldView { receiver: &told.receiver, at: told.at.to_string(), outcome: told.outcome })
                .collect(),
            links: Links::new(message, &id, external_url),
            ack_command: format!("bellwire incidents ack {id}"),
            actions: actions(incident),
            buttons: false,
            person: message.person.as_deref().map(|person| PersonView {
                name: &person.name,
                display: &person.display,
                zone: person.zone.as_ref().map(|(name, _)| &**name),
            }),
            bundle: message.bundle.as_ref().map(|bundle| BundleView::new(bundle, message, clockface, external_url)),
            incident: IncidentView::new(incident, id, message.firing),
        }
    }
}

impl View<'_> {
    /// A summary is of many incidents, and what is over asks for nothing.
    pub fn is_actionable(&self) -> bool {
        self.bundle.is_none() && !self.actions.is_empty()
    }
}

impl<'a> IncidentView<'a> {
    fn new(incident: &'a Incident, id: String, firing: u32) -> Self {
        let acknowledged = incident.acknowledged.as_ref();
        Self {
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
            acknowledged_by: acknowledged.map(|acknowledgement| &*acknowledgement.by),
            acknowledged_at: acknowledged.map(|acknowledgement| acknowledgement.at.to_string()),
            snoozed_until: incident.snoozed_until.map(|at| at.to_string()),
            revision: incident.revision,
            assigned_to: incident.assigned_to.as_ref().map(Target::to_string),
            unowned_since: incident.unowned_since.map(|at| at.to_string()),
            flapping_since: incident.flapping.as_ref().map(|flapping| flapping.since.to_string()),
            symptoms: incident.symptoms,
            suppressed: incident.firing.saturating_sub(firing),
            held_back_since: held_back_since(incident).map(|at| at.to_string()),
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
            incident: external_url.and_then(|base| incident_link(base, id)),
            act: None,
        }
    }
}

fn incident_link(base: &str, id: &str) -> Option<String> {
    link(&format!("{}/incidents/{id}", base.trim_end_matches('/')))
}

fn actions(incident: &Incident) -> Vec<Action> {
    let after = [Action::Snooze, Action::Resolve, Action::Escalate];
    match incident.state {
        IncidentState::Open | IncidentState::Snoozed => [&[Action::Acknowledge][..], &after].concat(),
        IncidentState::Acknowledged => after.to_vec(),
        IncidentState::Resolved => Vec::new(),
    }
}

fn status(incident: &Incident, clockface: Clockface<'_>) -> String {
    let by = incident.acknowledged.as_ref().map(|acknowledgement| clip(&acknowledgement.by, NAME_CHARS_MAX));
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    let until = incident.snoozed_until.map(|until| format!(" until {}", clockface.show(until))).unwrap_or_default();
    let mut status = match incident.state {
        IncidentState::Resolved => return "resolved".to_owned(),
        IncidentState::Acknowledged => format!("acknowledged{by}"),
        IncidentState::Snoozed => format!("snoozed{by}{until}"),
        IncidentState::Open => "open".to_owned(),
    };
    if let Some(target) = &incident.assigned_to {
        status.push_str(", assigned to ");
        status.push_str(&clip(target_name(target), NAME_CHARS_MAX));
    }
    if incident.unowned_since.is_some() && incident.state == IncidentState::Open {
        status.push_str(", nobody acknowledged");
    }
    if incident.flapping.is_some() {
        status.push_str(", flapping");
    }
    status
}

fn quiet(message: &Message) -> String {
    let symptoms = message.incident.symptoms as usize;
    let suppressed = message.incident.firing.saturating_sub(message.firing);
    let said = [
        (symptoms > 0).then(|| count(symptoms, "symptom")),
        (suppressed > 0).then(|| format!("{suppressed} more {} not told", if suppressed == 1 { "is" } else { "are" })),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Its opening begins when it is told; before that it was held back.
fn held_back_since(incident: &Incident) -> Option<Instant> {
    let is_late = incident.reopened == 0 && incident.first_opened_at < incident.opened_at;
    is_late.then_some(incident.first_opened_at)
}

fn late(incident: &Incident, clockface: Clockface<'_>) -> String {
    let since = held_back_since(incident).filter(|_| incident.state == IncidentState::Open);
    let told = |since| format!("held back from {} until {}", clockface.show(since), clockface.show(incident.opened_at));
    since.map(told).unwrap_or_default()
}

fn target_name(target: &Target) -> &str {
    match target {
        Target::Receiver(name) | Target::Person(name) | Target::Schedule(name) => name,
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

fn most_telling(alerts: &[Arc<Alert>]) -> &'static str {
    let has = |place: &&str| alerts.iter().any(|alert| !alert.labels.get(place).is_empty());
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
