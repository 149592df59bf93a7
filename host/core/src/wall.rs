//! From the wall clock of a zone to instants: the one place that knows what becomes of times which do not exist or
//! exist twice. It reads no clock.

use crate::Instant;
use jiff::{Timestamp, civil, tz::AmbiguousOffset, tz::TimeZone};

/// Of a time that exists twice, the first; of one that does not exist, the first instant after the gap. Never falls as
/// `wall` rises. [`Instant::MAX`] if it is out of the calendar's range.
pub fn first(zone: &TimeZone, wall: civil::DateTime) -> Instant {
    resolve(zone, wall, Twice::First)
}

/// As [`first`], but of a time that exists twice the last.
pub fn last(zone: &TimeZone, wall: civil::DateTime) -> Instant {
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
        // jiff's own answers lie as far before or after the gap as the wall time is into it.
        (AmbiguousOffset::Gap { .. }, _) => ambiguous.earlier().ok().and_then(|before| gap_end(zone, before)),
        (_, Twice::First) => ambiguous.earlier().ok(),
        (_, Twice::Last) => ambiguous.later().ok(),
    };
    resolved.map_or(Instant::MAX, Instant::from_jiff)
}

/// `before`: the wall time read with the offset from after the gap, which is before it.
fn gap_end(zone: &TimeZone, before: Timestamp) -> Option<Timestamp> {
    zone.following(before).next().map(|transition| transition.timestamp())
}
