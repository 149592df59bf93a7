//! What people do: acknowledge, give back, snooze, hand over, ask for the next step, resolve.

use super::{
    play::{at_any_restart, ladder_of, target},
    *,
};

const LADDER: &[(u64, &str)] = &[(0, "team"), (300, "manager"), (300, "mail")];

#[test]
fn an_acknowledgement_stops_the_ladder_and_its_timeout_goes_on_after_the_last_step() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        play.hears(&["+0s Decided team step-1"]);
        play.fast_forward(100);
        assert_eq!(play.acts(Action::Acknowledge), Answer::Done);
        play.hears(&["+100s Acknowledged team bellwire:acknowledged-1"]);
        play.fast_forward(1_799);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+1900s Decided manager step-2"]);
        assert_eq!(play.acts(Action::Acknowledge), Answer::Done, "somebody was paged since");
        play.hears(&[
            "+1900s Acknowledged team bellwire:acknowledged-3",
            "+1900s Acknowledged manager bellwire:acknowledged-3",
        ]);
        play.fast_forward(1_799);
        play.hears(&[]);
    });
}

#[test]
fn a_second_acknowledgement_counts_if_it_is_anothers() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        play.acts_as("anna", None, Action::Acknowledge);
        play.fast_forward(60);
        assert_eq!(play.acts_as("anna", None, Action::Acknowledge), Answer::Nothing);
        play.hears(&["+0s Decided team step-1", "+0s Acknowledged team bellwire:acknowledged-1"]);
        assert_eq!(play.acts_as("bea", None, Action::Acknowledge), Answer::Done);
        play.hears(&["+60s Acknowledged team bellwire:acknowledged-2"]);
        assert_eq!(play.incident().acknowledged.as_ref().unwrap().by, "bea".into());
    });
}

#[test]
fn what_is_resolved_takes_no_action() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        play.clears();
        let told = ["+0s Decided team step-1", "+0s Resolved team bellwire:resolved-1"];
        play.hears(&told);
        let until = play.in_a_while(600);
        let to = target("manager");
        for action in [
            Action::Acknowledge,
            Action::Unacknowledge,
            Action::Snooze { until },
            Action::Reassign { to },
            Action::Escalate,
        ] {
            assert_eq!(play.acts(action), Answer::AlreadyResolved);
        }
        assert_eq!(play.acts(Action::Resolve), Answer::Nothing);
        play.fast_forward(301);
        play.hears(&[]);
        assert_eq!(play.acts(Action::Acknowledge), Answer::UnknownIncident, "closed");
    });
}

#[test]
fn given_back_it_goes_on_after_the_last_step() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        assert_eq!(play.acts(Action::Unacknowledge), Answer::Nothing, "nobody has it");
        play.acts(Action::Acknowledge);
        play.hears(&["+0s Decided team step-1", "+0s Acknowledged team bellwire:acknowledged-1"]);
        play.fast_forward(1_000);
        assert_eq!(play.acts(Action::Unacknowledge), Answer::Done);
        play.hears(&["+1000s Decided manager step-2", "+1000s Unacknowledged team bellwire:unacknowledged-2"]);
        play.fast_forward(300);
        play.hears(&["+1300s Decided mail step-3"]);
        assert_eq!(play.incident().acknowledged, None);
    });
}

#[test]
fn an_escalate_from_an_old_message_is_refused_and_an_acknowledgement_taken() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        let seen = play.incident().revision;
        play.fast_forward(300);
        play.hears(&["+0s Decided team step-1", "+300s Decided manager step-2"]);
        let revision = play.incident().revision;
        assert_eq!(play.acts_as("anna", Some(seen), Action::Escalate), Answer::Stale { revision });
        play.fast_forward(299);
        play.hears(&[]);
        assert_eq!(play.acts_as("anna", Some(seen), Action::Acknowledge), Answer::Done);
        assert_eq!(play.incident().state, IncidentState::Acknowledged);
    });
}

#[test]
fn an_escalate_is_the_next_step_now() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        play.fast_forward(10);
        let seen = play.incident().revision;
        assert_eq!(play.acts_as("anna", Some(seen), Action::Escalate), Answer::Done);
        let answer = play.acts_as("bea", Some(seen), Action::Escalate);
        assert!(matches!(answer, Answer::Stale { .. }), "two press the button of one message: {answer:?}");
        play.fast_forward(1);
        play.hears(&["+0s Decided team step-1", "+10s Decided manager step-2"]);
        play.fast_forward(300);
        play.hears(&["+310s Decided mail step-3"]);
    });
}

#[test]
fn an_escalate_ends_an_acknowledgement() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        play.acts(Action::Acknowledge);
        play.fast_forward(10);
        assert_eq!(play.acts(Action::Escalate), Answer::Done);
        assert_eq!((play.incident().state, &play.incident().acknowledged), (IncidentState::Open, &None));
        play.fast_forward(1);
        play.hears(&[
            "+0s Decided team step-1",
            "+0s Acknowledged team bellwire:acknowledged-1",
            "+10s Decided manager step-2",
        ]);
    });
}

#[test]
fn an_escalate_that_nobody_follows_tells_the_last_resort() {
    at_any_restart(ladder_of(&[(0, "team")]), |play| {
        play.fires();
        play.fast_forward(10);
        assert_eq!(play.acts(Action::Escalate), Answer::Done);
        play.fast_forward(1);
        play.hears(&["+0s Decided team step-1", "+10s LastResort boss bellwire:last-resort-1"]);
    });
}

