//! Webhooks of any sender: plugins make alerts of them, and what cannot be read is heard of.

use crate::{
    alerts::alert,
    hostile,
    process::{bellwire, run},
    stage::Stage,
    story::{Reply, Story, minutes, seconds},
};
use serde_json::{Value, json};
use std::fs;

/// With these sources, and the shipped plugins that they name.
async fn begin(plugins: &[&str], sources: &str) -> Story {
    let stage = Stage::new().await;
    plugins.iter().for_each(|plugin| stage.install(plugin));
    stage.host(sources);
    Story::begin(stage).await
}

async fn post_text(story: &Story, path: &str, body: &'static str) -> Reply {
    Reply::of(story.http.post(story.url(path)).body(body)).await
}

/// A webhook that is taken, and what follows from it.
async fn sends(story: &Story, source: &str, body: &Value) {
    let reply = story.post(&format!("/webhook/{source}"), body).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    story.fast_forward(seconds(30)).await;
}

/// As Grafana's contact point sends it.
fn grafana(status: &str) -> Value {
    json!({
        "receiver": "bellwire", "status": status, "orgId": 1, "truncatedAlerts": 0, "version": "1",
        "title": "[FIRING:1] HighErrorRate", "state": "alerting", "message": "**Firing**",
        "alerts": [{
            "status": status,
            "labels": {"alertname": "HighErrorRate", "severity": "critical", "grafana_folder": "Payments"},
            "annotations": {"summary": "5 of 100 requests fail"},
            "startsAt": "2026-11-18T09:59:30Z",
            "endsAt": if status == "firing" { "0001-01-01T00:00:00Z" } else { "2026-11-18T10:00:20Z" },
            "generatorURL": "https://grafana.example.com/alerting/grafana/abc/view",
            "fingerprint": "57c6d9296de2ad39", "values": {"B": 5.2},
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_grafana_sends_pages_and_its_end_resolves() {
    let source = "[sources.grafana]\nplugin = \"grafana\"\nlabels = { source = \"grafana\", severity = \"none\" }";
    let story = begin(&["grafana"], source).await;
    sends(&story, "grafana", &grafana("firing")).await;
    assert_eq!(story.pages(), ["payments-1/p1-step-1/payments/oncall"], "its own severity, not the source's");
    let shown = story.incident("payments-1").await;
    assert_eq!(shown["alerts"][0]["labels"]["source"], "grafana");
    assert!(story.channel("#payments").contains("5 of 100 requests fail"), "{}", story.channel("#payments"));
    sends(&story, "grafana", &grafana("resolved")).await;
    assert_eq!(story.incidents().await, ["payments-1 resolved P1"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_datadog_sends_pages_and_its_recovery_resolves() {
    let story = begin(&["datadog"], "[sources.datadog]\nplugin = \"datadog\"").await;
    let monitor = |transition: &str, title: &str| {
        json!({
            "transition": transition, "monitor_id": "1234", "title": title, "scope": "host:pay-1",
            "tags": "severity:critical,service:payments", "host": "pay-1", "status": "5 of 100 requests fail",
            "link": "https://app.datadoghq.com/monitors/1234", "date": "1795082400000", "event_title": "$EVENT_TITLE",
        })
    };
    sends(&story, "datadog", &monitor("Triggered", "[Triggered on {host:pay-1}] Error rate")).await;
    assert_eq!(story.pages(), ["payments-1/p1-step-1/payments/oncall"]);
    sends(&story, "datadog", &monitor("Recovered", "[Recovered on {host:pay-1}] Error rate")).await;
    assert_eq!(story.incidents().await, ["payments-1 resolved P1"]);
    story.end().await;
}

const CHECKOUT: &str = r#"
[sources.checkout]
plugin = "generic-json"

[sources.checkout.settings]
list = "/events"
labels = { alertname = { at = "/title" }, severity = { text = "critical" } }
status = { place = { at = "/state" }, resolved = ["ok"] }
"#;

fn event(state: &str) -> Value {
    json!({"events": [{"title": "CheckoutDown", "state": state}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_say_where_things_are_and_a_reload_changes_them() {
    let story = begin(&["generic-json"], CHECKOUT).await;
    sends(&story, "checkout", &event("bad")).await;
    assert_eq!(story.incidents().await, ["payments-1 open P1"]);
    sends(&story, "checkout", &event("ok")).await;
    assert_eq!(story.incidents().await, ["payments-1 resolved P1"]);

    story.host(&CHECKOUT.replace("/title", "/name").replace("critical", "warning"));
    assert_eq!(story.reload().await.status, 200);
    let renamed = json!({"events": [{"name": "CartSlow", "state": "bad"}]});
    sends(&story, "checkout", &renamed).await;
    assert_eq!(story.incidents().await[0], "payments-2 open P2");

    story.host(&CHECKOUT.replace("[\"ok\"]", "[]"));
    let refused = story.reload().await;
    assert_eq!(refused.status, 400);
    assert!(refused.message().contains("bellwire.toml:"), "{}", refused.message());
    sends(&story, "checkout", &renamed).await;
    assert_eq!(story.incidents().await.len(), 2, "the old settings stay, and so does the alert that they make");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_shown_with_their_file_and_line() {
    let stage = Stage::new().await;
    stage.install("generic-json");
    stage.host(&CHECKOUT.replace("[\"ok\"]", "[]"));
    let ended = run(&mut bellwire(&stage, &["check"])).await;
    assert_eq!(ended.code, Some(2), "{}", ended.error);
    let said = ended.out + &ended.error;
    assert!(said.contains("source `checkout`: `status.resolved`: needs at least one value"), "{said}");
    let line =
        fs::read_to_string(stage.config()).unwrap().lines().position(|line| line.starts_with("status = ")).unwrap();
    assert!(said.contains(&format!("bellwire.toml:{}:", line + 1)), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_paged_for_what_cannot_be_read_until_something_can() {
    let story = begin(&["grafana"], "[sources.grafana]\nplugin = \"grafana\"").await;
    for _ in 0..3 {
        let reply = post_text(&story, "/webhook/grafana", "{\"alarms\": []}").await;
        assert_eq!(reply.status, 422, "{}", reply.body);
        story.fast_forward(seconds(10)).await;
    }
    assert_eq!(story.pages(), ["payments-1/p1-step-1/payments/oncall"], "one incident, however often");
    let told = story.channel("#payments");
    assert!(told.contains("BellwireSourceFailed") && told.contains("a webhook of the source grafana"), "{told}");
    let alert = &story.incident("payments-1").await["alerts"][0];
    assert_eq!(
        (&alert["labels"]["source"], &alert["annotations"]["body"]),
        (&json!("grafana"), &json!("{\"alarms\": []}"))
    );

    sends(&story, "grafana", &json!({"alerts": []})).await;
    assert_eq!(story.incidents().await, ["payments-1 resolved P1"]);
    assert_eq!(post_text(&story, "/webhook/grafana", "again").await.status, 422);
    story.fast_forward(minutes(1)).await;
    assert_eq!(story.incidents().await, ["payments-1 open P1"]);
    story.fast_forward(minutes(10)).await;
    assert_eq!(story.incidents().await, ["payments-1 resolved P1"], "it ends by itself");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_and_told() {
    let story = begin(&["grafana"], "[limits]\nbody_bytes_max = 1024\n[sources.grafana]\nplugin = \"grafana\"").await;
    let body = json!({"alerts": [], "message": "x".repeat(2_000)});
    assert_eq!(story.post("/webhook/grafana", &body).await.status, 413);
    story.fast_forward(seconds(30)).await;
    assert_eq!(story.pages().len(), 1);
    let unknown = story.post("/webhook/grafna", &json!({})).await;
    assert_eq!((unknown.status, unknown.message().as_str()), (404, "there is no source `grafna`; there are: grafana"));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_loops_is_told_and_holds_up_nobody() {
    let stage = Stage::new().await;
    fs::write(stage.plugin("loops"), hostile::source("(loop $forever (br $forever)) unreachable")).unwrap();
    stage.install("grafana");
    stage.host("[sources.loops]\nplugin = \"loops\"\nsettings = { a = 1 }\n[sources.grafana]\nplugin = \"grafana\"");
    let story = Story::begin(stage).await;
    let (url, body) = (story.url("/webhook/loops"), "{}");
    let senders: Vec<_> = (0..20).map(|_| tokio::spawn(Reply::of(story.http.post(&url).body(body)))).collect();
    let reply = story.post("/webhook/grafana", &grafana("firing")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    story.fires(&[alert("Slow", "critical")]).await;
    for sender in senders {
        let reply = sender.await.unwrap();
        assert_eq!((reply.status, reply.message().contains("used up its fuel")), (500, true), "{}", reply.body);
    }
    story.fast_forward(seconds(30)).await;
    let incidents = story.incidents().await;
    assert_eq!((incidents.len(), story.pages().len()), (3, 3), "its own alert is one, beside the two: {incidents:?}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_plugin_bellwire_starts_all_the_same_and_what_is_posted_is_told() {
    let story = begin(&[], "[sources.grafana]\nplugin = \"grafana\"").await;
    let reply = story.post("/webhook/grafana", &grafana("firing")).await;
    assert_eq!(reply.status, 500);
    assert!(reply.message().contains("grafana.wasm cannot be read"), "{}", reply.body);
    story.fast_forward(seconds(30)).await;
    assert_eq!(story.pages().len(), 1, "somebody looks at the body");
    story.install("grafana");
    assert_eq!(story.reload().await.status, 200);
    sends(&story, "grafana", &grafana("firing")).await;
    assert_eq!(story.incidents().await, ["payments-2 open P1", "payments-1 resolved P1"]);
    story.end().await;
}
