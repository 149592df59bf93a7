//! `POST /webhook/{source}`: what a plugin is given, what is answered, and what is told of a webhook that brought nothing.

use crate::world::{Conversion, InMemory, NOW, Reply, World};
use axum::http::{Method, StatusCode};
use bellwire_core::{AlertInput, Ends, Instant, Labels};
use bellwire_http::{
    Settings, Unavailable, Unread, Webhook,
    decode::{AlertFault, Batch, FaultKind},
};
use std::time::Duration;

fn world(conversion: Conversion) -> World {
    world_with(&Settings::default(), conversion)
}

fn world_with(settings: &Settings, conversion: Conversion) -> World {
    let sources = [("grafana".into(), conversion)].into_iter().collect();
    World::with(settings, InMemory { sources, ..InMemory::new() })
}

fn alert(name: &str) -> AlertInput {
    AlertInput {
        labels: Labels::from_pairs([("alertname", name)]),
        annotations: Labels::default(),
        starts_at: None,
        ends: Ends::Open,
        generator_url: "".into(),
    }
}

/// One alert that tells what the plugin was given.
fn told(webhook: Webhook) -> Result<Batch, Unread> {
    let mut told = alert("Told");
    told.annotations = Labels::from_pairs([
        ("type", webhook.content_type),
        ("query", format!("{:?}", webhook.query)),
        ("headers", format!("{:?}", webhook.headers)),
        ("body", String::from_utf8(webhook.body.to_vec()).unwrap()),
    ]);
    Ok(Batch { alerts: vec![told], ..Batch::default() })
}

fn malformed(_: Webhook) -> Result<Batch, Unread> {
    Err(Unread::Malformed("`alerts` is missing".into()))
}

async fn post(world: &World, body: &'static str) -> Reply {
    world.call(Method::POST, "/webhook/grafana", &[], body).await
}

/// Firing or resolved, and of which source: the alerts of Bellwire's own, in order.
fn own(world: &World) -> Vec<AlertInput> {
    let all = world.backend.taken().into_iter();
    all.filter(|alert| alert.labels.get("alertname") == "BellwireSourceFailed").collect()
}

#[tokio::test]
async fn a_plugin_sees_the_webhook_and_no_credential() {
    let world = world(told);
    let headers = [
        ("content-type", "Text/Plain; charset=utf-8"),
        ("authorization", "Bearer t0ken"),
        ("cookie", "a=b"),
        ("x-api-key", "sesame"),
        ("x-event", "push"),
    ];
    let reply = world.call(Method::POST, "/webhook/grafana?env=pr%20od&env=x", &headers, "{]").await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, ""));
    let taken = &world.backend.taken()[0];
    assert_eq!(taken.annotations.get("type"), "text/plain");
    assert_eq!(taken.annotations.get("query"), r#"[("env", "pr od"), ("env", "x")]"#);
    assert_eq!(
        taken.annotations.get("headers"),
        r#"[("content-type", "Text/Plain; charset=utf-8"), ("x-event", "push")]"#
    );
    assert_eq!(taken.annotations.get("body"), "{]");
    assert_eq!(own(&world)[0].ends, Ends::Resolved(Instant::from_millis(NOW)), "whatever was wrong before is over");
}

#[tokio::test]
async fn what_a_source_cannot_read_is_told_to_its_sender_and_to_people() {
    let world = world(malformed);
    let reply = post(&world, "not\u{7}json").await;
    assert_eq!((reply.status, reply.message().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "`alerts` is missing"));
    let [raised] = &own(&world)[..] else { panic!("one alert: {:?}", world.backend.taken()) };
    let labels = r#"{alertname="BellwireSourceFailed", severity="critical", source="grafana"}"#;
    assert_eq!((raised.labels.to_string().as_str(), raised.ends), (labels, Ends::Unsaid));
    let summary = "a webhook of the source grafana could not be taken: `alerts` is missing";
    assert_eq!(raised.annotations.get("summary"), summary);
    assert_eq!(raised.annotations.get("body"), "not json");
}

