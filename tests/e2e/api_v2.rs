//! Alertmanager's API, version 2, as its own tools see it: Debian's Alertmanager is asked the same questions, and Debian's
//! `amtool` works on a running Bellwire. All on the wall clock, for that is amtool's.

use crate::{
    process::{Ended, Serving, run},
    stage::{ONCALL_KEY, PATIENCE, Stage},
    story::{Reply, client},
};
use bellwire_support::{
    debian::{self, Program, or_skip},
    pagerduty,
    prometheus::Alertmanager,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, time::Duration};
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

/// Each route tells one receiver, so that groups and receivers can be compared with Alertmanager's.
const ROUTES: &str = r##"
team = "payments"

[receivers]
oncall = { pagerduty = { routing_key = { env = "ONCALL_KEY" } } }
channel = { slack = { channel = "#payments" } }

[policies.page]
plugin = "standard"
[policies.page.settings]
default_priority = "P1"
[policies.page.settings.ladders.P1]
steps = [{ to = ["oncall"] }]

[policies.chat]
plugin = "standard"
[policies.chat.settings]
default_priority = "P1"
[policies.chat.settings.ladders.P1]
steps = [{ to = ["channel"] }]

[route]
policy = "page"
fallback = ["oncall"]
group_by = ["alertname"]
group_wait = "0s"

[[route.routes]]
name = "db"
match = ['tier="db"']
policy = "chat"
fallback = ["channel"]
group_by = ["alertname", "cluster"]
continue = true

[[route.routes]]
name = "web"
match = ['service=~"web|api"']

[[inhibit]]
name = "worse"
source = ['severity="critical"']
target = ['severity="warning"']
equal = ["cluster"]
"##;

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.routes("payments", ROUTES);
    stage
}

fn here(programs: &[Program]) -> bool {
    programs.iter().all(|program| or_skip(debian::program(*program)).is_some())
}

/// `amtool ARGUMENTS`, run to its end.
async fn amtool(url: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::from(debian::program(Program::Amtool).unwrap().command());
    command.arg(format!("--alertmanager.url={url}")).args(arguments).stdin(std::process::Stdio::null());
    run(&mut command).await
}

/// What it printed; it must have worked.
async fn told(url: &str, arguments: &[&str]) -> String {
    let ended = amtool(url, arguments).await;
    assert_eq!(ended.code, Some(0), "amtool {arguments:?}: {ended:?}");
    ended.out.trim().to_owned()
}

fn alerts() -> Value {
    let alert = |labels: Value| {
        json!({"labels": labels, "annotations": {"summary": "s"}, "startsAt": "2026-01-01T10:00:00.5Z",
            "endsAt": "2099-01-01T00:00:00Z", "generatorURL": "http://prometheus/graph"})
    };
    json!([
        alert(json!({"alertname": "Down", "severity": "critical", "cluster": "x"})),
        alert(json!({"alertname": "Slow", "severity": "warning", "cluster": "x", "service": "web"})),
        alert(json!({"alertname": "Slow", "severity": "warning", "cluster": "y", "service": "api", "tier": "db"})),
        alert(json!({"alertname": "Full", "severity": "info", "cluster": "ab", "tier": "db"})),
        alert(json!({"alertname": "Full", "severity": "info", "cluster": "a", "tier": "db"})),
    ])
}

fn silence(matchers: Value, from: &str, until: &str) -> Value {
    json!({"matchers": matchers, "startsAt": from, "endsAt": until, "createdBy": "ann", "comment": "a test"})
}

/// The two who are asked.
struct Both {
    http: reqwest::Client,
    urls: [String; 2],
}

impl Both {
    async fn post(&self, path: &str, body: &Value) -> [Reply; 2] {
        let post = async |url: &str| Reply::of(self.http.post(format!("{url}/api/v2/{path}")).json(body)).await;
        [post(&self.urls[0]).await, post(&self.urls[1]).await]
    }

