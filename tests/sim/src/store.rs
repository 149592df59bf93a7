//! A store that cannot fail: rows by key, as the last committed turn left them.

use bellwire_core::{Alert, Engine, Fingerprint, Incident, IncidentId, Instant, Notice, NoticeId, Snapshot, Write};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Clone, Default, PartialEq, Debug)]
pub struct Rows {
    pub alerts: BTreeMap<Fingerprint, Alert>,
    pub incidents: BTreeMap<IncidentId, Incident>,
    /// Each with its place in the order in which they were made.
    pub notices: BTreeMap<NoticeId, (usize, Notice)>,
}

impl Rows {
    pub fn commit(&mut self, writes: &[Write]) {
        for write in writes {
            match write {
                Write::Alert(alert) => drop(self.alerts.insert(alert.fingerprint, (**alert).clone())),
                Write::ForgetAlert(fingerprint) => drop(self.alerts.remove(fingerprint)),
                Write::Incident(incident) => drop(self.incidents.insert(incident.id.clone(), (**incident).clone())),
                Write::Notice(notice) => {
                    let next = self.notices.len();
                    let row = self.notices.entry(notice.id.clone()).or_insert_with(|| (next, (**notice).clone()));
                    row.1 = (**notice).clone();
                }
            }
        }
    }

    pub fn is_open(&self, id: &IncidentId) -> bool {
        self.incidents.get(id).is_some_and(|incident| !incident.closed)
    }

    /// Of the incidents that are not closed, in the order they were made.
    pub fn open_notices(&self) -> Vec<&Notice> {
        let mut notices: Vec<_> = self.notices.values().filter(|(_, notice)| self.is_open(&notice.incident)).collect();
        notices.sort_by_key(|(order, _)| *order);
        notices.into_iter().map(|(_, notice)| notice).collect()
    }

    /// The notices of an incident, one a line.
    pub fn describe(&self, id: &IncidentId) -> String {
        let mut notices: Vec<_> = self.notices.values().filter(|(_, notice)| notice.incident == *id).collect();
        notices.sort_by_key(|(order, _)| *order);
        let line = |(_, notice): &(usize, Notice)| {
            let Notice { id, kind, created_at, deadline, attempts, state, .. } = notice;
            format!("  {id} {kind:?} made {created_at} deadline {deadline} attempts {attempts} {state:?}\n")
        };
        notices.into_iter().map(line).collect()
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
            notices: self.open_notices().into_iter().cloned().collect(),
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
        let notices = |rows: &Self| -> Vec<Notice> { rows.open_notices().into_iter().cloned().collect() };
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
        let (mut stored, mut memory) = (notices(self), notices(&held));
        stored.sort_by(|left, right| left.id.cmp(&right.id));
        memory.sort_by(|left, right| left.id.cmp(&right.id));
        if stored != memory {
            return Err(format!("stored notices {stored:#?}\ndiffer from those held {memory:#?}"));
        }
        match alerts(self) == alerts(&held) {
            true => Ok(()),
            false => Err(format!("stored alerts {:#?}\ndiffer from those held {:#?}", self.alerts, held.alerts)),
        }
    }
}
