//! What holds for any schedule, in any zone and decade.

use super::{model::at_minute, *};
use proptest::prelude::*;

/// Those that ever did something unusual with their clocks.
const ZONES: [&str; 28] = [
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Asuncion",
    "America/Caracas",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Kwajalein",
    "Pacific/Norfolk",
];

const DAY: i64 = 1_440;
const PEOPLE: [&str; 6] = ["ann", "ben", "cem", "dora", "eva", "fred"];

/// Where and when a case takes place.
#[derive(Clone, Copy, Debug)]
struct Place {
    zone: &'static str,
    /// UTC.
    minute: i64,
    /// What the clock of the zone shows where it is put forward or back next.
    change: civil::Time,
}

/// From 1980 to 2060; half of them just before the zone's clock changes.
fn places() -> impl Strategy<Value = Place> {
    let minute_of = |date: civil::Date| date.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second() / 60;
    let minutes = minute_of(civil::date(1980, 1, 1))..minute_of(civil::date(2060, 1, 1));
    (prop::sample::select(&ZONES[..]), minutes, prop::option::of(0..3 * DAY)).prop_map(|(name, minute, before)| {
        let zone = zone(name);
        let next = zone.following(jiff::Timestamp::from_second(minute * 60).unwrap()).next();
        let Some(next) = next else { return Place { zone: name, minute, change: civil::Time::midnight() } };
        let minute = before.map_or(minute, |before| next.timestamp().as_second() / 60 - before);
        let change = zone.to_datetime(next.timestamp());
        // The model counts minutes, and a zone file may name the end of 32 bits as a change: 2038-01-19T03:14:07Z.
        Place { zone: name, minute, change: civil::time(change.hour(), change.minute(), 0, 0) }
    })
}

fn everies() -> impl Strategy<Value = Every> {
    prop_oneof![
        3 => (1..50_u32).prop_map(Every::Hours),
        4 => (1..9_u32).prop_map(Every::Days),
        2 => (1..4_u32).prop_map(Every::Weeks),
        1 => (1..4_u32).prop_map(Every::Months),
    ]
}

fn groups() -> impl Strategy<Value = Vec<Arc<str>>> {
    prop::sample::subsequence(&PEOPLE[..], 1..3).prop_map(|people| people.into_iter().map(Arc::from).collect())
}

/// Often where the clock changes.
fn times(change: civil::Time) -> impl Strategy<Value = civil::Time> {
    prop_oneof![
        (0..24_i8, 0..60_i8).prop_map(|(hour, minute)| civil::time(hour, minute, 0, 0)),
        (-8..9_i64).prop_map(move |quarters| change.wrapping_add(jiff::SignedDuration::from_mins(quarters * 15))),
    ]
}

fn ranges(change: civil::Time) -> impl Strategy<Value = HoursRange> {
    let days = prop_oneof![Just(EVERY_DAY), any::<[bool; 7]>()];
    (days, times(change), prop::option::of(times(change))).prop_map(|(days, start, end)| HoursRange {
        days,
        start,
        end,
    })
}

/// It starts some time before the place's minute, or soon after.
fn rotations(place: Place) -> impl Strategy<Value = Rotation> {
    let near = place.minute;
    let before = prop_oneof![4 => -5 * DAY..60 * DAY, 1 => 0..9_000 * DAY];
    let days = prop::collection::btree_set(-3..20_i64, 0..6).prop_map(move |days| {
        let dates = days.into_iter().map(|day| wall_minute(near + day * DAY).date());
        dates.collect::<Arc<[civil::Date]>>()
    });
    let calendar = (
        prop_oneof![1 => Just(Vec::new()), 2 => prop::collection::vec(ranges(place.change), 1..4)],
        prop::option::weighted(0.2, days.clone()),
        prop_oneof![2 => Just(Arc::<[civil::Date]>::from([])), 1 => days],
        prop::option::weighted(0.2, 0..14 * DAY),
    );
    let turns_by = prop_oneof![Just(TurnsBy::Shift), Just(TurnsBy::CoveredShift)];
    let turns = prop::collection::vec(groups(), 1..5);
    (before, times(place.change), everies(), turns_by, turns, calendar).prop_map(
        move |(before, time, every, turns_by, turns, (hours, only, except, until))| Rotation {
            start: wall_minute(near - before).date().to_datetime(time),
            until: until.map(|after| wall_minute(near + after)),
            every,
            turns_by,
            turns,
            hours,
            only,
            except,
        },
    )
}

