//! Policies: decisions that come late, outdated, wrong or not at all.

use super::*;

#[test]
fn an_evaluation_that_is_lost_is_a_fault_after_a_minute() {
    let mut story = Story::new();
    story.held = true;
    story.fires("Down");
    story.fast_forward(59);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(1);
    assert_eq!(story.heard(), ["+60s PolicyFault mail bellwire:fallback-1"]);
    let late = story.asked.remove(0);
    assert_eq!(story.decide(late), Answer::Nothing);
}

#[test]
fn an_evaluation_that_is_lost_after_the_end_is_nothing() {
    let mut story = Story::new();
    story.held = true;
    story.fires("Down");
    story.clears("Down");
    // Fails if a deadline stays.
    story.fast_forward(301);
    assert_eq!((story.heard(), story.engine.incidents_len()), (vec![], 0));
}

#[test]
fn a_decision_that_an_acknowledgement_overtook_is_dropped_and_asked_again() {
    let mut story = Story::new();
    story.held = true;
    story.fires("Down");
    story.act(Action::Acknowledge);
    let outdated = story.asked.remove(0);
    assert_eq!(story.asked.len(), 0, "one at a time");
    story.decide(outdated);
    assert_eq!(story.heard(), [""; 0]);
    let again = story.asked.remove(0);
    assert_eq!(again.facts.incident.state, IncidentState::Acknowledged);
    story.decide(again);
    assert_eq!(story.heard(), ["+0s Decided team step-1"]);
}

#[test]
fn a_decision_on_older_alerts_is_applied_and_asked_again() {
    let mut story = Story::new();
    story.held = true;
    story.fire_all(&["alertname=Down job=api"]);
    story.fire_all(&["alertname=Down job=web"]);
    let older = story.asked.remove(0);
    assert_eq!(older.facts.incident.firing, 1);
    story.decide(older);
    assert_eq!(story.heard(), ["+0s Decided team step-1"]);
    story.fast_forward(29);
    assert_eq!(story.asked.len(), 0, "group_interval");
    story.fast_forward(1);
    assert_eq!(story.asked.remove(0).facts.incident.firing, 2);
}

#[test]
fn what_came_up_while_a_policy_ran_is_asked_after_it() {
    let mut story = Story::new();
    story.held = true;
    story.fires("Down");
    let request = story.asked.remove(0);
    story.reload(|tables| tables.teams.get_mut("ops").unwrap().policies.get_mut("p").unwrap().settings = "2".into());
    assert_eq!(story.asked.len(), 0, "one at a time");
    story.decide(request);
    assert_eq!(story.asked.len(), 1, "the new settings were not asked yet");
    assert_eq!(&*story.asked[0].settings, "2");
    // The same for a notice that fails meanwhile.
    let request = story.asked.remove(0);
    story.decide(request);
    story.reload(|tables| tables.revision = "3".into());
    let page = story.sending.remove(0);
    let failed = Delivery::Permanent { reason: "refused".into() };
    story.turn(Some(Event::Delivered { notice: page.notice, delivery: failed }));
    let request = story.asked.remove(0);
    assert_eq!(request.facts.incident.sent[0].outcome, SentOutcome::Pending);
    story.decide(request);
    assert_eq!(story.evaluations("ops-1"), 1);
}

#[test]
fn an_acknowledgement_holds_while_the_policy_fails() {
    let mut story = Story::new();
    story.fires("Down");
    story.heard();
    story.policy = Box::new(|_| Err(PluginFault::Trap("unreachable".into())));
    story.act(Action::Acknowledge);
    story.fast_forward(3_600);
    let heard = story.heard();
    assert_eq!(heard, ["+0s Acknowledged team bellwire:acknowledged-1"], "nobody else is told");
    story.policy = Box::new(ladder);
    story.fast_forward(60);
    assert_eq!(story.heard(), [""; 0]);
    assert_eq!(story.engine.incidents_in(IncidentState::Acknowledged), 1);
}

