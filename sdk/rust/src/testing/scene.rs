//! Facts, fluently.

use super::{instant, moment};
use crate::{
    Acknowledgement, Alert, AlertState, Facts, Incident, IncidentState, Instant, OnCall, Outcome, Pair, Sent, Target,
    Window,
};
use std::collections::BTreeMap;

/// One incident at one moment.
///
/// ```
/// use bellwire_policy::{Outcome, testing::Scene};
///
/// let facts = Scene::firing([("alertname", "Down"), ("severity", "critical")])
///     .opened_at("2026-11-21T03:12:00Z")
///     .sent("step-1", "schedule:oncall", "+0m", Outcome::Delivered)
///     .at("+15m")
///     .into_facts();
/// assert_eq!(facts.now, facts.incident.opened_at + 15 * 60_000);
/// ```
///
/// Times are `2026-11-21T03:12:00Z`, or `+15m` after the incident opened. What is malformed panics.
#[derive(Clone, Debug)]
pub struct Scene {
    facts: Facts,
}

impl Scene {
    const OPENED_AT: &'static str = "2026-11-21T03:12:00Z";

    /// An open incident with one firing alert, at the moment it opened.
    pub fn firing<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::quiet().and_firing(labels)
    }

    /// An open incident without alerts.
    pub fn quiet() -> Self {
        let opened_at = instant(Self::OPENED_AT);
        let incident = Incident {
            id: "test-1".into(),
            team: "test".into(),
            route: "root".into(),
            state: IncidentState::Open,
            group: Vec::new(),
            opened_at,
            changed_at: opened_at,
            reopened: 0,
            acknowledged: None,
            snoozed_until: None,
            priority: None,
            firing: 0,
            resolved: 0,
            alerts: Vec::new(),
            sent: Vec::new(),
            ext: Vec::new(),
        };
        let facts = Facts {
            now: opened_at,
            incident,
            civil: Vec::new(),
            windows: Vec::new(),
            on_call: Vec::new(),
            ext: Vec::new(),
        };
        Self { facts }
    }

    pub fn and_firing<'a>(self, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.with_alert(AlertState::Firing, labels)
    }

    pub fn and_resolved<'a>(self, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.with_alert(AlertState::Resolved, labels)
    }

    fn with_alert<'a>(mut self, state: AlertState, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut labels: Vec<Pair> = labels.into_iter().map(pair).collect();
        labels.sort_by(|one, other| one.name.cmp(&other.name));
        let incident = &mut self.facts.incident;
        let starts_at = incident.opened_at;
        let (ends_at, count) = match state {
            AlertState::Firing => (None, &mut incident.firing),
            AlertState::Resolved => (Some(starts_at), &mut incident.resolved),
        };
        *count += 1;
        let fingerprint = format!("{:016x}", incident.alerts.len());
        let (annotations, ext) = (Vec::new(), Vec::new());
        incident.alerts.push(Alert { fingerprint, state, labels, annotations, starts_at, ends_at, ext });
        self
    }

    /// On every alert that there is by now.
    pub fn annotation(mut self, name: &str, value: &str) -> Self {
        for alert in &mut self.facts.incident.alerts {
            alert.annotations.push(pair((name, value)));
            alert.annotations.sort_by(|one, other| one.name.cmp(&other.name));
        }
        self
    }

    pub(super) fn annotate_last(mut self, annotations: &BTreeMap<String, String>) -> Self {
        if let Some(alert) = self.facts.incident.alerts.last_mut() {
            alert.annotations = annotations.iter().map(|(name, value)| pair((name, value))).collect();
        }
        self
    }

    /// A label that the alerts were grouped by.
    pub fn group(mut self, name: &str, value: &str) -> Self {
        self.facts.incident.group.push(pair((name, value)));
        self
    }

    /// Comes before every `+15m`. The clock is set to it, too.
    pub fn opened_at(self, time: &str) -> Self {
        self.opened(instant(time))
    }

    pub(super) fn opened(mut self, opened_at: Instant) -> Self {
        let incident = &mut self.facts.incident;
        (self.facts.now, incident.opened_at, incident.changed_at) = (opened_at, opened_at, opened_at);
        for alert in &mut incident.alerts {
            alert.starts_at = opened_at;
            alert.ends_at = alert.ends_at.map(|_| opened_at);
        }
        self
    }

    pub fn at(mut self, time: &str) -> Self {
        self.facts.now = self.moment(time);
        self
    }

    pub fn sent(mut self, key: &str, to: &str, at: &str, outcome: Outcome) -> Self {
        let at = self.moment(at);
        self.facts.incident.sent.push(Sent { key: key.into(), to: target(to), at, outcome });
        self
    }

    pub fn acknowledged(mut self, by: &str, at: &str) -> Self {
        let at = self.moment(at);
        self.facts.incident.state = IncidentState::Acknowledged;
        self.facts.incident.acknowledged = Some(Acknowledgement { by: by.into(), at });
        self
    }

    /// Somebody asked for the next step.
    pub fn escalated(mut self, at: &str) -> Self {
        let at = self.moment(at);
        Self::escalate(&mut self.facts.incident, at);
        self
    }

    pub(super) fn escalate(incident: &mut Incident, at: Instant) {
        incident.ext.retain(|pair| pair.name != Incident::ESCALATED_AT);
        incident.ext.push(pair((Incident::ESCALATED_AT, &at.to_string())));
    }

    pub fn snoozed(mut self, until: &str) -> Self {
        self.facts.incident.state = IncidentState::Snoozed;
        self.facts.incident.snoozed_until = Some(self.moment(until));
        self
    }

    pub fn resolved(self) -> Self {
        Self { facts: Self::resolved_facts(self.facts) }
    }

    pub(super) fn resolved_facts(mut facts: Facts) -> Facts {
        let incident = &mut facts.incident;
        incident.state = IncidentState::Resolved;
        incident.resolved += incident.firing;
        incident.firing = 0;
        for alert in &mut incident.alerts {
            alert.state = AlertState::Resolved;
            alert.ends_at = Some(facts.now);
        }
        facts
    }

    pub fn inside_window(self, name: &str, until: &str) -> Self {
        let until = self.moment(until);
        self.window(Window { name: name.into(), inside: true, changes_at: Some(until) })
    }

    pub fn outside_window(self, name: &str, until: &str) -> Self {
        let until = self.moment(until);
        self.window(Window { name: name.into(), inside: false, changes_at: Some(until) })
    }

    fn window(mut self, window: Window) -> Self {
        self.facts.windows.push(window);
        self
    }

    pub fn on_call(mut self, schedule: &str, people: &[&str]) -> Self {
        let people = people.iter().map(|&name| name.into()).collect();
        self.facts.on_call.push(OnCall { schedule: schedule.into(), people, until: None });
        self
    }

    pub fn into_facts(mut self) -> Facts {
        self.facts.incident.alerts.sort_by_key(|alert| !alert.is_firing());
        self.facts
    }

    fn moment(&self, time: &str) -> Instant {
        moment(time, self.facts.incident.opened_at)
    }
}

pub(super) fn target(text: &str) -> Target {
    text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn pair((name, value): (&str, &str)) -> Pair {
    Pair { name: name.into(), value: value.into() }
}
