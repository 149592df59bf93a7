//! Stories of the calendar: changes of the clock, ends of months, weekends, holidays, layers.

use super::*;

fn of(zone_name: &str, rotation: Rotation) -> Schedule {
    schedule(zone_name, vec![layer("primary", rotation)])
}

#[test]
fn a_week_each_and_the_hand_off_stays_at_nine_on_the_wall() {
    let schedule = of("Europe/Berlin", rotation("2026-03-16T09:00", Every::Weeks(1), "ann, ben"));
    check(
        &schedule,
        ("2026-03-20T00:00:00Z", "2026-04-08T00:00:00Z"),
        &[
            "Fri 2026-03-20 01:00+01:00 ann",
            "Mon 2026-03-23 09:00+01:00 ben",
            "Mon 2026-03-30 09:00+02:00 ann",
            "Mon 2026-04-06 09:00+02:00 ben",
        ],
    );
    assert_eq!(standing(&schedule, "2026-03-30T06:59:59.999Z", &[]), "ben until 2026-03-30T07:00:00Z");
    assert_eq!(standing(&schedule, "2026-03-30T07:00:00Z", &[]), "ann until 2026-04-06T07:00:00Z");
}

#[test]
fn before_its_start_and_from_its_end_on_a_rotation_has_nobody() {
    let mut rotation = rotation("2026-05-01T09:00", Every::Days(1), "ann, ben");
    rotation.until = Some("2026-05-02T17:00".parse().unwrap());
    let schedule = of("Europe/Berlin", rotation);
    check(
        &schedule,
        ("2026-04-30T00:00:00Z", "2026-05-04T00:00:00Z"),
        &[
            "Thu 2026-04-30 02:00+02:00 nobody",
            "Fri 2026-05-01 09:00+02:00 ann",
            "Sat 2026-05-02 09:00+02:00 ben",
            "Sat 2026-05-02 17:00+02:00 nobody",
        ],
    );
    let gaps = schedule.gaps(instant("2026-05-01T00:00:00Z"), instant("2026-05-04T00:00:00Z"), &[]);
    let expected = [
        (instant("2026-05-01T00:00:00Z"), instant("2026-05-01T07:00:00Z")),
        (instant("2026-05-02T15:00:00Z"), instant("2026-05-04T00:00:00Z")),
    ];
    assert_eq!(gaps, expected);
    assert_eq!(standing(&schedule, "2026-04-30T00:00:00Z", &[]), "nobody until 2026-05-01T07:00:00Z");
    assert_eq!(standing(&schedule, "2026-05-03T00:00:00Z", &[]), "nobody until ever");
}

#[test]
fn a_span_that_is_empty_has_no_stretches() {
    let schedule = of("UTC", rotation("2026-01-01T00:00", Every::Days(1), "ann, ben"));
    let noon = instant("2026-05-01T12:00:00Z");
    assert_eq!(schedule.stretches(noon, noon, &[]), []);
    assert_eq!(schedule.stretches(Instant::MAX, noon, &[]), []);
    assert_eq!(schedule.on_call(Instant::MAX, &[]).until, None);
}

#[test]
fn a_hand_off_in_the_hour_that_is_left_out_is_at_its_end() {
    // New York, 8 March 2026: from 02:00 to 03:00 at once.
    let schedule = of("America/New_York", rotation("2026-03-06T02:30", Every::Days(1), "ann, ben"));
    check(
        &schedule,
        ("2026-03-07T07:30:00Z", "2026-03-09T12:00:00Z"),
        &["Sat 2026-03-07 02:30-05:00 ben", "Sun 2026-03-08 03:00-04:00 ann", "Mon 2026-03-09 02:30-04:00 ben"],
    );
}

