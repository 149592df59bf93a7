//! What the engine shows to those who ask: what fires, where, and what of it is not told. Reads only, and clones counters
//! rather than texts, for the loop waits meanwhile.

use super::Engine;
use crate::{Alert, AlertState, Fingerprint, IncidentId, Labels, Silence, SuppressedBy};
use alloc::{sync::Arc, vec::Vec};

/// What fires at one moment.
#[derive(Clone, Debug, Default)]
pub struct Firing {
    /// In no order.
    pub alerts: Vec<(Fingerprint, Arc<Alert>)>,
    /// The incidents that are not closed, in no order; [`Alert::incidents`] may name others, which are.
    pub incidents: Vec<FiringIncident>,
}

/// What is to be known of an incident to say of its alerts whether they are told.
#[derive(Clone, Debug)]
pub struct FiringIncident {
    pub id: IncidentId,
    pub route: Arc<str>,
    pub group: Labels,
    /// A maintenance window of its route holds it back.
    pub muted: bool,
    /// Alerts that are not told, sorted, each with why.
    suppressed: Vec<(Fingerprint, Vec<SuppressedBy>)>,
}

impl FiringIncident {
    /// Why the alert is not told in this incident; empty: it is.
    pub fn suppressed(&self, alert: Fingerprint) -> &[SuppressedBy] {
        let found = self.suppressed.binary_search_by_key(&alert, |(fingerprint, _)| *fingerprint);
        found.ok().and_then(|place| self.suppressed.get(place)).map_or(&[], |(_, by)| by)
    }
}

impl Engine {
    /// Every alert that fires, and the incidents that they are in.
    pub fn firing(&self) -> Firing {
        let firing = self.alerts.iter().filter(|(_, held)| held.alert.state == AlertState::Firing);
        let incidents = self.incidents.iter().filter(|(_, live)| live.firing > 0).map(|(id, live)| FiringIncident {
            id: id.clone(),
            route: live.incident.route.clone(),
            group: live.incident.group.clone(),
            muted: live.incident.muted,
            suppressed: live.suppressed.iter().map(|(alert, why)| (*alert, why.by.clone())).collect(),
        });
        Firing {
            alerts: firing.map(|(fingerprint, held)| (*fingerprint, held.alert.clone())).collect(),
            incidents: incidents.collect(),
        }
    }

    /// Every silence that people made and that is kept, also those that have expired, by id.
    pub fn silences(&self) -> Vec<Silence> {
        self.suppression.silences.made().cloned().collect()
    }

    pub fn silence(&self, id: &str) -> Option<&Silence> {
        self.suppression.silences.find(id)
    }
}
