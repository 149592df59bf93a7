//! Golden cases: facts in, decision out, as TOML beside the policy. `bellwire plugin test` runs the same files through
//! the plugin itself.
//!
//! ```toml
//! [settings]
//! to = "schedule:oncall"
//!
//! [[case]]
//! name = "everything is P2"
//! now = "+5m"                                   # after the incident opened, or a time such as 2026-11-21T03:12:00Z
//! alerts = [{ labels = { severity = "page" } }]
//! sent = [{ key = "told", to = "schedule:oncall", at = "+0m" }]
//! [case.decision]
//! priority = "P2"
//! reason = "P2, as everything is"
//! notices = [{ key = "told", to = ["schedule:oncall"], page = true }]
//! ```

use super::Scene;
use crate::{
    Acknowledgement, Decision, Facts, IncidentState, OnCall, Outcome, Pair, Policy, Priority, Sent, Target, Window,
    check_settings,
};
use bellwire_cases::{self as format, Case, CaseFile, Moment};

/// Runs every case of a TOML text, and panics with all that differ.
pub fn run_cases<P: Policy>(text: &str) {
    let file = CaseFile::parse(text).unwrap_or_else(|error| panic!("{error}"));
    super::compare(file.cases.iter().map(|case| {
        let actual = actual::<P>(case, &file.settings(case));
        (case.name.as_str(), case.decision.written(case.opened_at()), actual)
    }));
}

fn actual<P: Policy>(case: &Case, settings: &str) -> String {
    if let Err(problems) = check_settings::<P>(settings) {
        return format!("the policy refuses its settings: {problems:#?}\n");
    }
    let settings = serde_json::from_str(settings).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    match P::evaluate(&settings, &facts(case)) {
        Ok(decision) => decided(decision).written(case.opened_at()),
        Err(error) => format!("{error}\n"),
    }
}

fn facts(case: &Case) -> Facts {
    let at = |moment: Moment| case.instant(moment);
    let mut scene = Scene::quiet().opened(case.opened_at());
    for alert in &case.alerts {
        let labels = alert.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        scene = if alert.resolved { scene.and_resolved(labels) } else { scene.and_firing(labels) };
        scene = scene.annotate_last(&alert.annotations);
    }
    let mut facts = scene.into_facts();
    facts.now = case.now();
    let incident = &mut facts.incident;
    incident.group = pairs(&case.group);
    incident.priority = case.priority.map(priority);
    for sent in &case.sent {
        let (key, to, outcome) = (sent.key.clone(), target(sent.to.clone()), outcome(sent.outcome));
        incident.sent.push(Sent { key, to, at: at(sent.at), outcome });
    }
    if let Some(acknowledged) = &case.acknowledged {
        incident.state = IncidentState::Acknowledged;
        incident.acknowledged = Some(Acknowledgement { by: acknowledged.by.clone(), at: at(acknowledged.at) });
    }
    if let Some(until) = case.snoozed_until {
        incident.state = IncidentState::Snoozed;
        incident.snoozed_until = Some(at(until));
    }
    if let Some(escalated) = case.escalated_at {
        Scene::escalate(incident, at(escalated));
    }
    let window = |window: &format::Window| {
        let format::Window { name, inside, changes_at } = window;
        Window { name: name.clone(), inside: *inside, changes_at: changes_at.map(at) }
    };
    facts.windows = case.windows.iter().map(window).collect();
    let on_call =
        |one: &format::OnCall| OnCall { schedule: one.schedule.clone(), people: one.people.clone(), until: None };
    facts.on_call = case.on_call.iter().map(on_call).collect();
    if case.resolved { Scene::resolved_facts(facts) } else { facts }
}

fn pairs(labels: &std::collections::BTreeMap<String, String>) -> Vec<Pair> {
    labels.iter().map(|(name, value)| Pair { name: name.clone(), value: value.clone() }).collect()
}

fn outcome(outcome: format::Outcome) -> Outcome {
    match outcome {
        format::Outcome::Pending => Outcome::Pending,
        format::Outcome::Delivered => Outcome::Delivered,
        format::Outcome::Failed => Outcome::Failed,
        format::Outcome::Nobody => Outcome::Nobody,
    }
}

fn target(target: format::Target) -> Target {
    match target {
        format::Target::Receiver(name) => Target::Receiver(name),
        format::Target::Person(name) => Target::Person(name),
        format::Target::Schedule(name) => Target::Schedule(name),
    }
}

pub(super) fn priority(priority: format::Priority) -> Priority {
    match priority {
        format::Priority::P1 => Priority::P1,
        format::Priority::P2 => Priority::P2,
        format::Priority::P3 => Priority::P3,
        format::Priority::P4 => Priority::P4,
    }
}

/// In the words of a case.
fn decided(decision: Decision) -> format::Decision {
    let target = |target: Target| match target {
        Target::Receiver(name) => format::Target::Receiver(name),
        Target::Person(name) => format::Target::Person(name),
        Target::Schedule(name) => format::Target::Schedule(name),
        // No host has any; a name with a colon is none that a case can have.
        Target::Other(pair) => format::Target::Receiver(format!("{}:{}", pair.name, pair.value)),
    };
    let notices = decision.notices.into_iter().map(|notice| format::Notice {
        key: notice.key,
        to: notice.to.into_iter().map(target).collect(),
        page: notice.page,
        text: notice.text,
    });
    format::Decision {
        priority: match decision.priority {
            Priority::P1 => format::Priority::P1,
            Priority::P2 => format::Priority::P2,
            Priority::P3 => format::Priority::P3,
            Priority::P4 => format::Priority::P4,
        },
        reason: decision.reason,
        next_check: decision.next_check.map(Moment::At),
        notices: notices.collect(),
    }
}
