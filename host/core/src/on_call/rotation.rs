//! A rotation at an instant: whose turn it is, and whether its hours cover the instant.
//!
//! Shifts are numbered from the start; the number of an instant's shift is arithmetic on the wall clock and never a
//! walk, so that a rotation is as cheap after decades as on its first day.

use super::{
    Every, Rotation, TurnsBy,
    resolve::{At, Covering},
};
use crate::{HoursRange, Instant, wall};
use alloc::{sync::Arc, vec::Vec};
use jiff::{SignedDuration, civil};

const WEEK_HOURS: i64 = 7 * 24;
const WEEK_SECONDS: i64 = WEEK_HOURS * 3_600;
const DAY_SECONDS: i64 = 86_400;

/// What `only` and `except` choose from where no hours are given.
const WHOLE_DAYS: HoursRange = HoursRange { days: [true; 7], start: civil::Time::midnight(), end: None };

/// For how many days ahead hours that begin are looked for at once.
const AHEAD: usize = 400;

/// Whether an instant is within the hours; either is so at least until then.
enum Hours {
    Covered { until: Instant },
    Uncovered { until: Instant },
}

/// From one hand-off to the next.
struct Turn<'a> {
    people: &'a [Arc<str>],
    until: Instant,
}

impl Rotation {
    pub(super) fn at(&self, at: &At<'_>) -> Covering<'_> {
        let nobody = |until| Covering { people: Vec::new(), until };
        // The start's instant need not be known where the wall clock is past it: it never falls as the wall clock rises.
        if at.wall < self.start {
            let begins = wall::first(at.zone, self.start);
            if at.now < begins {
                return nobody(begins);
            }
        }
        let ends = self.until.map_or(Instant::MAX, |until| wall::first(at.zone, until));
        if ends <= at.now {
            return nobody(Instant::MAX);
        }
        match self.hours_at(at) {
            Hours::Uncovered { until } => nobody(until),
            Hours::Covered { until } => {
                let turn = self.turn_at(at);
                Covering { people: turn.people.iter().collect(), until: until.min(ends).min(turn.until) }
            }
        }
    }

    fn turn_at(&self, at: &At<'_>) -> Turn<'_> {
        if let [people] = self.turns.as_slice() {
            return Turn { people, until: Instant::MAX };
        }
        let mut shift = self.every.shifts_between(self.start, at.wall).max(0);
        // Where an hour comes twice, the wall clock falls back behind hand-offs that have been.
        let until = loop {
            match self.every.after(self.start, shift.saturating_add(1)).map(|wall| wall::first(at.zone, wall)) {
                Some(hand_off) if hand_off <= at.now && hand_off < Instant::MAX => shift += 1,
                Some(hand_off) => break hand_off,
                None => break Instant::MAX,
            }
        };
        let people = usize::try_from(self.turn_of(shift)).ok().and_then(|turn| self.turns.get(turn));
        Turn { people: people.map_or(&[], Vec::as_slice), until }
    }

    /// Index into `turns`.
    fn turn_of(&self, shift: i64) -> i64 {
        let number = match self.turns_by {
            TurnsBy::Shift => shift,
            // One that is not covered goes to whoever was on before: an hour that comes twice may still fall into it.
            TurnsBy::CoveredShift => self.covered_until(shift).saturating_sub(1).max(0),
        };
        number.checked_rem(i64::try_from(self.turns.len()).unwrap_or(i64::MAX)).unwrap_or(0)
    }

    /// How many shifts the hours cover something of, from the first up to and with this one.
    fn covered_until(&self, shift: i64) -> i64 {
        let count = shift.saturating_add(1);
        let Some(length) = self.every.hours() else { return count };
        if self.hours.is_empty() {
            return count;
        }
        // The week's hours meet the shifts in the same way again after this many.
        let period = WEEK_HOURS / greatest_common_divisor(length, WEEK_HOURS);
        let (mut in_period, mut in_rest) = (0, 0);
        for number in 0..period {
            if self.covers_some_of(number, length) {
                in_period += 1;
                in_rest += i64::from(number < count % period);
            }
        }
        (count / period).saturating_mul(in_period).saturating_add(in_rest)
    }

    /// Whether the hours cover anything of the shift, as an ordinary week has them.
    fn covers_some_of(&self, shift: i64, length_hours: i64) -> bool {
        let length = length_hours.saturating_mul(3_600);
        let begin = second_of_week(self.start.date(), self.start.time()).saturating_add(shift.saturating_mul(length));
        let overlaps = |range_begin: i64, range_length: i64| {
            (range_begin - begin).rem_euclid(WEEK_SECONDS) < length
                || (begin - range_begin).rem_euclid(WEEK_SECONDS) < range_length
        };
        self.hours.iter().any(|range| {
            let days = (0_i64..).zip(range.days).filter(|(_, begins)| *begins);
            let (start, end) = (second_of_day(range.start), range.end.map_or(DAY_SECONDS, second_of_day));
            let range_length = if end <= start { end + DAY_SECONDS - start } else { end - start };
            days.into_iter().any(|(day, _)| overlaps(day * DAY_SECONDS + start, range_length))
        })
    }

    fn hours_at(&self, at: &At<'_>) -> Hours {
        if self.hours.is_empty() && self.only.is_none() && self.except.is_empty() {
            return Hours::Covered { until: Instant::MAX };
        }
        let today = at.wall.date();
        // What began two days ago may still last where a day comes in part twice.
        let first = today.yesterday().and_then(civil::Date::yesterday).unwrap_or(today);
        match &self.only {
            Some(only) => {
                let from = only.partition_point(|date| *date < first);
                self.hours_on(at, only.iter().skip(from).copied()).unwrap_or(Hours::Uncovered { until: Instant::MAX })
            }
            None => self.hours_on(at, first.series(jiff::Span::new().days(1)).take(AHEAD)).unwrap_or_else(|| {
                let scanned = first.checked_add(SignedDuration::from_hours(24 * (AHEAD as i64 - 2)));
                let until = scanned
                    .map_or(Instant::MAX, |date| wall::first(at.zone, date.to_datetime(civil::Time::midnight())));
                Hours::Uncovered { until }
            }),
        }
    }

    /// None: no range on these days covers the instant or begins after it.
    fn hours_on(&self, at: &At<'_>, dates: impl Iterator<Item = civil::Date>) -> Option<Hours> {
        let tomorrow = at.wall.date().tomorrow().unwrap_or(civil::Date::MAX);
        let ranges = if self.hours.is_empty() { core::slice::from_ref(&WHOLE_DAYS) } else { &self.hours };
        let (mut covered_until, mut next) = (None, None);
        for date in dates.filter(|date| self.except.binary_search(date).is_err()) {
            if date > tomorrow && (covered_until.is_some() || next.is_some()) {
                break;
            }
            for range in ranges.iter().filter(|range| range.begins_on(date)) {
                let Some((start, end)) = range.span(date, at.zone) else { continue };
                if at.now < start {
                    next = Some(next.map_or(start, |next: Instant| next.min(start)));
                } else if at.now < end {
                    covered_until = covered_until.max(Some(end));
                }
            }
        }
        let covered = covered_until.map(|until| Hours::Covered { until });
        covered.or_else(|| next.map(|until| Hours::Uncovered { until }))
    }
}

impl Every {
    /// None: as many as the months have.
    fn hours(self) -> Option<i64> {
        match self {
            Self::Hours(hours) => Some(i64::from(hours.max(1))),
            Self::Days(days) => Some(i64::from(days.max(1)) * 24),
            Self::Weeks(weeks) => Some(i64::from(weeks.max(1)) * WEEK_HOURS),
            Self::Months(_) => None,
        }
    }

    /// How many whole ones the wall clock shows since `start`; negative before it.
    fn shifts_between(self, start: civil::DateTime, wall: civil::DateTime) -> i64 {
        match self {
            Self::Hours(_) | Self::Days(_) | Self::Weeks(_) => {
                let length = self.hours().unwrap_or(1).saturating_mul(3_600);
                wall.duration_since(start).as_secs().div_euclid(length)
            }
            Self::Months(months) => {
                let month_of = |wall: civil::DateTime| i64::from(wall.year()) * 12 + i64::from(wall.month());
                let shift = (month_of(wall) - month_of(start)).div_euclid(i64::from(months.max(1)));
                let ahead = self.after(start, shift).is_none_or(|begins| wall < begins);
                if ahead { shift - 1 } else { shift }
            }
        }
    }

    /// The wall time `count` of these after `start`. None: out of the calendar.
    fn after(self, start: civil::DateTime, count: i64) -> Option<civil::DateTime> {
        match self {
            Self::Hours(_) | Self::Days(_) | Self::Weeks(_) => {
                let seconds = self.hours()?.checked_mul(3_600)?.checked_mul(count)?;
                start.checked_add(SignedDuration::from_secs(seconds)).ok()
            }
            // Always from the start, so that a short month does not shorten those after it.
            Self::Months(months) => {
                let months = i64::from(months.max(1)).checked_mul(count)?;
                start.checked_add(jiff::Span::new().try_months(months).ok()?).ok()
            }
        }
    }
}

fn second_of_day(time: civil::Time) -> i64 {
    time.duration_since(civil::Time::midnight()).as_secs()
}

fn second_of_week(date: civil::Date, time: civil::Time) -> i64 {
    i64::from(date.weekday().to_monday_zero_offset()) * DAY_SECONDS + second_of_day(time)
}

fn greatest_common_divisor(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}
