//! Buttons in Slack.

use crate::{
    outside::{ACTIONS, COMMAND, RESPONSE_URL, SECONDS, ann, carried, outside, outside_with, press, settings, staffed},
    world::{InMemory, World},
};
use bellwire_core::Instant;
use bellwire_http::{Integrations, Settings, Unavailable};
use bellwire_support::slack::press::{SIGNING_SECRET, SignedForm, User};
use serde_json::json;
use std::time::Duration;
use tokio::sync::Semaphore;

#[tokio::test]
async fn each_button_acts_in_the_persons_name() {
    for (button, state, last) in [
        ("bellwire_acknowledge", "acknowledged", "acknowledged by ann (via slack)"),
        ("bellwire_snooze", "snoozed", "snoozed until 2026-11-21 04:12:00 UTC by ann (via slack)"),
        ("bellwire_resolve", "resolved", "resolved by ann (via slack)"),
        ("bellwire_escalate", "open", "ann asked for the next step (via slack)"),
    ] {
        let world = outside().await;
        let (_, revision, _) = world.standing("ops-1").await;
        let reply = world.slack(ACTIONS, &press(&ann(), button, &carried("ops-1", revision))).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, ""), "{button}");
        let (now, _, said) = world.standing("ops-1").await;
        assert_eq!((now.as_str(), said.as_str()), (state, last));
        assert!(world.said().is_empty(), "what was done shows in the message itself");
    }
}

#[tokio::test]
async fn who_is_nobody_of_ours_is_named_as_slack_does() {
    let world = outside().await;
    let stranger = User::new("U9", "ann\n<!channel>");
    world.slack(ACTIONS, &press(&stranger, "bellwire_acknowledge", &carried("ops-1", 1))).await;
    assert_eq!(world.standing("ops-1").await.2, "acknowledged by ann<!channel> (Slack) (via slack)");
    world.slack(ACTIONS, &press(&User::new("U9", ""), "bellwire_resolve", &carried("ops-1", 1))).await;
    assert_eq!(world.standing("ops-1").await.2, "resolved by U9 (Slack) (via slack)");
}

#[tokio::test]
async fn a_refusal_reaches_the_person_and_changes_nothing() {
    let world = outside().await;
    let (_, seen, _) = world.standing("ops-1").await;
    world.slack(ACTIONS, &press(&ann(), "bellwire_acknowledge", &carried("ops-1", seen))).await;
    let before = world.standing("ops-1").await;
    for (button, value, words) in [
        ("bellwire_escalate", carried("ops-1", seen), "ops-1 has moved on since you saw it: nothing was done."),
        ("bellwire_acknowledge", carried("ops-1", seen + 1), "You have acknowledged ops-1 already."),
        ("bellwire_resolve", carried("ops-9", 1), "There is no incident ops-9."),
        ("bellwire_resolve", carried("<!channel>-9", 1), "There is no incident &lt;!channel&gt;-9."),
        ("bellwire_explode", carried("ops-1", seen), "This button is of another version of Bellwire"),
        ("bellwire_resolve", "{}".into(), "This button is of another version of Bellwire"),
        ("bellwire_resolve", "not JSON".into(), "This button is of another version of Bellwire"),
        ("bellwire_resolve", carried("ops", 1), "This button is of another version of Bellwire"),
    ] {
        let reply = world.slack(ACTIONS, &press(&ann(), button, &value)).await;
        assert_eq!(reply.status, 200, "{button} {value}: {}", reply.body);
        let said = world.said();
        assert!(said.len() == 1 && said[0].starts_with(words), "{button} {value}: {said:?}");
        assert_eq!(world.standing("ops-1").await, before);
    }
    let resolve = SignedForm::press(SECONDS + 1, &ann(), "bellwire_resolve", &carried("ops-1", 1), RESPONSE_URL);
    world.slack(ACTIONS, &resolve).await;
    let before = world.standing("ops-1").await;
    assert_eq!(before.0, "resolved");
    world.slack(ACTIONS, &press(&ann(), "bellwire_snooze", &carried("ops-1", before.1))).await;
    assert_eq!(world.said(), ["ops-1 is resolved already: nothing was done."]);
    assert_eq!(world.standing("ops-1").await, before);
}

