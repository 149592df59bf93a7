//! PagerDuty's webhooks.

use crate::{
    outside::{NEW_SECRET, OLD_SECRET, PAGERDUTY, outside, outside_with, settings, staffed},
    world::{InMemory, World},
};
use bellwire_http::{Settings, Unavailable};
use bellwire_support::pagerduty_webhook::{Agent, SignedEvent};
use std::time::Duration;

const PAGE: &str = "ops-1/step-1/ops/pagerduty";
const ANN: Agent<'_> = Agent::User("Ann Smith");

fn event(id: &str, kind: &str, key: &str, agent: Agent<'_>) -> SignedEvent {
    SignedEvent::of_incident(&[NEW_SECRET], id, kind, key, agent)
}

#[tokio::test]
async fn what_people_do_there_holds_here() {
    let world = outside().await;
    for (id, kind, agent, state, last) in [
        ("1", "incident.acknowledged", ANN, "acknowledged", "acknowledged by ann (via pagerduty)"),
        ("2", "incident.unacknowledged", Agent::Nobody, "open", "given back by PagerDuty (via pagerduty)"),
        (
            "3",
            "incident.acknowledged",
            Agent::User("Bob"),
            "acknowledged",
            "acknowledged by Bob (PagerDuty) (via pagerduty)",
        ),
        ("4", "incident.resolved", ANN, "resolved", "resolved by ann (via pagerduty)"),
    ] {
        let reply = world.pagerduty(&event(id, kind, PAGE, agent)).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, ""), "{kind}");
        let (now, _, said) = world.standing("ops-1").await;
        assert_eq!((now.as_str(), said.as_str()), (state, last));
    }
}

#[tokio::test]
async fn the_rest_is_taken_and_changes_nothing() {
    let world = outside().await;
    let ack = "incident.acknowledged";
    world.command("ack ops-1").await;
    let before = world.standing("ops-1").await;
    let foreign = "baf7cf21b1da41b4b0221008339ff357";
    for (id, kind, key, agent) in [
        ("escalated", "incident.escalated", PAGE, ANN),
        ("reassigned", "incident.reassigned", PAGE, ANN),
        ("delegated", "incident.delegated", PAGE, ANN),
        ("unheard of", "incident.exploded", PAGE, ANN),
        ("not ours", "incident.resolved", foreign, ANN),
        ("unknown", "incident.resolved", "ops-9/step-1/ops/pagerduty", ANN),
        ("another opening", "incident.resolved", "ops-1~1/step-1/ops/pagerduty", ANN),
        ("our own echo", ack, PAGE, Agent::Integration),
        ("our own echo, too", "incident.resolved", PAGE, Agent::Integration),
        ("its time-out", "incident.resolved", PAGE, Agent::Nobody),
        ("so already", ack, PAGE, ANN),
    ] {
        assert_eq!(world.pagerduty(&event(id, kind, key, agent)).await.status, 200, "{id}");
        assert_eq!(world.standing("ops-1").await, before, "{id}");
    }
    let ping = r#"{"event":{"id":"p","event_type":"pagey.ping","resource_type":"pagey","occurred_at":"2026-11-21T03:12:00Z","agent":null,"client":null,"data":{"message":"Hello from your friend Pagey!","type":"ping"}}}"#;
    assert_eq!(world.pagerduty(&SignedEvent::new(&[OLD_SECRET], ping.into())).await.status, 200);
    world.command("resolve ops-1").await;
    let before = world.standing("ops-1").await;
    assert_eq!(world.pagerduty(&event("late", ack, PAGE, ANN)).await.status, 200);
    assert_eq!(world.standing("ops-1").await, before);
}

/// A snooze is an acknowledgement there, which PagerDuty lets time out.
#[tokio::test]
async fn their_time_out_does_not_end_a_snooze() {
    let world = outside().await;
    world.command("snooze ops-1 4h").await;
    let before = world.standing("ops-1").await;
    let of = |id, agent| event(id, "incident.unacknowledged", PAGE, agent);
    assert_eq!(world.pagerduty(&of("1", Agent::Nobody)).await.status, 200);
    assert_eq!(world.standing("ops-1").await, before);
    world.pagerduty(&of("2", ANN)).await;
    assert_eq!(world.standing("ops-1").await.0, "open");
}

