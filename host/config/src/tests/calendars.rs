//! Calendars: what an iCalendar comes to, what is said about one that is none, and the copies of those that are fetched.

use super::{NOW, TEAM, load, said};
use crate::{
    Config, check_calendar,
    ical::{Calendar, Moment},
    moments::{Edge, find_zone},
};
use bellwire_core::{Cover, Instant, Shift};
use insta::assert_snapshot;
use std::fmt::Write;

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}\r\nEND:VCALENDAR\r\n", events.trim().replace('\n', "\r\n"))
}

/// What happens from `from` on, on the clocks of Berlin.
fn agenda(events: &str, from: &str) -> String {
    let zone = find_zone("Europe/Berlin").unwrap();
    let from: jiff::Timestamp = from.parse().unwrap();
    let now = Instant::from_millis(u64::try_from(from.as_millisecond()).unwrap());
    let occurrences = match Calendar::parse(&calendar(events)).and_then(|calendar| calendar.occurrences(now)) {
        Ok(occurrences) => occurrences,
        Err(wrong) => return wrong.to_string(),
    };
    let shown = |moment: Moment, edge| {
        let millis = i64::try_from(moment.at(&zone, edge).as_millis()).unwrap();
        jiff::Timestamp::from_millisecond(millis).unwrap().to_zoned(zone.clone()).strftime("%a %F %R%:z").to_string()
    };
    let mut occurrences: Vec<_> = occurrences.iter().filter(|found| found.until.at(&zone, Edge::End) >= now).collect();
    occurrences.sort_by_key(|found| (found.from.at(&zone, Edge::Start), found.about.summary.clone()));
    let mut agenda = String::new();
    for found in occurrences.iter().take(8) {
        let (from, until) = (shown(found.from, Edge::Start), shown(found.until, Edge::End));
        writeln!(agenda, "{from} to {until}: {}", found.about.summary).unwrap();
    }
    agenda
}

