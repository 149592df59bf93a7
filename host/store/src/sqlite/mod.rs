//! The embedded store: one SQLite file, one writer, and readers that never wait for it.

mod open;
mod read;
mod write;

#[cfg(test)]
mod tests;

use crate::{Reader, Store, StoreError};
use bellwire_core::{Effects, Fingerprint, Snapshot, Write};
use rusqlite::{Connection, TransactionBehavior};
use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

pub struct SqliteStore {
    path: PathBuf,
    connection: Connection,
    /// None until it is read from the table: at the start, and after a transaction that failed.
    rows: Option<Rows>,
    last_seq: u64,
    buffer: Vec<u8>,
    reader: Arc<read::SqliteReader>,
    /// Held while this lives, and so the last to be dropped.
    _lock: File,
}

/// The row of each alert in its table.
type Rows = HashMap<Fingerprint, i64>;

impl SqliteStore {
    /// Opens the database, or makes it if there is none, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = open::lock(path)?;
        let connection = open::writer(path)?;
        let last_seq = read::last_seq(&connection).map_err(|error| StoreError::from_sqlite(path, &error))?;
        Ok(Self {
            path: path.to_path_buf(),
            connection,
            rows: None,
            last_seq,
            buffer: Vec::new(),
            reader: Arc::new(read::SqliteReader::new(path)),
            _lock: lock,
        })
    }

    fn try_commit(&mut self, turns: &[&Effects]) -> rusqlite::Result<u64> {
        // Taken out, and put back only after the commit: what a failed transaction did to it must not be believed.
        let mut rows = match self.rows.take() {
            Some(rows) => rows,
            None => read::rows(&self.connection)?,
        };
        // Immediate: a transaction that may write has the write lock from its start and cannot fail half-way to get it.
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut batch = write::Batch::new(&transaction, &mut rows, &mut self.buffer, self.last_seq)?;
        // A busy incident changes in nearly every turn: only its last row is written.
        let mut incidents = BTreeMap::new();
        for turn in turns {
            for write in &turn.writes {
                match write {
                    Write::Alert(alert) => batch.write_alert(alert)?,
                    Write::ForgetAlert(fingerprint) => batch.forget_alert(*fingerprint)?,
                    Write::Incident(incident) => drop(incidents.insert(&incident.id, incident)),
                    Write::Notice(notice) => batch.write_notice(notice)?,
                    Write::Override(made) => batch.write_override(made)?,
                    Write::ForgetOverride { team, id } => batch.forget_override(team, id)?,
                    Write::Silence(silence) => batch.write_silence(silence)?,
                    Write::ForgetSilence(id) => batch.forget_silence(id)?,
                    Write::Mark { name, at } => batch.write_mark(name, *at)?,
                }
            }
            for entry in &turn.journal {
                batch.append(entry)?;
            }
        }
        for incident in incidents.into_values() {
            batch.write_incident(incident)?;
        }
        let last_seq = batch.finish();
        transaction.commit()?;
        self.rows = Some(rows);
        Ok(last_seq)
    }
}

impl Store for SqliteStore {
    fn load(&mut self) -> Result<Snapshot, StoreError> {
        let (snapshot, rows) =
            read::snapshot(&self.connection).map_err(|error| StoreError::from_sqlite(&self.path, &error))?;
        self.rows = Some(rows);
        Ok(snapshot)
    }

    fn commit(&mut self, turns: &[&Effects]) -> Result<u64, StoreError> {
        if turns.iter().any(|turn| !turn.writes.is_empty() || !turn.journal.is_empty()) {
            self.last_seq = self.try_commit(turns).map_err(|error| StoreError::from_sqlite(&self.path, &error))?;
        }
        Ok(self.last_seq)
    }

    fn reader(&self) -> Arc<dyn Reader> {
        self.reader.clone()
    }
}

/// A clean close leaves one file behind, which can be copied as it is.
impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.reader.close_idle();
        if let Err(error) = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(path = %self.path.display(), %error, "the database's log could not be folded into it; the next start does it");
        }
    }
}
