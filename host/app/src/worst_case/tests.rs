//! Weekends without anybody, windows, policies that look at the route's name: what is found, and for whom.

use super::*;
use bellwire_config::Config;
use bellwire_core::{DecidedNotice, Decision, Wants};

const ROUTES: &str = r##"
team = "payments"

[people.bob]
email = "bob@example.com"
contact = [{ email = true }]

[schedules.week]
zone = "Europe/Berlin"
[[schedules.week.layers]]
people = ["bob"]
start = 2026-01-01T00:00
hours = ["mon-fri 00:00-24:00"]

[windows.business-hours]
zone = "Europe/Berlin"
hours = ["mon-fri 09:00-17:00"]

[receivers]
channel = { slack = { channel = "#payments" } }

[policies.asked]
plugin = "asked"

[route]
policy = "asked"
fallback = ["channel"]
group_wait = "0s"

[[route.routes]]
name = "batch"
match = ['job="batch"']
"##;

const HOST: &str = r#"
listen = "127.0.0.1:0"
[slack]
token = { env = "TOKEN" }
[smtp]
host = "127.0.0.1"
from = "bellwire@example.com"
"#;

/// Monday.
fn now() -> Instant {
    "2026-11-23T08:00:00Z".parse::<jiff::Timestamp>().map(instant).unwrap()
}

fn instant(timestamp: jiff::Timestamp) -> Instant {
    Instant::from_millis(u64::try_from(timestamp.as_millisecond()).unwrap())
}

fn target(text: &str) -> Target {
    let (kind, name) = text.split_once(':').unwrap();
    match kind {
        "schedule" => Target::Schedule(name.into()),
        "person" => Target::Person(name.into()),
        _ => Target::Receiver(name.into()),
    }
}

/// A step is due when its minutes have passed, whatever became of those before it.
fn ladder(facts: &Facts, steps: &[(u64, &str)]) -> Decision {
    let minutes = |minutes: u64| Span::from_secs(minutes * 60);
    let due = |after: u64| facts.incident.opened_at.saturating_add(minutes(after));
    let notices = steps.iter().filter(|(after, _)| due(*after) <= facts.now).map(|(after, to)| DecidedNotice {
        key: format!("after-{after}"),
        to: vec![target(to)],
        page: true,
        text: None,
    });
    let next_check = steps.iter().map(|(after, _)| due(*after)).find(|due| *due > facts.now);
    let priority = facts.incident.priority.unwrap_or(Priority::P3);
    Decision { priority, notices: notices.collect(), next_check, reason: "because".into() }
}

/// A line for each case of four weeks.
fn proved(policy: impl Fn(&Facts) -> Answer) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("routes")).unwrap();
    std::fs::write(folder.path().join("bellwire.toml"), HOST).unwrap();
    std::fs::write(folder.path().join("routes/payments.toml"), ROUTES).unwrap();
    let environment = |_: &str| Some("xoxb-1".to_owned());
    let mut config = Config::load(&folder.path().join("bellwire.toml"), &environment, now()).unwrap();
    let wants = Wants {
        windows: vec!["business-hours".into()],
        targets: vec![target("schedule:week"), target("person:bob"), target("receiver:channel")],
        ..Wants::default()
    };
    assert!(config.with_wants("payments", "asked", wants).is_empty());
    let tables = Arc::new(config.tables);
    let roster = Roster { tables: tables.clone(), overrides: Vec::new() };
    let team = tables.team("payments").unwrap();
    let mut found = WorstCases { cases: Vec::new(), tried: 0, left_out: 0 };
    let mut proved = Vec::new();
    for route in [&team.root, &team.root.routes[0]] {
        let of_route = OfRoute { roster: &roster, team, route, policy: &team.policies["asked"], ask: &policy };
        of_route.prove(Period::ahead(now(), 28), &mut proved, &mut found);
    }
    found.cases.iter().map(shown).collect()
}

fn shown(case: &WorstCase) -> String {
    let asked: Vec<String> = case.asked.iter().map(Priority::to_string).collect();
    let opens = match case.opens {
        Opens::AtAnyTime => "at any time".into(),
        Opens::At(at) => wall_text(at, &case.zone),
    };
    let outcome = match &case.outcome {
        Outcome::Paged { after, by } => format!("{after} {by:?}"),
        Outcome::Told { after, by } => format!("told {after} {by:?}"),
        Outcome::OnlyTold { after, by } => format!("only told {after} {by:?}"),
        Outcome::LastResort(who) => format!("last resort {}", who.join(" ")),
        Outcome::Nobody => "nobody".into(),
    };
    format!("{} {}={} {opens}: {outcome}", case.route, asked.join(","), case.priority)
}

