//! Nights on call, with the shipped `standard` policy, a real store and everybody who can be told: for each hard case one
//! night, which is the same night wherever Bellwire is killed and started in it.

use crate::{
    alerts::alert,
    stage::Stage,
    story::{Story, minutes, seconds},
};
use bellwire_app::core::Span;
use serde_json::{Value, json};

/// Ann is on call: mail at once, her pager two minutes later. Bob and the manager follow; the boss is the last resort.
const TEAM: &str = r##"
team = "payments"
last_resort = ["boss"]

[people.ann]
email = "ann@example.com"
contact = [{ email = true }, { pagerduty = { routing_key = { env = "ONCALL_KEY" } }, after = "2m" }]

[people.bob]
contact = [{ webhook = { url = { env = "AUDIT_URL" }, secret = { env = "AUDIT_SECRET" } } }]

[schedules.primary]
zone = "Europe/Berlin"
layers = [{ name = "week", people = ["ann", "bob"], every = "1 week", start = 2026-11-16T09:00 }]

[schedules.later]
zone = "Europe/Berlin"
layers = [{ name = "week", people = ["bob"], every = "1 week", start = 2099-01-05T09:00 }]

[receivers]
manager = { email = { to = ["manager@example.com"] }, updates = false }
boss = { email = { to = ["boss@example.com"] } }
fallback = { slack = { channel = "#fallback" } }

[policies.standard]
plugin = "standard"

[policies.standard.settings]
default_priority = "P2"
rules = [{ priority = "P1", labels = { severity = "critical" } }]

[policies.standard.settings.ladders.P1]
steps = [{ to = ["schedule:primary"] }, { after = "5m", to = ["person:bob"] }, { after = "15m", to = ["manager"] }]

[policies.standard.settings.ladders.P2]
steps = [{ to = ["schedule:later"] }, { after = "5m", to = ["manager"] }]

[route]
policy = "standard"
fallback = ["fallback"]
group_by = ["alertname"]
group_wait = "0s"
"##;

/// One alert, and what came of it so far.
struct Night {
    story: Option<Story>,
    heard: [usize; 4],
    steps: usize,
    killed_before: Option<usize>,
}

/// `night` as it is, and then once for each of its steps with a kill and a start before that one.
async fn at_any_restart(routes: &str, night: impl AsyncFn(&mut Night)) {
    let steps = Night::pass(routes, None, &night).await;
    for step in 1..steps {
        Night::pass(routes, Some(step), &night).await;
    }
}

impl Night {
    async fn pass(routes: &str, killed_before: Option<usize>, night: &impl AsyncFn(&mut Self)) -> usize {
        let stage = Stage::new().await;
        stage.routes("payments", routes);
        let mut this = Self { story: Some(Story::begin(stage).await), heard: [0; 4], steps: 0, killed_before };
        night(&mut this).await;
        if let Some(story) = this.story.take() {
            story.end().await;
        }
        this.steps
    }

    fn story(&self) -> &Story {
        self.story.as_ref().unwrap()
    }

    async fn step(&mut self) {
        if self.killed_before == Some(self.steps)
            && let Some(story) = self.story.take()
        {
            self.story = Some(story.kill().await);
        }
        self.steps += 1;
    }

    async fn fires(&mut self, severity: &str) {
        self.step().await;
        self.story().fires(&[alert("Down", severity)]).await;
        self.story().settle().await;
    }

    async fn joins(&mut self, instance: &str, severity: &str) {
        self.step().await;
        self.story().fires(&[alert("Down", severity).on(instance)]).await;
        self.story().settle().await;
    }

    async fn clears(&mut self, severity: &str) {
        self.step().await;
        self.story().resolves(&[alert("Down", severity)]).await;
        self.story().settle().await;
    }

    async fn waits(&mut self, span: Span) {
        self.step().await;
        self.story().fast_forward(span).await;
    }

    /// Bob does it; the answer's status is this.
    async fn acts(&mut self, action: &str, fields: Value, status: u16) {
        self.step().await;
        let mut body = json!({"by": "bob"});
        body.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap_or_default());
        let reply = self.story().post(&format!("/api/v1/incidents/payments-1/{action}"), &body).await;
        assert_eq!(reply.status, status, "{action}: {}", reply.body);
        self.story().settle().await;
    }

    /// What people were told since the last time. What several were told at one instant has no order.
    #[track_caller]
    fn hears(&mut self, expected: &[&str]) {
        let story = self.story();
        let pages = story.pages().into_iter().map(|key| format!("pager {key}")).collect::<Vec<_>>();
        let mails = story.mails().into_iter().map(|(to, subject)| format!("{to} {subject}")).collect();
        let bob = story.audit().into_iter().map(|line| format!("bob {line}")).collect();
        let channel = story.slack.seen().messages("#fallback").iter().map(|one| one.shown()).collect();
        let mut new = Vec::new();
        let mut heard = self.heard;
        for (lines, heard) in [pages, mails, bob, channel].into_iter().zip(&mut heard) {
            new.extend(lines.into_iter().skip(*heard).inspect(|_| *heard += 1));
        }
        self.heard = heard;
        let mut expected = expected.to_vec();
        new.sort_unstable();
        expected.sort_unstable();
        assert_eq!(new, expected, "stopped before step {:?}, now step {}", self.killed_before, self.steps);
    }

    async fn incident(&self) -> Value {
        self.story().incident("payments-1").await["incident"].clone()
    }
}

