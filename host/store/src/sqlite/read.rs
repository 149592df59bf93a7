//! Reading: the snapshot for the engine, and pages for the API on connections that cannot write.

use super::{Rows, open, write};
use crate::{IncidentQuery, ROWS_MAX, Reader, StoreError};
use bellwire_core::{Alert, Entry, Fact, Fingerprint, Incident, IncidentId, Instant, Notice, Snapshot};
use rusqlite::{Connection, OptionalExtension, Params, Row, params, types::Type};
use serde::de::DeserializeOwned;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Connections that are kept for the next reader.
const IDLE_MAX: usize = 4;

const INCIDENTS: &str = "
    SELECT body FROM incidents
    WHERE (?1 IS NULL OR team = ?1)
      AND (?2 = '' OR instr(?2, state) > 0)
      AND (?3 IS NULL OR (opened_at, team, number) <
          ((SELECT opened_at FROM incidents WHERE team = ?3 AND number = ?4), ?3, ?4))
    ORDER BY opened_at DESC, team DESC, number DESC LIMIT ?5";
/// The inner query reads an index alone, and the outer one only the rows that it found.
const ALERTS: &str = "
    SELECT body FROM alerts WHERE row IN (
        SELECT row FROM alerts WHERE instr(' ' || incidents || ' ', ' ' || ?1 || ' ') > 0 ORDER BY row LIMIT ?2
    ) ORDER BY row";
const NOTICES: &str = "SELECT body FROM notices WHERE team = ?1 AND number = ?2 ORDER BY row LIMIT ?3";
const TIMELINE: &str = "
    SELECT seq, at, team, number, body FROM journal
    WHERE team = ?1 AND number = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4";
const JOURNAL: &str = "SELECT seq, at, team, number, body FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2";
/// The journal's times never run back, so that no index is needed to find one: half of what is left at each look.
const JOURNAL_FROM: &str = "SELECT seq, at FROM journal WHERE seq >= ?1 ORDER BY seq LIMIT 1";
const NOTICES_IN_MEMORY: &str = "
    SELECT notices.body FROM incidents INDEXED BY incidents_in_memory CROSS JOIN notices USING (team, number)
    WHERE closed = 0 ORDER BY notices.row";

pub fn last_seq(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT coalesce(max(seq), 0) FROM journal", [], |row| row.get(0)).map(i64::cast_unsigned)
}

/// Where each alert is.
pub fn rows(connection: &Connection) -> rusqlite::Result<Rows> {
    let mut statement = connection.prepare("SELECT fingerprint, row FROM alerts")?;
    statement.query_map([], |row| Ok((fingerprint(row)?, row.get(1)?)))?.collect()
}

/// What the engine starts from, and where each of its alerts is.
pub fn snapshot(connection: &Connection) -> rusqlite::Result<(Snapshot, Rows)> {
    // One transaction, and so one state of the database.
    let transaction = connection.unchecked_transaction()?;
    let last = "SELECT at FROM journal ORDER BY seq DESC LIMIT 1";
    let last: Option<i64> = transaction.query_row(last, [], |row| row.get(0)).optional()?;
    let mut rows = Rows::new();
    let mut alerts = Vec::new();
    let mut statement = transaction.prepare("SELECT fingerprint, row, body FROM alerts ORDER BY row")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        rows.insert(fingerprint(row)?, row.get(1)?);
        alerts.push(body(row, 2)?);
    }
    let numbers = |row: &Row<'_>| Ok((row.get::<_, Arc<str>>(0)?, row.get::<_, i64>(1)?.cast_unsigned()));
    let snapshot = Snapshot {
        alerts,
        incidents: all(&transaction, "SELECT body FROM incidents WHERE closed = 0 ORDER BY team, number", [], |row| {
            body(row, 0)
        })?,
        notices: all(&transaction, NOTICES_IN_MEMORY, [], |row| body(row, 0))?,
        overrides: all(&transaction, "SELECT body FROM overrides ORDER BY row", [], |row| body(row, 0))?,
        silences: all(&transaction, "SELECT body FROM silences ORDER BY row", [], |row| body(row, 0))?,
        numbers: all(&transaction, "SELECT team, max(number) FROM incidents GROUP BY team", [], numbers)?,
        last: Instant::from_millis(last.unwrap_or_default().cast_unsigned()),
    };
    Ok((snapshot, rows))
}

