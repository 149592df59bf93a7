//! Facts to a policy, and its decision back.
//!
//! Facts are borrowed, never copied, until they are written into the guest's memory.

pub(crate) use super::evaluator::Guest;
use super::{Alerts, Pair, clip, incident_state, millis, pairs, priority, problems, wit};
use crate::Problem;
use bellwire_core::{self as core, DecidedNotice, Decision, Instant, PluginFault, Wants};

/// Of an incident's `ext`: when somebody last asked for the next step, an `instant` in decimal digits.
const ESCALATED_AT: &str = "escalated-at";

/// Calls `with` with a view of the facts: every text borrowed, every list a slice of a vector that lives here.
pub(crate) fn with_facts<R>(facts: &core::Facts, with: impl FnOnce(wit::Facts<'_>) -> R) -> R {
    let incident = &facts.incident;
    let id = incident.id.to_string();
    let group: Vec<Pair<'_>> = pairs(&incident.group).collect();
    let alerts = Alerts::of(&incident.alerts);
    let alerts = alerts.view();
    let escalated_at = incident.escalated_at.map(|at| at.as_millis().to_string());
    let escalated_at = escalated_at.as_ref().map(|value| Pair { name: ESCALATED_AT, value });
    let sent: Vec<wit::Sent<'_>> = incident.sent.iter().map(sent).collect();
    let people: Vec<Vec<&str>> =
        facts.on_call.iter().map(|on_call| on_call.people.iter().map(String::as_str).collect()).collect();
    let on_call: Vec<wit::OnCall<'_>> = facts
        .on_call
        .iter()
        .zip(&people)
        .map(|(on_call, people)| wit::OnCall { schedule: &on_call.schedule, people, until: millis(on_call.until) })
        .collect();
    let windows: Vec<wit::Window<'_>> = facts
        .windows
        .iter()
        .map(|window| wit::Window { name: &window.name, inside: window.inside, changes_at: millis(window.changes_at) })
        .collect();
    with(wit::Facts {
        now: facts.now.as_millis(),
        incident: wit::Incident {
            id: &id,
            team: &incident.id.team,
            route: &incident.route,
            state: incident_state(incident.state),
            group: &group,
            opened_at: incident.opened_at.as_millis(),
            changed_at: incident.changed_at.as_millis(),
            reopened: incident.reopened,
            acknowledged: incident.acknowledged.as_ref().map(acknowledgement),
            snoozed_until: millis(incident.snoozed_until),
            priority: incident.priority.map(priority),
            firing: incident.firing,
            resolved: incident.resolved,
            alerts: &alerts,
            sent: &sent,
            ext: escalated_at.as_slice(),
        },
        civil: &facts.civil.iter().map(civil).collect::<Vec<_>>(),
        windows: &windows,
        on_call: &on_call,
        ext: &[],
    })
}

fn acknowledgement(acknowledged: &core::Acknowledgement) -> wit::Acknowledgement<'_> {
    wit::Acknowledgement { by: &acknowledged.by, at: acknowledged.at.as_millis() }
}

fn sent(sent: &core::Sent) -> wit::Sent<'_> {
    wit::Sent {
        key: &sent.key,
        to: match &sent.to {
            core::Target::Receiver(name) => wit::TargetParam::Receiver(name),
            core::Target::Person(name) => wit::TargetParam::Person(name),
            core::Target::Schedule(name) => wit::TargetParam::Schedule(name),
        },
        at: sent.at.as_millis(),
        outcome: match sent.outcome {
            core::SentOutcome::Pending => wit::Outcome::Pending,
            core::SentOutcome::Delivered => wit::Outcome::Delivered,
            core::SentOutcome::Failed => wit::Outcome::Failed,
            core::SentOutcome::Nobody => wit::Outcome::Nobody,
        },
    }
}

fn civil(civil: &core::Civil) -> wit::Civil<'_> {
    wit::Civil {
        zone: &civil.zone,
        year: civil.year,
        month: civil.month,
        day: civil.day,
        weekday: civil.weekday,
        hour: civil.hour,
        minute: civil.minute,
    }
}

