//! What a sender is handed to write one message: the notice, and the incident as it stands at this attempt.

use crate::{Alert, Incident, Instant, NoticeId, NoticeKind, SentOutcome};
use alloc::{string::String, sync::Arc, vec::Vec};

/// One attempt at one notice.
#[derive(Clone, Debug)]
pub struct Message {
    pub notice: NoticeId,
    /// Full name of the receiver.
    pub receiver: Arc<str>,
    /// Counts from 1.
    pub attempt: u32,
    pub kind: NoticeKind,
    pub key: String,
    pub page: bool,
    /// The policy's own words, the fault, or the failure that this stands in for.
    pub text: Option<String>,
    /// The turn that asked for this attempt.
    pub now: Instant,
    /// The notice's: whoever waits for its turn until then gives up, and a fallback has it.
    pub deadline: Instant,
    pub incident: Incident,
    pub firing: u32,
    pub resolved: u32,
    /// Firing ones first, then newest first; at most [`Message::ALERTS_MAX`].
    pub alerts: Vec<Arc<Alert>>,
    /// Everybody else who was told in this opening.
    pub told: Vec<Told>,
    /// The notices that this receiver has had of this incident, oldest first: what to edit, thread under, or resolve.
    pub earlier: Vec<Earlier>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub receiver: Arc<str>,
    pub at: Instant,
    pub outcome: SentOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub notice: NoticeId,
    pub kind: NoticeKind,
    pub receipt: Option<String>,
}

impl Message {
    pub const ALERTS_MAX: usize = 20;
}