/// What holds for the root, where all priorities fare alike.
fn first(policy: impl Fn(&Facts) -> Answer) -> String {
    let cases = proved(policy);
    let of_p1 = cases.iter().find_map(|case| case.strip_prefix("payments P1=P1 ")).unwrap();
    for priority in ["P2", "P3", "P4"] {
        assert!(cases.contains(&format!("payments {priority}={priority} {of_p1}")), "{cases:#?}");
        assert!(cases.contains(&format!("batch {priority}={priority} {of_p1}")), "{cases:#?}");
    }
    of_p1.into()
}

#[test]
fn on_a_weekend_without_anybody_the_second_step_is_the_first_that_is_heard() {
    assert_eq!(
        first(|facts| Ok(ladder(facts, &[(0, "schedule:week"), (30, "person:bob")]))),
        r#"Sat 2026-11-28 00:00 Europe/Berlin: 30m Person("bob")"#
    );
}

#[test]
fn a_step_that_falls_due_just_after_the_last_hour_on_call_is_found() {
    assert_eq!(
        first(|facts| Ok(ladder(facts, &[(20, "schedule:week"), (50, "person:bob")]))),
        r#"Fri 2026-11-27 23:40 Europe/Berlin: 50m Person("bob")"#
    );
}

#[test]
fn where_there_is_only_the_schedule_the_weekend_is_the_last_resorts() {
    assert_eq!(
        first(|facts| Ok(ladder(facts, &[(0, "schedule:week")]))),
        "Sat 2026-11-28 00:00 Europe/Berlin: last resort payments/channel"
    );
}

#[test]
fn what_waits_for_a_window_waits_longest_from_friday_evening_to_monday_morning() {
    let policy = |facts: &Facts| {
        let Some(window) = facts.windows.first() else { return Ok(ladder(facts, &[])) };
        let decision = ladder(facts, &[(0, "schedule:week")]);
        let held = Decision { notices: Vec::new(), next_check: window.changes_at, ..decision.clone() };
        Ok(if window.inside { decision } else { held })
    };
    assert_eq!(
        first(policy),
        r#"Fri 2026-11-27 17:00 Europe/Berlin: 2d 16h OnCall { people: ["bob"], schedule: "week" }"#
    );
}

#[test]
fn what_never_changes_is_so_at_any_time() {
    let inform = |facts: &Facts| {
        let mut decision = ladder(facts, &[(5, "receiver:channel")]);
        decision.notices.iter_mut().for_each(|notice| notice.page = false);
        Ok(decision)
    };
    assert_eq!(first(inform), r#"at any time: told 5m Receiver("channel")"#);
    assert_eq!(first(|facts| Ok(ladder(facts, &[]))), "at any time: nobody");
    assert_eq!(
        first(|_| Err(PluginFault::OutOfFuel(7))),
        r#"at any time: 0ms Fallback { receivers: ["payments/channel"], fault: OutOfFuel(7) }"#
    );
}

#[test]
fn who_is_told_at_night_but_paged_by_day_is_a_hole() {
    let policy = |facts: &Facts| {
        let mut decision = ladder(facts, &[(0, "receiver:channel")]);
        decision.notices.iter_mut().for_each(|notice| notice.page = facts.windows.iter().any(|window| window.inside));
        Ok(decision)
    };
    assert_eq!(first(policy), r#"Mon 2026-11-23 17:00 Europe/Berlin: only told 0ms Receiver("channel")"#);
}

#[test]
fn a_policy_that_answers_one_priority_whatever_it_is_asked_has_one_case() {
    let policy = |facts: &Facts| Ok(Decision { priority: Priority::P2, ..ladder(facts, &[(0, "person:bob")]) });
    let cases = proved(policy);
    assert_eq!(
        cases,
        ["payments", "batch"].map(|route| format!(r#"{route} P1,P2,P3,P4=P2 at any time: 0ms Person("bob")"#))
    );
}

#[test]
fn a_policy_that_looks_at_the_routes_name_is_asked_for_each_route() {
    let policy = |facts: &Facts| {
        let steps = if &*facts.incident.route == "batch" { &[(9, "person:bob")] } else { &[(0, "person:bob")] };
        Ok(ladder(facts, steps))
    };
    let cases = proved(policy);
    assert!(cases.contains(&r#"payments P1=P1 at any time: 0ms Person("bob")"#.into()), "{cases:#?}");
    assert!(cases.contains(&r#"batch P1=P1 at any time: 9m Person("bob")"#.into()), "{cases:#?}");
}

#[test]
fn a_policy_that_asks_again_without_end_comes_to_an_end() {
    let policy = |facts: &Facts| {
        let soon = facts.now.saturating_add(Span::from_millis(1));
        Ok(Decision { next_check: Some(soon), ..ladder(facts, &[]) })
    };
    assert_eq!(first(policy), "at any time: nobody");
}
