//! Services that plugins speak to: Teams, Discord, Telegram and ntfy, each as strict as the real one.

use crate::{
    alerts::{Status, alert, webhook},
    hostile,
    process::{Serving, bellwire, run},
    stage::{PATIENCE, Stage},
    story::{Story, minutes, seconds},
};
use bellwire_support::{Fault, discord::Discord, ntfy::Ntfy, teams::Teams, telegram::Telegram};
use std::fs;

const TELEGRAM_TOKEN: &str = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qc";
const DISCORD_TOKEN: &str = "kQrStUvWxYz0123456789-abcdefghijklmnop";
const NTFY_TOKEN: &str = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2";
const TEAMS_SIGNATURE: &str = "VZ3kPl9s1fJq0uYhX7";
const CHAT: &str = "-1001234567890";

struct Services {
    teams: Teams,
    discord: Discord,
    telegram: Telegram,
    ntfy: Ntfy,
}

impl Services {
    async fn start() -> Self {
        Self {
            teams: Teams::start(TEAMS_SIGNATURE).await.unwrap(),
            discord: Discord::start("1043526", DISCORD_TOKEN).await.unwrap(),
            telegram: Telegram::start(TELEGRAM_TOKEN, &[CHAT]).await.unwrap(),
            ntfy: Ntfy::start(NTFY_TOKEN).await.unwrap(),
        }
    }

    /// With a receiver for each of them, all of which are told at once.
    async fn stage(&self) -> Stage {
        let stage = Stage::new().await;
        for plugin in ["teams", "discord", "telegram", "ntfy"] {
            stage.install(plugin);
        }
        stage.routes("payments", &self.routes());
        let secrets = [&self.teams.url(), &self.discord.url(), TELEGRAM_TOKEN, NTFY_TOKEN];
        for (name, secret) in ["teams", "discord", "telegram", "ntfy"].into_iter().zip(secrets) {
            fs::write(stage.path(name), secret).unwrap();
        }
        stage
    }

    fn routes(&self) -> String {
        let Self { teams, discord, telegram, ntfy } = self;
        let (teams, discord, telegram, ntfy) = (teams.base(), discord.base(), telegram.url(), ntfy.url());
        format!(
            r##"
team = "payments"

[receivers.teams]
channel = {{ plugin = "teams", hosts = ["{teams}"], secrets = {{ url = {{ file = "teams" }} }} }}
fallback = "fallback"

[receivers.discord]
channel = {{ plugin = "discord", hosts = ["{discord}"], secrets = {{ url = {{ file = "discord" }} }} }}
fallback = "fallback"

[receivers.telegram]
channel = {{ plugin = "telegram", hosts = ["{telegram}"], secrets = {{ token = {{ file = "telegram" }} }}, settings = {{ chat = "{CHAT}", server = "{telegram}" }} }}
fallback = "fallback"

[receivers.ntfy]
channel = {{ plugin = "ntfy", hosts = ["{ntfy}"], secrets = {{ token = {{ file = "ntfy" }} }}, settings = {{ topic = "payments", server = "{ntfy}", access = "token" }} }}
fallback = "fallback"

[receivers.fallback]
slack = {{ channel = "#fallback" }}

[policies.standard]
plugin = "standard"
settings = {{ default_priority = "P1", ladders = {{ P1 = {{ steps = [{{ to = ["teams", "discord", "telegram", "ntfy"] }}] }} }} }}

[route]
policy = "standard"
fallback = ["fallback"]
group_wait = "5s"
"##
        )
    }

    /// How many messages each has: Teams, Discord, Telegram, ntfy.
    fn counts(&self) -> [usize; 4] {
        [
            self.teams.seen().cards.len(),
            self.discord.seen().messages.len(),
            self.telegram.seen().messages.len(),
            self.ntfy.seen().messages.len(),
        ]
    }

    fn refused(&self) -> Vec<String> {
        let (teams, discord) = (self.teams.seen().refused, self.discord.seen().refused);
        let (telegram, ntfy) = (self.telegram.seen().refused, self.ntfy.seen().refused);
        [teams, discord, telegram, ntfy].concat()
    }

