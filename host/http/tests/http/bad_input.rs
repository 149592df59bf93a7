//! Hostile bodies: each gets a clear answer, and costs its neighbours nothing.

use crate::world::{ALERTS, InMemory, WEBHOOK, World};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use bellwire_core::Instant;
use bellwire_http::{Settings, decode};
use proptest::prelude::*;

#[tokio::test]
async fn deep_nesting_is_no_danger() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let world = World::new();
    for (body, status) in [
        (deep("[", "]"), 400),
        ("[".repeat(100_000), 400),
        (format!(r#"[{{"labels":{}}}]"#, deep("[", "]")), 400),
        (format!(r#"[{{"labels":{}1{}}}]"#, "{\"a\":".repeat(100_000), "}".repeat(100_000)), 400),
        // In a field that nobody reads it is skipped.
        (format!(r#"[{{"labels":{{"a":"b"}},"x":{}}}]"#, deep("[", "]")), 200),
    ] {
        let reply = world.post(ALERTS, body).await;
        assert_eq!(reply.status, status, "{}", reply.body);
        assert!(reply.body.len() < 2_000, "an echo stays short");
    }
    let body = format!(r#"{{"version":"4","x":{},"alerts":{}}}"#, deep("[", "]"), deep("[", "]"));
    assert_eq!(world.post(WEBHOOK, body).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_hundred_thousand_labels_cost_only_their_alert() {
    let many = |count: usize| (0..count).map(|i| format!(r#""l{i}":"v""#)).collect::<Vec<_>>().join(",");
    for (count, message) in [(100_000, "more than 10000 names"), (100, "it has 100 labels; at most 64 are taken")] {
        let world = World::new();
        let reply = world
            .post(ALERTS, format!(r#"[{{"labels":{{{}}}}},{{"labels":{{"alertname":"good"}}}}]"#, many(count)))
            .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert!(reply.message().contains(message), "{}", reply.body);
        assert!(world.backend.taken().iter().any(|alert| alert.labels.get("alertname") == "good"));
    }
}

#[tokio::test]
async fn nul_bytes_are_refused_in_labels_and_replaced_in_annotations() {
    let world = World::new();
    let reply = world.post(ALERTS, r#"[{"labels":{"a":"x\u0000y"}},{"labels":{"a\u0000":"x"}}]"#).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.message().contains("alerts[1]: labels holds a NUL character"), "{}", reply.body);
    assert_eq!(world.post(ALERTS, &b"[{\"labels\":{\"a\":\"x\0y\"}}]"[..]).await.status, StatusCode::BAD_REQUEST);
    assert!(world.backend.taken().is_empty());

    let body = r#"[{"labels":{"a":"b"},"annotations":{"s":"x\u0000y"}}]"#;
    assert_eq!(world.post(ALERTS, body).await.status, StatusCode::OK);
    assert_eq!(world.backend.taken()[0].annotations.get("s"), "x\u{FFFD}y");
}

#[tokio::test]
async fn what_is_not_utf_8_is_refused() {
    let world = World::new();
    let reply = world.post(ALERTS, &b"[{\"labels\":{\"a\":\"\xff\"}}]"[..]).await;
    assert_eq!((reply.status, reply.message().as_str()), (StatusCode::BAD_REQUEST, "the body is not UTF-8"));
    let reply = world.post(ALERTS, r#"[{"labels":{"a":"\ud800"}},{"labels":{"a":"b"}}]"#).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "a lone surrogate");
    assert_eq!(world.backend.taken().len(), 1);
}

#[tokio::test]
async fn a_clock_far_off_stays_in_range() {
    let world = World::new();
    let body = r#"[{"labels":{"a":"0"},"startsAt":"0001-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z"},
        {"labels":{"a":"1"},"startsAt":"0044-03-15T12:00:00Z","endsAt":"9999-12-31T23:59:59Z"}]"#;
    assert_eq!(world.post(ALERTS, body).await.status, StatusCode::OK);
    let taken = world.backend.taken();
    assert_eq!((taken[0].starts_at, taken[0].ends), (None, bellwire_core::Ends::Unsaid));
    let last = Instant::from_millis(u64::MAX);
    assert_eq!((taken[1].starts_at, taken[1].ends), (Some(Instant::from_millis(0)), bellwire_core::Ends::At(last)));
    assert_eq!(
        world.post(ALERTS, r#"[{"labels":{"a":"b"},"startsAt":"99999-01-01T00:00:00Z"}]"#).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_large_body_is_refused_with_the_limit() {
    let settings = Settings { body_bytes_max: 1_000, bodies_bytes_max: 10_000, ..Settings::default() };
    let world = World::with(&settings, InMemory::new());
    let headers = [("content-type", "application/json")];
    for body in [Body::from(vec![b' '; 1_001]), streamed(64, 100), streamed(64_000, 1_000)] {
        let reply = world.call(Method::POST, ALERTS, &headers, body).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(reply.message(), "the body is larger than 1000 bytes (body_bytes_max)");
    }
    let reply = world.call(Method::POST, ALERTS, &headers, streamed(10, 100)).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "exactly the limit is taken, and is blank");
}

#[tokio::test]
async fn all_bodies_together_are_bounded() {
    let settings = Settings { body_bytes_max: 1_000, bodies_bytes_max: 300, ..Settings::default() };
    let world = World::with(&settings, InMemory::new());
    for _ in 0..2 {
        let reply = world.call(Method::POST, ALERTS, &[("content-type", "application/json")], streamed(5, 100)).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(reply.headers.contains_key("retry-after"));
    }
    let reply = world.call(Method::POST, ALERTS, &[("content-type", "application/json")], streamed(3, 100)).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "what was held is given back");
}

/// Blanks, `count` frames of `size`.
fn streamed(count: usize, size: usize) -> Body {
    struct Frames(usize, usize);
    impl axum::body::HttpBody for Frames {
        type Data = bytes::Bytes;
        type Error = std::convert::Infallible;
        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<bytes::Bytes>, Self::Error>>> {
            std::task::Poll::Ready(self.0.checked_sub(1).map(|left| {
                self.0 = left;
                Ok(hyper::body::Frame::data(vec![b' '; self.1].into()))
            }))
        }
    }
    Body::new(Frames(count, size))
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode::prometheus(&body, 10);
        let _ = decode::alertmanager(&body, 10, Instant::from_millis(0));
    }

    /// Text that is almost right goes deeper than random bytes do.
    #[test]
    fn no_damaged_body_makes_a_decoder_panic(at in 0_usize..200, cut in 0_usize..20, with in "\\PC{0,4}|[\\[\\]{}\",:\\\\u0-9]{0,6}") {
        let good = r#"{"version":"4","truncatedAlerts":1,"alerts":[{"status":"firing","labels":{"alertname":"A","b":"\u00e9"},"annotations":{},"startsAt":"2026-11-21T03:00:00.5Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://p"}]}"#;
        let (start, end) = (at.min(good.len()), (at + cut).min(good.len()));
        let damaged = format!("{}{with}{}", &good[..start], &good[end..]);
        let _ = decode::alertmanager(damaged.as_bytes(), 10, Instant::from_millis(0));
        let array = damaged.split_once("\"alerts\":").map_or("", |(_, array)| array);
        let _ = decode::prometheus(array.as_bytes(), 10);
    }

    /// However the alerts are mixed, each is either taken or named, by its place.
    #[test]
    fn every_alert_is_taken_or_named(kinds in prop::collection::vec(0_usize..4, 0..20)) {
        let texts = [r#"{"labels":{"a":"b"}}"#, "null", "{}", r#"{"labels":{"a":7}}"#];
        let body = format!("[{}]", kinds.iter().map(|kind| texts[*kind]).collect::<Vec<_>>().join(","));
        let batch = decode::prometheus(body.as_bytes(), 15).unwrap();
        let looked_at = kinds.len().min(15);
        let good = kinds[..looked_at].iter().filter(|kind| **kind == 0).count();
        let bad: Vec<usize> = (0..looked_at).filter(|index| kinds[*index] != 0).collect();
        prop_assert_eq!(batch.alerts.len(), good);
        prop_assert_eq!(batch.faults.iter().map(|fault| fault.index).collect::<Vec<_>>(), bad);
        prop_assert_eq!(batch.beyond, kinds.len() - looked_at);
    }
}
