//! PagerDuty, against a fake that enforces the Events API v2.

use super::*;
use bellwire_core::{PagerDutyReceiver, Priority, Secret};
use bellwire_support::{
    Fault,
    pagerduty::{PagerDuty, Status},
};

pub(super) const KEY: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn service(pagerduty: &PagerDuty) -> ReceiverKind {
    ReceiverKind::PagerDuty(PagerDutyReceiver { api: pagerduty.url(), routing_key: Secret::new(KEY) })
}

#[tokio::test]
async fn each_step_pages_and_an_update_pages_nobody() {
    let pagerduty = PagerDuty::start(&[KEY]).await.unwrap();
    let dispatcher = dispatcher([(NAME, service(&pagerduty))]);
    let mut had = Vec::new();
    for step in ["step-1", "step-2"] {
        let page = message(step);
        had.push(earlier(&page, &dispatcher.send(&page).await));
    }
    // Its answer was lost, so nobody knows its receipt.
    had[1].receipt = None;
    let statuses =
        |pagerduty: &PagerDuty| pagerduty.seen().alerts.values().map(|alert| alert.status).collect::<Vec<_>>();
    let mut changed = update(NoticeKind::PriorityChanged, IncidentState::Open, &had);
    changed.incident.priority = Some(Priority::P2);
    for (update, expected) in [
        (changed, Status::Triggered),
        (update(NoticeKind::Acknowledged, IncidentState::Acknowledged, &had), Status::Acknowledged),
        (update(NoticeKind::Resolved, IncidentState::Resolved, &had), Status::Resolved),
    ] {
        assert_eq!(dispatcher.send(&update).await, Delivery::Delivered { receipt: None });
        assert_eq!(statuses(&pagerduty), [expected; 2]);
    }
    let seen = pagerduty.seen();
    let pages: Vec<(&str, &str)> =
        seen.pages.iter().map(|page| (page.dedup_key.as_str(), page.severity.as_str())).collect();
    assert_eq!(
        pages,
        [("payments-42/step-1/payments/receiver", "critical"), ("payments-42/step-2/payments/receiver", "critical")]
    );
    assert_eq!(seen.events[2].body["payload"]["severity"], "error");
}

#[tokio::test]
async fn whoever_is_to_act_is_paged_and_a_change_of_state_pages_nobody() {
    let pagerduty = PagerDuty::start(&[KEY]).await.unwrap();
    let dispatcher = dispatcher([(NAME, service(&pagerduty))]);
    let mut had = Vec::new();
    for kind in [NoticeKind::Decided, NoticeKind::Reassigned, NoticeKind::LastResort, NoticeKind::Flapping] {
        let page = Message { kind, ..message(&format!("{kind:?}")) };
        had.push(earlier(&page, &dispatcher.send(&page).await));
    }
    assert_eq!(pagerduty.seen().pages.len(), 4, "each under a key of its own");
    let statuses = || pagerduty.seen().alerts.values().map(|alert| alert.status).collect::<Vec<_>>();
    for (update, expected) in [
        (update(NoticeKind::Snoozed, IncidentState::Snoozed, &had), Status::Acknowledged),
        // No event takes an acknowledgement back, and another trigger would wake nobody.
        (update(NoticeKind::Unacknowledged, IncidentState::Open, &had), Status::Acknowledged),
        (update(NoticeKind::Resolved, IncidentState::Resolved, &had), Status::Resolved),
    ] {
        assert_eq!(dispatcher.send(&update).await, Delivery::Delivered { receipt: None });
        assert_eq!(statuses(), [expected; 4]);
    }
    assert_eq!(pagerduty.seen().pages.len(), 4);
}

