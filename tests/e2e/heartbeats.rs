//! Dead man's switches: what says regularly that it is alive pages when it stops, also across a restart of ours.

use crate::{
    alerts::{Alert, alert},
    configuration::AUTH,
    stage::{Stage, TOKEN},
    story::{Story, minutes, seconds},
};

const TEAM: &str = r##"
team = "payments"

[receivers]
audit = { webhook = { url = { env = "AUDIT_URL" }, secret = { env = "AUDIT_SECRET" } } }

[heartbeats.prometheus]
match = ['alertname="Watchdog"']
every = "1m"
grace = "2m"

[heartbeats.backup]
every = "1d"
grace = "2h"
labels = { severity = "warning" }

[policies.standard]
plugin = "standard"

[policies.standard.settings]
default_priority = "P2"
rules = [{ priority = "P1", labels = { severity = "critical" } }]

[policies.standard.settings.ladders.P1]
steps = [{ to = ["audit"] }]

[policies.standard.settings.ladders.P2]
steps = [{ to = ["audit"] }]

[route]
policy = "standard"
fallback = ["audit"]
group_by = ["alertname", "heartbeat"]
group_wait = "0s"
"##;

async fn story(host: &str) -> Story {
    let stage = Stage::new().await;
    stage.host(host);
    stage.routes("payments", TEAM);
    Story::begin(stage).await
}

fn watchdog() -> Alert {
    alert("Watchdog", "none")
}

impl Story {
    /// As Prometheus repeats what always fires.
    async fn watchdog_fires(&self) {
        self.prometheus_fires(&[watchdog()], minutes(4)).await;
        self.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watchdog_that_falls_silent_pages_and_resolves_when_it_is_back() {
    let story = story("").await;
    for _ in 0..10 {
        story.watchdog_fires().await;
        story.fast_forward(minutes(1)).await;
    }
    assert_eq!((story.audit(), story.incidents().await), (vec![], vec![]), "a beat is no incident");
    story.fast_forward(seconds(119)).await;
    assert_eq!(story.audit(), [""; 0]);
    story.fast_forward(seconds(1)).await;
    assert_eq!(story.audit(), ["payments-1 p1-step-1"]);
    let told = story.webhook.seen().deliveries[0].body.clone();
    assert_eq!(told["alerts"][0]["labels"]["heartbeat"], "prometheus");
    assert_eq!(told["summary"], "prometheus of payments was not heard of for 3m");

    let story = story.kill().await;
    story.fast_forward(minutes(600)).await;
    assert_eq!(story.audit().len(), 1, "once is enough said");
    story.watchdog_fires().await;
    assert_eq!(story.audit()[1..], ["payments-1 resolved"]);
    story.end().await;
}

/// Its sender may have found us gone: it has its whole time again.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_it_has_its_time_and_no_more() {
    let story = story("").await;
    story.watchdog_fires().await;
    story.fast_forward(seconds(100)).await;
    let story = story.restart_after(minutes(60)).await;
    story.fast_forward(seconds(179)).await;
    assert_eq!(story.audit(), [""; 0]);
    story.fast_forward(seconds(1)).await;
    assert_eq!(story.audit(), ["payments-1 p1-step-1"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beats_by_a_bare_get() {
    let story = story(AUTH).await;
    let beat = async |story: &Story, path: &str, post: bool| {
        let url = story.url(path);
        let request = if post { story.http.post(url) } else { story.http.get(url) };
        crate::story::Reply::of(request.bearer_auth(TOKEN)).await
    };
    assert_eq!(story.get("/heartbeat/payments/backup").await.status, 401);
    let reply = beat(&story, "/heartbeat/payments/backup", false).await;
    assert_eq!((reply.status, reply.json()["result"].as_str()), (200, Some("done")));
    let unknown = beat(&story, "/heartbeat/payments/backups", false).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.message(), "there is no heartbeat backups of team payments; there are: backup, prometheus");
    let unknown = beat(&story, "/heartbeat/pay/backup", true).await;
    assert_eq!((unknown.status, unknown.message().as_str()), (404, "there is no team pay; there are: payments"));

    // The watchdog was never heard of, which is another story.
    let of_backup = |story: &Story| {
        let lines = story.audit().into_iter().filter(|line| !line.starts_with("payments-1 "));
        lines.collect::<Vec<_>>()
    };
    story.fast_forward(minutes(25 * 60)).await;
    assert_eq!(beat(&story, "/heartbeat/payments/backup", true).await.status, 200);
    story.fast_forward(minutes(26 * 60 - 1)).await;
    assert_eq!(of_backup(&story), [""; 0]);
    story.fast_forward(minutes(1)).await;
    assert_eq!(of_backup(&story), ["payments-2 p2-step-1"]);
    let story = story.kill().await;
    assert_eq!(beat(&story, "/heartbeat/payments/backup", false).await.status, 200);
    story.settle().await;
    assert_eq!(of_backup(&story), ["payments-2 p2-step-1", "payments-2 resolved"]);
    story.end().await;
}
