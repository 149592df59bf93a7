//! Facts as a JSON document: the one that a plugin behind the simple door is given (sdk/json/facts.schema.json), of which
//! a person who writes it by hand may leave out what has a usual value.

use crate::facts::opened;
use bellwire_core::{
    Acknowledgement, Alert, AlertState, Facts, IncidentFacts, IncidentId, IncidentState, Instant, Labels, OnCall,
    Priority, Sent, SentOutcome, Target, WindowFact,
};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error(transparent)]
    Malformed(#[from] serde_json::Error),
    #[error("{0:?} is no incident's id, such as payments-12")]
    Incident(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    now: Instant,
    incident: Incident,
    /// The zones that a policy asks for are looked up anew.
    #[serde(default, rename = "civil")]
    _civil: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    windows: Vec<WindowFact>,
    #[serde(default)]
    on_call: Vec<OnCall>,
    #[serde(default, rename = "ext")]
    _ext: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Incident {
    id: Option<String>,
    #[serde(rename = "team")]
    _team: Option<String>,
    route: Option<Arc<str>>,
    state: Option<IncidentState>,
    #[serde(default)]
    group: Vec<Pair>,
    opened_at: Instant,
    changed_at: Option<Instant>,
    #[serde(default)]
    reopened: u32,
    acknowledged: Option<Acknowledgement>,
    snoozed_until: Option<Instant>,
    priority: Option<Urgency>,
    firing: Option<u32>,
    resolved: Option<u32>,
    #[serde(default)]
    alerts: Vec<OneAlert>,
    #[serde(default)]
    sent: Vec<Told>,
    #[serde(default)]
    ext: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Urgency {
    P1,
    P2,
    P3,
    P4,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneAlert {
    #[serde(rename = "fingerprint")]
    _fingerprint: Option<String>,
    state: AlertState,
    #[serde(default)]
    labels: Vec<Pair>,
    #[serde(default)]
    annotations: Vec<Pair>,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    #[serde(default, rename = "ext")]
    _ext: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    key: String,
    to: Target,
    at: Instant,
    outcome: SentOutcome,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    name: String,
    value: String,
}

/// The facts in a JSON document.
pub fn facts_document(text: &str) -> Result<Facts, DocumentError> {
    let Document { now, incident, windows, on_call, .. } = serde_json::from_str(text)?;
    let facts = opened(incident.opened_at);
    Ok(Facts { now, incident: fill(facts.incident, incident)?, windows, on_call, civil: Vec::new() })
}

fn fill(usual: IncidentFacts, incident: Incident) -> Result<IncidentFacts, DocumentError> {
    let opened_at = incident.opened_at;
    let alerts: Vec<Arc<Alert>> = incident.alerts.into_iter().map(|one| Arc::new(alert(one, opened_at))).collect();
    let count = |state| u32::try_from(alerts.iter().filter(|alert| alert.state == state).count()).unwrap_or(u32::MAX);
    let id: IncidentId = match incident.id {
        Some(id) => id.parse().map_err(DocumentError::Incident)?,
        None => usual.id,
    };
    let escalated_at = incident.ext.iter().find(|pair| pair.name == "escalated-at");
    let told = |Told { key, to, at, outcome }| Sent { key, to, at, outcome };
    Ok(IncidentFacts {
        id,
        route: incident.route.unwrap_or(usual.route),
        state: incident.state.unwrap_or(usual.state),
        group: labels(&incident.group),
        opened_at,
        changed_at: incident.changed_at.unwrap_or(opened_at),
        reopened: incident.reopened,
        acknowledged: incident.acknowledged,
        snoozed_until: incident.snoozed_until,
        escalated_at: escalated_at.and_then(|pair| pair.value.parse().ok()).map(Instant::from_millis),
        priority: incident.priority.map(|urgency| match urgency {
            Urgency::P1 => Priority::P1,
            Urgency::P2 => Priority::P2,
            Urgency::P3 => Priority::P3,
            Urgency::P4 => Priority::P4,
        }),
        firing: incident.firing.unwrap_or_else(|| count(AlertState::Firing)),
        resolved: incident.resolved.unwrap_or_else(|| count(AlertState::Resolved)),
        alerts,
        sent: incident.sent.into_iter().map(told).collect(),
    })
}

fn alert(alert: OneAlert, opened_at: Instant) -> Alert {
    let labels_of = labels(&alert.labels);
    Alert {
        fingerprint: labels_of.fingerprint(),
        labels: labels_of,
        annotations: labels(&alert.annotations),
        generator_url: "".into(),
        state: alert.state,
        starts_at: alert.starts_at.unwrap_or(opened_at),
        ends_at: alert.ends_at,
        updated_at: opened_at,
        incidents: Vec::new(),
    }
}

fn labels(pairs: &[Pair]) -> Labels {
    Labels::from_pairs(pairs.iter().map(|pair| (&pair.name, &pair.value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_usual_value_may_be_left_out() {
        let text = r#"{ "now": 360000, "incident": { "opened_at": 60000, "priority": "p2", "alerts": [
            { "state": "firing", "labels": [{ "name": "severity", "value": "critical" }] }] } }"#;
        let facts = facts_document(text).unwrap();
        assert_eq!(facts.now.since(facts.incident.opened_at).to_string(), "5m");
        assert_eq!((facts.incident.firing, facts.incident.resolved), (1, 0));
        assert_eq!(facts.incident.alerts[0].labels.get("severity"), "critical");
        assert_eq!(facts.incident.priority, Some(Priority::P2));
    }

    #[test]
    fn what_is_unknown_is_refused() {
        let refused = |text: &str| facts_document(text).unwrap_err().to_string();
        assert!(refused(r#"{ "now": 0, "incident": { "opened_at": 0, "colour": 1 } }"#).contains("colour"));
        let id = refused(r#"{ "now": 0, "incident": { "opened_at": 0, "id": "x" } }"#);
        assert_eq!(id, "\"x\" is no incident's id, such as payments-12");
    }
}
