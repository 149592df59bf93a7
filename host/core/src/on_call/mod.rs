//! People and schedules: who is on call, and why.
//!
//! A schedule is layers, the later over the earlier, and overrides over them all. Every answer (paging, preview, calendar,
//! replay) comes from the one resolver, [`Schedule::on_call`]. Spans are half-open. Durations are elapsed time; hours,
//! days and hand-offs are on the wall clock of the schedule's zone.

mod refusal;
mod resolve;
mod rotation;
mod stretches;
#[cfg(test)]
mod tests;

use crate::{HoursRange, Instant, Span, Tables};
use alloc::{string::String, sync::Arc, vec::Vec};
use jiff::{civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// Somebody who can be told.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: Arc<str>,
    /// As messages call the person: `Ann Smith`.
    pub display: Arc<str>,
    /// In which the person is shown times; none: UTC.
    pub zone: Option<(Arc<str>, TimeZone)>,
    /// Slack's user id (`U…`), by which a button or a command is known to be the person's.
    pub slack_user: Option<Arc<str>>,
    /// For links that act in the person's name, for PagerDuty's users and for calendars.
    pub email: Option<Arc<str>>,
    /// In the order of their `after`. A page climbs them until somebody acts; what does not page goes to the first only.
    pub contacts: Vec<Contact>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Full name of the receiver behind it: `TEAM/PERSON:KIND`, such as `payments/ann:email`.
    pub receiver: Arc<str>,
    /// From the notice to this message, while nobody acted.
    pub after: Span,
}

/// Who is on call when.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub name: Arc<str>,
    /// IANA name of `zone`.
    pub zone_name: Arc<str>,
    pub zone: TimeZone,
    /// Each takes the place of those before it where it covers, unless it `adds`.
    pub layers: Vec<Layer>,
    /// Those of the routes file, in its order; those made at run time come after them.
    pub overrides: Vec<Override>,
}

#[derive(Clone, Debug)]
pub struct Layer {
    pub name: Arc<str>,
    pub cover: Cover,
    /// Its people are on call beside those of the layers before it.
    pub adds: bool,
}

#[derive(Clone, Debug)]
pub enum Cover {
    Rotation(Rotation),
    /// Of a calendar, sorted by `from`; they may overlap, and all of them hold.
    Shifts(Vec<Shift>),
}

/// People taking turns.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The first turn begins here, on the wall clock of the schedule's zone; before it the layer is empty.
    pub start: civil::DateTime,
    /// The layer is empty from here on.
    pub until: Option<civil::DateTime>,
    pub every: Every,
    pub turns_by: TurnsBy,
    /// Who is on call together, turn by turn; never empty.
    pub turns: Vec<Vec<Arc<str>>>,
    /// The layer covers nothing outside of these; none: it covers all hours.
    pub hours: Vec<HoursRange>,
    /// Only ranges that begin on these days count; none: on any day.
    pub only: Option<Arc<[civil::Date]>>,
    /// Ranges that begin on these days do not count. Sorted, as `only` is.
    pub except: Arc<[civil::Date]>,
}

/// From one hand-off to the next, on the wall clock; the number is at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    Hours(u32),
    Days(u32),
    Weeks(u32),
    /// A day that the month does not have is its last.
    Months(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnsBy {
    /// Every shift is a turn.
    Shift,
    /// A shift in which `hours` cover nothing is nobody's turn: a rotation of weekdays does not turn over the weekend.
    /// Days of `only` and `except` do not count here, so that a holiday moves nobody's turn.
    CoveredShift,
}

/// Somebody's duty as a calendar has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    pub from: Instant,
    pub until: Instant,
    pub people: Vec<Arc<str>>,
}

/// For a while, somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Unique in the team.
    pub id: Arc<str>,
    pub team: Arc<str>,
    pub schedule: Arc<str>,
    pub from: Instant,
    pub until: Instant,
    pub change: OverrideChange,
    pub reason: String,
    /// Who made it.
    pub by: Arc<str>,
    pub made_at: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum OverrideChange {
    /// On call beside those who are.
    Add { people: Vec<Arc<str>> },
    /// Not on call, whatever the layers say.
    Remove { people: Vec<Arc<str>> },
    /// `people` instead of `person`, where that one is on call; instead of everybody if `person` is none.
    Replace { person: Option<Arc<str>>, people: Vec<Arc<str>> },
}

/// The answer of the resolver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// In the order of layers, turns and overrides; nobody twice.
    pub people: Vec<Duty>,
    /// When who is on call changes next, if it does within [`Schedule::HORIZON`].
    pub until: Option<Instant>,
}

/// One person on call, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duty {
    pub person: Arc<str>,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Why {
    Layer { layer: Arc<str> },
    Override { id: Arc<str>, by: Arc<str>, reason: String },
}

/// Who is on call from one change to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    pub from: Instant,
    pub until: Instant,
    pub people: Vec<Duty>,
}

/// Everything that says who is on call: the configuration, and the overrides made at run time.
#[derive(Clone)]
pub struct Roster {
    pub tables: Arc<Tables>,
    /// In the order they were made; those that are over may be among them.
    pub overrides: Vec<Override>,
}

impl Roster {
    /// The overrides of one schedule that were made at run time, in the order they were made.
    pub fn overrides_of(&self, team: &str, schedule: &str) -> Vec<&Override> {
        let of_it = |made: &&Override| *made.team == *team && *made.schedule == *schedule;
        self.overrides.iter().filter(of_it).collect()
    }
}

impl Schedule {
    /// How far ahead the next change is looked for.
    pub const HORIZON: Span = Span::from_secs(400 * 86_400);
}

impl Override {
    pub fn people(&self) -> &[Arc<str>] {
        match &self.change {
            OverrideChange::Add { people }
            | OverrideChange::Remove { people }
            | OverrideChange::Replace { people, .. } => people,
        }
    }
}
