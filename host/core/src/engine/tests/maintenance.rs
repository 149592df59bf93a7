//! What opens in a maintenance window is told to nobody until the window ends, and then as if it opened then.

use super::{
    play::{at_any_restart, ladder_of},
    *,
};
use jiff::tz::TimeZone;

const LADDER: &[(u64, &str)] = &[(0, "team"), (300, "manager")];

/// The maintenance lasts from the one second of the story to the other.
fn maintained(from: u64, until: u64) -> impl Fn() -> Story {
    move || {
        let mut story = ladder_of(LADDER)();
        story.reload(|tables| {
            let at = |seconds| START.saturating_add(Span::from_secs(seconds));
            let team = tables.teams.get_mut("ops").unwrap();
            team.windows.insert("upgrade".into(), window("upgrade", at(from), at(until)));
            team.root.mute = vec!["upgrade".into()];
        });
        story
    }
}

fn window(name: &str, from: Instant, until: Instant) -> Window {
    let (name, zone, once) = (name.into(), TimeZone::UTC, vec![(from, until)]);
    Window { name, zone, once, ranges: vec![], only: None, except: [].into() }
}

#[test]
fn it_is_told_when_the_window_ends_and_its_ladder_begins_there() {
    at_any_restart(maintained(0, 2_880), |play| {
        play.fires();
        play.fast_forward(2_879);
        play.hears(&[]);
        assert!(play.incident().muted);
        play.fast_forward(1);
        play.hears(&["+2880s Decided team step-1"]);
        play.fast_forward(300);
        play.hears(&["+3180s Decided manager step-2"]);
        assert!(!play.incident().muted);
    });
}

#[test]
fn what_resolves_within_the_window_is_told_to_nobody() {
    at_any_restart(maintained(0, 2_880), |play| {
        play.fires();
        play.fast_forward(60);
        play.clears();
        play.fast_forward(60);
        play.fires();
        play.fast_forward(60);
        play.clears();
        play.fast_forward(86_400);
        play.hears(&[]);
        assert_eq!(play.story.engine.incidents_len(), 0);
    });
}

#[test]
fn what_was_told_before_the_window_goes_on_in_it() {
    at_any_restart(maintained(100, 3_600), |play| {
        play.fires();
        play.fast_forward(300);
        play.hears(&["+0s Decided team step-1", "+300s Decided manager step-2"]);
    });
}

#[test]
fn what_reopens_in_the_window_waits_and_is_told() {
    at_any_restart(maintained(100, 3_600), |play| {
        play.fires();
        play.clears();
        play.story.heard();
        play.fast_forward(200);
        play.fires();
        play.fast_forward(3_399);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+3600s Decided team step-1"]);
    });
}

/// As long as any of the windows lasts.
#[test]
fn windows_that_overlap_are_one() {
    let start = || {
        let mut story = maintained(0, 600)();
        story.reload(|tables| {
            let team = tables.teams.get_mut("ops").unwrap();
            let at = |seconds| START.saturating_add(Span::from_secs(seconds));
            team.windows.insert("longer".into(), window("longer", at(500), at(900)));
            team.root.mute.push("longer".into());
        });
        story
    };
    at_any_restart(start, |play| {
        play.fires();
        play.fast_forward(899);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+900s Decided team step-1"]);
    });
}

#[test]
fn what_is_acknowledged_within_the_window_is_evaluated_as_such() {
    at_any_restart(maintained(0, 2_880), |play| {
        play.fires();
        play.fast_forward(1_200);
        assert_eq!(play.acts(Action::Acknowledge), Answer::Done);
        play.fast_forward(1_799);
        play.hears(&[]);
        assert_eq!(play.incident().state, IncidentState::Acknowledged);
        play.fast_forward(1);
        play.hears(&["+3000s Decided team step-1"]);
    });
}

#[test]
fn a_reload_that_ends_the_maintenance_tells_at_once() {
    at_any_restart(maintained(0, 2_880), |play| {
        play.fires();
        play.fast_forward(60);
        play.reloads(|tables| tables.teams.get_mut("ops").unwrap().root.mute.clear());
        play.hears(&["+60s Decided team step-1"]);
    });
}

/// From the one second of the story to the other it is within the hours in which the route tells.
fn active(spans: &'static [(u64, u64)]) -> impl Fn() -> Story {
    move || {
        let mut story = ladder_of(LADDER)();
        story.reload(|tables| {
            let team = tables.teams.get_mut("ops").unwrap();
            for (from, until) in spans {
                let at = |seconds| START.saturating_add(Span::from_secs(seconds));
                let name: Arc<str> = format!("from-{from}").into();
                team.windows.insert(name.clone(), window(&name, at(*from), at(*until)));
                team.root.active.push(name);
            }
        });
        story
    }
}

#[test]
fn outside_of_its_active_windows_it_is_as_in_a_maintenance() {
    at_any_restart(active(&[(2_000, 3_000), (1_000, 1_500)]), |play| {
        play.fires();
        play.fast_forward(999);
        play.hears(&[]);
        assert!(play.incident().muted);
        play.fast_forward(1);
        play.hears(&["+1000s Decided team step-1"]);
        play.fast_forward(300);
        play.hears(&["+1300s Decided manager step-2"]);
    });
}

#[test]
fn within_one_of_its_active_windows_it_is_told_at_once() {
    at_any_restart(active(&[(0, 100), (2_000, 3_000)]), |play| {
        play.fires();
        play.hears(&["+0s Decided team step-1"]);
    });
}

#[test]
fn a_maintenance_within_an_active_window_holds_back_all_the_same() {
    let start = || {
        let mut story = active(&[(500, 9_000)])();
        story.reload(|tables| {
            let team = tables.teams.get_mut("ops").unwrap();
            let at = |seconds| START.saturating_add(Span::from_secs(seconds));
            team.windows.insert("upgrade".into(), window("upgrade", at(400), at(900)));
            team.root.mute = vec!["upgrade".into()];
        });
        story
    };
    at_any_restart(start, |play| {
        play.fires();
        play.fast_forward(899);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+900s Decided team step-1"]);
    });
}

/// Or nobody would ever hear of anything again.
#[test]
fn active_windows_that_are_over_for_good_hold_nothing_back() {
    at_any_restart(active(&[(10, 100)]), |play| {
        play.fast_forward(200);
        play.fires();
        play.hears(&["+200s Decided team step-1"]);
    });
}
