//! The engine: state in memory, and the one function that changes it.

use crate::{Alert, Answer, Effects, Event, Incident, Instant, Notice, Tables};
use alloc::{sync::Arc, vec::Vec};

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
    /// The latest instant that the journal knows: time never runs back over a restart.
    pub last: Instant,
}

pub struct Engine {
    _tables: Arc<Tables>,
}

impl Engine {
    pub fn load(tables: Arc<Tables>, _snapshot: Snapshot, _now: Instant) -> Self {
        Self { _tables: tables }
    }
    pub fn step(&mut self, _now: Instant, _event: Event, _effects: &mut Effects) -> Answer {
        Answer::Nothing
    }
}
