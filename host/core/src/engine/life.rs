//! The life of an incident: opens, is acknowledged, resolves, re-opens, closes.

use super::{Engine, Group, Held, act::Actor, live::Live};
use crate::{
    Answer, Effects, Entry, EvaluateReason, Fact, Incident, IncidentId, IncidentState, Instant, NoticeKind, Roster,
    Route, Tables, Write,
};
use alloc::{sync::Arc, vec::Vec};

impl Engine {
    pub(super) fn open(
        &mut self,
        now: Instant,
        group: Group,
        route: &Route,
        alert_starts_at: Instant,
        effects: &mut Effects,
    ) -> IncidentId {
        let number = self.numbers.entry(group.team.clone()).or_default();
        *number += 1;
        let id = IncidentId { team: group.team.clone(), number: *number };
        // An alert that has fired for longer than group_wait has waited enough.
        let waited = alert_starts_at.saturating_add(route.group_wait) <= now;
        let evaluate_at = if waited { now } else { now.saturating_add(route.group_wait) };
        let mut incident = Incident::opened(id.clone(), group.route.clone(), group.labels.clone(), now);
        incident.evaluate = Some((evaluate_at, EvaluateReason::Opened));
        let mut live = Live::new(incident);
        live.changed = true;
        live.note(now, Fact::Opened { route: group.route.clone(), group: group.labels.clone() }, effects);
        let tables = self.roster.tables.clone();
        live.mute_if_in_maintenance(now, &tables, effects);
        live.count_opening(now, &tables, effects);
        self.groups.insert(group, id.clone());
        self.incidents.insert(id.clone(), live);
        id
    }

    /// An alert of the incident fires that did not before.
    pub(super) fn firing_again(&mut self, now: Instant, id: &IncidentId, effects: &mut Effects) {
        let tables = self.roster.tables.clone();
        let Some(live) = self.touch(id) else { return };
        match live.incident.state {
            IncidentState::Resolved => live.reopen(now, "an alert fires again", &tables, effects),
            IncidentState::Open | IncidentState::Acknowledged | IncidentState::Snoozed => {
                live.revise(now);
                live.ask_for_alerts(now, &tables);
            }
        }
    }

    /// Its alerts leave it, and it leaves memory; its row and its history stay.
    pub(super) fn close(&mut self, now: Instant, id: &IncidentId, effects: &mut Effects) {
        let Some(live) = self.incidents.remove(id) else {
            return;
        };
        live.note(now, Fact::Closed, effects);
        if let Some(at) = live.timer {
            self.timers.remove(&(at, super::Timer::Incident(id.clone())));
        }
        let incident = &live.incident;
        let group = Group { team: id.team.clone(), route: incident.route.clone(), labels: incident.group.clone() };
        if self.groups.get(&group) == Some(id) {
            self.groups.remove(&group);
        }
        // In an order that is always the same: hash maps have none.
        let mut members: Vec<_> = live.members.iter().copied().collect();
        members.sort_unstable();
        for fingerprint in members {
            let Some(Held { alert, .. }) = self.alerts.get_mut(&fingerprint) else {
                continue;
            };
            Arc::make_mut(alert).incidents.retain(|other| other != id);
            match alert.incidents.is_empty() {
                true => self.forget(now, fingerprint, effects),
                false => effects.writes.push(Write::Alert(alert.clone())),
            }
        }
    }

    /// The new configuration holds from here; every incident is asked about anew, and keeps its timers and sent keys.
    pub(super) fn reloaded(&mut self, now: Instant, tables: Arc<Tables>, effects: &mut Effects) -> Answer {
        let fact = Fact::Reloaded { revision: tables.revision.clone() };
        effects.journal.push(Entry { at: now, incident: None, fact });
        Arc::make_mut(&mut self.roster).tables = tables;
        self.stand(now);
        self.watch_heartbeats(now);
        let mut ids: Vec<IncidentId> = self.incidents.keys().cloned().collect();
        ids.sort_unstable();
        for id in &ids {
            if let Some(live) = self.touch(id)
                && live.incident.state != IncidentState::Resolved
                && (live.incident.muted || live.incident.evaluated_at.is_some() || live.evaluating.is_some())
            {
                live.ask(now, EvaluateReason::PolicyChanged);
            }
        }
        Answer::Done
    }
}

impl Live {
    pub fn reopen(&mut self, now: Instant, cause: &str, tables: &Tables, effects: &mut Effects) {
        let incident = &mut self.incident;
        incident.state = IncidentState::Open;
        incident.reopened += 1;
        incident.opened_at = now;
        incident.resolved_at = None;
        (incident.escalated_at, incident.unowned_since, incident.reassigned) = (None, None, 0);
        (incident.faults, incident.fallbacks, incident.fallback_told_at) = (0, 0, None);
        let fact = Fact::Reopened { route: incident.route.clone(), reopened: incident.reopened, cause: cause.into() };
        self.reclaim();
        self.note(now, fact, effects);
        self.take_back_held_updates(now, effects);
        self.revise(now);
        self.moved(now);
        self.ask(now, EvaluateReason::Reopened);
        self.mute_if_in_maintenance(now, tables, effects);
        self.count_opening(now, tables, effects);
    }

    /// `actor`: who did it; none: nothing fires any more.
    pub fn resolve(&mut self, now: Instant, actor: Option<Actor>, roster: &Roster, effects: &mut Effects) {
        self.incident.state = IncidentState::Resolved;
        self.incident.resolved_at = Some(now);
        self.incident.evaluate = None;
        self.incident.unowned_since = None;
        self.incident.suppressed = None;
        let (by, via) = actor.map(|Actor { by, via }| (by, via)).unzip();
        self.note(now, Fact::Resolved { by, via }, effects);
        self.revise(now);
        self.moved(now);
        self.supersede_unsent(now, effects);
        if !self.flaps_on(now, &roster.tables) {
            self.update_told(now, NoticeKind::Resolved, &roster.tables, effects);
        }
    }

    /// Resolved by hand, and its re-open window passed with alerts still firing: it opens again, or nobody would hear of them.
    pub fn reopen_if_still_firing(&mut self, now: Instant, tables: &Tables, effects: &mut Effects) {
        if self.loud() > 0 && self.closes_at(tables).is_some_and(|at| at <= now) {
            self.reopen(now, "its alerts still fire after it was resolved by hand", tables, effects);
        }
    }
}