#[test]
fn a_route_whose_policy_is_gone_fails_open() {
    let mut story = Story::new();
    story.reload(|tables| tables.teams.get_mut("ops").unwrap().policies.clear());
    story.fires("Down");
    assert_eq!(story.heard(), ["+0s PolicyFault mail bellwire:fallback-1"]);
    story.fast_forward(901);
    assert_eq!(story.heard(), ["+900s PolicyFault mail bellwire:fallback-2"]);
}

#[test]
fn a_policy_that_makes_up_keys_without_end_becomes_a_fault() {
    let mut story = Story::new();
    story.policy = Box::new(|facts| {
        let to = || vec![Target::Receiver("team".into())];
        let key = |number: u32| format!("{}-{number}", facts.now.as_millis());
        let notices = (0..100).map(|number| DecidedNotice { key: key(number), to: to(), page: true, text: None });
        Ok(Decision { notices: notices.collect(), next_check: Some(facts.now), ..ladder(facts)? })
    });
    story.fires("Down");
    story.fast_forward(60);
    assert!(story.heard().iter().any(|line| line.contains("PolicyFault mail")));
    story.fast_forward(3_600);
    assert!(story.stored.notices.len() < 2_200, "{}", story.stored.notices.len());
}

#[test]
fn the_facts_are_capped_and_count_all() {
    let mut story = Story::new();
    story.reload(|tables| tables.limits.facts_alerts_max = 10);
    story.held = true;
    let texts: Vec<String> = (0..50).map(|number| format!("alertname=Down instance=i{number}")).collect();
    story.fire_all(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let facts = &story.asked[0].facts.incident;
    assert_eq!((facts.firing, facts.alerts.len()), (50, 10));
}

#[test]
fn a_policy_has_the_windows_and_the_wall_clock_that_it_wants() {
    let mut tables = tables();
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let team = tables.teams.get_mut("ops").unwrap();
    let hours = |name: &str| Window {
        name: name.into(),
        zone: zone.clone(),
        ranges: vec![HoursRange {
            days: [true; 7],
            start: jiff::civil::time(8, 0, 0, 0),
            end: Some(jiff::civil::time(18, 0, 0, 0)),
        }],
        only: None,
        except: [].into(),
        once: Vec::new(),
    };
    team.windows = ["business", "other"].map(|name| (name.into(), hours(name))).into_iter().collect();
    let policy = team.policies.get_mut("p").unwrap();
    policy.wants.windows = vec!["business".into()];
    policy.zones = vec![("Europe/Berlin".into(), zone.clone())];
    let mut story = Story::with(tables);
    story.held = true;
    story.fires("Down");
    let facts = &story.asked[0].facts;
    assert_eq!(facts.now.to_string(), "2026-11-21T03:12:00Z");
    let (civil, window) = (&facts.civil[0], &facts.windows[0]);
    assert_eq!((civil.weekday, civil.hour, civil.minute), (6, 4, 12));
    assert_eq!((facts.windows.len(), &*window.name, window.inside), (1, "business", false));
    assert_eq!(window.changes_at.unwrap().to_string(), "2026-11-21T07:00:00Z");
}

#[test]
fn a_decision_that_comes_after_the_end_is_only_written_down() {
    for result in [ladder, |_: &Facts| Err(PluginFault::Trap("unreachable".into()))] {
        let mut story = Story::new();
        story.held = true;
        story.policy = Box::new(result);
        story.fires("Down");
        story.clears("Down");
        let late = story.asked.remove(0);
        story.decide(late);
        story.fast_forward(200);
        assert_eq!((story.heard(), story.asked.len()), (vec![], 0));
        let noted = |fact: &&String| fact.contains("verdict: Outdated") || fact.starts_with("Faulted");
        assert_eq!(story.facts.iter().filter(noted).count(), 1, "{:#?}", story.facts);
    }
}

/// Or a ladder whose next step counts from the last one would be late by as long as its policy takes, and a second more.
#[test]
fn a_notice_is_as_old_as_the_facts_it_was_decided_on() {
    let mut story = Story::new();
    story.held = true;
    story.fires("Down");
    let asked = story.asked.remove(0);
    let at = asked.facts.now;
    story.now = at.saturating_add(Span::from_millis(40));
    story.decide(asked);
    assert_eq!(story.stored.notices[0].created_at, at);
}
