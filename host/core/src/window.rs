//! A window of the week in a time zone, such as business hours: are we in it, and when does that change?
//!
//! Half-open, on the wall clock: a time that does not exist becomes the first instant after the gap; of an ambiguous
//! one, a start takes the first occurrence and an end the last, so there is overlap and never a hole.

use crate::{Instant, Span, WindowFact, wall};
use alloc::{sync::Arc, vec::Vec};
use jiff::{ToSpan, civil, tz::TimeZone};

#[derive(Clone, Debug)]
pub struct Window {
    pub name: Arc<str>,
    pub zone: TimeZone,
    pub ranges: Vec<HoursRange>,
    /// Only ranges that begin on these days count; none: on any day. Sorted, as `except` is.
    pub only: Option<Arc<[civil::Date]>>,
    /// Ranges that begin on these days do not count.
    pub except: Arc<[civil::Date]>,
    /// When it is open once, beside `ranges`.
    pub once: Vec<(Instant, Instant)>,
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
    /// Every weekly edge lies within, even where one week's falls into a gap. What does not change by then never does.
    const HORIZON_DAYS: usize = 15;
    /// Before today, and behind the horizon: so that no edge is one only because the days end there.
    const MARGIN_DAYS: usize = 2;

    pub fn fact(&self, now: Instant) -> WindowFact {
        let spans = self.spans(now);
        let at =
            |instant: Instant| spans.iter().chain(&self.once).any(|(start, end)| *start <= instant && instant < *end);
        let inside = at(now);
        let horizon = now.saturating_add(Span::from_secs(self.horizon_days() as u64 * 86_400));
        let edges = spans.iter().flat_map(|(start, end)| [*start, *end]);
        let edges = edges.filter(|edge| *edge <= horizon || self.only.is_some());
        let edges = edges.chain(self.once.iter().flat_map(|(start, end)| [*start, *end]));
        let changes_at = edges.filter(|edge| *edge > now && at(*edge) != inside).min();
        WindowFact { name: (*self.name).into(), inside, changes_at }
    }

    /// Those of the ranges near `now`.
    fn spans(&self, now: Instant) -> Vec<(Instant, Instant)> {
        let today = self.zone.to_datetime(now.to_jiff()).date();
        let mut spans = Vec::new();
        let first = today.checked_sub((Self::MARGIN_DAYS as i64).days()).unwrap_or(today);
        for date in self.dates(first).filter(|date| self.except.binary_search(date).is_err()) {
            let ranges = self.ranges.iter().filter(|range| range.begins_on(date));
            spans.extend(ranges.filter_map(|range| range.span(date, &self.zone)));
        }
        spans
    }

    /// The days on which ranges may begin, from `first` on: all that there are of `only`, else up to behind the horizon.
    fn dates(&self, first: civil::Date) -> impl Iterator<Item = civil::Date> {
        let only = self.only.as_ref().map(|only| {
            let from = only.partition_point(|date| *date < first);
            only.iter().skip(from).copied()
        });
        let count = if only.is_some() { 0 } else { self.horizon_days() + 2 * Self::MARGIN_DAYS };
        only.into_iter().flatten().chain(first.series(1.day()).take(count))
    }

    /// Days that do not count put off what would have changed on them.
    fn horizon_days(&self) -> usize {
        Self::HORIZON_DAYS + self.except.len()
    }
}

