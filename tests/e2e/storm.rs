//! A storm: ten thousand alerts within a minute, and what a person sees of it.

use crate::{
    alerts::{self, Alert, Status, alert},
    stage::Stage,
    story::{Story, minutes, seconds},
};
use std::fmt::Write;

/// A team: its engineers' channel is everybody's, P1 and P2 wake its own person by mail, and P4 is for the daily digest.
fn team(name: &str) -> String {
    format!(
        r##"
team = "{name}"
match = ['team="{name}"']

[people.{name}-ann]
contact = [{{ email = "{name}-ann@example.com" }}]

[policies.standard]
plugin = "standard"

[policies.standard.settings]
default_priority = "P4"
rules = [
    {{ priority = "P1", labels = {{ severity = "critical" }} }},
    {{ priority = "P2", labels = {{ severity = "error" }} }},
    {{ priority = "P3", labels = {{ severity = "warning" }} }},
]

[policies.standard.settings.ladders]
P1 = {{ steps = [{{ to = ["everybody", "person:{name}-ann"] }}] }}
P2 = {{ steps = [{{ to = ["everybody", "person:{name}-ann"] }}] }}
P3 = {{ window = "always", steps = [{{ to = ["everybody"] }}] }}
P4 = {{ window = "always", steps = [{{ to = ["everybody"] }}] }}

[route]
policy = "standard"
fallback = ["everybody"]
group_by = ["alertname"]
group_wait = "0s"
"##
    )
}

const TEAMS: [&str; 4] = ["shop", "search", "data", "edge"];
const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];
/// Of alerts; a batch comes each second of a minute.
const ALERTS: usize = 10_000;
const BATCHES: usize = 60;
/// Kinds of alerts a team, each of one severity: as many incidents.
const KINDS: usize = 100;

/// The place of the first P1 in the storm.
const FIRST_CRITICAL: usize = TEAMS.len() * KINDS * 3 / 4;

/// The mildest come first, so that the urgent ones find the windows of the others open.
fn storm() -> Vec<Alert> {
    let one = |number: usize| {
        let kind = number / TEAMS.len() % KINDS;
        let severity = SEVERITIES[SEVERITIES.len() - 1 - kind * SEVERITIES.len() / KINDS];
        alert(&format!("Kind{kind:02}"), severity)
            .on(&format!("host-{number}"))
            .labelled("team", TEAMS[number % TEAMS.len()])
    };
    (0..ALERTS).map(one).collect()
}

/// What there was to see, and when: each message's second, and its first line.
#[derive(Default)]
struct Seen(Vec<(usize, String)>);

impl Seen {
    fn look(&mut self, second: usize, lines: impl IntoIterator<Item = String>) {
        let known = self.0.len();
        let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
        self.0.extend(lines.into_iter().skip(known).map(|text| (second, first_line(text))));
    }

    /// When the first message of that priority came.
    fn first(&self, priority: &str) -> Option<usize> {
        self.0.iter().find(|(_, line)| line.contains(priority)).map(|(second, _)| *second)
    }

    /// Of how many incidents of that priority the messages tell: a bundle says it, any other is one.
    fn told(&self, priority: &str) -> usize {
        let lines = self.0.iter().map(|(_, line)| line).filter(|line| line.contains(priority));
        let count = |line: &String| match line.split_once(&format!(" {priority} incidents: ")) {
            Some((count, _)) => count.parse().unwrap(),
            None => 1,
        };
        lines.map(count).sum()
    }

    fn view(&self) -> String {
        let mut view = String::new();
        for (second, line) in &self.0 {
            writeln!(view, "  +{second}s {line}").unwrap();
        }
        view
    }
}

async fn stormy() -> Story {
    let stage = Stage::new().await;
    std::fs::remove_file(stage.path("routes/payments.toml")).unwrap();
    for name in TEAMS {
        stage.routes(name, &team(name));
    }
    stage.host("[receivers]\neverybody = { slack = { channel = \"#payments\" } }\n");
    let host = std::fs::read_to_string(stage.config()).unwrap();
    std::fs::write(stage.config(), format!("default_team = \"shop\"\n{host}")).unwrap();
    Story::begin(stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_alerts_are_a_few_messages_and_nothing_is_lost() {
    let story = stormy().await;
    let (mut channel, mut mail) = (Seen::default(), Seen::default());
    let mut look = |story: &Story, second: usize| {
        channel.look(second, story.slack.seen().messages("#payments").iter().map(|one| one.shown()));
        let of_shop = story.mails().into_iter().filter(|(to, _)| to.starts_with("shop-"));
        mail.look(second, of_shop.map(|(_, subject)| subject));
    };
    let storm = storm();
    let batches = storm.chunks(ALERTS.div_ceil(BATCHES));
    let first_p1 = FIRST_CRITICAL / ALERTS.div_ceil(BATCHES);
    for (second, batch) in batches.enumerate() {
        let now = story.now().to_string();
        let reply = story.post("/webhook/alertmanager", &alerts::webhook(Status::Firing, batch, &now, &now)).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        story.settle().await;
        look(&story, second);
        story.fast_forward(seconds(1)).await;
    }
    story.fast_forward(minutes(5)).await;
    look(&story, 360);

    let view = format!("the channel of all teams:\n{}the mails of shop's person:\n{}", channel.view(), mail.view());
    assert_eq!(channel.first("P3"), Some(0), "the first came at once\n{view}");
    assert_eq!((channel.first("P1"), mail.first("P1")), (Some(first_p1), Some(first_p1)), "no P1 waits\n{view}");
    let incidents = TEAMS.len() * KINDS / SEVERITIES.len();
    for priority in ["P1", "P2", "P3", "P4"] {
        assert_eq!(channel.told(priority), incidents, "{priority}: nothing is lost, nothing told twice\n{view}");
    }
    let of_one = incidents / TEAMS.len();
    assert_eq!([mail.told("P1"), mail.told("P2"), mail.told("P3")], [of_one, of_one, 0], "{view}");
    assert!(channel.0.len() <= 10 && mail.0.len() <= 6, "400 incidents are few messages\n{view}");
    story.end().await;
}
