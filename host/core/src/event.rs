//! Everything that can happen to the engine, from HTTP, a policy, a sender, a timer or a person.

use crate::{AlertInput, Decision, Delivery, IncidentId, NoticeId, PolicyFault, Tables};
use alloc::{sync::Arc, vec::Vec};
use serde::{Deserialize, Serialize};

pub enum Event {
    /// Alerts came in, decoded.
    Received(Vec<AlertInput>),
    /// A policy answered for an incident as it was at `revision`.
    Decided { incident: IncidentId, revision: u64, verdict: Verdict },
    /// An attempt to send a notice ended.
    Delivered { notice: NoticeId, delivery: Delivery },
    /// A person acted. `via` says where: `api`, `cli`, `slack`.
    Acted { incident: IncidentId, action: Action, by: Arc<str>, via: Arc<str> },
    /// The configuration was replaced.
    Reloaded(Arc<Tables>),
}

/// What a policy's run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Hex SHA-256 of the plugin as it was loaded.
    pub policy_hash: Arc<str>,
    pub fuel: u64,
    pub result: Result<Decision, PolicyFault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Acknowledge,
    Resolve,
}
