//! What a program finds on stdin. sdk/json/facts.schema.json, which is made of policy.wit, has the same names.
//!
//! Facts are borrowed until they are written. Everything is always there: an empty list as `[]`, what is not as `null`.

use bellwire_core::{self as core, Instant, Labels, PluginFault};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::io::{self, Write};

/// Of an incident's `ext`: when somebody last asked for the next step, an `instant` in decimal digits.
const ESCALATED_AT: &str = "escalated-at";

#[derive(Serialize)]
struct Check<'a> {
    settings: &'a RawValue,
}

#[derive(Serialize)]
struct Evaluate<'a> {
    settings: &'a RawValue,
    facts: Facts<'a>,
}

#[derive(Serialize)]
struct Facts<'a> {
    now: u64,
    incident: Incident<'a>,
    civil: Vec<Civil<'a>>,
    windows: Vec<Window<'a>>,
    on_call: Vec<OnCall<'a>>,
    ext: [Pair<'a>; 0],
}

#[derive(Serialize)]
struct Incident<'a> {
    id: String,
    team: &'a str,
    route: &'a str,
    state: &'static str,
    group: Pairs<'a>,
    opened_at: u64,
    changed_at: u64,
    reopened: u32,
    acknowledged: Option<Acknowledgement<'a>>,
    snoozed_until: Option<u64>,
    priority: Option<&'static str>,
    firing: u32,
    resolved: u32,
    alerts: Vec<Alert<'a>>,
    sent: Vec<Sent<'a>>,
    ext: Vec<Pair<'a>>,
}

#[derive(Serialize)]
pub(super) struct Alert<'a> {
    fingerprint: String,
    state: &'static str,
    labels: Pairs<'a>,
    annotations: Pairs<'a>,
    starts_at: u64,
    ends_at: Option<u64>,
    ext: [Pair<'a>; 0],
}

#[derive(Serialize)]
struct Acknowledgement<'a> {
    by: &'a str,
    at: u64,
}

#[derive(Serialize)]
struct Sent<'a> {
    key: &'a str,
    to: &'a core::Target,
    at: u64,
    outcome: &'static str,
}

#[derive(Serialize)]
struct Civil<'a> {
    zone: &'a str,
    year: i32,
    month: u8,
    day: u8,
    weekday: u8,
    hour: u8,
    minute: u8,
}

#[derive(Serialize)]
struct Window<'a> {
    name: &'a str,
    inside: bool,
    changes_at: Option<u64>,
}

#[derive(Serialize)]
struct OnCall<'a> {
    schedule: &'a str,
    people: &'a [String],
    until: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct Pair<'a> {
    pub name: &'a str,
    pub value: &'a str,
}

pub(super) struct Pairs<'a>(pub &'a Labels);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(name, value)| Pair { name, value }))
    }
}

/// Pairs that are no labels: in their order, and there may be several of a name.
pub(super) fn list(pairs: &[(String, String)]) -> Vec<Pair<'_>> {
    pairs.iter().map(|(name, value)| Pair { name, value }).collect()
}

pub(super) fn check(settings: &str) -> Result<Vec<u8>, PluginFault> {
    let document = Check { settings: raw(settings)? };
    serde_json::to_vec(&document).map_err(|error| PluginFault::Failed(error.to_string()))
}

pub(super) fn evaluate(settings: &str, facts: &core::Facts, bytes_max: usize) -> Result<Vec<u8>, PluginFault> {
    let escalated_at = facts.incident.escalated_at.map(|at| at.as_millis().to_string());
    let document = Evaluate { settings: raw(settings)?, facts: view(facts, escalated_at.as_deref()) };
    write(&document, bytes_max)
}

/// What a guest could not hold in its memory is not even written down.
pub(super) fn write(document: &impl Serialize, bytes_max: usize) -> Result<Vec<u8>, PluginFault> {
    let mut bytes = Bounded { bytes: Vec::new(), max: bytes_max };
    // Nothing else can go wrong: every key is a string, and no number is infinite.
    serde_json::to_writer(&mut bytes, document).map_err(|_| PluginFault::OutOfMemory(bytes_max as u64))?;
    Ok(bytes.bytes)
}

