//! The `bellwire` command as an operator uses it: what it prints, and what it ends with (0 all is well, 1 it did not
//! work, 2 the command or the configuration is wrong).

use crate::{
    alerts::{Status, alert, webhook},
    configuration::{AUTH, PAYMENTS},
    process::{Ended, Serving, bellwire, run},
    stage::{PATIENCE, Stage, TOKEN},
};
use bellwire_support::{Fault, webhook::Verification};
use std::time::Duration;

/// As the command's clock is the wall clock, alerts begin long ago and so need not wait for their group.
const LONG_AGO: &str = "2026-01-01T00:00:00Z";

async fn command(stage: &Stage, arguments: &[&str]) -> Ended {
    run(&mut bellwire(stage, arguments)).await
}

async fn serving() -> (Stage, Serving) {
    let stage = Stage::with_webhook(Verification::None).await;
    let serving = Serving::start(&stage).await;
    (stage, serving)
}

async fn fires(serving: &Serving, name: &str, severity: &str) {
    let body = webhook(Status::Firing, &[alert(name, severity)], LONG_AGO, LONG_AGO);
    assert_eq!(serving.post("/webhook/alertmanager", &body).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_pages_stops_gracefully_and_goes_on_where_it_was() {
    let (stage, serving) = serving().await;
    fires(&serving, "HighErrorRate", "critical").await;
    let paged = |seen: &bellwire_support::pagerduty::Seen| (seen.pages.len() == 1).then_some(());
    stage.pagerduty.wait_for("page", PATIENCE, paged).await.unwrap();
    assert_eq!(serving.get("/-/ready").await.body, "ready\n");
    let ended = serving.stop().await;
    assert_eq!(ended.code(), Some(0));

    let again = Serving::start(&stage).await;
    let detail = again.get("/api/v1/incidents/payments-1").await.json();
    assert_eq!(detail["incident"]["state"], "open");
    assert_eq!(again.stop().await.code(), Some(0));
    assert_eq!(stage.pages(), ["payments-1/p1-step-1/payments/oncall"], "not paged again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_what_is_under_way_finish() {
    let (stage, serving) = serving().await;
    stage.slack.script("#payments", [Fault::Slow(Duration::from_secs(1))]);
    fires(&serving, "Slow", "warning").await;
    let told = |seen: &bellwire_support::webhook::Seen| (seen.deliveries.len() == 1).then_some(());
    stage.webhook.wait_for("the other receiver", PATIENCE, told).await.unwrap();
    assert_eq!(serving.stop().await.code(), Some(0));
    assert_eq!(stage.slack.seen().messages("#payments").len(), 1, "it waited for the answer");

    let again = Serving::start(&stage).await;
    let detail = again.get("/api/v1/incidents/payments-1").await.json();
    let states: Vec<_> = detail["notices"].as_array().unwrap().iter().map(|notice| &notice["state"]).collect();
    assert_eq!(states, ["delivered", "delivered"], "and it is known, so that nothing is sent again");
    assert_eq!(again.stop().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_reloads_and_a_refused_reload_changes_nothing() {
    let (stage, serving) = serving().await;
    stage.routes("payments", &PAYMENTS.replace("severity = \"warning\"", "severity = \"page\""));
    serving.signal("HUP").await;
    serving.logged("configuration reloaded", 1).await;
    fires(&serving, "Slow", "page").await;
    let told = |seen: &bellwire_support::webhook::Seen| {
        seen.deliveries.iter().any(|one| one.body["incident"]["priority"] == "P2").then_some(())
    };
    stage.webhook.wait_for("P2", PATIENCE, told).await.unwrap();

    stage.routes("payments", &PAYMENTS.replace("fallback = [\"fallback\"]", "fallback = [\"nobody\"]"));
    serving.signal("HUP").await;
    serving.logged("there is no receiver `nobody`", 1).await;
    assert_eq!(serving.metric("bellwire_reloads_total{outcome=\"refused\"}").await, Some(1.0));
    assert_eq!(serving.get("/-/ready").await.status, 200);
    assert_eq!(serving.stop().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_what_is_there_or_everything_that_is_wrong() {
    let stage = Stage::new().await;
    let good = command(&stage, &["check"]).await;
    assert_eq!((good.code, good.error.as_str()), (Some(0), ""), "{good:?}");
    assert_eq!(good.out, "bellwire.toml is sound: 1 team, 1 route, 8 receivers, 1 policy\n");

    stage.host("[auth]\nbearer_token = \"x\"");
    let routes = PAYMENTS.replace("fallback = [\"fallback\"]", "fallback = [\"nobody\"]");
    stage.routes("payments", &routes);
    let bad = command(&stage, &["check", "--config", "bellwire.toml"]).await;
    assert_eq!((bad.code, bad.out.as_str()), (Some(2), ""), "{bad:?}");
    for part in
        ["bearer_token", "there is no receiver `nobody`", "payments.toml:", "fallback = [\"nobody\"]", "errors: 2"]
    {
        assert!(bad.error.contains(part), "no {part:?} in\n{}", bad.error);
    }

    stage.host("");
    stage.routes(
        "payments",
        &PAYMENTS.replace("after = \"5m\"", "after = \"soon\"").replace("\"director\"", "\"driector\""),
    );
    let bad = command(&stage, &["check"]).await;
    assert_eq!(bad.code, Some(2));
    assert!(bad.error.contains("after = \"soon\""), "the plugin's own check, at its place:\n{}", bad.error);

    assert_eq!(command(&stage, &["check", "--config", "no-such.toml"]).await.code, Some(2));
    assert_eq!(command(&stage, &["chekc"]).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn route_test_tells_what_would_happen_and_tells_nobody() {
    let stage = Stage::new().await;
    let said = command(&stage, &["route", "test", "alertname=HighErrorRate", "severity=critical"]).await;
    assert_eq!((said.code, said.error.as_str()), (Some(0), ""), "{said:?}");
    for part in [
        "team      payments\n",
        "policy    standard (",
        "priority  P1\n",
        "tells     receiver:channel, receiver:oncall, receiver:audit (p1-step-1, page)\n",
        "next      5m 5s after it opened",
    ] {
        assert!(said.out.contains(part), "no {part:?} in\n{}", said.out);
    }
    assert!(stage.pages().is_empty() && stage.slack.seen().calls.is_empty());
    assert_eq!(command(&stage, &["route", "test", "alertname"]).await.code, Some(2));

    stage.routes("payments", &PAYMENTS.replace("plugin = \"standard\"", "plugin = \"missing\""));
    let broken = command(&stage, &["route", "test", "alertname=HighErrorRate"]).await;
    assert_eq!(broken.code, Some(2), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn incidents_are_listed_shown_acknowledged_and_resolved() {
    let stage = Stage::with_webhook(Verification::None).await;
    stage.host(AUTH);
    let serving = Serving::start(&stage).await;
    let incidents = async |arguments: &[&str], token: &str| {
        let mut command = bellwire(&stage, &[&["incidents"], arguments].concat());
        run(command.env("BELLWIRE_URL", &serving.url).env("BELLWIRE_TOKEN", token)).await
    };
    let none = incidents(&["list"], TOKEN).await;
    assert_eq!((none.code, none.out.as_str()), (Some(0), "no incidents\n"), "{none:?}");
    let body = webhook(Status::Firing, &[alert("HighErrorRate", "critical")], LONG_AGO, LONG_AGO);
    let sent = serving.http.post(format!("{}/webhook/alertmanager", serving.url)).bearer_auth(TOKEN).json(&body);
    assert_eq!(sent.send().await.unwrap().status(), 200);
    let paged = |seen: &bellwire_support::pagerduty::Seen| (seen.pages.len() == 1).then_some(());
    stage.pagerduty.wait_for("page", PATIENCE, paged).await.unwrap();

    let list = incidents(&["list"], TOKEN).await;
    let row = list.out.lines().nth(1).unwrap_or_default().split_whitespace().collect::<Vec<_>>();
    let [id, priority, state, .., firing, what] = row.as_slice() else { panic!("{}", list.out) };
    assert_eq!((*id, *priority, *state, *firing, *what), ("payments-1", "P1", "open", "1", "alertname=HighErrorRate"));
    let acknowledged = incidents(&["ack", "payments-1", "--by", "bert"], TOKEN).await;
    assert_eq!(
        (acknowledged.code, acknowledged.out.as_str()),
        (Some(0), "payments-1 acknowledged\n"),
        "{acknowledged:?}"
    );
    let again = incidents(&["acknowledge", "payments-1", "--by", "bert"], TOKEN).await;
    assert_eq!((again.code, again.out.as_str()), (Some(0), "payments-1 was acknowledged already\n"));
    let shown = incidents(&["show", "payments-1"], TOKEN).await;
    for part in [
        "payments-1  P1  acknowledged",
        "acknowledged by bert (as anna) (via cli)",
        "opened on route payments",
        "P1 by policy standard",
    ] {
        assert!(shown.out.contains(part), "no {part:?} in\n{}", shown.out);
    }
    let json = incidents(&["show", "payments-1", "--json"], TOKEN).await;
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["incident"]["state"], "acknowledged");
    let resolved = incidents(&["resolve", "payments-1", "payments-9"], TOKEN).await;
    assert_eq!((resolved.code, resolved.out.as_str()), (Some(1), "payments-1 resolved\n"), "one of two");
    assert!(resolved.error.contains("payments-9: "), "{}", resolved.error);
    assert_eq!(incidents(&["list"], TOKEN).await.out, "no incidents\n");
    assert_eq!(incidents(&["list", "--state", "resolved"], TOKEN).await.out.lines().count(), 2);

    let unknown = incidents(&["show", "payments-9"], TOKEN).await;
    assert_eq!(unknown.code, Some(1));
    assert_eq!(incidents(&["show", "../secrets"], TOKEN).await.code, Some(2));
    let stranger = incidents(&["list"], "let-bob-in").await;
    assert_eq!(stranger.code, Some(1));
    assert!(stranger.error.contains("give a token with BELLWIRE_TOKEN"), "{}", stranger.error);
    assert_eq!(serving.stop().await.code(), Some(0));
    let nobody = run(&mut bellwire(&stage, &["incidents", "list", "--url", "http://127.0.0.1:9"])).await;
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.error.contains("is `bellwire serve` running there?"), "{}", nobody.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn send_test_says_whether_the_way_to_a_receiver_is_open() {
    let stage = Stage::with_webhook(Verification::None).await;
    for receiver in ["channel", "payments/oncall", "manager", "war-room", "audit"] {
        let sent = command(&stage, &["send-test", receiver]).await;
        assert_eq!((sent.code, sent.out), (Some(0), format!("{receiver} has it: look there\n")), "{}", sent.error);
    }
    assert!(stage.channel("#payments").contains("BellwireTest"));
    assert_eq!((stage.pages().len(), stage.mails().len(), stage.webhook.seen().deliveries.len()), (1, 1, 1));
    let unknown = command(&stage, &["send-test", "nobody"]).await;
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.error.contains("there is no receiver nobody; there are: payments/audit"), "{}", unknown.error);
    stage.slack.script("#payments", [Fault::NotOk("channel_not_found")]);
    let refused = command(&stage, &["send-test", "channel"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.error.contains("channel_not_found"), "{}", refused.error);
}
