//! A notice: one message to one receiver, with a key, sent until it is delivered or its deadline has passed.

use crate::{IncidentId, Instant, Priority, Span, Target};
use alloc::{string::String, sync::Arc};
use core::fmt;
use serde::{Deserialize, Serialize};

/// `INCIDENT/KEY/RECEIVER` of the first opening, `INCIDENT~N/KEY/RECEIVER` of the Nth re-opening.
///
/// The same in every attempt and after a crash: what providers that know idempotency are given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub Arc<str>);

/// Why the notice exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The policy decided it.
    Decided,
    /// The policy failed: the route's fallback is told instead.
    PolicyFault,
    /// Another receiver could not be reached: this is its fallback.
    Failover,
    /// Alerts joined what somebody had acknowledged without knowing of them: those who were paged are paged again.
    AlertsJoined,
    /// Somebody handed the incident to this target.
    Reassigned,
    /// The policy came to its end, or reached nobody: the team's last resort hears that nobody acknowledged.
    LastResort,
    /// It opens and resolves too often: told once, and held until it is stable.
    Flapping,
    // What everybody who was told hears afterwards:
    Acknowledged,
    Unacknowledged,
    Snoozed,
    PriorityChanged,
    Resolved,
}

impl NoticeKind {
    /// Does it tell of what became of an incident that the receiver knows already?
    pub fn is_update(self) -> bool {
        match self {
            Self::Decided
            | Self::PolicyFault
            | Self::Failover
            | Self::AlertsJoined
            | Self::Reassigned
            | Self::LastResort
            | Self::Flapping => false,
            Self::Acknowledged | Self::Unacknowledged | Self::Snoozed | Self::PriorityChanged | Self::Resolved => true,
        }
    }
}

/// One row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: NoticeId,
    pub incident: IncidentId,
    /// The incident's `reopened` when it was made.
    pub opening: u32,
    pub key: String,
    /// As the policy named it.
    pub target: Target,
    /// Who is behind the target, if it is a person or a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Arc<str>>,
    /// The receiver's full name: `TEAM/NAME`, or `NAME` for a shared one; `TEAM/PERSON:KIND` for a person's contact.
    /// Empty: nobody was behind the target.
    pub receiver: Arc<str>,
    pub kind: NoticeKind,
    pub page: bool,
    /// The incident's when it was made; of a notice before the first decision, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// It waits, or waited, to be told together with others.
    #[serde(default)]
    pub held: bool,
    /// The notice under whose message this one was told, together with others; its own id if that was this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<NoticeId>,
    /// The policy's own words, the fault, or the failure that it stands in for.
    pub text: Option<String>,
    pub created_at: Instant,
    /// Until then it is tried; after that the receiver's fallback has it.
    pub deadline: Instant,
    pub attempts: u32,
    pub state: NoticeState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum NoticeState {
    /// To be sent at `due`, or being sent.
    Pending {
        due: Instant,
    },
    /// `receipt`: what the sender needs to change or thread the message later.
    Delivered {
        at: Instant,
        receipt: Option<String>,
    },
    Failed {
        at: Instant,
        reason: String,
    },
    /// It had not been sent when there was no more need: the incident resolved first.
    Superseded {
        at: Instant,
    },
    /// Nobody was behind the target, such as a schedule with nobody on call: the step was skipped.
    Nobody {
        at: Instant,
    },
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Delivery {
    Delivered {
        receipt: Option<String>,
    },
    /// `after`: what the receiver asked for (`Retry-After`).
    Retry {
        after: Option<Span>,
        reason: String,
    },
    Permanent {
        reason: String,
    },
}

impl fmt::Display for NoticeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl NoticeId {
    pub fn new(incident: &IncidentId, opening: u32, key: &str, receiver: &str) -> Self {
        Self(match opening {
            0 => alloc::format!("{incident}/{key}/{receiver}").into(),
            _ => alloc::format!("{incident}~{opening}/{key}/{receiver}").into(),
        })
    }
}