pub(super) fn raw(settings: &str) -> Result<&RawValue, PluginFault> {
    serde_json::from_str(settings).map_err(|error| PluginFault::Settings(format!("they are not JSON: {error}")))
}

struct Bounded {
    bytes: Vec<u8>,
    max: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.max - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn view<'a>(facts: &'a core::Facts, escalated_at: Option<&'a str>) -> Facts<'a> {
    let civil = |civil: &'a core::Civil| Civil {
        zone: &civil.zone,
        year: civil.year,
        month: civil.month,
        day: civil.day,
        weekday: civil.weekday,
        hour: civil.hour,
        minute: civil.minute,
    };
    let window = |window: &'a core::WindowFact| Window {
        name: &window.name,
        inside: window.inside,
        changes_at: millis(window.changes_at),
    };
    let on_call = |on_call: &'a core::OnCall| OnCall {
        schedule: &on_call.schedule,
        people: &on_call.people,
        until: millis(on_call.until),
    };
    Facts {
        now: facts.now.as_millis(),
        incident: incident(&facts.incident, escalated_at),
        civil: facts.civil.iter().map(civil).collect(),
        windows: facts.windows.iter().map(window).collect(),
        on_call: facts.on_call.iter().map(on_call).collect(),
        ext: [],
    }
}

fn incident<'a>(incident: &'a core::IncidentFacts, escalated_at: Option<&'a str>) -> Incident<'a> {
    Incident {
        id: incident.id.to_string(),
        team: &incident.id.team,
        route: &incident.route,
        state: incident_state(incident.state),
        group: Pairs(&incident.group),
        opened_at: incident.opened_at.as_millis(),
        changed_at: incident.changed_at.as_millis(),
        reopened: incident.reopened,
        acknowledged: incident
            .acknowledged
            .as_ref()
            .map(|acknowledged| Acknowledgement { by: &acknowledged.by, at: acknowledged.at.as_millis() }),
        snoozed_until: millis(incident.snoozed_until),
        priority: incident.priority.map(priority),
        firing: incident.firing,
        resolved: incident.resolved,
        alerts: incident.alerts.iter().map(|one| alert(one)).collect(),
        sent: incident.sent.iter().map(sent).collect(),
        ext: escalated_at.map(|value| Pair { name: ESCALATED_AT, value }).into_iter().collect(),
    }
}

pub(super) fn incident_state(state: core::IncidentState) -> &'static str {
    match state {
        core::IncidentState::Open => "open",
        core::IncidentState::Acknowledged => "acknowledged",
        core::IncidentState::Snoozed => "snoozed",
        core::IncidentState::Resolved => "resolved",
    }
}

pub(super) fn priority(priority: core::Priority) -> &'static str {
    match priority {
        core::Priority::P1 => "p1",
        core::Priority::P2 => "p2",
        core::Priority::P3 => "p3",
        core::Priority::P4 => "p4",
    }
}

pub(super) fn alert(alert: &core::Alert) -> Alert<'_> {
    Alert {
        fingerprint: alert.fingerprint.to_string(),
        state: match alert.state {
            core::AlertState::Firing => "firing",
            core::AlertState::Resolved => "resolved",
        },
        labels: Pairs(&alert.labels),
        annotations: Pairs(&alert.annotations),
        starts_at: alert.starts_at.as_millis(),
        ends_at: millis(alert.ends_at),
        ext: [],
    }
}

fn sent(sent: &core::Sent) -> Sent<'_> {
    Sent {
        key: &sent.key,
        // Its own form is the contract's: {"receiver": NAME}, {"person": NAME}, {"schedule": NAME}.
        to: &sent.to,
        at: sent.at.as_millis(),
        outcome: match sent.outcome {
            core::SentOutcome::Pending => "pending",
            core::SentOutcome::Delivered => "delivered",
            core::SentOutcome::Failed => "failed",
            core::SentOutcome::Nobody => "nobody",
        },
    }
}

pub(super) fn millis(instant: Option<Instant>) -> Option<u64> {
    instant.map(Instant::as_millis)
}
