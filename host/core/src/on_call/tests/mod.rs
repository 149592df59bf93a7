//! The resolver's tests: stories of the calendar, overrides, and properties against a model that counts minutes.

mod model;
mod overrides;
mod properties;
mod stories;

use super::*;
use alloc::{borrow::ToOwned, format, string::String, vec};

const EVERY_DAY: [bool; 7] = [true; 7];
const WEEKDAYS: [bool; 7] = [true, true, true, true, true, false, false];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// As `2026-11-21T03:12:00Z`.
fn instant(text: &str) -> Instant {
    Instant::from_jiff(text.parse().unwrap())
}

fn schedule(zone_name: &str, layers: Vec<Layer>) -> Schedule {
    Schedule {
        name: "primary".into(),
        zone_name: zone_name.into(),
        zone: zone(zone_name),
        layers,
        overrides: Vec::new(),
    }
}

fn names(people: &str) -> Vec<Arc<str>> {
    people.split('+').filter(|name| !name.is_empty()).map(Arc::from).collect()
}

/// Turns as `ann+ben, cem`: the two first, then the third.
fn rotation(start: &str, every: Every, turns: &str) -> Rotation {
    Rotation {
        start: start.parse().unwrap(),
        until: None,
        every,
        turns_by: TurnsBy::Shift,
        turns: turns.split(", ").map(names).collect(),
        hours: Vec::new(),
        only: None,
        except: Arc::new([]),
    }
}

/// From and to as `HH:MM`; to `24:00` is the end of the day.
fn hours(days: [bool; 7], from: &str, to: &str) -> HoursRange {
    HoursRange { days, start: from.parse().unwrap(), end: (to != "24:00").then(|| to.parse().unwrap()) }
}

fn dates(dates: &[&str]) -> Arc<[civil::Date]> {
    dates.iter().map(|date| date.parse::<civil::Date>().unwrap()).collect()
}

fn layer(name: &str, rotation: Rotation) -> Layer {
    Layer { name: name.into(), cover: Cover::Rotation(rotation), adds: false }
}

fn made(id: &str, from: &str, until: &str, change: OverrideChange) -> Override {
    Override {
        id: id.into(),
        team: "payments".into(),
        schedule: "primary".into(),
        from: instant(from),
        until: instant(until),
        change,
        reason: "a swap".to_owned(),
        by: "cem".into(),
        made_at: instant("2026-01-01T00:00:00Z"),
    }
}

/// As people read it: `ann, ben (swap)`, where `swap` is an override; `nobody`.
fn people(duties: &[Duty]) -> String {
    let one = |duty: &Duty| match &duty.why {
        Why::Layer { .. } => String::from(&*duty.person),
        Why::Override { id, .. } => format!("{} ({id})", duty.person),
    };
    if duties.is_empty() { "nobody".to_owned() } else { duties.iter().map(one).collect::<Vec<_>>().join(", ") }
}

/// One line for each stretch, with its start on the schedule's wall clock.
fn calendar(schedule: &Schedule, from: &str, until: &str, run_time: &[&Override]) -> Vec<String> {
    let line = |stretch: Stretch| {
        let from = stretch.from.to_jiff().to_zoned(schedule.zone.clone());
        format!("{} {}", from.strftime("%a %F %R%:z"), people(&stretch.people))
    };
    schedule.stretches(instant(from), instant(until), run_time).into_iter().map(line).collect()
}

#[track_caller]
fn check(schedule: &Schedule, (from, until): (&str, &str), expected: &[&str]) {
    assert_eq!(calendar(schedule, from, until, &[]), expected);
}

/// Who is on call at `now`, and until when.
fn standing(schedule: &Schedule, now: &str, run_time: &[&Override]) -> String {
    let Standing { people: duties, until } = schedule.on_call(instant(now), run_time);
    assert_eq!(duties, schedule.who(instant(now), run_time));
    let until = until.map_or("ever".to_owned(), |until| format!("{until}"));
    format!("{} until {until}", people(&duties))
}
