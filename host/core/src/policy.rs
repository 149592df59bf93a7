//! What a policy says, and the ways in which it can fail to say anything.

use crate::Instant;
use alloc::{format, string::String, vec::Vec};
use core::fmt;
use serde::{Deserialize, Serialize};

/// P1 is the most urgent, and the least in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    P1,
    P2,
    P3,
    P4,
}

/// Whom to tell, by the name that the team's routes file gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Receiver(String),
    Person(String),
    Schedule(String),
}

/// One notice of a decision. Its key is unique within an opening of the incident, and is sent once to each target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedNotice {
    pub key: String,
    pub to: Vec<Target>,
    pub page: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Every notice that is due by `facts.now`, and when to ask again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub priority: Priority,
    pub notices: Vec<DecidedNotice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_check: Option<Instant>,
    pub reason: String,
}

/// What the host must look up for a policy with its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wants {
    pub zones: Vec<String>,
    pub windows: Vec<String>,
    pub schedules: Vec<String>,
    pub targets: Vec<Target>,
}

/// Why a plugin gave no answer. Of a policy, each of these sends the incident to its route's fallback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", content = "detail", rename_all = "snake_case")]
pub enum PluginFault {
    #[error("the plugin cannot be run: {0}")]
    Missing(String),
    #[error("the plugin refused its settings: {0}")]
    Settings(String),
    #[error("the policy said that it does not apply: {0}")]
    NotApplicable(String),
    #[error("the plugin gave up: {0}")]
    Failed(String),
    #[error("the plugin trapped: {0}")]
    Trap(String),
    #[error("the plugin used up its fuel ({0} units)")]
    OutOfFuel(u64),
    #[error("the plugin ran for longer than {0} ms")]
    OutOfTime(u64),
    #[error("the plugin asked for more memory than its limit of {0} bytes")]
    OutOfMemory(u64),
    #[error("the plugin answered with more than it may: {0}")]
    OutputTooLarge(String),
    #[error("the policy named a target that the team does not have: {0}")]
    UnknownTarget(String),
    #[error("the policy's decision makes no sense: {0}")]
    BadDecision(String),
}

impl PluginFault {
    /// A short name for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Settings(_) => "settings",
            Self::NotApplicable(_) => "not_applicable",
            Self::Failed(_) => "failed",
            Self::Trap(_) => "trap",
            Self::OutOfFuel(_) => "out_of_fuel",
            Self::OutOfTime(_) => "out_of_time",
            Self::OutOfMemory(_) => "out_of_memory",
            Self::OutputTooLarge(_) => "output_too_large",
            Self::UnknownTarget(_) => "unknown_target",
            Self::BadDecision(_) => "bad_decision",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// `receiver:NAME`, `person:NAME` or `schedule:NAME`.
impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receiver(name) => write!(formatter, "receiver:{name}"),
            Self::Person(name) => write!(formatter, "person:{name}"),
            Self::Schedule(name) => write!(formatter, "schedule:{name}"),
        }
    }
}

impl Decision {
    /// Keys up to here may name a notice; the longest keeps the notice's id within PagerDuty's 255 for a usual team name.
    const KEY_MAX: usize = 120;
    /// The host's own keys begin so.
    pub const RESERVED: &'static str = "bellwire:";
    const NOTICES_MAX: usize = 100;
    const REASON_MAX: usize = 1024;
    const TEXT_MAX: usize = 8 * 1024;

    /// Does it make sense in itself? Whether its targets exist is for the engine to say.
    pub fn check(&self) -> Result<(), PluginFault> {
        let bad = |message: String| Err(PluginFault::BadDecision(message));
        if self.notices.len() > Self::NOTICES_MAX {
            return bad(format!("{} notices; at most {} are taken", self.notices.len(), Self::NOTICES_MAX));
        }
        if self.reason.len() > Self::REASON_MAX {
            return bad(format!("a reason of {} bytes; at most {} are taken", self.reason.len(), Self::REASON_MAX));
        }
        for (index, notice) in self.notices.iter().enumerate() {
            let key = &notice.key;
            if key.is_empty()
                || key.len() > Self::KEY_MAX
                || !key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
            {
                return bad(format!(
                    "the key of notice {index} must be 1 to {} printable ASCII characters without '/'",
                    Self::KEY_MAX
                ));
            }
            if key.starts_with(Self::RESERVED) {
                return bad(format!("the key {key:?} begins with {:?}, which is the host's own", Self::RESERVED));
            }
            if notice.to.is_empty() {
                return bad(format!("the notice {key:?} is to nobody"));
            }
            if notice.text.as_ref().is_some_and(|text| text.len() > Self::TEXT_MAX) {
                return bad(format!("the text of the notice {key:?} is over {} bytes", Self::TEXT_MAX));
            }
            if self.notices[..index].iter().any(|earlier| earlier.key == *key) {
                return bad(format!("two notices have the key {key:?}"));
            }
        }
        Ok(())
    }
}
