//! The decision. It touches nothing but its arguments.

use crate::{
    documents::{AlertState, Decision, Facts, Incident, Instant, Notice, Priority, State, Target},
    settings::Recipients,
};

const MINUTE: Instant = 60 * 1000;

struct Step<'a> {
    key: &'static str,
    due_at: Instant,
    to: &'a [Target],
}

pub fn decide(to: &Recipients, facts: &Facts) -> Decision {
    let incident = &facts.incident;
    let (priority, because) = judge(incident);
    let pages = priority <= Priority::P2;
    let steps = ladder(to, incident.opened_at, pages);
    let open = incident.state == State::Open;
    // Once somebody has it there is nothing new, but what was sent stays listed.
    let (due, waiting): (Vec<_>, Vec<_>) = steps.iter().partition(|step| match open {
        true => step.due_at <= facts.now,
        false => incident.sent.iter().any(|sent| sent.key == step.key),
    });
    let progress = match (incident.state, &incident.acknowledged) {
        (State::Open, _) if due.is_empty() => "no step".into(),
        (State::Open, _) => format!("step {} of {}", due.len(), steps.len()),
        (State::Acknowledged, Some(acknowledged)) => format!("acknowledged by {}", acknowledged.by),
        (State::Acknowledged, None) => "acknowledged".into(),
        (State::Snoozed, _) => "snoozed".into(),
        (State::Resolved, _) => "resolved".into(),
    };
    Decision {
        priority,
        notices: due.iter().map(|step| Notice { key: step.key, to: step.to.to_vec(), page: pages }).collect(),
        next_check: waiting.first().filter(|_| open).map(|step| step.due_at),
        reason: format!("{because}; {progress}"),
    }
}

/// P3 and P4, which do not page, stay on the first step.
fn ladder(to: &Recipients, opened_at: Instant, pages: bool) -> Vec<Step<'_>> {
    let mut steps = vec![
        Step { key: "team", due_at: opened_at, to: &to.team },
        Step { key: "manager", due_at: opened_at + 5 * MINUTE, to: &to.manager },
        Step { key: "director", due_at: opened_at + 15 * MINUTE, to: &to.director },
        Step { key: "war-room", due_at: opened_at + 30 * MINUTE, to: &to.vp },
    ];
    if !pages {
        steps.truncate(1);
    }
    steps
}

/// The most urgent firing alert decides, the first of them if there are several. With the reason.
fn judge(incident: &Incident) -> (Priority, String) {
    let firing = incident.alerts.iter().filter(|alert| alert.state == AlertState::Firing);
    let verdicts = firing.map(|alert| {
        let label = alert.labels.iter().find(|label| label.name == "severity");
        let severity = label.map_or("", |label| &label.value);
        let priority = match severity {
            "critical" | "page" => Priority::P1,
            "error" | "high" => Priority::P2,
            "warning" => Priority::P3,
            "info" | "low" => Priority::P4,
            _ => return (Priority::P3, "P3 by default".into()),
        };
        (priority, format!("{priority:?} because severity is {severity}"))
    });
    verdicts.min_by_key(|(priority, _)| *priority).unwrap_or_else(|| {
        let kept = incident.priority.unwrap_or(Priority::P3);
        (kept, format!("{kept:?} kept"))
    })
}
