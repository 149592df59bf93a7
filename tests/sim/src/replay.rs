//! From the journal's inputs to the same rows.
//!
//! What a journal does not say, the run does: where turns begin and end, also those that journal nothing (a timer that
//! asks a policy), and the tables of each revision. A restart is not journaled, so runs with crashes are not replayed.
//! Heartbeats are not journaled either; an end that passed is an input of its own ([`Fact::Expired`]).

use crate::{
    simulation::{START, Simulation, Turn},
    store::Rows,
};
use bellwire_core::{
    Action, Alert, AlertInput, Delivery, Effects, Ends, Engine, Entry, Event, Fact, Instant, Labels, NoticeId,
    OverrideRequest, Silence, SilenceRequest, Snapshot, Tables, Verdict,
};
use std::sync::Arc;

pub fn check(simulation: &Simulation) -> Result<(), String> {
    let mut engine = Engine::load(simulation.first_tables.clone(), Snapshot::default(), START);
    let mut rows = Rows::default();
    for Turn { now, entries, reloaded } in &simulation.turns {
        let mut reloaded = reloaded.iter();
        // One answer told of all the notices of a bundle: that of the notice whose message it was.
        let followers: Vec<&NoticeId> = entries.iter().filter_map(follower).collect();
        for entry in entries {
            if matches!(&entry.fact, Fact::Attempted { notice, .. } if followers.contains(&notice)) {
                continue;
            }
            if let Some(event) = input(*now, entry, &rows, &mut reloaded) {
                let mut effects = Effects::default();
                engine.step(*now, event, &mut effects);
                rows.commit(&effects.writes);
            }
        }
        let mut effects = Effects::default();
        engine.settle(*now, &mut effects);
        rows.commit(&effects.writes);
    }
    let without_ends = |rows: &Rows| -> Vec<Alert> {
        rows.alerts.values().cloned().map(|alert| Alert { ends_at: None, ..alert }).collect()
    };
    for (id, incident) in &simulation.rows.incidents {
        let replayed = rows.incidents.get(id);
        if replayed != Some(incident) || rows.notices_of(id) != simulation.rows.notices_of(id) {
            let (was, is) = (simulation.rows.describe(id), rows.describe(id));
            return Err(format!("{incident:?}\n{was}\nbecame in the replay\n{replayed:?}\n{is}"));
        }
    }
    if rows.overrides != simulation.rows.overrides {
        return Err(format!("{:?} became in the replay {:?}", simulation.rows.overrides, rows.overrides));
    }
    match without_ends(&rows) == without_ends(&simulation.rows) {
        true => Ok(()),
        false => Err("the alerts replayed are others".into()),
    }
}

fn follower(entry: &Entry) -> Option<&NoticeId> {
    match &entry.fact {
        Fact::Bundled { notice, leader, .. } if notice != leader => Some(notice),
        _ => None,
    }
}

