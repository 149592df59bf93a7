//! Who may come in, over what, and what a sender hears when it is too much.

use crate::{
    alerts::{self, Status, alert},
    configuration::AUTH,
    stage::{Stage, TOKEN},
    story::{Reply, Story, client, seconds},
};
use rusqlite::Connection;
use serde_json::json;
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_credential_nothing_is_taken_and_nothing_is_shown() {
    let stage = Stage::new().await;
    stage.host(&format!("{AUTH}\nbasic = [{{ user = \"prometheus\", password = {{ env = \"ONCALL_KEY\" }} }}]"));
    let story = Story::begin(stage).await;
    let now = story.now().to_string();
    let body = alerts::webhook(Status::Firing, &[alert("HighErrorRate", "critical")], &now, &now);
    assert_eq!(story.post("/webhook/alertmanager", &body).await.status, 401);
    assert_eq!(story.post("/api/v2/alerts", &json!([])).await.status, 401);
    for path in ["/api/v1/incidents", "/metrics", "/"] {
        assert_eq!(story.get(path).await.status, 401, "{path}");
    }
    assert_eq!(story.reload().await.status, 401);
    for path in ["/-/healthy", "/-/ready"] {
        assert_eq!(story.get(path).await.status, 200, "{path}");
    }
    let webhook = || story.http.post(story.url("/webhook/alertmanager")).json(&body);
    assert_eq!(Reply::of(webhook().bearer_auth("let-bob-in")).await.status, 401);
    assert_eq!(Reply::of(webhook().bearer_auth(TOKEN)).await.status, 200);
    assert_eq!(Reply::of(webhook().basic_auth("prometheus", Some(crate::stage::ONCALL_KEY))).await.status, 200);
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.pages().len(), 1);

    // A credential with a name says who acts.
    let act = story.http.post(story.url("/api/v1/incidents/payments-1/acknowledge"));
    assert_eq!(Reply::of(act.bearer_auth(TOKEN).json(&json!({}))).await.status, 200);
    story.settle().await;
    assert!(story.channel("#payments").contains("acknowledged by anna"), "{}", story.channel("#payments"));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_as_the_configuration_says() {
    let stage = Stage::new().await;
    let pair = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(stage.path("certificate.pem"), pair.cert.pem()).unwrap();
    fs::write(stage.path("key.pem"), pair.signing_key.serialize_pem()).unwrap();
    stage.host("[tls]\ncertificate = \"certificate.pem\"\nkey = \"key.pem\"");
    let mut story = Story::begin(stage).await;
    assert!(story.url("").starts_with("https://127.0.0.1:"));
    assert!(story.http.get(story.url("/-/ready")).send().await.is_err(), "nobody vouches for it");
    drop(client());
    let root = reqwest::Certificate::from_pem(pair.cert.pem().as_bytes()).unwrap();
    story.http = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.pages().len(), 1);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_503_with_retry_after_and_what_was_promised_holds() {
    let stage = Stage::new().await;
    stage.host("[limits]\nqueue_max = 1");
    let story = Story::begin(stage).await;
    // Somebody's `sqlite3` holds the database: the writer waits, so the loop does, so the queue fills.
    let connection = Connection::open(story.path("bellwire.db")).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let now = story.now().to_string();
    let send = |number: usize| {
        let body = alerts::webhook(Status::Firing, &[alert(&format!("Storm{number}"), "none")], &now, &now);
        let request = story.http.post(story.url("/webhook/alertmanager")).json(&body);
        tokio::spawn(Reply::of(request))
    };
    let senders: Vec<_> = (0..40).map(send).collect();
    let mut replies = Vec::new();
    for sender in senders {
        replies.push(sender.await.unwrap());
        let full = |reply: &&Reply| reply.message().contains("more waits than can be taken in");
        if replies.iter().filter(|reply| reply.status == 503).any(|reply| full(&reply)) && !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK").unwrap();
        }
    }
    let refused: Vec<&Reply> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|reply| reply.status == 503 && reply.retry_after == Some(5)), "{refused:?}");
    let taken: Vec<usize> = (0..40).filter(|number| replies[*number].status == 200).collect();

    story.fast_forward(seconds(5)).await;
    let page = story.get("/api/v1/incidents?state=all").await.body;
    assert!(taken.iter().all(|number| page.contains(&format!("\"Storm{number}\""))), "{taken:?} {page}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_clearly_and_hurts_nobody() {
    let story = Story::begin(Stage::new().await).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let labels: serde_json::Map<String, serde_json::Value> =
        (0..100_000).map(|number| (format!("label{number}"), json!("x"))).collect();
    let many = json!([{"labels": labels}]).to_string();
    let webhook = |body: &str| story.http.post(story.url("/webhook/alertmanager")).body(body.to_owned());
    let alerts = |body: &str| story.http.post(story.url("/api/v2/alerts")).body(body.to_owned());
    let huge = "x".repeat(17 << 20);
    for (name, request, status) in [
        ("not JSON", webhook("{"), 400),
        ("another version", webhook("{\"version\":\"3\",\"alerts\":[]}"), 400),
        ("no alerts", webhook("{\"version\":\"4\"}"), 400),
        ("nested", webhook(&deep), 400),
        ("null", alerts("[null]"), 400),
        ("a wrong type", alerts("{\"labels\":1}"), 400),
        ("NUL", alerts("[{\"labels\":{\"alertname\":\"a\u{0}\"}}]"), 400),
        ("empty", alerts(""), 422),
        ("many labels", alerts(&many), 400),
        ("too large", alerts(&huge), 413),
    ] {
        let reply = Reply::of(request.header("content-type", "application/json")).await;
        assert_eq!(reply.status, status, "{name}: {}", reply.body);
        assert!(!reply.message().is_empty(), "{name}");
    }
    assert_eq!(Reply::of(alerts("[]")).await.status, 415);
    assert_eq!(story.incidents().await, Vec::<String>::new());
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.pages().len(), 1);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_whose_clock_is_far_off_is_heard_all_the_same() {
    let story = Story::begin(Stage::new().await).await;
    for (name, starts_at) in [("Tomorrow", "2099-01-01T00:00:00Z"), ("Yesterday", "1970-01-01T00:00:00Z")] {
        let body = alerts::webhook(Status::Firing, &[alert(name, "critical")], starts_at, starts_at);
        assert_eq!(story.post("/webhook/alertmanager", &body).await.status, 200);
    }
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.pages().len(), 2);
    assert_eq!(story.incidents().await, ["payments-2 open P1", "payments-1 open P1"]);
    story.end().await;
}
