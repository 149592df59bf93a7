//! What keeps an alert from being told: silences, made by people or standing in a routes file, and other alerts that explain
//! it. Data, and what a silence must be to be taken.

use crate::{Fingerprint, IncidentId, Instant, Labels, Matchers, Span};
use alloc::{string::String, sync::Arc, vec::Vec};
use serde::{Deserialize, Serialize};

/// Alerts that nobody is to hear of for a while. Half-open: at `ends_at` it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// A UUID.
    pub id: Arc<str>,
    /// Whose incidents; none: everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Arc<str>>,
    pub matchers: Matchers,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub updated_at: Instant,
    /// Who made it, and why.
    pub by: Arc<str>,
    pub comment: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SilenceState {
    Pending,
    Active,
    Expired,
}

/// One that comes back: it holds while any of its windows is open.
#[derive(Clone, Debug, PartialEq)]
pub struct StandingSilence {
    pub name: Arc<str>,
    pub matchers: Matchers,
    /// Names of the team's windows.
    pub windows: Vec<Arc<str>>,
    pub comment: String,
}

/// While a source fires, the targets that agree with it in `equal` are not told.
#[derive(Clone, Debug, PartialEq)]
pub struct Inhibition {
    pub name: Arc<str>,
    pub sources: Matchers,
    pub targets: Matchers,
    /// Names of labels. One that both lack is the same in both.
    pub equal: Vec<Arc<str>>,
    pub kind: InhibitionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InhibitionKind {
    /// The target is only kept quiet.
    Quiet,
    /// The source is why the target fires: the target is counted as a symptom of the source's incident.
    Symptom,
}

/// What a person wants of silences.
#[derive(Clone, Debug, PartialEq)]
pub enum SilenceRequest {
    /// Makes it, or changes the one that `replaces` names: in place where that is the same one for longer or shorter, else that
    /// one ends and `wanted` begins. `wanted.id` is taken if a new one comes of it; `by` and `updated_at` are the engine's to give.
    Set { wanted: Silence, replaces: Option<Arc<str>> },
    /// It ends now; one that has not begun never does.
    Expire { id: Arc<str> },
}

/// Why a silence was not made or changed; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SilenceRefusal {
    #[error("there is no silence {id}")]
    Unknown { id: Arc<str> },
    #[error("the silence {id} has expired already")]
    Expired { id: Arc<str> },
    #[error("there is no team {team}")]
    UnknownTeam { team: Arc<str> },
    #[error("it has no matchers; it would silence everything")]
    NoMatchers,
    #[error("each of its matchers matches a label that is missing, so it would silence everything")]
    MatchesEverything,
    #[error("it has {count} matchers; at most {max} are taken")]
    TooManyMatchers { count: usize, max: usize },
    #[error("it ends before it begins")]
    EndsBeforeStart,
    #[error("it ended at {ends_at}, which has passed")]
    Over { ends_at: Instant },
    #[error("there are {max} silences, which is the limit; expire some")]
    TooMany { max: usize },
    #[error("its comment is longer than {max} characters")]
    CommentTooLong { max: usize },
}

/// One reason why an alert is not told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum SuppressedBy {
    /// A silence's id; `TEAM/NAME` of a standing one.
    Silence { id: Arc<str> },
    /// An alert that fires, by the rule of that name.
    Inhibition { rule: Arc<str>, source: Fingerprint },
}

/// Nothing of what fires in an incident is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    pub since: Instant,
    pub by: Vec<SuppressedBy>,
    /// The incident that it is a symptom of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<IncidentId>,
    /// Somebody asked for the next step all the same.
    #[serde(default)]
    pub overruled: bool,
}

impl Silence {
    /// That are not expired.
    pub const SILENCES_MAX: usize = 20_000;
    pub const MATCHERS_MAX: usize = 100;
    pub const COMMENT_CHARACTERS_MAX: usize = 2_000;
    /// One that has been over for so long is in the journal only.
    pub const KEPT: Span = Span::from_secs(5 * 86_400);

    pub fn state(&self, now: Instant) -> SilenceState {
        if self.ends_at <= now {
            SilenceState::Expired
        } else if self.starts_at > now {
            SilenceState::Pending
        } else {
            SilenceState::Active
        }
    }

    /// Why it must not be made now; none: it may. Its team is the engine's to look at.
    pub fn refusal(&self, now: Instant) -> Option<SilenceRefusal> {
        let count = self.matchers.0.len();
        if count == 0 {
            return Some(SilenceRefusal::NoMatchers);
        }
        if count > Self::MATCHERS_MAX {
            return Some(SilenceRefusal::TooManyMatchers { count, max: Self::MATCHERS_MAX });
        }
        if self.matchers.matches(&Labels::default()) {
            return Some(SilenceRefusal::MatchesEverything);
        }
        if self.ends_at < self.starts_at {
            return Some(SilenceRefusal::EndsBeforeStart);
        }
        if self.ends_at <= now {
            return Some(SilenceRefusal::Over { ends_at: self.ends_at });
        }
        let max = Self::COMMENT_CHARACTERS_MAX;
        (self.comment.chars().count() > max).then_some(SilenceRefusal::CommentTooLong { max })
    }
}
