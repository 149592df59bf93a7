//! The fake Slack against the limits of the published contract. May not touch its state but through HTTP.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first thing that is wrong")]
use super::*;

async fn call(slack: &Slack, method: &str, token: &str, body: &Value) -> Value {
    let request = crate::http().post(format!("{}/api/{method}", slack.url())).bearer_auth(token);
    let reply = request.header("content-type", "application/json; charset=utf-8").body(body.to_string());
    serde_json::from_slice(&reply.send().await.unwrap().bytes().await.unwrap()).unwrap()
}

async fn post(slack: &Slack, body: &Value) -> Value {
    call(slack, "chat.postMessage", TOKEN, body).await
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

async fn answers(slack: &Slack, table: impl IntoIterator<Item = (Value, &str)>) {
    for (body, expected) in table {
        let reply = post(slack, &body).await;
        let got = if reply["ok"] == true { "ok" } else { reply["error"].as_str().unwrap() };
        assert_eq!(got, expected, "{reply}");
    }
}

#[tokio::test]
async fn refuses_what_the_published_contract_refuses() {
    let slack = Slack::start(&["#ops", "#old"]).await.unwrap();
    slack.archive("#old");
    let fields = |count: usize, length: usize| {
        let field = json!({"type": "mrkdwn", "text": "x".repeat(length)});
        json!([{"type": "section", "fields": vec![field; count]}])
    };
    let header =
        |length: usize| json!([{"type": "header", "text": {"type": "plain_text", "text": "é".repeat(length)}}]);
    let identified = |id: String| json!([{"type": "divider", "block_id": id}]);
    let in_ops = |blocks: Value| json!({"channel": "#ops", "text": "t", "blocks": blocks});
    let divider = json!({"type": "divider"});
    let table = [
        (json!({"text": "t"}), "invalid_arguments"),
        (json!({"channel": "#nowhere", "text": "t"}), "channel_not_found"),
        (json!({"channel": "#old", "text": "t"}), "is_archived"),
        (json!({"channel": "#ops"}), "no_text"),
        (json!({"channel": "#ops", "text": "t", "thread_ts": "1.2"}), "thread_not_found"),
        (json!({"channel": "#ops", "text": "x".repeat(40_001)}), "msg_too_long"),
        (in_ops(json!("[]")), "invalid_blocks_format"),
        (in_ops(json!(vec![divider.clone(); 50])), "ok"),
        (in_ops(json!(vec![divider; 51])), "invalid_blocks"),
        (in_ops(json!([section(&"é".repeat(3000))])), "ok"),
        (in_ops(json!([section(&"é".repeat(3001))])), "invalid_blocks"),
        (in_ops(json!([section("")])), "invalid_blocks"),
        (in_ops(fields(10, 1000)), "ok"),
        (in_ops(fields(11, 10)), "invalid_blocks"),
        (in_ops(fields(1, 2001)), "invalid_blocks"),
        (in_ops(header(150)), "ok"),
        (in_ops(header(151)), "invalid_blocks"),
        (in_ops(identified("i".repeat(255))), "ok"),
        (in_ops(identified("i".repeat(256))), "invalid_blocks"),
        (in_ops(json!([{"type": "marquee"}])), "invalid_blocks"),
        (in_ops(json!(vec![section(&"x".repeat(2640)); 5])), "ok"),
        (in_ops(json!(vec![section(&"x".repeat(2641)); 5])), "msg_blocks_too_long"),
    ];
    answers(&slack, table).await;
    let fine = json!({"channel": "#ops", "text": "t"});
    assert_eq!(call(&slack, "chat.postMessage", "xoxb-wrong", &fine).await["error"], "invalid_auth");
    assert_eq!(call(&slack, "chat.shout", TOKEN, &fine).await["error"], "unknown_method");
}

#[tokio::test]
async fn refuses_buttons_that_slack_refuses() {
    let slack = Slack::start(&["#ops"]).await.unwrap();
    let plain = |length: usize| json!({"type": "plain_text", "text": "é".repeat(length)});
    let button = |id: &str| json!({"type": "button", "action_id": id, "text": plain(75), "value": "v".repeat(2000)});
    let actions = |elements: Vec<Value>| json!([{"type": "actions", "block_id": "bellwire", "elements": elements}]);
    let with = |name: &str, value: Value| {
        let mut button = button("a");
        button[name] = value;
        actions(vec![button])
    };
    let confirm = |title: usize, text: usize, confirm: usize, deny: usize| {
        let confirm =
            json!({"title": plain(title), "text": plain(text), "confirm": plain(confirm), "deny": plain(deny)});
        with("confirm", confirm)
    };
    let numbered = |count: usize| actions((0..count).map(|number| button(&number.to_string())).collect());
    let table = [
        (numbered(0), "invalid_blocks"),
        (numbered(25), "ok"),
        (numbered(26), "invalid_blocks"),
        (actions(vec![button("a"), button("a")]), "invalid_blocks"),
        (with("action_id", json!("i".repeat(255))), "ok"),
        (with("action_id", json!("i".repeat(256))), "invalid_blocks"),
        (with("value", json!("v".repeat(2001))), "invalid_blocks"),
        (with("text", plain(76)), "invalid_blocks"),
        (with("text", json!({"type": "mrkdwn", "text": "t"})), "invalid_blocks"),
        (with("style", json!("danger")), "ok"),
        (with("style", json!("loud")), "invalid_blocks"),
        (confirm(100, 300, 30, 30), "ok"),
        (confirm(101, 1, 1, 1), "invalid_blocks"),
        (confirm(1, 301, 1, 1), "invalid_blocks"),
        (confirm(1, 1, 31, 1), "invalid_blocks"),
        (confirm(1, 1, 1, 31), "invalid_blocks"),
        (with("confirm", json!({"title": plain(1)})), "invalid_blocks"),
    ];
    let in_ops = |(blocks, expected)| (json!({"channel": "#ops", "text": "t", "blocks": blocks}), expected);
    answers(&slack, table.map(in_ops)).await;
}

#[tokio::test]
async fn an_update_needs_the_id_and_replaces_the_blocks() {
    let slack = Slack::start(&["#ops"]).await.unwrap();
    let button = json!({"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Acknowledge"}});
    let blocks = json!([section("P1 Disk full"), {"type": "actions", "elements": [button]}]);
    let posted = post(&slack, &json!({"channel": "#ops", "text": "P1", "blocks": blocks})).await;
    let (id, ts) = (&posted["channel"], &posted["ts"]);
    assert!(id.as_str().unwrap().starts_with('C'));
    post(&slack, &json!({"channel": id, "text": "woke ana\nby phone", "thread_ts": ts})).await;
    assert_eq!(
        slack.seen().rendering("#ops"),
        "#ops\n  P1 Disk full\n  [Acknowledge]\n    ↳ woke ana\n      by phone\n"
    );

    let update = |channel: &Value, ts: &str| json!({"channel": channel, "ts": ts, "text": "P1 resolved"});
    let by_name = call(&slack, "chat.update", TOKEN, &update(&json!("#ops"), ts.as_str().unwrap())).await;
    assert_eq!(by_name["error"], "channel_not_found");
    assert_eq!(call(&slack, "chat.update", TOKEN, &update(id, "1.1")).await["error"], "message_not_found");
    assert_eq!(call(&slack, "chat.update", TOKEN, &update(id, ts.as_str().unwrap())).await["ok"], true);
    let edited = slack.wait_for("an edit", Duration::from_secs(1), |seen| {
        seen.messages("#ops").first().filter(|message| message.edits == 1).cloned()
    });
    assert_eq!(edited.await.unwrap().shown(), "P1 resolved");
}