pub struct SqliteReader {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl SqliteReader {
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), idle: Mutex::default() }
    }

    /// So that they do not keep the log of a store that closes.
    pub fn close_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let sqlite = |error| StoreError::from_sqlite(&self.path, &error);
        let connection = idle.map_or_else(|| open::reader(&self.path), Ok).map_err(sqlite)?;
        // A connection that failed is not kept.
        let result = work(&connection).map_err(sqlite)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
        Ok(result)
    }
}

impl Reader for SqliteReader {
    fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>, StoreError> {
        let states: Vec<&str> = query.states.iter().map(|state| write::state(*state)).collect();
        let before = query.before.as_ref();
        let parameters = params![
            query.team.as_deref(),
            states.join(" "),
            before.map(|id| &*id.team),
            before.map(|id| id.number.cast_signed()),
            rows_at_most(query.limit),
        ];
        self.read(|connection| all(connection, INCIDENTS, parameters, |row| body(row, 0)))
    }

    fn incident(&self, id: &IncidentId) -> Result<Option<Incident>, StoreError> {
        let sql = "SELECT body FROM incidents WHERE team = ?1 AND number = ?2";
        let parameters = params![&*id.team, id.number.cast_signed()];
        self.read(|connection| connection.prepare_cached(sql)?.query_row(parameters, |row| body(row, 0)).optional())
    }

    fn alerts(&self, incident: &IncidentId, limit: u32) -> Result<Vec<Alert>, StoreError> {
        let parameters = params![incident.to_string(), rows_at_most(limit)];
        self.read(|connection| all(connection, ALERTS, parameters, |row| body(row, 0)))
    }

    fn notices(&self, incident: &IncidentId, limit: u32) -> Result<Vec<Notice>, StoreError> {
        let parameters = params![&*incident.team, incident.number.cast_signed(), rows_at_most(limit)];
        self.read(|connection| all(connection, NOTICES, parameters, |row| body(row, 0)))
    }

    fn timeline(&self, incident: &IncidentId, after: u64, limit: u32) -> Result<Vec<(u64, Entry)>, StoreError> {
        let parameters = params![&*incident.team, incident.number.cast_signed(), seq_after(after), rows_at_most(limit)];
        self.read(|connection| all(connection, TIMELINE, parameters, entry))
    }

    fn journal(&self, after: u64, limit: u32) -> Result<Vec<(u64, Entry)>, StoreError> {
        let parameters = params![seq_after(after), rows_at_most(limit)];
        self.read(|connection| all(connection, JOURNAL, parameters, entry))
    }

    fn journal_before(&self, at: Instant) -> Result<u64, StoreError> {
        self.read(|connection| {
            let last = last_seq(connection)?;
            // The entry that is sought lies at or before `high`, and not before `low`.
            let (mut low, mut high) = (0, last.saturating_add(1));
            let mut from = connection.prepare_cached(JOURNAL_FROM)?;
            while low < high {
                let middle = low + (high - low) / 2;
                let found =
                    from.query_row([seq_after(middle)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
                match found.optional()? {
                    Some((seq, earlier)) if Instant::from_millis(earlier.cast_unsigned()) < at => {
                        low = seq.cast_unsigned().max(middle) + 1;
                    }
                    Some(_) | None => high = middle,
                }
            }
            Ok(low.saturating_sub(1))
        })
    }

    fn mark(&self, name: &str) -> Result<Option<Instant>, StoreError> {
        let at = |row: &Row<'_>| row.get::<_, i64>(0).map(|at| Instant::from_millis(at.cast_unsigned()));
        let sql = "SELECT at FROM marks WHERE name = ?1";
        self.read(|connection| connection.prepare_cached(sql)?.query_row([name], at).optional())
    }
}

fn rows_at_most(limit: u32) -> u32 {
    limit.min(ROWS_MAX)
}

fn seq_after(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(parameters, read)?.collect()
}

/// A row of the journal: `seq, at, team, number, body`.
fn entry(row: &Row<'_>) -> rusqlite::Result<(u64, Entry)> {
    let (team, number): (Option<Arc<str>>, Option<i64>) = (row.get(2)?, row.get(3)?);
    let entry = Entry {
        at: Instant::from_millis(row.get::<_, i64>(1)?.cast_unsigned()),
        incident: team.zip(number).map(|(team, number)| IncidentId { team, number: number.cast_unsigned() }),
        fact: body::<Fact>(row, 4)?,
    };
    Ok((row.get::<_, i64>(0)?.cast_unsigned(), entry))
}

fn fingerprint(row: &Row<'_>) -> rusqlite::Result<Fingerprint> {
    row.get::<_, i64>(0).map(|bits| Fingerprint(bits.cast_unsigned()))
}

fn body<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_bytes()?;
    serde_json::from_slice(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))
}
