//! Policies that break. An incident whose policy gives no decision goes to its route's fallback, with the fault in the
//! message; nobody else's incidents notice.

use crate::{
    alerts::{Status, alert, webhook},
    configuration::PAYMENTS,
    hostile,
    process::Serving,
    stage::{PATIENCE, Stage},
    story::{Story, minutes, seconds},
};
use bellwire_support::slack::Seen;
use std::fs;

/// A team whose one policy is this plugin with these settings.
fn team_of(plugin: &str, settings: &str) -> String {
    format!(
        r##"
team = "payments"

[receivers]
oncall = {{ pagerduty = {{ routing_key = {{ env = "ONCALL_KEY" }} }} }}
fallback = {{ slack = {{ channel = "#fallback" }} }}

[policies.own]
plugin = "{plugin}"
settings = {settings}

[route]
policy = "own"
fallback = ["fallback"]
group_wait = "0s"
"##
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_loops_goes_to_the_fallback_until_it_is_mended() {
    let stage = Stage::new().await;
    fs::write(stage.plugin("loops"), hostile::policy("(loop $forever (br $forever)) unreachable")).unwrap();
    stage.routes("payments", &team_of("loops", "{}"));
    let story = Story::begin(stage).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.settle().await;
    let told = story.channel("#fallback");
    assert!(told.contains("Policy failed: HighErrorRate"), "{told}");
    assert!(told.contains("the plugin used up its fuel (50000000 units)"), "{told}");
    assert_eq!(story.pages().len(), 0);

    story.fast_forward(minutes(60)).await;
    let repeats = story.slack.seen().messages("#fallback").len();
    assert!(repeats > 1, "nobody acknowledged, so the fallback hears of it again");

    story.routes("payments", &team_of("passthrough", "{ to = \"oncall\", priority = \"P1\" }"));
    assert_eq!(story.reload().await.status, 200);
    story.settle().await;
    assert_eq!(story.pages().len(), 1, "the mended policy decides the incident that is open");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_tells_nobody_we_know_goes_to_the_fallback() {
    let stage = Stage::new().await;
    stage.routes("payments", &team_of("passthrough", "{ to = \"nobody-here\" }"));
    let story = Story::begin(stage).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.settle().await;
    let told = story.channel("#fallback");
    assert!(told.contains("the policy named a target that the team does not have: receiver:nobody-here"), "{told}");
    let timeline = story.incident("payments-1").await["timeline"].to_string();
    assert!(timeline.contains("policy own gave no answer"), "{timeline}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_plugin_bellwire_starts_all_the_same_and_says_so() {
    let stage = Stage::new().await;
    fs::remove_file(stage.plugin("standard")).unwrap();
    let refused = "[policies.other]\nplugin = \"passthrough\"\nsettings = { to = \"nobody-here\" }";
    stage.routes("payments", &format!("{PAYMENTS}\n{refused}"));
    let serving = Serving::start(&stage).await;
    serving.logged("standard.wasm cannot be read", 1).await;
    assert_eq!(serving.metric("bellwire_policies_broken").await, Some(2.0));
    let long_ago = "2026-01-01T00:00:00Z";
    let body = webhook(Status::Firing, &[alert("HighErrorRate", "critical")], long_ago, long_ago);
    assert_eq!(serving.post("/webhook/alertmanager", &body).await.status, 200);
    let told = |seen: &Seen| seen.rendering("#fallback").contains("the plugin cannot be run").then_some(());
    stage.slack.wait_for("the fallback's message", PATIENCE, told).await.unwrap();
    assert_eq!(serving.stop().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_broken_at_a_reload_is_refused_and_the_old_one_stays() {
    let story = Story::begin(Stage::new().await).await;
    fs::write(story.plugin("standard"), b"not WebAssembly").unwrap();
    let reply = story.reload().await;
    assert_eq!(reply.status, 400);
    assert!(reply.message().contains("standard.wasm"), "{}", reply.message());
    assert!(reply.message().contains("payments.toml:"), "with its place: {}", reply.message());

    story.routes("payments", &PAYMENTS.replace("after = \"5m\"", "after = \"soon\""));
    let reply = story.reload().await;
    assert_eq!(reply.status, 400);

    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.pages(), ["payments-1/p1-step-1/payments/oncall"]);
    story.end().await;
}
