//! Notices: fallbacks, updates, order, and receivers that are gone.

use super::*;

fn refuses(names: &'static [&'static str]) -> SenderFn {
    Box::new(move |message| match names.contains(&&*message.receiver) {
        true => Delivery::Permanent { reason: "refused".into() },
        false => Delivery::Delivered { receipt: None },
    })
}

fn away(name: &'static str, kind: Option<NoticeKind>) -> SenderFn {
    Box::new(move |message| match *message.receiver == *name && kind.is_none_or(|kind| kind == message.kind) {
        true => Delivery::Retry { after: None, reason: "timed out".into() },
        false => Delivery::Delivered { receipt: None },
    })
}

/// What was heard, each once: the alert that a receiver fails is an incident that fares like the first.
fn heard_once(story: &mut Story) -> Vec<String> {
    let mut seen = BTreeSet::new();
    story.heard().into_iter().filter(|line| seen.insert(line.clone())).collect()
}

#[test]
fn one_that_wants_no_wait_is_not_tried_as_fast_as_it_fails() {
    let mut story = Story::new();
    let attempts = std::rc::Rc::new(core::cell::Cell::new(0));
    let counted = attempts.clone();
    story.sender = Box::new(move |_| {
        counted.set(counted.get() + 1);
        Delivery::Retry { after: Some(Span::ZERO), reason: "503".into() }
    });
    story.fires("Down");
    story.fast_forward(10);
    assert_eq!(attempts.get(), 11, "one a second");
}

#[test]
fn fallbacks_follow_one_another_to_the_routes() {
    let mut tables = tables();
    tables.receivers.extend([receiver("team", Some("manager")), receiver("manager", None)]);
    let mut story = Story::with(tables);
    story.sender = refuses(&["team", "manager"]);
    story.fires("Down");
    assert_eq!(
        heard_once(&mut story),
        ["+0s Decided team step-1", "+0s Failover manager step-1", "+0s Failover mail step-1"]
    );
}

#[test]
fn fallbacks_in_a_circle_end_at_the_routes() {
    let mut tables = tables();
    tables.receivers.extend([receiver("team", Some("manager")), receiver("manager", Some("team"))]);
    let mut story = Story::with(tables);
    story.sender = refuses(&["team", "manager"]);
    story.fires("Down");
    assert_eq!(heard_once(&mut story).last().map(String::as_str), Some("+0s Failover mail step-1"));
}

#[test]
fn a_receiver_that_a_reload_takes_away_is_replaced_by_the_routes_fallback() {
    let mut story = Story::new();
    story.held = true;
    story.fires("Down");
    let request = story.asked.remove(0);
    story.decide(request);
    let message = story.sending.remove(0);
    story.sender = away("team", None);
    story.deliver(message);
    story.heard();
    story.held = false;
    story.reload(|tables| {
        tables.receivers.remove("team");
        tables.teams.get_mut("ops").unwrap().receivers.remove("team");
    });
    let heard = heard_once(&mut story);
    assert!(heard.contains(&"+0s Failover mail step-1".into()), "{heard:?}");
    assert!(heard.iter().any(|line| line.starts_with("+0s PolicyFault mail")), "the policy still names it: {heard:?}");
}

#[test]
fn an_update_waits_behind_the_page_and_is_dropped_if_that_never_arrived() {
    for (delivery, expected) in [
        (Delivery::Delivered { receipt: None }, vec!["+0s Acknowledged team bellwire:acknowledged-1"]),
        (Delivery::Permanent { reason: "refused".into() }, vec!["+0s Failover mail step-1"]),
    ] {
        let mut story = Story::new();
        story.held = true;
        story.fires("Down");
        let request = story.asked.remove(0);
        story.decide(request);
        let page = story.sending.remove(0);
        story.heard();
        story.act(Action::Acknowledge);
        assert_eq!(story.heard(), [""; 0], "the page is under way");
        story.turn(Some(Event::Delivered { notice: page.notice, delivery }));
        assert_eq!(story.heard(), expected);
    }
}

