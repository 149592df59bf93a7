//! The life of alerts and incidents: what counts, what ends, what comes back.

use super::*;

#[test]
fn an_alert_resolved_twice_in_other_words_counts_once() {
    let mut story = Story::new();
    let mut post = |job: &str, value: &str, ends: Ends| {
        let labels = Labels::from_pairs([("alertname", "Down"), ("job", job)]);
        let annotations = Labels::from_pairs([("value", value)]);
        let input = AlertInput { labels, annotations, starts_at: None, ends, generator_url: "".into() };
        story.turn(Some(Event::Received(vec![input])));
        story.engine.incidents_in(IncidentState::Resolved)
    };
    post("api", "1", Ends::Open);
    post("web", "1", Ends::Open);
    assert_eq!(post("web", "1", Ends::Resolved(START)), 0);
    assert_eq!(post("web", "2", Ends::Resolved(START)), 0, "the other alert still fires");
    assert_eq!(post("api", "1", Ends::Resolved(START)), 1);
}

#[test]
fn an_alert_that_changes_after_its_incident_was_resolved_by_hand_asks_nothing() {
    let mut story = Story::new();
    story.fires("Down");
    story.act(Action::Resolve);
    story.fast_forward(60);
    story.post("Down", "7", Ends::Open);
    // Fails if a deadline stays.
    story.fast_forward(1_000);
    assert_eq!(story.engine.incidents_in(IncidentState::Open), 1, "it still fires, so it came back");
}
