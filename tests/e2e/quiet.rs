//! Between alert and page: silences, alerts that explain others, and maintenance; what they keep quiet, and what is told when
//! that ends, also when Bellwire is killed in between.

use crate::{
    alerts::{Alert, alert},
    process::{Ended, Serving, bellwire, run},
    stage::Stage,
    story::{Story, minutes, seconds},
};
use bellwire_app::core::Span;
use bellwire_support::webhook::Verification;
use serde_json::{Value, json};
use std::fs;

const TEAM: &str = r##"
team = "payments"

[receivers]
audit = { webhook = { url = { env = "AUDIT_URL" }, secret = { env = "AUDIT_SECRET" } } }
manager = { email = { to = ["manager@example.com"] }, updates = false }

[policies.standard]
plugin = "standard"

[policies.standard.settings]
default_priority = "P2"
rules = [{ priority = "P1", labels = { severity = "critical" } }]

[policies.standard.settings.ladders.P1]
steps = [{ to = ["audit"] }, { after = "5m", to = ["manager"] }]

[policies.standard.settings.ladders.P2]
steps = [{ to = ["audit"] }]

[route]
policy = "standard"
fallback = ["audit"]
group_by = ["alertname", "instance"]
group_wait = "0s"
"##;

const CRITICAL_OVER_WARNING: &str = r#"
[[inhibit]]
name = "critical-over-warning"
source = ['severity="critical"']
target = ['severity="warning"']
equal = ["instance"]
"#;

/// The team with `more` tables.
async fn story(more: &str) -> Story {
    let stage = Stage::new().await;
    stage.routes("payments", &format!("{TEAM}{more}"));
    Story::begin(stage).await
}

impl Story {
    /// Everybody's, of alerts of that name, for so long. Answers its id.
    async fn silence(&self, name: &str, span: Span) -> String {
        let wanted = json!({
            "matchers": [{ "name": "alertname", "value": name, "isRegex": false, "isEqual": true }],
            "startsAt": self.now().to_string(),
            "endsAt": self.now().saturating_add(span).to_string(),
            "createdBy": "ann",
            "comment": "the disks are being moved",
        });
        let reply = self.post("/api/v2/silences", &wanted).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["silenceID"].as_str().unwrap().to_owned()
    }

    async fn raise(&self, alerts: &[Alert]) {
        self.fires(alerts).await;
        self.settle().await;
    }

    async fn clear(&self, alerts: &[Alert]) {
        self.resolves(alerts).await;
        self.settle().await;
    }