impl HoursRange {
    pub(crate) fn begins_on(&self, date: civil::Date) -> bool {
        self.days[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())]
    }

    /// The span that begins on `date`; it is empty where the whole of it falls into a gap. None at the calendar's end.
    pub(crate) fn span(&self, date: civil::Date, zone: &TimeZone) -> Option<(Instant, Instant)> {
        let (end_date, end_time) = match self.end {
            None => (date.tomorrow().ok()?, civil::Time::midnight()),
            Some(end) if end <= self.start => (date.tomorrow().ok()?, end),
            Some(end) => (date, end),
        };
        let start = wall::first(zone, date.to_datetime(self.start));
        let end = wall::last(zone, end_date.to_datetime(end_time));
        Some((start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String, vec};
    use std::string::ToString;

    const MONDAY_TO_FRIDAY: [bool; 7] = [true, true, true, true, true, false, false];
    const EVERY_DAY: [bool; 7] = [true; 7];

    /// `start` and `end` as `HH:MM`; an `end` of `24:00` is the end of the day.
    fn window(zone: &str, days: [bool; 7], start: &str, end: &str) -> Window {
        let end = (end != "24:00").then(|| end.parse().unwrap());
        let ranges = vec![HoursRange { days, start: start.parse().unwrap(), end }];
        let zone = TimeZone::get(zone).unwrap();
        Window { name: "window".into(), zone, ranges, only: None, except: [].into(), once: Vec::new() }
    }

    /// Where we are at `now`, and until when, on the wall of the window's zone.
    fn story(window: &Window, now: &str) -> String {
        let now: jiff::Timestamp = now.parse().unwrap();
        let WindowFact { inside, changes_at, .. } = window.fact(Instant::from_jiff(now));
        let changes_at =
            changes_at.map(|at| at.to_jiff().to_zoned(window.zone.clone()).strftime("%a %F %R%:z").to_string());
        format!("{} until {}", if inside { "in" } else { "out" }, changes_at.unwrap_or("ever".into()))
    }

    #[track_caller]
    fn check(window: &Window, cases: &[(&str, &str)]) {
        for (now, expected) in cases {
            assert_eq!(story(window, now), *expected, "at {now}");
        }
    }

    #[test]
    fn business_hours_over_a_weekend() {
        check(
            &window("Europe/Berlin", MONDAY_TO_FRIDAY, "09:00", "17:00"),
            &[
                ("2026-11-20T07:59:59Z", "out until Fri 2026-11-20 09:00+01:00"),
                ("2026-11-20T08:00:00Z", "in until Fri 2026-11-20 17:00+01:00"),
                ("2026-11-20T15:59:59Z", "in until Fri 2026-11-20 17:00+01:00"),
                ("2026-11-20T16:00:00Z", "out until Mon 2026-11-23 09:00+01:00"),
            ],
        );
    }

    #[test]
    fn nights_wrap_midnight_and_the_week() {
        let mut only_sunday = [false; 7];
        only_sunday[6] = true;
        check(
            &window("UTC", only_sunday, "22:00", "06:00"),
            &[
                ("2026-11-22T21:00:00Z", "out until Sun 2026-11-22 22:00+00:00"),
                ("2026-11-22T23:00:00Z", "in until Mon 2026-11-23 06:00+00:00"),
                ("2026-11-23T05:59:00Z", "in until Mon 2026-11-23 06:00+00:00"),
                ("2026-11-23T06:00:00Z", "out until Sun 2026-11-29 22:00+00:00"),
            ],
        );
    }

    #[test]
    fn whole_days_have_no_hole_between_them() {
        check(
            &window("America/New_York", EVERY_DAY, "00:00", "24:00"),
            &[("2026-03-08T06:59:00Z", "in until ever"), ("2026-11-01T05:30:00Z", "in until ever")],
        );
        check(
            &window("America/New_York", MONDAY_TO_FRIDAY, "00:00", "24:00"),
            &[("2026-11-18T12:00:00Z", "in until Sat 2026-11-21 00:00-05:00")],
        );
        let never = Window { ranges: Vec::new(), ..window("UTC", EVERY_DAY, "00:00", "24:00") };
        check(&never, &[("2026-11-18T12:00:00Z", "out until ever")]);
    }

    #[test]
    fn days_that_count_and_days_that_do_not() {
        let christmas: Vec<civil::Date> = (1..=31).map(|day| civil::date(2026, 12, day)).collect();
        let hours = window("Europe/Berlin", MONDAY_TO_FRIDAY, "09:00", "17:00");
        let except = Window { except: christmas.clone().into(), ..hours.clone() };
        check(
            &except,
            &[
                ("2026-11-30T10:00:00Z", "in until Mon 2026-11-30 17:00+01:00"),
                ("2026-11-30T17:00:00Z", "out until Fri 2027-01-01 09:00+01:00"),
            ],
        );
        let only = Window { only: Some(christmas.into()), ..hours };
        check(
            &only,
            &[
                ("2026-02-01T10:00:00Z", "out until Tue 2026-12-01 09:00+01:00"),
                ("2026-12-31T10:00:00Z", "in until Thu 2026-12-31 17:00+01:00"),
                ("2026-12-31T17:00:00Z", "out until ever"),
            ],
        );
    }

    #[test]
    fn once() {
        let at = |text: &str| Instant::from_jiff(text.parse().unwrap());
        let once = vec![(at("2027-12-01T21:00:00Z"), at("2027-12-02T01:00:00Z"))];
        let window = Window { ranges: Vec::new(), once, ..window("Europe/Berlin", EVERY_DAY, "00:00", "24:00") };
        check(
            &window,
            &[
                ("2027-06-01T20:59:59Z", "out until Wed 2027-12-01 22:00+01:00"),
                ("2027-12-01T21:00:00Z", "in until Thu 2027-12-02 02:00+01:00"),
                ("2027-12-02T01:00:00Z", "out until ever"),
            ],
        );
    }

    #[test]
    fn a_start_or_an_end_that_does_not_exist_is_the_gaps_end() {
        // New York, 8 March 2026: from 02:00 to 03:00 at once.
        check(
            &window("America/New_York", EVERY_DAY, "02:30", "05:00"),
            &[
                ("2026-03-08T06:59:59Z", "out until Sun 2026-03-08 03:00-04:00"),
                ("2026-03-08T07:00:00Z", "in until Sun 2026-03-08 05:00-04:00"),
            ],
        );
        check(
            &window("America/New_York", EVERY_DAY, "01:00", "02:30"),
            &[
                ("2026-03-08T06:59:59Z", "in until Sun 2026-03-08 03:00-04:00"),
                ("2026-03-08T07:00:00Z", "out until Mon 2026-03-09 01:00-04:00"),
            ],
        );
        // Both within the gap: nothing is left of that day.
        check(
            &window("America/New_York", EVERY_DAY, "02:10", "02:40"),
            &[("2026-03-08T06:59:59Z", "out until Mon 2026-03-09 02:10-04:00")],
        );
    }

    #[test]
    fn an_ambiguous_start_is_the_first_and_an_ambiguous_end_the_last() {
        // New York, 1 November 2026: 01:00 to 02:00 twice.
        check(
            &window("America/New_York", EVERY_DAY, "01:30", "05:00"),
            &[
                ("2026-11-01T05:29:59Z", "out until Sun 2026-11-01 01:30-04:00"),
                ("2026-11-01T05:30:00Z", "in until Sun 2026-11-01 05:00-05:00"),
            ],
        );
        check(
            &window("America/New_York", EVERY_DAY, "00:00", "01:30"),
            &[
                ("2026-11-01T05:45:00Z", "in until Sun 2026-11-01 01:30-05:00"),
                ("2026-11-01T06:30:00Z", "out until Mon 2026-11-02 00:00-05:00"),
            ],
        );
    }

    #[test]
    fn a_week_that_falls_into_a_gap_is_passed_over() {
        let mut only_sunday = [false; 7];
        only_sunday[6] = true;
        check(
            &window("America/New_York", only_sunday, "02:10", "02:40"),
            &[("2026-03-01T07:40:00Z", "out until Sun 2026-03-15 02:10-04:00")],
        );
    }

    #[test]
    fn in_the_south_the_seasons_are_the_other_way_round() {
        // Sydney: forward on 4 October 2026, back on 5 April 2026.
        check(
            &window("Australia/Sydney", EVERY_DAY, "02:15", "04:00"),
            &[
                ("2026-10-03T15:59:59Z", "out until Sun 2026-10-04 03:00+11:00"),
                ("2026-10-03T16:00:00Z", "in until Sun 2026-10-04 04:00+11:00"),
            ],
        );
        check(
            &window("Australia/Sydney", EVERY_DAY, "02:30", "04:00"),
            &[("2026-04-04T15:30:00Z", "in until Sun 2026-04-05 04:00+10:00")],
        );
    }

    #[test]
    fn half_an_hour_of_summer_on_lord_howe() {
        // Forward from 02:00 to 02:30 on 4 October 2026; back from 02:00 to 01:30 on 5 April 2026.
        check(
            &window("Australia/Lord_Howe", EVERY_DAY, "02:15", "04:00"),
            &[
                ("2026-10-03T15:29:59Z", "out until Sun 2026-10-04 02:30+11:00"),
                ("2026-10-03T15:30:00Z", "in until Sun 2026-10-04 04:00+11:00"),
            ],
        );
        check(
            &window("Australia/Lord_Howe", EVERY_DAY, "00:00", "01:45"),
            &[("2026-04-04T14:50:00Z", "in until Sun 2026-04-05 01:45+10:30")],
        );
    }

    #[test]
    fn a_day_that_a_zone_skipped() {
        // Samoa had no 30 December 2011: it went over the date line.
        check(
            &window("Pacific/Apia", EVERY_DAY, "09:00", "17:00"),
            &[
                ("2011-12-30T09:00:00Z", "out until Sat 2011-12-31 09:00+14:00"),
                ("2011-12-30T20:00:00Z", "in until Sat 2011-12-31 17:00+14:00"),
            ],
        );
    }

    /// New York goes forward in the night of 7 to 8 March 2026, and back in that of 31 October to 1 November.
    #[test]
    fn nights_in_new_york_when_the_clocks_change() {
        check(
            &window("America/New_York", EVERY_DAY, "22:00", "06:00"),
            &[
                ("2026-03-08T02:59:59Z", "out until Sat 2026-03-07 22:00-05:00"),
                ("2026-03-08T03:00:00Z", "in until Sun 2026-03-08 06:00-04:00"),
                ("2026-03-08T09:59:59Z", "in until Sun 2026-03-08 06:00-04:00"),
                ("2026-03-08T10:00:00Z", "out until Sun 2026-03-08 22:00-04:00"),
                ("2026-11-01T02:00:00Z", "in until Sun 2026-11-01 06:00-05:00"),
                ("2026-11-01T10:59:59Z", "in until Sun 2026-11-01 06:00-05:00"),
                ("2026-11-01T11:00:00Z", "out until Sun 2026-11-01 22:00-05:00"),
            ],
        );
        // An end within the hour that there is twice is the later one; within the hour that there is not, its end.
        check(
            &window("America/New_York", EVERY_DAY, "22:00", "01:30"),
            &[("2026-11-01T06:15:00Z", "in until Sun 2026-11-01 01:30-05:00")],
        );
        check(
            &window("America/New_York", EVERY_DAY, "22:00", "02:30"),
            &[("2026-03-08T06:59:59Z", "in until Sun 2026-03-08 03:00-04:00")],
        );
    }

    /// Sydney goes back in the night of 4 to 5 April 2026, and forward in that of 3 to 4 October.
    #[test]
    fn nights_in_sydney_when_the_clocks_change() {
        check(
            &window("Australia/Sydney", EVERY_DAY, "22:00", "06:00"),
            &[
                ("2026-04-04T10:59:59Z", "out until Sat 2026-04-04 22:00+11:00"),
                ("2026-04-04T11:00:00Z", "in until Sun 2026-04-05 06:00+10:00"),
                ("2026-04-04T19:59:59Z", "in until Sun 2026-04-05 06:00+10:00"),
                ("2026-04-04T20:00:00Z", "out until Sun 2026-04-05 22:00+10:00"),
                ("2026-10-03T18:59:59Z", "in until Sun 2026-10-04 06:00+11:00"),
                ("2026-10-03T19:00:00Z", "out until Sun 2026-10-04 22:00+11:00"),
            ],
        );
        check(
            &window("Australia/Sydney", EVERY_DAY, "22:00", "02:30"),
            &[
                ("2026-04-04T16:15:00Z", "in until Sun 2026-04-05 02:30+10:00"),
                ("2026-10-03T15:59:59Z", "in until Sun 2026-10-04 03:00+11:00"),
            ],
        );
    }

    /// The clocks change within each of them; the nights of Friday to Monday begin on the evenings of these days.
    #[test]
    fn ends_of_weeks_when_the_clocks_change() {
        let friday_to_monday = [true, false, false, false, true, true, true];
        check(
            &window("Australia/Sydney", friday_to_monday, "18:00", "18:00"),
            &[
                ("2026-04-03T06:59:59Z", "out until Fri 2026-04-03 18:00+11:00"),
                ("2026-04-03T07:00:00Z", "in until Tue 2026-04-07 18:00+10:00"),
                ("2026-04-07T08:00:00Z", "out until Fri 2026-04-10 18:00+10:00"),
            ],
        );
        check(
            &window("America/New_York", friday_to_monday, "18:00", "08:00"),
            &[
                ("2026-03-09T11:59:59Z", "in until Mon 2026-03-09 08:00-04:00"),
                ("2026-03-09T12:00:00Z", "out until Mon 2026-03-09 18:00-04:00"),
            ],
        );
    }
}
