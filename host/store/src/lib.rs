//! State, outbox and journal on disk, one transaction a turn.
//!
//! This room touches the disk, and nothing else: no clock, no socket, no engine. It blocks, so `app` gives the writer a
//! thread of its own, and reads off the async threads. What it keeps are `bellwire-core`'s types; [`Store`] and [`Reader`]
//! are all that others see, so that another database can take SQLite's place.
//!
//! Retention, once there is one, must leave each team's newest incident and the journal's last entry: numbers and time
//! go on from there.
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may fail by panicking"))]

mod error;
mod sqlite;

pub use error::StoreError;
pub use sqlite::SqliteStore;

use bellwire_core::{Alert, Effects, Entry, Incident, IncidentId, IncidentState, Instant, Notice, Snapshot};
use std::sync::Arc;

/// The writer. There is one for a database at any time.
pub trait Store: Send {
    /// What the engine starts from.
    fn load(&mut self) -> Result<Snapshot, StoreError>;

    /// Stores the writes and the journal of some turns, in their order: all of them, and on disk, or none of them.
    ///
    /// Returns the sequence number of the journal's last entry. After [`StoreError::Full`] or
    /// [`StoreError::Unavailable`] the same turns can be committed again.
    fn commit(&mut self, turns: &[&Effects]) -> Result<u64, StoreError>;

    /// A reader of the same database. It sees every commit that has returned.
    fn reader(&self) -> Arc<dyn Reader>;
}

/// What the API, `explain` and `replay` read while the writer writes. Never more than [`ROWS_MAX`] rows at once.
pub trait Reader: Send + Sync {
    /// The newest opening first.
    fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>, StoreError>;

    fn incident(&self, id: &IncidentId) -> Result<Option<Incident>, StoreError>;

    /// The alerts that the engine holds for it, in the order they came.
    fn alerts(&self, incident: &IncidentId, limit: u32) -> Result<Vec<Alert>, StoreError>;

    /// In the order they were made.
    fn notices(&self, incident: &IncidentId, limit: u32) -> Result<Vec<Notice>, StoreError>;

    /// The journal's entries of one incident, each with its sequence number, from the first one after `after`.
    fn timeline(&self, incident: &IncidentId, after: u64, limit: u32) -> Result<Vec<(u64, Entry)>, StoreError>;

    /// All of the journal, from the first entry after `after`.
    fn journal(&self, after: u64, limit: u32) -> Result<Vec<(u64, Entry)>, StoreError>;

    /// The sequence number of the journal's last entry before that time; 0 if there is none.
    fn journal_before(&self, at: Instant) -> Result<u64, StoreError>;

    /// What [`bellwire_core::Write::Mark`] said last of this name.
    fn mark(&self, name: &str) -> Result<Option<Instant>, StoreError>;
}

/// The most rows that one call of a [`Reader`] returns, whatever its limit says.
pub const ROWS_MAX: u32 = 10_000;

/// Which incidents to list.
#[derive(Clone, Debug)]
pub struct IncidentQuery {
    /// None: of every team.
    pub team: Option<Arc<str>>,
    /// None at all: in any state.
    pub states: Vec<IncidentState>,
    pub limit: u32,
    /// The last incident of the page before.
    pub before: Option<IncidentId>,
}

impl Default for IncidentQuery {
    fn default() -> Self {
        Self { team: None, states: Vec::new(), limit: 100, before: None }
    }
}
