//! From the wall clock of a zone to instants: the one place that knows what becomes of times which do not exist or
//! exist twice. It reads no clock.

use crate::Instant;
use jiff::{Timestamp, civil, tz::AmbiguousOffset, tz::TimeZone};

/// Of a time that exists twice, the first; of one that does not exist, the first instant after the gap. Never falls as
/// `wall` rises. [`Instant::MAX`] if it is out of the calendar's range.
pub(crate) fn first(zone: &TimeZone, wall: civil::DateTime) -> Instant {
    resolve(zone, wall, Twice::First)
}

/// As [`first`], but of a time that exists twice the last.
pub(crate) fn last(zone: &TimeZone, wall: civil::DateTime) -> Instant {
    resolve(zone, wall, Twice::Last)
}

#[derive(Clone, Copy)]
enum Twice {
    First,
    Last,
}

fn resolve(zone: &TimeZone, wall: civil::DateTime, twice: Twice) -> Instant {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    let resolved = match (ambiguous.offset(), twice) {
        // In a gap, the offset before it applied to the wall time lands as far after the gap as the wall time was into it;
        // the gap's own end is the first instant that exists.
        (AmbiguousOffset::Gap { .. }, _) => gap_end(zone, wall),
        (_, Twice::First) => ambiguous.earlier().ok(),
        (_, Twice::Last) => ambiguous.later().ok(),
    };
    resolved.map_or(Instant::MAX, Instant::from_jiff)
}

fn gap_end(zone: &TimeZone, wall: civil::DateTime) -> Option<Timestamp> {
    // `earlier` of a gap lies before the transition; the next transition after it is the gap's end.
    let before = zone.to_ambiguous_timestamp(wall).earlier().ok()?;
    zone.following(before).next().map(|transition| transition.timestamp())
}
