//! What is sent to the two doors, what is answered, and what the engine gets.

use crate::world::{ALERTS, InMemory, NOW, WEBHOOK, World};
use axum::http::{Method, StatusCode};
use bellwire_core::{Ends, Instant, Limits};
use bellwire_http::{Settings, Unavailable};
use std::time::Duration;

/// A body that Alertmanager 0.33.1 sends, shortened.
const SENT: &str = r#"{"receiver":"bellwire","status":"firing","version":"4","groupKey":"{}:{alertname=\"A\"}","truncatedAlerts":0,
  "groupLabels":{"alertname":"A"},"commonLabels":{"alertname":"A"},"commonAnnotations":{},"externalURL":"http://am:9093",
  "notification_reason":"firing","routeLabels":{"x":["y"]},"alerts":[
  {"status":"firing","labels":{"alertname":"A","severity":"P1"},"annotations":{"summary":"it \"burns\""},
   "startsAt":"2026-11-21T03:00:00.5Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://p/graph?g0","fingerprint":"ba77"},
  {"status":"resolved","labels":{"alertname":"A","i":"1"},"annotations":{},
   "startsAt":"2026-11-21T03:00:00Z","endsAt":"2026-11-21T03:05:00Z","generatorURL":"","fingerprint":"caaa"},
  {"status":"resolved","labels":{"alertname":"A","i":"2"},"startsAt":"2026-11-21T03:00:00Z","endsAt":"0001-01-01T00:00:00Z"}]}"#;

#[tokio::test]
async fn takes_what_alertmanager_sends() {
    let world = World::new();
    let reply = world.post(WEBHOOK, SENT).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, ""));
    let taken = world.backend.taken();
    assert_eq!(taken[0].labels.to_string(), r#"{alertname="A", severity="P1"}"#);
    assert_eq!(taken[0].labels.fingerprint().to_string(), "ba773f1945f62d9f");
    assert_eq!(taken[0].annotations.get("summary"), r#"it "burns""#);
    assert_eq!(taken[0].starts_at, Some(Instant::from_millis(NOW - 719_500)));
    assert_eq!(&*taken[0].generator_url, "http://p/graph?g0");
    let ends: Vec<Ends> = taken.iter().map(|alert| alert.ends).collect();
    let resolved_at = Instant::from_millis(NOW - 420_000);
    assert_eq!(ends, [Ends::Open, Ends::Resolved(resolved_at), Ends::Resolved(Instant::from_millis(NOW))]);
}

#[tokio::test]
async fn takes_what_prometheus_sends() {
    let world = World::new();
    let body = r#"[{"labels":{"alertname":"A","zone":"","ключ":"значение"},"annotations":{"a":"b"},"startsAt":"2026-11-21T04:00:00+01:00",
        "endsAt":"2026-11-21T03:16:00Z","generatorURL":"http://p/graph"},{"labels":{"alertname":"B"},"new":[{"x":[1,2]}]}]"#;
    assert_eq!(world.post(ALERTS, body).await.status, StatusCode::OK);
    let taken = world.backend.taken();
    assert_eq!(taken[0].labels.to_string(), r#"{alertname="A", ключ="значение"}"#);
    assert_eq!(taken[0].ends, Ends::At(Instant::from_millis(NOW + 240_000)));
    assert_eq!((taken[1].starts_at, taken[1].ends), (None, Ends::Unsaid));
}

#[tokio::test]
async fn a_truncated_group_resolves_nothing_by_itself() {
    let world = World::new();
    let body = r#"{"version":"4","status":"resolved","truncatedAlerts":7,"alerts":[{"status":"firing","labels":{"alertname":"A"}}]}"#;
    assert_eq!(world.post(WEBHOOK, body).await.status, StatusCode::OK);
    assert_eq!(world.backend.taken()[0].ends, Ends::Open);
}

