//! Whom a page reaches: contacts in turn, schedules that have nobody, the end of the policy, and overrides.

use super::{
    play::{at_any_restart, ladder_of, target},
    *,
};

/// The receivers of that name refuse.
fn refusing(start: impl Fn() -> Story, refused: &'static [&'static str]) -> impl Fn() -> Story {
    move || {
        let mut story = start();
        story.sender = Box::new(|message| match refused.contains(&&*message.receiver) {
            true => Delivery::Permanent { reason: "refused".into() },
            false => Delivery::Delivered { receipt: None },
        });
        story
    }
}

#[test]
fn a_persons_contacts_are_told_in_turn() {
    at_any_restart(ladder_of(&[(0, "person:ann")]), |play| {
        play.fires();
        play.hears(&["+0s Decided ops/ann:chat step-1"]);
        play.fast_forward(119);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+120s Decided ops/ann:phone step-1"]);
        play.clears();
        play.hears(&[
            "+120s Resolved ops/ann:chat bellwire:resolved-2",
            "+120s Resolved ops/ann:phone bellwire:resolved-2",
        ]);
    });
}

#[test]
fn whoever_acts_leaves_the_other_contacts_in_peace() {
    let acts: [fn(Instant) -> Action; 4] = [
        |_| Action::Acknowledge,
        |until| Action::Snooze { until },
        |_| Action::Reassign { to: Target::Person("ben".into()) },
        |_| Action::Resolve,
    ];
    for act in acts {
        at_any_restart(ladder_of(&[(0, "person:ann")]), |play| {
            play.fires();
            play.fast_forward(119);
            play.acts(act(play.in_a_while(500)));
            play.fast_forward(120);
            let heard = play.story.heard();
            assert!(!heard.iter().any(|line| line.contains("ops/ann:phone")), "{heard:?}");
            assert_eq!(play.fact_count("Superseded"), 1);
        });
    }
}

#[test]
fn a_contact_that_fails_brings_the_next_forward_and_needs_no_fallback() {
    at_any_restart(refusing(ladder_of(&[(0, "person:ann")]), &["ops/ann:chat"]), |play| {
        play.posts("alertname=Down", "", Ends::Open);
        play.fast_forward(10);
        let heard = play.story.heard();
        // The alert about the chat that fails is an incident too, and goes the same way.
        let of_the_first: Vec<&String> = heard.iter().filter(|line| line.starts_with("+0s Decided")).collect();
        assert_eq!(of_the_first.len(), 4, "{heard:#?}");
        assert!(heard.contains(&"+0s Decided ops/ann:phone step-1".into()), "{heard:#?}");
        assert!(!heard.iter().any(|line| line.contains("Failover")), "{heard:#?}");
    });
}

#[test]
fn when_no_contact_works_the_fallback_has_it() {
    at_any_restart(refusing(ladder_of(&[(0, "person:ann")]), &["ops/ann:chat", "ops/ann:phone"]), |play| {
        play.fires();
        play.fast_forward(10);
        let heard = play.story.heard();
        let failover = heard.iter().position(|line| line == "+0s Failover mail step-1");
        let phone = heard.iter().position(|line| line == "+0s Decided ops/ann:phone step-1");
        assert!(phone.is_some() && phone < failover, "{heard:#?}");
    });
}

#[test]
fn a_schedule_is_whoever_has_the_turn_when_the_step_comes() {
    // Three days later it is Ben's week; the policy names the schedule, and never a person.
    at_any_restart(ladder_of(&[(0, "schedule:primary"), (3 * 86_400, "schedule:primary")]), |play| {
        play.reloads(|tables| tables.teams.get_mut("ops").unwrap().last_resort_after = Span::from_secs(10 * 86_400));
        play.fires();
        play.fast_forward(3 * 86_400);
        play.hears(&[
            "+0s Decided ops/ann:chat step-1",
            "+120s Decided ops/ann:phone step-1",
            "+259200s Decided ops/ben:chat step-2",
        ]);
    });
}

