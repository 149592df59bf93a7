//! What a second look found: each was once told wrongly, or not at all.

use super::{
    play::{Play, at_any_restart, ladder_of},
    *,
};

const STEPS: &[(u64, &str)] = &[(0, "receiver:team"), (300, "receiver:manager")];
const ONE_PERSON: &[(u64, &str)] = &[(0, "person:ben")];

/// A storm's summary stands for many incidents: a sender that took it for the message of one would write over the others.
#[test]
fn a_message_of_many_is_never_taken_for_the_incident_s_own() {
    let mut tables = tables();
    for receiver in tables.receivers.values_mut() {
        receiver.bundle_window = Span::from_secs(30);
    }
    let mut story = Story::with(tables);
    story.fire_all(&["alertname=A", "alertname=B", "alertname=C"]);
    story.fast_forward(30);
    story.held = true;
    story.resolve_all(&["alertname=A", "alertname=B"]);
    story.fast_forward(30);
    let bundled = |incident: &str| {
        let message = story.sending.iter().find(|message| message.incident.id.to_string() == incident);
        message.map(|message| message.earlier.iter().map(|earlier| earlier.bundled).collect::<Vec<_>>())
    };
    assert_eq!(bundled("ops-1"), Some(vec![false]));
    assert_eq!(bundled("ops-2"), Some(vec![true]));
}

/// Paged again every five minutes at most; but each of them is told of.
#[test]
fn who_joins_soon_after_another_is_told_of_later() {
    at_any_restart(ladder_of(STEPS), |play| {
        play.fires();
        play.acts(Action::Acknowledge);
        play.story.heard();
        play.posts("alertname=Down instance=b", "", Ends::Open);
        play.hears(&["+0s AlertsJoined team bellwire:joined-5"]);
        play.fast_forward(60);
        play.posts("alertname=Down instance=c", "", Ends::Open);
        play.fast_forward(239);
        play.hears(&[]);
        play.fast_forward(1);
        assert_eq!(play.story.heard().len(), 1, "of the one that joined at +60s");
        play.fast_forward(1_000);
        play.hears(&[]);
    });
}

/// Held for a storm's summary when somebody snoozed it: the only page that there was has reached nobody.
#[test]
fn a_page_that_a_snooze_took_back_is_not_the_last_word() {
    at_any_restart(ladder_of(ONE_PERSON), |play: &mut Play| {
        play.story.reload(|tables| {
            for receiver in tables.receivers.values_mut() {
                receiver.bundle_window = Span::from_secs(30);
            }
        });
        play.posts("alertname=Other", "", Ends::Open);
        play.posts("alertname=Down", "", Ends::Open);
        play.story.heard();
        let (incident, until) = (IncidentId { team: "ops".into(), number: 2 }, play.in_a_while(3_600));
        let action = Action::Snooze { until };
        play.story.turn(Some(Event::Acted { incident, action, revision: None, by: "anna".into(), via: "api".into() }));
        play.fast_forward(3_599);
        play.story.heard();
        play.fast_forward(120);
        let heard = play.story.heard();
        assert!(heard.iter().any(|line| line.contains("LastResort boss")), "{heard:?}");
    });
}

/// A step that was skipped is caught up with, but not while somebody has the incident.
#[test]
fn who_comes_on_call_is_not_paged_for_what_somebody_has() {
    let mut story = ladder_of(&[(0, "schedule:empty"), (0, "receiver:team")])();
    story.fire_all(&["alertname=Down"]);
    assert_eq!(story.heard(), ["+0s Decided team step-2"]);
    story.act(Action::Acknowledge);
    story.heard();
    let on_duty = Override {
        id: "".into(),
        team: "ops".into(),
        schedule: "empty".into(),
        from: story.now,
        until: story.now.saturating_add(Span::from_secs(3_600)),
        change: OverrideChange::Add { people: vec!["ben".into()] },
        reason: "".into(),
        by: "".into(),
        made_at: Instant::default(),
    };
    let request = OverrideRequest::Add(on_duty);
    story.turn(Some(Event::Overridden { request, by: "anna".into(), via: "api".into() }));
    story.reload(|_| {});
    assert_eq!(story.heard(), [""; 0]);
    story.act(Action::Unacknowledge);
    let heard = story.heard();
    assert!(heard.iter().any(|line| line.contains("Decided ops/ben:chat step-1")), "{heard:?}");
}

/// Held as flapping: whoever asks for the next step means now.
#[test]
fn an_escalate_breaks_through_flapping() {
    let start = || {
        let mut story = ladder_of(STEPS)();
        story.reload(|tables| {
            let stable = Span::from_secs(900);
            let limits = FlapLimits { opens: 3, within: Span::from_secs(3_600), stable };
            tables.teams.get_mut("ops").unwrap().root.flapping = Some(limits);
        });
        story
    };
    at_any_restart(start, |play| {
        for _ in 0..2 {
            play.fires();
            play.clears();
        }
        play.fires();
        let heard = play.story.heard();
        assert!(heard.iter().any(|line| line.contains("Flapping team")), "{heard:?}");
        assert_eq!(play.acts(Action::Escalate), Answer::Done);
        play.fast_forward(2);
        let heard = play.story.heard();
        assert!(heard.iter().any(|line| line.contains("Decided")), "{heard:?}");
    });
}

