//! Incidents over the API, and what operators ask.

use crate::world::{ALERTS, InMemory, World};
use axum::http::{Method, StatusCode};
use bellwire_http::{Readiness, ReloadError, Settings};

async fn with_incidents(count: usize) -> World {
    let world = World::new();
    let alerts: Vec<String> = (0..count).map(|i| format!(r#"{{"labels":{{"alertname":"A{i}"}}}}"#)).collect();
    assert_eq!(world.post(ALERTS, format!("[{}]", alerts.join(","))).await.status, StatusCode::OK);
    world
}

#[tokio::test]
async fn an_incident_is_listed_shown_acknowledged_and_resolved() {
    let world = with_incidents(1).await;
    let list = world.get("/api/v1/incidents").await.json();
    assert_eq!((&list["incidents"][0]["id"], &list["incidents"][0]["state"]), (&"ops-1".into(), &"open".into()));
    assert_eq!(list["incidents"][0]["group"]["alertname"], "A0");
    assert!(list.get("next").is_none());

    let act = async |verb: &str, body: &'static str| world.post(&format!("/api/v1/incidents/ops-1/{verb}"), body).await;
    assert_eq!(act("acknowledge", r#"{"by":"anna","via":"cli"}"#).await.body, r#"{"result":"done"}"#);
    assert_eq!(act("acknowledge", r#"{"by":"anna"}"#).await.body, r#"{"result":"nothing"}"#);
    assert_eq!(world.get("/api/v1/incidents?state=open").await.json()["incidents"].as_array().unwrap().len(), 0);
    assert_eq!(
        world.get("/api/v1/incidents?state=acknowledged&team=ops").await.json()["incidents"].as_array().unwrap().len(),
        1
    );
    assert_eq!(act("resolve", r#"{"by":"bob"}"#).await.body, r#"{"result":"done"}"#);
    assert_eq!(act("acknowledge", r#"{"by":"anna"}"#).await.status, StatusCode::CONFLICT);

    let shown = world.get("/api/v1/incidents/ops-1").await.json();
    let story: Vec<&str> =
        shown["timeline"].as_array().unwrap().iter().map(|entry| entry["text"].as_str().unwrap()).collect();
    let expected = [
        r#"opened on route ops for {alertname="A0"}"#,
        r#"1 alert began to fire: {alertname="A0"}"#,
        "acknowledged by anna (via cli)",
        "resolved by bob (via api)",
    ];
    assert_eq!(story, expected);
    assert_eq!(shown["timeline"][2]["kind"], "acknowledged");
    let page = world.get("/incidents/ops-1").await;
    assert!(page.status == StatusCode::OK && page.body.contains("acknowledged by anna (via cli)"), "{}", page.body);
    assert_eq!(world.get("/incidents/ops-9").await.status, StatusCode::NOT_FOUND);
    assert_eq!(shown["timeline"][2]["data"]["by"], "anna");
    assert_eq!(shown["alerts"][0]["labels"]["alertname"], "A0");
}

/// With people: nobody else has anybody whom an incident could be handed to.
async fn with_people() -> World {
    let world = World::with(&Settings::default(), InMemory::with_tables(crate::on_call::two_teams()));
    let reply = world.post(ALERTS, r#"[{"labels":{"alertname":"A0"}}]"#).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    world
}

#[tokio::test]
async fn an_incident_is_snoozed_handed_over_given_back_and_escalated() {
    let world = with_people().await;
    let act = async |verb: &str, body: &str| {
        let reply = world.post(&format!("/api/v1/incidents/ops-1/{verb}"), body.to_owned()).await;
        assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, r#"{"result":"done"}"#), "{verb}");
        world.get("/api/v1/incidents/ops-1").await.json()["incident"].clone()
    };
    let snoozed = act("snooze", r#"{"for":"1h","by":"ann"}"#).await;
    assert_eq!((&snoozed["state"], &snoozed["snoozed_until"]), (&"snoozed".into(), &"2026-11-21T04:12:00Z".into()));
    let longer = act("snooze", r#"{"until":"2026-11-21T09:00:00+01:00","by":"ann"}"#).await;
    assert_eq!(longer["snoozed_until"], "2026-11-21T08:00:00Z");
    assert_eq!(listed(&world, "snoozed").await, ["ops-1"]);
    assert_eq!(listed(&world, "open").await, [""; 0]);

    let open = act("unacknowledge", r#"{"by":"ann"}"#).await;
    assert_eq!((&open["state"], &open["snoozed_until"]), (&"open".into(), &serde_json::Value::Null));
    for (to, taken_as) in [("primary", "schedule:primary"), ("bob", "person:bob")] {
        let body = format!(r#"{{"to":"{to}","by":"ann"}}"#);
        assert_eq!(act("reassign", &body).await["assigned_to"], taken_as);
    }
    let handed = act("reassign", r#"{"to":"person:ann","by":"ann"}"#).await;
    assert_eq!(handed["assigned_to"], "person:ann");
    let seen = handed["revision"].as_u64().unwrap();

    // Somebody else was faster.
    act("escalate", r#"{"by":"cyd"}"#).await;
    let stale = world.post("/api/v1/incidents/ops-1/escalate", format!(r#"{{"by":"ann","revision":{seen}}}"#)).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    assert!(stale.message().contains("has moved on since then"), "{}", stale.body);
    let late = world.post("/api/v1/incidents/ops-1/acknowledge", format!(r#"{{"by":"ann","revision":{seen}}}"#)).await;
    assert_eq!(late.body, r#"{"result":"done"}"#, "a late acknowledgement is taken");
}

#[tokio::test]
async fn an_action_that_makes_no_sense_is_refused_and_changes_nothing() {
    let world = with_people().await;
    let before = world.get("/api/v1/incidents/ops-1").await.body;
    for (verb, body, status, message) in [
        ("snooze", r#"{"by":"ann"}"#, 400, "give one of until"),
        ("snooze", r#"{"by":"ann","for":"1h","until":"2026-11-21T09:00:00Z"}"#, 400, "give one of until"),
        ("snooze", r#"{"by":"ann","for":"a while"}"#, 400, "for must be a length of time"),
        ("snooze", r#"{"by":"ann","for":"99999999999999999999h"}"#, 400, "for must be a length of time"),
        ("snooze", r#"{"by":"ann","for":"0s"}"#, 422, "not to come"),
        ("snooze", r#"{"by":"ann","for":"300000years"}"#, 422, "30d at most"),
        ("snooze", r#"{"by":"ann","until":"2026-11-21T09:00"}"#, 400, "until must be a time of RFC 3339"),
        ("snooze", r#"{"by":"ann","until":"2026-11-21T03:00:00Z"}"#, 422, "not to come"),
        ("reassign", r#"{"by":"ann"}"#, 400, "to must be person:NAME"),
        ("reassign", r#"{"by":"ann","to":"team:bob"}"#, 400, "to must be person:NAME"),
        (
            "reassign",
            r#"{"by":"ann","to":"bobb"}"#,
            422,
            "the team does not have person:bobb (did you mean person:bob?); its people: ann, bob",
        ),
        ("reassign", r#"{"by":"ann","to":"person:"}"#, 400, "to must be person:NAME"),
        ("reassign", r#"{"by":"ann","to":"person:dan"}"#, 422, "the team does not have person:dan"),
        ("reassign", r#"{"by":"ann","to":"schedule:night"}"#, 422, "the team does not have schedule:night"),
        ("escalate", r#"{"by":"ann","revision":-1}"#, 400, "the body cannot be read"),
        ("escalate", "{}", 400, "who acts?"),
        ("unacknowledge", r#"{"by":"ann","until":"now"}"#, 400, "unknown field"),
    ] {
        let reply = world.post(&format!("/api/v1/incidents/ops-1/{verb}"), body).await;
        assert_eq!(reply.status, status, "{verb} {body}: {}", reply.body);
        assert!(reply.message().contains(message), "{verb} {body}: {}", reply.body);
    }
    assert_eq!(world.get("/api/v1/incidents/ops-1").await.body, before);
    for verb in ["acknowledge", "unacknowledge", "escalate", "resolve"] {
        let reply = world.post(&format!("/api/v1/incidents/ops-9/{verb}"), r#"{"by":"ann"}"#).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{verb}");
    }
    assert_eq!(world.post("/api/v1/incidents/ops-1/resolve", r#"{"by":"ann"}"#).await.status, StatusCode::OK);
    for (verb, body) in [
        ("unacknowledge", r#"{"by":"ann"}"#),
        ("snooze", r#"{"by":"ann","for":"1h"}"#),
        ("reassign", r#"{"by":"ann","to":"person:bob"}"#),
        ("escalate", r#"{"by":"ann"}"#),
    ] {
        let reply = world.post(&format!("/api/v1/incidents/ops-1/{verb}"), body).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{verb}: {}", reply.body);
    }
}

async fn listed(world: &World, state: &str) -> Vec<String> {
    let list = world.get(&format!("/api/v1/incidents?state={state}")).await.json();
    list["incidents"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_page_lists_what_is_not_resolved_the_newest_first() {
    let world = with_incidents(3).await;
    world.post("/api/v1/incidents/ops-2/resolve", r#"{"by":"ann"}"#).await;
    world.post("/api/v1/incidents/ops-3/acknowledge", r#"{"by":"ann"}"#).await;
    let page = world.get("/incidents").await;
    assert_eq!(page.headers["content-type"], "text/plain; charset=utf-8");
    let expected = "ops-3  --  acknowledged by ann at 2026-11-21 03:12:00 UTC\n    alertname=\"A2\"\n    \
        opened at 2026-11-21 03:12:00 UTC, 1 firing: /incidents/ops-3\n\
        ops-1  --  open\n    alertname=\"A0\"\n    \
        opened at 2026-11-21 03:12:00 UTC, 1 firing: /incidents/ops-1\n";
    assert_eq!(page.body, expected);
    assert!(world.get("/incidents?state=resolved&team=ops").await.body.starts_with("ops-2  --  resolved at"));
    assert_eq!(world.get("/incidents?state=snoozed&team=ops").await.body, "no incidents\n");
    for query in ["state=closed", "limit=9"] {
        assert_eq!(world.get(&format!("/incidents?{query}")).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let many = with_incidents(201).await.get("/incidents").await.body;
    assert_eq!(many.matches("firing: ").count(), 200);
    assert!(many.ends_with("These are the newest 200; /api/v1/incidents has the others\n"));
}

/// Nobody acknowledged, and the policy came to its end.
#[tokio::test]
async fn an_unowned_incident_stands_out_wherever_it_is_shown() {
    let world = with_incidents(2).await;
    world.backend.forsake("ops-2");
    assert_eq!(listed(&world, "unowned").await, ["ops-2"]);
    let words = "UNOWNED since 2026-11-21 03:12:00 UTC: nobody acknowledged; open";
    for page in ["/incidents", "/incidents/ops-2"] {
        let body = world.get(page).await.body;
        assert!(body.starts_with(&format!("ops-2  {words}")) || body.contains(&format!("  {words}\n")), "{body}");
    }
}

#[tokio::test]
async fn a_list_goes_on_where_the_page_ended() {
    let world = with_incidents(5).await;
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/api/v1/incidents?limit=2{next}")).await.json();
        seen.extend(
            page["incidents"].as_array().unwrap().iter().map(|incident| incident["id"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(id) => next = format!("&before={id}"),
            None => break,
        }
    }
    assert_eq!(seen, ["ops-5", "ops-4", "ops-3", "ops-2", "ops-1"]);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told() {
    let world = with_incidents(1).await;
    for (path, status) in [
        ("/api/v1/incidents?limit=0", 400),
        ("/api/v1/incidents?limit=1001", 400),
        ("/api/v1/incidents?limit=many", 400),
        ("/api/v1/incidents?state=closed", 400),
        ("/api/v1/incidents?teams=ops", 400),
        ("/api/v1/incidents?before=yesterday", 400),
        ("/api/v1/incidents?team=opps", 404),
        ("/api/v1/incidents?team=opps&state=resolved", 404),
        ("/incidents?team=opps", 404),
        ("/api/v1/incidents/ops-2", 404),
        ("/api/v1/incidents/nonsense", 404),
        ("/api/v1/incidents/%ff", 404),
        ("/api/v1/incidents/ops-99999999999999999999999", 404),
        ("/nothing", 404),
        ("/-/reload", 405),
    ] {
        let reply = world.get(path).await;
        assert_eq!((reply.status.as_u16(), reply.json()["code"].as_u64()), (status, Some(u64::from(status))), "{path}");
    }
    let long = format!(r#"{{"by":"{}"}}"#, "x".repeat(201));
    for (body, status) in [
        ("{}", 400),
        (r#"{"by":""}"#, 400),
        (r#"{"by":"a\nb"}"#, 400),
        (r#"{"who":"a"}"#, 400),
        ("[", 400),
        (&long, 400),
    ] {
        let reply = world.post("/api/v1/incidents/ops-1/resolve", body.to_owned()).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
    }
    assert_eq!(world.post("/api/v1/incidents/ops-2/resolve", r#"{"by":"anna"}"#).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.call(Method::POST, "/api/v1/incidents/ops-1/resolve", &[], r#"{"by":"a"}"#).await.status, 415);
}

#[tokio::test]
async fn operators_are_answered() {
    let world = World::new();
    for (path, body) in [("/-/healthy", "healthy\n"), ("/-/ready", "ready\n"), ("/metrics", "bellwire_up 1\n")] {
        let reply = world.get(path).await;
        assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, body));
        let head = world.call(Method::HEAD, path, &[], "").await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""), "HEAD {path}");
    }
    assert_eq!(world.post("/-/reload", "").await.body, "nothing changed\n");

    let waiting = InMemory { readiness: Readiness::Waiting("the store is loading".into()), ..InMemory::new() };
    let reply = World::with(&Settings::default(), waiting).get("/-/ready").await;
    assert_eq!((reply.status, reply.message().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "the store is loading"));
    for (error, status) in
        [(ReloadError::Invalid("line 3: no".into()), 400), (ReloadError::Failed("no file".into()), 500)]
    {
        let message = error.to_string();
        let world = World::with(&Settings::default(), InMemory { reload: Err(error), ..InMemory::new() });
        let reply = world.post("/-/reload", "").await;
        assert_eq!((reply.status.as_u16(), reply.message()), (status, message));
    }
}

#[test]
fn the_page_lists_every_metric() {
    let page = include_str!("../../../../docs/api.md");
    for (name, kind, meaning) in bellwire_http::METRICS {
        assert!(page.contains(&format!("| `{name}` | {kind} | {meaning} |")), "{name}");
    }
}
