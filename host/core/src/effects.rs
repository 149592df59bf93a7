//! What a turn of the engine wants done: rows to store and history to append in one transaction, and then policies to
//! ask and messages to send.

use crate::{
    Alert, Entry, Facts, Fingerprint, Incident, IncidentId, Instant, Message, Notice, Override, Silence, SilenceRefusal,
};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};

/// Gathered over the events of one turn; `writes` and `journal` commit together before anything else goes out.
#[derive(Default)]
pub struct Effects {
    pub writes: Vec<Write>,
    pub journal: Vec<Entry>,
    pub evaluate: Vec<EvaluateRequest>,
    pub send: Vec<Message>,
}

/// One row that changed. An upsert by its key, but for those that forget.
#[derive(Clone, Debug)]
pub enum Write {
    Alert(Arc<Alert>),
    ForgetAlert(Fingerprint),
    Incident(Box<Incident>),
    Notice(Box<Notice>),
    /// By team and id.
    Override(Box<Override>),
    ForgetOverride {
        team: Arc<str>,
        id: Arc<str>,
    },
    /// By id.
    Silence(Box<Silence>),
    ForgetSilence(Arc<str>),
    /// By name: up to when something is done of which the engine knows nothing, such as a report that is sent each week.
    Mark {
        name: Arc<str>,
        at: Instant,
    },
}

/// A policy to be asked; its answer comes back as [`crate::Event::Decided`].
#[derive(Clone, Debug)]
pub struct EvaluateRequest {
    pub incident: IncidentId,
    pub revision: u64,
    pub team: Arc<str>,
    /// Name of one of the team's policies.
    pub policy: Arc<str>,
    pub settings: Arc<str>,
    pub facts: Box<Facts>,
}

/// What the one who sent an event is told, once the turn is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Received {
        new: u32,
        changed: u32,
        unchanged: u32,
        refused: Vec<Refused>,
    },
    Done,
    /// It was so already: acknowledged before, resolved before.
    Nothing,
    UnknownIncident,
    /// An action on what is resolved.
    AlreadyResolved,
    /// The incident has moved on since the revision at which the person saw it: nothing was done.
    Stale {
        revision: u64,
    },
    /// A reassign to somebody whom the team does not have.
    UnknownTarget {
        target: String,
    },
    /// A snooze that ends before it begins, or too far ahead.
    BadSnooze {
        reason: String,
    },
    /// The override that was made, with its id.
    Overridden(Box<Override>),
    OverrideRefused(OverrideRefusal),
    /// The silence as it is now.
    Silenced(Box<Silence>),
    SilenceRefused(SilenceRefusal),
    /// The team has only these.
    UnknownHeartbeat {
        known: Vec<String>,
    },
}

/// Why an override was not made; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverrideRefusal {
    #[error("there is no team {team}")]
    UnknownTeam { team: Arc<str> },
    #[error("the team has no schedule {schedule}; there are: {}", known.join(", "))]
    UnknownSchedule { schedule: Arc<str>, known: Vec<String> },
    #[error("the team has nobody called {person}; there are: {}", known.join(", "))]
    UnknownPerson { person: Arc<str>, known: Vec<String> },
    #[error("it names nobody")]
    Nobody,
    #[error("it ends before it begins")]
    EndsBeforeStart,
    #[error("it is over already")]
    Over,
    #[error("it overlaps the override {id} ({from} to {until}); remove that one first, or choose other times")]
    Overlaps { id: Arc<str>, from: Instant, until: Instant },
    #[error("there is no override {id}; those of a routes file are changed there")]
    UnknownOverride { id: Arc<str> },
    #[error("there are {max} overrides, which is the limit")]
    TooMany { max: usize },
    #[error("the reason is longer than {max} characters")]
    ReasonTooLong { max: usize },
}

/// An alert of a batch that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its place in the batch.
    pub index: usize,
    pub reason: Refusal,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it has no labels")]
    NoLabels,
    #[error("it has {count} labels; at most {max} are taken")]
    TooManyLabels { count: usize, max: usize },
    #[error("its labels are {bytes} bytes; at most {max} are taken")]
    LabelsTooLarge { bytes: usize, max: usize },
    #[error("its annotations are {bytes} bytes; at most {max} are taken")]
    AnnotationsTooLarge { bytes: usize, max: usize },
    #[error("its end is before its start")]
    EndsBeforeStart,
    /// The one that is not the sender's fault: it should come again.
    #[error("{max} alerts are active, which is the limit; resolve some or raise alerts_max")]
    Full { max: usize },
}