#[tokio::test]
async fn an_incoming_webhook_answers_in_plain_text() {
    let slack = Slack::start(&["#ops"]).await.unwrap();
    let url = slack.webhook_url("#ops");
    let send = async |url: &str, body: &str| {
        let reply = crate::http().post(url).body(body.to_owned()).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    };
    assert_eq!(send(&url, r#"{"text":"hello"}"#).await, (200, "ok".to_owned()));
    assert_eq!(send(&url, "{").await, (400, "invalid_payload".to_owned()));
    assert_eq!(send(&url, "{}").await, (400, "no_text".to_owned()));
    let elsewhere = format!("{}/services/T0/B0/none", slack.url());
    assert_eq!(send(&elsewhere, r#"{"text":"hello"}"#).await, (404, "no_service".to_owned()));
    slack.script("#ops", [Fault::NotOk("ratelimited"), Fault::RateLimited { retry_after_seconds: 30 }]);
    let limited = post(&slack, &json!({"channel": "#ops", "text": "t"})).await;
    assert_eq!(limited, json!({"ok": false, "error": "ratelimited"}));
    assert_eq!(send(&url, r#"{"text":"hello"}"#).await.0, 429);
    assert_eq!(slack.seen().messages("#ops").len(), 1);
    slack.archive("#ops");
    assert_eq!(send(&url, r#"{"text":"hello"}"#).await, (410, "channel_is_archived".to_owned()));
}
