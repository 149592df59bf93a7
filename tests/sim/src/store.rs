//! A store that cannot fail: rows by key, as the last committed turn left them.

use bellwire_core::{
    Alert, Engine, Fingerprint, Incident, IncidentId, Instant, Notice, Override, Silence, Snapshot, Write,
};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Clone, Default, PartialEq, Debug)]
pub struct Rows {
    pub alerts: BTreeMap<Fingerprint, Alert>,
    pub incidents: BTreeMap<IncidentId, Incident>,
    /// Each incident's in the order they were made.
    pub notices: BTreeMap<IncidentId, Vec<Notice>>,
    pub overrides: Vec<Override>,
    pub silences: BTreeMap<Arc<str>, Silence>,
}

impl Rows {
    pub fn commit(&mut self, writes: &[Write]) {
        for write in writes {
            match write {
                Write::Alert(alert) => drop(self.alerts.insert(alert.fingerprint, (**alert).clone())),
                Write::ForgetAlert(fingerprint) => drop(self.alerts.remove(fingerprint)),
                Write::Incident(incident) => drop(self.incidents.insert(incident.id.clone(), (**incident).clone())),
                Write::Silence(silence) => drop(self.silences.insert(silence.id.clone(), (**silence).clone())),
                Write::ForgetSilence(id) => drop(self.silences.remove(id)),
                Write::Override(made) => self.overrides.push((**made).clone()),
                // The engine writes none.
                Write::Mark { .. } => {}
                Write::ForgetOverride { team, id } => {
                    self.overrides.retain(|made| (&made.team, &made.id) != (team, id));
                }
                Write::Notice(notice) => {
                    let notices = self.notices.entry(notice.incident.clone()).or_default();
                    match notices.iter_mut().find(|stored| stored.id == notice.id) {
                        Some(stored) => *stored = (**notice).clone(),
                        None => notices.push((**notice).clone()),
                    }
                }
            }
        }
    }

    pub fn is_open(&self, id: &IncidentId) -> bool {
        self.incidents.get(id).is_some_and(|incident| !incident.closed)
    }

    /// In the order they were made.
    pub fn notices_of(&self, id: &IncidentId) -> &[Notice] {
        self.notices.get(id).map_or(&[], Vec::as_slice)
    }

    /// Of the incidents that are not closed, in the order they were made in each.
    fn open_notices(&self) -> Vec<Notice> {
        let open = self.notices.iter().filter(|(id, _)| self.is_open(id));
        open.flat_map(|(_, notices)| notices.iter().cloned()).collect()
    }

    /// The notices of an incident, one a line.
    pub fn describe(&self, id: &IncidentId) -> String {
        let line = |notice: &Notice| {
            let Notice { id, kind, created_at, deadline, attempts, state, .. } = notice;
            format!("  {id} {kind:?} made {created_at} deadline {deadline} attempts {attempts} {state:?}\n")
        };
        self.notices_of(id).iter().map(line).collect()
    }

    pub fn snapshot(&self, last: Instant) -> Snapshot {
        let mut numbers: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        for id in self.incidents.keys() {
            let highest = numbers.entry(id.team.clone()).or_default();
            *highest = id.number.max(*highest);
        }
        Snapshot {
            alerts: self.alerts.values().cloned().collect(),
            incidents: self.incidents.values().filter(|incident| !incident.closed).cloned().collect(),
            notices: self.open_notices(),
            overrides: self.overrides.clone(),
            silences: self.silences.values().cloned().collect(),
            numbers: numbers.into_iter().collect(),
            last,
        }
    }

    /// Are these the rows that the engine holds? An end that heartbeats moved is not written, and not compared.
    pub fn agree_with(&self, engine: &Engine) -> Result<(), String> {
        let mut effects = bellwire_core::Effects::default();
        engine.rows(&mut effects);
        let mut held = Self::default();
        held.commit(&effects.writes);
        let alerts = |rows: &Self| -> Vec<Alert> {
            rows.alerts.values().cloned().map(|alert| Alert { ends_at: None, ..alert }).collect()
        };
        let open: Vec<_> = self.incidents.values().filter(|incident| !incident.closed).collect();
        // How many lately ceased is counted when the row is written, and a forgotten alert writes none.
        let same =
            |stored: &&Incident, held: &Incident| Incident { resolved: held.resolved, ..(*stored).clone() } == *held;
        if open.len() != held.incidents.len() || !open.iter().zip(held.incidents.values()).all(|(a, b)| same(a, b)) {
            return Err(format!("stored incidents {open:#?}\ndiffer from those held {:#?}", held.incidents));
        }
        let (stored, memory) = (self.open_notices(), held.open_notices());
        if stored != memory {
            return Err(format!("stored notices {stored:#?}\ndiffer from those held {memory:#?}"));
        }
        match alerts(self) == alerts(&held) {
            true => Ok(()),
            false => Err(format!("stored alerts {:#?}\ndiffer from those held {:#?}", self.alerts, held.alerts)),
        }
    }
}