#[test]
fn nobody_on_call_is_no_reason_to_wait() {
    at_any_restart(ladder_of(&[(0, "schedule:empty"), (300, "manager")]), |play| {
        play.fires();
        play.hears(&["+0s Decided manager step-2"]);
        assert_eq!(play.fact_count("Nobody"), 1);
        play.fast_forward(599);
        play.hears(&[]);
    });
}

#[test]
fn when_every_step_is_empty_the_last_resort_is_told_at_once() {
    at_any_restart(ladder_of(&[(0, "schedule:empty"), (300, "schedule:empty")]), |play| {
        play.fires();
        play.hears(&["+0s LastResort boss bellwire:last-resort-1"]);
        assert_eq!(play.fact_count("Nobody"), 2);
    });
}

#[test]
fn a_last_resort_with_nobody_on_call_is_the_routes_fallback() {
    at_any_restart(ladder_of(&[(0, "schedule:empty")]), |play| {
        play.reloads(|tables| tables.teams.get_mut("ops").unwrap().last_resort = vec![target("schedule:empty")]);
        play.fires();
        play.hears(&["+0s LastResort mail bellwire:last-resort-1"]);
    });
}

#[test]
fn after_the_last_step_the_last_resort_is_told_once_and_the_incident_is_unowned() {
    at_any_restart(ladder_of(&[(0, "team"), (300, "manager")]), |play| {
        play.fires();
        play.fast_forward(300);
        play.hears(&["+0s Decided team step-1", "+300s Decided manager step-2"]);
        play.fast_forward(599);
        play.hears(&[]);
        assert_eq!(play.incident().unowned_since, None);
        play.fast_forward(1);
        play.hears(&["+900s LastResort boss bellwire:last-resort-1"]);
        assert!(play.incident().unowned_since.is_some());
        play.fast_forward(86_400);
        play.hears(&[]);
        play.acts(Action::Acknowledge);
        assert_eq!(play.incident().unowned_since, None, "somebody has it");
        assert_eq!(play.story.heard().len(), 3, "all who were told hear it");
    });
}

#[test]
fn an_acknowledgement_in_time_needs_no_last_resort() {
    at_any_restart(ladder_of(&[(0, "team")]), |play| {
        play.fires();
        play.fast_forward(599);
        play.acts(Action::Acknowledge);
        play.fast_forward(1_000);
        play.hears(&["+0s Decided team step-1", "+599s Acknowledged team bellwire:acknowledged-1"]);
        assert_eq!(play.incident().unowned_since, None);
        play.acts(Action::Unacknowledge);
        play.fast_forward(599);
        play.hears(&["+1599s Unacknowledged team bellwire:unacknowledged-2"]);
        play.fast_forward(1);
        play.hears(&["+2199s LastResort boss bellwire:last-resort-1"]);
    });
}

#[test]
fn a_team_without_a_last_resort_sees_that_nobody_has_it() {
    at_any_restart(ladder_of(&[(0, "team")]), |play| {
        play.reloads(|tables| tables.teams.get_mut("ops").unwrap().last_resort.clear());
        play.fires();
        play.fast_forward(86_400);
        play.hears(&["+0s Decided team step-1"]);
        assert!(play.incident().unowned_since.is_some());
    });
}

fn wanted(change: OverrideChange, from: Instant, seconds: u64) -> OverrideRequest {
    OverrideRequest::Add(Override {
        id: "".into(),
        team: "ops".into(),
        schedule: "primary".into(),
        from,
        until: from.saturating_add(Span::from_secs(seconds)),
        change,
        reason: "a swap".into(),
        by: "".into(),
        made_at: Instant::default(),
    })
}

fn ben_instead() -> OverrideChange {
    OverrideChange::Replace { person: Some("ann".into()), people: vec!["ben".into()] }
}