#[tokio::test]
async fn replies_as_alertmanager_does() {
    let good = r#"{"labels":{"alertname":"good"}}"#;
    let with = |bad: &str| format!("[{good},{bad},{good}]");
    let cases = [
        // body, status, code, in the message, alerts offered
        ("[]".to_owned(), 200, 0, "", 0),
        ("null".into(), 200, 0, "", 0),
        (format!("[{good}]"), 200, 0, "", 1),
        (String::new(), 422, 602, "empty", 0),
        (" \n".into(), 422, 602, "empty", 0),
        ("[{}]".into(), 422, 602, "alerts[0]: labels in body is required", 0),
        (with(r#"{"labels":{"a":"b"},"generatorURL":"no uri"}"#), 422, 601, "alerts[1]: generatorURL", 2),
        ("[{".into(), 400, 400, "cannot be read", 0),
        ("{}".into(), 400, 400, "expected an array of alerts", 0),
        ("[] x".into(), 400, 400, "trailing", 0),
        ("[null]".into(), 400, 400, "alerts[0]: invalid type: null", 0),
        (with("7"), 400, 400, "alerts[1]: invalid type: integer `7`, expected an alert", 2),
        (with("[{}]"), 400, 400, "alerts[1]: invalid type: sequence", 2),
        (
            with(r#"{"labels":[]}"#),
            400,
            400,
            "alerts[1]: labels: invalid type: sequence, expected an object of strings",
            2,
        ),
        (with(r#"{"labels":{"a":1}}"#), 400, 400, "alerts[1]: labels: invalid type: integer `1`, expected a string", 2),
        (
            with(r#"{"labels":{"a":"b"},"startsAt":"soon"}"#),
            400,
            400,
            r#"alerts[1]: startsAt is no date of RFC 3339: "soon""#,
            2,
        ),
        (with(r#"{"labels":{"a":"b"},"endsAt":5}"#), 400, 400, "alerts[1]: endsAt: invalid type", 2),
        (with(r#"{"labels":{}}"#), 400, 400, "alerts[1]: it has no labels", 3),
        (with(r#"{"labels":{"a":""}}"#), 400, 400, "alerts[1]: it has no labels", 3),
        (with(r#"{"labels":{"":"b"}}"#), 400, 400, "alerts[1]: labels holds an empty name", 2),
        (
            with(r#"{"labels":{"a":"b"},"startsAt":"2026-11-21T03:00:00Z","endsAt":"2026-11-21T02:00:00Z"}"#),
            400,
            400,
            "alerts[1]: its end is before its start",
            3,
        ),
        // Those that the engine refuses are named by their place in the body, bad ones before them counted.
        (format!("[null,{good},{{}},{{\"labels\":{{}}}}]"), 400, 400, "alerts[3]: it has no labels (1 other", 2),
    ];
    for (body, status, code, message, offered) in cases {
        let world = World::new();
        let reply = world.post(ALERTS, body.clone()).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
        assert_eq!(world.backend.taken().len(), offered, "{body}");
        match status {
            200 => assert_eq!(reply.body, "", "{body}"),
            _ => {
                assert_eq!(reply.json()["code"], code, "{body}: {}", reply.body);
                assert!(reply.message().contains(message), "{body}: {}", reply.body);
            }
        }
    }
}

#[tokio::test]
async fn refuses_webhooks_that_are_none() {
    let good = r#"{"status":"firing","labels":{"alertname":"good"}}"#;
    let cases = [
        (String::new(), "empty", 0),
        ("[]".into(), "invalid type: sequence, expected the object", 0),
        ("null".into(), "invalid type: null", 0),
        ("{}".into(), "version must be", 0),
        (format!(r#"{{"version":"3","alerts":[{good}]}}"#), "version must be", 0),
        (format!(r#"{{"version":4,"alerts":[{good}]}}"#), "version: invalid type: integer", 0),
        (r#"{"version":"4"}"#.into(), "alerts is missing", 0),
        (r#"{"version":"4","alerts":null}"#.into(), "alerts is missing", 0),
        (r#"{"version":"4","alerts":{}}"#.into(), "alerts: invalid type: map", 0),
        (format!(r#"{{"version":"4","alerts":[],"alerts":[{good}]}}"#), "duplicate field `alerts`", 0),
        (format!(r#"{{"version":"4","truncatedAlerts":"7","alerts":[{good}]}}"#), "truncatedAlerts: invalid type", 0),
        (format!(r#"{{"version":"4","alerts":[{good},{{"labels":{{"a":"b"}}}}]}}"#), "alerts[1]: status must be", 1),
        (
            format!(r#"{{"version":"4","alerts":[{{"status":"maybe","labels":{{"a":"b"}}}},{good}]}}"#),
            "alerts[0]: status must be",
            1,
        ),
        (format!(r#"{{"version":"4","alerts":[null,{good}]}}"#), "alerts[0]: invalid type: null", 1),
    ];
    for (body, message, offered) in cases {
        let world = World::new();
        let reply = world.post(WEBHOOK, body.clone()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}: {}", reply.body);
        assert!(reply.message().contains(message), "{body}: {}", reply.body);
        assert_eq!(world.backend.taken().len(), offered, "{body}");
    }
}

#[tokio::test]
async fn wants_json_and_nothing_else() {
    let world = World::new();
    let cases: [(&[(&str, &str)], u16); 7] = [
        (&[("content-type", "application/json")], 200),
        (&[("content-type", "Application/JSON; charset=utf-8"), ("content-encoding", "identity")], 200),
        (&[], 415),
        (&[("content-type", "text/plain")], 415),
        (&[("content-type", "application/jsonp")], 415),
        (&[("content-type", "application/x-www-form-urlencoded")], 415),
        (&[("content-type", "application/json"), ("content-encoding", "gzip")], 415),
    ];
    for (headers, status) in cases {
        let reply = world.call(Method::POST, ALERTS, headers, "[]").await;
        assert_eq!(reply.status, status, "{headers:?}: {}", reply.body);
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
        let reply = world.call(method.clone(), WEBHOOK, &[], "").await;
        assert_eq!(
            (reply.status, reply.headers["allow"].as_bytes()),
            (StatusCode::METHOD_NOT_ALLOWED, &b"POST"[..]),
            "{method}"
        );
    }
}

#[tokio::test]
async fn asks_for_a_retry_where_the_sender_is_not_at_fault() {
    let unavailable = Unavailable { reason: "the queue is full".into(), retry_after: Duration::from_millis(1_200) };
    let world = World::with(&Settings::default(), InMemory { unavailable: Some(unavailable), ..InMemory::new() });
    for path in [ALERTS, WEBHOOK] {
        let body = if path == ALERTS { "[{\"labels\":{\"a\":\"b\"}}]".to_owned() } else { SENT.to_owned() };
        let reply = world.post(path, body).await;
        assert_eq!(
            (reply.status, reply.headers["retry-after"].as_bytes()),
            (StatusCode::SERVICE_UNAVAILABLE, &b"2"[..])
        );
        assert_eq!(reply.message(), "the queue is full");
    }

    let full = InMemory::with_limits(Limits { alerts_max: 1, ..Limits::default() });
    let world = World::with(&Settings::default(), full);
    let reply = world.post(ALERTS, r#"[{},{"labels":{"a":"1"}},{"labels":{"a":"2"}}]"#).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.body);
    assert!(
        reply.headers.contains_key("retry-after") && reply.message().starts_with("alerts[2]: 1 alerts are active"),
        "{}",
        reply.body
    );
    assert!(reply.message().contains("alerts[0]: labels in body is required"), "{}", reply.body);
}

#[tokio::test]
async fn keeps_the_first_of_too_many() {
    let settings = Settings { batch_alerts_max: 3, ..Settings::default() };
    let world = World::with(&settings, InMemory::new());
    let alerts: Vec<String> = (0..8).map(|i| format!(r#"{{"labels":{{"i":"{i}"}}}}"#)).collect();
    let reply = world.post(ALERTS, format!("[{}]", alerts.join(","))).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(reply.message().contains("alerts[3]: it and the rest, 5 in all"), "{}", reply.body);
    assert_eq!(world.backend.taken().len(), 3);
}

#[tokio::test]
async fn nobody_else_ends_the_alerts_that_bellwire_raises_itself() {
    let world = World::new();
    let own = r#""alertname":"BellwireDeliveryFailed","severity":"critical","receiver":"ops/chat","team":"ops""#;
    let body = format!(
        r#"[{{"labels":{{"alertname":"A"}}}},{{"labels":{{{own}}},"endsAt":"2020-01-01T00:00:00Z"}},{{"labels":{{}}}},
            {{"labels":{{{own},"cluster":"x"}}}}]"#
    );
    let reply = world.post(ALERTS, body).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let said = reply.message();
    assert!(said.starts_with("alerts[1]: its labels are those of an alert that Bellwire raises itself"), "{said}");
    assert!(said.contains("alerts[2]: it has no labels"), "{said}");
    let taken = world.backend.taken();
    let others: Vec<_> = taken.iter().map(|alert| alert.labels.get("alertname")).collect();
    assert_eq!(others, ["A", "", "BellwireDeliveryFailed"], "one with other labels is anybody's");
}
