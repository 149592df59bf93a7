//! Stopped and started again on the same database, in the middle of things.

use crate::{
    alerts::alert,
    process::{Serving, bellwire, run},
    stage::Stage,
    story::{Story, minutes, seconds},
};
use bellwire_support::Fault;

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_of_a_ladder_tells_each_step_once_and_in_time() {
    let story = Story::begin(Stage::new().await).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    let story = story.restart_after(minutes(3)).await;
    story.settle().await;
    assert_eq!((story.pages().len(), story.mails().len()), (1, 0), "the first step was sent, the second is not due");
    story.fast_forward(minutes(2)).await;
    assert_eq!((story.pages().len(), story.mails().len()), (2, 1));

    // The third step came due while we were down.
    let story = story.restart_after(minutes(60)).await;
    story.settle().await;
    assert_eq!(story.mails().len(), 2, "done at once");
    assert_eq!(story.pages().len(), 2, "and the fourth counts from the third: an outage makes no storm");
    story.fast_forward(minutes(15)).await;
    assert_eq!(
        story.pages(),
        [
            "payments-1/p1-step-1/payments/oncall",
            "payments-1/p1-step-2/payments/oncall",
            "payments-1/p1-step-4/payments/vp",
        ]
    );
    story.acknowledge("payments-1", "anna").await;
    let story = story.restart_after(minutes(1)).await;
    assert_eq!(story.incidents().await, ["payments-1 acknowledged P1"]);
    assert_eq!(
        story.slack.seen().messages("#payments").iter().filter(|message| message.thread_ts.is_none()).count(),
        1
    );
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_was_being_tried_is_tried_after_a_restart() {
    let stage = Stage::new().await;
    stage.slack.faults().always("#payments", Fault::Status(503));
    let story = Story::begin(stage).await;
    story.fires(&[alert("Slow", "warning")]).await;
    story.fast_forward(seconds(10)).await;
    story.slack.faults().heal("#payments");
    let story = story.restart_after(seconds(30)).await;
    story.settle().await;
    assert!(story.channel("#payments").contains("P2 Slow"));
    assert_eq!(story.audit(), ["payments-1 p2-step-1"], "who was told is not told again");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_bellwire_on_the_same_database_is_refused() {
    let stage = Stage::new().await;
    let first = Serving::start(&stage).await;
    let second = run(&mut bellwire(&stage, &["serve"])).await;
    assert_eq!(second.code, Some(1));
    assert!(second.error.contains("bellwire.db is in use by another bellwire; stop that one"), "{}", second.error);
    assert_eq!(first.get("/-/ready").await.status, 200, "the first does not notice");
    first.kill().await;
    let third = Serving::start(&stage).await;
    assert_eq!(third.stop().await.code(), Some(0), "a killed one holds nothing");
}
