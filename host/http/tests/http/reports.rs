//! The report over the API: what may be asked, and the figures of what happened.

use crate::world::{ALERTS, InMemory, NOW, World};
use axum::http::StatusCode;
use bellwire_http::{Settings, Unavailable};
use std::time::Duration;

#[tokio::test]
async fn a_week_is_counted_in_every_format() {
    // A second after everything that happens.
    let later = bellwire_core::Instant::from_millis(NOW + 1_000);
    let world = World::with(&Settings::default(), InMemory { now: later, ..InMemory::new() });
    let none = world.get("/api/v1/report").await.json();
    assert_eq!((&none["quiet"], &none["total"]["opened"]), (&true.into(), &0.into()));
    assert_eq!((&none["from"], &none["until"]), (&"2026-11-14T03:12:01Z".into(), &"2026-11-21T03:12:01Z".into()));
    let alerts = r#"[{"labels":{"alertname":"Slow"}},{"labels":{"alertname":"Down"}}]"#;
    assert_eq!(world.post(ALERTS, alerts).await.status, StatusCode::OK);
    let acknowledged = world.post("/api/v1/incidents/ops-1/acknowledge", r#"{"by":"anna"}"#).await;
    assert_eq!(acknowledged.status, StatusCode::OK);

    let report = world.get("/api/v1/report?team=ops&zone=Europe/Berlin&from=2026-11-16").await.json();
    assert_eq!((&report["from"], &report["zone"]), (&"2026-11-15T23:00:00Z".into(), &"Europe/Berlin".into()));
    let total = &report["total"];
    assert_eq!((&total["opened"], &total["acknowledged"], &total["still_open"]), (&2.into(), &1.into(), &2.into()));
    assert_eq!(total["seconds_to_acknowledge"]["mean"], 0);
    assert_eq!(report["unattended"][0]["incident"], "ops-2");
    for (format, media_type, part) in [
        ("text", "text/plain; charset=utf-8", "2 incidents opened: 1 acknowledged"),
        ("markdown", "text/markdown; charset=utf-8", "# On-call report: all teams"),
        ("html", "text/html; charset=utf-8", "<!DOCTYPE html>"),
        ("json", "application/json", "\"opened\": 2"),
    ] {
        let page = world.get(&format!("/api/v1/report?format={format}")).await;
        assert_eq!(page.headers["content-type"], media_type);
        assert!(page.body.contains(part), "no {part:?} in\n{}", page.body);
    }
}

#[tokio::test]
async fn what_cannot_be_reported_is_told() {
    let world = World::new();
    for (parameters, status, part) in [
        ("team=nobody", 404, "there are: ops"),
        ("zone=Mars/Olympus", 400, "IANA"),
        ("zone=..%2F..%2Fetc%2Fpasswd", 400, "IANA"),
        ("format=pdf", 400, "pdf"),
        ("week=1", 400, "week"),
        ("from=yesterday", 400, "from must be"),
        ("from=2026-11-20&until=2026-11-20", 400, "must be before"),
        ("from=2027-01-01", 400, "in the past"),
        ("from=2026-01-01", 400, "in parts"),
    ] {
        let reply = world.get(&format!("/api/v1/report?{parameters}")).await;
        assert_eq!(reply.status, status, "{parameters}: {}", reply.body);
        assert!(reply.message().contains(part), "{parameters}: {}", reply.body);
    }
    let reason = Unavailable { reason: "the store cannot be read".into(), retry_after: Duration::from_secs(5) };
    let world = World::with(&Settings::default(), InMemory { unavailable: Some(reason), ..InMemory::new() });
    assert_eq!(world.get("/api/v1/report").await.status, StatusCode::SERVICE_UNAVAILABLE);
}