#[tokio::test]
async fn what_is_none_of_our_buttons_is_taken_and_ignored() {
    let world = outside().await;
    let before = world.standing("ops-1").await;
    let action = |id: &str| json!({"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": id}]});
    for payload in [
        action("their_button"),
        json!({"type": "block_actions", "user": {"id": "U1"}, "actions": []}),
        json!({"type": "view_submission", "user": {"id": "U1"}, "view": {}}),
    ] {
        assert_eq!(world.slack(ACTIONS, &SignedForm::interaction(SECONDS, &payload)).await.status, 200);
    }
    assert!(world.said().is_empty());
    assert_eq!(world.standing("ops-1").await, before);
}

/// The example of Slack's own documentation, whose command is none of ours: an empty text asks for help.
#[tokio::test]
async fn the_published_signature_is_taken() {
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let published = SignedForm {
        timestamp: "1531420618".into(),
        signature: "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503".into(),
        body: body.into(),
    };
    let backend = InMemory { now: Instant::from_millis(1_531_420_700_000), ..InMemory::new() };
    let reply = World::with(&settings(), backend).slack(COMMAND, &published).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.json()["text"].as_str().unwrap().contains("`oncall [SCHEDULE]`"));
    let reply = outside().await.slack(COMMAND, &published).await;
    assert_eq!(reply.status, 401, "years later it is not");
}

#[tokio::test]
async fn forged_stale_and_replayed_requests_are_refused_alike() {
    let world = outside().await;
    let before = world.standing("ops-1").await;
    let at = |seconds| SignedForm::press(seconds, &ann(), "bellwire_resolve", &carried("ops-1", 1), RESPONSE_URL);
    let good = at(SECONDS);
    let forged = |change: fn(&mut SignedForm)| {
        let mut form = good.clone();
        change(&mut form);
        form
    };
    for (what, form) in [
        ("another secret", SignedForm::new("another", SECONDS, good.body.clone())),
        ("another body", forged(|form| form.body.push('x'))),
        ("another time", forged(|form| form.timestamp.push('0'))),
        ("another version", forged(|form| form.signature.replace_range(..2, "v1"))),
        ("a cut signature", forged(|form| form.signature.truncate(60))),
        ("no signature", forged(|form| form.signature.clear())),
        ("no time", forged(|form| form.timestamp.clear())),
        ("too old", at(SECONDS - 301)),
        ("from the future", at(SECONDS + 301)),
    ] {
        let reply = world.slack(ACTIONS, &form).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (401, "a fresh and valid signature is needed"),
            "{what}"
        );
        assert_eq!(world.standing("ops-1").await, before, "{what}");
    }
    let unsigned = world.form(ACTIONS, &good.body).await;
    assert_eq!(unsigned.status, 401);
    for seconds in [SECONDS - 300, SECONDS + 300] {
        let form = SignedForm::press(seconds, &ann(), "bellwire_acknowledge", &carried("ops-1", 1), RESPONSE_URL);
        assert_eq!(world.slack(ACTIONS, &form).await.status, 200, "clocks differ");
    }
    assert_eq!(world.slack(ACTIONS, &good).await.status, 200);
    let after = world.standing("ops-1").await;
    let replayed = world.slack(ACTIONS, &good).await;
    assert_eq!((replayed.status.as_u16(), replayed.message().as_str()), (401, "a fresh and valid signature is needed"));
    assert_eq!(world.slack(COMMAND, &good).await.status, 401, "nor elsewhere");
    assert_eq!(world.standing("ops-1").await, after);
}

