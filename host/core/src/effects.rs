//! What a turn of the engine wants done: rows to store and history to append in one transaction, and then policies to
//! ask and messages to send.

use crate::{Alert, Entry, Facts, Fingerprint, Incident, IncidentId, Message, Notice};
use alloc::{boxed::Box, sync::Arc, vec::Vec};

/// Gathered over the events of one turn; `writes` and `journal` commit together before anything else goes out.
#[derive(Default)]
pub struct Effects {
    pub writes: Vec<Write>,
    pub journal: Vec<Entry>,
    pub evaluate: Vec<EvaluateRequest>,
    pub send: Vec<Message>,
}

/// One row that changed. An upsert by its key, but for `ForgetAlert`.
#[derive(Clone, Debug)]
pub enum Write {
    Alert(Arc<Alert>),
    ForgetAlert(Fingerprint),
    Incident(Box<Incident>),
    Notice(Box<Notice>),
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
    /// An acknowledge of what is resolved.
    AlreadyResolved,
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