#[tokio::test]
async fn a_bundle_is_one_page_that_no_single_incident_closes() {
    let pagerduty = PagerDuty::start(&[KEY]).await.unwrap();
    let dispatcher = dispatcher([(NAME, service(&pagerduty))]);
    let summary = bundle("step-1", NoticeKind::Decided);
    let had = [earlier(&summary, &dispatcher.send(&summary).await)];
    receipt(&dispatcher.send(&update(NoticeKind::Resolved, IncidentState::Resolved, &had)).await);
    let seen = pagerduty.seen();
    assert_eq!(seen.pages[0].summary, "6 P2 incidents: DiskFull, <!channel> & <b>");
    assert_eq!(seen.pages[0].dedup_key, "payments-42/step-1/payments/receiver");
    assert!(seen.alerts.values().all(|alert| alert.status == Status::Triggered));
}

#[tokio::test]
async fn extreme_messages_are_taken() {
    let pagerduty = PagerDuty::start(&[KEY]).await.unwrap();
    let dispatcher = dispatcher([(NAME, service(&pagerduty))]);
    let mut message = extreme();
    message.notice = NoticeId::new(&message.incident.id, 0, &"k".repeat(120), &"r".repeat(200));
    let page = dispatcher.send(&message).await;
    assert_eq!(receipt(&page).map(|key| key.len()), Some(64), "a key that is too long goes as its hash");
    let event = &pagerduty.seen().events[0].body;
    let details = &event["payload"]["custom_details"];
    let shown = details["alerts"].as_array().unwrap().len() as u64;
    assert!(shown < 20 && shown + details["alerts_left_out"].as_u64().unwrap() == 100, "{shown} shown");
    assert!(details["why"].is_string(), "the summary and the reason outlive the alerts");
    assert_eq!(event["links"].as_array().unwrap().len(), 3, "an address that is none is no link");
}

#[tokio::test]
async fn every_failure_is_classified_and_tells_no_secret() {
    let pagerduty = PagerDuty::start(&[KEY]).await.unwrap();
    let unknown = PagerDutyReceiver { api: pagerduty.url(), routing_key: Secret::new("f".repeat(32)) };
    let dispatcher = dispatcher([(NAME, service(&pagerduty)), ("unknown", ReceiverKind::PagerDuty(unknown))]);
    for (fault, after) in [
        (Fault::RateLimited { retry_after_seconds: 3 }, Some(Span::from_secs(3))),
        (Fault::Status(502), None),
        (Fault::Cut, None),
    ] {
        pagerduty.script(KEY, [fault]);
        let delivery = dispatcher.send(&message("step-1")).await;
        assert!(matches!(&delivery, Delivery::Retry { after: asked, .. } if *asked == after), "{delivery:?}");
        assert_fit_for_people(&delivery, &[KEY]);
    }
    let mut page = message("step-1");
    page.receiver = "unknown".into();
    insta::assert_debug_snapshot!(dispatcher.send(&page).await, @r#"
    Permanent {
        reason: "it answered 400 Bad Request: Event object is invalid; 'routing_key' is invalid",
    }
    "#);
}

#[tokio::test]
async fn one_key_that_cannot_be_closed_stops_no_other() {
    let pagerduty = PagerDuty::start(&[KEY]).await.unwrap();
    let dispatcher = dispatcher([(NAME, service(&pagerduty))]);
    let mut had = Vec::new();
    for step in ["step-1", "step-2"] {
        let page = message(step);
        had.push(earlier(&page, &dispatcher.send(&page).await));
    }
    pagerduty.script(KEY, [Fault::Status(500)]);
    let resolved = update(NoticeKind::Resolved, IncidentState::Resolved, &had);
    assert!(matches!(dispatcher.send(&resolved).await, Delivery::Retry { .. }));
    assert_eq!(
        pagerduty.seen().alert(KEY, "payments-42/step-2/payments/receiver").map(|alert| alert.status),
        Some(Status::Resolved)
    );
    receipt(&dispatcher.send(&resolved).await);
    assert!(pagerduty.seen().alerts.values().all(|alert| alert.status == Status::Resolved));
}
