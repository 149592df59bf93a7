//! Overrides: what they do to who is on call, and which ones are refused.

use super::*;
use crate::{GroupBy, Matchers, OverrideRefusal, Route, Team};
use alloc::{collections::BTreeMap, string::ToString};

fn add(people: &str) -> OverrideChange {
    OverrideChange::Add { people: names(people) }
}

fn remove(people: &str) -> OverrideChange {
    OverrideChange::Remove { people: names(people) }
}

fn replace(person: Option<&str>, people: &str) -> OverrideChange {
    OverrideChange::Replace { person: person.map(Arc::from), people: names(people) }
}

/// Ann and Ben are on call all the time.
fn pair() -> Schedule {
    schedule("UTC", vec![layer("pair", rotation("2026-01-01T00:00", Every::Weeks(1), "ann+ben"))])
}

/// Saturday of the stories, all of it.
fn saturday(id: &str, change: OverrideChange) -> Override {
    made(id, "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", change)
}

const NOON: &str = "2026-11-21T12:00:00Z";

#[test]
fn each_kind_does_what_it_says() {
    let cases = [
        (add("cem+ann"), "ann, ben, cem (swap) until 2026-11-22T00:00:00Z"),
        (remove("ann"), "ben until 2026-11-22T00:00:00Z"),
        (remove("ann+ben"), "nobody until 2026-11-22T00:00:00Z"),
        (replace(Some("ann"), "cem+dora"), "cem (swap), dora (swap), ben until 2026-11-22T00:00:00Z"),
        (replace(Some("ann"), "ben"), "ben until 2026-11-22T00:00:00Z"),
        (replace(Some("dora"), "cem"), "ann, ben until ever"),
        (replace(None, "cem"), "cem (swap) until 2026-11-22T00:00:00Z"),
        // Who stays, stays for another reason.
        (replace(None, "ben"), "ben (swap) until 2026-11-22T00:00:00Z"),
    ];
    for (change, expected) in cases {
        let swap = saturday("swap", change);
        assert_eq!(standing(&pair(), NOON, &[&swap]), expected, "{:?}", swap.change);
    }
}

#[test]
fn it_holds_from_its_start_until_just_before_its_end() {
    let swap = made("swap", "2026-11-21T10:00:00Z", "2026-11-21T11:30:00Z", replace(None, "cem"));
    assert_eq!(
        calendar(&pair(), "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", &[&swap]),
        [
            "Sat 2026-11-21 00:00+00:00 ann, ben",
            "Sat 2026-11-21 10:00+00:00 cem (swap)",
            "Sat 2026-11-21 11:30+00:00 ann, ben",
        ],
    );
    assert_eq!(standing(&pair(), "2026-11-21T11:29:59.999Z", &[&swap]), "cem (swap) until 2026-11-21T11:30:00Z",);
    assert_eq!(standing(&pair(), "2026-11-21T11:30:00Z", &[&swap]), "ann, ben until ever");
}

#[test]
fn those_of_the_file_come_first_then_those_made_at_run_time() {
    let mut schedule = pair();
    schedule.overrides = vec![saturday("file", replace(Some("ann"), "cem")), saturday("more", add("eva"))];
    let first = saturday("first", replace(Some("cem"), "dora"));
    let second = saturday("second", remove("ben"));
    assert_eq!(people(&schedule.who(instant(NOON), &[])), "cem (file), ben, eva (more)");
    assert_eq!(people(&schedule.who(instant(NOON), &[&first, &second])), "dora (first), eva (more)");
}

#[test]
fn it_fills_a_gap_and_says_who_made_it_and_why() {
    let empty = schedule("UTC", Vec::new());
    let swap = saturday("swap", add("cem"));
    let Standing { people, until } = empty.on_call(instant(NOON), &[&swap]);
    let why = Why::Override { id: "swap".into(), by: "cem".into(), reason: "a swap".into() };
    assert_eq!(people, [Duty { person: "cem".into(), why }]);
    assert_eq!(until, Some(instant("2026-11-22T00:00:00Z")));
}

fn team() -> Team {
    let mut schedule = pair();
    schedule.overrides = vec![saturday("file", add("ann"))];
    let person = |name: &str| Person {
        name: name.into(),
        display: name.into(),
        zone: None,
        slack_user: None,
        email: None,
        contacts: Vec::new(),
    };
    Team {
        name: "payments".into(),
        matchers: Matchers::default(),
        root: route(),
        receivers: BTreeMap::new(),
        policies: BTreeMap::new(),
        windows: BTreeMap::new(),
        people: ["ann", "ben"].into_iter().map(|name| (name.into(), Arc::new(person(name)))).collect(),
        schedules: BTreeMap::from([(schedule.name.clone(), schedule)]),
        silences: Vec::new(),
        inhibitions: Vec::new(),
        heartbeats: Vec::new(),
        last_resort: Vec::new(),
        last_resort_after: Span::ZERO,
    }
}