#[test]
fn whoever_may_have_heard_hears_the_end() {
    let mut story = Story::new();
    story.sender = away("team", None);
    story.fires("Down");
    story.fast_forward(130);
    story.heard();
    story.sender = refuses(&[]);
    story.clears("Down");
    let heard = story.heard();
    assert!(heard.iter().any(|line| line.starts_with("+130s Resolved team")), "each try timed out: {heard:?}");
    assert!(heard.iter().any(|line| line.starts_with("+130s Resolved mail")), "{heard:?}");

    let mut story = Story::new();
    story.sender = refuses(&["team"]);
    story.fires("Down");
    story.fast_forward(10);
    story.clears("Down");
    let heard = story.heard();
    assert!(!heard.iter().any(|line| line.contains("Resolved team")), "it refused: {heard:?}");
}

#[test]
fn a_page_that_did_not_arrive_before_the_end_is_not_tried_again() {
    let mut story = Story::new();
    story.held = true;
    story.fires("Down");
    let request = story.asked.remove(0);
    story.decide(request);
    let page = story.sending.remove(0);
    story.clears("Down");
    story.heard();
    let timed_out = Delivery::Retry { after: None, reason: "timed out".into() };
    story.turn(Some(Event::Delivered { notice: page.notice, delivery: timed_out }));
    assert_eq!(story.heard(), ["+0s Resolved team bellwire:resolved-1"]);
}

/// A page is handed to the fallback in time, even if what it waits for may be tried for longer.
#[test]
fn a_page_does_not_wait_behind_an_update_that_fails() {
    let mut story = Story::new();
    story.fires("Down");
    story.sender = away("team", None);
    story.act(Action::Acknowledge);
    story.fast_forward(31);
    story.policy = Box::new(|facts| {
        let mut decision = ladder(facts)?;
        decision
            .notices
            .extend(decision.notices.first().cloned().map(|step| DecidedNotice { key: "again".into(), ..step }));
        Ok(decision)
    });
    story.post("Down", "8", Ends::Open);
    story.heard();
    story.fast_forward(120);
    let heard = story.heard();
    assert!(heard.contains(&"+151s Failover mail again".into()), "{heard:#?}");
}

#[test]
fn each_change_of_priority_is_told() {
    let mut story = Story::new();
    story.fires("Down");
    story.heard();
    story.policy = Box::new(|facts| {
        let minute = facts.now.since(START).as_millis() / 60_000;
        let priority = if minute % 2 == 0 { Priority::P2 } else { Priority::P1 };
        Ok(Decision { priority, next_check: Some(facts.now.saturating_add(Span::from_secs(60))), ..ladder(facts)? })
    });
    story.post("Down", "1", Ends::Open);
    story.fast_forward(270);
    let told = story.heard().iter().filter(|line| line.contains("PriorityChanged team")).count();
    assert_eq!(told, 4, "after each of four minutes, on facts that are the same");
}

#[test]
fn an_incident_that_flaps_for_days_holds_a_bounded_number_of_notices() {
    let mut story = Story::new();
    for _ in 0..500 {
        story.fires("Down");
        story.fast_forward(5);
        story.clears("Down");
        story.fast_forward(5);
    }
    let held = story.engine.incidents.values().map(|live| live.notices.len()).sum::<usize>();
    assert_eq!(story.stored.notices.len(), 1_000, "all are stored");
    assert!(held <= 257, "{held}");
    story.fires("Down");
    assert!(story.heard().ends_with(&["+5000s Decided team step-1".into()]));
}

#[test]
fn while_nobody_can_be_told_the_fallback_is_told_again_and_again() {
    let mut story = Story::new();
    story.sender = refuses(&["team", "manager", "mail"]);
    story.fires("Down");
    story.fast_forward(1_700);
    let heard = story.heard();
    for line in ["+0s LastResort mail bellwire:last-resort-1", "+900s LastResort mail bellwire:last-resort-2"] {
        assert!(heard.contains(&line.into()), "{line}: {heard:#?}");
    }
    story.sender = refuses(&[]);
    story.fast_forward(300);
    assert!(story.heard().contains(&"+1800s LastResort mail bellwire:last-resort-3".into()));
    let evaluations = |story: &Story| story.facts.iter().filter(|fact| fact.starts_with("Decided")).count();
    let before = evaluations(&story);
    story.fast_forward(86_400);
    assert_eq!((story.heard(), evaluations(&story) - before), (vec![], 0), "somebody heard");
}
