//! The engine: state in memory, and the functions that change it.
//!
//! A turn is some [`Engine::step`]s, one an event, and then one [`Engine::settle`], which fires what is due, asks
//! policies and writes out what changed, so that an incident is evaluated and stored once a turn however many alerts
//! moved it. Neither can fail: limits and refusals are typed outcomes.

mod act;
mod bundle;
mod by_matchers;
mod decide;
mod delivery;
mod flap;
mod heartbeats;
mod last_resort;
mod life;
mod live;
mod load;
mod outbox;
mod receive;
mod suppress;
#[cfg(test)]
mod tests;
mod view;
mod writing;

pub use load::Snapshot;
pub use view::{Firing, FiringIncident};

use crate::{Alert, AlertState, Answer, Effects, Event, Fingerprint, IncidentId, Instant, Labels, Roster, Tables};
use act::Actor;
use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use bundle::{Bundles, Ready};
use hashbrown::HashMap;
use heartbeats::Heartbeats;
use live::{Context, Live};
use suppress::Suppression;

pub struct Engine {
    /// The configuration, and the overrides made at run time.
    roster: Arc<Roster>,
    alerts: HashMap<Fingerprint, Held>,
    /// Those that are not closed.
    incidents: HashMap<IncidentId, Live>,
    /// The incident that an alert of this group joins.
    groups: HashMap<Group, IncidentId>,
    /// The last number that each team gave.
    numbers: BTreeMap<Arc<str>, u64>,
    /// Every deadline there is: at most one an incident and one an alert.
    timers: BTreeSet<(Instant, Timer)>,
    suppression: Suppression,
    heartbeats: Heartbeats,
    bundles: Bundles,
    /// Notices whose turn it is in this turn of ours.
    ready: BTreeSet<Ready>,
    /// Incidents that this turn moved.
    touched: BTreeSet<IncidentId>,
}

/// An alert, and its entry in `Engine::timers`.
struct Held {
    alert: Arc<Alert>,
    timer: Option<Instant>,
}

