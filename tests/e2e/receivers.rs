//! Receivers that let us down: they are tried again, others stand in for them, and nobody else waits for them.

use crate::{
    alerts::alert,
    configuration::PAYMENTS,
    stage::{PATIENCE, Stage},
    story::{Story, minutes, seconds},
};
use bellwire_support::{Fault, mail::SilentSmtp, pagerduty};

#[tokio::test(flavor = "multi_thread")]
async fn receivers_that_hang_delay_nobody_else() {
    let stage = Stage::new().await;
    let silent = SilentSmtp::start().await.unwrap();
    let host = std::fs::read_to_string(stage.config()).unwrap();
    let port = |address: std::net::SocketAddr| format!("port = {}", address.port());
    std::fs::write(stage.config(), host.replace(&port(stage.mail.address), &port(silent.address))).unwrap();
    // Everybody at once, and the page is the last in the list.
    let routes = PAYMENTS
        .replace("to = [\"channel\", \"oncall\", \"audit\"]", "to = [\"manager\", \"channel\", \"audit\", \"oncall\"]");
    stage.routes("payments", &routes.replace("group_wait = \"5s\"", "group_wait = \"0s\""));
    stage.slack.faults().always("#payments", Fault::Hold);
    let story = Story::begin(stage).await;
    for name in ["First", "Second", "Third"] {
        story.fires(&[alert(name, "critical")]).await;
    }
    silent.wait_for_connections(1, PATIENCE).await.unwrap();
    let all = |seen: &pagerduty::Seen| (seen.pages.len() == 3).then_some(());
    story.pagerduty.wait_for("pages", PATIENCE, all).await.unwrap();
    let all = |seen: &bellwire_support::webhook::Seen| (seen.deliveries.len() == 3).then_some(());
    story.webhook.wait_for("webhooks", PATIENCE, all).await.unwrap();
    assert_eq!((story.slack.seen().calls.len(), story.mails().len()), (0, 0), "and those still hang");
    drop(silent);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_patience_gets_it() {
    let story = Story::begin(Stage::new().await).await;
    story.slack.script("#payments", [Fault::RateLimited { retry_after_seconds: 7 }, Fault::Status(500)]);
    story.fires(&[alert("Slow", "warning")]).await;
    story.fast_forward(seconds(5)).await;
    story.fast_forward(seconds(6)).await;
    assert_eq!(story.slack.seen().messages("#payments").len(), 0, "it said seven seconds");
    story.fast_forward(seconds(1)).await;
    assert_eq!(story.slack.seen().messages("#payments").len(), 0, "the second attempt meets a 500");
    story.fast_forward(seconds(3)).await;
    assert_eq!(story.slack.seen().messages("#payments").len(), 1);
    let timeline = story.incident("payments-1").await["timeline"].to_string();
    assert!(timeline.contains("was asked to wait 7s"), "{timeline}");
    assert!(timeline.contains("told payments/channel (p2-step-1) at the third attempt"), "{timeline}");
    assert_eq!(story.incidents().await.len(), 1, "no alarm about a receiver that has it in the end");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_refuses_hands_over_to_its_fallback_and_is_itself_an_alert() {
    let stage = Stage::new().await;
    stage.routes(
        "payments",
        &PAYMENTS.replace("{ channel = \"#payments\" } }", "{ channel = \"#payments\" }, fallback = \"fallback\" }"),
    );
    stage.slack.faults().always("#payments", Fault::NotOk("invalid_auth"));
    let story = Story::begin(stage).await;
    story.fires(&[alert("Slow", "warning")]).await;
    story.fast_forward(seconds(5)).await;
    let told = story.channel("#fallback");
    assert!(told.contains("P2 Slow"), "{told}");
    assert!(told.contains("You stand in for a receiver that could not be reached"), "{told}");
    assert!(told.contains("invalid_auth"), "{told}");
    assert!(!told.contains(bellwire_support::slack::TOKEN));

    // Its own labels say `severity="critical"`, so the team's policy makes it a P1.
    story.fast_forward(seconds(5)).await;
    assert!(story.incidents().await.contains(&"payments-2 open P1".to_owned()), "{:?}", story.incidents().await);
    let own = story.incident("payments-2").await;
    assert_eq!(own["incident"]["group"]["alertname"], "BellwireDeliveryFailed");
    assert_eq!(own["alerts"][0]["labels"]["receiver"], "payments/channel");
    assert_eq!(story.pages(), ["payments-2/p1-step-1/payments/oncall"]);

    story.slack.faults().heal("#payments");
    story.fast_forward(minutes(60)).await;
    assert!(story.incidents().await.contains(&"payments-2 resolved P1".to_owned()), "{:?}", story.incidents().await);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_cannot_be_reached_hands_over_when_its_time_is_over() {
    let stage = Stage::new().await;
    stage.routes(
        "payments",
        &PAYMENTS.replace(
            "{ channel = \"#payments\" } }",
            "{ channel = \"#payments\" }, deadline = \"90s\", fallback = \"fallback\" }",
        ),
    );
    stage.slack.faults().always("#payments", Fault::Cut);
    let story = Story::begin(stage).await;
    story.fires(&[alert("Slow", "warning")]).await;
    story.fast_forward(seconds(80)).await;
    assert!(!story.channel("#fallback").contains("Slow"), "it still has time");
    story.fast_forward(seconds(30)).await;
    assert!(story.channel("#fallback").contains("P2 Slow"));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_fails_on_an_alert_falls_back_to_plain_words() {
    let stage = Stage::new().await;
    let template = "body_template = \"Depth {{ (alerts|first).annotations.depth|int }}\"";
    stage.routes(
        "payments",
        &PAYMENTS.replace("{ channel = \"#payments\" } }", &format!("{{ channel = \"#payments\" }}, {template} }}")),
    );
    let story = Story::begin(stage).await;
    story.fires(&[alert("Slow", "warning").annotated("depth", "7")]).await;
    story.fires(&[alert("Deep", "warning").annotated("depth", "bottomless")]).await;
    // The second of a moment waits to be told with others.
    story.fast_forward(seconds(35)).await;
    let channel = story.channel("#payments");
    assert!(channel.contains("Depth 7"), "{channel}");
    assert!(
        channel.contains("P2 Deep") && channel.contains("This is plain because the receiver's template failed"),
        "{channel}"
    );
    assert!(channel.contains("bellwire incidents ack payments-2"), "{channel}");
    story.end().await;
}