#[tokio::test]
async fn bodies_that_are_no_interaction_get_a_clear_answer() {
    let world = outside().await;
    let before = world.standing("ops-1").await;
    let signed = |body: &str| SignedForm::new(SIGNING_SECRET, SECONDS, body.to_owned());
    for (body, words) in [
        ("", "the form has no payload"),
        ("payload", "the payload is no interaction of Slack's"),
        ("payload=%7B", "the payload is no interaction of Slack's"),
        ("payload=%7B%7D", "the payload is no interaction of Slack's"),
        ("payload=%FF%FE", "the payload is no interaction of Slack's"),
    ] {
        let reply = world.slack(ACTIONS, &signed(body)).await;
        assert_eq!((reply.status.as_u16(), reply.message().as_str()), (400, words), "{body}");
    }
    let deep = format!("payload={}", "%5B".repeat(50_000));
    assert_eq!(world.slack(ACTIONS, &signed(&deep)).await.status, 400);
    let large = world.slack(ACTIONS, &signed(&"x".repeat(600_000))).await;
    assert_eq!((large.status.as_u16(), large.message().as_str()), (413, "the body is larger than 524288 bytes"));
    let json = world.post(ACTIONS, "{}").await;
    assert_eq!(
        (json.status.as_u16(), json.message().as_str()),
        (415, "Content-Type must be application/x-www-form-urlencoded")
    );
    assert_eq!(world.get(ACTIONS).await.status, 405);
    assert_eq!(world.standing("ops-1").await, before);
}

#[tokio::test]
async fn without_its_secret_nothing_is_let_in() {
    let world = outside_with(&Settings::default(), InMemory::with_tables(staffed())).await;
    for path in [ACTIONS, COMMAND] {
        let reply = world.slack(path, &press(&ann(), "bellwire_resolve", &carried("ops-1", 1))).await;
        let words = "Slack may not act here: set [slack] signing_secret in the configuration";
        assert_eq!((reply.status.as_u16(), reply.message().as_str()), (404, words));
    }
}

#[tokio::test]
async fn what_cannot_be_done_now_is_said_and_marked() {
    let unavailable = Unavailable { reason: "the disk is full".into(), retry_after: Duration::from_secs(5) };
    let backend = InMemory { unavailable: Some(unavailable), ..InMemory::with_tables(staffed()) };
    let world = World::with(&settings(), backend);
    let reply = world.slack(ACTIONS, &press(&ann(), "bellwire_acknowledge", &carried("ops-1", 1))).await;
    assert_eq!(reply.status, 503);
    assert_eq!(world.said(), ["ops-1: not now, for the disk is full. Try again."]);
}

#[tokio::test(start_paused = true)]
async fn slack_is_answered_in_time_and_the_act_is_not_lost() {
    // One batch of alerts is answered, and no act after it.
    let backend = InMemory { answers: Semaphore::new(1), ..InMemory::with_tables(staffed()) };
    let world = outside_with(&settings(), backend).await;
    let began = tokio::time::Instant::now();
    let reply = world.slack(ACTIONS, &press(&ann(), "bellwire_acknowledge", &carried("ops-1", 1))).await;
    assert_eq!(reply.status, 200);
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(world.said(), ["ops-1: this takes longer than usual, and is under way. Look again in a moment."]);
    assert_eq!(world.standing("ops-1").await.0, "acknowledged");
}

#[tokio::test]
async fn only_slack_is_answered() {
    let elsewhere = [
        "http://hooks.slack.com/actions/1",
        "https://hooks.slack.com.example.org/1",
        "https://hooks.slack.com@example.org/1",
        "https://user@hooks.slack.com/1",
        "https://hooks.slack.com:8443/1",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "not a URL",
        "",
    ];
    let world = outside().await;
    for url in elsewhere {
        let form = SignedForm::press(SECONDS, &ann(), "bellwire_resolve", &carried("ops-9", 1), url);
        assert_eq!(world.slack(ACTIONS, &form).await.status, 200);
        assert!(world.said().is_empty(), "{url}");
    }
    let integrations =
        Integrations { slack_response_base: Some("http://127.0.0.1:8080/api".into()), ..settings().integrations };
    let world = outside_with(&Settings { integrations, ..Settings::default() }, InMemory::with_tables(staffed())).await;
    for (url, said) in [("http://127.0.0.1:8080/actions/1", 1), ("http://127.0.0.1:8081/actions/1", 0)] {
        let form = SignedForm::press(SECONDS, &ann(), "bellwire_resolve", &carried("ops-9", 1), url);
        world.slack(ACTIONS, &form).await;
        assert_eq!(world.said().len(), said, "{url}");
    }
}
