//! What an override made at run time must be, checked before it is made.

use super::{Override, OverrideChange};
use crate::{Instant, OverrideRefusal, Team};
use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

impl Override {
    pub const REASON_CHARACTERS_MAX: usize = 500;
    /// Of a team, made at run time and not over yet.
    pub const OVERRIDES_MAX: usize = 1_000;

    /// Why this override must not be made now; none: it may. `run_time`: the team's overrides that are not in its
    /// routes file, for any of its schedules; those that are over do not matter.
    pub fn refusal(&self, team: &Team, run_time: &[&Self], now: Instant) -> Option<OverrideRefusal> {
        let Some(schedule) = team.schedules.get(&self.schedule) else {
            let known = names(&team.schedules);
            return Some(OverrideRefusal::UnknownSchedule { schedule: self.schedule.clone(), known });
        };
        if let Some(person) = self.named().find(|person| !team.people.contains_key(*person)) {
            return Some(OverrideRefusal::UnknownPerson { person: person.clone(), known: names(&team.people) });
        }
        if self.people().is_empty() {
            return Some(OverrideRefusal::Nobody);
        }
        if self.until <= self.from {
            return Some(OverrideRefusal::EndsBeforeStart);
        }
        if self.until <= now {
            return Some(OverrideRefusal::Over);
        }
        if self.reason.chars().count() > Self::REASON_CHARACTERS_MAX {
            return Some(OverrideRefusal::ReasonTooLong { max: Self::REASON_CHARACTERS_MAX });
        }
        let not_over = || run_time.iter().copied().filter(|made| now < made.until);
        if not_over().count() >= Self::OVERRIDES_MAX {
            return Some(OverrideRefusal::TooMany { max: Self::OVERRIDES_MAX });
        }
        let of_it = not_over().filter(|made| made.schedule == self.schedule);
        let other = schedule.overrides.iter().chain(of_it).find(|other| self.conflicts_with(other))?;
        Some(OverrideRefusal::Overlaps { id: other.id.clone(), from: other.from, until: other.until })
    }

    /// Everybody it names.
    fn named(&self) -> impl Iterator<Item = &Arc<str>> {
        let replaced = match &self.change {
            OverrideChange::Replace { person, .. } => person.as_ref(),
            OverrideChange::Add { .. } | OverrideChange::Remove { .. } => None,
        };
        replaced.into_iter().chain(self.people())
    }

    /// At the same time, and what comes of the two depends on which was first, or looks as if it did. Two that add do not
    /// conflict.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        let both_add =
            matches!((&self.change, &other.change), (OverrideChange::Add { .. }, OverrideChange::Add { .. }));
        !both_add && self.from < other.until && other.from < self.until
    }
}

fn names<T>(of: &BTreeMap<Arc<str>, T>) -> Vec<String> {
    of.keys().map(|name| name.to_string()).collect()
}