#[test]
fn an_escalate_breaks_through_a_maintenance() {
    let start = || {
        let mut story = ladder_of(STEPS)();
        story.reload(|tables| {
            let once = vec![(START, START.saturating_add(Span::from_secs(3_600)))];
            let (name, zone): (Arc<str>, _) = ("upgrade".into(), jiff::tz::TimeZone::UTC);
            let window = Window { name: name.clone(), zone, once, ranges: vec![], only: None, except: [].into() };
            let team = tables.teams.get_mut("ops").unwrap();
            team.windows.insert(name.clone(), window);
            team.root.mute = vec![name];
        });
        story
    };
    at_any_restart(start, |play| {
        play.fires();
        play.fast_forward(60);
        play.hears(&[]);
        assert_eq!(play.acts(Action::Escalate), Answer::Done);
        play.fast_forward(1);
        play.hears(&["+60s Decided team step-1"]);
        play.fast_forward(300);
        play.hears(&["+360s Decided manager step-2"]);
    });
}

/// The acknowledgement ran out, its policy is asked, and somebody acknowledges before it answers.
#[test]
fn an_answer_from_before_an_action_is_outdated() {
    let mut story = ladder_of(STEPS)();
    story.fire_all(&["alertname=Down"]);
    story.act(Action::Acknowledge);
    story.heard();
    story.held = true;
    story.fast_forward(1_800);
    let asked = story.asked.pop().unwrap();
    let incident = IncidentId { team: "ops".into(), number: 1 };
    let action = Action::Acknowledge;
    story.turn(Some(Event::Acted { incident, action, revision: None, by: "ben".into(), via: "api".into() }));
    story.heard();
    story.held = false;
    story.decide(asked);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(1_799);
    assert_eq!(story.heard(), [""; 0]);
}

/// A step comes due, and before the policy has said so somebody asks for the next: which is that one.
#[test]
fn an_escalate_while_a_step_is_decided_is_one_step() {
    let mut story = ladder_of(&[(0, "receiver:team"), (300, "receiver:manager"), (300, "receiver:mail")])();
    story.fire_all(&["alertname=Down"]);
    story.heard();
    story.held = true;
    story.fast_forward(300);
    let asked = story.asked.pop().unwrap();
    story.act(Action::Escalate);
    story.held = false;
    story.decide(asked);
    story.fast_forward(2);
    assert_eq!(story.heard(), ["+300s Decided manager step-2"]);
    story.fast_forward(299);
    assert_eq!(story.heard(), ["+600s Decided mail step-3"]);
}

/// Acknowledged and forgotten: it ran out, everybody was paged again in vain.
#[test]
fn an_acknowledgement_that_ran_out_ends_at_the_last_resort() {
    at_any_restart(ladder_of(STEPS), |play| {
        play.fires();
        play.acts(Action::Acknowledge);
        play.story.heard();
        play.fast_forward(1_800);
        play.hears(&["+1800s Decided manager step-2"]);
        play.fast_forward(599);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+2400s LastResort boss bellwire:last-resort-1"]);
        play.fast_forward(7_200);
        play.hears(&[]);
        assert_eq!(play.incident().state, IncidentState::Acknowledged);
    });
}

#[test]
fn an_acknowledgement_that_is_renewed_does_not() {
    at_any_restart(ladder_of(STEPS), |play| {
        play.fires();
        play.acts(Action::Acknowledge);
        play.fast_forward(1_900);
        play.acts(Action::Acknowledge);
        play.story.heard();
        play.fast_forward(7_200);
        play.hears(&[]);
    });
}

#[test]
fn what_is_resolved_by_hand_rests_a_while_on_every_route() {
    let mut story = ladder_of(STEPS)();
    story.reload(|tables| tables.teams.get_mut("ops").unwrap().root.reopen_window = Span::ZERO);
    story.fire_all(&["alertname=Down"]);
    story.act(Action::Resolve);
    assert_eq!(story.heard(), ["+0s Decided team step-1", "+0s Resolved team bellwire:resolved-1"]);
    story.fast_forward(59);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(1);
    assert_eq!(story.heard(), ["+60s Decided team step-1"]);
}

#[test]
fn a_policy_that_breaks_after_the_last_resort_was_told_is_told_at_once() {
    let mut story = ladder_of(STEPS)();
    story.fires("Down");
    story.fast_forward(950);
    assert_eq!(story.heard().last().map(String::as_str), Some("+900s LastResort boss bellwire:last-resort-1"));
    story.policy = Box::new(|_| Err(PluginFault::Trap("broken since the reload".into())));
    story.reload(|_| {});
    assert_eq!(story.heard(), ["+950s PolicyFault mail bellwire:fallback-2"]);
}
