//! Storms: what one receiver is told by itself, and what together.

use super::*;

fn with_window(seconds: u64) -> Story {
    let mut tables = tables();
    for receiver in tables.receivers.values_mut() {
        receiver.bundle_window = Span::from_secs(seconds);
    }
    let mut story = Story::with(tables);
    story.policy = Box::new(once);
    story
}

/// One page to the team, as urgent as the alert's `severity` says.
fn once(facts: &Facts) -> Result<Decision, PluginFault> {
    let severity = |alert: &Arc<crate::Alert>| alert.labels.get("severity").to_string();
    let priority = match facts.incident.alerts.first().map(severity).as_deref() {
        Some("critical") => Priority::P1,
        Some("info") => Priority::P4,
        _ => Priority::P3,
    };
    let to = vec![Target::Receiver("team".into())];
    let notices = vec![DecidedNotice { key: "page".into(), to, page: priority != Priority::P4, text: None }];
    Ok(Decision { priority, notices, next_check: None, reason: "once".into() })
}

#[test]
fn the_first_goes_at_once_and_the_rest_together() {
    let mut story = with_window(30);
    story.fire_all(&["alertname=A", "alertname=B", "alertname=C"]);
    assert_eq!(story.heard(), ["+0s Decided team page"]);
    story.fast_forward(29);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(1);
    assert_eq!(story.heard(), ["+30s Decided team page (2 together)"]);
    story.fire_all(&["alertname=D"]);
    story.fast_forward(29);
    assert_eq!(story.heard(), [""; 0], "the bundle opened a window of its own");
    story.fast_forward(1);
    assert_eq!(story.heard(), ["+60s Decided team page"], "one is an ordinary message");
}

#[test]
fn a_p1_never_waits_behind_a_p3() {
    let mut story = with_window(30);
    story.fire_all(&["alertname=A", "alertname=B"]);
    story.fire_all(&["alertname=C severity=critical", "alertname=D severity=critical"]);
    assert_eq!(story.heard(), ["+0s Decided team page", "+0s Decided team page"]);
    story.fast_forward(30);
    assert_eq!(story.heard(), ["+30s Decided team page", "+30s Decided team page"]);
}

#[test]
fn a_digest_is_one_message() {
    let mut story = with_window(30);
    story.fire_all(&["alertname=A severity=info", "alertname=B severity=info", "alertname=C severity=info"]);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(30);
    assert_eq!(story.heard(), ["+30s Decided team page (3 together)"]);
    // They are known from the bundle only: so is what becomes of them.
    story.resolve_all(&["alertname=A severity=info", "alertname=B severity=info"]);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(30);
    let heard = story.heard();
    assert!(heard.len() == 1 && heard[0].contains("(2 together)"), "{heard:?}");
}

#[test]
fn a_bundle_that_fails_is_tried_again_as_one_and_then_handed_over() {
    let mut story = with_window(30);
    story.fire_all(&["alertname=A", "alertname=B", "alertname=C"]);
    let mut left = 1;
    story.sender = Box::new(move |_| match left {
        0 => Delivery::Delivered { receipt: None },
        _ => {
            left -= 1;
            Delivery::Retry { after: Some(Span::from_secs(5)), reason: "busy".into() }
        }
    });
    story.heard();
    story.fast_forward(35);
    assert_eq!(story.heard(), ["+30s Decided team page (2 together)", "+35s Decided team page (2 together)"]);
    let told = story.stored.notices.iter().filter(|notice| notice.bundle.is_some()).count();
    assert_eq!(told, 2);
}

#[test]
fn a_restart_keeps_the_windows() {
    let mut story = with_window(30);
    story.fire_all(&["alertname=A"]);
    story.heard();
    story.fast_forward(10);
    story.restart();
    story.fire_all(&["alertname=B", "alertname=C"]);
    story.restart();
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(20);
    assert_eq!(story.heard(), ["+30s Decided team page (2 together)"]);
}
