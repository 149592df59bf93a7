//! What a sender is handed to write one message: the notice, and the incident as it stands at this attempt.

use crate::{Alert, Incident, IncidentId, Instant, NoticeId, NoticeKind, Person, Priority, SentOutcome};
use alloc::{string::String, sync::Arc, vec::Vec};

/// One attempt at one notice.
#[derive(Clone, Debug)]
pub struct Message {
    pub notice: NoticeId,
    /// Full name of the receiver.
    pub receiver: Arc<str>,
    /// Whose contact the receiver is, if it is a person's.
    pub person: Option<Arc<Person>>,
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
    /// Alerts of other incidents that this one explains; at most [`Message::ALERTS_MAX`] of `incident.symptoms`.
    pub symptoms: Vec<Arc<Alert>>,
    /// Everybody else who was told in this opening.
    pub told: Vec<Told>,
    /// The notices that this receiver has had of this incident, oldest first: what to edit, thread under, or resolve.
    pub earlier: Vec<Earlier>,
    /// Many notices in one message: `incident` and what belongs to it are the first's then. None: an ordinary message.
    pub bundle: Option<Bundle>,
}

/// What a receiver is told at once in a storm, or in a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Of notices, each of another incident or another key.
    pub count: u32,
    /// The most urgent first, then the newest; at most [`Bundle::SHOWN_MAX`].
    pub shown: Vec<Bundled>,
}

/// One notice of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundled {
    pub incident: IncidentId,
    pub kind: NoticeKind,
    pub priority: Option<Priority>,
    pub opened_at: Instant,
    pub firing: u32,
    /// Its newest firing alert, if it has any.
    pub alert: Option<Arc<Alert>>,
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
    /// It was told together with others in one message, which therefore is not this incident's own: not to be edited.
    pub bundled: bool,
}

impl Bundle {
    pub const SHOWN_MAX: usize = 20;
}

impl Message {
    pub const ALERTS_MAX: usize = 20;
}
