//! A new configuration for a running Bellwire: all of it or none, and no incident or timer is lost.

use crate::{
    alerts::alert,
    configuration::PAYMENTS,
    stage::Stage,
    story::{Story, minutes, seconds},
};

const SHOP: &str = r##"
team = "shop"
match = ['service="shop"']

[receivers.war-room]
slack = { channel = "#war-room" }

[policies.all]
plugin = "passthrough"
settings = { to = "war-room" }

[route]
policy = "all"
fallback = ["war-room"]
"##;

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_keeps_incidents_timers_and_what_was_sent() {
    let story = Story::begin(Stage::new().await).await;
    story.fires(&[alert("HighErrorRate", "critical")]).await;
    story.fast_forward(minutes(3)).await;

    // From now on the director has the second step; the first was sent, and stays sent.
    story.routes("payments", &PAYMENTS.replace("to = [\"manager\", \"oncall\"]", "to = [\"director\"]"));
    let reply = story.reload().await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    story.settle().await;
    assert_eq!((story.pages().len(), story.mails().len()), (1, 0), "a reload itself tells nobody");
    story.fast_forward(minutes(2)).await;
    assert_eq!(story.mails().len(), 0, "not yet");
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.mails()[0].0, "director@example.com", "its timer was kept");
    story.acknowledge("payments-1", "anna").await;
    story.settle().await;
    assert!(story.channel("#payments").contains("acknowledged by anna"));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_is_all_or_nothing_and_names_every_error_at_once() {
    let story = Story::begin(Stage::new().await).await;
    story.host("default_taem = \"payments\"");
    story.routes("payments", &PAYMENTS.replace("fallback = [\"fallback\"]", "fallback = [\"fallbakc\"]"));
    story.routes("shop", SHOP);
    let reply = story.reload().await;
    assert_eq!(reply.status, 400);
    for part in ["default_taem", "did you mean", "there is no receiver `fallbakc`", "several teams"] {
        assert!(reply.message().contains(part), "no {part:?} in {}", reply.message());
    }
    let mut shop = alert("Slow", "critical");
    shop = shop.labelled("service", "shop");
    story.fires(std::slice::from_ref(&shop)).await;
    story.fast_forward(seconds(5)).await;
    assert_eq!(story.incidents().await, ["payments-1 open P1"], "the team that came with the error is not there");

    story.host("");
    story.routes(
        "payments",
        &PAYMENTS.replace("team = \"payments\"", "team = \"payments\"\nmatch = ['service=\"payments\"']"),
    );
    let reply = story.reload().await;
    assert_eq!(reply.status, 400, "two teams, and no default team");
    std::fs::write(
        story.config(),
        format!("default_team = \"payments\"\n{}", std::fs::read_to_string(story.config()).unwrap()),
    )
    .unwrap();
    let reply = story.reload().await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.body.starts_with("configuration reloaded, revision "), "{}", reply.body);
    story.fires(&[shop.on("shop-2:9100")]).await;
    story.fast_forward(seconds(5)).await;
    assert!(story.incidents().await.contains(&"shop-1 open P2".to_owned()), "{:?}", story.incidents().await);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_names_what_only_the_next_start_takes() {
    let story = Story::begin(Stage::new().await).await;
    let reply = story.reload().await;
    assert!(!reply.body.contains("next start"), "{}", reply.body);
    story.host(crate::configuration::AUTH);
    let reply = story.reload().await;
    assert!(reply.body.ends_with("; these hold only from the next start on: [auth]\n"), "{}", reply.body);
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_not_the_pinned_one_is_refused_and_the_running_one_stays() {
    let story = Story::begin(Stage::new().await).await;
    let pin = |hash: &str| {
        SHOP.replace("plugin = \"passthrough\"", &format!("plugin = {{ name = \"passthrough\", sha256 = \"{hash}\" }}"))
    };
    let other = "0".repeat(64);
    story.routes(
        "payments",
        &PAYMENTS.replace("team = \"payments\"", "team = \"payments\"\nmatch = ['service=\"payments\"']"),
    );
    story.routes("shop", &pin(&other));
    let config = std::fs::read_to_string(story.config()).unwrap();
    std::fs::write(story.config(), format!("default_team = \"payments\"\n{config}")).unwrap();
    let reply = story.reload().await;
    assert_eq!(reply.status, 400, "{}", reply.body);
    let message = reply.message();
    assert!(message.contains("is not the plugin that `sha256` names"), "{message}");
    // The remedy is in the message: what the file has.
    let is_hash =
        |word: &&str| word.len() == 64 && **word != *other && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hash = message.split(|letter: char| !letter.is_ascii_alphanumeric()).find(is_hash).unwrap().to_owned();
    story.routes("shop", &pin(&hash));
    let reply = story.reload().await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    story.end().await;
}
