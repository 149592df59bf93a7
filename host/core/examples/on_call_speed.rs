//! How long the resolver takes, in nanoseconds a call. It measures only; nothing depends on it.
//!
//! `cargo run --release -p bellwire-core --example on_call_speed`

use bellwire_core::{
    Cover, Every, HoursRange, Instant, Layer, Override, OverrideChange, Rotation, Schedule, Shift, Span, TurnsBy,
};
use jiff::{civil, tz::TimeZone};
use std::{hint::black_box, sync::Arc};

const ROUNDS: u32 = 5_000;
const DAY: Span = Span::from_secs(86_400);
const WEEKDAYS: [bool; 7] = [true, true, true, true, true, false, false];
const WEEKEND: [bool; 7] = [false, false, false, false, false, true, true];

fn main() -> Result<(), jiff::Error> {
    // 2026-11-21T03:12:00Z, a Saturday night.
    let now = Instant::from_millis(1_795_230_720_000);
    let decades_later = Instant::from_millis(1_795_230_720_000 + 35 * 365 * DAY.as_millis());
    let full = full(now)?;
    let alone = Schedule {
        layers: vec![layer("always", rotation(Every::Weeks(1), &["ann"]))],
        overrides: Vec::new(),
        ..full.clone()
    };
    // Every day has an edge and none of them changes anything: the search goes on to the horizon.
    let every_day = Rotation { hours: vec![hours([true; 7], 0, 0)], ..rotation(Every::Weeks(1), &["ann"]) };
    let days = Schedule { layers: vec![layer("days", every_day)], ..alone.clone() };
    println!("{:>10}  who, 5 layers and 50 overrides", nanos(|| full.who(now, &[])));
    println!("{:>10}  who, the same 35 years later", nanos(|| full.who(decades_later, &[])));
    println!("{:>10}  on_call, 5 layers and 50 overrides", nanos(|| full.on_call(now, &[])));
    println!("{:>10}  who, one person round the clock", nanos(|| alone.who(now, &[])));
    println!("{:>10}  on_call, one person round the clock", nanos(|| alone.on_call(now, &[])));
    println!("{:>10}  on_call, one person day after day", nanos(|| days.on_call(now, &[])));
    let quarter = now.saturating_add(Span::from_secs(90 * 86_400));
    println!("{:>10}  stretches of 90 days, 5 layers and 50 overrides", nanos(|| full.stretches(now, quarter, &[])));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn nanos<T>(mut call: impl FnMut() -> T) -> u128 {
    let began = std::time::Instant::now();
    for _ in 0..ROUNDS {
        black_box(call());
    }
    began.elapsed().as_nanos() / u128::from(ROUNDS)
}

/// Every layer is seen: nothing hides those below.
fn full(now: Instant) -> Result<Schedule, jiff::Error> {
    let zone_name = "Europe/Berlin";
    let weekly = rotation(Every::Weeks(1), &["ann", "ben", "cem", "dora"]);
    let nights = Rotation {
        hours: vec![hours(WEEKDAYS, 22, 6)],
        turns_by: TurnsBy::CoveredShift,
        ..rotation(Every::Days(1), &["eva", "fred", "gus"])
    };
    let weekends = Rotation { hours: vec![hours(WEEKEND, 0, 12), hours(WEEKEND, 12, 22)], ..weekly.clone() };
    let months = rotation(Every::Months(1), &["hana", "ivo"]);
    let from = now.saturating_sub(DAY);
    let calendar = Shift { from, until: now.saturating_add(DAY), people: vec!["jo".into()] };
    let adding = |name, rotation| Layer { adds: true, ..layer(name, rotation) };
    let layers = vec![
        layer("weekly", weekly),
        adding("nights", nights),
        adding("weekends", weekends),
        adding("months", months),
        Layer { name: "calendar".into(), cover: Cover::Shifts(vec![calendar]), adds: true },
    ];
    let overrides = (0..50).map(|number| swap(number, now)).collect();
    let zone = TimeZone::get(zone_name)?;
    Ok(Schedule { name: "primary".into(), zone_name: zone_name.into(), zone, layers, overrides })
}

/// The fiftieth, and the one before it, hold now.
fn swap(number: u64, now: Instant) -> Override {
    let from = now.saturating_sub(Span::from_secs((49 - number) * 36 * 3_600));
    Override {
        id: format!("swap-{number}").into(),
        team: "payments".into(),
        schedule: "primary".into(),
        from,
        until: from.saturating_add(Span::from_secs(2 * 86_400)),
        change: OverrideChange::Replace { person: Some("ann".into()), people: vec!["kim".into()] },
        reason: "a swap".into(),
        by: "ann".into(),
        made_at: from,
    }
}

fn layer(name: &str, rotation: Rotation) -> Layer {
    Layer { name: name.into(), cover: Cover::Rotation(rotation), adds: false }
}

fn rotation(every: Every, turns: &[&str]) -> Rotation {
    Rotation {
        start: civil::date(2020, 1, 31).at(9, 0, 0, 0),
        until: None,
        every,
        turns_by: TurnsBy::Shift,
        turns: turns.iter().map(|person| vec![Arc::from(*person)]).collect(),
        hours: Vec::new(),
        only: None,
        except: Arc::new([]),
    }
}

fn hours(days: [bool; 7], start: i8, end: i8) -> HoursRange {
    HoursRange { days, start: civil::time(start, 0, 0, 0), end: Some(civil::time(end, 0, 0, 0)) }
}
