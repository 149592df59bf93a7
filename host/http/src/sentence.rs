//! A fact of the journal as one sentence for a human. Pure.

use bellwire_core::{AlertState, Decision, Delivery, Fact, Labels, NoticeId, NoticeKind, Priority, Verdicted};

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
        Fact::Resolved { by: Some(by), via: Some(via) } => format!("resolved by {by} (via {via})"),
        Fact::Resolved { by: Some(by), via: None } => format!("resolved by {by}"),
        Fact::Resolved { by: None, via: _ } => "resolved: nothing fires any more".to_owned(),
        Fact::Closed => "closed: nothing more can come of it".to_owned(),
    }
}

fn decided(policy: &str, decision: &Decision, verdict: Verdicted) -> String {
    let Decision { priority, next_check, reason, .. } = decision;
    match (verdict, next_check) {
        (Verdicted::Applied, None) => format!("{priority} by policy {policy}: {reason}"),
        (Verdicted::Applied, Some(at)) => format!("{priority} by policy {policy}: {reason}; asked again at {at}"),
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
        NoticeKind::Acknowledged => "that it was acknowledged",
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