#[test]
fn a_hand_off_in_the_hour_that_comes_twice_is_in_the_first() {
    // New York, 1 November 2026: 01:00 to 02:00 twice.
    let schedule = of("America/New_York", rotation("2026-10-30T01:30", Every::Days(1), "ann, ben"));
    check(
        &schedule,
        ("2026-10-31T05:30:00Z", "2026-11-02T12:00:00Z"),
        &["Sat 2026-10-31 01:30-04:00 ben", "Sun 2026-11-01 01:30-04:00 ann", "Mon 2026-11-02 01:30-05:00 ben"],
    );
    // The clock shows 01:10 for the second time, as if it were before the hand-off.
    assert_eq!(standing(&schedule, "2026-11-01T06:10:00Z", &[]), "ann until 2026-11-02T06:30:00Z");
}

#[test]
fn hours_that_begin_in_the_hour_that_comes_twice_begin_in_the_first_and_end_in_the_last() {
    let mut rotation = rotation("2026-01-01T00:00", Every::Weeks(1), "ann");
    rotation.hours = vec![hours(EVERY_DAY, "01:30", "05:00")];
    let mut early = rotation.clone();
    early.hours = vec![hours(EVERY_DAY, "00:00", "01:30")];
    early.turns = vec![names("ben")];
    let schedule = schedule("America/New_York", vec![layer("early", early), layer("late", rotation)]);
    // Ben's end is the last 01:30 and Ann's start the first: there is overlap, in which the later layer holds, and no gap.
    check(
        &schedule,
        ("2026-11-01T04:00:00Z", "2026-11-01T12:00:00Z"),
        &["Sun 2026-11-01 00:00-04:00 ben", "Sun 2026-11-01 01:30-04:00 ann", "Sun 2026-11-01 05:00-05:00 nobody"],
    );
    let early = Schedule { layers: schedule.layers[..1].to_vec(), ..schedule };
    check(
        &early,
        ("2026-11-01T04:00:00Z", "2026-11-01T12:00:00Z"),
        &["Sun 2026-11-01 00:00-04:00 ben", "Sun 2026-11-01 01:30-05:00 nobody"],
    );
}

#[test]
fn a_start_in_the_hour_that_comes_twice_is_in_the_first() {
    let schedule = of("America/New_York", rotation("2026-11-01T01:30", Every::Days(1), "ann, ben"));
    check(
        &schedule,
        ("2026-11-01T04:00:00Z", "2026-11-02T12:00:00Z"),
        &["Sun 2026-11-01 00:00-04:00 nobody", "Sun 2026-11-01 01:30-04:00 ann", "Mon 2026-11-02 01:30-05:00 ben"],
    );
    // The clock shows 01:10 for the second time, as if it were before the start.
    assert_eq!(standing(&schedule, "2026-11-01T06:10:00Z", &[]), "ann until 2026-11-02T06:30:00Z");
}

#[test]
fn a_midnight_that_comes_twice_belongs_to_both_days() {
    // St. John's, 7 November 2010: from one past midnight back to 23:01 of Saturday.
    let mut of_sunday = rotation("2010-01-01T00:00", Every::Weeks(1), "ann");
    of_sunday.only = Some(dates(&["2010-11-07"]));
    let mut of_friday = rotation("2010-01-01T00:00", Every::Weeks(1), "ben");
    of_friday.hours = vec![hours(EVERY_DAY, "23:30", "23:30")];
    of_friday.only = Some(dates(&["2010-11-05"]));
    let span = ("2010-11-06T12:00:00Z", "2010-11-08T12:00:00Z");
    // Sunday has begun, though the clock shows Saturday once more.
    check(
        &of("America/St_Johns", of_sunday),
        span,
        &["Sat 2010-11-06 09:30-02:30 nobody", "Sun 2010-11-07 00:00-02:30 ann", "Mon 2010-11-08 00:00-03:30 nobody"],
    );
    // Friday's night and day last until the second 23:30, though the clock has shown Sunday.
    let of_friday = of("America/St_Johns", of_friday);
    check(&of_friday, span, &["Sat 2010-11-06 09:30-02:30 ben", "Sat 2010-11-06 23:30-03:30 nobody"]);
    for now in ["2010-11-07T02:30:30Z", "2010-11-07T02:59:59Z"] {
        assert_eq!(standing(&of_friday, now, &[]), "ben until 2010-11-07T03:00:00Z");
    }
}

