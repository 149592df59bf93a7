//! The contract of `sdk/wit/policy.wit` as Rust types, and the way from the domain's types there and back.
//!
//! Facts are borrowed, never copied, until they are written into the guest's memory; an answer is checked for its
//! size and turned into the domain's own types. Whether a decision makes sense is for the engine to say.

use crate::{Description, Problem};
use bellwire_core::{self as core, DecidedNotice, Decision, Instant, Labels, PluginFault, Wants};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../sdk/wit",
        world: "policy",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

pub(crate) use generated::{
    PolicyIndices, PolicyPre,
    bellwire::policy::{log::Level, types as wit},
};
use wit::PairParam as Pair;

/// Of an incident's `ext`: when somebody last asked for the next step, an `instant` in decimal digits.
const ESCALATED_AT: &str = "escalated-at";

/// Calls `with` with a view of the facts: every text borrowed, every list a slice of a vector that lives here.
pub(crate) fn with_facts<R>(facts: &core::Facts, with: impl FnOnce(wit::Facts<'_>) -> R) -> R {
    let incident = &facts.incident;
    let id = incident.id.to_string();
    let group: Vec<Pair<'_>> = pairs(&incident.group).collect();
    let fingerprints: Vec<String> = incident.alerts.iter().map(|alert| alert.fingerprint.to_string()).collect();
    // The labels and annotations of all alerts in one vector, from which each alert takes its slices in the same order.
    let texts: Vec<Pair<'_>> =
        incident.alerts.iter().flat_map(|alert| pairs(&alert.labels).chain(pairs(&alert.annotations))).collect();
    let mut rest = texts.as_slice();
    let mut take = |labels: &Labels| {
        let (mine, others) = rest.split_at(labels.len());
        rest = others;
        mine
    };
    let alerts: Vec<wit::Alert<'_>> = incident
        .alerts
        .iter()
        .zip(&fingerprints)
        .map(|(alert, fingerprint)| wit::Alert {
            fingerprint,
            state: alert_state(alert.state),
            labels: take(&alert.labels),
            annotations: take(&alert.annotations),
            starts_at: alert.starts_at.as_millis(),
            ends_at: millis(alert.ends_at),
            ext: &[],
        })
        .collect();
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

fn alert_state(state: core::AlertState) -> wit::AlertState {
    match state {
        core::AlertState::Firing => wit::AlertState::Firing,
        core::AlertState::Resolved => wit::AlertState::Resolved,
    }
}

fn incident_state(state: core::IncidentState) -> wit::IncidentState {
    match state {
        core::IncidentState::Open => wit::IncidentState::Open,
        core::IncidentState::Acknowledged => wit::IncidentState::Acknowledged,
        core::IncidentState::Snoozed => wit::IncidentState::Snoozed,
        core::IncidentState::Resolved => wit::IncidentState::Resolved,
    }
}

fn acknowledgement(acknowledged: &core::Acknowledgement) -> wit::Acknowledgement<'_> {
    wit::Acknowledgement { by: &acknowledged.by, at: acknowledged.at.as_millis() }
}

fn priority(priority: core::Priority) -> wit::Priority {
    match priority {
        core::Priority::P1 => wit::Priority::P1,
        core::Priority::P2 => wit::Priority::P2,
        core::Priority::P3 => wit::Priority::P3,
        core::Priority::P4 => wit::Priority::P4,
    }
}

fn pairs(labels: &Labels) -> impl Iterator<Item = Pair<'_>> {
    labels.iter().map(|(name, value)| Pair { name, value })
}

fn millis(instant: Option<Instant>) -> Option<u64> {
    instant.map(Instant::as_millis)
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

/// The decision in the domain's types. `ext` is for later versions of the contract, and says nothing yet.
pub(crate) fn decision(decision: wit::Decision, bytes_max: usize) -> Result<Decision, PluginFault> {
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

pub(crate) fn refusal(error: wit::PolicyError) -> PluginFault {
    match error {
        wit::PolicyError::Settings(message) => PluginFault::Settings(clip(message)),
        wit::PolicyError::NotApplicable(message) => PluginFault::NotApplicable(clip(message)),
        wit::PolicyError::Failed(message) => PluginFault::Failed(clip(message)),
        wit::PolicyError::Other(pair) => PluginFault::Failed(clip(format!("{}: {}", pair.name, pair.value))),
    }
}

pub(crate) fn wants(wants: wit::Wants) -> Result<Wants, PluginFault> {
    Ok(Wants {
        zones: wants.zones,
        windows: wants.windows,
        schedules: wants.schedules,
        targets: wants.targets.into_iter().map(target).collect::<Result<_, _>>()?,
    })
}

pub(crate) fn problems(problems: Vec<wit::Problem>) -> Vec<Problem> {
    problems.into_iter().map(|problem| Problem { path: problem.path, message: problem.message }).collect()
}

pub(crate) fn description(description: wit::Description) -> Description {
    let wit::Description { name, version, summary, settings_schema } = description;
    Description { name, version, summary, settings_schema }
}

/// What a guest says of its own failure goes into the journal and before people: cut to a length that both can bear.
pub(crate) fn clip(mut text: String) -> String {
    const MESSAGE_BYTES_MAX: usize = 1024;
    text.truncate(text.floor_char_boundary(MESSAGE_BYTES_MAX));
    text
}