fn firing(alerts: &HashMap<Fingerprint, Held>) -> impl Iterator<Item = &Arc<Alert>> {
    alerts.values().map(|held| &held.alert).filter(|alert| alert.state == AlertState::Firing)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Group {
    team: Arc<str>,
    route: Arc<str>,
    labels: Labels,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Incident(IncidentId),
    /// Its end passes, or it has been resolved long enough to be forgotten.
    Alert(Fingerprint),
    /// It begins or ceases to hold, or has been over long enough to be forgotten.
    Silence(Arc<str>),
    /// It should have been heard of by then.
    Heartbeat(heartbeats::Key),
}

impl Engine {
    /// One event. What it changes is in `effects` after the turn's [`Self::settle`].
    pub fn step(&mut self, now: Instant, event: Event, effects: &mut Effects) -> Answer {
        match event {
            Event::Received(alerts) => {
                self.beat_by_alerts(now, &alerts, effects);
                self.receive(now, alerts, effects)
            }
            Event::Decided { incident, revision, verdict } => self.decided(now, &incident, revision, verdict, effects),
            Event::Delivered { notice, delivery } => self.delivered(now, &notice, delivery, effects),
            Event::Acted { incident, action, revision, by, via } => {
                self.acted(now, &incident, (action, revision), Actor { by, via }, effects)
            }
            Event::Overridden { request, by, via } => self.overridden(now, request, Actor { by, via }, effects),
            Event::Beat { team, heartbeat } => self.beat(now, &(team, heartbeat), effects),
            Event::Silenced { request, by, via } => self.silenced(now, request, Actor { by, via }, effects),
            Event::Reloaded(tables) => self.reloaded(now, tables, effects),
        }
    }

    /// Ends a turn: fires every timer that is due by `now`, and brings each incident that moved to rest.
    pub fn settle(&mut self, now: Instant, effects: &mut Effects) {
        self.fire_timers(now, effects);
        // Settling may raise alerts of our own (a receiver that fails), and these open or move incidents; and what is held for
        // a bundle lets others of its incident go first: so that another round is needed. It ends, since a notice fails once,
        // has finitely many fallbacks, and is held once.
        let mut moved = BTreeSet::new();
        self.resuppress(now, effects);
        while !self.touched.is_empty() {
            let mut own = Vec::new();
            for id in core::mem::take(&mut self.touched) {
                self.settle_incident(now, &id, &mut own, effects);
                moved.insert(id);
            }
            self.receive(now, own, effects);
            self.resuppress(now, effects);
            if self.touched.is_empty() {
                self.send_ready(now, effects);
            }
        }
        for id in &moved {
            self.finish_incident(now, id, effects);
        }
    }

    /// When something is due next, if nothing happens before.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    pub fn tables(&self) -> &Arc<Tables> {
        &self.roster.tables
    }

    /// Replaced whole whenever it changes.
    pub fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// Alerts held, firing and lately resolved.
    pub fn alerts_len(&self) -> usize {
        self.alerts.len()
    }

    /// Incidents that are not closed.
    pub fn incidents_len(&self) -> usize {
        self.incidents.len()
    }

    pub fn timers_len(&self) -> usize {
        self.timers.len()
    }

    fn fire_timers(&mut self, now: Instant, effects: &mut Effects) {
        while let Some((at, _)) = self.timers.first()
            && *at <= now
        {
            match self.timers.pop_first() {
                Some((_, Timer::Alert(fingerprint))) => {
                    if let Some(held) = self.alerts.get_mut(&fingerprint) {
                        held.timer = None;
                        self.alert_due(now, fingerprint, effects);
                    }
                }
                Some((_, Timer::Incident(id))) => {
                    if let Some(live) = self.incidents.get_mut(&id) {
                        live.timer = None;
                        self.touched.insert(id);
                    }
                }
                Some((_, Timer::Heartbeat(key))) => self.heartbeat_due(now, &key, effects),
                Some((_, Timer::Silence(id))) => self.silence_due(now, &id, effects),
                None => break,
            }
        }
    }

    fn settle_incident(
        &mut self,
        now: Instant,
        id: &IncidentId,
        own: &mut Vec<crate::AlertInput>,
        effects: &mut Effects,
    ) {
        let Some(live) = self.incidents.get_mut(id) else {
            return;
        };
        let ready = &mut self.ready;
        live.settle(&mut Context { now, roster: &self.roster, effects, own, ready });
    }

    /// The end of its turn: it is closed, or asked about, and written out, and its timer is set.
    fn finish_incident(&mut self, now: Instant, id: &IncidentId, effects: &mut Effects) {
        let Some(live) = self.incidents.get_mut(id) else {
            return;
        };
        if live.finish(now, &self.roster, &self.alerts, effects) {
            self.close(now, id, effects);
            return;
        }
        let due = live.next_deadline(now, &self.roster.tables);
        if due != live.timer {
            if let Some(at) = live.timer.take() {
                self.timers.remove(&(at, Timer::Incident(id.clone())));
            }
            if let Some(at) = due {
                self.timers.insert((at, Timer::Incident(id.clone())));
            }
            live.timer = due;
        }
    }

    /// The alert's one timer.
    fn time_alert(&mut self, fingerprint: Fingerprint, at: Option<Instant>) {
        let Some(held) = self.alerts.get_mut(&fingerprint) else {
            return;
        };
        if held.timer == at {
            return;
        }
        if let Some(earlier) = core::mem::replace(&mut held.timer, at) {
            self.timers.remove(&(earlier, Timer::Alert(fingerprint)));
        }
        self.timers.extend(at.map(|at| (at, Timer::Alert(fingerprint))));
    }

    /// For every change of an incident's own state: the one that is to be settled at the turn's end.
    fn touch(&mut self, id: &IncidentId) -> Option<&mut Live> {
        let live = self.incidents.get_mut(id)?;
        self.touched.insert(id.clone());
        Some(live)
    }
}
