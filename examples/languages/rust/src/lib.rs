//! Team, manager, director, then VP and war room. It touches nothing but its arguments.
//!
//! The same policy is in every folder beside this one, and `../cases` says what all of them decide.

mod settings;

use bellwire_policy::prelude::*;
use settings::{Settings, Targets};

struct Step<'a> {
    key: &'static str,
    after: Span,
    to: &'a Targets,
}

/// P3 and P4 stay on the first step.
fn ladder(settings: &Settings, priority: Priority) -> Vec<Step<'_>> {
    let to = &settings.to;
    let mut steps = vec![
        Step { key: "team", after: Span::ZERO, to: &to.team },
        Step { key: "manager", after: Span::minutes(5), to: &to.manager },
        Step { key: "director", after: Span::minutes(15), to: &to.director },
        Step { key: "war-room", after: Span::minutes(30), to: &to.vp },
    ];
    if !pages(priority) {
        steps.truncate(1);
    }
    steps
}

fn pages(priority: Priority) -> bool {
    match priority {
        Priority::P1 | Priority::P2 => true,
        Priority::P3 | Priority::P4 => false,
    }
}

/// The most urgent firing alert decides, the first of them if there are several. With the reason.
fn judge(incident: &Incident) -> (Priority, String) {
    let verdicts = incident.firing_alerts().map(|alert| {
        let severity = alert.label("severity").unwrap_or_default();
        let priority = match severity {
            "critical" | "page" => Priority::P1,
            "error" | "high" => Priority::P2,
            "warning" => Priority::P3,
            "info" | "low" => Priority::P4,
            _ => return (Priority::P3, "P3 by default".into()),
        };
        (priority, format!("{priority} because severity is {severity}"))
    });
    verdicts.min_by_key(|(priority, _)| *priority as u8).unwrap_or_else(|| {
        let priority = incident.priority.unwrap_or(Priority::P3);
        (priority, format!("{priority} kept"))
    })
}

struct Ladder;

impl Policy for Ladder {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new("ladder", env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../../cases/ladder.schema.json"))
    }

    fn check(settings: &Settings) -> Result<Wants, Vec<Problem>> {
        settings.check()
    }

    fn evaluate(settings: &Settings, facts: &Facts) -> Result<Decision, PolicyError> {
        let incident = &facts.incident;
        let (priority, because) = judge(incident);
        let steps = ladder(settings, priority);
        let due_at = |step: &Step<'_>| incident.opened_at + step.after.as_milliseconds();
        let due = |step: &Step<'_>| match incident.state {
            IncidentState::Open => due_at(step) <= facts.now,
            // Somebody has it: nothing new, but what was sent stays listed.
            IncidentState::Acknowledged | IncidentState::Snoozed | IncidentState::Resolved => {
                incident.sent(step.key).next().is_some()
            }
        };
        let (listed, waiting): (Vec<_>, Vec<_>) = steps.iter().partition(|step| due(step));
        let progress = match (incident.state, &incident.acknowledged) {
            (IncidentState::Open, _) if listed.is_empty() => "no step".into(),
            (IncidentState::Open, _) => format!("step {} of {}", listed.len(), steps.len()),
            (IncidentState::Acknowledged, Some(acknowledged)) => format!("acknowledged by {}", acknowledged.by),
            (IncidentState::Acknowledged, None) => "acknowledged".into(),
            (IncidentState::Snoozed, _) => "snoozed".into(),
            (IncidentState::Resolved, _) => "resolved".into(),
        };
        let mut decision = Decision::new(priority, format!("{because}; {progress}"));
        for step in listed {
            let notice = Notice { page: pages(priority), ..Notice::inform(step.key, step.to.iter()) };
            decision = decision.notify(notice);
        }
        match (incident.state, waiting.first()) {
            (IncidentState::Open, Some(next)) => Ok(decision.check_at(due_at(next))),
            _ => Ok(decision),
        }
    }
}

bellwire_policy::export!(Ladder);

#[cfg(test)]
mod tests;