/// What `evaluate` said. `ext` is for later versions of the contract, and says nothing yet.
pub(crate) fn decision(
    answer: Result<wit::Decision, wit::PolicyError>,
    bytes_max: usize,
) -> Result<Decision, PluginFault> {
    let decision = answer.map_err(refusal)?;
    let bytes = decision_bytes(&decision);
    if bytes > bytes_max {
        return Err(PluginFault::OutputTooLarge(format!("a decision of {bytes} bytes; at most {bytes_max} are taken")));
    }
    let notices = decision.notices.into_iter().map(|notice| {
        Ok(DecidedNotice {
            key: notice.key,
            to: notice.to.into_iter().map(target).collect::<Result<_, _>>()?,
            page: notice.page,
            text: notice.text,
        })
    });
    Ok(Decision {
        priority: match decision.priority {
            wit::Priority::P1 => core::Priority::P1,
            wit::Priority::P2 => core::Priority::P2,
            wit::Priority::P3 => core::Priority::P3,
            wit::Priority::P4 => core::Priority::P4,
        },
        notices: notices.collect::<Result<_, PluginFault>>()?,
        next_check: decision.next_check.map(Instant::from_millis),
        reason: decision.reason,
    })
}

/// Every text in it, and what each element of a list takes besides.
fn decision_bytes(decision: &wit::Decision) -> usize {
    fn pairs(list: &[wit::PairResult]) -> usize {
        size_of_val(list) + list.iter().map(|pair| pair.name.len() + pair.value.len()).sum::<usize>()
    }
    let targets = |list: &[wit::TargetResult]| size_of_val(list) + list.iter().map(target_bytes).sum::<usize>();
    let notice = |notice: &wit::Notice| {
        size_of_val(notice)
            + notice.key.len()
            + targets(&notice.to)
            + notice.text.as_ref().map_or(0, String::len)
            + pairs(&notice.ext)
    };
    decision.reason.len() + pairs(&decision.ext) + decision.notices.iter().map(notice).sum::<usize>()
}

fn target_bytes(target: &wit::TargetResult) -> usize {
    match target {
        wit::TargetResult::Receiver(name) | wit::TargetResult::Person(name) | wit::TargetResult::Schedule(name) => {
            name.len()
        }
        wit::TargetResult::Other(pair) => pair.name.len() + pair.value.len(),
    }
}

fn target(target: wit::TargetResult) -> Result<core::Target, PluginFault> {
    match target {
        wit::TargetResult::Receiver(name) => Ok(core::Target::Receiver(name)),
        wit::TargetResult::Person(name) => Ok(core::Target::Person(name)),
        wit::TargetResult::Schedule(name) => Ok(core::Target::Schedule(name)),
        wit::TargetResult::Other(pair) => {
            Err(PluginFault::UnknownTarget(clip(format!("{}:{}", pair.name, pair.value))))
        }
    }
}

fn refusal(error: wit::PolicyError) -> PluginFault {
    match error {
        wit::PolicyError::Settings(message) => PluginFault::Settings(clip(message)),
        wit::PolicyError::NotApplicable(message) => PluginFault::NotApplicable(clip(message)),
        wit::PolicyError::Failed(message) => PluginFault::Failed(clip(message)),
        wit::PolicyError::Other(pair) => PluginFault::Failed(clip(format!("{}: {}", pair.name, pair.value))),
    }
}

/// What `check` said.
pub(crate) fn verdict(
    verdict: Result<wit::Wants, Vec<wit::Problem>>,
) -> Result<Result<Wants, Vec<Problem>>, PluginFault> {
    match verdict {
        Ok(wanted) => wants(wanted).map(Ok),
        Err(found) => Ok(Err(problems(found))),
    }
}

fn wants(wants: wit::Wants) -> Result<Wants, PluginFault> {
    Ok(Wants {
        zones: wants.zones,
        windows: wants.windows,
        schedules: wants.schedules,
        targets: wants.targets.into_iter().map(target).collect::<Result<_, _>>()?,
    })
}
