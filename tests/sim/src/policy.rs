//! Three policies as functions, and the ways in which a plugin fails.

use bellwire_core::{
    DecidedNotice, Decision, EvaluateRequest, Facts, IncidentState, PolicyFault, Priority, Span, Target,
};

fn notice(key: String, to: &str) -> DecidedNotice {
    DecidedNotice { key, to: vec![Target::Receiver(to.into())], page: true, text: None }
}

/// Good answers, each a pure function of its argument.
pub fn decide(request: &EvaluateRequest) -> Decision {
    match &*request.policy {
        "quiet" => Decision { priority: Priority::P4, notices: vec![], next_check: None, reason: "nobody".into() },
        "repeat" => repeat(&request.facts),
        _ => ladder(&request.facts),
    }
}

/// Receiver `a` at once, `b` after two minutes, the shared one after five; nobody new once it is acknowledged.
fn ladder(facts: &Facts) -> Decision {
    let incident = &facts.incident;
    let urgent = incident.alerts.iter().any(|alert| alert.annotations.get("value") == "9");
    let steps = [(0, "a"), (120, "b"), (300, "mail")];
    let at = |seconds: u64| incident.opened_at.saturating_add(Span::from_secs(seconds));
    let is_open = incident.state == IncidentState::Open;
    let due = |seconds: u64| seconds == 0 || (is_open && at(seconds) <= facts.now);
    Decision {
        priority: if urgent { Priority::P1 } else { Priority::P2 },
        notices: steps
            .iter()
            .filter(|(seconds, _)| due(*seconds))
            .map(|(seconds, to)| notice(format!("step-{seconds}"), to))
            .collect(),
        next_check: steps.iter().map(|(seconds, _)| at(*seconds)).find(|at| is_open && *at > facts.now),
        reason: "the ladder".into(),
    }
}

/// A new key each minute while it is open, ten at most; asks to be asked at once.
fn repeat(facts: &Facts) -> Decision {
    let minutes = (facts.now.since(facts.incident.opened_at).as_millis() / 60_000).min(9);
    let more = minutes < 9 && facts.incident.state == IncidentState::Open;
    let next = facts.incident.opened_at.saturating_add(Span::from_secs((minutes + 1) * 60));
    Decision {
        priority: Priority::P3,
        notices: (0..=minutes).map(|minute| notice(format!("minute-{minute}"), "mail")).collect(),
        next_check: more.then_some(next),
        reason: "again and again".into(),
    }
}

pub fn fault(kind: u64, decision: Decision) -> Result<Decision, PolicyFault> {
    match kind {
        0 => Err(PolicyFault::Trap("unreachable".into())),
        1 => Err(PolicyFault::OutOfFuel(50)),
        2 => Ok(Decision { notices: vec![notice("k".into(), "nobody")], ..decision }),
        _ => Ok(Decision { notices: vec![notice("bellwire:k".into(), "mail")], ..decision }),
    }
}
