//! What becomes of an incident after the first page: it rises, is joined, resolves, comes back, waits for the morning.

use crate::{
    alerts::alert,
    configuration::PAYMENTS,
    stage::{ONCALL_KEY, Stage},
    story::{Story, minutes, seconds},
};
use bellwire_support::pagerduty::Status;

#[tokio::test(flavor = "multi_thread")]
async fn a_rise_in_priority_undoes_the_acknowledgement_and_pages() {
    let story = Story::begin(Stage::new().await).await;
    story.fires(&[alert("Slow", "warning")]).await;
    story.fast_forward(seconds(5)).await;
    story.acknowledge("payments-1", "anna").await;
    story.fast_forward(minutes(1)).await;
    assert_eq!((story.incidents().await, story.pages().len()), (vec!["payments-1 acknowledged P2".to_owned()], 0));

    story.fires(&[alert("Slow", "critical").on("pay-2:9100")]).await;
    story.fast_forward(seconds(30)).await;
    assert_eq!(story.incidents().await, ["payments-1 open P1"], "what anna took on was less than this");
    assert_eq!(story.pages(), ["payments-1/p1-step-1/payments/oncall"]);
    let channel = story.channel("#payments");
    assert!(channel.contains("Now P1 Slow"), "{channel}");
    assert_eq!(story.slack.seen().messages("#payments").iter().filter(|one| one.thread_ts.is_none()).count(), 1);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_back_within_five_minutes_as_the_same_incident_and_later_as_another() {
    let story = Story::begin(Stage::new().await).await;
    let fire = [alert("Flaps", "critical")];
    story.fires(&fire).await;
    story.fast_forward(seconds(5)).await;
    story.resolves(&fire).await;
    story.fast_forward(minutes(4)).await;
    story.fires(&fire).await;
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.incidents().await, ["payments-1 open P1"]);
    let again = "payments-1~1/p1-step-1/payments/oncall";
    assert_eq!(story.pages(), ["payments-1/p1-step-1/payments/oncall", again], "it wakes somebody again");
    assert_eq!(story.incident("payments-1").await["incident"]["reopened"], 1);

    story.resolves(&fire).await;
    story.fast_forward(minutes(6)).await;
    assert!(story.pagerduty.seen().alerts.values().all(|alert| alert.status == Status::Resolved));
    story.fires(&fire).await;
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.incidents().await, ["payments-2 open P1", "payments-1 resolved P1"]);
    assert_eq!(story.pages().len(), 3);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_resolved_by_hand_and_still_fires_comes_back() {
    let story = Story::begin(Stage::new().await).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    let reply = story.post("/api/v1/incidents/payments-1/resolve", &serde_json::json!({"by": "anna"})).await;
    assert_eq!(reply.status, 200);
    story.settle().await;
    let first = story.pages()[0].clone();
    assert_eq!(story.pagerduty.seen().alert(ONCALL_KEY, &first).map(|alert| alert.status), Some(Status::Resolved));
    story.fast_forward(minutes(6)).await;
    assert_eq!(story.incidents().await, ["payments-1 open P1"], "or nobody would hear of it again");
    assert_eq!(story.pages().len(), 2);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_p3_of_the_evening_waits_for_the_morning_and_a_p1_does_not() {
    let stage = Stage::new().await;
    let window = "[windows.business-hours]\nzone = \"Europe/Berlin\"\nhours = [\"mon-fri 09:00-17:00\"]";
    let routes = PAYMENTS.replace("[route]", &format!("{window}\n\n[route]"));
    stage.routes("payments", &routes.replace("window = \"always\"\n", ""));
    let story = Story::begin(stage).await;
    // From 10:00 UTC on a Wednesday to 19:00 in Berlin.
    story.fast_forward(minutes(8 * 60)).await;
    story.fires(&[alert("Odd", "none"), alert("Odd", "none").on("pay-2:9100")]).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(minutes(1)).await;
    assert_eq!((story.audit(), story.pages().len()), (vec!["payments-2 p1-step-1".to_owned()], 1));
    let reason = story.incident("payments-1").await["incident"]["reason"].to_string();
    assert!(reason.contains("held until business-hours"), "{reason}");

    story.acknowledge("payments-2", "anna").await;
    story.fast_forward(minutes(13 * 60 + 58)).await;
    assert!(!story.audit().contains(&"payments-1 p3-step-1".to_owned()), "a minute to nine");
    story.fast_forward(minutes(1)).await;
    assert!(story.audit().contains(&"payments-1 p3-step-1".to_owned()), "{:?}", story.audit());
    story.end().await;
}
