//! The journal: every event that changed anything, and what followed from it. What `explain` and `replay` read.

use crate::{
    AlertInput, AlertState, Decision, Delivery, Fingerprint, IncidentId, Instant, Labels, NoticeId, NoticeKind,
    Override, PluginFault, Priority, Silence, SuppressedBy, Target,
};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Instant,
    /// The incident whose timeline it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    pub fact: Fact,
}

/// The kinds that are inputs of the engine say so; the others follow from these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// Input. The alerts of a batch that changed anything.
    Received {
        alerts: Vec<AlertInput>,
    },
    /// Input. An alert's sender fell silent and its end passed.
    Expired {
        fingerprint: Fingerprint,
        labels: Labels,
    },
    /// Input. A policy's answer.
    Decided {
        revision: u64,
        policy: Arc<str>,
        policy_hash: Arc<str>,
        fuel: u64,
        decision: Decision,
        verdict: Verdicted,
    },
    /// Input. A policy gave no answer.
    Faulted {
        revision: u64,
        policy: Arc<str>,
        policy_hash: Arc<str>,
        fault: PluginFault,
    },
    /// Input. One attempt to send a notice.
    Attempted {
        notice: NoticeId,
        attempt: u32,
        delivery: Delivery,
    },
    /// Input. Somebody acknowledged it.
    Acknowledged {
        by: Arc<str>,
        via: Arc<str>,
    },
    /// Input. Somebody gave it back.
    Unacknowledged {
        by: Arc<str>,
        via: Arc<str>,
    },
    /// Input.
    Snoozed {
        until: Instant,
        by: Arc<str>,
        via: Arc<str>,
    },
    /// Input.
    Reassigned {
        to: Target,
        by: Arc<str>,
        via: Arc<str>,
    },
    /// Input. Somebody asked for the next step.
    Escalated {
        by: Arc<str>,
        via: Arc<str>,
    },
    /// Input.
    OverrideAdded {
        added: Override,
        via: Arc<str>,
    },
    /// Input.
    OverrideRemoved {
        removed: Override,
        by: Arc<str>,
        via: Arc<str>,
    },
    /// Input. Made, or changed in place.
    SilenceSet {
        silence: Box<Silence>,
        via: Arc<str>,
    },
    /// Input.
    SilenceExpired {
        id: Arc<str>,
        by: Arc<str>,
        via: Arc<str>,
    },
    /// Input. The configuration was replaced; hex SHA-256 of its text.
    Reloaded {
        revision: Arc<str>,
    },

    Opened {
        route: Arc<str>,
        group: Labels,
    },
    Reopened {
        route: Arc<str>,
        reopened: u32,
        cause: String,
    },
    /// Alerts of the incident that began or ceased to fire in this turn: how many, and the first few.
    Alerts {
        state: AlertState,
        count: u32,
        examples: Vec<Labels>,
    },
    PriorityChanged {
        from: Option<Priority>,
        to: Priority,
    },
    Noticed {
        notice: NoticeId,
        key: String,
        target: Target,
        receiver: Arc<str>,
        notice_kind: NoticeKind,
        page: bool,
    },
    Superseded {
        notice: NoticeId,
    },
    /// Nobody was behind the target: the step was skipped.
    Nobody {
        key: String,
        target: Target,
    },
    /// Told together with `count` notices in all, in the message of `leader`.
    Bundled {
        notice: NoticeId,
        leader: NoticeId,
        count: u32,
    },
    SnoozeEnded,
    /// The policy came to its end and nobody acknowledged.
    Unowned,
    Flapping {
        opens: u32,
        stable_at: Instant,
    },
    /// It flaps no more, or has become more urgent.
    FlappingEnded,
    /// It opened within these windows of maintenance, or outside of all of those in which its route tells.
    Muted {
        windows: Vec<Arc<str>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outside: Vec<Arc<str>>,
    },
    Unmuted,
    /// All that fires in it is silenced or explained by other alerts: it is not told.
    Suppressed {
        by: Vec<SuppressedBy>,
        /// The incident that it is a symptom of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<IncidentId>,
    },
    /// That is over: it is told as if it opened now.
    Released,
    /// `by` somebody (an input), or because nothing fires any more.
    Resolved {
        by: Option<Arc<str>>,
        via: Option<Arc<str>>,
    },
    /// Nothing more can come of it.
    Closed,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdicted {
    Applied,
    /// The incident's state had changed meanwhile: dropped, and asked again.
    Outdated,
}