/// A wall time; which zone's does not matter here.
fn wall_minute(minute: i64) -> civil::DateTime {
    TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(minute * 60).unwrap())
}

fn spans(near: i64) -> impl Strategy<Value = (Instant, Instant)> {
    (-2 * DAY..14 * DAY, 1..4 * DAY)
        .prop_map(move |(begin, length)| (at_minute(near + begin), at_minute(near + begin + length)))
}

fn covers(place: Place) -> impl Strategy<Value = Cover> {
    let shift = (spans(place.minute), groups()).prop_map(|((from, until), people)| Shift { from, until, people });
    let shifts = prop::collection::vec(shift, 0..6).prop_map(|mut shifts| {
        shifts.sort_by_key(|shift| shift.from);
        Cover::Shifts(shifts)
    });
    prop_oneof![5 => rotations(place).prop_map(Cover::Rotation), 1 => shifts]
}

fn overrides(near: i64) -> impl Strategy<Value = Vec<Override>> {
    let person = prop::option::of(prop::sample::select(&PEOPLE[..]).prop_map(Arc::from));
    let change = prop_oneof![
        groups().prop_map(|people| OverrideChange::Add { people }),
        groups().prop_map(|people| OverrideChange::Remove { people }),
        (person, groups()).prop_map(|(person, people)| OverrideChange::Replace { person, people }),
    ];
    prop::collection::vec((spans(near), change), 0..5).prop_map(|changes| {
        let made = |(number, ((from, until), change))| Override {
            from,
            until,
            ..made(&format!("override-{number}"), "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", change)
        };
        (0..).zip(changes).map(|(number, change): (u32, _)| made((number, change))).collect()
    })
}

#[derive(Debug)]
struct Case {
    schedule: Schedule,
    near: i64,
    run_time: usize,
}

fn cases() -> impl Strategy<Value = Case> {
    places().prop_flat_map(|place| {
        let layers = prop::collection::vec((covers(place), any::<bool>()), 1..4);
        (layers, overrides(place.minute), 0..3_usize).prop_map(move |(layers, overrides, run_time)| {
            let layers = (0..).zip(layers).map(|(number, (cover, adds)): (u32, _)| Layer {
                name: format!("layer-{number}").into(),
                cover,
                adds,
            });
            Case {
                schedule: Schedule { overrides, ..schedule(place.zone, layers.collect()) },
                near: place.minute,
                run_time,
            }
        })
    })
}

