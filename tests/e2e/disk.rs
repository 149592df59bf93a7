//! A disk that takes no more, under the real command: the sender hears 503, the page goes out all the same, readiness
//! says why, and when there is room again nothing is missing.

use crate::{
    alerts::{Status, alert, webhook},
    process::Serving,
    stage::{PATIENCE, Stage},
};
use bellwire_support::{pagerduty, webhook::Verification};
use tokio::process::Command;

const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// The largest file that the process may write, from now on; to it, a full disk looks like this.
async fn limit_files(serving: &Serving, limit: &str) {
    let process = serving.process_id().to_string();
    let set = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={limit}:")]).status().await.unwrap();
    assert!(set.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_refuses_pages_go_out_and_senders_keep_what_they_have() {
    let stage = Stage::with_webhook(Verification::None).await;
    let serving = Serving::start_limitable(&stage).await;
    let post = |name: &'static str| {
        let body = webhook(Status::Firing, &[alert(name, "critical")], LONG_AGO, LONG_AGO);
        let serving = &serving;
        async move { serving.post("/webhook/alertmanager", &body).await }
    };
    let paged = |pages: usize| move |seen: &pagerduty::Seen| (seen.pages.len() == pages).then_some(());
    assert_eq!(post("Before").await.status, 200);
    stage.pagerduty.wait_for("page", PATIENCE, paged(1)).await.unwrap();

    limit_files(&serving, "1").await;
    let reply = post("Meanwhile").await;
    assert_eq!((reply.status, reply.retry_after), (503, Some(5)), "{}", reply.body);
    stage.pagerduty.wait_for("page all the same", PATIENCE, paged(2)).await.unwrap();
    let ready = serving.get("/-/ready").await;
    assert_eq!(ready.status, 503);
    assert!(ready.message().contains("the store refuses writes: the database"), "{}", ready.message());
    assert!(serving.metric("bellwire_store_refused_total").await.unwrap() >= 1.0);

    limit_files(&serving, "unlimited").await;
    serving.logged("the store takes writes again", 1).await;
    assert_eq!(serving.get("/-/ready").await.status, 200);
    assert_eq!(post("Meanwhile").await.status, 200, "the sender says it again");
    serving.kill().await;

    let again = Serving::start(&stage).await;
    let page = again.get("/api/v1/incidents?state=all").await.json();
    let names: Vec<_> = page["incidents"].as_array().unwrap().iter().map(|one| &one["group"]["alertname"]).collect();
    assert_eq!(names, ["Meanwhile", "Before"]);
    assert_eq!(again.stop().await.code(), Some(0));
    assert_eq!(stage.pages(), ["payments-1/p1-step-1/payments/oncall", "payments-2/p1-step-1/payments/oncall"]);
}
