//! The facts of a generated incident, and how they change.

use super::generate::{Happening, Script, WindowPlan};
use crate::facts;
use bellwire_cases as cases;
use bellwire_core::{
    Acknowledgement, Alert, AlertState, Facts, IncidentFacts, IncidentState, Instant, Labels, OnCall, Span, Wants,
    WindowFact,
};
use std::sync::Arc;

/// 2026-11-21T00:00:00Z, a Saturday.
const EPOCH: Instant = Instant::from_millis(1_795_219_200_000);
const MINUTE: Span = Span::from_secs(60);
/// Who acts, and is on call.
const PERSON: &str = "ann";

/// As it opens.
pub fn opened(script: &Script, wants: &Wants) -> Facts {
    let opened_at = EPOCH.saturating_add(MINUTE.saturating_mul(script.opens));
    let on_call = |schedule: &String| OnCall { schedule: schedule.clone(), people: vec![PERSON.into()], until: None };
    let mut facts = facts::opened(opened_at);
    facts.on_call = wants.schedules.iter().map(on_call).collect();
    for alert in &script.alerts {
        fire(&mut facts, alert);
    }
    look_at_windows(&mut facts, script);
    facts
}

/// One that fires already goes on.
fn fire(facts: &mut Facts, alert: &cases::Alert) {
    let labels = Labels::from_pairs(&alert.labels);
    if !facts.incident.alerts.iter().any(|known| known.labels == labels) {
        facts::fire(facts, labels, Labels::from_pairs(&alert.annotations));
    }
}

/// Changes the facts, and says in a line what happened.
pub fn happen(facts: &mut Facts, happening: &Happening) -> String {
    let now = facts.now;
    let line = match happening {
        Happening::Fires(alert) => {
            fire(facts, alert);
            format!("another alert fires: {}", Labels::from_pairs(&alert.labels))
        }
        Happening::Acknowledged => {
            facts.incident.state = IncidentState::Acknowledged;
            facts.incident.acknowledged = Some(Acknowledgement { by: PERSON.into(), at: now });
            format!("{PERSON} acknowledges")
        }
        Happening::Unacknowledged => {
            reopen(&mut facts.incident);
            format!("{PERSON} has it no more")
        }
        Happening::Escalated => {
            // What was sent before is earlier than this, as it is with a host.
            let sent_now = facts.incident.sent.iter().any(|sent| sent.at == now);
            facts.now = now.saturating_add(Span::from_millis(u64::from(sent_now)));
            facts.incident.escalated_at = Some(facts.now);
            reopen(&mut facts.incident);
            "somebody asks for the next step".into()
        }
        Happening::Resolved => {
            resolve(&mut facts.incident, now);
            "resolved".into()
        }
    };
    facts.incident.changed_at = facts.now;
    line
}

fn reopen(incident: &mut IncidentFacts) {
    (incident.state, incident.acknowledged) = (IncidentState::Open, None);
}

fn resolve(incident: &mut IncidentFacts, now: Instant) {
    incident.state = IncidentState::Resolved;
    (incident.firing, incident.resolved) = (0, incident.firing + incident.resolved);
    for alert in &mut incident.alerts {
        let ended = Alert { state: AlertState::Resolved, ends_at: Some(now), updated_at: now, ..(**alert).clone() };
        *alert = Arc::new(ended);
    }
}

/// As they are at `facts.now`.
pub fn look_at_windows(facts: &mut Facts, script: &Script) {
    let (opened_at, now) = (facts.incident.opened_at, facts.now);
    let fact = |plan: &WindowPlan| {
        let changes = plan.changes.iter().map(|minute| opened_at.saturating_add(MINUTE.saturating_mul(*minute)));
        let (passed, coming): (Vec<Instant>, Vec<Instant>) = changes.partition(|at| *at <= now);
        let inside = plan.inside_at_first ^ (passed.len() % 2 == 1);
        WindowFact { name: plan.name.clone(), inside, changes_at: coming.first().copied() }
    };
    facts.windows = script.windows.iter().map(fact).collect();
}
