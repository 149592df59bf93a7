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