fn explained(duties: &[Duty]) -> Vec<(String, String)> {
    let why = |duty: &Duty| match &duty.why {
        Why::Layer { layer } => String::from(&**layer),
        Why::Override { id, .. } => String::from(&**id),
    };
    duties.iter().map(|duty| (String::from(&*duty.person), why(duty))).collect()
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn the_expansion_is_what_counting_minutes_gives(mut case in cases(), days in 1..12_i64) {
        let made = case.schedule.overrides.split_off(case.schedule.overrides.len().saturating_sub(case.run_time));
        let run_time: Vec<_> = made.iter().collect();
        let (from, until) = (case.near, case.near + days * DAY);
        let counted = model::expand(&case.schedule, (from, until), &run_time);
        let stretches = case.schedule.stretches(at_minute(from), at_minute(until), &run_time);
        let mut expected: Vec<(Instant, Vec<(String, String)>)> = Vec::new();
        for (minute, people) in (from..).zip(counted) {
            if expected.last().is_none_or(|(_, last)| *last != people) {
                expected.push((at_minute(minute), people));
            }
        }
        let found: Vec<_> = stretches.iter().map(|stretch| (stretch.from, explained(&stretch.people))).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn an_instant_is_what_the_expansion_says_of_it(
        case in cases(),
        days in 1..40_i64,
        moments in prop::collection::vec(0.0..1.0_f64, 12),
    ) {
        let (from, until) = (at_minute(case.near), at_minute(case.near + days * DAY));
        let stretches = case.schedule.stretches(from, until, &[]);
        // Contiguous, from end to end.
        prop_assert_eq!(stretches[0].from, from);
        prop_assert_eq!(stretches[stretches.len() - 1].until, until);
        for pair in stretches.windows(2) {
            prop_assert!(pair[0].from < pair[0].until);
            prop_assert_eq!(pair[0].until, pair[1].from);
            prop_assert_ne!(&pair[0].people, &pair[1].people);
        }
        let names = |duties: &[Duty]| {
            duties.iter().map(|duty| duty.person.clone()).collect::<alloc::collections::BTreeSet<_>>()
        };
        let edges = stretches.iter().flat_map(|stretch| [stretch.from.as_millis(), stretch.until.as_millis() - 1]);
        let width = until.since(from).as_millis();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "any will do")]
        let moments = moments.iter().map(|part| from.as_millis() + (width as f64 * part) as u64);
        for now in edges.take(12).chain(moments).map(Instant::from_millis) {
            let place = stretches.partition_point(|stretch| stretch.until <= now);
            let standing = case.schedule.on_call(now, &[]);
            prop_assert_eq!(&standing.people, &stretches[place].people);
            prop_assert_eq!(&standing.people, &case.schedule.who(now, &[]));
            let current = names(&standing.people);
            let change = stretches[place..].iter().find(|stretch| names(&stretch.people) != current);
            match change {
                Some(change) => prop_assert_eq!(standing.until, Some(change.from)),
                None => prop_assert!(standing.until.is_none_or(|change| change >= until)),
            }
        }
    }

    #[test]
    fn round_the_clock_there_is_no_gap_and_one_hand_off_follows_the_other(
        Place { zone: name, minute: near, change } in places(),
        every in everies(),
        turns in 2..5_usize,
        age in 0..9_000_i64,
    ) {
        let mut rotation = rotation("2020-01-01T00:00", every, &PEOPLE[..turns].join(", "));
        rotation.start = wall_minute(near - (age + 2) * DAY).date().to_datetime(change);
        let schedule = schedule(name, vec![layer("all", rotation)]);
        let (from, until) = (at_minute(near), at_minute(near + 120 * DAY));
        prop_assert_eq!(schedule.gaps(from, until, &[]), []);
        let stretches = schedule.stretches(from, until, &[]);
        let turn = |stretch: &Stretch| PEOPLE.iter().position(|name| **name == *stretch.people[0].person).unwrap();
        for pair in stretches.windows(2) {
            let steps = (turn(&pair[1]) + turns - turn(&pair[0])) % turns;
            // One after the other; where the clock jumps, whole shifts may fall into the gap.
            let just_before = pair[1].from.to_jiff() - jiff::SignedDuration::from_secs(1);
            let jump = schedule.zone.following(just_before).next();
            let jumped = jump.is_some_and(|jump| Instant::from_jiff(jump.timestamp()) == pair[1].from);
            prop_assert!(steps == 1 || jumped, "{} then {}", people(&pair[0].people), people(&pair[1].people));
            prop_assert_eq!(pair[0].people.len(), 1);
        }
    }

    #[test]
    fn turns_are_fair_within_one(
        Place { zone: name, minute: near, .. } in places(),
        every in prop_oneof![(4..30_u32).prop_map(Every::Hours), (1..4_u32).prop_map(Every::Days)],
        by_covered in any::<bool>(),
        turns in 2..5_usize,
        days in 5..60_i64,
    ) {
        // A day that the zone skips is nobody's; that is not what is asked here.
        prop_assume!(!["Pacific/Apia", "Pacific/Kiritimati", "Pacific/Kwajalein"].contains(&name));
        let mut rotation = rotation("2020-01-01T00:00", every, &PEOPLE[..turns].join(", "));
        rotation.start = wall_minute(near - near % DAY + 720);
        if by_covered {
            rotation.turns_by = TurnsBy::CoveredShift;
            rotation.hours = vec![hours(WEEKDAYS, "00:00", "24:00")];
        }
        let schedule = schedule(name, vec![layer("all", rotation)]);
        let stretches = schedule.stretches(at_minute(near - 2 * DAY), at_minute(near + days * DAY), &[]);
        // Who comes back after an uncovered weekend in the midst of the own shift has one shift, not two.
        let mut shifts: Vec<_> = stretches.iter().flat_map(|stretch| &stretch.people).map(|duty| &duty.person).collect();
        shifts.dedup();
        let counts = PEOPLE[..turns].iter().map(|name| shifts.iter().filter(|person| ****person == **name).count());
        let counts: Vec<_> = counts.collect();
        prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
    }
}