#[track_caller]
fn overridden(answer: Answer) -> Override {
    match answer {
        Answer::Overridden(made) => *made,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_override_holds_from_its_start_to_its_end() {
    at_any_restart(ladder_of(&[(0, "schedule:primary")]), |play| {
        let made = overridden(play.overrides(wanted(ben_instead(), START, 3_600)));
        assert_eq!((&*made.by, made.made_at, made.reason.as_str()), ("anna", START, "a swap"));
        play.fires();
        play.hears(&["+0s Decided ops/ben:chat step-1"]);
        play.clears();
        play.fast_forward(3_600);
        play.story.heard();
        play.fires();
        play.hears(&["+3600s Decided ops/ann:chat step-1"]);
    });
}

#[test]
fn an_override_that_is_removed_holds_no_more() {
    at_any_restart(ladder_of(&[(0, "schedule:primary")]), |play| {
        let made = overridden(play.overrides(wanted(ben_instead(), START, 3_600)));
        let remove = || OverrideRequest::Remove { team: "ops".into(), id: made.id.clone() };
        assert_eq!(play.overrides(remove()), Answer::Done);
        let refusal = OverrideRefusal::UnknownOverride { id: made.id.clone() };
        assert_eq!(play.overrides(remove()), Answer::OverrideRefused(refusal));
        play.fires();
        play.hears(&["+0s Decided ops/ann:chat step-1"]);
        assert_eq!(play.story.stored.overrides, []);
    });
}

#[test]
fn two_overrides_of_one_instant_have_two_names() {
    at_any_restart(ladder_of(&[(0, "schedule:primary")]), |play| {
        let add = || OverrideChange::Add { people: vec!["ben".into()] };
        let first = overridden(play.overrides(wanted(add(), START, 60)));
        let second = overridden(play.overrides(wanted(add(), START, 60)));
        assert_ne!(first.id, second.id);
        play.overrides(OverrideRequest::Remove { team: "ops".into(), id: first.id.clone() });
        let third = overridden(play.overrides(wanted(add(), START, 60)));
        assert_ne!(third.id, second.id);
    });
}

#[test]
fn an_override_that_makes_no_sense_is_refused_and_changes_nothing() {
    at_any_restart(ladder_of(&[(0, "schedule:primary")]), |play| {
        play.fast_forward(100);
        let now = play.story.now;
        let first = overridden(play.overrides(wanted(ben_instead(), now, 3_600)));
        let add =
            |people: &[&str]| OverrideChange::Add { people: people.iter().map(|name| Arc::from(*name)).collect() };
        let edited = |edit: fn(&mut Override)| match wanted(add(&["ben"]), now, 60) {
            OverrideRequest::Add(mut made) => {
                edit(&mut made);
                OverrideRequest::Add(made)
            }
            remove @ OverrideRequest::Remove { .. } => remove,
        };
        let overlaps = OverrideRefusal::Overlaps { id: first.id.clone(), from: first.from, until: first.until };
        let ends = |seconds: u64| now.saturating_add(Span::from_secs(seconds));
        for (request, expected) in [
            (edited(|made| made.team = "other".into()), OverrideRefusal::UnknownTeam { team: "other".into() }),
            (
                edited(|made| made.schedule = "other".into()),
                OverrideRefusal::UnknownSchedule {
                    schedule: "other".into(),
                    known: vec!["empty".into(), "primary".into()],
                },
            ),
            (
                wanted(add(&["ben", "cem"]), now, 60),
                OverrideRefusal::UnknownPerson { person: "cem".into(), known: vec!["ann".into(), "ben".into()] },
            ),
            (wanted(add(&[]), now, 60), OverrideRefusal::Nobody),
            (wanted(add(&["ben"]), now, 0), OverrideRefusal::EndsBeforeStart),
            (wanted(add(&["ben"]), START, 100), OverrideRefusal::Over),
            (wanted(ben_instead(), ends(3_599), 60), overlaps),
            (edited(|made| made.reason = "x".repeat(501)), OverrideRefusal::ReasonTooLong { max: 500 }),
        ] {
            assert_eq!(play.overrides(request), Answer::OverrideRefused(expected));
        }
        assert_eq!(play.story.stored.overrides, [first]);
        overridden(play.overrides(wanted(ben_instead(), ends(3_600), 60)));
        assert_eq!(play.fact_count("OverrideAdded"), 2);
    });
}
