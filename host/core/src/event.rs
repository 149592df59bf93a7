//! Everything that can happen to the engine, from HTTP, a policy, a sender, a timer or a person.

use crate::{
    AlertInput, Decision, Delivery, IncidentId, Instant, NoticeId, Override, PluginFault, SilenceRequest, Tables,
    Target,
};
use alloc::{sync::Arc, vec::Vec};
use serde::{Deserialize, Serialize};

#[derive(Clone)]
pub enum Event {
    /// Alerts came in, decoded.
    Received(Vec<AlertInput>),
    /// A policy answered for an incident as it was at `revision`.
    Decided { incident: IncidentId, revision: u64, verdict: Verdict },
    /// An attempt to send a notice ended.
    Delivered { notice: NoticeId, delivery: Delivery },
    /// A person acted. `via` says where: `api`, `cli`, `slack`, `email`, `pagerduty`. `revision`: the incident's, as the
    /// person saw it; none: as it is now.
    Acted { incident: IncidentId, action: Action, revision: Option<u64>, by: Arc<str>, via: Arc<str> },
    /// A person changed who is on call for a while.
    Overridden { request: OverrideRequest, by: Arc<str>, via: Arc<str> },
    /// A person made, changed or ended a silence.
    Silenced { request: SilenceRequest, by: Arc<str>, via: Arc<str> },
    /// Something says that it is alive.
    Beat { team: Arc<str>, heartbeat: Arc<str> },
    /// The configuration was replaced.
    Reloaded(Arc<Tables>),
}

/// What a policy's run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Hex SHA-256 of the plugin as it was loaded.
    pub policy_hash: Arc<str>,
    pub fuel: u64,
    pub result: Result<Decision, PluginFault>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Somebody has it: escalation stops, until `ack_timeout` of its policy.
    Acknowledge,
    /// Nobody has it after all: escalation goes on at the step after the last one that was sent.
    Unacknowledge,
    /// Quiet until then; then as after an unacknowledge.
    Snooze {
        until: Instant,
    },
    /// Somebody else is to have it, and is told at once.
    Reassign {
        to: Target,
    },
    /// The next step now. The one action that is refused when the incident has moved on since it was seen.
    Escalate,
    Resolve,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverrideRequest {
    /// Its `id`, `by` and `made_at` are the engine's to give.
    Add(Override),
    Remove {
        team: Arc<str>,
        id: Arc<str>,
    },
}
