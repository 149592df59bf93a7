//! Policies as functions, and the ways in which a plugin fails. None of them asks for anybody new while somebody has it.

use bellwire_core::{
    DecidedNotice, Decision, EvaluateRequest, Facts, IncidentFacts, IncidentState, PluginFault, Priority, SentOutcome,
    Span, Target,
};

fn notice(key: String, to: Target) -> DecidedNotice {
    DecidedNotice { key, to: vec![to], page: true, text: None }
}

fn receiver(name: &str) -> Target {
    Target::Receiver(name.into())
}

/// Good answers, each a pure function of its argument.
pub fn decide(request: &EvaluateRequest) -> Decision {
    match &*request.policy {
        "quiet" => Decision { priority: Priority::P4, notices: vec![], next_check: None, reason: "nobody".into() },
        "digest" => digest(&request.facts),
        "people" => people(&request.facts),
        "repeat" => repeat(&request.facts),
        _ => ladder(&request.facts),
    }
}

/// Receiver `a` at once, `b` after two minutes, the shared one after five.
fn ladder(facts: &Facts) -> Decision {
    let steps = [(0, "a"), (120, "b"), (300, "mail")];
    let at = |seconds: u64| facts.incident.opened_at.saturating_add(Span::from_secs(seconds));
    let is_open = facts.incident.state == IncidentState::Open;
    let key = |seconds: u64| format!("step-{seconds}");
    let due = |seconds: u64| was_sent(&facts.incident, &key(seconds)) || (is_open && at(seconds) <= facts.now);
    Decision {
        priority: priority(&facts.incident),
        notices: steps
            .iter()
            .filter(|(seconds, _)| due(*seconds))
            .map(|(seconds, to)| notice(key(*seconds), receiver(to)))
            .collect(),
        next_check: steps.iter().map(|(seconds, _)| at(*seconds)).find(|at| is_open && *at > facts.now),
        reason: "the ladder".into(),
    }
}

/// Ann, then whoever is on call, then whoever seldom is, two minutes apart; at once after a step that reached nobody, or if
/// somebody asked for the next.
fn people(facts: &Facts) -> Decision {
    let incident = &facts.incident;
    let steps = [
        Target::Person("ann".into()),
        Target::Schedule("primary".into()),
        Target::Schedule("rare".into()),
        receiver("b"),
    ];
    let (mut notices, mut next_check) = (vec![], None);
    let (mut last, mut wait) = (incident.opened_at, Span::ZERO);
    for (place, to) in steps.into_iter().enumerate() {
        let key = format!("rung-{place}");
        let sent = incident.sent.iter().find(|sent| sent.key == key);
        let is_asked_for = incident.escalated_at.is_some_and(|asked| last < asked && asked <= facts.now);
        let at = if is_asked_for { facts.now } else { last.saturating_add(wait) };
        if sent.is_none() && (incident.state != IncidentState::Open || at > facts.now) {
            next_check = Some(at).filter(|_| incident.state == IncidentState::Open);
            break;
        }
        notices.push(notice(key, to));
        let was_in_vain = sent.is_some_and(|sent| matches!(sent.outcome, SentOutcome::Nobody | SentOutcome::Failed));
        wait = if was_in_vain { Span::ZERO } else { Span::from_secs(120) };
        last = sent.map_or(facts.now, |sent| sent.at);
    }
    Decision { priority: priority(incident), notices, next_check, reason: "the people".into() }
}

/// One line for the channel, which wakes nobody.
fn digest(facts: &Facts) -> Decision {
    let is_open = facts.incident.state == IncidentState::Open;
    let line = DecidedNotice { page: false, ..notice("digest".into(), receiver("mail")) };
    Decision {
        priority: Priority::P4,
        notices: if is_open || was_sent(&facts.incident, "digest") { vec![line] } else { vec![] },
        next_check: None,
        reason: "the digest".into(),
    }
}

/// A new key each minute while it is open, ten at most; asks to be asked at once.
fn repeat(facts: &Facts) -> Decision {
    let minutes = (facts.now.since(facts.incident.opened_at).as_millis() / 60_000).min(9);
    let is_open = facts.incident.state == IncidentState::Open;
    let key = |minute: u64| format!("minute-{minute}");
    let due = |minute: &u64| is_open || was_sent(&facts.incident, &key(*minute));
    let next = facts.incident.opened_at.saturating_add(Span::from_secs((minutes + 1) * 60));
    Decision {
        priority: Priority::P3,
        notices: (0..=minutes).filter(due).map(|minute| notice(key(minute), receiver("mail"))).collect(),
        next_check: (minutes < 9 && is_open).then_some(next),
        reason: "again and again".into(),
    }
}

fn was_sent(incident: &IncidentFacts, key: &str) -> bool {
    incident.sent.iter().any(|sent| sent.key == key)
}

fn priority(incident: &IncidentFacts) -> Priority {
    let is_urgent = incident.alerts.iter().any(|alert| alert.annotations.get("value") == "9");
    if is_urgent { Priority::P1 } else { Priority::P2 }
}

pub fn fault(kind: u64, decision: Decision) -> Result<Decision, PluginFault> {
    match kind {
        0 => Err(PluginFault::Trap("unreachable".into())),
        1 => Err(PluginFault::OutOfFuel(50)),
        2 => Ok(Decision { notices: vec![notice("k".into(), receiver("nobody"))], ..decision }),
        _ => Ok(Decision { notices: vec![notice("bellwire:k".into(), receiver("mail"))], ..decision }),
    }
}