fn input<'a>(
    now: Instant,
    entry: &Entry,
    rows: &Rows,
    mut reloaded: impl Iterator<Item = &'a Arc<Tables>>,
) -> Option<Event> {
    let verdict = |policy_hash: &Arc<str>, fuel, result| Verdict { policy_hash: policy_hash.clone(), fuel, result };
    match &entry.fact {
        Fact::Received { alerts } if !alerts.iter().any(|alert| is_own(&alert.labels)) => {
            Some(Event::Received(alerts.iter().cloned().map(|alert| without_end(now, alert)).collect()))
        }
        Fact::Expired { fingerprint, labels } if !is_own(labels) => {
            let Alert { labels, annotations, generator_url, .. } = rows.alerts.get(fingerprint)?.clone();
            let ends = Ends::Resolved(now);
            Some(Event::Received(vec![AlertInput { labels, annotations, starts_at: None, ends, generator_url }]))
        }
        Fact::Decided { revision, policy_hash, fuel, decision, .. } => Some(Event::Decided {
            incident: entry.incident.clone()?,
            revision: *revision,
            verdict: verdict(policy_hash, *fuel, Ok(decision.clone())),
        }),
        // Without a hash no plugin ran: an answer that was lost, which follows from time.
        Fact::Faulted { revision, policy_hash, fault, .. } if !policy_hash.is_empty() => Some(Event::Decided {
            incident: entry.incident.clone()?,
            revision: *revision,
            verdict: verdict(policy_hash, 1, Err(fault.clone())),
        }),
        Fact::Attempted { notice, delivery, .. } if !is_hosts(delivery) => {
            Some(Event::Delivered { notice: notice.clone(), delivery: delivery.clone() })
        }
        Fact::Acknowledged { .. }
        | Fact::Unacknowledged { .. }
        | Fact::Snoozed { .. }
        | Fact::Reassigned { .. }
        | Fact::Escalated { .. }
        | Fact::OverrideAdded { .. }
        | Fact::OverrideRemoved { .. }
        | Fact::SilenceSet { .. }
        | Fact::SilenceExpired { .. }
        | Fact::Resolved { by: Some(_), via: Some(_) } => persons(entry),
        Fact::Reloaded { .. } => reloaded.next().cloned().map(Event::Reloaded),
        Fact::Received { .. }
        | Fact::Expired { .. }
        | Fact::Faulted { .. }
        | Fact::Attempted { .. }
        | Fact::Resolved { .. }
        | Fact::Opened { .. }
        | Fact::Reopened { .. }
        | Fact::Alerts { .. }
        | Fact::PriorityChanged { .. }
        | Fact::Noticed { .. }
        | Fact::Superseded { .. }
        | Fact::Nobody { .. }
        | Fact::Bundled { .. }
        | Fact::SnoozeEnded
        | Fact::Unowned
        | Fact::Flapping { .. }
        | Fact::FlappingEnded
        | Fact::Muted { .. }
        | Fact::Unmuted
        | Fact::Suppressed { .. }
        | Fact::Released
        | Fact::Closed => None,
    }
}

/// What somebody did.
fn persons(entry: &Entry) -> Option<Event> {
    let acted = |action, by: &Arc<str>, via: &Arc<str>| {
        let (incident, by, via) = (entry.incident.clone()?, by.clone(), via.clone());
        Some(Event::Acted { incident, action, revision: None, by, via })
    };
    let overridden =
        |request, by: &Arc<str>, via: &Arc<str>| Some(Event::Overridden { request, by: by.clone(), via: via.clone() });
    let silenced =
        |request, by: &Arc<str>, via: &Arc<str>| Some(Event::Silenced { request, by: by.clone(), via: via.clone() });
    match &entry.fact {
        Fact::Acknowledged { by, via } => acted(Action::Acknowledge, by, via),
        Fact::Unacknowledged { by, via } => acted(Action::Unacknowledge, by, via),
        Fact::Snoozed { until, by, via } => acted(Action::Snooze { until: *until }, by, via),
        Fact::Reassigned { to, by, via } => acted(Action::Reassign { to: to.clone() }, by, via),
        Fact::Escalated { by, via } => acted(Action::Escalate, by, via),
        Fact::Resolved { by: Some(by), via: Some(via) } => acted(Action::Resolve, by, via),
        Fact::SilenceSet { silence, via } => silenced(set(silence), &silence.by, via),
        Fact::SilenceExpired { id, by, via } => silenced(SilenceRequest::Expire { id: id.clone() }, by, via),
        Fact::OverrideAdded { added, via } => overridden(OverrideRequest::Add(added.clone()), &added.by, via),
        Fact::OverrideRemoved { removed, by, via } => {
            let (team, id) = (removed.team.clone(), removed.id.clone());
            overridden(OverrideRequest::Remove { team, id }, by, via)
        }
        _ => None,
    }
}

/// One with the same id is changed in place; the journal has the end of one whose place it took by itself.
fn set(silence: &Silence) -> SilenceRequest {
    SilenceRequest::Set { wanted: silence.clone(), replaces: None }
}

/// The engine raises it itself.
fn is_own(labels: &Labels) -> bool {
    labels.get("alertname") == "BellwireDeliveryFailed"
}

/// A notice that was given up without an attempt: every refusal of this run's senders says so in a word.
fn is_hosts(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Permanent { reason } if reason != "refused")
}

/// It ends when the journal says so.
fn without_end(now: Instant, alert: AlertInput) -> AlertInput {
    let ends = match alert.ends {
        Ends::At(at) if at <= now => Ends::Resolved(at),
        Ends::At(_) | Ends::Unsaid | Ends::Open => Ends::Open,
        Ends::Resolved(at) => Ends::Resolved(at),
    };
    AlertInput { ends, ..alert }
}
