//! The seed ladder, climbed by the shipped `standard` policy: who is told when, who hears what became of it, and what
//! stops it.

use crate::{
    alerts::alert,
    stage::{ONCALL_KEY, STANDBY_KEY, Stage},
    story::{Story, minutes, seconds},
};
use bellwire_support::pagerduty::Status;

#[tokio::test(flavor = "multi_thread")]
async fn while_nobody_acknowledges_each_step_is_told_in_its_turn() {
    let story = Story::begin(Stage::new().await).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(seconds(4)).await;
    assert!(story.pages().is_empty(), "its group_wait is not over");

    story.fast_forward(seconds(1)).await;
    assert_eq!(story.pages(), ["payments-1/p1-step-1/payments/oncall"]);
    assert_eq!(story.audit(), ["payments-1 p1-step-1"]);
    let channel = story.channel("#payments");
    for part in [
        "P1 HighErrorRate: HighErrorRate on pay-1 (1 alert) · payments-1",
        "*Since:* 2026-11-18 10:00 UTC",
        "severity",
        "payments/oncall",
        "<https://runbooks.example.com/HighErrorRate|Runbook>",
        "`bellwire incidents ack payments-1`",
    ] {
        assert!(channel.contains(part), "no {part:?} in\n{channel}");
    }

    story.fast_forward(minutes(4)).await;
    assert_eq!((story.pages().len(), story.mails()), (1, vec![]), "it is not the second step's time");
    story.fast_forward(minutes(1)).await;
    assert_eq!(story.pages()[1..], ["payments-1/p1-step-2/payments/oncall"], "a key of its own, or nobody wakes");
    let manager = ("manager@example.com".to_owned(), "[P1] HighErrorRate on pay-1:9100 — payments-1".to_owned());
    assert_eq!(story.mails(), std::slice::from_ref(&manager));

    story.fast_forward(minutes(10)).await;
    assert_eq!(story.mails(), [manager.clone(), ("director@example.com".to_owned(), manager.1)]);
    assert!(!story.channel("#war-room").contains("payments-1"));

    story.fast_forward(minutes(15)).await;
    assert_eq!(story.pages()[2..], ["payments-1/p1-step-4/payments/vp"]);
    assert!(story.channel("#war-room").contains("P1 HighErrorRate"));

    story.fast_forward(minutes(600)).await;
    assert_eq!((story.pages().len(), story.mails().len()), (3, 2), "each step is told once");
    assert_eq!(story.incidents().await, ["payments-1 open P1"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_stops_the_ladder_and_everybody_told_hears_of_it_where_they_were_told() {
    let story = Story::begin(Stage::new().await).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(minutes(6)).await;
    story.acknowledge("payments-1", "anna").await;
    story.settle().await;

    let messages = story.slack.seen().messages("#payments").to_vec();
    let [root, reply] = messages.as_slice() else { panic!("{}", story.channel("#payments")) };
    assert!(root.edits > 0 && root.shown().contains("acknowledged by anna"), "edited in place: {}", root.shown());
    assert_eq!(reply.thread_ts.as_deref(), Some(root.ts.as_str()), "in its thread");
    assert!(reply.shown().contains("Acknowledged by anna"), "{}", reply.shown());
    let statuses = |key: &str| story.pagerduty.seen().alert(ONCALL_KEY, key).map(|alert| alert.status);
    for step in ["payments-1/p1-step-1/payments/oncall", "payments-1/p1-step-2/payments/oncall"] {
        assert_eq!(statuses(step), Some(Status::Acknowledged));
    }
    assert_eq!(story.audit().last().unwrap(), "payments-1 acknowledged");
    let mails = story.mail.mails();
    let headers: Vec<_> = mails.iter().map(|mail| mail.parsed()).collect();
    assert_eq!(headers.len(), 2, "the manager, and the manager again; the director was not told");
    assert!(headers[1].subject.starts_with("Acknowledged: [P1] HighErrorRate"), "{}", headers[1].subject);
    assert_eq!(headers[0].header("References"), headers[1].header("References"), "one thread");
    assert!(headers[0].header("References").is_some());
    assert_ne!(headers[0].header("Message-ID"), headers[1].header("Message-ID"));

    story.fast_forward(minutes(29)).await;
    assert_eq!((story.pages().len(), story.mails().len()), (2, 2), "nobody else hears of what anna has");
    story.fast_forward(minutes(1)).await;
    assert_eq!(story.mails().last().unwrap().0, "director@example.com", "the acknowledgement ran out: step 3 of 4");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolve_reaches_everybody_who_was_told() {
    let story = Story::begin(Stage::new().await).await;
    let fire = alert("HighErrorRate", "critical");
    story.fires(std::slice::from_ref(&fire)).await;
    story.fast_forward(minutes(31)).await;
    let told = (story.mails().len(), story.pages().len());
    story.resolves(&[fire]).await;
    story.settle().await;

    assert_eq!(story.incidents().await, ["payments-1 resolved P1"]);
    assert_eq!(story.pages().len(), told.1, "a resolve wakes nobody");
    let alerts = story.pagerduty.seen().alerts;
    assert_eq!(alerts.len(), 3);
    assert!(alerts.values().all(|alert| alert.status == Status::Resolved), "{alerts:?}");
    assert!(story.pagerduty.seen().alert(STANDBY_KEY, "payments-1/p1-step-4/payments/vp").is_some());
    assert!(story.channel("#payments").contains("Resolved: P1 HighErrorRate"), "{}", story.channel("#payments"));
    assert!(story.channel("#war-room").contains("Resolved: P1 HighErrorRate"), "{}", story.channel("#war-room"));
    let mut resolved: Vec<_> = story.mails().into_iter().skip(told.0).collect();
    resolved.sort();
    let subject = "Resolved: [P1] HighErrorRate on pay-1:9100 — payments-1".to_owned();
    assert_eq!(
        resolved,
        [("director@example.com".to_owned(), subject.clone()), ("manager@example.com".to_owned(), subject)]
    );
    assert_eq!(story.audit().last().unwrap(), "payments-1 resolved");
    story.fast_forward(minutes(600)).await;
    assert_eq!(story.pages().len(), told.1);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_of_one_group_are_one_incident_and_repeats_tell_nobody_again() {
    let story = Story::begin(Stage::new().await).await;
    let fires: Vec<_> = (1..=3).map(|number| alert("Slow", "warning").on(&format!("pay-{number}:9100"))).collect();
    story.fires(&fires).await;
    story.fires(&[alert("Odd", "none")]).await;
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.incidents().await, ["payments-2 open P3", "payments-1 open P2"]);
    assert!(story.channel("#payments").contains("P2 Slow: Slow on pay-1 (3 alerts) · payments-1"));
    for _ in 0..3 {
        story.fires(&fires).await;
        story.fast_forward(minutes(1)).await;
    }
    let mut audit = story.audit();
    audit.sort();
    assert_eq!(audit, ["payments-1 p2-step-1", "payments-2 p3-step-1"]);
    let detail = story.incident("payments-1").await;
    assert_eq!(
        (&detail["incident"]["firing"], &detail["alerts"][0]["labels"]["alertname"]),
        (&3.into(), &"Slow".into())
    );
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_falling_silent_resolves_its_alerts() {
    let story = Story::begin(Stage::new().await).await;
    let fire = [alert("HighErrorRate", "critical")];
    story.prometheus_fires(&fire, minutes(4)).await;
    story.fast_forward(minutes(3)).await;
    story.prometheus_fires(&fire, minutes(4)).await;
    story.fast_forward(minutes(3)).await;
    assert_eq!(story.incidents().await, ["payments-1 open P1"]);
    story.fast_forward(minutes(1)).await;
    assert_eq!(story.incidents().await, ["payments-1 resolved P1"]);
    assert!(story.channel("#payments").contains("Resolved: P1 HighErrorRate"));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_group_resolves_nothing_that_it_does_not_name() {
    let story = Story::begin(Stage::new().await).await;
    let fires: Vec<_> = (1..=2).map(|number| alert("Slow", "critical").on(&format!("pay-{number}:9100"))).collect();
    story.fires(&fires).await;
    story.fast_forward(seconds(5)).await;
    // With max_alerts, Alertmanager cuts first and sums up afterwards: it says that the group is resolved.
    let now = story.now().to_string();
    let mut body = crate::alerts::webhook(crate::alerts::Status::Resolved, &fires[..1], &now, &now);
    body["truncatedAlerts"] = 1.into();
    assert_eq!(story.post("/webhook/alertmanager", &body).await.status, 200);
    story.fast_forward(minutes(6)).await;
    let detail = story.incident("payments-1").await;
    let incident = &detail["incident"];
    assert_eq!(
        (&incident["state"], &incident["firing"], &incident["resolved"]),
        (&"open".into(), &1.into(), &1.into())
    );
    assert_eq!(story.pages().len(), 2, "the ladder is climbed for what still fires");
    story.end().await;
}