#[test]
fn a_snooze_is_quiet_until_it_ends_and_then_goes_on() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        let until = play.in_a_while(3_600);
        assert_eq!(play.acts(Action::Snooze { until }), Answer::Done);
        play.hears(&["+0s Decided team step-1", "+0s Snoozed team bellwire:snoozed-1"]);
        play.fast_forward(3_599);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+3600s Decided manager step-2"]);
        assert_eq!((play.incident().state, play.incident().snoozed_until), (IncidentState::Open, None));
    });
}

#[test]
fn a_snooze_can_be_made_longer_shorter_and_undone() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        play.acts(Action::Snooze { until: play.in_a_while(600) });
        play.fast_forward(500);
        assert_eq!(play.acts(Action::Snooze { until: play.in_a_while(1_000) }), Answer::Done, "longer");
        play.fast_forward(900);
        play.acts(Action::Snooze { until: play.in_a_while(50) });
        play.story.heard();
        play.fast_forward(49);
        play.hears(&[]);
        play.acts(Action::Unacknowledge);
        play.hears(&["+1449s Decided manager step-2", "+1449s Unacknowledged team bellwire:unacknowledged-4"]);
        play.fast_forward(1);
        assert_eq!(play.fact_count("SnoozeEnded"), 0, "it was over before");
    });
}

#[test]
fn a_snooze_into_the_past_or_for_months_is_refused() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        for until in [START, START.saturating_sub(Span::from_secs(1)), play.in_a_while(31 * 86_400), Instant::MAX] {
            let answer = play.acts(Action::Snooze { until });
            assert!(matches!(answer, Answer::BadSnooze { .. }), "{until}: {answer:?}");
        }
        assert_eq!(play.incident().state, IncidentState::Open);
        play.fast_forward(300);
        play.hears(&["+0s Decided team step-1", "+300s Decided manager step-2"]);
    });
}

#[test]
fn handed_to_a_person_that_one_is_told_at_once() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        play.acts(Action::Acknowledge);
        play.hears(&["+0s Decided team step-1", "+0s Acknowledged team bellwire:acknowledged-1"]);
        assert_eq!(play.acts(Action::Reassign { to: target("person:ben") }), Answer::Done);
        play.hears(&["+0s Reassigned ops/ben:chat bellwire:reassigned-1"]);
        assert_eq!(play.incident().assigned_to, Some(target("person:ben")));
        assert_eq!(play.incident().state, IncidentState::Open, "Ben has not said yet that he has it");
        play.acts(Action::Reassign { to: target("person:ben") });
        play.hears(&["+0s Reassigned ops/ben:chat bellwire:reassigned-2"]);
    });
}

#[test]
fn handed_to_a_schedule_who_is_on_call_is_told() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        assert_eq!(play.acts(Action::Reassign { to: target("schedule:primary") }), Answer::Done);
        play.hears(&["+0s Decided team step-1", "+0s Reassigned ops/ann:chat bellwire:reassigned-1"]);
    });
}

#[test]
fn handed_to_nobody_nothing_changes() {
    at_any_restart(ladder_of(LADDER), |play| {
        play.fires();
        play.acts(Action::Acknowledge);
        for (to, target_text) in [
            ("person:nobody", "person:nobody"),
            ("schedule:other", "schedule:other"),
            ("receiver:other", "receiver:other"),
            ("schedule:empty", "anybody on call in schedule:empty now"),
        ] {
            let answer = play.acts(Action::Reassign { to: target(to) });
            assert_eq!(answer, Answer::UnknownTarget { target: target_text.into() });
        }
        assert_eq!(play.incident().state, IncidentState::Acknowledged);
        assert_eq!(play.incident().assigned_to, None);
    });
}

#[test]
fn what_becomes_more_urgent_is_acknowledged_and_snoozed_no_more() {
    let acts: [fn(Instant) -> Action; 2] = [|_| Action::Acknowledge, |until| Action::Snooze { until }];
    for act in acts {
        at_any_restart(ladder_of(LADDER), |play| {
            play.fires();
            play.acts(act(play.in_a_while(10_000)));
            play.fast_forward(400);
            play.story.heard();
            play.posts("alertname=Down", "9", Ends::Open);
            play.hears(&["+400s Decided manager step-2", "+400s PriorityChanged team bellwire:priority-2"]);
            let incident = play.incident();
            assert_eq!((incident.state, incident.snoozed_until), (IncidentState::Open, None));
            assert_eq!(incident.acknowledged, None);
        });
    }
}

#[test]
fn an_alert_that_joins_pages_those_again_who_were_paged() {
    let acts: [fn(Instant) -> Action; 2] = [|_| Action::Acknowledge, |until| Action::Snooze { until }];
    for act in acts {
        at_any_restart(ladder_of(LADDER), |play| {
            play.fires();
            play.acts(act(play.in_a_while(10_000)));
            play.fast_forward(60);
            play.story.heard();
            play.posts("alertname=Down instance=b", "", Ends::Open);
            let heard = play.story.heard();
            assert!(heard.len() == 1 && heard[0].starts_with("+60s AlertsJoined team bellwire:joined-"), "{heard:?}");
            play.posts("alertname=Down instance=c", "", Ends::Open);
            play.hears(&[]);
            assert!(play.incident().acknowledged.is_some(), "it stays with whom has it");
        });
    }
}
