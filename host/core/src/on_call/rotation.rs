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
use core::{iter, slice};
use jiff::{SignedDuration, civil};

const WEEK_HOURS: i64 = 7 * 24;
const WEEK_SECONDS: i64 = WEEK_HOURS * 3_600;
const DAY_SECONDS: i64 = 86_400;

/// What `only` and `except` choose from where no hours are given.
const WHOLE_DAYS: HoursRange = HoursRange { days: [true; 7], start: civil::Time::midnight(), end: None };

/// How far ahead hours that begin are looked for at once.
const AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Of a shift, on the wall clock.
#[derive(Clone, Copy)]
enum Length {
    Hours(i64),
    Months(i64),
}

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
        let length = self.every.length();
        let mut shift = length.count(self.start, at.wall).max(0);
        let hand_off_after = |shift: i64| {
            let wall = length.after(self.start, shift.saturating_add(1));
            wall.map_or(Instant::MAX, |wall| wall::first(at.zone, wall))
        };
        let mut until = hand_off_after(shift);
        // Where an hour comes twice, the clock falls back behind hand-offs that have been; and a shift may fall into a gap.
        while until <= at.now && until < Instant::MAX {
            shift += 1;
            until = hand_off_after(shift);
        }
        Turn { people: self.people_of(shift), until }
    }

    fn people_of(&self, shift: i64) -> &[Arc<str>] {
        let number = match self.turns_by {
            TurnsBy::Shift => shift,
            // One that is not covered goes to whoever was on before: an hour that comes twice may still fall into it.
            TurnsBy::CoveredShift => self.covered_until(shift).saturating_sub(1),
        };
        let turn = usize::try_from(number).unwrap_or(0).checked_rem(self.turns.len()).unwrap_or(0);
        self.turns.get(turn).map_or(&[], Vec::as_slice)
    }

    /// How many shifts the hours cover something of, from the first up to and with this one.
    fn covered_until(&self, shift: i64) -> i64 {
        let count = shift.saturating_add(1);
        let length = match self.every.length() {
            Length::Hours(length) if !self.hours.is_empty() => length,
            Length::Hours(_) | Length::Months(_) => return count,
        };
        // The week's hours meet the shifts in the same way again after this many.
        let period = WEEK_HOURS / greatest_common_divisor(length, WEEK_HOURS);
        let covered =
            |shifts: i64| (0..shifts).map(|number| i64::from(self.covers_some_of(number, length))).sum::<i64>();
        (count / period).saturating_mul(covered(period)).saturating_add(covered(count % period))
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
            let mut days = (0_i64..).zip(range.days).filter(|(_, begins)| *begins);
            let (start, end) = (second_of_day(range.start), range.end.map_or(DAY_SECONDS, second_of_day));
            let range_length = if end <= start { end + DAY_SECONDS - start } else { end - start };
            days.any(|(day, _)| overlaps(day * DAY_SECONDS + start, range_length))
        })
    }

    fn hours_at(&self, at: &At<'_>) -> Hours {
        if self.hours.is_empty() && self.only.is_none() && self.except.is_empty() {
            return Hours::Covered { until: Instant::MAX };
        }
        let ranges = if self.hours.is_empty() { slice::from_ref(&WHOLE_DAYS) } else { &self.hours };
        let of_day = |date: civil::Date| match self.except.binary_search(&date) {
            Ok(_) => None,
            Err(_) => hours_from(ranges, date, at),
        };
        let today = at.wall.date();
        // What began two days ago may still last where a day comes in part twice.
        let first = today.yesterday().and_then(civil::Date::yesterday).unwrap_or(today);
        if let Some(only) = &self.only {
            let mut days = only[only.partition_point(|date| *date < first)..].iter().copied();
            return days.find_map(of_day).unwrap_or(Hours::Uncovered { until: Instant::MAX });
        }
        let last = today.checked_add(AHEAD).unwrap_or(civil::Date::MAX);
        let mut days = iter::successors(Some(first), |date| date.tomorrow().ok()).take_while(|date| *date <= last);
        days.find_map(of_day).unwrap_or_else(|| Hours::Uncovered {
            until: wall::first(at.zone, last.to_datetime(civil::Time::midnight())),
        })
    }
}

/// None: no range that begins on the day covers the instant or begins after it. Asked day by day, the first answer will
/// do: no range of a later day begins earlier than those of this one.
fn hours_from(ranges: &[HoursRange], date: civil::Date, at: &At<'_>) -> Option<Hours> {
    let (mut covered_until, mut begins) = (None, Instant::MAX);
    for range in ranges.iter().filter(|range| range.begins_on(date)) {
        let (start, end) = range.span(date, at.zone)?;
        if at.now < start {
            begins = begins.min(start);
        } else if at.now < end {
            covered_until = covered_until.max(Some(end));
        }
    }
    match covered_until {
        Some(until) => Some(Hours::Covered { until }),
        None => (begins < Instant::MAX).then_some(Hours::Uncovered { until: begins }),
    }
}

impl Every {
    fn length(self) -> Length {
        match self {
            Self::Hours(hours) => Length::Hours(i64::from(hours.max(1))),
            Self::Days(days) => Length::Hours(i64::from(days.max(1)) * 24),
            Self::Weeks(weeks) => Length::Hours(i64::from(weeks.max(1)) * WEEK_HOURS),
            Self::Months(months) => Length::Months(i64::from(months.max(1))),
        }
    }
}

impl Length {
    /// How many whole ones the wall clock shows since `start`; negative before it.
    fn count(self, start: civil::DateTime, wall: civil::DateTime) -> i64 {
        match self {
            Self::Hours(hours) => wall.duration_since(start).as_secs().div_euclid(hours * 3_600),
            Self::Months(months) => {
                let month_of = |wall: civil::DateTime| i64::from(wall.year()) * 12 + i64::from(wall.month());
                let count = (month_of(wall) - month_of(start)).div_euclid(months);
                let is_ahead = self.after(start, count).is_none_or(|begins| wall < begins);
                if is_ahead { count - 1 } else { count }
            }
        }
    }

    /// The wall time `count` of these after `start`. None: out of the calendar.
    fn after(self, start: civil::DateTime, count: i64) -> Option<civil::DateTime> {
        match self {
            Self::Hours(hours) => {
                let seconds = count.checked_mul(hours * 3_600)?;
                start.checked_add(SignedDuration::from_secs(seconds)).ok()
            }
            // Always from the start, so that a short month does not shorten those after it.
            Self::Months(months) => {
                start.checked_add(jiff::Span::new().try_months(count.checked_mul(months)?).ok()?).ok()
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
