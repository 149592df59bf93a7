//! Who is on call, and overrides, over the API.

use crate::world::{InMemory, NOW, Reply, World, tables};
use axum::http::{Method, StatusCode};
use bellwire_core::{
    Contact, Cover, Every, HoursRange, Instant, Layer, Limits, MatchOperator, Matcher, Matchers, Override,
    OverrideChange, Person, Rotation, Schedule, Secret, Span, Tables, Team, TurnsBy,
};
use bellwire_http::{Credential, Settings};
use jiff::{civil, tz::TimeZone};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Two teams. `ops` has `primary` around the clock, a week each from Monday, 16 November 2026, 09:00 in Berlin, and
/// `office` on weekdays; `web` has a `primary` of its own.
fn world() -> World {
    World::with(&Settings::default(), InMemory::with_tables(two_teams()))
}

pub fn two_teams() -> Tables {
    let mut tables = tables(Limits::default());
    let ops = tables.teams.remove("ops").unwrap();
    let mut office = schedule("office", Some(office_hours()));
    office.overrides.push(of_the_file());
    let only = Matchers(vec![Matcher::new("team", MatchOperator::Equal, "web").unwrap()]);
    let web = Team { name: "web".into(), matchers: only, ..ops.clone() };
    for (team, schedules) in [(ops, vec![schedule("primary", None), office]), (web, vec![schedule("primary", None)])] {
        let people = ["ann", "bob", "cyd"].map(person);
        let by_name = |person: Arc<Person>| (person.name.clone(), person);
        let schedules = schedules.into_iter().map(|schedule| (schedule.name.clone(), schedule)).collect();
        let people: BTreeMap<_, _> = people.into_iter().map(by_name).collect();
        tables.teams.insert(team.name.clone(), Team { people, schedules, ..team });
    }
    tables
}

fn person(name: &str) -> Arc<Person> {
    // What has a meaning in a calendar is in a name.
    let display = format!("{}{}, Ops; \\ Größe", name[..1].to_uppercase(), &name[1..]).into();
    let contacts = vec![Contact { receiver: format!("ops/{name}:email").into(), after: Span::ZERO }];
    Arc::new(Person { name: name.into(), display, zone: None, slack_user: None, email: None, contacts })
}

fn schedule(name: &str, hours: Option<HoursRange>) -> Schedule {
    let rotation = Rotation {
        start: civil::date(2026, 11, 16).at(9, 0, 0, 0),
        until: None,
        every: Every::Weeks(1),
        turns_by: TurnsBy::Shift,
        turns: vec![vec!["ann".into()], vec!["bob".into()]],
        hours: hours.into_iter().collect(),
        only: None,
        except: Arc::from([]),
    };
    Schedule {
        name: name.into(),
        zone_name: "Europe/Berlin".into(),
        zone: TimeZone::get("Europe/Berlin").unwrap(),
        layers: vec![Layer { name: "weekly".into(), cover: Cover::Rotation(rotation), adds: false }],
        overrides: vec![],
    }
}

fn office_hours() -> HoursRange {
    let days = [true, true, true, true, true, false, false];
    HoursRange { days, start: civil::time(9, 0, 0, 0), end: Some(civil::time(17, 0, 0, 0)) }
}

/// Christmas Eve.
fn of_the_file() -> Override {
    Override {
        id: "eve".into(),
        team: "ops".into(),
        schedule: "office".into(),
        from: Instant::from_millis(1_798_063_200_000),
        until: Instant::from_millis(1_798_149_600_000),
        change: OverrideChange::Add { people: vec!["cyd".into()] },
        reason: "Christmas Eve".into(),
        by: "the routes file".into(),
        made_at: Instant::from_millis(0),
    }
}

async fn override_added(world: &World, change: Value) -> Reply {
    let mut body = json!({"team": "ops", "schedule": "primary", "until": "2026-11-21T18:00", "by": "ann"});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    world.post("/api/v1/overrides", body.to_string()).await
}

