//! What a policy is handed: the whole incident, and the time, as data.

use crate::{Acknowledgement, Alert, IncidentId, IncidentState, Instant, Labels, Priority, Target};
use alloc::{string::String, sync::Arc, vec::Vec};
use serde::{Deserialize, Serialize};

/// The argument of `evaluate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub now: Instant,
    pub incident: IncidentFacts,
    pub civil: Vec<Civil>,
    pub windows: Vec<WindowFact>,
    pub on_call: Vec<OnCall>,
}

impl Facts {
    /// Of an open incident without alerts, as it opens; for those who ask a policy beside the engine.
    pub fn opened(id: IncidentId, route: Arc<str>, now: Instant) -> Self {
        let incident = IncidentFacts {
            id,
            route,
            state: IncidentState::Open,
            group: Labels::default(),
            opened_at: now,
            changed_at: now,
            reopened: 0,
            acknowledged: None,
            snoozed_until: None,
            escalated_at: None,
            priority: None,
            firing: 0,
            resolved: 0,
            alerts: Vec::new(),
            sent: Vec::new(),
        };
        Self { now, incident, civil: Vec::new(), windows: Vec::new(), on_call: Vec::new() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentFacts {
    pub id: IncidentId,
    pub route: Arc<str>,
    pub state: IncidentState,
    pub group: Labels,
    pub opened_at: Instant,
    pub changed_at: Instant,
    pub reopened: u32,
    pub acknowledged: Option<Acknowledgement>,
    pub snoozed_until: Option<Instant>,
    /// When somebody last asked for the next step. Plugins find it in the incident's `ext`, as `escalated-at`.
    pub escalated_at: Option<Instant>,
    pub priority: Option<Priority>,
    /// Whole counts; `alerts` may hold fewer.
    pub firing: u32,
    pub resolved: u32,
    /// Firing ones first, then newest first.
    pub alerts: Vec<Arc<Alert>>,
    /// Notices of this opening, in the order they were decided.
    pub sent: Vec<Sent>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub key: String,
    pub to: Target,
    pub at: Instant,
    pub outcome: SentOutcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentOutcome {
    Pending,
    Delivered,
    Failed,
    Nobody,
}

/// `now` on the wall of a zone. Month and day count from 1; weekday 1 is Monday, 7 Sunday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Civil {
    pub zone: String,
    pub year: i32,
    pub month: u8,
    pub day: u8,
    pub weekday: u8,
    pub hour: u8,
    pub minute: u8,
}

impl Civil {
    pub fn at(name: &str, zone: &jiff::tz::TimeZone, now: Instant) -> Self {
        let wall = zone.to_datetime(now.to_jiff());
        let byte = |number: i8| number.unsigned_abs();
        Self {
            zone: name.into(),
            year: i32::from(wall.year()),
            month: byte(wall.month()),
            day: byte(wall.day()),
            weekday: byte(wall.weekday().to_monday_one_offset()),
            hour: byte(wall.hour()),
            minute: byte(wall.minute()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowFact {
    pub name: String,
    pub inside: bool,
    pub changes_at: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCall {
    pub schedule: String,
    pub people: Vec<String>,
    pub until: Option<Instant>,
}
