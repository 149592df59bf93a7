//! A window of the week in a time zone, such as business hours: are we in it, and when does that change?
//!
//! Half-open, on the wall clock: a time that does not exist becomes the first instant after the gap; of an ambiguous
//! one, a start takes the first occurrence and an end the last, so there is overlap and never a hole.

use crate::{Instant, WindowFact};
use alloc::{sync::Arc, vec::Vec};
use jiff::{ToSpan, civil, tz::TimeZone};

#[derive(Clone, Debug)]
pub struct Window {
    pub name: Arc<str>,
    pub zone: TimeZone,
    pub ranges: Vec<HoursRange>,
}

/// From `start` to `end` on each of the days; an end at or before the start is on the next day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursRange {
    /// Monday first.
    pub days: [bool; 7],
    pub start: civil::Time,
    /// None: midnight at the end of the day.
    pub end: Option<civil::Time>,
}

impl Window {
    /// Two weeks ahead: every weekly edge, and a week of gaps, lies within.
    const HORIZON_DAYS: i64 = 15;

    pub fn fact(&self, now: Instant) -> WindowFact {
        let spans = self.spans(now);
        let at = |instant: Instant| spans.iter().any(|(start, end)| *start <= instant && instant < *end);
        let inside = at(now);
        let edges = spans.iter().flat_map(|(start, end)| [*start, *end]);
        let changes_at = edges.filter(|edge| *edge > now && at(*edge) != inside).min();
        WindowFact { name: (*self.name).into(), inside, changes_at }
    }

    /// The spans near `now`, from two days before it.
    fn spans(&self, now: Instant) -> Vec<(Instant, Instant)> {
        let today = self.zone.to_datetime(now.to_jiff()).date();
        let mut spans = Vec::new();
        for offset in -2..Self::HORIZON_DAYS {
            let Ok(date) = today.checked_add(offset.days()) else { continue };
            let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
            for range in self.ranges.iter().filter(|range| range.days[weekday]) {
                let Ok(tomorrow) = date.tomorrow() else { continue };
                let (end_date, end_time) = match range.end {
                    None => (tomorrow, civil::Time::midnight()),
                    Some(end) if end <= range.start => (tomorrow, end),
                    Some(end) => (date, end),
                };
                let start = self.resolve(date.to_datetime(range.start), Edge::Start);
                let end = self.resolve(end_date.to_datetime(end_time), Edge::End);
                spans.push((start, end));
            }
        }
        spans
    }

    fn resolve(&self, wall: civil::DateTime, edge: Edge) -> Instant {
        let ambiguous = self.zone.to_ambiguous_timestamp(wall);
        let resolved = match (ambiguous.offset(), edge) {
            // In a gap, the offset before it applied to the wall time lands as far after the gap as the wall time was into it;
            // the gap's own end is the first instant that exists.
            (jiff::tz::AmbiguousOffset::Gap { .. }, _) => self.gap_end(wall),
            (_, Edge::Start) => ambiguous.earlier().ok(),
            (_, Edge::End) => ambiguous.later().ok(),
        };
        resolved.map_or(Instant::MAX, Instant::from_jiff)
    }

    fn gap_end(&self, wall: civil::DateTime) -> Option<jiff::Timestamp> {
        let before = self.zone.to_ambiguous_timestamp(wall).earlier().ok()?;
        // `earlier` of a gap lies before the transition; the next transition after it is the gap's end.
        self.zone.following(before).next().map(|transition| transition.timestamp())
    }
}

#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}
