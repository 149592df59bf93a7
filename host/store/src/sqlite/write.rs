//! One transaction's writes, by statements that are prepared once.

use super::Rows;
use bellwire_core::{
    Alert, Entry, Fingerprint, Incident, IncidentState, Instant, Notice, NoticeState, Override, Silence,
};
use rusqlite::{
    CachedStatement, Connection, ToSql, params,
    types::{ToSqlOutput, ValueRef},
};
use serde::Serialize;
use std::{collections::hash_map, fmt::Write as _};

const INSERT_ALERT: &str = "INSERT INTO alerts (fingerprint, incidents, body) VALUES (?1, ?2, ?3)";
const UPDATE_ALERT: &str = "UPDATE alerts SET incidents = ?2, body = ?3 WHERE row = ?1";
const DELETE_ALERT: &str = "DELETE FROM alerts WHERE row = ?1";
/// Of an incident whose place in the lists is as it was, which is nearly always: no index is touched.
const UPDATE_INCIDENT: &str = "
    UPDATE incidents SET changed_at = ?6, priority = ?7, body = ?8
    WHERE team = ?1 AND number = ?2 AND state = ?3 AND closed = ?4 AND opened_at = ?5";
const UPSERT_INCIDENT: &str = "
    INSERT INTO incidents (team, number, state, closed, opened_at, changed_at, priority, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (team, number) DO UPDATE SET state = excluded.state, closed = excluded.closed,
        opened_at = excluded.opened_at, changed_at = excluded.changed_at, priority = excluded.priority, body = excluded.body";
const UPSERT_NOTICE: &str = "
    INSERT INTO notices (id, team, number, state, body) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body";
const UPSERT_OVERRIDE: &str = "
    INSERT INTO overrides (team, id, body) VALUES (?1, ?2, ?3) ON CONFLICT (team, id) DO UPDATE SET body = excluded.body";
const DELETE_OVERRIDE: &str = "DELETE FROM overrides WHERE team = ?1 AND id = ?2";
const UPSERT_SILENCE: &str = "
    INSERT INTO silences (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
const DELETE_SILENCE: &str = "DELETE FROM silences WHERE id = ?1";
const UPSERT_MARK: &str = "
    INSERT INTO marks (name, at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET at = excluded.at";
const APPEND: &str = "INSERT INTO journal (seq, at, team, number, body) VALUES (?1, ?2, ?3, ?4, ?5)";

pub struct Batch<'a> {
    connection: &'a Connection,
    rows: &'a mut Rows,
    /// The body of one row after another.
    buffer: &'a mut Vec<u8>,
    incidents: String,
    last_seq: u64,
    insert_alert: CachedStatement<'a>,
    update_alert: CachedStatement<'a>,
    delete_alert: CachedStatement<'a>,
    update_incident: CachedStatement<'a>,
    upsert_incident: CachedStatement<'a>,
    upsert_notice: CachedStatement<'a>,
    append: CachedStatement<'a>,
}

impl<'a> Batch<'a> {
    pub fn new(
        connection: &'a Connection,
        rows: &'a mut Rows,
        buffer: &'a mut Vec<u8>,
        last_seq: u64,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            rows,
            buffer,
            incidents: String::new(),
            last_seq,
            insert_alert: connection.prepare_cached(INSERT_ALERT)?,
            update_alert: connection.prepare_cached(UPDATE_ALERT)?,
            delete_alert: connection.prepare_cached(DELETE_ALERT)?,
            update_incident: connection.prepare_cached(UPDATE_INCIDENT)?,
            upsert_incident: connection.prepare_cached(UPSERT_INCIDENT)?,
            upsert_notice: connection.prepare_cached(UPSERT_NOTICE)?,
            append: connection.prepare_cached(APPEND)?,
        })
    }

    pub fn append(&mut self, entry: &Entry) -> rusqlite::Result<()> {
        self.last_seq += 1;
        let incident = entry.incident.as_ref();
        self.append.execute(params![
            self.last_seq.cast_signed(),
            entry.at.as_millis().cast_signed(),
            incident.map(|id| &*id.team),
            incident.map(|id| id.number.cast_signed()),
            json(self.buffer, &entry.fact)?,
        ])?;
        Ok(())
    }

    /// The last sequence number that was given.
    pub fn finish(self) -> u64 {
        self.last_seq
    }

    pub fn write_alert(&mut self, alert: &Alert) -> rusqlite::Result<()> {
        self.incidents.clear();
        for (index, id) in alert.incidents.iter().enumerate() {
            let separator = if index > 0 { " " } else { "" };
            // Writing to a string does not fail.
            let _ = write!(self.incidents, "{separator}{id}");
        }
        let body = json(self.buffer, alert)?;
        match self.rows.entry(alert.fingerprint) {
            hash_map::Entry::Occupied(row) => {
                self.update_alert.execute(params![row.get(), self.incidents, body])?;
            }
            hash_map::Entry::Vacant(row) => {
                self.insert_alert.execute(params![alert.fingerprint.0.cast_signed(), self.incidents, body])?;
                row.insert(self.connection.last_insert_rowid());
            }
        }
        Ok(())
    }

    pub fn forget_alert(&mut self, fingerprint: Fingerprint) -> rusqlite::Result<()> {
        if let Some(row) = self.rows.remove(&fingerprint) {
            self.delete_alert.execute([row])?;
        }
        Ok(())
    }

    pub fn write_incident(&mut self, incident: &Incident) -> rusqlite::Result<()> {
        let (number, priority) =
            (incident.id.number.cast_signed(), incident.priority.map(|priority| priority.to_string()));
        let [opened_at, changed_at] = [incident.opened_at, incident.changed_at].map(|at| at.as_millis().cast_signed());
        let (state, body) = (state(incident.state), json(self.buffer, incident)?);
        let row = params![&*incident.id.team, number, state, incident.closed, opened_at, changed_at, priority, body];
        if self.update_incident.execute(row)? == 0 {
            self.upsert_incident.execute(row)?;
        }
        Ok(())
    }

    pub fn write_notice(&mut self, notice: &Notice) -> rusqlite::Result<()> {
        let state = match notice.state {
            NoticeState::Pending { .. } => "pending",
            NoticeState::Delivered { .. } => "delivered",
            NoticeState::Failed { .. } => "failed",
            NoticeState::Superseded { .. } => "superseded",
            NoticeState::Nobody { .. } => "nobody",
        };
        self.upsert_notice.execute(params![
            &*notice.id.0,
            &*notice.incident.team,
            notice.incident.number.cast_signed(),
            state,
            json(self.buffer, notice)?,
        ])?;
        Ok(())
    }

    /// Seldom enough that its statement need not be kept.
    pub fn write_override(&mut self, made: &Override) -> rusqlite::Result<()> {
        let row = params![&*made.team, &*made.id, json(self.buffer, made)?];
        self.connection.prepare_cached(UPSERT_OVERRIDE)?.execute(row)?;
        Ok(())
    }

    /// As seldom.
    pub fn write_silence(&mut self, silence: &Silence) -> rusqlite::Result<()> {
        let row = params![&*silence.id, json(self.buffer, silence)?];
        self.connection.prepare_cached(UPSERT_SILENCE)?.execute(row)?;
        Ok(())
    }

    pub fn forget_silence(&mut self, id: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(DELETE_SILENCE)?.execute([id])?;
        Ok(())
    }

    /// As seldom.
    pub fn write_mark(&mut self, name: &str, at: Instant) -> rusqlite::Result<()> {
        self.connection.prepare_cached(UPSERT_MARK)?.execute(params![name, at.as_millis().cast_signed()])?;
        Ok(())
    }

    pub fn forget_override(&mut self, team: &str, id: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(DELETE_OVERRIDE)?.execute([team, id])?;
        Ok(())
    }
}

/// As the column `state` of incidents has it.
pub fn state(state: IncidentState) -> &'static str {
    match state {
        IncidentState::Open => "open",
        IncidentState::Acknowledged => "acknowledged",
        IncidentState::Snoozed => "snoozed",
        IncidentState::Resolved => "resolved",
    }
}

/// JSON in a buffer, bound as text without a copy and without a check: serde_json writes UTF-8.
struct Json<'a>(&'a [u8]);

impl ToSql for Json<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

fn json<'b>(buffer: &'b mut Vec<u8>, value: &impl Serialize) -> rusqlite::Result<Json<'b>> {
    buffer.clear();
    serde_json::to_writer(&mut *buffer, value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    Ok(Json(buffer))
}