    /// What the audit was told last.
    fn last_told(&self) -> Value {
        self.webhook.seen().deliveries.last().unwrap().body.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_keeps_the_page_away_and_it_comes_when_the_silence_ends() {
    let story = story("").await;
    let id = story.silence("Down", minutes(60)).await;
    let story = story.kill().await;
    story.raise(&[alert("Down", "critical")]).await;
    story.fast_forward(minutes(10)).await;
    assert_eq!((story.audit(), story.mails()), (vec![], vec![]));
    let incident = story.incident("payments-1").await["incident"].clone();
    assert_eq!(incident["suppressed"]["by"], json!([{ "by": "silence", "id": id }]));
    let page = story.get("/incidents").await.body;
    assert!(page.contains(&format!("payments-1  --  open, silenced by {id}")), "{page}");
    let story = story.kill().await;
    story.fast_forward(minutes(50)).await;
    assert_eq!(story.audit(), ["payments-1 p1-step-1"]);
    let told = story.last_told();
    let late = "held back from 2026-11-18 10:00 UTC until 2026-11-18 11:00 UTC";
    assert_eq!((&told["late"], &told["incident"]["held_back_since"]), (&json!(late), &json!("2026-11-18T10:00:00Z")));
    // The ladder begins there.
    story.fast_forward(seconds(299)).await;
    assert_eq!(story.mails().len(), 0);
    story.fast_forward(seconds(1)).await;
    assert_eq!(story.mails().len(), 1);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_that_is_expired_tells_at_once() {
    let story = story("").await;
    let id = story.silence("Down", minutes(60)).await;
    story.raise(&[alert("Down", "critical")]).await;
    let reply = story.http.delete(story.url(&format!("/api/v2/silence/{id}"))).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    story.settle().await;
    assert_eq!(story.audit(), ["payments-1 p1-step-1"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_and_then_silenced_is_resolved_where_it_was_told() {
    let story = story("").await;
    story.raise(&[alert("Down", "critical")]).await;
    story.silence("Down", minutes(60)).await;
    story.fast_forward(minutes(30)).await;
    assert_eq!((story.audit(), story.mails()), (vec!["payments-1 p1-step-1".into()], vec![]), "it climbs no further");
    let story = story.kill().await;
    story.clear(&[alert("Down", "critical")]).await;
    assert_eq!(story.audit(), ["payments-1 p1-step-1", "payments-1 resolved"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_keeps_its_targets_quiet_and_no_others() {
    let story = story(CRITICAL_OVER_WARNING).await;
    let (down, slow) = (alert("Down", "critical"), alert("Slow", "warning"));
    story.raise(std::slice::from_ref(&down)).await;
    story.raise(std::slice::from_ref(&slow)).await;
    story.raise(&[slow.clone().on("pay-2:9100")]).await;
    assert_eq!(story.audit(), ["payments-1 p1-step-1", "payments-3 p2-step-1"]);
    let story = story.kill().await;
    story.clear(&[down]).await;
    let mut told = story.audit().split_off(2);
    told.sort();
    assert_eq!(told, ["payments-1 resolved", "payments-2 p2-step-1"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_was_told_first_is_resolved_where_it_was_told() {
    let story = story(CRITICAL_OVER_WARNING).await;
    story.raise(&[alert("Slow", "warning")]).await;
    story.raise(&[alert("Down", "critical")]).await;
    assert_eq!(story.audit(), ["payments-1 p2-step-1", "payments-2 p1-step-1"]);
    let incident = story.incident("payments-1").await["incident"].clone();
    assert_eq!(incident["suppressed"]["by"][0]["rule"], "critical-over-warning");
    let story = story.kill().await;
    story.clear(&[alert("Slow", "warning")]).await;
    assert_eq!(story.audit()[2..], ["payments-1 resolved"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_down_pages_once_and_what_stays_down_after_it_is_told_then() {
    let dependency = r#"
[[dependencies]]
name = "node-down"
cause = ['alertname="NodeDown"']
symptoms = ['alertname="TargetDown"']
on = ["node"]
"#;
    let stage = Stage::new().await;
    stage.routes("payments", &format!("{}{dependency}", TEAM.replace("\"0s\"", "\"30s\"")));
    let story = Story::begin(stage).await;
    let node = alert("NodeDown", "critical").labelled("node", "n1");
    let target =
        |number: usize| alert("TargetDown", "critical").on(&format!("pay-{number}:9100")).labelled("node", "n1");
    let mut all: Vec<Alert> = (1..=5).map(target).collect();
    all.insert(0, node.clone());
    story.raise(&all).await;
    story.fast_forward(seconds(30)).await;
    assert_eq!(story.audit(), ["payments-1 p1-step-1"]);
    let told = story.last_told();
    assert_eq!((&told["quiet"], &told["incident"]["symptoms"]), (&json!("5 symptoms"), &json!(5)));
    let text = told["text"].as_str().unwrap_or_default();
    assert!(text.contains("Explains: TargetDown on pay-1:9100, TargetDown on pay-2:9100"), "{text}");
    let page = story.get("/incidents/payments-1").await.body;
    assert!(page.contains("5 alerts of other incidents explained by this one\npayments-6  "), "{page}");
    let symptom = story.incident("payments-6").await["incident"].clone();
    assert_eq!(symptom["suppressed"]["cause"], "payments-1");
    let story = story.kill().await;
    // The node comes back first, four of its targets a moment later.
    story.clear(&[node]).await;
    story.fast_forward(seconds(10)).await;
    story.clear(&all[1..5]).await;
    story.fast_forward(seconds(20)).await;
    assert_eq!(story.audit()[1..], ["payments-1 resolved", "payments-6 p1-step-1"]);
    assert_eq!(story.incident("payments-1").await["incident"]["symptoms"], 0);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_and_hours_are_each_teams_own() {
    let stage = Stage::new().await;
    let windows = r#"
[windows.upgrade]
zone = "UTC"
from = 2026-11-18T10:00
until = 2026-11-18T12:00

[windows.afternoon]
zone = "UTC"
hours = ["mon-fri 13:00-17:00"]
"#;
    for (team, held) in [("payments", "mute = [\"upgrade\"]"), ("search", "active = [\"afternoon\"]"), ("edge", "")] {
        let text = TEAM.replace("team = \"payments\"", &format!("team = \"{team}\"\nmatch = ['team=\"{team}\"']"));
        stage.routes(team, &format!("{text}{held}\n{windows}"));
    }
    let host = fs::read_to_string(stage.config()).unwrap();
    fs::write(stage.config(), format!("default_team = \"edge\"\n{host}")).unwrap();
    let story = Story::begin(stage).await;
    let all = ["payments", "search", "edge"].map(|team| alert("Down", "critical").labelled("team", team));
    story.raise(&all).await;
    story.fast_forward(minutes(119)).await;
    assert_eq!(story.audit(), ["edge-1 p1-step-1"]);
    let story = story.kill().await;
    story.fast_forward(minutes(1)).await;
    assert_eq!(story.audit()[1..], ["payments-1 p1-step-1"]);
    story.fast_forward(minutes(59)).await;
    assert_eq!(story.audit().len(), 2);
    story.fast_forward(minutes(1)).await;
    assert_eq!(story.audit()[2..], ["search-1 p1-step-1"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standing_silence_holds_while_its_window_is_open() {
    let standing = r#"
[windows.backup]
zone = "UTC"
hours = ["mon-sun 09:30-10:30"]

[[silences]]
name = "backup"
match = ['alertname="DiskBusy"']
windows = ["backup"]
"#;
    let story = story(standing).await;
    story.raise(&[alert("DiskBusy", "critical"), alert("Down", "critical")]).await;
    assert_eq!(story.audit(), ["payments-2 p1-step-1"]);
    let incident = story.incident("payments-1").await["incident"].clone();
    assert_eq!(incident["suppressed"]["by"], json!([{ "by": "silence", "id": "payments/backup" }]));
    let story = story.kill().await;
    story.fast_forward(minutes(30)).await;
    assert_eq!(story.audit()[1..], ["payments-1 p1-step-1"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_what_is_wrong_with_them() {
    let stage = Stage::new().await;
    let wrong = r#"
[[silences]]
name = "backup"
match = []
windows = ["nights"]

[[inhibit]]
name = "same"
source = ['a="b"']
target = ['a="b"']
"#;
    stage.routes("payments", &format!("{TEAM}{wrong}"));
    let ended = command(&stage, &["check"]).await;
    assert_eq!(ended.code, Some(2));
    for said in [
        "`match` is empty, so it would silence everything",
        "there is no window `nights`",
        "`source` and `target` are the same, so this rule does nothing",
        "routes/payments.toml:32",
    ] {
        assert!(ended.error.contains(said), "{said}:\n{}", ended.error);
    }
}

async fn command(stage: &Stage, arguments: &[&str]) -> Ended {
    run(&mut bellwire(stage, arguments)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn silences_by_the_command() {
    let stage = Stage::with_webhook(Verification::None).await;
    let serving = Serving::start(&stage).await;
    let silence =
        async |arguments: &[&str]| command(&stage, &[&["silence", "--url", &serving.url], arguments].concat()).await;
    let why = ["--comment", "moving the data", "--by", "ann"];
    let added = silence(
        &[&["add", "alertname=DiskFull", "host=~\"db-.*\"", "--for", "2h", "--team", "payments"][..], &why].concat(),
    )
    .await;
    assert_eq!((added.code, added.error.as_str()), (Some(0), ""));
    let id = added.out.trim().to_owned();
    let listed = silence(&["list"]).await.out;
    let line = listed.lines().nth(1).unwrap_or_default();
    assert!(line.starts_with(&format!("{id}  active  payments  ")), "{listed}");
    assert!(line.ends_with(r#"alertname="DiskFull" host=~"db-.*"  moving the data (by ann)"#), "{listed}");
    assert_eq!(silence(&["list", "--team", "search"]).await.out, "no silences\n");
    assert!(silence(&["show", &id]).await.out.contains("of payments, from "));

    for (arguments, said) in [
        (&["add", "alertname", "--for", "2h"][..], "\"alertname\" is no matcher"),
        (&["add", "a!=b", "--for", "2h"][..], "each of its matchers matches a label that is missing"),
        (&["add", "a=b", "--for", "2h", "--team", "pay"][..], "there is no team pay"),
        (
            &["add", "a=b", "--until", "2020-01-01T00:00:00Z", "--from", "2019-01-01T00:00:00Z"][..],
            "it ends before it begins",
        ),
        (&["add", "a=b", "--until", "tomorrow"][..], "--until must be a time of RFC 3339"),
    ] {
        let ended = silence(&[arguments, &why].concat()).await;
        assert!(ended.code != Some(0) && ended.error.contains(said), "{arguments:?}: {ended:?}");
    }
    let expired = silence(&["expire", &id, "no-such"]).await;
    assert_eq!((expired.code, expired.out.as_str()), (Some(1), &*format!("{id} expired\n")));
    assert!(expired.error.contains("is no silence's id"), "{}", expired.error);
    assert_eq!(silence(&["list"]).await.out, "no silences\n");

    // What it lists it takes again; what is over it leaves out.
    let all = silence(&["list", "--all", "--json"]).await.out;
    let mut silences: Value = serde_json::from_str(&all).unwrap();
    silences
        .as_array_mut()
        .unwrap()
        .push(json!({ "comment": "for long", "createdBy": "amtool", "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2099-01-01T00:00:00Z", "matchers": [{ "name": "a", "value": "b", "isRegex": false }] }));
    fs::write(stage.path("silences.json"), silences.to_string()).unwrap();
    let imported = silence(&["import", "silences.json"]).await;
    assert_eq!((imported.code, imported.error.as_str()), (Some(0), "1 made, 1 left out because they are over\n"));
    assert!(silence(&["list"]).await.out.contains("for long (by amtool)"));
    assert_eq!(serving.stop().await.code(), Some(0));
}
