//! Signed webhooks, against a receiver that verifies them as Standard Webhooks says.

use super::*;
use bellwire_core::{Secret, WebhookReceiver};
use bellwire_support::{
    Fault,
    webhook::{Verification, Webhook},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(super) fn unsigned(url: &str) -> WebhookReceiver {
    WebhookReceiver { url: Secret::new(url), secret: None }
}

#[tokio::test]
async fn every_attempt_is_signed_and_has_the_same_id() {
    let server = Webhook::start(Verification::SignedAtAnyTime(SECRET.into())).await.unwrap();
    let signed = WebhookReceiver { url: Secret::new(server.url("/hook")), secret: Some(Secret::new(SECRET)) };
    let dispatcher = dispatcher([(NAME, ReceiverKind::Webhook(signed))]);
    server.script("/hook", [Fault::CutAfterwards]);
    assert!(matches!(dispatcher.send(&message("step-1")).await, Delivery::Retry { .. }));
    receipt(&dispatcher.send(&message("step-1")).await);
    receipt(&dispatcher.send(&message("step-2")).await);
    receipt(&dispatcher.send(&extreme()).await);
    let seen = server.seen();
    assert!(seen.refused.is_empty(), "{:?}", seen.refused);
    let ids: Vec<&str> = seen.deliveries.iter().map(|delivery| delivery.id.as_str()).collect();
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
    let body = &seen.deliveries[0].body;
    insta::assert_snapshot!(format!("{body:#}"), @r#"
    {
      "ack_command": "bellwire incidents ack payments-42",
      "actions": [
        "acknowledge",
        "snooze",
        "resolve",
        "escalate"
      ],
      "alerts": [
        {
          "annotations": {
            "runbook_url": "https://runbooks.example/InstanceDown",
            "summary": "web-1 is down"
          },
          "fingerprint": "8deee4e694f88bef",
          "generator_url": "https://prometheus.example/graph",
          "labels": {
            "alertname": "InstanceDown",
            "instance": "web-1",
            "job": "web",
            "severity": "critical"
          },
          "name": "InstanceDown",
          "starts_at": "2026-11-21T03:12:00Z",
          "state": "firing",
          "summary": "web-1 is down",
          "where": "web-1"
        }
      ],
      "bundle": null,
      "count": "1 alert",
      "firing": 1,
      "incident": {
        "acknowledged_at": null,
        "acknowledged_by": null,
        "assigned_to": null,
        "flapping_since": null,
        "group": {
          "alertname": "InstanceDown"
        },
        "held_back_since": null,
        "id": "payments-42",
        "opened_at": "2026-11-21T03:12:00Z",
        "priority": "P1",
        "reason": "severity is critical",
        "reopened": 0,
        "resolved_at": null,
        "revision": 1,
        "route": "default",
        "snoozed_until": null,
        "state": "open",
        "suppressed": 0,
        "symptoms": 0,
        "team": "payments",
        "unowned_since": null
      },
      "late": "",
      "links": {
        "dashboard": null,
        "generator": "https://prometheus.example/graph",
        "incident": "https://bellwire.example/incidents/payments-42",
        "runbook": "https://runbooks.example/InstanceDown"
      },
      "more": 0,
      "name": "InstanceDown",
      "notice": {
        "attempt": 1,
        "id": "payments-42/step-1/payments/receiver",
        "key": "step-1",
        "kind": "decided",
        "page": true,
        "receiver": "payments/receiver",
        "text": "step 1: the on-call team"
      },
      "person": null,
      "quiet": "",
      "resolved": 0,
      "since": "2026-11-21 03:12 UTC, just now",
      "status": "open",
      "summary": "web-1 is down",
      "symptoms": [],
      "text": "P1 InstanceDown: web-1 is down (1 alert) · payments-42\n\nstep 1: the on-call team\n\nWhere:  web-1\nSince:  2026-11-21 03:12 UTC, just now\nWhy:    severity is critical\nTold:   payments/mail (delivered)\n\n1 firing, 0 resolved\n- firing: InstanceDown on web-1: web-1 is down\n\nRunbook:   https://runbooks.example/InstanceDown\nRule:      https://prometheus.example/graph\nIncident:  https://bellwire.example/incidents/payments-42\nAck:       bellwire incidents ack payments-42\n",
      "title": "P1 InstanceDown: web-1 is down (1 alert) · payments-42",
      "told": [
        {
          "at": "2026-11-21T03:12:00Z",
          "outcome": "delivered",
          "receiver": "payments/mail"
        }
      ],
      "version": "1",
      "where": "web-1"
    }
    "#);
}

#[tokio::test]
async fn a_bundle_is_a_field_more() {
    let server = Webhook::start(Verification::None).await.unwrap();
    let dispatcher = dispatcher([(NAME, ReceiverKind::Webhook(unsigned(&server.url("/"))))]);
    receipt(&dispatcher.send(&bundle("step-1", NoticeKind::Decided)).await);
    let body = &server.seen().deliveries[0].body;
    assert_eq!((&body["version"], &body["title"]), (&"1".into(), &"6 P2 incidents: DiskFull, <!channel> & <b>".into()));
    let mut bundle = body["bundle"].clone();
    bundle["shown"].as_array_mut().unwrap().truncate(1);
    insta::assert_snapshot!(format!("{bundle:#}"), @r#"
    {
      "count": 6,
      "heading": "6 P2 incidents",
      "link": "https://bellwire.example/incidents?team=payments&state=open",
      "more": 2,
      "names": "DiskFull, <!channel> & <b>",
      "shown": [
        {
          "firing": 1,
          "incident": "payments-1",
          "kind": "decided",
          "link": "https://bellwire.example/incidents/payments-1",
          "name": "DiskFull",
          "note": null,
          "opened_at": "2026-11-21T03:11:00Z",
          "priority": "P2",
          "since": "03:11 UTC",
          "summary": "web-1 is down",
          "where": "db-1"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn every_failure_is_classified_and_tells_no_secret() {
    let server = Webhook::start(Verification::None).await.unwrap();
    let url = server.url("/secret-path");
    let dispatcher = dispatcher([(NAME, ReceiverKind::Webhook(unsigned(&url)))]);
    for (fault, expected) in [
        (Fault::RateLimited { retry_after_seconds: 3 }, Some(Some(Span::from_secs(3)))),
        (Fault::Unavailable { status: 503, retry_after_seconds: 4 }, Some(Some(Span::from_secs(4)))),
        (Fault::Status(408), Some(None)),
        (Fault::Status(425), Some(None)),
        (Fault::Cut, Some(None)),
        (Fault::Status(301), None),
        (Fault::Status(400), None),
        (Fault::Status(410), None),
    ] {
        server.script("/secret-path", [fault.clone()]);
        let delivery = dispatcher.send(&message("step-1")).await;
        match (&delivery, expected) {
            (Delivery::Retry { after, .. }, Some(expected)) => assert_eq!(*after, expected),
            (Delivery::Permanent { .. }, None) => {}
            (other, _) => panic!("{fault:?}: {other:?}"),
        }
        assert_fit_for_people(&delivery, &["secret-path"]);
    }
    for unreachable in ["http://127.0.0.1:1/secret-path", "http://nowhere.invalid/secret-path", "no URL/secret-path"] {
        let delivery =
            super::dispatcher([(NAME, ReceiverKind::Webhook(unsigned(unreachable)))]).send(&message("a")).await;
        assert!(!matches!(delivery, Delivery::Delivered { .. }));
        assert_fit_for_people(&delivery, &["secret-path"]);
    }
}
