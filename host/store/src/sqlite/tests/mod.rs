//! The store against real files: what goes in comes out, and what breaks says so.

mod files;
mod model;
mod rows;

use crate::{SqliteStore, Store};
use bellwire_core::{
    Alert, AlertState, Effects, Entry, Fact, Fingerprint, Incident, IncidentId, IncidentState, Instant, Labels, Notice,
    NoticeId, NoticeKind, NoticeState, Target, Write,
};
use tempfile::TempDir;

/// A database in a directory of its own.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("bellwire.db")
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path()).unwrap()
    }

    /// The error of an open that must fail.
    fn refusal(&self) -> crate::StoreError {
        SqliteStore::open(&self.path()).err().unwrap()
    }
}

fn commit(store: &mut SqliteStore, writes: Vec<Write>, journal: Vec<Entry>) -> u64 {
    store.commit(&[&Effects { writes, journal, ..Effects::default() }]).unwrap()
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn id(team: &str, number: u64) -> IncidentId {
    IncidentId { team: team.into(), number }
}

fn alert(fingerprint: u64, incidents: &[IncidentId]) -> Alert {
    Alert {
        fingerprint: Fingerprint(fingerprint),
        labels: Labels::from_pairs([("alertname", "DiskFull"), ("host", "δ\u{0}\"1\"")]),
        annotations: Labels::default(),
        generator_url: "http://prometheus/graph".into(),
        state: AlertState::Firing,
        starts_at: at(1),
        ends_at: None,
        updated_at: at(2),
        incidents: incidents.to_vec(),
    }
}

fn incident(id: IncidentId) -> Incident {
    Incident::opened(id, "storage".into(), Labels::from_pairs([("alertname", "DiskFull")]), at(5))
}

fn notice(incident: &IncidentId, key: &str) -> Notice {
    Notice {
        id: NoticeId::new(incident, 0, key, "pager"),
        incident: incident.clone(),
        opening: 0,
        key: key.into(),
        target: Target::Person("ada".into()),
        person: Some("ada".into()),
        receiver: "pager".into(),
        kind: NoticeKind::Decided,
        page: true,
        priority: None,
        held: false,
        bundle: None,
        text: Some("wake up".into()),
        created_at: at(6),
        deadline: at(60_000),
        attempts: 0,
        state: NoticeState::Pending { due: at(6) },
    }
}

fn entry(millis: u64, incident: Option<IncidentId>, fact: Fact) -> Entry {
    Entry { at: at(millis), incident, fact }
}
