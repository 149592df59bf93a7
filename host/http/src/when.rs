//! Times as people write them, and as they are shown. Pure.
//!
//! RFC 3339 says its offset. A time without one is on the wall clock of a schedule's zone: one that does not exist is the
//! first instant after the gap; of one that comes twice a start is the first and an end is the last.

use crate::problem::Problem;
use bellwire_core::{Instant, Span, wall};
use jiff::{Timestamp, civil, tz::TimeZone};

/// Which of the two, where a wall clock shows a time twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Start,
    End,
}

/// No time that is meant is longer.
const TEXT_MAX: usize = 64;

/// RFC 3339.
pub(crate) fn instant(field: &str, text: &str) -> Result<Instant, Problem> {
    let parsed = timestamp(text)?;
    parsed.ok_or_else(|| wrong(field, text, "a time of RFC 3339, such as 2026-11-21T09:00:00Z"))
}

/// RFC 3339, or on the wall clock of `zone`.
pub(crate) fn instant_in(field: &str, text: &str, zone: &TimeZone, edge: Edge) -> Result<Instant, Problem> {
    if let Some(instant) = timestamp(text)? {
        return Ok(instant);
    }
    // A zone in brackets would be read over, and the time be another than was meant.
    let wall = (text.len() <= TEXT_MAX && !text.contains(['[', 'Z', 'z', '+'])).then(|| text.trim().parse());
    let Some(Ok::<civil::DateTime, _>(wall)) = wall else {
        let expected = "a time of RFC 3339, such as 2026-11-21T09:00:00+01:00, \
            or one on the schedule's wall clock, such as 2026-11-21T09:00";
        return Err(wrong(field, text, expected));
    };
    let instant = match edge {
        Edge::Start => wall::first(zone, wall),
        Edge::End => wall::last(zone, wall),
    };
    if wall.year() < 1970 || instant == Instant::MAX { Err(out_of_range(text)) } else { Ok(instant) }
}

/// `1h`, `90m`, `1h 30m`.
pub(crate) fn span(field: &str, text: &str) -> Result<Span, Problem> {
    let parsed = (text.len() <= TEXT_MAX).then(|| humantime::parse_duration(text));
    let Some(Ok(duration)) = parsed else { return Err(wrong(field, text, "a length of time, such as 1h or 90m")) };
    Ok(Span::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
}

/// RFC 3339 with the offset that the zone has then, so that it can be read as a wall clock.
pub(crate) fn shown(instant: Instant, zone: &TimeZone) -> String {
    let timestamp = to_jiff(instant);
    timestamp.display_with_offset(zone.to_offset(timestamp)).to_string()
}

/// What the wall clock of `zone` shows then: `2026-11-21 09:00`.
pub(crate) fn clock(instant: Instant, zone: &TimeZone) -> String {
    to_jiff(instant).to_zoned(zone.clone()).strftime("%F %R").to_string()
}

/// An instant of the API as people read it: `2026-11-21T03:12:00.123Z` is `2026-11-21 03:12:00 UTC`.
pub(crate) fn readable(instant: &str) -> String {
    instant.get(..19).map_or_else(|| instant.to_owned(), |second| format!("{} UTC", second.replace('T', " ")))
}

pub(crate) fn to_jiff(instant: Instant) -> Timestamp {
    let millis = i64::try_from(instant.as_millis()).ok();
    millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or(Timestamp::MAX)
}

/// None: it is not of RFC 3339.
fn timestamp(text: &str) -> Result<Option<Instant>, Problem> {
    if text.len() > TEXT_MAX {
        return Ok(None);
    }
    let Ok(timestamp) = text.trim().parse::<Timestamp>() else { return Ok(None) };
    let millis = u64::try_from(timestamp.as_millisecond()).map_err(|_| out_of_range(text))?;
    Ok(Some(Instant::from_millis(millis)))
}

fn wrong(field: &str, text: &str, expected: &str) -> Problem {
    Problem::bad(format!("{field} must be {expected}; it is {:?}", echo(text))).with_code(601)
}

fn out_of_range(text: &str) -> Problem {
    Problem::bad(format!("{:?} is out of range: times here are from 1970 to 9999", echo(text))).with_code(601)
}

fn echo(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC)
    }

    #[track_caller]
    fn check(text: &str, edge: Edge, expected: &str) {
        let read = instant_in("from", text, &berlin(), edge).map(|instant| instant.to_string());
        assert_eq!(read.unwrap_or_else(|_| "refused".into()), expected, "{text}");
    }

    #[test]
    fn a_time_without_an_offset_is_on_the_schedules_wall_clock() {
        check("2026-11-21T09:00:00Z", Edge::Start, "2026-11-21T09:00:00Z");
        check("2026-11-21T09:00:00+02:00", Edge::Start, "2026-11-21T07:00:00Z");
        check("2026-11-21T09:00", Edge::Start, "2026-11-21T08:00:00Z");
        check("2026-11-21 09:00:30", Edge::Start, "2026-11-21T08:00:30Z");
        check("2026-11-21", Edge::End, "2026-11-20T23:00:00Z");
        for text in ["", "soon", "2026-11-21T25:00", "2026-02-29T09:00", "09:00", "2026-11-21T09:00[Asia/Tokyo]"] {
            check(text, Edge::Start, "refused");
        }
        check("1969-12-31T23:59:59Z", Edge::Start, "refused");
        check(&"2".repeat(10_000), Edge::Start, "refused");
    }

    #[test]
    fn what_comes_twice_or_never_leaves_no_hole() {
        check("2026-10-25T02:30", Edge::Start, "2026-10-25T00:30:00Z");
        check("2026-10-25T02:30", Edge::End, "2026-10-25T01:30:00Z");
        check("2026-03-29T02:30", Edge::Start, "2026-03-29T01:00:00Z");
        check("2026-03-29T02:30", Edge::End, "2026-03-29T01:00:00Z");
    }

    #[test]
    fn is_shown_on_the_wall_clock_with_its_offset() {
        let summer = Instant::from_millis(1_751_274_000_000);
        assert_eq!(shown(summer, &berlin()), "2025-06-30T11:00:00+02:00");
        assert!(shown(Instant::MAX, &berlin()).starts_with("9999-12-30"));
    }
}
