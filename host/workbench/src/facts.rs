//! From the words of a case to those of the domain, and back.

use bellwire_cases::{self as cases, Case, Moment};
use bellwire_core::{
    Acknowledgement, Alert, AlertState, Decision, Facts, Fingerprint, IncidentFacts, IncidentId, IncidentState,
    Instant, Labels, OnCall, Priority, Sent, SentOutcome, Target, WindowFact,
};
use std::sync::Arc;

/// What the policy is handed in a case: the same as `testing::run_cases` of the SDK in Rust hands it.
pub fn case_facts(case: &Case) -> Facts {
    let at = |moment: Moment| Instant::from_millis(case.instant(moment));
    let opened_at = Instant::from_millis(case.opened_at());
    let now = Instant::from_millis(case.now());
    let mut alerts: Vec<Arc<Alert>> =
        case.alerts.iter().enumerate().map(|(index, one)| Arc::new(alert(index, one, case, opened_at, now))).collect();
    alerts.sort_by_key(|alert| alert.state);
    let count = |state| u32::try_from(alerts.iter().filter(|alert| alert.state == state).count()).unwrap_or(u32::MAX);
    let (firing, resolved) = (count(AlertState::Firing), count(AlertState::Resolved));
    let mut facts = opened(opened_at);
    facts.now = now;
    facts.incident = IncidentFacts {
        state: state(case),
        group: Labels::from_pairs(&case.group),
        acknowledged: case.acknowledged.as_ref().map(|by| Acknowledgement { by: by.by.as_str().into(), at: at(by.at) }),
        snoozed_until: case.snoozed_until.map(at),
        escalated_at: case.escalated_at.map(at),
        priority: case.priority.map(priority),
        firing,
        resolved,
        alerts,
        sent: case.sent.iter().map(|sent| told(sent, at(sent.at))).collect(),
        ..facts.incident
    };
    let window = |window: &cases::Window| WindowFact {
        name: window.name.clone(),
        inside: window.inside,
        changes_at: window.changes_at.map(at),
    };
    let on_call =
        |one: &cases::OnCall| OnCall { schedule: one.schedule.clone(), people: one.people.clone(), until: None };
    facts.windows = case.windows.iter().map(window).collect();
    facts.on_call = case.on_call.iter().map(on_call).collect();
    facts
}

/// An open incident without alerts, as it opens.
pub fn opened(opened_at: Instant) -> Facts {
    Facts::opened(IncidentId { team: "test".into(), number: 1 }, "root".into(), opened_at)
}

/// Puts a firing alert before the others, as the newest.
pub fn fire(facts: &mut Facts, labels: Labels, annotations: Labels) {
    let now = facts.now;
    facts.incident.firing += 1;
    facts.incident.changed_at = now;
    let alert = Alert {
        fingerprint: labels.fingerprint(),
        labels,
        annotations,
        generator_url: "".into(),
        state: AlertState::Firing,
        starts_at: now,
        ends_at: None,
        updated_at: now,
        incidents: Vec::new(),
    };
    facts.incident.alerts.insert(0, Arc::new(alert));
}

fn state(case: &Case) -> IncidentState {
    match (case.resolved, case.snoozed_until, &case.acknowledged) {
        (true, _, _) => IncidentState::Resolved,
        (false, Some(_), _) => IncidentState::Snoozed,
        (false, None, Some(_)) => IncidentState::Acknowledged,
        (false, None, None) => IncidentState::Open,
    }
}

fn alert(index: usize, alert: &cases::Alert, case: &Case, opened_at: Instant, now: Instant) -> Alert {
    let (state, ends_at) = match (alert.resolved, case.resolved) {
        (_, true) => (AlertState::Resolved, Some(now)),
        (true, false) => (AlertState::Resolved, Some(opened_at)),
        (false, false) => (AlertState::Firing, None),
    };
    Alert {
        fingerprint: Fingerprint(index as u64),
        labels: Labels::from_pairs(&alert.labels),
        annotations: Labels::from_pairs(&alert.annotations),
        generator_url: "".into(),
        state,
        starts_at: opened_at,
        ends_at,
        updated_at: opened_at,
        incidents: Vec::new(),
    }
}

fn told(sent: &cases::Sent, at: Instant) -> Sent {
    let outcome = match sent.outcome {
        cases::Outcome::Pending => SentOutcome::Pending,
        cases::Outcome::Delivered => SentOutcome::Delivered,
        cases::Outcome::Failed => SentOutcome::Failed,
        cases::Outcome::Nobody => SentOutcome::Nobody,
    };
    let to = match sent.to.clone() {
        cases::Target::Receiver(name) => Target::Receiver(name),
        cases::Target::Person(name) => Target::Person(name),
        cases::Target::Schedule(name) => Target::Schedule(name),
    };
    Sent { key: sent.key.clone(), to, at, outcome }
}

pub(crate) fn priority(priority: cases::Priority) -> Priority {
    match priority {
        cases::Priority::P1 => Priority::P1,
        cases::Priority::P2 => Priority::P2,
        cases::Priority::P3 => Priority::P3,
        cases::Priority::P4 => Priority::P4,
    }
}

/// A decision in the words of a case.
pub fn decided(decision: &Decision) -> cases::Decision {
    let target = |target: &Target| match target.clone() {
        Target::Receiver(name) => cases::Target::Receiver(name),
        Target::Person(name) => cases::Target::Person(name),
        Target::Schedule(name) => cases::Target::Schedule(name),
    };
    let notices = decision.notices.iter().map(|notice| cases::Notice {
        key: notice.key.clone(),
        to: notice.to.iter().map(target).collect(),
        page: notice.page,
        text: notice.text.clone(),
    });
    cases::Decision {
        priority: match decision.priority {
            Priority::P1 => cases::Priority::P1,
            Priority::P2 => cases::Priority::P2,
            Priority::P3 => cases::Priority::P3,
            Priority::P4 => cases::Priority::P4,
        },
        reason: decision.reason.clone(),
        next_check: decision.next_check.map(|at| Moment::At(at.as_millis())),
        notices: notices.collect(),
    }
}
