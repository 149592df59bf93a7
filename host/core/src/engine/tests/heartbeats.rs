//! Dead man's switches: quiet while they beat, told when they stop, over when they beat again; whenever we are restarted.

use super::{
    play::{Play, ladder_of, undisturbed},
    *,
};
use crate::Heartbeat;

/// A watchdog each minute, by an alert or by HTTP; half a minute late is not too late.
fn watched() -> Story {
    let mut story = ladder_of(&[(0, "team"), (300, "manager")])();
    story.reload(|tables| {
        let matchers = Some(Matchers(vec!["alertname=Watchdog".parse().unwrap()]));
        let (every, grace) = (Span::from_secs(60), Span::from_secs(30));
        let labels = Labels::from_pairs([("severity", "page")]);
        let heartbeat = Heartbeat { name: "prometheus".into(), matchers, every, grace, labels };
        tables.teams.get_mut("ops").unwrap().heartbeats = vec![heartbeat];
    });
    story
}

impl Play {
    fn watchdog(&mut self) {
        self.posts("alertname=Watchdog", "", Ends::Open);
    }

    fn beats(&mut self, name: &str) -> Answer {
        self.event(Event::Beat { team: "ops".into(), heartbeat: name.into() })
    }
}

#[test]
fn beats_are_told_to_nobody_and_their_absence_is() {
    undisturbed(watched, |play| {
        for _ in 0..3 {
            play.watchdog();
            play.fast_forward(60);
        }
        play.beats("prometheus");
        play.fast_forward(89);
        play.hears(&[]);
        assert_eq!(play.story.engine.incidents_len(), 0);
        play.fast_forward(1);
        play.hears(&["+270s Decided team step-1"]);
        play.fast_forward(300);
        play.hears(&["+570s Decided manager step-2"]);
        play.watchdog();
        play.hears(&["+570s Resolved team bellwire:resolved-2", "+570s Resolved manager bellwire:resolved-2"]);
        let labels = play.story.stored.alerts.values().find(|alert| alert.labels.get("heartbeat") == "prometheus");
        assert_eq!(labels.map(|alert| alert.labels.get("severity")), Some("page"));
    });
}

#[test]
fn one_that_never_beat_is_missed() {
    undisturbed(watched, |play| {
        play.fast_forward(90);
        play.hears(&["+90s Decided team step-1"]);
        assert_eq!(play.beats("other"), Answer::UnknownHeartbeat { known: vec!["prometheus".into()] });
        play.hears(&[]);
        // That a watchdog ended is no beat.
        play.posts("alertname=Watchdog", "", Ends::Resolved(play.story.now));
        play.hears(&[]);
        assert_eq!(play.beats("prometheus"), Answer::Done);
        play.hears(&["+90s Resolved team bellwire:resolved-1"]);
    });
}

#[test]
fn one_that_is_missed_when_the_configuration_drops_it_is_over() {
    undisturbed(watched, |play| {
        play.fast_forward(90);
        play.reloads(|tables| tables.teams.get_mut("ops").unwrap().heartbeats.clear());
        play.fast_forward(0);
        play.hears(&["+90s Decided team step-1", "+90s Resolved team bellwire:resolved-1"]);
        play.fast_forward(600);
        play.hears(&[]);
    });
}

#[test]
fn a_miss_goes_to_its_team_whatever_that_takes() {
    let start = || {
        let mut story = watched();
        story.reload(|tables| {
            let other = tables.teams["ops"].clone();
            tables.teams.get_mut("ops").unwrap().matchers = Matchers(vec!["job=none".parse().unwrap()]);
            tables.teams.insert("web".into(), Team { name: "web".into(), heartbeats: vec![], ..other });
            tables.default_team = "web".into();
        });
        story
    };
    undisturbed(start, |play| {
        play.fast_forward(90);
        play.hears(&["+90s Decided team step-1"]);
        assert_eq!(&*play.incident().id.team, "ops");
    });
}

#[test]
fn after_a_start_each_has_its_whole_time_and_what_was_missed_stays_so() {
    undisturbed(watched, |play| {
        play.fast_forward(89);
        play.story.restart();
        play.fast_forward(89);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+179s Decided team step-1"]);
        play.story.restart();
        play.fast_forward(200);
        play.hears(&[]);
        play.fast_forward(100);
        play.hears(&["+479s Decided manager step-2"]);
        play.story.restart();
        play.watchdog();
        play.hears(&["+479s Resolved team bellwire:resolved-2", "+479s Resolved manager bellwire:resolved-2"]);
    });
}

#[test]
fn one_that_is_missed_stays_so_under_other_labels() {
    undisturbed(watched, |play| {
        play.fast_forward(90);
        play.hears(&["+90s Decided team step-1"]);
        play.reloads(|tables| {
            tables.teams.get_mut("ops").unwrap().heartbeats[0].labels = Labels::from_pairs([("severity", "warning")]);
        });
        play.fast_forward(0);
        let misses = play.story.stored.alerts.values().filter(|alert| alert.labels.get("heartbeat") == "prometheus");
        let firing: Vec<_> = misses.filter(|alert| alert.state == AlertState::Firing).collect();
        assert_eq!(firing.iter().map(|alert| alert.labels.get("severity")).collect::<Vec<_>>(), ["warning"]);
    });
}

#[test]
fn a_miss_is_told_in_the_largest_storm() {
    undisturbed(watched, |play| {
        play.reloads(|tables| tables.limits.alerts_max = 0);
        play.fast_forward(90);
        play.hears(&["+90s Decided team step-1"]);
    });
}
