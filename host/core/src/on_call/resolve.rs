//! The resolver: who is on call at an instant, and until when that is surely so.
//!
//! [`Schedule::moment`] is the only code that combines layers and overrides. An expansion is its answers one after
//! another, so an instant and a calendar cannot differ.

use super::{Cover, Duty, Layer, Override, OverrideChange, Schedule, Shift, Standing, Why};
use crate::Instant;
use alloc::{sync::Arc, vec::Vec};
use jiff::{civil, tz::TimeZone};

/// An instant, and what the schedule's wall clock shows then.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub now: Instant,
    pub wall: civil::DateTime,
    pub zone: &'a TimeZone,
}

/// Whom a layer puts on call at an instant.
#[derive(Default)]
pub(super) struct Covering<'a> {
    pub people: Vec<&'a Arc<str>>,
    /// Always later than the instant, and never later than the next change.
    pub until: Instant,
}

/// Who is on call at an instant.
#[derive(Default)]
pub(super) struct Moment<'a> {
    pub holders: Vec<Holder<'a>>,
    /// Always later than the instant, and never later than the next change; the people may well stay the same at it.
    pub until: Instant,
}

/// A [`Duty`] not yet copied.
#[derive(Clone, Copy)]
pub(super) struct Holder<'a> {
    pub person: &'a Arc<str>,
    pub source: Source<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Layer(&'a Layer),
    Override(&'a Override),
}

impl Schedule {
    /// Who is on call at `now`, why, and until when. `run_time`: the overrides of this schedule that are not in the
    /// routes file, in the order they were made.
    ///
    /// Looking for the next change may take as many steps as the schedule has hand-offs and edges of hours before it;
    /// who only pages asks [`Schedule::who`].
    pub fn on_call(&self, now: Instant, run_time: &[&Override]) -> Standing {
        let current = self.moment(now, run_time);
        let horizon = now.saturating_add(Self::HORIZON);
        let mut until = current.until;
        while until <= horizon && until < Instant::MAX {
            let next = self.moment(until, run_time);
            if !same_people(&current.holders, &next.holders) {
                return Standing { people: current.duties(), until: Some(until) };
            }
            until = next.until;
        }
        Standing { people: current.duties(), until: None }
    }

    /// Who is on call at `now`, and why: [`Schedule::on_call`] without the search for the next change.
    pub fn who(&self, now: Instant, run_time: &[&Override]) -> Vec<Duty> {
        self.moment(now, run_time).duties()
    }

    pub(super) fn moment<'a>(&'a self, now: Instant, run_time: &[&'a Override]) -> Moment<'a> {
        let at = At { now, wall: self.zone.to_datetime(now.to_jiff()), zone: &self.zone };
        let mut moment = self.layers_at(&at);
        for change in self.overrides.iter().chain(run_time.iter().copied()) {
            if now < change.from {
                moment.until = moment.until.min(change.from);
            } else if now < change.until {
                moment.until = moment.until.min(change.until);
                moment.apply(change);
            }
        }
        moment
    }

    fn layers_at(&self, at: &At<'_>) -> Moment<'_> {
        let mut seen = Vec::with_capacity(self.layers.len());
        let mut until = Instant::MAX;
        // From the top down to the first that hides those below; when they change does not matter then.
        for layer in self.layers.iter().rev() {
            let covering = layer.cover.at(at);
            until = until.min(covering.until);
            let covers = !covering.people.is_empty();
            seen.push((layer, covering.people));
            if covers && !layer.adds {
                break;
            }
        }
        let mut moment = Moment { holders: Vec::new(), until };
        for (layer, people) in seen.into_iter().rev() {
            moment.add(people, Source::Layer(layer));
        }
        moment
    }
}

impl<'a> Moment<'a> {
    pub(super) fn duties(&self) -> Vec<Duty> {
        self.holders.iter().map(Holder::duty).collect()
    }

    fn apply(&mut self, change: &'a Override) {
        match &change.change {
            OverrideChange::Add { people } => self.add(people, Source::Override(change)),
            OverrideChange::Remove { people } => self.holders.retain(|holder| !people.contains(holder.person)),
            OverrideChange::Replace { person: None, people } => {
                self.holders.clear();
                self.add(people, Source::Override(change));
            }
            OverrideChange::Replace { person: Some(person), people } => {
                let Some(place) = self.holders.iter().position(|holder| holder.person == person) else { return };
                // The others keep their order, and those who come in stand where the one stood.
                let after = self.holders.split_off(place);
                let mut rest = after.into_iter().skip(1).collect::<Vec<_>>();
                let new = people.iter().filter(|person| !rest.iter().any(|holder| holder.person == *person));
                self.add(new, Source::Override(change));
                self.holders.append(&mut rest);
            }
        }
    }

    /// Nobody twice: who is on call already stays so for the first reason.
    fn add(&mut self, people: impl IntoIterator<Item = &'a Arc<str>>, source: Source<'a>) {
        for person in people {
            if !self.holders.iter().any(|holder| holder.person == person) {
                self.holders.push(Holder { person, source });
            }
        }
    }
}

impl Holder<'_> {
    fn duty(&self) -> Duty {
        let why = match self.source {
            Source::Layer(layer) => Why::Layer { layer: layer.name.clone() },
            Source::Override(made) => {
                Why::Override { id: made.id.clone(), by: made.by.clone(), reason: made.reason.clone() }
            }
        };
        Duty { person: self.person.clone(), why }
    }
}

impl PartialEq for Holder<'_> {
    fn eq(&self, other: &Self) -> bool {
        let same_source = match (self.source, other.source) {
            (Source::Layer(one), Source::Layer(other)) => core::ptr::eq(one, other),
            (Source::Override(one), Source::Override(other)) => core::ptr::eq(one, other),
            (Source::Layer(_), Source::Override(_)) | (Source::Override(_), Source::Layer(_)) => false,
        };
        same_source && self.person == other.person
    }
}

impl Cover {
    fn at(&self, at: &At<'_>) -> Covering<'_> {
        match self {
            Self::Rotation(rotation) => rotation.at(at),
            Self::Shifts(shifts) => shifts_at(shifts, at.now),
        }
    }
}

fn shifts_at(shifts: &[Shift], now: Instant) -> Covering<'_> {
    let (begun, later) = shifts.split_at(shifts.partition_point(|shift| shift.from <= now));
    let mut covering = Covering { people: Vec::new(), until: later.first().map_or(Instant::MAX, |shift| shift.from) };
    for shift in begun.iter().filter(|shift| now < shift.until) {
        covering.until = covering.until.min(shift.until);
        covering.people.extend(&shift.people);
    }
    covering
}

/// Whatever their order and their reasons; nobody is in either twice.
fn same_people(one: &[Holder<'_>], other: &[Holder<'_>]) -> bool {
    let has = |holder: &Holder<'_>| other.iter().any(|known| known.person == holder.person);
    one.len() == other.len() && one.iter().all(has)
}
