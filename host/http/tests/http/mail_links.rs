//! Links in mails.

use crate::{
    outside::{outside_with, settings, staffed},
    world::{InMemory, NOW, Reply, World},
};
use axum::http::Method;
use bellwire_core::Instant;
use bellwire_http::{ActionLink, LinkRefusal, Unavailable};
use std::time::Duration;

async fn mailed() -> World {
    let link = |incident: &str| {
        let expires_at = Instant::from_millis(NOW + 1_000);
        Ok(ActionLink { incident: incident.parse().unwrap(), by: "ann".into(), expires_at })
    };
    let links = [("good", link("ops-1")), ("gone", link("ops-9")), ("old", Err(LinkRefusal::Expired))];
    let links = links.into_iter().map(|(token, link)| (token.to_owned(), link)).collect();
    outside_with(&settings(), InMemory { links, ..InMemory::with_tables(staffed()) }).await
}

#[track_caller]
fn is_a_safe_page(reply: &Reply) {
    let header = |name: &str| reply.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("frame-ancestors 'none'"));
    assert!(
        reply.body.starts_with("<!doctype html>") && !reply.body.contains("<script") && !reply.body.contains("<b>")
    );
}

#[tokio::test]
async fn to_look_changes_nothing() {
    let world = mailed().await;
    let before = world.standing("ops-1").await;
    for _ in 0..3 {
        let page = world.get("/act/good").await;
        assert_eq!(page.status, 200);
        is_a_safe_page(&page);
        for shown in [
            "<h1>Disk</h1>",
            "ops-1, no priority yet, open",
            "&lt;b&gt;full&lt;/b&gt; &amp; &quot;hot&quot; (firing)",
            "<button name=\"action\" value=\"acknowledge\">",
            &format!("name=\"revision\" value=\"{}\"", before.1),
            "You act as ann.",
        ] {
            assert!(page.body.contains(shown), "{shown}: {}", page.body);
        }
        assert_eq!(world.call(Method::HEAD, "/act/good", &[], "").await.status, 200);
        assert_eq!(world.standing("ops-1").await, before);
    }
}

#[tokio::test]
async fn a_button_acts_in_the_persons_name() {
    let world = mailed().await;
    let (_, seen, _) = world.standing("ops-1").await;
    for (action, said, last) in [
        ("acknowledge", "ops-1 is acknowledged.", "acknowledged by ann (via email)"),
        ("unacknowledge", "ops-1 is given back", "given back by ann (via email)"),
        (
            "snooze",
            "ops-1 is snoozed until 2026-11-21 04:12:00 UTC.",
            "snoozed until 2026-11-21 04:12:00 UTC by ann (via email)",
        ),
        ("resolve", "ops-1 is resolved.", "resolved by ann (via email)"),
    ] {
        let page = world.form("/act/good", &format!("action={action}&revision={seen}")).await;
        assert_eq!(page.status, 200, "{action}: {}", page.body);
        is_a_safe_page(&page);
        assert!(page.body.contains(said), "{}", page.body);
        assert_eq!(world.standing("ops-1").await.2, last);
    }
    let page = world.get("/act/good").await;
    assert!(page.status == 200 && page.body.contains("there is nothing to do") && !page.body.contains("<button"));
}

#[tokio::test]
async fn what_cannot_be_done_has_a_clear_page() {
    let world = mailed().await;
    let (_, seen, _) = world.standing("ops-1").await;
    assert_eq!(world.form("/act/good", &format!("action=acknowledge&revision={seen}")).await.status, 200);
    let before = world.standing("ops-1").await;
    let long = "x".repeat(10_000);
    for (token, form, status, words) in [
        ("forged", "action=resolve&revision=1", 403, "this link is not one of ours"),
        (&long, "action=resolve&revision=1", 403, "this link is not one of ours"),
        ("old", "action=resolve&revision=1", 410, "this link has expired"),
        ("gone", "action=resolve&revision=1", 404, "There is no incident ops-9."),
        ("good", "action=escalate&revision=1", 409, "ops-1 has moved on since you saw it"),
        ("good", "action=explode&revision=1", 400, "There is no such button"),
        ("good", "action=resolve", 400, "There is no such button"),
        ("good", "action=resolve&revision=-1", 400, "There is no such button"),
        ("good", "", 400, "There is no such button"),
    ] {
        let page = world.form(&format!("/act/{token}"), form).await;
        assert_eq!(page.status, status, "{token} {form}: {}", page.body);
        is_a_safe_page(&page);
        assert!(page.body.contains(words), "{token} {form}: {}", page.body);
        assert_eq!(world.standing("ops-1").await, before, "{token} {form}");
    }
    for (token, status) in [("forged", 403), ("old", 410), ("gone", 404)] {
        let page = world.get(&format!("/act/{token}")).await;
        assert_eq!(page.status, status);
        is_a_safe_page(&page);
    }
    assert_eq!(world.post("/act/good", "{}").await.status, 415);
    assert_eq!(world.form("/act/good", &"x".repeat(600_000)).await.status, 413);
    assert_eq!(world.standing("ops-1").await, before);
    world.command("resolve ops-1").await;
    let page = world.form("/act/good", "action=snooze&revision=1").await;
    assert!(page.status == 409 && page.body.contains("ops-1 is resolved already: nothing was done."), "{}", page.body);
}

#[tokio::test]
async fn a_store_that_is_away_is_said() {
    let world = mailed().await;
    let link = world.backend.links["good"].clone();
    let unavailable = Unavailable { reason: "the disk is full".into(), retry_after: Duration::from_secs(5) };
    let links = [("good".to_owned(), link)].into_iter().collect();
    let world = World::with(&settings(), InMemory { links, unavailable: Some(unavailable), ..InMemory::new() });
    for page in [world.get("/act/good").await, world.form("/act/good", "action=resolve&revision=1").await] {
        assert!(page.status == 503 && page.body.contains("the disk is full"), "{}", page.body);
        is_a_safe_page(&page);
    }
}
