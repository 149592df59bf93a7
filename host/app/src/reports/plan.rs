//! When a planned report is due, and about which period. Pure: calendars and wall clocks, given the time.

use bellwire_config::{ReportEvery, ReportPlan};
use bellwire_core::Instant;
use jiff::{Timestamp, ToSpan, civil::Date};

/// The period of the report that was due last: from one time of the plan to the next, on its wall clock.
pub(super) fn due(plan: &ReportPlan, now: Instant) -> Option<(Instant, Instant)> {
    let date = last(plan, now)?;
    let before = date.checked_sub(step(plan.every)).ok()?;
    instant(plan, before).zip(instant(plan, date))
}

/// The next time, which is after `now`.
pub(super) fn next(plan: &ReportPlan, now: Instant) -> Option<Instant> {
    instant(plan, last(plan, now)?.checked_add(step(plan.every)).ok()?)
}

/// Under which the store remembers up to when its reports were sent to this receiver.
pub(super) fn mark(plan: &ReportPlan, receiver: &str) -> String {
    let every = match plan.every {
        ReportEvery::Day => "day".to_owned(),
        ReportEvery::Week(weekday) => format!("week-{}", weekday.to_monday_one_offset()),
        ReportEvery::Month => "month".to_owned(),
    };
    format!("report {} {every} {receiver}", plan.team)
}

/// The day of the plan's last time at or before `now`.
fn last(plan: &ReportPlan, now: Instant) -> Option<Date> {
    let now_there = Timestamp::from_millisecond(i64::try_from(now.as_millis()).ok()?).ok()?.to_zoned(plan.zone.clone());
    let today = now_there.date();
    let date = match plan.every {
        ReportEvery::Day => today,
        ReportEvery::Week(weekday) => today.checked_sub(i64::from(weekday.until(today.weekday())).days()).ok()?,
        ReportEvery::Month => today.first_of_month(),
    };
    match instant(plan, date)? <= now {
        true => Some(date),
        false => date.checked_sub(step(plan.every)).ok(),
    }
}

fn step(every: ReportEvery) -> jiff::Span {
    match every {
        ReportEvery::Day => 1.day(),
        ReportEvery::Week(_) => 7.days(),
        ReportEvery::Month => 1.month(),
    }
}

/// A time that a day does not have is as long after the gap as it was to be after its begin.
fn instant(plan: &ReportPlan, date: Date) -> Option<Instant> {
    let zoned = plan.zone.to_ambiguous_zoned(date.to_datetime(plan.time)).compatible().ok()?;
    u64::try_from(zoned.timestamp().as_millisecond()).ok().map(Instant::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{
        civil::{Weekday, time},
        tz::TimeZone,
    };

    fn plan(every: ReportEvery, hour: i8) -> ReportPlan {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        ReportPlan { team: "payments".into(), to: vec!["mail".into()], every, time: time(hour, 30, 0, 0), zone }
    }

    fn at(text: &str) -> Instant {
        let timestamp: Timestamp = text.parse().unwrap();
        Instant::from_millis(timestamp.as_millisecond().unsigned_abs())
    }

    #[track_caller]
    fn check(plan: &ReportPlan, now: &str, period: (&str, &str), following: &str) {
        assert_eq!(due(plan, at(now)), Some((at(period.0), at(period.1))));
        assert_eq!(next(plan, at(now)), Some(at(following)));
    }

    #[test]
    fn a_week_goes_from_one_time_to_the_next() {
        let monday = plan(ReportEvery::Week(Weekday::Monday), 9);
        let (first, second, third) = ("2026-11-09T08:30:00Z", "2026-11-16T08:30:00Z", "2026-11-23T08:30:00Z");
        check(&monday, "2026-11-16T08:30:00Z", (first, second), third);
        check(&monday, "2026-11-22T23:59:59Z", (first, second), third);
        check(&monday, "2026-11-23T08:29:59Z", (first, second), third);
        let sunday = plan(ReportEvery::Week(Weekday::Sunday), 9);
        check(
            &sunday,
            "2026-11-21T12:00:00Z",
            ("2026-11-08T08:30:00Z", "2026-11-15T08:30:00Z"),
            "2026-11-22T08:30:00Z",
        );
    }

    #[test]
    fn the_wall_clock_counts_when_summer_begins_and_ends() {
        let daily = plan(ReportEvery::Day, 2);
        // 29 March 2026 has no 02:30 in Berlin, and 25 October has two.
        check(&daily, "2026-03-29T12:00:00Z", ("2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z"), "2026-03-30T00:30:00Z");
        check(&daily, "2026-10-25T00:30:00Z", ("2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
    }

    #[test]
    fn a_month_is_sent_on_its_first_day() {
        let monthly = plan(ReportEvery::Month, 9);
        check(
            &monthly,
            "2026-03-01T08:00:00Z",
            ("2026-01-01T08:30:00Z", "2026-02-01T08:30:00Z"),
            "2026-03-01T08:30:00Z",
        );
        check(
            &monthly,
            "2024-02-29T12:00:00Z",
            ("2024-01-01T08:30:00Z", "2024-02-01T08:30:00Z"),
            "2024-03-01T08:30:00Z",
        );
    }

    #[test]
    fn plans_do_not_share_their_marks() {
        let daily = plan(ReportEvery::Day, 9);
        let weekly = plan(ReportEvery::Week(Weekday::Monday), 9);
        assert_eq!(mark(&daily, "payments/mail"), "report payments day payments/mail");
        assert_eq!(mark(&weekly, "payments/mail"), "report payments week-1 payments/mail");
    }
}
