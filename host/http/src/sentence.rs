//! A fact of the journal as one sentence for a human. Pure.

use bellwire_core::{
    AlertState, Decision, Delivery, Fact, IncidentId, Instant, Labels, NoticeId, NoticeKind, Override, OverrideChange,
    Priority, Silence, SuppressedBy, Verdicted,
};
use std::sync::Arc;

/// Begins in lower case and has no full stop, so that it reads after a time: `03:12 told …`.
pub fn sentence(fact: &Fact) -> String {
    match fact {
        Fact::Received { alerts } => {
            format!(
                "{} came in: {}",
                counted(alerts.len(), "alert"),
                listed(alerts.iter().map(|alert| &alert.labels), alerts.len())
            )
        }
        Fact::Expired { fingerprint: _, labels } => {
            format!("{labels} counts as resolved: its sender fell silent and its end passed")
        }
        Fact::Decided { policy, decision, verdict, .. } => decided(policy, decision, *verdict),
        Fact::Faulted { policy, fault, .. } => format!("policy {policy} gave no answer: {fault}"),
        Fact::Attempted { notice, attempt, delivery } => attempted(notice, *attempt, delivery),
        Fact::Acknowledged { by, via } => format!("acknowledged by {by} (via {via})"),
        Fact::Unacknowledged { by, via } => format!("given back by {by} (via {via})"),
        Fact::Snoozed { until, by, via } => format!("snoozed until {} by {by} (via {via})", clock(*until)),
        Fact::Reassigned { to, by, via } => format!("handed to {to} by {by} (via {via})"),
        Fact::Escalated { by, via } => format!("{by} asked for the next step (via {via})"),
        Fact::OverrideAdded { added, via } => format!("{} (by {}, via {via})", overridden(added), added.by),
        Fact::OverrideRemoved { removed, by, via } => {
            format!("the override {} of {} was taken away by {by} (via {via})", removed.id, removed.schedule)
        }
        Fact::SilenceSet { silence, via } => silenced(silence, via),
        Fact::SilenceExpired { id, by, via } => format!("the silence {id} was ended by {by} (via {via})"),
        Fact::Reloaded { revision } => {
            format!("the configuration was replaced (revision {})", revision.get(..12).unwrap_or(revision))
        }
        Fact::Opened { route, group } if group.is_empty() => format!("opened on route {route}"),
        Fact::Opened { route, group } => format!("opened on route {route} for {group}"),
        Fact::Reopened { route, reopened, cause } => {
            format!("re-opened for the {} time on route {route}: {cause}", ordinal(*reopened))
        }
        Fact::Alerts { state, count, examples } => {
            let verb = match state {
                AlertState::Firing => "began",
                AlertState::Resolved => "ceased",
            };
            format!(
                "{} {verb} to fire: {}",
                counted(*count as usize, "alert"),
                listed(examples.iter(), *count as usize)
            )
        }
        Fact::PriorityChanged { from, to } => priority_changed(*from, *to),
        Fact::Noticed { key, receiver, notice_kind, page, .. } => noticed(key, receiver, *notice_kind, *page),
        Fact::Superseded { notice } => format!("no need any more to tell {}", addressed(notice)),
        Fact::Nobody { key, target } => format!("skipped {target} ({key}): nobody is there"),
        Fact::Bundled { notice, leader, count } if notice == leader => {
            format!("told {} together with {}", addressed(notice), counted(*count as usize - 1, "other notice"))
        }
        Fact::Bundled { notice, .. } => format!("told {} in one message with others", addressed(notice)),
        Fact::SnoozeEnded => "the snooze is over".to_owned(),
        Fact::Unowned => "nobody acknowledged, and the policy has come to its end".to_owned(),
        Fact::Flapping { opens, stable_at } => {
            let stable_at = clock(*stable_at);
            format!("flapping: it opened {opens} times; held until it is stable, at {stable_at} at the earliest")
        }
        Fact::FlappingEnded => "flaps no more".to_owned(),
        Fact::Muted { windows, outside } => muted(windows, outside),
        Fact::Unmuted => "its route tells again: told as if it opened now".to_owned(),
        Fact::Suppressed { by, cause } => suppressed(by, cause.as_ref()),
        Fact::Released => "no longer silenced or explained by other alerts: told as if it opened now".to_owned(),
        Fact::Resolved { by: Some(by), via: Some(via) } => format!("resolved by {by} (via {via})"),
        Fact::Resolved { by: Some(by), via: None } => format!("resolved by {by}"),
        Fact::Resolved { by: None, via: _ } => "resolved: nothing fires any more".to_owned(),
        Fact::Closed => "closed: nothing more can come of it".to_owned(),
    }
}

/// `outside`: where its route tells, and is not.
fn muted(windows: &[Arc<str>], outside: &[Arc<str>]) -> String {
    match (windows, outside) {
        ([], outside) => format!("held back: it is outside of {}", outside.join(", ")),
        (windows, []) => format!("held back by maintenance: {}", windows.join(", ")),
        (windows, outside) => {
            format!("held back by maintenance: {}, and outside of {}", windows.join(", "), outside.join(", "))
        }
    }
}

