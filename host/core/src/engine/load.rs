//! From what the store holds to an engine that goes on where the last one stopped.

use super::{Engine, Group, Held, live::Live};
use crate::{
    Alert, AlertState, Effects, Incident, IncidentState, Instant, Notice, Override, Roster, Silence, Span, Tables,
    Write,
};
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use hashbrown::HashMap;

/// What `store` loads at start.
#[derive(Default)]
pub struct Snapshot {
    pub alerts: Vec<Alert>,
    /// Those that are not closed.
    pub incidents: Vec<Incident>,
    /// Those of `incidents`, in the order they were made.
    pub notices: Vec<Notice>,
    /// The highest number that each team ever gave, closed incidents included.
    pub numbers: Vec<(Arc<str>, u64)>,
    /// In the order they were made.
    pub overrides: Vec<Override>,
    pub silences: Vec<Silence>,
    /// The latest instant that the journal knows: time never runs back over a restart.
    pub last: Instant,
}

impl Engine {
    /// What was overdue while we were down is done in the first [`Engine::settle`]: evaluations, sends, retries, closings.
    pub fn load(tables: Arc<Tables>, snapshot: Snapshot, now: Instant) -> Self {
        let mut engine = Self {
            alerts: HashMap::with_capacity(snapshot.alerts.len()),
            incidents: HashMap::with_capacity(snapshot.incidents.len()),
            groups: HashMap::with_capacity(snapshot.incidents.len()),
            numbers: snapshot.numbers.into_iter().collect::<BTreeMap<_, _>>(),
            timers: Default::default(),
            suppression: Default::default(),
            heartbeats: Default::default(),
            bundles: Default::default(),
            ready: Default::default(),
            touched: Default::default(),
            roster: Arc::new(Roster { tables, overrides: snapshot.overrides }),
        };
        for incident in snapshot.incidents {
            let (id, route, labels) = (incident.id.clone(), incident.route.clone(), incident.group.clone());
            engine.groups.insert(Group { team: id.team.clone(), route, labels }, id.clone());
            engine.touched.insert(id.clone());
            engine.incidents.insert(id, Live::new(incident));
        }
        for notice in snapshot.notices {
            if let Some(live) = engine.incidents.get_mut(&notice.incident) {
                live.notices.push(notice);
            }
        }
        let receivers = &engine.roster.tables.receivers;
        let window = |name: &str| receivers.get(name).map_or(Span::ZERO, |receiver| receiver.bundle_window);
        for live in engine.incidents.values() {
            engine.bundles.restore(live, window);
        }
        for alert in snapshot.alerts {
            engine.load_alert(alert, now);
        }
        engine.load_suppression(snapshot.last, snapshot.silences);
        engine.watch_heartbeats(now);
        engine
    }

    fn load_alert(&mut self, mut alert: Alert, now: Instant) {
        // Heartbeats are not written down: a sender has its usual time to say that the alert still fires.
        if alert.state == AlertState::Firing {
            let grace = now.saturating_add(self.roster.tables.limits.resolve_timeout);
            alert.ends_at = alert.ends_at.map(|end| end.max(grace));
        }
        let timer = match alert.state {
            AlertState::Firing => alert.ends_at,
            AlertState::Resolved => Some(alert.updated_at.saturating_add(super::receive::RESOLVED_KEPT)),
        };
        alert.incidents.retain(|id| self.incidents.contains_key(id));
        for id in &alert.incidents {
            if let Some(live) = self.incidents.get_mut(id) {
                live.members.insert(alert.fingerprint);
                live.firing += u32::from(alert.state == AlertState::Firing);
            }
        }
        let fingerprint = alert.fingerprint;
        self.alerts.insert(fingerprint, Held { alert: Arc::new(alert), timer: None });
        self.time_alert(fingerprint, timer);
    }

    /// A row for everything that is held: what [`Snapshot`] is made of. For tests and copies.
    pub fn rows(&self, effects: &mut Effects) {
        effects.writes.extend(self.alerts.values().map(|held| Write::Alert(held.alert.clone())));
        let silences = self.suppression.silences.made().cloned();
        effects.writes.extend(silences.map(|silence| Write::Silence(alloc::boxed::Box::new(silence))));
        for live in self.incidents.values() {
            effects.writes.push(Write::Incident(alloc::boxed::Box::new(live.incident.clone())));
            effects
                .writes
                .extend(live.notices.iter().cloned().map(|notice| Write::Notice(alloc::boxed::Box::new(notice))));
        }
    }

    /// How many incidents there are in a state.
    pub fn incidents_in(&self, state: IncidentState) -> usize {
        self.incidents.values().filter(|live| live.incident.state == state).count()
    }
}
