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

#[test]
fn an_alert_has_one_timer_however_often_it_changes() {
    let mut story = Story::new();
    for round in 0..50 {
        let far = START.saturating_add(Span::from_secs(1_000_000 + round));
        story.post("Down", &format!("{round}"), Ends::At(far));
        story.post("Down", &format!("{round}"), Ends::Open);
    }
    assert!(story.engine.timers_len() <= 2, "{}", story.engine.timers_len());
    story.post("Down", "", Ends::At(START.saturating_add(Span::from_secs(1_000_000))));
    story.clears("Down");
    story.fast_forward(301);
    assert_eq!((story.engine.alerts_len(), story.engine.timers_len()), (0, 0));
}

#[test]
fn whether_an_alert_has_an_end_survives_a_restart() {
    let mut story = Story::new();
    story.post("Down", "", Ends::Unsaid);
    story.fires("Down");
    story.restart();
    story.fast_forward(86_400);
    assert_eq!(story.engine.incidents_in(IncidentState::Open), 1, "Alertmanager has not said that it ended");
    story.post("Down", "", Ends::Unsaid);
    story.restart();
    story.fast_forward(300);
    assert_eq!(story.engine.incidents_in(IncidentState::Resolved), 1);
}

#[test]
fn an_end_far_ahead_survives_a_restart_and_a_usual_heartbeat_is_not_written() {
    let mut story = Story::new();
    let at = |story: &Story, seconds: u64| Ends::At(story.now.saturating_add(Span::from_secs(seconds)));
    let soon = at(&story, 240);
    story.post("Down", "", soon);
    story.fast_forward(60);
    let writes = story.writes;
    let soon = at(&story, 240);
    story.post("Down", "", soon);
    assert_eq!(story.writes, writes, "as Prometheus does");
    let far = at(&story, 86_400);
    story.post("Down", "", far);
    story.restart();
    story.fast_forward(86_399);
    assert_eq!(story.engine.incidents_in(IncidentState::Resolved), 0);
    story.fast_forward(1);
    assert_eq!(story.engine.incidents_in(IncidentState::Resolved), 1);
}

#[test]
fn what_joins_an_acknowledged_incident_pages_again() {
    let joins = |story: &mut Story, instance: &str| {
        let labels = Labels::from_pairs([("alertname", "Down"), ("instance", instance)]);
        let annotations = Labels::default();
        let input = AlertInput { labels, annotations, starts_at: None, ends: Ends::Open, generator_url: "".into() };
        story.turn(Some(Event::Received(vec![input])));
    };
    let mut story = Story::new();
    story.fires("Down");
    story.act(Action::Acknowledge);
    story.heard();
    joins(&mut story, "b");
    assert_eq!(story.heard(), ["+0s AlertsJoined team bellwire:joined-5"]);
    joins(&mut story, "c");
    story.fast_forward(299);
    assert_eq!(story.heard(), [""; 0], "they have just been told, and look");
    story.fast_forward(1);
    joins(&mut story, "d");
    assert_eq!(story.heard().len(), 1);
    assert_eq!(story.engine.incidents_in(IncidentState::Acknowledged), 1, "it stays acknowledged");
}
