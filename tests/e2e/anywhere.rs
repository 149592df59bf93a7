//! People act from wherever they are: Slack, mail, PagerDuty. Each act is seen everywhere else.

use crate::{
    alerts::alert,
    configuration::PAYMENTS,
    stage::{PATIENCE, Stage},
    story::{Reply, Story, minutes, seconds},
};
use bellwire_support::{
    pagerduty_webhook::{Agent, SignedEvent},
    slack::{
        Message,
        press::{Answered, SIGNING_SECRET, SignedForm, User},
    },
};

const PAGERDUTY_SECRET: &str = "what PagerDuty gave when the webhook was made";

/// The usual team with Ann, whom Slack and PagerDuty know, and a P1 that pages.
async fn paged() -> Story {
    let stage = Stage::new().await;
    stage.routes("payments", &format!("{PAYMENTS}\n[people.ann]\nname = \"Ann Smith\"\nslack = \"U0ANN\"\n"));
    let host = std::fs::read_to_string(stage.config()).unwrap();
    let slack = format!("[slack]\nsigning_secret = \"{SIGNING_SECRET}\"\n");
    let pagerduty = format!("[pagerduty]\nwebhook_secrets = [\"{PAGERDUTY_SECRET}\"]\n");
    std::fs::write(stage.config(), host.replace("[slack]\n", &slack).replace("[pagerduty]\n", &pagerduty)).unwrap();
    let story = Story::begin(stage).await;
    story.fires(&[alert("Down", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    story
}

impl Story {
    /// The first message of the channel, as it is now.
    fn message(&self) -> Message {
        self.slack.seen().messages("#payments")[0].clone()
    }

    async fn ann_presses(&self, message: &Message, button: &str) -> Answered {
        let form = self.slack.press(self.seconds(), &User::new("U0ANN", "ann.s"), message, button);
        let answered = form.unwrap().post(&self.url("/slack/actions")).await.unwrap();
        self.settle().await;
        answered
    }

    async fn pagerduty_says(&self, id: &str, kind: &str, key: &str, agent: Agent<'_>) {
        let event = SignedEvent::of_incident(&[PAGERDUTY_SECRET], id, kind, key, agent);
        assert_eq!(event.post(&self.url("/pagerduty/webhook")).await.unwrap(), 200);
        self.settle().await;
    }

    /// The link by which the reader of the last mail may act, as a path here.
    fn mailed_link(&self) -> String {
        let text = self.mail.mails().last().unwrap().parsed().text;
        let (_, link) = text.split_once("https://bellwire.example.com/act/").unwrap();
        format!("/act/{}", link.split_whitespace().next().unwrap())
    }

    async fn submit(&self, path: &str, form: &str) -> Reply {
        let request = self.http.post(self.url(path)).header("content-type", "application/x-www-form-urlencoded");
        let reply = Reply::of(request.body(form.to_owned())).await;
        self.settle().await;
        reply
    }

    async fn last_of(&self, incident: &str) -> String {
        let timeline = self.incident(incident).await["timeline"].clone();
        let acted = |entry: &&serde_json::Value| entry["text"].as_str().is_some_and(|text| text.contains("(via "));
        timeline.as_array().unwrap().iter().rfind(acted).unwrap()["text"].as_str().unwrap().to_owned()
    }

    fn seconds(&self) -> u64 {
        self.now().as_millis() / 1_000
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_in_slack_stops_the_escalation_and_a_late_one_is_refused_in_words() {
    let story = paged().await;
    let old = story.message();
    let answered = story.ann_presses(&old, "bellwire_acknowledge").await;
    assert_eq!((answered.status, answered.body.as_str()), (200, ""));
    assert_eq!(story.last_of("payments-1").await, "acknowledged by ann (via slack)");
    assert!(story.message().edits > 0, "edited in place: {}", story.channel("#payments"));
    assert!(story.message().button("bellwire_acknowledge").is_none(), "{}", story.channel("#payments"));
    let acknowledged = |seen: &bellwire_support::pagerduty::Seen| {
        let alert = seen.alert(crate::stage::ONCALL_KEY, "payments-1/p1-step-1/payments/oncall")?;
        (alert.status == bellwire_support::pagerduty::Status::Acknowledged).then_some(())
    };
    story.pagerduty.wait_for("the acknowledgement there", PATIENCE, acknowledged).await.unwrap();

    // Somebody else's screen still shows the message as it was.
    assert_eq!(story.ann_presses(&old, "bellwire_escalate").await.status, 200);
    let refusal = |seen: &bellwire_support::slack::Seen| seen.ephemeral.first().cloned();
    let refusal = story.slack.wait_for("words for the one who pressed", PATIENCE, refusal).await.unwrap();
    assert!(refusal.starts_with("payments-1 has moved on since you saw it: nothing was done."), "{refusal}");
    story.fast_forward(minutes(20)).await;
    assert_eq!(story.pages(), ["payments-1/p1-step-1/payments/oncall"], "nobody else is paged");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_escalate_in_slack_is_the_next_step_now() {
    let story = paged().await;
    story.ann_presses(&story.message(), "bellwire_escalate").await;
    story.fast_forward(seconds(1)).await;
    assert_eq!(story.last_of("payments-1").await, "ann asked for the next step (via slack)");
    assert!(story.slack.seen().ephemeral.is_empty(), "{:?}", story.slack.seen().ephemeral);
    let paged = ["payments-1/p1-step-1/payments/oncall", "payments-1/p1-step-2/payments/oncall"];
    assert_eq!(story.pages(), paged, "minutes before its time");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_answers_and_acts() {
    let story = paged().await;
    let form = |text: &str| {
        let user = User::new("U0BOB", "bob");
        SignedForm::command(story.seconds(), &user, text, &story.slack.response_url())
    };
    let answer = form("snooze payments-1 2h").post(&story.url("/slack/command")).await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer["text"], "payments-1 is snoozed until 2026-11-18 12:00:05 UTC.");
    story.settle().await;
    story.fast_forward(minutes(119)).await;
    assert_eq!(story.pages().len(), 1);
    assert_eq!(story.last_of("payments-1").await, "snoozed until 2026-11-18 12:00:05 UTC by bob (Slack) (via slack)");
    story.fast_forward(minutes(1)).await;
    assert_eq!(story.pages().len(), 2, "then the escalation goes on");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_a_mail_shows_and_then_acts_also_after_a_restart() {
    let story = paged().await;
    story.fast_forward(minutes(5)).await;
    let link = story.mailed_link();
    let page = story.get(&link).await;
    assert!(page.status == 200 && page.body.contains("payments-1, P1, open"), "{}", page.body);
    assert_eq!(story.incidents().await, ["payments-1 open P1"], "a mail scanner opens every link");

    let story = story.restart_after(minutes(1)).await;
    let (_, revision) = page.body.split_once("name=\"revision\" value=\"").unwrap();
    let revision = revision.split('"').next().unwrap();
    let done = story.submit(&link, &format!("action=acknowledge&revision={revision}")).await;
    assert!(done.status == 200 && done.body.contains("payments-1 is acknowledged."), "{}", done.body);
    assert_eq!(story.last_of("payments-1").await, "acknowledged by manager@example.com (via email)");
    let late = story.submit(&link, &format!("action=escalate&revision={revision}")).await;
    assert!(late.status == 409 && late.body.contains("has moved on since you saw it"), "{}", late.body);

    let forged = link.replace(&link[10..12], "AA");
    assert_eq!(story.submit(&forged, "action=resolve&revision=1").await.status, 403);
    story.fast_forward(minutes(8 * 24 * 60)).await;
    assert_eq!(story.submit(&link, "action=resolve&revision=1").await.status, 410);
    assert_eq!(story.incidents().await, ["payments-1 acknowledged P1"]);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_in_pagerduty_holds_here_and_its_echo_does_nothing() {
    let story = paged().await;
    let page = "payments-1/p1-step-1/payments/oncall";
    story.pagerduty_says("e1", "incident.acknowledged", page, Agent::User("Ann Smith")).await;
    assert_eq!(story.last_of("payments-1").await, "acknowledged by ann (via pagerduty)");
    assert!(story.message().edits > 0, "Slack hears of it: {}", story.channel("#payments"));
    let revision = story.incident("payments-1").await["incident"]["revision"].clone();
    // What Bellwire then says there comes back as an event of its own.
    story.pagerduty_says("e2", "incident.acknowledged", page, Agent::Integration).await;
    assert_eq!(story.incident("payments-1").await["incident"]["revision"], revision);
    story.pagerduty_says("e3", "incident.unacknowledged", page, Agent::Nobody).await;
    assert_eq!(story.last_of("payments-1").await, "given back by PagerDuty (via pagerduty)");
    story.pagerduty_says("e4", "incident.resolved", page, Agent::User("Ann Smith")).await;
    assert_eq!(story.incidents().await, ["payments-1 resolved P1"]);
    story.end().await;
}