    /// All that people see of the latest message in each.
    fn latest(&self) -> [String; 4] {
        let ntfy = self.ntfy.seen().messages.pop().map(|message| format!("{}\n{}", message.title, message.text));
        let discord = self.discord.seen().messages.pop().map(|message| message.text);
        let telegram = self.telegram.seen().messages.pop().map(|message| message.text);
        [self.teams.seen().cards.pop(), discord, telegram, ntfy].map(Option::unwrap)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_and_what_became_of_it_is_told_as_each_service_can() {
    let services = Services::start().await;
    let story = Story::begin(services.stage().await).await;
    story
        .fires(&[alert("HighErrorRate", "critical").annotated("summary", "5% <b>of</b> *requests* & @everyone")])
        .await;
    story.fast_forward(seconds(5)).await;
    assert_eq!((services.counts(), services.refused()), ([1; 4], Vec::new()));
    for message in services.latest() {
        assert!(message.contains("P1 HighErrorRate"), "{message}");
        assert!(message.contains("5% <b>of</b> *requests* & @everyone"), "as it was written: {message}");
    }
    assert!(!services.discord.seen().messages[0].pings, "no alert rings everywhere");
    assert!(!services.telegram.seen().messages[0].silent);
    let page = services.ntfy.seen().messages[0].clone();
    assert_eq!(page.priority, 5);
    assert_eq!(page.click.as_deref(), Some("https://bellwire.example.com/incidents/payments-1"));
    let card = services.teams.seen().cards[0].clone();
    assert!(card.contains("<https://runbooks.example.com/HighErrorRate>"), "{card}");

    story.acknowledge("payments-1", "anna").await;
    story.settle().await;
    assert_eq!((services.counts(), services.refused()), ([2, 1, 2, 2], Vec::new()), "Discord's is edited");
    for message in services.latest() {
        assert!(message.contains("cknowledged by anna"), "{message}");
    }
    let ack = services.telegram.seen().messages[1].clone();
    assert!(ack.silent && ack.reply_to == Some(1), "{ack:?}");
    assert!(services.ntfy.seen().messages[1].priority < 3, "it wakes nobody");

    story.resolves(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(minutes(1)).await;
    assert_eq!((services.counts(), services.refused()), ([3, 1, 3, 3], Vec::new()));
    for message in services.latest() {
        assert!(message.to_lowercase().contains("resolved"), "{message}");
    }
    assert_eq!(services.discord.seen().messages[0].edits, 2);
    assert!(!story.channel("#fallback").contains("HighErrorRate"), "and nobody had to stand in");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_is_one_message_more() {
    let services = Services::start().await;
    let story = Story::begin(services.stage().await).await;
    story.fires(&[alert("First", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    for name in ["Second", "Third"] {
        story.fires(&[alert(name, "critical")]).await;
    }
    story.fast_forward(minutes(1)).await;
    assert_eq!((services.counts(), services.refused()), ([2; 4], Vec::new()));
    for message in services.latest() {
        assert!(message.contains("2 P1 incidents"), "{message}");
        assert!(message.contains("payments-2") && message.contains("payments-3"), "{message}");
    }
    story.acknowledge("payments-1", "anna").await;
    story.fast_forward(minutes(1)).await;
    assert_eq!(services.discord.seen().messages[0].edits, 1, "its own message is edited, and not the storm's");
    assert_eq!(services.discord.seen().messages[1].edits, 0);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_patience_gets_it() {
    let services = Services::start().await;
    let limited = || [Fault::RateLimited { retry_after_seconds: 7 }];
    let story = Story::begin(services.stage().await).await;
    services.teams.script(limited());
    services.discord.script(limited());
    services.telegram.script(CHAT, limited());
    services.ntfy.script("payments", limited());
    story.fires(&[alert("Slow", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    story.fast_forward(seconds(6)).await;
    assert_eq!(services.counts(), [0; 4], "they said seven seconds");
    story.fast_forward(seconds(1)).await;
    assert_eq!((services.counts(), services.refused()), ([1; 4], Vec::new()));
    let timeline = story.incident("payments-1").await["timeline"].to_string();
    assert_eq!(timeline.matches("was asked to wait 7s").count(), 4, "{timeline}");
    story.end().await;
}

/// Wrong, but as long as the right ones.
fn forge(stage: &Stage, services: &Services) -> [String; 4] {
    let teams = services.teams.url().replace(TEAMS_SIGNATURE, "VZ3kPl9s1fJq0uYhX8");
    let discord = services.discord.url().replace(DISCORD_TOKEN, "kQrStUvWxYz0123456789-abcdefghijklmnoq");
    let wrong = [teams, discord, TELEGRAM_TOKEN.replace("AAFD", "AAFE"), NTFY_TOKEN.replace("tk_A", "tk_B")];
    for (name, secret) in ["teams", "discord", "telegram", "ntfy"].into_iter().zip(&wrong) {
        fs::write(stage.path(name), secret).unwrap();
    }
    wrong
}

/// Nothing that stays of a Bellwire says them.
fn assert_untold(stage: &Stage, secrets: &[String], said: &[&str]) {
    let parts: Vec<&str> = secrets.iter().flat_map(|secret| secret.split(['/', '=', '&', '?'])).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| part.len() > 16 && !part.starts_with("127.0.0.1")).collect();
    assert!(parts.len() >= secrets.len(), "{parts:?}");
    let database = ["bellwire.db", "bellwire.db-wal"].map(|file| fs::read(stage.path(file)).unwrap_or_default());
    for part in parts.into_iter().filter(|part| !["0123456789abcdef"].contains(part)) {
        let kept = database.iter().any(|bytes| bytes.windows(part.len()).any(|window| window == part.as_bytes()));
        assert!(!kept, "{part} is in the database");
        assert!(!said.iter().any(|text| text.contains(part)), "{part} is told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_final_so_that_the_fallback_is_told_and_is_told_to_nobody() {
    let services = Services::start().await;
    let stage = services.stage().await;
    let wrong = forge(&stage, &services);
    let serving = Serving::start(&stage).await;
    let long_ago = "2026-01-01T00:00:00Z";
    let body = webhook(Status::Firing, &[alert("HighErrorRate", "critical")], long_ago, long_ago);
    assert_eq!(serving.post("/webhook/alertmanager", &body).await.status, 200);
    let refused = serving.logged("refused", 4).await;
    let reasons: Vec<&str> = refused.iter().map(|line| line["fields"]["reason"].as_str().unwrap()).collect();
    for words in ["Unauthorized", "Invalid Webhook Token", "unauthorized", "credentials are not valid"] {
        assert!(reasons.iter().any(|reason| reason.contains(words)), "{words}: {reasons:?}");
    }
    let told =
        |seen: &bellwire_support::slack::Seen| seen.rendering("#fallback").contains("HighErrorRate").then_some(());
    stage.slack.wait_for("the fallback's message", PATIENCE, told).await.unwrap();
    let (metrics, incident) =
        (serving.get("/metrics").await.body, serving.get("/api/v1/incidents/payments-1").await.body);
    let log = format!("{:?}", serving.logged("", 1).await);
    assert_untold(&stage, &wrong, &[&metrics, &incident, &log, &stage.channel("#fallback")]);
    assert!(metrics.contains("receiver=\"payments/telegram\""), "{metrics}");
    assert_eq!(serving.stop().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_a_host_that_is_not_allowed_is_not_made_and_the_fallback_is_told() {
    let services = Services::start().await;
    let stage = services.stage().await;
    let teams = services.teams.base();
    stage.routes(
        "payments",
        &services.routes().replace(&format!("hosts = [\"{teams}\"]"), "hosts = [\"teams.example\"]"),
    );
    let story = Story::begin(stage).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    assert_eq!(services.counts(), [0, 1, 1, 1]);
    assert!(services.refused().is_empty(), "it was not even asked");
    let told = story.channel("#fallback");
    assert!(told.contains("the plugin teams makes a request to http://127.0.0.1:"), "{told}");
    assert!(told.contains("which is not among its receiver's `hosts`") && !told.contains(TEAMS_SIGNATURE), "{told}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_not_there_at_a_start_leaves_its_messages_to_the_fallback_until_it_is() {
    let services = Services::start().await;
    let stage = services.stage().await;
    fs::remove_file(stage.plugin("ntfy")).unwrap();
    let story = Story::begin(stage).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    assert_eq!(services.counts(), [1, 1, 1, 0]);
    let told = story.channel("#fallback");
    assert!(told.contains("the plugin cannot be run") && told.contains("ntfy.wasm"), "{told}");

    story.install("ntfy");
    let reply = story.reload().await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    story.fast_forward(minutes(5)).await;
    story.fires(&[alert("Another", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    assert!(services.latest()[3].contains("Another"), "the next message has it");

    // What is broken at a reload is refused, and what runs goes on.
    fs::write(story.plugin("ntfy"), "not WebAssembly").unwrap();
    let reply = story.reload().await;
    assert_eq!(reply.status, 400);
    assert!(reply.message().contains("receiver `payments/ntfy`"), "{}", reply.message());
    story.fast_forward(minutes(5)).await;
    story.fires(&[alert("Third", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    assert!(services.latest()[3].contains("Third"), "{:?}", services.latest());
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_loops_holds_up_nobody_and_its_fallback_is_told() {
    let services = Services::start().await;
    let stage = services.stage().await;
    fs::write(stage.plugin("ntfy"), hostile::channel("(loop $again (br $again)) unreachable")).unwrap();
    let story = Story::begin(stage).await;
    for name in ["First", "Second", "Third"] {
        story.fires(&[alert(name, "critical")]).await;
    }
    story.fast_forward(minutes(1)).await;
    assert_eq!((services.counts(), services.refused()), ([2, 2, 2, 0], Vec::new()));
    let told = story.channel("#fallback");
    assert!(told.contains("the plugin ntfy gave no answer: the plugin used up its fuel"), "{told}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_what_a_plugin_needs_where_it_is_missing() {
    let services = Services::start().await;
    let stage = services.stage().await;
    let ended = run(&mut bellwire(&stage, &["check"])).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let server = format!("server = \"{}\"", services.telegram.url());
    let routes = services.routes().replace(&server, "server = \"https://bots.example\"");
    stage.routes(
        "payments",
        &routes.replace("{ token = { file = \"ntfy\" } }", "{}").replace("access = \"token\"", "access = 7"),
    );
    let ended = run(&mut bellwire(&stage, &["check"])).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for part in
        ["the plugin `telegram` sends to `bots.example`, which it may not", "receiver `payments/ntfy`: `access`"]
    {
        assert!(ended.error.contains(part), "no {part:?} in {}", ended.error);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_goes_through_a_channel() {
    let services = Services::start().await;
    let stage = services.stage().await;
    for name in ["teams", "discord", "telegram", "ntfy"] {
        let ended = run(&mut bellwire(&stage, &["send-test", name])).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    assert_eq!((services.counts(), services.refused()), ([1; 4], Vec::new()));
    for message in services.latest() {
        assert!(message.contains("This is a test of the way to you"), "{message}");
    }
    let wrong = forge(&stage, &services);
    let ended = run(&mut bellwire(&stage, &["send-test", "telegram"])).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.error.contains("Unauthorized") || ended.out.contains("Unauthorized"), "{ended:?}");
    assert_untold(&stage, &wrong, &[&ended.out, &ended.error]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_by_a_plugin() {
    let services = Services::start().await;
    let stage = services.stage().await;
    let ntfy = services.ntfy.url();
    let contact = format!(
        "[people.ann]\ncontact = [{{ channel = {{ plugin = \"ntfy\", hosts = [\"{ntfy}\"], secrets = {{ token = {{ file = \"ntfy\" }} }}, \
         settings = {{ topic = \"ann\", server = \"{ntfy}\", access = \"token\" }} }} }}]\n\n[receivers.fallback]"
    );
    let routes = services.routes().replace("[receivers.fallback]", &contact);
    stage.routes("payments", &routes.replace("to = [\"teams\", ", "to = [\"person:ann\", \"teams\", "));
    let story = Story::begin(stage).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(seconds(5)).await;
    let topics: Vec<String> = services.ntfy.seen().messages.into_iter().map(|message| message.topic).collect();
    assert_eq!(topics.len(), 2, "{topics:?}");
    assert!(topics.contains(&"ann".to_owned()), "{topics:?}");
    story.end().await;
}