fn silenced(silence: &Silence, via: &str) -> String {
    let Silence { id, matchers, starts_at, ends_at, by, comment, .. } = silence;
    let why = if comment.is_empty() { String::new() } else { format!(": {comment}") };
    format!("{by} silenced {matchers} from {} to {} (silence {id}, via {via}){why}", clock(*starts_at), clock(*ends_at))
}

fn suppressed(by: &[SuppressedBy], cause: Option<&IncidentId>) -> String {
    const NAMED_MAX: usize = 3;
    let named = by.iter().take(NAMED_MAX).map(|by| match by {
        SuppressedBy::Silence { id } => format!("silence {id}"),
        SuppressedBy::Inhibition { rule, source } => format!("alert {source} by the rule {rule}"),
    });
    let mut named = named.collect::<Vec<_>>().join(", ");
    if by.len() > NAMED_MAX {
        named += &format!(" and {} more", by.len() - NAMED_MAX);
    }
    match cause {
        Some(cause) => format!("told to nobody: a symptom of {cause} ({named})"),
        None => format!("told to nobody, because of {named}"),
    }
}

fn overridden(added: &Override) -> String {
    let Override { id, schedule, from, until, change, .. } = added;
    let people = |people: &[Arc<str>]| people.join(", ");
    let what = match change {
        OverrideChange::Add { people: added } => format!("{} beside those on call", people(added)),
        OverrideChange::Remove { people: removed } => format!("without {}", people(removed)),
        OverrideChange::Replace { person: None, people: instead } => people(instead),
        OverrideChange::Replace { person: Some(person), people: instead } => {
            format!("{} instead of {person}", people(instead))
        }
    };
    format!("override {id}: {schedule} has {what} from {} to {}", clock(*from), clock(*until))
}

fn clock(at: Instant) -> String {
    crate::when::readable(&at.to_string())
}

fn decided(policy: &str, decision: &Decision, verdict: Verdicted) -> String {
    let Decision { priority, next_check, reason, .. } = decision;
    match (verdict, next_check) {
        (Verdicted::Applied, None) => format!("{priority} by policy {policy}: {reason}"),
        (Verdicted::Applied, Some(at)) => {
            format!("{priority} by policy {policy}: {reason}; asked again at {}", clock(*at))
        }
        (Verdicted::Outdated, _) => {
            format!("policy {policy} said {priority}, but the incident had changed meanwhile, so it is asked again")
        }
    }
}

fn attempted(notice: &NoticeId, attempt: u32, delivery: &Delivery) -> String {
    let (to, nth) = (addressed(notice), ordinal(attempt));
    match delivery {
        Delivery::Delivered { receipt: _ } => format!("told {to} at the {nth} attempt"),
        Delivery::Retry { after: None, reason } => {
            format!("could not tell {to} at the {nth} attempt, and will try again: {reason}")
        }
        Delivery::Retry { after: Some(after), reason } => {
            format!("could not tell {to} at the {nth} attempt, and was asked to wait {after}: {reason}")
        }
        Delivery::Permanent { reason } => format!("cannot tell {to}: {reason}"),
    }
}

fn priority_changed(from: Option<Priority>, to: Priority) -> String {
    match from {
        None => format!("priority {to}"),
        // P1 is the least in their order.
        Some(from) if to < from => format!("priority rose from {from} to {to}"),
        Some(from) => format!("priority fell from {from} to {to}"),
    }
}

fn noticed(key: &str, receiver: &str, kind: NoticeKind, page: bool) -> String {
    let manner = if page { "page" } else { "no page" };
    let why = match kind {
        NoticeKind::Decided => return format!("to tell {receiver} ({key}, {manner})"),
        NoticeKind::PolicyFault => "that the policy failed",
        NoticeKind::Failover => "in another's place",
        NoticeKind::AlertsJoined => "that more alerts fire since it was acknowledged",
        NoticeKind::Reassigned => "that it was handed over",
        NoticeKind::LastResort => "that nobody acknowledged",
        NoticeKind::Flapping => "that it is flapping",
        NoticeKind::Acknowledged => "that it was acknowledged",
        NoticeKind::Unacknowledged => "that it was given back",
        NoticeKind::Snoozed => "that it is snoozed",
        NoticeKind::PriorityChanged => "that its priority changed",
        NoticeKind::Resolved => "that it is resolved",
    };
    format!("to tell {receiver} {why} ({key}, {manner})")
}

/// `RECEIVER (KEY)` of `INCIDENT/KEY/RECEIVER`; keys have no slash, receivers may.
fn addressed(notice: &NoticeId) -> String {
    let parts = notice.0.split_once('/').and_then(|(_, rest)| rest.split_once('/'));
    parts.map_or_else(|| notice.to_string(), |(key, receiver)| format!("{receiver} ({key})"))
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn listed<'a>(labels: impl Iterator<Item = &'a Labels>, count: usize) -> String {
    const NAMED_MAX: usize = 3;
    let named: Vec<String> = labels.take(NAMED_MAX).map(Labels::to_string).collect();
    match count.saturating_sub(named.len()) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn ordinal(number: u32) -> String {
    let suffix = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    match number {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        _ => format!("{number}{suffix}"),
    }
}
