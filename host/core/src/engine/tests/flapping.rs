//! What opens and resolves too often is told once, held, and told again when it is stable.

use super::{
    play::{Play, at_any_restart, ladder_of},
    *,
};

const LADDER: &[(u64, &str)] = &[(0, "team"), (300, "manager")];

/// The third opening within ten minutes is flapping; two minutes without another are stable.
fn flapping() -> Story {
    let mut story = ladder_of(LADDER)();
    let limits = FlapLimits { opens: 3, within: Span::from_secs(600), stable: Span::from_secs(120) };
    story.reload(|tables| tables.teams.get_mut("ops").unwrap().root.flapping = Some(limits));
    story
}

/// Opens for the third time, at +40s.
fn opens_three_times(play: &mut Play) {
    for _ in 0..2 {
        play.fires();
        play.fast_forward(10);
        play.clears();
        play.fast_forward(10);
    }
    assert_eq!(play.incident().flapping, None);
    play.fires();
    let heard = play.story.heard();
    assert_eq!(heard[4..], ["+40s Flapping team bellwire:flapping"], "{heard:?}");
    assert!(play.incident().flapping.is_some());
}

#[test]
fn it_is_told_once_and_held() {
    at_any_restart(flapping, |play| {
        opens_three_times(play);
        for _ in 0..20 {
            play.fast_forward(30);
            play.clears();
            play.fast_forward(30);
            play.fires();
        }
        play.hears(&[]);
        assert_eq!(play.fact_count("Flapping {"), 1);
    });
}

#[test]
fn stable_and_firing_it_is_told_anew() {
    at_any_restart(flapping, |play| {
        opens_three_times(play);
        play.fast_forward(119);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+160s Decided team step-1"]);
        assert_eq!(play.incident().flapping, None);
        play.fast_forward(600);
        play.hears(&["+460s Decided manager step-2"]);
    });
}

#[test]
fn stable_and_resolved_its_end_is_told() {
    at_any_restart(flapping, |play| {
        opens_three_times(play);
        play.fast_forward(60);
        play.clears();
        play.hears(&[]);
        play.fast_forward(119);
        play.hears(&[]);
        play.fast_forward(1);
        let heard = play.story.heard();
        assert!(heard.len() == 1 && heard[0].starts_with("+220s Resolved team"), "{heard:?}");
        play.fast_forward(301);
        assert_eq!(play.story.engine.incidents_len(), 0);
    });
}

#[test]
fn it_lives_on_while_it_flaps_however_short_its_reopen_window() {
    let start = || {
        let mut story = flapping();
        story.reload(|tables| tables.teams.get_mut("ops").unwrap().root.reopen_window = Span::from_secs(30));
        story
    };
    at_any_restart(start, |play| {
        opens_three_times(play);
        play.clears();
        play.fast_forward(100);
        play.fires();
        play.hears(&[]);
        assert_eq!(play.incident().reopened, 3);
    });
}

#[test]
fn what_becomes_more_urgent_is_told_though_it_flaps() {
    at_any_restart(flapping, |play| {
        opens_three_times(play);
        play.fast_forward(40);
        play.posts("alertname=Down", "9", Ends::Open);
        let heard = play.story.heard();
        assert!(heard.contains(&"+80s Decided team step-1".into()), "{heard:?}");
        assert_eq!(play.incident().flapping, None);
    });
}

#[test]
fn acknowledged_while_it_flaps_it_stays_with_whom_has_it() {
    at_any_restart(flapping, |play| {
        opens_three_times(play);
        play.acts(Action::Acknowledge);
        play.story.heard();
        play.fast_forward(1_799);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+1840s Decided team step-1"]);
    });
}

#[test]
fn what_opens_seldom_does_not_flap() {
    at_any_restart(flapping, |play| {
        for _ in 0..6 {
            play.fires();
            play.fast_forward(150);
            play.clears();
            play.fast_forward(151);
        }
        let heard = play.story.heard();
        assert_eq!(heard.iter().filter(|line| line.contains("Decided")).count(), 6, "{heard:?}");
        assert_eq!(play.incident().reopened, 5);
    });
}

/// Nobody was paged before, so that nobody would know.
#[test]
fn what_was_told_to_nobody_is_not_held() {
    let start = || {
        let mut story = flapping();
        story.reload(|tables| tables.teams.get_mut("ops").unwrap().root.group_wait = Span::from_secs(60));
        story
    };
    at_any_restart(start, |play| {
        for _ in 0..4 {
            play.fires();
            play.fast_forward(10);
            play.clears();
            play.fast_forward(10);
        }
        play.fires();
        play.fast_forward(60);
        let heard = play.story.heard();
        assert!(heard.iter().any(|line| line.ends_with("Decided team step-1")), "{heard:?}");
    });
}

#[test]
fn limits_that_a_reload_takes_away_hold_nothing_for_ever() {
    at_any_restart(flapping, |play| {
        opens_three_times(play);
        play.reloads(|tables| tables.teams.get_mut("ops").unwrap().root.flapping = None);
        play.fast_forward(120);
        play.hears(&["+160s Decided team step-1"]);
    });
}