fn people(standing: &Value) -> Vec<&str> {
    standing["people"].as_array().unwrap().iter().map(|duty| duty["person"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn says_who_is_on_call_now_why_and_until_when() {
    let list = world().get("/api/v1/oncall").await.json();
    let schedules = list["schedules"].as_array().unwrap();
    let name = |standing: &Value| format!("{}/{}", standing["team"], standing["schedule"]).replace('"', "");
    assert_eq!(schedules.iter().map(name).collect::<Vec<_>>(), ["ops/office", "ops/primary", "web/primary"]);
    let (office, primary) = (&schedules[0], &schedules[1]);
    let expected = json!({"team": "ops", "schedule": "primary", "zone": "Europe/Berlin", "at": "2026-11-21T04:12:00+01:00",
        "people": [{"person": "ann", "display": "Ann, Ops; \\ Größe", "why": {"because": "layer", "layer": "weekly"}}],
        "until": "2026-11-23T09:00:00+01:00"});
    assert_eq!(*primary, expected);
    assert_eq!((people(office), &office["until"]), (vec![], &json!("2026-11-23T09:00:00+01:00")), "a Saturday");
}

#[tokio::test]
async fn says_who_is_on_call_at_a_time_on_the_schedules_own_clock() {
    let world = world();
    for (at, person) in [
        ("2026-11-23T08:59", "ann"),
        ("2026-11-23T09:00", "bob"),
        ("2026-11-23T08:00:00Z", "bob"),
        ("2026-11-23T07:59:59Z", "ann"),
    ] {
        let list = world.get(&format!("/api/v1/oncall?team=ops&schedule=primary&at={at}")).await.json();
        assert_eq!(people(&list["schedules"][0]), [person], "{at}");
    }
    let both = world.get("/api/v1/oncall?schedule=primary").await.json();
    assert_eq!(both["schedules"].as_array().unwrap().len(), 2);
    let one = world.get("/api/v1/oncall?schedule=web/primary").await.json();
    assert_eq!(one["schedules"][0]["team"], "web");
}

#[tokio::test]
async fn stretches_follow_each_other_without_a_hole() {
    let path = "/api/v1/oncall/ops/office/stretches?from=2026-11-23&until=2026-11-25";
    let list = world().get(path).await.json();
    assert_eq!(
        (&list["from"], &list["until"]),
        (&json!("2026-11-23T00:00:00+01:00"), &json!("2026-11-25T00:00:00+01:00"))
    );
    let stretches = list["stretches"].as_array().unwrap();
    let told: Vec<_> = stretches.iter().map(|one| (one["until"].as_str().unwrap(), people(one))).collect();
    let expected = [
        ("2026-11-23T09:00:00+01:00", vec![]),
        ("2026-11-23T17:00:00+01:00", vec!["bob"]),
        ("2026-11-24T09:00:00+01:00", vec![]),
        ("2026-11-24T17:00:00+01:00", vec!["bob"]),
        ("2026-11-25T00:00:00+01:00", vec![]),
    ];
    assert_eq!(told, expected);
    assert!(stretches.windows(2).all(|pair| pair[0]["until"] == pair[1]["from"]));
    let december = world().get("/api/v1/oncall/ops/office/stretches?from=2026-12-20&until=2026-12-31").await.json();
    assert_eq!(december["overrides"][0]["id"], "eve");
    assert_eq!(december["overrides"][0]["origin"], "routes_file");
}

#[tokio::test]
async fn gaps_are_found_and_are_none_around_the_clock() {
    let world = world();
    let none = world.get("/api/v1/oncall/gaps?days=400&schedule=primary").await.json();
    assert_eq!((none["gaps"].as_array().unwrap().len(), &none["schedules"]), (0, &json!(2)));
    let some = world.get("/api/v1/oncall/gaps?days=3&team=ops").await.json();
    let gap = json!({"team": "ops", "schedule": "office", "zone": "Europe/Berlin",
        "from": "2026-11-21T04:12:00+01:00", "until": "2026-11-23T09:00:00+01:00"});
    assert_eq!(some["gaps"][0], gap);
    assert_eq!(some["gaps"].as_array().unwrap().len(), 2, "and the night after");
}

#[tokio::test]
async fn an_override_is_made_holds_and_is_taken_away() {
    let world = world();
    let reply = override_added(&world, json!({"replace": "ann", "with": ["cyd"], "reason": "dentist"})).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let mut made = reply.json();
    assert_eq!(made["changes_nothing"].take(), json!(false));
    made.as_object_mut().unwrap().remove("changes_nothing");
    let id = made["id"].as_str().unwrap();
    for (field, value) in [
        ("from", json!("2026-11-21T04:12:00+01:00")),
        ("until", json!("2026-11-21T18:00:00+01:00")),
        ("replace", json!("ann")),
        ("with", json!(["cyd"])),
        ("by", json!("ann")),
        ("origin", json!("run_time")),
    ] {
        assert_eq!(made[field], value, "{field}");
    }

    let now = world.get("/api/v1/oncall?schedule=ops/primary").await.json();
    let why = json!({"because": "override", "id": id, "by": "ann", "reason": "dentist"});
    assert_eq!((people(&now["schedules"][0]), &now["schedules"][0]["people"][0]["why"]), (vec!["cyd"], &why));
    let listed = world.get("/api/v1/overrides").await.json();
    assert_eq!((&listed["overrides"][0], &listed["overrides"][1]["id"]), (&made, &json!("eve")));

    let path = format!("/api/v1/overrides/ops/{id}");
    assert_eq!(world.call(Method::DELETE, &path, &[], "").await.status, StatusCode::BAD_REQUEST, "who takes it away?");
    let gone = world.call(Method::DELETE, &format!("{path}?by=bob&via=cli"), &[], "").await;
    assert_eq!((gone.status, gone.body.as_str()), (StatusCode::OK, r#"{"result":"done"}"#));
    let again = world.call(Method::DELETE, &format!("{path}?by=bob"), &[], "").await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "{}", again.body);
    let now = world.get("/api/v1/oncall?schedule=ops/primary").await.json();
    assert_eq!(people(&now["schedules"][0]), ["ann"]);
}

#[tokio::test]
async fn an_override_that_changes_nothing_is_made_and_says_so() {
    for (change, changes_nothing) in [
        (json!({"replace": "bob", "with": ["cyd"]}), true),
        (json!({"replace": "ann", "with": ["cyd"]}), false),
        // Bob's turn begins on the 23rd.
        (json!({"replace": "bob", "with": ["cyd"], "until": "2026-11-23T09:01"}), false),
        (json!({"remove": ["bob", "cyd"]}), true),
        (json!({"remove": ["ann"]}), false),
        (json!({"add": ["ann"]}), true),
        (json!({"add": ["ann", "bob"]}), false),
        (json!({"with": ["ann"]}), true),
    ] {
        let made = override_added(&world(), change.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{change}: {}", made.body);
        assert_eq!(made.json()["changes_nothing"], changes_nothing, "{change}");
    }
}

#[tokio::test]
async fn people_are_added_and_taken_off() {
    let world = world();
    let now = async || world.get("/api/v1/oncall?schedule=ops/primary").await.json()["schedules"][0].clone();
    assert_eq!(override_added(&world, json!({"add": ["bob"]})).await.status, StatusCode::CREATED);
    assert_eq!(people(&now().await), ["ann", "bob"]);
    let id = world.get("/api/v1/overrides").await.json()["overrides"][0]["id"].as_str().unwrap().to_owned();
    world.call(Method::DELETE, &format!("/api/v1/overrides/ops/{id}?by=ann"), &[], "").await;
    assert_eq!(override_added(&world, json!({"remove": ["ann"]})).await.status, StatusCode::CREATED);
    assert_eq!(people(&now().await), [""; 0]);
}

#[tokio::test]
async fn an_override_that_makes_no_sense_is_refused_with_the_reason() {
    let world = world();
    assert_eq!(override_added(&world, json!({"with": ["cyd"]})).await.status, StatusCode::CREATED);
    let before = world.get("/api/v1/overrides").await.body;
    let long = "x".repeat(501);
    for (change, status, message) in [
        (json!({"with": ["dan"]}), 422, "the team has nobody called dan; there are: ann, bob, cyd"),
        (json!({"replace": "dan", "with": ["cyd"]}), 422, "the team has nobody called dan"),
        (
            json!({"with": ["cyd"], "schedule": "night"}),
            422,
            "the team has no schedule night; there are: office, primary",
        ),
        (json!({"with": ["cyd"], "team": "nobody"}), 422, "there is no team nobody"),
        (json!({"with": ["bob"]}), 422, "(2026-11-21 04:12 to 2026-11-21 18:00, Europe/Berlin)"),
        (json!({"with": ["bob"], "until": "2026-11-20T18:00"}), 422, "it ends before it begins"),
        (json!({"with": ["bob"], "from": "2026-11-19T09:00", "until": "2026-11-20T18:00"}), 422, "it is over already"),
        (json!({"with": ["bob"], "until": "tomorrow"}), 400, "until must be a time of RFC 3339"),
        (json!({"with": ["bob"], "from": "1969-01-01T00:00:00Z"}), 400, "out of range"),
        (json!({"with": ["bob"], "reason": long}), 422, "the reason is longer than 500 characters"),
        (json!({"with": ["bob"], "by": "a\nb"}), 400, "by must be"),
        (json!({}), 400, "give people in one of add, remove and with"),
        (json!({"replace": "ann"}), 400, "replace needs with"),
        (json!({"add": ["ann"], "remove": ["bob"]}), 400, "give people in one of add, remove and with"),
        (json!({"add": vec!["ann"; 101]}), 400, "at most 100 people"),
        (json!({"add": ["x".repeat(65)]}), 400, "a name has at most 64 characters"),
        (json!({"add": ["ann"], "schedule": "x".repeat(100_000)}), 400, "a name has at most 64 characters"),
        (json!({"who": "ann"}), 400, "unknown field"),
    ] {
        let reply = override_added(&world, change.clone()).await;
        assert_eq!(reply.status, status, "{change}: {}", reply.body);
        assert!(reply.message().contains(message), "{change}: {}", reply.body);
    }
    assert_eq!(world.post("/api/v1/overrides", "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.get("/api/v1/overrides").await.body, before, "nothing was changed");
    let of_file = world.call(Method::DELETE, "/api/v1/overrides/ops/eve?by=ann", &[], "").await;
    assert_eq!(of_file.message(), "there is no override eve; those of a routes file are changed there");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told() {
    let world = world();
    for (path, status, message) in [
        ("oncall?schedule=night", 404, "there is no schedule night; there are: ops/office, ops/primary, web/primary"),
        ("oncall?schedule=web/office", 404, "there is no schedule web/office; there are: web/primary"),
        ("oncall?team=nobody", 404, "there is no team nobody; there are: ops, web"),
        ("oncall?at=soon", 400, "at must be a time of RFC 3339"),
        ("oncall?at=2026-02-30T09:00", 400, "at must be a time of RFC 3339"),
        ("oncall?when=now", 400, "unknown field"),
        ("oncall/gaps?days=0", 400, "days must be 1 to 400"),
        ("oncall/gaps?days=401", 400, "days must be 1 to 400"),
        ("oncall/gaps?team=nobody", 404, "there is no team nobody"),
        ("oncall/ops/night/stretches", 404, "there is no schedule ops/night"),
        ("oncall/ops/%ff/stretches", 404, "there is no such schedule"),
        ("oncall/ops/primary/stretches?from=2026-11-22&until=2026-11-21", 400, "until must be after from"),
        ("oncall/ops/primary/stretches?from=2026-01-01&until=2027-11-21", 400, "at most 400 days"),
        ("oncall/ops/primary/stretches?until=never", 400, "until must be a time of RFC 3339"),
        ("oncall/ops/night/calendar.ics", 404, "there is no schedule ops/night"),
        ("overrides?team=nobody", 404, "there is no team nobody"),
    ] {
        let reply = world.get(&format!("/api/v1/{path}")).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
        assert!(reply.message().contains(message), "{path}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_calendar_program_reads_the_feed() {
    let credentials = vec![Credential::Basic { user: "calendar".into(), password: Secret::new("s3cret") }];
    let settings = Settings { credentials, ..Settings::default() };
    let world = World::with(&settings, InMemory::with_tables(two_teams()));
    let path = "/api/v1/oncall/ops/primary/calendar.ics";
    assert_eq!(world.get(path).await.status, StatusCode::UNAUTHORIZED);
    // calendar:s3cret
    let reply = world.call(Method::GET, path, &[("authorization", "Basic Y2FsZW5kYXI6czNjcmV0")], "").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.headers["content-type"], "text/calendar; charset=utf-8");
    let body = &reply.body;
    assert!(body.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && body.ends_with("END:VCALENDAR\r\n"), "{body}");
    assert!(body.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{body}");
    // From the past week on, which is before the first turn, to 90 days ahead.
    assert_eq!(body.matches("BEGIN:VEVENT\r\n").count(), 14, "{body}");
    let unfolded = body.replace("\r\n ", "");
    for line in [
        "UID:ops/primary/ann/1794816000000@bellwire",
        "DTSTAMP:20261121T031200Z",
        "DTSTART:20261116T080000Z",
        "DTEND:20261123T080000Z",
        r"SUMMARY:Ann\, Ops\; \\ Größe on call (ops/primary)",
        "DESCRIPTION:layer weekly",
        "TRANSP:TRANSPARENT",
    ] {
        assert!(unfolded.contains(&format!("\r\n{line}\r\n")), "{line} is not in {unfolded}");
    }
}

#[tokio::test]
async fn a_hostile_reason_stays_within_its_line_of_the_calendar() {
    let world = world();
    let reason = "sick\r\nEND:VEVENT\u{0}, really; \\n";
    assert_eq!(override_added(&world, json!({"with": ["cyd"], "reason": reason})).await.status, StatusCode::CREATED);
    let feed = world.get("/api/v1/oncall/ops/primary/calendar.ics").await.body.replace("\r\n ", "");
    assert!(feed.contains(r" by ann: sick  END:VEVENT \, really\; \\n"), "{feed}");
    assert_eq!(feed.matches("\r\nEND:VEVENT\r\n").count(), feed.matches("\r\nBEGIN:VEVENT\r\n").count());
}

#[tokio::test]
async fn what_is_over_is_listed_no_more() {
    let world = World::with(
        &Settings::default(),
        InMemory { now: Instant::from_millis(NOW + 40 * 86_400_000), ..InMemory::with_tables(two_teams()) },
    );
    assert_eq!(world.get("/api/v1/overrides").await.json(), json!({"overrides": []}));
}
