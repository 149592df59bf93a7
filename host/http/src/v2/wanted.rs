//! What fires, put in order for those who ask: where each alert is, whom its routes tell, and what keeps it quiet.

use super::{
    Refusal,
    parameters::Selection,
    receivers::{Receiver, Told},
};
use crate::Backend;
use bellwire_core::{
    Alert, Fingerprint, FiringIncident, IncidentId, Instant, Labels, Matcher, Route, SuppressedBy, Team,
};
use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// An incident, and what its route says.
pub(super) struct Place {
    pub incident: FiringIncident,
    pub told: Arc<Told>,
    /// Windows in which it is not told; empty: it is.
    pub muted_by: Arc<[Arc<str>]>,
}

pub(super) struct Places {
    pub all: Vec<Place>,
    by_id: HashMap<IncidentId, usize>,
}

/// Why an alert is not told; nothing: it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Quiet {
    pub silenced_by: BTreeSet<Arc<str>>,
    pub inhibited_by: BTreeSet<Fingerprint>,
    pub muted_by: BTreeSet<Arc<str>>,
}

/// What fires, by fingerprint, and the incidents.
pub(super) async fn firing<B: Backend>(backend: &B) -> Result<(Vec<(Fingerprint, Arc<Alert>)>, Places), Refusal> {
    let (mut firing, roster, now) = (backend.firing().await?, backend.roster(), backend.now());
    firing.alerts.sort_unstable_by_key(|(fingerprint, _)| *fingerprint);
    type Said = (Arc<Told>, Arc<[Arc<str>]>);
    let mut routes: HashMap<(Arc<str>, Arc<str>), Said> = HashMap::new();
    let mut all = Vec::with_capacity(firing.incidents.len());
    for incident in firing.incidents {
        let Some(team) = roster.tables.team(&incident.id.team) else { continue };
        let key = (incident.id.team.clone(), incident.route.clone());
        let (told, mutes) = routes.entry(key).or_insert_with(|| {
            let route = team.route(&incident.route);
            (Arc::new(Told::by(team, route)), mutes(team, route, now).into())
        });
        let muted_by = if incident.muted { mutes.clone() } else { Arc::default() };
        all.push(Place { incident, told: told.clone(), muted_by });
    }
    // Alertmanager's order of groups.
    all.sort_by(|left, right| {
        before(&left.incident.group, &right.incident.group).then_with(|| left.name().cmp(right.name()))
    });
    let by_id = all.iter().enumerate().map(|(place, one)| (one.incident.id.clone(), place)).collect();
    Ok((firing.alerts, Places { all, by_id }))
}

/// The windows that mute the route now. Names without their team's, as Alertmanager has them.
fn mutes(team: &Team, route: &Route, now: Instant) -> Vec<Arc<str>> {
    let inside = |name: &Arc<str>| team.windows.get(name).is_some_and(|window| window.fact(now).inside);
    let muting = route.mute.iter().filter(|name| inside(name));
    let idle = route.active.iter().filter(|_| !route.active.iter().any(inside));
    muting.chain(idle).cloned().collect()
}

impl Places {
    /// Those of one alert.
    pub fn of<'a>(&'a self, alert: &'a Alert) -> impl Iterator<Item = &'a Place> + Clone {
        self.numbers(alert).filter_map(|number| self.all.get(number))
    }

    /// Where in `all` they are.
    pub fn numbers<'a>(&'a self, alert: &'a Alert) -> impl Iterator<Item = usize> + Clone {
        alert.incidents.iter().filter_map(|id| self.by_id.get(id)).copied()
    }

    /// By name, of all its routes.
    pub fn receivers<'a>(&'a self, alert: &'a Alert) -> Vec<&'a Receiver> {
        let mut places = self.of(alert);
        match (places.next(), places.next()) {
            (None, _) => Vec::new(),
            (Some(only), None) => only.told.receivers.iter().collect(),
            (Some(_), Some(_)) => {
                let mut all: Vec<_> = self.of(alert).flat_map(|place| &place.told.receivers).collect();
                all.sort_unstable_by(|left, right| left.name.cmp(&right.name));
                all.dedup_by(|left, right| left.name == right.name);
                all
            }
        }
    }

    /// Quiet is what is told in none of its incidents.
    pub fn quiet(&self, alert: &Alert) -> Quiet {
        let mut quiet = Quiet::default();
        for place in self.of(alert) {
            let here = place.quiet(alert.fingerprint);
            if here.is_nothing() {
                return here;
            }
            quiet.silenced_by.extend(here.silenced_by);
            quiet.inhibited_by.extend(here.inhibited_by);
            quiet.muted_by.extend(here.muted_by);
        }
        quiet
    }
}

/// As Alertmanager has it: fewer labels first, and of as many the one that lacks a name, or has the lesser value of it.
fn before(left: &Labels, right: &Labels) -> Ordering {
    let by_value = || {
        let mut pairs = left.iter().zip(right.iter());
        pairs.find_map(|(left, right)| match right.0.cmp(left.0).then(left.1.cmp(right.1)) {
            Ordering::Equal => None,
            differs => Some(differs),
        })
    };
    left.len().cmp(&right.len()).then_with(|| by_value().unwrap_or(Ordering::Equal))
}

impl Place {
    fn name(&self) -> &str {
        &self.told.together.name
    }

    /// Of an alert in this incident.
    pub fn quiet(&self, alert: Fingerprint) -> Quiet {
        let mut quiet = Quiet { muted_by: self.muted_by.iter().cloned().collect(), ..Quiet::default() };
        for by in self.incident.suppressed(alert) {
            match by {
                SuppressedBy::Silence { id } => drop(quiet.silenced_by.insert(id.clone())),
                SuppressedBy::Inhibition { source, .. } => drop(quiet.inhibited_by.insert(*source)),
            }
        }
        quiet
    }
}

impl Quiet {
    pub fn is_nothing(&self) -> bool {
        self.silenced_by.is_empty() && self.inhibited_by.is_empty() && self.muted_by.is_empty()
    }
}

impl Selection {
    pub fn wants_labels(&self, alert: &Alert) -> bool {
        let matches = |filter: &Matcher| filter.matches(&alert.labels);
        self.filters.iter().all(matches)
    }

    /// Is one that is so quiet wanted?
    pub fn wants_quiet(&self, quiet: &Quiet) -> bool {
        (self.active || !quiet.is_nothing())
            && (self.silenced || quiet.silenced_by.is_empty())
            && (self.inhibited || quiet.inhibited_by.is_empty())
            && (self.muted || quiet.muted_by.is_empty())
    }

    pub fn wants_told(&self, told: &Told) -> bool {
        self.receiver.as_ref().is_none_or(|pattern| told.any(pattern))
    }
}
