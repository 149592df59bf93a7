//! An alert: one label set, firing or resolved, and the shape in which a sender tells of it.

use crate::{Fingerprint, IncidentId, Instant, Labels};
use alloc::{boxed::Box, vec::Vec};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    Firing,
    Resolved,
}

/// An alert as it came in, decoded and checked, before the engine has seen it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertInput {
    pub labels: Labels,
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    /// Missing: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Instant>,
    pub ends: Ends,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub generator_url: Box<str>,
}

/// What the sender said of the alert's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// Alertmanager's webhook: it fires until we are told otherwise.
    Open,
    /// `/api/v2/alerts` without `endsAt`: it fires for `resolve_timeout` from now.
    Unsaid,
    /// `/api/v2/alerts` with `endsAt`, a heartbeat: resolved once that has passed.
    At(Instant),
    /// Alertmanager's webhook with `status: resolved`.
    Resolved(Instant),
}

/// An alert that the engine holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// [`Labels::fingerprint`], or the next free number if other labels have that one already.
    pub fingerprint: Fingerprint,
    pub labels: Labels,
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub generator_url: Box<str>,
    pub state: AlertState,
    pub starts_at: Instant,
    /// While firing: when it counts as resolved if nobody says that it still fires. None: never.
    pub ends_at: Option<Instant>,
    /// When its labels, annotations or state last changed; a heartbeat is no change.
    pub updated_at: Instant,
    /// The incidents that it belongs to.
    pub incidents: Vec<IncidentId>,
}