#[test]
fn hourly_turns_when_an_hour_is_left_out_or_comes_twice() {
    let schedule = of("Europe/Berlin", rotation("2026-01-01T00:00", Every::Hours(1), "ann, ben, cem"));
    // From 02:00 to 03:00 at once: the turn from 02:00 on has no time.
    check(
        &schedule,
        ("2026-03-28T23:00:00Z", "2026-03-29T03:00:00Z"),
        &[
            "Sun 2026-03-29 00:00+01:00 ann",
            "Sun 2026-03-29 01:00+01:00 ben",
            "Sun 2026-03-29 03:00+02:00 ann",
            "Sun 2026-03-29 04:00+02:00 ben",
        ],
    );
    // 02:00 to 03:00 twice: the turn from 02:00 on has two hours.
    check(
        &schedule,
        ("2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z"),
        &["Sun 2026-10-25 01:00+02:00 ben", "Sun 2026-10-25 02:00+02:00 cem", "Sun 2026-10-25 03:00+01:00 ann"],
    );
}

#[test]
fn half_an_hour_of_summer_on_lord_howe() {
    // Forward from 02:00 to 02:30 on 4 October 2026; back from 02:00 to 01:30 on 5 April 2026.
    let schedule = of("Australia/Lord_Howe", rotation("2026-01-01T02:15", Every::Days(1), "ann, ben"));
    check(
        &schedule,
        ("2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z"),
        &["Sat 2026-10-03 10:30+10:30 ben", "Sun 2026-10-04 02:30+11:00 ann", "Mon 2026-10-05 02:15+11:00 ben"],
    );
    let schedule = of("Australia/Lord_Howe", rotation("2026-01-01T01:45", Every::Days(1), "ann, ben"));
    check(
        &schedule,
        ("2026-04-04T12:00:00Z", "2026-04-06T00:00:00Z"),
        &["Sat 2026-04-04 23:00+11:00 ben", "Sun 2026-04-05 01:45+11:00 ann", "Mon 2026-04-06 01:45+10:30 ben"],
    );
}

#[test]
fn a_day_that_the_zone_left_out_is_nobodys() {
    // Samoa had no 30 December 2011. It was to be Ann's.
    let schedule = of("Pacific/Apia", rotation("2011-12-28T09:00", Every::Days(1), "ann, ben"));
    check(
        &schedule,
        ("2011-12-28T19:00:00Z", "2012-01-02T00:00:00Z"),
        &[
            "Wed 2011-12-28 09:00-10:00 ann",
            "Thu 2011-12-29 09:00-10:00 ben",
            "Sat 2011-12-31 00:00+14:00 ann",
            "Sat 2011-12-31 09:00+14:00 ben",
            "Sun 2012-01-01 09:00+14:00 ann",
            "Mon 2012-01-02 09:00+14:00 ben",
        ],
    );
}

#[test]
fn a_month_that_is_too_short_hands_off_on_its_last_day_and_the_next_one_does_not() {
    let schedule = of("Europe/Berlin", rotation("2026-01-31T09:00", Every::Months(1), "ann, ben, cem"));
    check(
        &schedule,
        ("2026-01-31T08:00:00Z", "2026-06-01T00:00:00Z"),
        &[
            "Sat 2026-01-31 09:00+01:00 ann",
            "Sat 2026-02-28 09:00+01:00 ben",
            "Tue 2026-03-31 09:00+02:00 cem",
            "Thu 2026-04-30 09:00+02:00 ann",
            "Sun 2026-05-31 09:00+02:00 ben",
        ],
    );
}

#[test]
fn a_leap_day_is_a_last_day_too() {
    let schedule = of("UTC", rotation("2024-02-29T12:00", Every::Months(12), "ann, ben"));
    check(
        &schedule,
        ("2024-02-29T12:00:00Z", "2028-03-01T00:00:00Z"),
        &[
            "Thu 2024-02-29 12:00+00:00 ann",
            "Fri 2025-02-28 12:00+00:00 ben",
            "Sat 2026-02-28 12:00+00:00 ann",
            "Sun 2027-02-28 12:00+00:00 ben",
            "Tue 2028-02-29 12:00+00:00 ann",
        ],
    );
}