const MAIL: &str = "[P1] Down on pay-1:9100 — payments-1";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_climbs_the_contacts_then_the_ladder_and_then_the_last_resort() {
    at_any_restart(TEAM, async |night| {
        night.fires("critical").await;
        night.hears(&[&format!("ann@example.com {MAIL}")]);
        night.waits(minutes(2)).await;
        night.hears(&["pager payments-1/p1-step-1/payments/ann:pagerduty"]);
        night.waits(minutes(3)).await;
        night.hears(&["bob payments-1 p1-step-2"]);
        night.waits(minutes(10)).await;
        night.hears(&[&format!("manager@example.com {MAIL}")]);
        night.waits(seconds(599)).await;
        night.hears(&[]);
        night.waits(seconds(1)).await;
        night.hears(&[&format!("boss@example.com Nobody acknowledged: {MAIL}")]);
        assert!(night.incident().await["unowned_since"].is_string());
        night.waits(minutes(600)).await;
        night.hears(&[]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_stops_it_for_half_an_hour() {
    at_any_restart(TEAM, async |night| {
        night.fires("critical").await;
        night.waits(minutes(1)).await;
        night.acts("acknowledge", json!({}), 200).await;
        night.hears(&[&format!("ann@example.com {MAIL}"), &format!("ann@example.com Acknowledged: {MAIL}")]);
        night.waits(seconds(1_799)).await;
        night.hears(&[]);
        night.waits(seconds(1)).await;
        night.hears(&["bob payments-1 p1-step-2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_back_it_goes_on_after_the_last_step() {
    at_any_restart(TEAM, async |night| {
        night.fires("critical").await;
        night.acts("acknowledge", json!({}), 200).await;
        night.waits(minutes(20)).await;
        night.acts("unacknowledge", json!({}), 200).await;
        night.hears(&[
            &format!("ann@example.com {MAIL}"),
            &format!("ann@example.com Acknowledged: {MAIL}"),
            &format!("ann@example.com No longer acknowledged: {MAIL}"),
            "bob payments-1 p1-step-2",
        ]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_escalate_is_refused_and_a_stale_acknowledgement_taken() {
    at_any_restart(TEAM, async |night| {
        night.fires("critical").await;
        night.waits(minutes(5)).await;
        night.hears(&[
            "pager payments-1/p1-step-1/payments/ann:pagerduty",
            &format!("ann@example.com {MAIL}"),
            "bob payments-1 p1-step-2",
        ]);
        night.acts("escalate", json!({"revision": 1}), 409).await;
        night.waits(minutes(1)).await;
        night.hears(&[]);
        night.acts("acknowledge", json!({"revision": 1}), 200).await;
        assert_eq!(night.incident().await["state"], "acknowledged");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_escalate_is_the_next_step_now() {
    at_any_restart(TEAM, async |night| {
        night.fires("critical").await;
        night.acts("escalate", json!({}), 200).await;
        night.waits(seconds(1)).await;
        night.hears(&[&format!("ann@example.com {MAIL}"), "bob payments-1 p1-step-2"]);
        night.acts("escalate", json!({}), 200).await;
        night.waits(seconds(1)).await;
        night.hears(&[&format!("manager@example.com {MAIL}")]);
        night.acts("escalate", json!({}), 200).await;
        night.waits(seconds(1)).await;
        night.hears(&[&format!("boss@example.com Nobody acknowledged: {MAIL}")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snooze_is_quiet_until_it_ends() {
    at_any_restart(TEAM, async |night| {
        night.fires("critical").await;
        night.acts("snooze", json!({"for": "40d"}), 422).await;
        night.acts("snooze", json!({"for": "1h"}), 200).await;
        night.hears(&[&format!("ann@example.com {MAIL}"), &format!("ann@example.com Snoozed: {MAIL}")]);
        night.waits(seconds(3_599)).await;
        night.hears(&[]);
        night.waits(seconds(1)).await;
        night.hears(&["bob payments-1 p1-step-2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_it_is_handed_to_is_told_at_once() {
    at_any_restart(TEAM, async |night| {
        night.fires("critical").await;
        night.acts("reassign", json!({"to": "person:carl"}), 422).await;
        night.acts("reassign", json!({"to": "schedule:later"}), 422).await;
        night.acts("reassign", json!({"to": "person:bob"}), 200).await;
        night.hears(&[&format!("ann@example.com {MAIL}"), "bob payments-1 reassigned"]);
        night.acts("acknowledge", json!({}), 200).await;
        night.hears(&[&format!("ann@example.com Acknowledged: {MAIL}"), "bob payments-1 acknowledged"]);
        night.waits(minutes(3)).await;
        night.hears(&[]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_on_call_is_no_reason_to_wait() {
    at_any_restart(TEAM, async |night| {
        night.fires("warning").await;
        night.hears(&["manager@example.com [P2] Down on pay-1:9100 — payments-1"]);
    })
    .await;
    let nobody = TEAM.replace("[\"manager\"] }]\n\n[route]", "[\"schedule:later\"] }]\n\n[route]");
    at_any_restart(&nobody, async |night| {
        night.fires("warning").await;
        night.hears(&["boss@example.com Nobody acknowledged: [P2] Down on pay-1:9100 — payments-1"]);
        night.waits(minutes(1)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_joins_or_rises_pages_again_although_somebody_has_it() {
    at_any_restart(TEAM, async |night| {
        night.fires("critical").await;
        night.acts("acknowledge", json!({}), 200).await;
        night.waits(minutes(1)).await;
        night.hears(&[&format!("ann@example.com {MAIL}"), &format!("ann@example.com Acknowledged: {MAIL}")]);
        night.joins("pay-2:9100", "critical").await;
        night.hears(&["ann@example.com [P1] Down on pay-2:9100, pay-1:9100 — payments-1"]);
    })
    .await;
    at_any_restart(TEAM, async |night| {
        night.fires("warning").await;
        night.acts("acknowledge", json!({}), 200).await;
        night.waits(minutes(1)).await;
        night.hears(&["manager@example.com [P2] Down on pay-1:9100 — payments-1"]);
        night.joins("pay-2:9100", "critical").await;
        night.waits(minutes(1)).await;
        let down = "Down on pay-2:9100, pay-1:9100 — payments-1";
        night.hears(&[&format!("manager@example.com [P2] {down}"), &format!("ann@example.com [P1] {down}")]);
        assert_eq!(night.incident().await["state"], "open");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_flaps_is_told_once_and_again_when_it_is_stable() {
    let flapping = format!("{TEAM}flapping = {{ opens = 3, within = \"30m\", stable = \"5m\" }}\n");
    at_any_restart(&flapping, async |night| {
        for _ in 0..2 {
            night.fires("critical").await;
            night.clears("critical").await;
            night.waits(minutes(1)).await;
        }
        night.fires("critical").await;
        let resolved = format!("ann@example.com Resolved: {MAIL}");
        let fires = format!("ann@example.com {MAIL}");
        let flaps = format!("ann@example.com Flapping: {MAIL}");
        night.hears(&[&fires, &resolved, &fires, &resolved, &flaps]);
        for _ in 0..2 {
            night.clears("critical").await;
            night.waits(minutes(1)).await;
            night.fires("critical").await;
        }
        night.waits(seconds(299)).await;
        night.hears(&[]);
        night.waits(seconds(1)).await;
        night.hears(&[&fires]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_in_a_maintenance_is_told_when_it_ends() {
    // The nights begin at 11:00 in Berlin.
    let upgrade =
        "[windows.upgrade]\nzone = \"Europe/Berlin\"\nfrom = 2026-11-18T10:30\nuntil = 2026-11-18T12:00\n\n[route]";
    let muted = format!("{}mute = [\"upgrade\"]\n", TEAM.replace("[route]", upgrade));
    at_any_restart(&muted, async |night| {
        night.fires("critical").await;
        night.waits(seconds(3_599)).await;
        night.hears(&[]);
        night.waits(seconds(1)).await;
        night.hears(&[&format!("ann@example.com {MAIL}")]);
        night.waits(minutes(5)).await;
        night.hears(&["pager payments-1/p1-step-1/payments/ann:pagerduty", "bob payments-1 p1-step-2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_stands_in_for_an_hour() {
    at_any_restart(TEAM, async |night| {
        night.step().await;
        let (from, until) = ("2026-11-18T11:00", "2026-11-18T12:00");
        let stand_in = json!({"team": "payments", "schedule": "primary", "from": from, "until": until, "by": "ann",
            "replace": "ann", "with": ["bob"]});
        let reply = night.story().post("/api/v1/overrides", &stand_in).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        night.fires("critical").await;
        night.hears(&["bob payments-1 p1-step-1"]);
        night.clears("critical").await;
        night.hears(&["bob payments-1 resolved"]);
        night.waits(minutes(60)).await;
        night.fires("critical").await;
        night.hears(&["ann@example.com [P1] Down on pay-1:9100 — payments-2"]);
    })
    .await;
}