#[test]
fn weeks_that_recur_over_a_change_of_the_clocks() {
    assert_snapshot!(agenda(r"
BEGIN:VEVENT
UID:a
SUMMARY:Ann
DTSTART;TZID=Europe/Berlin:20261012T090000
DTEND;TZID=Europe/Berlin:20261019T090000
RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20261123T080000Z
EXDATE;TZID=Europe/Berlin:20261109T090000
SEQUENCE:1
END:VEVENT
BEGIN:VEVENT
UID:a
SUMMARY:Bob for Ann
RECURRENCE-ID;TZID=Europe/Berlin:20261026T090000
DTSTART;TZID=Europe/Berlin:20261026T120000
DURATION:P1D
SEQUENCE:3
END:VEVENT
", "2026-10-12T00:00:00Z"), @r#"
    Mon 2026-10-12 09:00+02:00 to Mon 2026-10-19 09:00+02:00: Ann
    Mon 2026-10-26 12:00+01:00 to Tue 2026-10-27 12:00+01:00: Bob for Ann
    Mon 2026-11-23 09:00+01:00 to Mon 2026-11-30 09:00+01:00: Ann
    "#);
}

#[test]
fn recurrences_of_two_events_are_not_mixed_up() {
    assert_snapshot!(agenda(r"
BEGIN:VEVENT
UID:a
SUMMARY:Ann
DTSTART:20261102T080000Z
DTEND:20261102T160000Z
RRULE:FREQ=DAILY;COUNT=3
END:VEVENT
BEGIN:VEVENT
UID:b
SUMMARY:Bob
DTSTART:20261102T080000Z
DTEND:20261102T160000Z
RRULE:FREQ=DAILY;COUNT=3
END:VEVENT
BEGIN:VEVENT
UID:b
STATUS:CANCELLED
RECURRENCE-ID:20261103T080000Z
DTSTART:20261103T080000Z
DTEND:20261103T160000Z
END:VEVENT
", "2026-11-01T00:00:00Z"), @r#"
    Mon 2026-11-02 09:00+01:00 to Mon 2026-11-02 17:00+01:00: Ann
    Mon 2026-11-02 09:00+01:00 to Mon 2026-11-02 17:00+01:00: Bob
    Tue 2026-11-03 09:00+01:00 to Tue 2026-11-03 17:00+01:00: Ann
    Wed 2026-11-04 09:00+01:00 to Wed 2026-11-04 17:00+01:00: Ann
    Wed 2026-11-04 09:00+01:00 to Wed 2026-11-04 17:00+01:00: Bob
    "#);
}

#[test]
fn days_of_every_year_and_single_ones() {
    assert_snapshot!(agenda(r"
BEGIN:VEVENT
UID:christmas
SUMMARY:Christmas
DTSTART;VALUE=DATE:20101225
RRULE:FREQ=YEARLY
RDATE;VALUE=DATE:20261224
END:VEVENT
BEGIN:VEVENT
UID:retreat
SUMMARY:Retreat
DTSTART;VALUE=DATE:20261201
DTEND;VALUE=DATE:20261204
END:VEVENT
BEGIN:VEVENT
SUMMARY:No length
DTSTART:20261210T100000
END:VEVENT
", "2026-11-21T00:00:00Z"), @r#"
    Tue 2026-12-01 00:00+01:00 to Fri 2026-12-04 00:00+01:00: Retreat
    Thu 2026-12-10 10:00+01:00 to Thu 2026-12-10 10:00+01:00: No length
    Thu 2026-12-24 00:00+01:00 to Fri 2026-12-25 00:00+01:00: Christmas
    Fri 2026-12-25 00:00+01:00 to Sat 2026-12-26 00:00+01:00: Christmas
    Sat 2027-12-25 00:00+01:00 to Sun 2027-12-26 00:00+01:00: Christmas
    Mon 2028-12-25 00:00+01:00 to Tue 2028-12-26 00:00+01:00: Christmas
    "#);
}

#[test]
fn a_time_that_comes_twice_and_one_that_does_not_come() {
    let nights = r"
BEGIN:VEVENT
UID:night
SUMMARY:Night
DTSTART;TZID=Europe/Berlin:20200101T023000
DTEND;TZID=Europe/Berlin:20200101T024500
RRULE:FREQ=DAILY
END:VEVENT
";
    assert_snapshot!(agenda(nights, "2026-10-24T12:00:00Z").lines().take(2).collect::<Vec<_>>().join("\n"), @r#"
    Sun 2026-10-25 02:30+02:00 to Sun 2026-10-25 02:45+01:00: Night
    Mon 2026-10-26 02:30+01:00 to Mon 2026-10-26 02:45+01:00: Night
    "#);
    assert_snapshot!(agenda(nights, "2026-03-28T12:00:00Z").lines().take(2).collect::<Vec<_>>().join("\n"), @r#"
    Sun 2026-03-29 03:00+02:00 to Sun 2026-03-29 03:00+02:00: Night
    Mon 2026-03-30 02:30+02:00 to Mon 2026-03-30 02:45+02:00: Night
    "#);
}

#[test]
fn zones_that_a_calendar_declares() {
    assert_snapshot!(agenda(r"
BEGIN:VTIMEZONE
TZID:Home
X-LIC-LOCATION:America/New_York
BEGIN:STANDARD
DTSTART:20261101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:a
SUMMARY:Ann
DTSTART;TZID=Home:20261201T090000
DTEND;TZID=Home:20261201T170000
END:VEVENT
BEGIN:VEVENT
UID:b
SUMMARY:Bob
DTSTART;TZID=W. Europe Standard Time:20261201T090000
DTEND;TZID=W. Europe Standard Time:20261201T170000
END:VEVENT
", "2026-11-21T00:00:00Z"), @r#"
    Tue 2026-12-01 09:00+01:00 to Tue 2026-12-01 17:00+01:00: Bob
    Tue 2026-12-01 15:00+01:00 to Tue 2026-12-01 23:00+01:00: Ann
    "#);
}

#[test]
fn calendars_that_are_none() {
    let event = |lines: &str| calendar(&format!("BEGIN:VEVENT\nUID:a\n{lines}\nEND:VEVENT"));
    let said = [
        String::new(),
        "<!DOCTYPE html>\n<title>Sign in</title>".into(),
        "BEGIN:VCARD\nEND:VCARD\n".into(),
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n".into(),
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n".into(),
        "BEGIN:VCALENDAR\nEND:VCALENDAR\nhello: world\n".into(),
        calendar("BEGIN:VEVENT\nhello\nEND:VEVENT"),
        event("SUMMARY:no start"),
        event("DTSTART:tomorrow"),
        event("DTSTART:20261341T000000"),
        event("DTSTART;TZID=Mars/Base:20261201T090000"),
        event("DTSTART:20261201T090000Z\nDTEND:later"),
        event("DTSTART:20261201T090000Z\nDURATION:long"),
        event("DTSTART:20261201T090000Z\nRRULE:FREQ=SOMETIMES"),
        event("DTSTART:20261201T090000Z\nRRULE:FREQ=WEEKLY;BYMONTH=13"),
        event("DTSTART:20261201T090000Z\nRRULE:FREQ=MONTHLY;BYDAY=MO,-1TU"),
        event("DTSTART:20261201T090000Z\nEXDATE:never"),
    ]
    .map(|text| check_calendar(&text).map_or_else(|error| error, |events| format!("{events} events")));
    assert_snapshot!(said.join("\n"), @r#"
    line 1: this is not an iCalendar, which begins with BEGIN:VCALENDAR
    line 1: this is not an iCalendar, which begins with BEGIN:VCALENDAR
    line 1: this is not an iCalendar, which begins with BEGIN:VCALENDAR
    line 3: the VEVENT that begins in line 2 does not end
    line 3: END:VCALENDAR where the VEVENT that begins in line 2 should end
    line 3: this is not an iCalendar, which begins with BEGIN:VCALENDAR
    line 4: this line has no colon
    line 3: this event cannot be understood: Missing DTSTART property
    line 3: the DTSTART of this event cannot be understood
    line 3: this event cannot be understood: Missing DTSTART property
    line 3: this event is in a time zone that is not known, "Mars/Base"
    line 3: the DTEND of this event cannot be understood
    line 3: the DURATION of this event cannot be understood
    line 3: the RRULE of this event cannot be understood
    line 3: this event cannot be understood: RRule error: Invalid value `13` for field `BYMONTH`, start index `1` and end index `12`
    line 3: the RRULE of this event names weekdays both with and without a number
    line 3: the EXDATE of this event cannot be understood
    "#);
}

#[test]
fn calendars_without_end() {
    let every = |frequency: &str| {
        agenda(
            &format!(
                "BEGIN:VEVENT\nUID:a\nDTSTART:20200101T000000Z\nDURATION:PT1S\nRRULE:FREQ={frequency}\nEND:VEVENT"
            ),
            "2026-11-21T00:00:00Z",
        )
    };
    assert_snapshot!(every("SECONDLY"), @r#"line 3: this event recurs too often for anybody's duty"#);
    assert_snapshot!(every("DAILY;BYHOUR=1,2,3,4,5,6;BYMINUTE=1,2,3,4,5,6;BYSECOND=1,2,3"), @r#"line 3: this event recurs too often for anybody's duty"#);
    assert_snapshot!(every("HOURLY"), @r#"line 3: from here on, the events recur more than 20000 times in all"#);
    assert_snapshot!(every("YEARLY;BYMONTH=2;BYMONTHDAY=30"), @"");
    let never = |uid: usize| {
        format!(
            "BEGIN:VEVENT\nUID:{uid}\nDTSTART:20261201T090000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT\n"
        )
    };
    assert_snapshot!(check_calendar(&calendar(&(0..30).map(never).collect::<String>())).unwrap_err(), @r#"line 138: this is one of too many events whose rules never come true"#);
    let many = "BEGIN:VEVENT\nDTSTART:20261201T090000Z\nEND:VEVENT\n".repeat(10_001);
    assert_snapshot!(check_calendar(&calendar(&many)).unwrap_err(), @r#"line 30003: there are more than 10000 events, which are the most taken"#);
}

const PEOPLE: &str = r#"
[people.ann]
name = "Ann Smith"
email = "ann@example.com"
[people.bob]
email = "bob@example.com"
"#;

const HOST: &str = "calendar_cache = \"cache\"\n[smtp]\nhost = \"smtp\"\nfrom = \"bellwire@example.com\"\n";

const DUTIES: &str = r"
BEGIN:VEVENT
UID:a
SUMMARY:On call: Ann Smith.
DTSTART;VALUE=DATE:20261201
DTEND;VALUE=DATE:20261203
END:VEVENT
BEGIN:VEVENT
UID:b
SUMMARY:Duty of bobby and of no one else
DTSTART;VALUE=DATE:20261203
END:VEVENT
BEGIN:VEVENT
UID:c
SUMMARY:Duty
ATTENDEE;CN=Bob:mailto:BOB@example.com
DTSTART;VALUE=DATE:20261204
END:VEVENT
";

/// A schedule with a layer of the calendar `duty`, which is `ical`; `files` beside it.
fn with_duty(ical: &str, files: &[(&str, &str)]) -> Result<Config, crate::Report> {
    let schedule = format!(
        "{PEOPLE}[schedules.oncall]\nzone = \"Europe/Berlin\"\nlayers = [{{ calendar = \"duty\" }}]\n[calendars.duty]\nical = {ical}\n"
    );
    let team = TEAM.replace("[route]", &format!("{schedule}\n[route]"));
    let mut all = vec![("bellwire.toml", HOST), ("routes/payments.toml", &*team)];
    all.extend(files);
    load(&all)
}

#[test]
fn a_calendar_says_who_is_on_call() {
    let config = with_duty("{ file = \"duty.ics\" }", &[("duty.ics", &calendar(DUTIES))]).ok().unwrap();
    let Cover::Shifts(shifts) = &config.tables.teams["payments"].schedules["oncall"].layers[0].cover else {
        panic!("shifts")
    };
    let shown = |Shift { from, until, people }: &Shift| format!("{from} to {until}: {}", people.join(", "));
    assert_snapshot!(shifts.iter().map(shown).collect::<Vec<_>>().join("\n"), @r#"
    2026-11-30T23:00:00Z to 2026-12-02T23:00:00Z: ann
    2026-12-03T23:00:00Z to 2026-12-04T23:00:00Z: bob
    "#);
    assert_snapshot!(said(Ok(config)), @r#"
      ⚠ `duty` has events that name nobody of the team: "Duty of bobby and of no one else"
        ╭─[routes/payments.toml:17:24]
     16 │ zone = "Europe/Berlin"
     17 │ layers = [{ calendar = "duty" }]
        ·                        ──────
     18 │ [calendars.duty]
        ╰────
      help: an event must have a person's name or e-mail address in its title, or the person as an attendee

    warnings: 1
    "#);
}

#[test]
fn a_calendar_that_is_fetched() {
    let url = "{ url = { env = \"SLACK_URL\" }, refresh = \"10m\" }";
    let config = with_duty(url, &[]).ok().unwrap();
    let feed = &config.feeds[0];
    assert_eq!((&*feed.team, &*feed.calendar, feed.refresh.to_string().as_str()), ("payments", "duty", "10m"));
    assert!(feed.file.ends_with("cache/payments.duty.ics"), "{}", feed.file.display());
    assert_snapshot!(said(Ok(config)), @r#"
      ⚠ the calendar `duty` has not been fetched yet, and is empty until then
        ╭─[routes/payments.toml:18:12]
     17 │ layers = [{ calendar = "duty" }]
     18 │ [calendars.duty]
        ·            ────
     19 │ ical = { url = { env = "SLACK_URL" }, refresh = "10m" }
        ╰────

    warnings: 1
    "#);

    let copy = calendar(DUTIES);
    let config = with_duty(url, &[("cache/payments.duty.ics", &copy)]).ok().unwrap();
    let Cover::Shifts(shifts) = &config.tables.teams["payments"].schedules["oncall"].layers[0].cover else {
        panic!("shifts")
    };
    assert_eq!(shifts.len(), 2);

    let broken =
        with_duty(url, &[("cache/payments.duty.ics", &copy.replace("VALUE=DATE:20261204", "VALUE=DATE:soon"))]);
    assert_snapshot!(said(broken), @r#"
      ⚠ the copy of the calendar `duty` cannot be used, so it is empty: line 14: the DTSTART of this event
      │ cannot be understood
        ╭─[routes/payments.toml:18:12]
     17 │ layers = [{ calendar = "duty" }]
     18 │ [calendars.duty]
        ·            ────
     19 │ ical = { url = { env = "SLACK_URL" }, refresh = "10m" }
        ╰────

    warnings: 1
    "#);
}

#[test]
fn calendars_that_are_wrong() {
    let of = |text: &str| {
        let duty = calendar(DUTIES).replace("20261204", "soon");
        load(&[
            ("bellwire.toml", HOST),
            ("routes/payments.toml", &TEAM.replace("[route]", &format!("[calendars]\nduty = {text}\n\n[route]"))),
            ("duty.ics", &duty),
        ])
    };
    let said = [
        r#"{}"#,
        r#"{ days = ["2026-12-25", "25.12.2026", "2026-12-26..2026-12-24"] }"#,
        r#"{ days = ["1900-01-01..2026-12-24"] }"#,
        r#"{ days = ["2026-12-25"], ical = { file = "duty.ics" } }"#,
        r#"{ ical = {} }"#,
        r#"{ ical = { file = "no.ics", refresh = "1h" } }"#,
        r#"{ ical = { file = "duty.ics" } }"#,
        r#"{ ical = { url = "webcal://example.com", refresh = "1s" } }"#,
    ]
    .map(|text| format!("{text}\n    {}\n", super::lines(of(text)).replace('\n', "\n    ")));
    assert_snapshot!(said.concat(), @r#"
    {}
        routes/payments.toml:10:8: a calendar must have one of `days` and `ical` (days = ["2026-12-25"], or ical = { file = "holidays.ics" }, or ical = { url = "https://…" })
    { days = ["2026-12-25", "25.12.2026", "2026-12-26..2026-12-24"] }
        routes/payments.toml:10:32: `days` has something that is neither a day nor days (write "2026-12-25", or "2026-12-24..2026-12-26" for three of them)
        routes/payments.toml:10:46: `days` has something that is neither a day nor days (write "2026-12-25", or "2026-12-24..2026-12-26" for three of them)
    { days = ["1900-01-01..2026-12-24"] }
        routes/payments.toml:10:17: too many days (at most 1000 are taken)
    { days = ["2026-12-25"], ical = { file = "duty.ics" } }
        routes/payments.toml:10:8: a calendar must have one of `days` and `ical` (days = ["2026-12-25"], or ical = { file = "holidays.ics" }, or ical = { url = "https://…" })
    { ical = {} }
        routes/payments.toml:10:17: `ical` must have one of `file` and `url` (days = ["2026-12-25"], or ical = { file = "holidays.ics" }, or ical = { url = "https://…" })
    { ical = { file = "no.ics", refresh = "1h" } }
        routes/payments.toml:10:26: the file no.ics cannot be read: No such file or directory (os error 2) (paths are relative to the folder of bellwire.toml)
        routes/payments.toml:10:46: a file is read when the configuration is; only a URL is fetched again
    { ical = { file = "duty.ics" } }
        routes/payments.toml:10:26: duty.ics, line 14: the DTSTART of this event cannot be understood
    { ical = { url = "webcal://example.com", refresh = "1s" } }
        routes/payments.toml:10:25: `url` is not a URL that can be used: it must begin with https:// or http://
        routes/payments.toml:10:59: `refresh` must be from 1m to 1d
    "#);
}

#[test]
fn windows_heed_calendars() {
    let team = |window: &str| {
        let more = format!(
            "[windows.open]\nzone = \"Europe/Berlin\"\n{window}\n[calendars.duty]\nical = {{ file = \"duty.ics\" }}\n"
        );
        load(&[
            ("bellwire.toml", HOST),
            ("routes/payments.toml", &TEAM.replace("[route]", &format!("{more}\n[route]"))),
            ("duty.ics", &calendar(DUTIES)),
        ])
    };
    let changes = |window: &str| {
        let config = team(window).unwrap_or_else(|report| panic!("{report}"));
        let fact = config.tables.teams["payments"].windows["open"].fact(NOW);
        format!("{} until {}", fact.inside, fact.changes_at.map_or("ever".into(), |at| at.to_string()))
    };
    assert_eq!(changes("hours = [\"mon-sun 09:00-17:00\"]\nonly = [\"duty\"]"), "false until 2026-12-01T08:00:00Z");
    assert_eq!(changes("hours = [\"tue 09:00-17:00\"]\nexcept = [\"duty\"]"), "false until 2026-11-24T08:00:00Z");
    assert_eq!(changes("from = 2026-12-01T22:00\nuntil = 2026-12-02T02:00"), "false until 2026-12-01T21:00:00Z");
    let said = ["", "from = 2026-12-01T22:00", "hours = []", "hours = [\"tue 09:00-17:00\"]\nonly = [\"dutty\"]"];
    assert_snapshot!(said.map(|window| super::lines(team(window))).join("\n"), @r#"
    routes/payments.toml:9:1: `hours` is missing (when it is open, as in hours = ["mon-fri 09:00-17:00"], or once, with `from` and `until`)
    routes/payments.toml:9:1: `until` is missing (when it ends, as in until = 2026-12-27T09:00)
    routes/payments.toml:11:9: `hours` is empty, so the window would never be open (as in hours = ["mon-fri 09:00-17:00"])
    routes/payments.toml:12:9: there is no calendar `dutty` (did you mean `duty`?)
    "#);
}