#[test]
fn by_covered_shift_the_weekend_is_nobodys_turn() {
    let mut rotation = rotation("2026-11-16T09:00", Every::Days(1), "ann, ben, cem");
    rotation.hours = vec![hours(WEEKDAYS, "09:00", "17:00")];
    let by_shift = of("Europe/Berlin", rotation.clone());
    rotation.turns_by = TurnsBy::CoveredShift;
    let by_covered_shift = of("Europe/Berlin", rotation);
    let noon_of = |schedule: &Schedule| {
        let days = ["16", "17", "18", "19", "20", "21", "22", "23", "24"];
        let noon = |day| people(&schedule.who(instant(&format!("2026-11-{day}T11:00:00Z")), &[]));
        days.map(noon).join(" ")
    };
    assert_eq!(noon_of(&by_shift), "ann ben cem ann ben nobody nobody ben cem");
    assert_eq!(noon_of(&by_covered_shift), "ann ben cem ann ben nobody nobody cem ann");
    // The same weekday, 1,000 weeks of 5 turns later: 5,000 turns on, which is 2 more than whole rounds.
    assert_eq!(people(&by_covered_shift.who(instant("2046-01-15T11:00:00Z"), &[])), "cem");
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    let mut rotation = rotation("2026-11-16T12:00", Every::Days(1), "ann, ben");
    rotation.hours = vec![hours(WEEKDAYS, "22:00", "06:00")];
    check(
        &of("Europe/Berlin", rotation),
        ("2026-11-19T12:00:00Z", "2026-11-24T00:00:00Z"),
        &[
            "Thu 2026-11-19 13:00+01:00 nobody",
            "Thu 2026-11-19 22:00+01:00 ben",
            "Fri 2026-11-20 06:00+01:00 nobody",
            "Fri 2026-11-20 22:00+01:00 ann",
            "Sat 2026-11-21 06:00+01:00 nobody",
            "Mon 2026-11-23 22:00+01:00 ben",
        ],
    );
}

#[test]
fn a_holiday_has_its_own_layer_and_moves_nobodys_turn() {
    let holidays = dates(&["2026-12-25", "2026-12-26"]);
    let mut weekdays = rotation("2026-12-21T00:00", Every::Days(1), "ann, ben, cem");
    weekdays.turns_by = TurnsBy::CoveredShift;
    weekdays.hours = vec![hours(WEEKDAYS, "09:00", "17:00")];
    weekdays.except = holidays.clone();
    let mut on_holidays = rotation("2026-01-01T00:00", Every::Weeks(1), "dora");
    on_holidays.only = Some(holidays);
    let schedule = schedule("Europe/Berlin", vec![layer("weekdays", weekdays), layer("holidays", on_holidays)]);
    check(
        &schedule,
        ("2026-12-24T08:00:00Z", "2026-12-29T00:00:00Z"),
        &[
            "Thu 2026-12-24 09:00+01:00 ann",
            "Thu 2026-12-24 17:00+01:00 nobody",
            "Fri 2026-12-25 00:00+01:00 dora",
            "Sun 2026-12-27 00:00+01:00 nobody",
            // Friday would have been Ben's.
            "Mon 2026-12-28 09:00+01:00 cem",
            "Mon 2026-12-28 17:00+01:00 nobody",
        ],
    );
}

#[test]
fn a_later_layer_takes_the_place_of_those_before_it_unless_it_adds() {
    let base = || layer("base", rotation("2026-11-01T00:00", Every::Weeks(1), "ann"));
    let mut nights = rotation("2026-11-01T00:00", Every::Weeks(1), "ben+ann");
    nights.hours = vec![hours(EVERY_DAY, "22:00", "06:00")];
    let replacing = schedule("UTC", vec![base(), layer("nights", nights.clone())]);
    let adding = schedule("UTC", vec![base(), Layer { adds: true, ..layer("nights", nights) }]);
    let span = ("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z");
    check(
        &replacing,
        span,
        &["Fri 2026-11-20 12:00+00:00 ann", "Fri 2026-11-20 22:00+00:00 ben, ann", "Sat 2026-11-21 06:00+00:00 ann"],
    );
    check(
        &adding,
        span,
        &["Fri 2026-11-20 12:00+00:00 ann", "Fri 2026-11-20 22:00+00:00 ann, ben", "Sat 2026-11-21 06:00+00:00 ann"],
    );
    let why = |schedule: &Schedule| schedule.who(instant("2026-11-20T23:00:00Z"), &[])[0].why.clone();
    let by_layer = |name: &str| Why::Layer { layer: name.into() };
    assert_eq!((why(&replacing), why(&adding)), (by_layer("nights"), by_layer("base")));
}