#[tokio::test]
async fn many_failures_are_one_incident() {
    let world = world(malformed);
    for body in ["a", "b", "c"] {
        assert_eq!(post(&world, body).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let incidents = world.get("/api/v1/incidents").await.json();
    assert_eq!(incidents["incidents"].as_array().unwrap().len(), 1, "{incidents}");
}

#[tokio::test]
async fn a_plugin_that_gives_no_answer_is_the_hosts_fault() {
    let world = world(|_| Err(Unread::Failed("the plugin used up its fuel (7 units)".into())));
    let reply = post(&world, "{}").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.message(), "the plugin used up its fuel (7 units)");
    assert_eq!(own(&world).len(), 1);
}

#[tokio::test]
async fn what_can_be_sent_again_raises_nothing() {
    let world = world(|_| {
        let retry_after = Duration::from_secs(3);
        Err(Unread::Unavailable(Unavailable { reason: "too many wait".into(), retry_after }))
    });
    let reply = post(&world, "{}").await;
    assert_eq!((reply.status, reply.headers["retry-after"].as_bytes()), (StatusCode::SERVICE_UNAVAILABLE, &b"3"[..]));
    assert!(own(&world).is_empty());
}

#[tokio::test]
async fn a_failure_that_cannot_be_put_on_disk_is_to_be_sent_again() {
    let unavailable = Unavailable { reason: "the queue is full".into(), retry_after: Duration::from_secs(5) };
    let sources = [("grafana".into(), malformed as Conversion)].into_iter().collect();
    let backend = InMemory { sources, unavailable: Some(unavailable), ..InMemory::new() };
    let world = World::with(&Settings::default(), backend);
    assert_eq!(post(&world, "x").await.status, StatusCode::SERVICE_UNAVAILABLE, "or nobody would ever hear of it");
}

#[tokio::test]
async fn alerts_that_cannot_be_taken_cost_their_neighbours_nothing() {
    let mixed: Conversion = |_| {
        let fault = AlertFault { index: 0, kind: FaultKind::Malformed, message: "labels holds an empty name".into() };
        let nameless = AlertInput { labels: Labels::default(), ..alert("x") };
        Ok(Batch { alerts: vec![alert("Good"), nameless], faults: vec![fault], beyond: 2, truncated: 0 })
    };
    let world = world(mixed);
    let reply = post(&world, "{}").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let message = reply.message();
    assert!(message.starts_with("alerts[0]: labels holds an empty name; alerts[2]: "), "{message}");
    assert!(message.ends_with("(1 other alerts of the request were taken)"), "{message}");
    assert!(world.backend.taken().iter().any(|alert| alert.labels.get("alertname") == "Good"));
    assert_eq!(own(&world).len(), 1, "people hear of the others");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_too() {
    let world = world_with(&Settings { body_bytes_max: 10, ..Settings::default() }, told);
    assert_eq!(post(&world, "0123456789").await.status, StatusCode::OK);
    assert_eq!(post(&world, "0123456789a").await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let own = own(&world);
    assert_eq!(own.len(), 2);
    let summary = own[1].annotations.get("summary");
    assert!(summary.ends_with("the body is larger than 10 bytes (body_bytes_max)"), "{summary}");
}

#[tokio::test]
async fn what_is_asked_for_in_another_way_is_refused() {
    let world = world(told);
    let compressed = world.call(Method::POST, "/webhook/grafana", &[("content-encoding", "gzip")], "x").await;
    assert_eq!(compressed.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let query = "a&".repeat(101);
    let reply = world.call(Method::POST, &format!("/webhook/grafana?{query}"), &[], "x").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    assert_eq!(world.get("/webhook/grafana").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn an_unknown_source_is_told_those_that_there_are() {
    let world = world(told);
    let reply = world.call(Method::POST, "/webhook/grafna", &[], "{}").await;
    let message = "there is no source `grafna`; there are: grafana";
    assert_eq!((reply.status, reply.message().as_str()), (StatusCode::NOT_FOUND, message));
    assert!(world.backend.taken().is_empty(), "made-up names raise nothing");
    assert_eq!(world.call(Method::POST, "/webhook/%ff", &[], "{}").await.status, StatusCode::NOT_FOUND);
}