    async fn get(&self, path: &str) -> [Reply; 2] {
        let get = async |url: &str| Reply::of(self.http.get(format!("{url}/api/v2/{path}"))).await;
        [get(&self.urls[0]).await, get(&self.urls[1]).await]
    }

    /// Alertmanager takes a moment for its groups.
    async fn agree(&self, path: &str, ids: &[[String; 2]]) {
        let began = Instant::now();
        loop {
            let [ours, theirs] = self.get(path).await;
            assert_eq!((ours.status, theirs.status), (200, 200), "{path}");
            let [left, right] = [(0, ours), (1, theirs)].map(|(who, reply)| comparable(&reply.body, who, ids));
            if left == right {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{path}: ours is\n{left:#}\ntheirs is\n{right:#}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Without what is of the moment, or younger than Debian's Alertmanager; ids by their place in `ids`.
fn comparable(body: &str, who: usize, ids: &[[String; 2]]) -> Value {
    let mut body = body.to_owned();
    for (number, pair) in ids.iter().enumerate() {
        body = body.replace(&pair[who], &format!("silence-{number}"));
    }
    let mut value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    strip(&mut value);
    value
}

fn strip(value: &mut Value) {
    match value {
        Value::Array(values) => {
            values.iter_mut().for_each(strip);
            // In a group Alertmanager has no order, and neither in an alert's receivers.
            if values.iter().all(|value| value.get("fingerprint").is_some() || value.get("name").is_some()) {
                values.sort_by_key(|value| value["fingerprint"].to_string() + &value["name"].to_string());
            }
        }
        Value::Object(fields) => {
            fields.remove("updatedAt");
            fields.remove("mutedBy");
            if fields.contains_key("createdBy") {
                fields.remove("startsAt");
            }
            fields.values_mut().for_each(strip);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

const QUESTIONS: &[&str] = &[
    "alerts",
    "alerts?active=false",
    "alerts?silenced=false",
    "alerts?inhibited=false&unprocessed=false",
    "alerts?active=nonsense",
    "alerts?filter=alertname%3D%22Slow%22&filter=cluster%21%3Dy",
    "alerts?filter=cluster%3D~%22a.%2A%22",
    "alerts?filter=cluster%3D~a",
    "alerts?filter=tier%3D",
    "alerts?receiver=payments%2Fchannel",
    "alerts?receiver=.*&unknown=1",
    "alerts?receiver=payments",
    "alerts/groups",
    "alerts/groups?receiver=payments%2Foncall&silenced=false",
    "alerts/groups?active=false&filter=alertname%3D%22Slow%22",
    "silences?filter=cluster%3D%22y%22",
    "silences?filter=alertname%3D~%22F.%2A%22&filter=cluster%21%3D%22q%22",
    "silences?filter=nothing%3D%22y%22",
    "receivers",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_same_questions_have_the_same_answers_as_at_debians_alertmanager() {
    if !here(&[Program::Alertmanager]) {
        return;
    }
    let stage = stage().await;
    let ours = Serving::start(&stage).await;
    // It takes our routes as its configuration.
    let status = ours.get("/api/v2/status").await.json();
    let theirs = Alertmanager::start_with(status["config"]["original"].as_str().unwrap()).await;
    let theirs = theirs.unwrap_or_else(|error| panic!("{error}\n{status}"));
    let both = Both { http: client(), urls: [ours.url.clone(), theirs.url()] };
    for reply in both.post("alerts", &alerts()).await {
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    }
    let matcher = |name: &str, value: &str, regex: bool, equal: bool| json!({"name": name, "value": value, "isRegex": regex, "isEqual": equal});
    let full = json!([matcher("alertname", "F.*", true, true), matcher("cluster", "q", false, false)]);
    let wanted = [
        silence(json!([matcher("cluster", "y", false, true)]), "2026-01-01T00:00:00Z", "2099-05-01T00:00:00.123Z"),
        silence(full, "2026-01-01T00:00:00Z", "2098-05-01T00:00:00.5Z"),
        silence(json!([matcher("cluster", "x", false, true)]), "2097-05-01T00:00:00Z", "2098-05-01T00:00:00Z"),
        silence(json!([matcher("gone", "x", false, true)]), "2026-01-01T00:00:00Z", "2098-05-01T00:00:00Z"),
    ];
    let mut ids = Vec::new();
    for silence in &wanted {
        let made = both.post("silences", silence).await;
        ids.push(made.map(|reply| reply.json()["silenceID"].as_str().unwrap().to_owned()));
    }
    for (url, id) in both.urls.iter().zip(&ids[3]) {
        let ended = Reply::of(both.http.delete(format!("{url}/api/v2/silence/{id}"))).await;
        assert_eq!((ended.status, ended.body.as_str()), (200, ""));
    }
    for question in QUESTIONS {
        both.agree(question, &ids).await;
    }
    // The one that was ended has ended at another moment there.
    let [left, right] = both.get("silences").await;
    let states = |reply: &Reply, who: usize| {
        let list = comparable(&reply.body, who, &ids);
        let state = |silence: &Value| format!("{} {}", silence["id"], silence["status"]["state"]);
        list.as_array().unwrap().iter().map(state).collect::<Vec<_>>()
    };
    assert_eq!((states(&left, 0), states(&left, 0).len()), (states(&right, 1), 4));
    refused_alike(&both).await;
    let [left, right] = both.get("status").await.map(|reply| reply.json());
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    for part in ["", "/cluster", "/config", "/versionInfo"] {
        let [left, right] = [&left, &right].map(|status| keys(status.pointer(part).unwrap()));
        assert_eq!(left, right, "{part}");
    }
    drop(theirs);
    assert!(ours.stop().await.success());
}

/// By status, and by what can be read of the body: a bare text, or a code.
async fn refused_alike(both: &Both) {
    let said = |reply: &Reply| {
        let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        (reply.status, body.is_string(), body["code"].as_u64())
    };
    for question in [
        "alerts?filter=nothing",
        "alerts?filter=",
        "alerts?filter=a%3D~(",
        "alerts?filter=%7Ba%3D%22b%22%7D",
        "alerts?receiver=(",
        "alerts/groups?filter=b",
        "alerts/groups?receiver=(",
        "silences?filter=b",
        "silence/abc",
    ] {
        let [ours, theirs] = both.get(question).await;
        assert_eq!(said(&ours), said(&theirs), "{question}: {} and {}", ours.body, theirs.body);
    }
    let good = || {
        silence(json!([{"name": "a", "value": "x", "isRegex": false}]), "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z")
    };
    let changed = |field: &str, value: Value| {
        let mut body = good();
        body[field] = value;
        body
    };
    let matcher = |value: Value| changed("matchers", json!([value]));
    for body in [
        Value::Null,
        json!({}),
        json!([]),
        changed("comment", Value::Null),
        changed("createdBy", Value::Null),
        changed("matchers", Value::Null),
        changed("matchers", json!([])),
        changed("startsAt", json!("soon")),
        changed("endsAt", json!("2025-12-01T00:00:00Z")),
        changed("id", json!("11111111-2222-4333-8444-555555555555")),
        matcher(json!({"value": "x", "isRegex": false})),
        matcher(json!({"name": "", "value": "x", "isRegex": false})),
        matcher(json!({"name": "a", "value": "", "isRegex": false})),
        matcher(json!({"name": "a", "value": "x"})),
        matcher(json!({"name": "a", "value": "(", "isRegex": true})),
    ] {
        let [ours, theirs] = both.post("silences", &body).await;
        assert_eq!(said(&ours), said(&theirs), "{body}: {} and {}", ours.body, theirs.body);
    }
}

async fn paged(stage: &Stage, summary: &'static str) {
    let find = |seen: &pagerduty::Seen| {
        seen.pages.iter().any(|page| page.routing_key == ONCALL_KEY && page.summary.contains(summary)).then_some(())
    };
    stage.pagerduty.wait_for(summary, PATIENCE, find).await.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_of_amtool_keeps_the_page_away_until_amtool_ends_it() {
    if !here(&[Program::Amtool]) {
        return;
    }
    let stage = stage().await;
    let serving = Serving::start(&stage).await;
    let url = serving.url.clone();
    let matchers = ["alertname=~Disk.*", "cluster!=test"];
    let add = ["silence", "add", matchers[0], matchers[1], "--comment=a new disk comes", "-a", "ann", "-d", "2h"];
    let id = told(&url, &add).await;
    told(&url, &["alert", "add", "DiskFull", "severity=critical", "cluster=x", "--annotation=summary=full"]).await;
    told(&url, &["alert", "add", "QueueFull", "severity=critical", "cluster=y"]).await;
    paged(&stage, "QueueFull").await;
    assert_eq!(stage.pages().len(), 1, "{:?}", stage.pages());

    let shown = told(&url, &["alert", "query"]).await;
    assert!(shown.contains("QueueFull") && shown.contains("active") && !shown.contains("DiskFull"), "{shown}");
    let shown = told(&url, &["alert", "query", "--silenced", "DiskFull", "cluster=~x|y"]).await;
    assert!(shown.contains("DiskFull") && shown.contains("suppressed") && !shown.contains("QueueFull"), "{shown}");
    let json: Value = serde_json::from_str(&told(&url, &["alert", "query", "-s", "-a", "-o", "json"]).await).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2, "{json}");
    let extended = told(&url, &["alert", "query", "-s", "-o", "extended", "--receiver=payments/oncall"]).await;
    assert!(extended.contains("cluster=\"x\"") && extended.contains("summary=\"full\""), "{extended}");
    let none = told(&url, &["alert", "query", "-s", "-o", "json", "DiskFull", "cluster=y"]).await;
    assert_eq!(none, "[]");

    let silences = told(&url, &["silence", "query"]).await;
    assert!(silences.contains(&id) && silences.contains("a new disk comes"), "{silences}");
    assert!(silences.contains("alertname=~\"Disk.*\"") && silences.contains("cluster!=\"test\""), "{silences}");
    told(&url, &["silence", "expire", &id]).await;
    paged(&stage, "DiskFull").await;
    assert_eq!(told(&url, &["silence", "query", "-q"]).await, "");
    assert_eq!(told(&url, &["silence", "query", "-q", "--expired", "--within=1h"]).await, id);
    assert!(serving.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn amtool_changes_silences_and_carries_them_over() {
    if !here(&[Program::Amtool]) {
        return;
    }
    let stage = stage().await;
    let serving = Serving::start(&stage).await;
    let url = serving.url.clone();
    let add = async |more: &[&str]| told(&url, &[&["silence", "add", "-c", "why", "-a", "ann"], more].concat()).await;
    let first = add(&["alertname=One", "-d", "30m"]).await;
    let later = ["--start=2097-01-01T00:00:00+00:00", "--end=2098-01-01T00:00:00+00:00"];
    let second = add(&[&["alertname=Two"], &later[..]].concat()).await;
    let query = async |more: &[&str]| told(&url, &[&["silence", "query", "-q"], more].concat()).await;
    assert_eq!(query(&["alertname=One"]).await, first);
    assert_eq!(query(&["--within=1h"]).await, first, "the other one lasts");
    assert_eq!(query(&["--created-by=bob"]).await, "");
    told(&url, &["silence", "update", "-d", "3h", "-c", "longer", &first]).await;
    assert_eq!(query(&["alertname=One"]).await, first, "in place");
    assert_eq!(query(&["--within=1h"]).await, "");
    let shown = told(&url, &["silence", "query", "-o", "extended", "alertname=One"]).await;
    assert!(shown.contains("longer"), "{shown}");

    let exported = told(&url, &["silence", "query", "-o", "json"]).await;
    let file = stage.path("silences.json");
    fs::write(&file, &exported).unwrap();
    let file = file.to_str().unwrap();
    // As they are there already, nothing becomes of it.
    told(&url, &["silence", "import", file]).await;
    let ids = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(ids(&query(&[]).await), BTreeSet::from([first.clone(), second.clone()]));
    told(&url, &["silence", "expire", &first, &second]).await;
    assert_eq!(query(&[]).await, "");
    told(&url, &["silence", "import", "--force", file]).await;
    let anew = ids(&query(&[]).await);
    assert!(anew.len() == 2 && !anew.contains(&first), "{anew:?}");
    let unknown = amtool(&url, &["silence", "expire", "11111111-2222-4333-8444-555555555555"]).await;
    assert!(unknown.code != Some(0) && unknown.error.contains("404"), "{unknown:?}");
    let everything = amtool(&url, &["silence", "add", "-c", "x", "alertname=~.*"]).await;
    assert!(everything.code != Some(0) && everything.error.contains("it would silence everything"), "{everything:?}");
    assert!(serving.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn amtool_reads_and_tests_our_routes() {
    if !here(&[Program::Amtool]) {
        return;
    }
    let stage = stage().await;
    let serving = Serving::start(&stage).await;
    let url = serving.url.clone();
    let cluster = told(&url, &["cluster", "show"]).await;
    assert!(cluster.contains("disabled"), "{cluster}");
    let config = told(&url, &["config", "show"]).await;
    assert!(config.contains("receiver: \"payments/oncall\""), "{config}");
    let file = stage.path("original.yml");
    let original = serving.get("/api/v2/status").await.json()["config"]["original"].as_str().unwrap().to_owned();
    fs::write(&file, &original).unwrap();
    assert!(!original.contains(ONCALL_KEY), "no secret");
    let checked = told(&url, &["check-config", file.to_str().unwrap()]).await;
    assert!(
        checked.contains("SUCCESS") && checked.contains("2 receivers") && checked.contains("1 inhibit rules"),
        "{checked}"
    );
    let tree = told(&url, &["config", "routes", "show"]).await;
    assert!(tree.contains("{tier=\"db\"}  continue: true  receiver: payments/channel"), "{tree}");

    // What amtool says of an alert is what becomes of it.
    assert_eq!(serving.post("/api/v2/alerts", &alerts()).await.status, 200);
    let shown = serving.get("/api/v2/alerts").await.json();
    for alert in shown.as_array().unwrap() {
        let labels = alert["labels"].as_object().unwrap();
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
        let mut arguments = vec!["config", "routes", "test"];
        arguments.extend(labels.iter().map(String::as_str));
        let tested = told(&url, &arguments).await;
        let told: BTreeSet<&str> = tested.split(',').collect();
        let receivers = alert["receivers"].as_array().unwrap().iter();
        assert_eq!(told, receivers.map(|receiver| receiver["name"].as_str().unwrap()).collect(), "{labels:?}");
    }
    assert!(serving.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_that_was_answered_survives_a_kill() {
    let stage = stage().await;
    let serving = Serving::start(&stage).await;
    let matchers = json!([{"name": "alertname", "value": "DiskFull", "isRegex": false}]);
    let wanted = silence(matchers, "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z");
    let made = serving.post("/api/v2/silences", &wanted).await;
    assert_eq!(made.status, 200, "{}", made.body);
    serving.kill().await;

    let serving = Serving::start(&stage).await;
    let silences = serving.get("/api/v2/silences").await.json();
    assert_eq!(silences[0]["id"], made.json()["silenceID"]);
    let alert = |name: &str| json!({"labels": {"alertname": name, "service": "payments"}});
    let alerts = json!([alert("DiskFull"), alert("QueueFull")]);
    assert_eq!(serving.post("/api/v2/alerts", &alerts).await.status, 200);
    paged(&stage, "QueueFull").await;
    assert_eq!(stage.pages().len(), 1);
    assert!(serving.stop().await.success());
}