#[test]
fn a_change_of_reason_alone_is_a_stretch_but_no_change_of_who_is_on_call() {
    let mut nights = rotation("2026-11-01T00:00", Every::Weeks(1), "ann");
    nights.hours = vec![hours(EVERY_DAY, "22:00", "06:00")];
    let mut base = rotation("2026-11-01T00:00", Every::Weeks(1), "ann");
    base.until = Some("2026-11-25T00:00".parse().unwrap());
    let schedule = schedule("UTC", vec![layer("base", base), layer("nights", nights)]);
    assert_eq!(
        calendar(&schedule, "2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z", &[]),
        ["Fri 2026-11-20 12:00+00:00 ann", "Fri 2026-11-20 22:00+00:00 ann", "Sat 2026-11-21 06:00+00:00 ann"],
    );
    assert_eq!(standing(&schedule, "2026-11-20T12:00:00Z", &[]), "ann until 2026-11-25T06:00:00Z");
}

#[test]
fn duties_of_a_calendar_may_overlap() {
    let shift = |from: &str, until: &str, people: &str| Shift {
        from: instant(from),
        until: instant(until),
        people: names(people),
    };
    let shifts = vec![
        shift("2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z", "ann"),
        shift("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", "ben+ann"),
    ];
    let base = layer("base", rotation("2026-01-01T00:00", Every::Weeks(1), "cem"));
    let calendar = Layer { name: "calendar".into(), cover: Cover::Shifts(shifts), adds: false };
    check(
        &schedule("UTC", vec![base, calendar]),
        ("2026-11-19T00:00:00Z", "2026-11-24T00:00:00Z"),
        &[
            "Thu 2026-11-19 00:00+00:00 cem",
            "Fri 2026-11-20 00:00+00:00 ann",
            "Sat 2026-11-21 00:00+00:00 ann, ben",
            "Sun 2026-11-22 00:00+00:00 ann",
            "Mon 2026-11-23 00:00+00:00 cem",
        ],
    );
}

#[test]
fn a_single_day_far_ahead_is_found_within_the_horizon_only() {
    let mut rotation = rotation("2026-01-01T00:00", Every::Days(1), "ann, ben");
    rotation.only = Some(dates(&["2027-12-24"]));
    let schedule = of("UTC", rotation);
    assert_eq!(standing(&schedule, "2026-11-20T00:00:00Z", &[]), "nobody until 2027-12-24T00:00:00Z");
    assert_eq!(standing(&schedule, "2026-11-18T00:00:00Z", &[]), "nobody until ever");
    check(
        &schedule,
        ("2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        &["Thu 2026-01-01 00:00+00:00 nobody", "Fri 2027-12-24 00:00+00:00 ann", "Sat 2027-12-25 00:00+00:00 nobody"],
    );
}

#[test]
fn turns_at_the_end_of_the_calendar_do_not_end_in_a_loop() {
    for every in [Every::Hours(u32::MAX), Every::Days(u32::MAX), Every::Weeks(u32::MAX), Every::Months(u32::MAX)] {
        let schedule = of("Europe/Berlin", rotation("2026-01-01T00:00", every, "ann, ben"));
        assert_eq!(people(&schedule.who(instant("2026-06-01T00:00:00Z"), &[])), "ann");
        assert_eq!(schedule.stretches(instant("9999-12-01T00:00:00Z"), Instant::MAX, &[]).len(), 1);
    }
}
