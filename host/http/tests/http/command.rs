//! Slack's slash command.

use crate::{
    outside::{COMMAND, SECONDS, outside, settings},
    world::{ALERTS, World},
};
use bellwire_support::slack::press::{SIGNING_SECRET, SignedForm};

#[tokio::test]
async fn acts_and_says_what_was_done() {
    let world = outside().await;
    for (text, said, state) in [
        ("ack ops-1", "ops-1 is acknowledged.", "acknowledged"),
        ("ack `ops-1` ", "You have acknowledged ops-1 already.", "acknowledged"),
        ("UNACK ops-1", "ops-1 is given back: the escalation goes on.", "open"),
        ("unack ops-1", "Nobody has ops-1: there was nothing to give back.", "open"),
        ("snooze ops-1", "ops-1 is snoozed until 2026-11-21 04:12:00 UTC.", "snoozed"),
        ("snooze ops-1 for 1h 30m", "ops-1 is snoozed until 2026-11-21 04:42:00 UTC.", "snoozed"),
        ("escalate ops-1", "ops-1 goes to its next step now.", "open"),
        ("reassign ops-1 ann", "ops-1 is handed to person:ann, who is being told.", "open"),
        ("resolve ops-1", "ops-1 is resolved.", "resolved"),
        ("resolve  ops-1", "ops-1 is resolved already.", "resolved"),
    ] {
        assert_eq!(world.command(text).await, said, "{text}");
        assert_eq!(world.standing("ops-1").await.0, state, "{text}");
    }
    assert_eq!(world.standing("ops-1").await.2, "resolved by ann (via slack)");
}

#[tokio::test]
async fn what_is_wrong_is_said_and_changes_nothing() {
    let world = outside().await;
    let before = world.standing("ops-1").await;
    for (text, said) in [
        ("akc ops-1", "There is no command `akc` – did you mean `ack`? `/bellwire help` lists them all."),
        ("<!channel>", "There is no command `&lt;!channel&gt;`. `/bellwire help` lists them all."),
        ("ack", "Which incident? Say `ack ID`, as in `ack payments-12`; `list` shows them."),
        ("ack 1", "`1` is no incident's ID: it looks like `payments-12`. `list` shows them."),
        ("ack opps-1", "There is no incident opps-1. Did you mean `ops-1`?"),
        ("ack ops-9", "There is no incident ops-9."),
        ("ack &-9", "There is no incident &amp;-9."),
        ("ack ops-1 please", "I do not know what to do with `please`. `/bellwire help` says how."),
        ("snooze ops-1 soon", "`soon` is no length of time: say `1h`, `90m` or `1h 30m`."),
        ("snooze ops-1 0s", "ops-1 was not snoozed: "),
        ("snooze ops-1 900y", "ops-1 was not snoozed: "),
        ("reassign ops-1", "To whom? Say `reassign ops-1 person:NAME`, or `schedule:NAME`."),
        (
            "reassign ops-1 anne",
            "Nothing was done: the team of ops-1 does not have person:anne (did you mean person:ann?); its people: ann.",
        ),
        ("reassign ops-1 person:bob", "Nothing was done: the team of ops-1 does not have person:bob; its people: ann."),
        ("list opps", "There is no team `opps` – did you mean `ops`?"),
        ("oncall primry", "There is no schedule `primry` – did you mean `primary`?"),
        ("oncall a b", "I do not know what to do with `b`. `/bellwire help` says how."),
    ] {
        let answer = world.command(text).await;
        assert!(answer.starts_with(said), "{text}: {answer}");
        assert_eq!(world.standing("ops-1").await, before, "{text}");
    }
    let long = world.command(&"x".repeat(100_000)).await;
    assert!(long.ends_with("lists them all."));
}

#[tokio::test]
async fn lists_what_is_not_resolved() {
    let world = outside().await;
    world.post(ALERTS, r#"[{"labels":{"alertname":"<!here> & Co"}}]"#).await;
    world.command("ack ops-1").await;
    let listed = world.command("list ops").await;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(lines[0].starts_with("`ops-2` *no priority yet* open – &lt;!here&gt; &amp; Co – 1 firing"), "{listed}");
    assert!(lines[1].starts_with("`ops-1` *no priority yet* acknowledged by ann – Disk – 1 firing"), "{listed}");
    for id in ["ops-1", "ops-2"] {
        world.command(&format!("resolve {id}")).await;
    }
    assert_eq!(world.command("list").await, "Nothing is open.");
}

#[tokio::test]
async fn says_who_is_on_call() {
    let world = outside().await;
    let standing = "*ops/primary*: Ann Smith";
    for text in ["oncall", "oncall primary", "oncall ops/primary"] {
        let answer = world.command(text).await;
        assert!(answer.starts_with(standing), "{text}: {answer}");
    }
    let nobody = World::with(&settings(), crate::world::InMemory::new());
    assert_eq!(nobody.command("oncall").await, "There are no schedules.");
}

#[tokio::test]
async fn a_form_without_a_user_is_no_command() {
    let form = SignedForm::new(SIGNING_SECRET, SECONDS, "text=resolve+ops-1".into());
    let world = outside().await;
    assert_eq!(world.slack(COMMAND, &form).await.status, 400);
    let check = SignedForm::new(SIGNING_SECRET, SECONDS, "ssl_check=1&token=gIkuvaNzQIHg97ATvDxqgjtO".into());
    assert_eq!(world.slack(COMMAND, &check).await.status, 200, "Slack looks at the certificate");
    assert_eq!(world.standing("ops-1").await.0, "open");
}