fn route() -> Route {
    Route {
        name: "root".into(),
        matchers: Matchers::default(),
        continues: false,
        group_by: GroupBy::All,
        group_wait: Span::ZERO,
        group_interval: Span::ZERO,
        reopen_window: Span::ZERO,
        policy: "ladder".into(),
        fallback: Vec::new(),
        flapping: None,
        mute: Vec::new(),
        active: Vec::new(),
        routes: Vec::new(),
    }
}

/// What a request is told at noon of the day before; `taken` if nothing is wrong with it.
fn told(wanted: &Override, run_time: &[&Override]) -> String {
    let refusal = wanted.refusal(&team(), run_time, instant("2026-11-20T12:00:00Z"));
    refusal.map_or("taken".to_owned(), |refusal: OverrideRefusal| refusal.to_string())
}

#[test]
fn what_is_wrong_with_an_override_is_said() {
    let (saturday_from, saturday_until) = ("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z");
    let cases = [
        (saturday("", add("ann")), "taken"),
        (
            Override { schedule: "secondary".into(), ..saturday("", add("ann")) },
            "the team has no schedule secondary; there are: primary",
        ),
        (saturday("", add("ann+zoe")), "the team has nobody called zoe; there are: ann, ben"),
        (saturday("", replace(Some("zoe"), "ann")), "the team has nobody called zoe; there are: ann, ben"),
        (saturday("", add("")), "it names nobody"),
        (made("", saturday_until, saturday_from, add("ann")), "it ends before it begins"),
        (made("", saturday_from, saturday_from, add("ann")), "it ends before it begins"),
        (made("", "2026-11-19T00:00:00Z", "2026-11-20T12:00:00Z", add("ann")), "it is over already"),
        (Override { reason: "ü".repeat(500), ..saturday("", add("ann")) }, "taken"),
        (Override { reason: "ü".repeat(501), ..saturday("", add("ann")) }, "the reason is longer than 500 characters"),
        (
            saturday("", remove("ann")),
            "it overlaps the override file (2026-11-21T00:00:00Z to 2026-11-22T00:00:00Z); remove that one first, or choose \
             other times",
        ),
    ];
    for (wanted, expected) in cases {
        assert_eq!(told(&wanted, &[]), expected, "{wanted:?}");
    }
}

#[test]
fn only_those_that_add_may_overlap() {
    let (from, until) = ("2026-11-25T08:00:00Z", "2026-11-25T16:00:00Z");
    let adds = made("adds", from, until, add("ann"));
    let removes = made("removes", from, until, remove("ann"));
    assert_eq!(told(&made("", from, until, add("ben")), &[&adds]), "taken");
    for (wanted, other) in [(&removes, &adds), (&adds, &removes), (&removes, &removes)] {
        let told = told(wanted, &[other]);
        assert!(told.starts_with(&format!("it overlaps the override {} ", other.id)), "{told}");
    }
    // The one ends where the other begins.
    assert_eq!(told(&made("", "2026-11-25T07:00:00Z", from, remove("ann")), &[&removes]), "taken");
    assert_eq!(told(&made("", until, "2026-11-25T17:00:00Z", remove("ann")), &[&removes]), "taken");
    // Another schedule's.
    let elsewhere = Override { schedule: "secondary".into(), ..removes.clone() };
    assert_eq!(told(&removes, &[&elsewhere]), "taken");
}

#[test]
fn a_team_has_a_limit_of_overrides_that_are_not_over() {
    let day = |number: usize, from: &str, until: &str| made(&number.to_string(), from, until, add("ann"));
    let over: Vec<_> = (0..1_000).map(|number| day(number, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z")).collect();
    let ahead: Vec<_> = (0..1_000).map(|number| day(number, "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z")).collect();
    let wanted = saturday("", add("ann"));
    assert_eq!(told(&wanted, &over.iter().collect::<Vec<_>>()), "taken");
    assert_eq!(told(&wanted, &ahead[1..].iter().collect::<Vec<_>>()), "taken");
    assert_eq!(told(&wanted, &ahead.iter().collect::<Vec<_>>()), "there are 1000 overrides, which is the limit");
}