#[tokio::test]
async fn an_event_acts_once() {
    let world = outside().await;
    let acknowledged = event("1", "incident.acknowledged", PAGE, ANN);
    world.pagerduty(&acknowledged).await;
    world.command("unack ops-1").await;
    let before = world.standing("ops-1").await;
    assert_eq!(world.pagerduty(&acknowledged).await.status, 200);
    assert_eq!(world.standing("ops-1").await, before);
}

#[tokio::test]
async fn an_event_that_could_not_be_taken_comes_again() {
    let unavailable = Unavailable { reason: "the disk is full".into(), retry_after: Duration::from_secs(5) };
    let backend = InMemory { unavailable: Some(unavailable), ..InMemory::with_tables(staffed()) };
    let world = World::with(&settings(), backend);
    for _ in 0..2 {
        let reply = world.pagerduty(&event("1", "incident.acknowledged", PAGE, ANN)).await;
        assert_eq!((reply.status.as_u16(), reply.message().as_str()), (503, "the disk is full"));
    }
}

#[tokio::test]
async fn any_signature_with_any_secret_will_do_and_nothing_else() {
    let resolved = |secrets: &[&str], id: &str| {
        SignedEvent::of_incident(secrets, id, "incident.resolved", "no-1/page/of/ours", ANN)
    };
    let world = outside().await;
    for (id, secrets) in [("1", &[OLD_SECRET][..]), ("2", &[NEW_SECRET]), ("3", &["unknown", NEW_SECRET])] {
        assert_eq!(world.pagerduty(&resolved(secrets, id)).await.status, 200, "{id}");
    }
    let before = world.standing("ops-1").await;
    let good = SignedEvent::of_incident(&[NEW_SECRET], "4", "incident.resolved", PAGE, ANN);
    let signed = |signature: String| SignedEvent { signature, body: good.body.clone() };
    for (what, event) in [
        ("another secret", SignedEvent::new(&["unknown"], good.body.clone())),
        ("another body", SignedEvent { body: good.body.replace("ops-1", "ops-2"), ..good.clone() }),
        ("another version", signed(good.signature.replace("v1=", "v2="))),
        ("cut", signed(good.signature[..60].into())),
        ("empty", signed(String::new())),
        ("hidden among many", signed(format!("{}{}", "v1=00,".repeat(100), good.signature))),
    ] {
        let reply = world.pagerduty(&event).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (401, "a fresh and valid signature is needed"),
            "{what}"
        );
    }
    assert_eq!(world.post(PAGERDUTY, good.body.clone()).await.status, 401);
    assert_eq!(world.standing("ops-1").await, before);
}

#[tokio::test]
async fn bodies_that_are_no_event_get_a_clear_answer() {
    let world = outside().await;
    let long = format!(r#"{{"event":{{"id":"{}","event_type":"x"}}}}"#, "x".repeat(201));
    for body in
        ["", "{", "[]", "{}", r#"{"event":{}}"#, r#"{"event":{"id":"","event_type":"x"}}"#, &long, &"[".repeat(100_000)]
    {
        let reply = world.pagerduty(&SignedEvent::new(&[NEW_SECRET], body.into())).await;
        let words = "the body is no event of PagerDuty's webhooks, version 3";
        assert_eq!((reply.status.as_u16(), reply.message().as_str()), (400, words), "{body:.60}");
    }
    assert_eq!(world.pagerduty(&SignedEvent::new(&[NEW_SECRET], "x".repeat(600_000))).await.status, 413);
    assert_eq!(world.form(PAGERDUTY, "x").await.status, 415);
    let world = outside_with(&Settings::default(), InMemory::with_tables(staffed())).await;
    let reply = world.pagerduty(&event("1", "incident.resolved", PAGE, ANN)).await;
    let words = "PagerDuty may not act here: set [pagerduty] webhook_secrets in the configuration";
    assert_eq!((reply.status.as_u16(), reply.message().as_str()), (404, words));
}
