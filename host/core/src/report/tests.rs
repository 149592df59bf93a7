//! Small journals, and figures that were counted by hand.

use super::*;
use crate::{NoticeKind, PluginFault, Target};
use alloc::{format, vec};
use std::string::ToString;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Millisecond 0 is the period's first, and 1970 began on a Thursday at midnight.
fn scope() -> ReportScope {
    ReportScope {
        from: Instant::from_millis(10 * DAY),
        until: Instant::from_millis(17 * DAY),
        team: None,
        zone: TimeZone::UTC,
        zones: BTreeMap::new(),
    }
}

fn id(text: &str) -> IncidentId {
    text.parse().unwrap()
}

/// `millis` after the period's begin.
fn entry(millis: u64, incident: &str, fact: Fact) -> Entry {
    Entry { at: scope().from.saturating_add(Span::from_millis(millis)), incident: Some(id(incident)), fact }
}

fn opened(alert: &str) -> Fact {
    Fact::Opened { route: "r".into(), group: Labels::from_pairs([("alertname", alert)]) }
}

fn acknowledged() -> Fact {
    Fact::Acknowledged { by: "ann".into(), via: "api".into() }
}

fn resolved() -> Fact {
    Fact::Resolved { by: None, via: None }
}

fn priority(to: Priority) -> Fact {
    Fact::PriorityChanged { from: None, to }
}

fn noticed(incident: &str, key: &str, receiver: &str) -> Fact {
    Fact::Noticed {
        notice: NoticeId(format!("{incident}/{key}/{receiver}").into()),
        key: key.into(),
        target: Target::Person("ann".into()),
        receiver: receiver.into(),
        notice_kind: NoticeKind::Decided,
        page: true,
    }
}

fn attempted(incident: &str, key: &str, receiver: &str, delivery: Delivery) -> Fact {
    Fact::Attempted { notice: NoticeId(format!("{incident}/{key}/{receiver}").into()), attempt: 1, delivery }
}

fn delivered(incident: &str, key: &str, receiver: &str) -> Fact {
    attempted(incident, key, receiver, Delivery::Delivered { receipt: None })
}

fn tally(scope: ReportScope, entries: &[Entry]) -> Tally {
    let mut tally = Tally::new(scope);
    entries.iter().for_each(|entry| tally.take(entry));
    tally
}

fn report(entries: &[Entry]) -> Report {
    tally(scope(), entries).finish()
}

#[test]
fn a_period_in_which_nothing_happened_is_quiet() {
    let report = report(&[]);
    assert!(report.is_quiet());
    assert_eq!((report.total, report.priorities), (Figures::default(), vec![]));
}

#[test]
fn times_are_of_those_that_were_acknowledged_and_the_others_stand_apart() {
    let report = report(&[
        entry(0, "a-1", opened("Slow")),
        entry(0, "a-1", priority(Priority::P1)),
        entry(2 * MINUTE, "a-1", acknowledged()),
        entry(3 * MINUTE, "a-1", Fact::Unacknowledged { by: "ann".into(), via: "api".into() }),
        // The first acknowledgement counts.
        entry(9 * MINUTE, "a-1", acknowledged()),
        entry(10 * MINUTE, "a-1", resolved()),
        entry(HOUR, "a-2", opened("Slow")),
        entry(HOUR, "a-2", priority(Priority::P1)),
        entry(HOUR + 4 * MINUTE, "a-2", acknowledged()),
        entry(HOUR + 30 * MINUTE, "a-2", resolved()),
        entry(2 * HOUR, "a-3", opened("Slow")),
        entry(2 * HOUR, "a-3", priority(Priority::P1)),
        entry(2 * HOUR + 12 * MINUTE, "a-3", acknowledged()),
        entry(3 * HOUR, "a-4", opened("Odd")),
        entry(3 * HOUR, "a-4", priority(Priority::P3)),
        entry(3 * HOUR + 20 * MINUTE, "a-4", resolved()),
    ]);
    let [p1, p3] = report.priorities.as_slice() else { panic!("{:?}", report.priorities) };
    let minutes = |mean, median| {
        Some(Times { mean: Span::from_millis(mean * MINUTE), median: Span::from_millis(median * MINUTE) })
    };
    // 2, 4 and 12 minutes; 10 and 30.
    let expected = Figures {
        opened: 3,
        acknowledged: 3,
        resolved: 2,
        still_open: 1,
        never_acknowledged: 0,
        unowned: 0,
        to_acknowledge: minutes(6, 4),
        to_resolve: minutes(20, 20),
    };
    assert_eq!((p1.priority, &p1.figures), (Some(Priority::P1), &expected));
    let expected =
        Figures { opened: 1, resolved: 1, never_acknowledged: 1, to_resolve: minutes(20, 20), ..Figures::default() };
    assert_eq!((p3.priority, &p3.figures), (Some(Priority::P3), &expected));
    assert_eq!((report.total.opened, report.total.to_acknowledge), (4, minutes(6, 4)));
    assert_eq!(report.total.to_resolve, minutes(20, 20));
}

#[test]
fn an_incident_that_opens_again_is_one_from_its_first_opening_to_its_last_end() {
    let reopened = || Fact::Reopened { route: "r".into(), reopened: 1, cause: "again".into() };
    let report = report(&[
        entry(0, "a-1", opened("Flap")),
        entry(MINUTE, "a-1", resolved()),
        entry(2 * MINUTE, "a-1", reopened()),
        entry(4 * MINUTE, "a-1", resolved()),
        entry(5 * MINUTE, "a-2", opened("Flap")),
        entry(6 * MINUTE, "a-2", resolved()),
        entry(7 * MINUTE, "a-2", reopened()),
    ]);
    assert_eq!((report.total.opened, report.total.resolved, report.total.still_open, report.reopened), (2, 1, 1, 2));
    assert_eq!(report.total.to_resolve.map(|times| times.mean), Some(Span::from_millis(4 * MINUTE)));
    assert_eq!(*report.alerts, [("Flap".into(), AlertNoise { incidents: 2, reopened: 2, pages: 0 })]);
    assert_eq!(report.priorities.iter().map(|figures| figures.priority).collect::<Vec<_>>(), [None]);
}

#[test]
fn one_page_on_two_contacts_of_a_person_is_one_page_and_two_messages() {
    let report = report(&[
        entry(0, "a-1", opened("Slow")),
        entry(0, "a-1", noticed("a-1", "k", "a/ann:slack")),
        entry(0, "a-1", noticed("a-1", "k", "a/ann:email")),
        entry(0, "a-1", noticed("a-1", "k", "a/channel")),
        entry(MINUTE, "a-1", delivered("a-1", "k", "a/ann:slack")),
        entry(MINUTE, "a-1", delivered("a-1", "k", "a/channel")),
        entry(6 * HOUR + 59 * MINUTE, "a-1", delivered("a-1", "k", "a/ann:email")),
        // The same key in another opening, and another key, are pages of their own: at 7 and at 22 o'clock.
        entry(7 * HOUR, "a-1", noticed("a-1~1", "k", "a/ann:slack")),
        entry(7 * HOUR, "a-1", delivered("a-1~1", "k", "a/ann:slack")),
        entry(22 * HOUR, "a-1", noticed("a-1~1", "l", "a/ann:slack")),
        entry(22 * HOUR, "a-1", delivered("a-1~1", "l", "a/ann:slack")),
        // Made, and never sent.
        entry(23 * HOUR, "a-1", noticed("a-1~1", "m", "a/ann:slack")),
    ]);
    assert_eq!(*report.people, [("a/ann".into(), Pages { pages: 3, at_night: 2, messages: 4 })]);
    assert_eq!(*report.receivers, [("a/channel".into(), Pages { pages: 1, at_night: 1, messages: 1 })]);
    let by_hour: Vec<_> = report.hours.iter().enumerate().filter(|(_, pages)| **pages > 0).collect();
    assert_eq!(by_hour, [(0, &2), (7, &1), (22, &1)]);
    assert_eq!(*report.alerts, [("Slow".into(), AlertNoise { incidents: 1, reopened: 0, pages: 4 })]);
}

#[test]
fn night_is_where_the_person_is() {
    let entries = [
        entry(12 * HOUR, "a-1", noticed("a-1", "k", "a/ann:slack")),
        entry(12 * HOUR, "a-1", delivered("a-1", "k", "a/ann:slack")),
    ];
    let auckland = TimeZone::get("Pacific/Auckland").unwrap();
    let zones = [("a/ann".into(), auckland)].into_iter().collect();
    let report = tally(ReportScope { zones, ..scope() }, &entries).finish();
    // In January 1970, Auckland was 12 hours ahead: midnight.
    assert_eq!((report.people[0].1.at_night, report.hours[0]), (1, 1));
    assert_eq!(super::tests::report(&entries).people[0].1.at_night, 0);
}

#[test]
fn what_is_told_together_is_one_page() {
    let bundled = |incident: &str| Fact::Bundled {
        notice: NoticeId(format!("{incident}/k/a/ann:slack").into()),
        leader: NoticeId("a-1/k/a/ann:slack".into()),
        count: 3,
    };
    let retry = Delivery::Retry { after: None, reason: "HTTP 500".into() };
    let mut entries = vec![];
    for incident in ["a-1", "a-2", "a-3", "a-4"] {
        entries.push(entry(0, incident, noticed(incident, "k", "a/ann:slack")));
    }
    for (millis, delivery) in [(1, retry), (MINUTE, Delivery::Delivered { receipt: None })] {
        for incident in ["a-1", "a-2", "a-3"] {
            entries.push(entry(millis, incident, attempted(incident, "k", "a/ann:slack", delivery.clone())));
            entries.push(entry(millis, incident, bundled(incident)));
        }
    }
    assert_eq!(*report(&entries).people, [("a/ann".into(), Pages { pages: 1, at_night: 1, messages: 1 })]);
    entries.push(entry(HOUR, "a-4", delivered("a-4", "k", "a/ann:slack")));
    assert_eq!(*report(&entries).people, [("a/ann".into(), Pages { pages: 2, at_night: 2, messages: 2 })]);
}

#[test]
fn the_edges_of_the_period_and_other_teams_do_not_count() {
    let week = 7 * DAY;
    let mut early = entry(0, "a-1", noticed("a-1", "k", "a/ann:slack"));
    early.at = scope().from.saturating_sub(Span::from_millis(1));
    let mut before = early.clone();
    before.fact = opened("Before");
    let entries = [
        before,
        early,
        // Made before, arrived within.
        entry(0, "a-1", delivered("a-1", "k", "a/ann:slack")),
        entry(0, "a-2", opened("First")),
        entry(1, "b-1", opened("Foreign")),
        entry(week - 1, "a-3", opened("Last")),
        entry(week, "a-4", opened("After")),
        Entry { at: scope().from, incident: None, fact: Fact::Reloaded { revision: "1".into() } },
    ];
    let report = tally(ReportScope { team: Some("a".into()), ..scope() }, &entries).finish();
    let names: Vec<_> = report.alerts.iter().map(|(name, _)| &**name).collect();
    assert_eq!((report.total.opened, names), (2, vec!["First", "Last"]));
    assert_eq!(report.people[0].1.pages, 1);
}

#[test]
fn what_nobody_took_is_named_the_most_urgent_first() {
    let mut counted = tally(
        scope(),
        &[
            entry(0, "a-1", opened("Low")),
            entry(0, "a-1", priority(Priority::P3)),
            entry(MINUTE, "a-2", opened("High")),
            entry(MINUTE, "a-2", priority(Priority::P1)),
            entry(2 * MINUTE, "a-2", Fact::Unowned),
            entry(3 * MINUTE, "a-2", resolved()),
            entry(4 * MINUTE, "a-3", opened("Had")),
            entry(5 * MINUTE, "a-3", acknowledged()),
            entry(6 * MINUTE, "a-4", opened("Later")),
        ],
    );
    let mut unsettled = counted.unsettled();
    unsettled.sort();
    assert_eq!(unsettled, ["a-1", "a-3", "a-4"].map(id));
    let row = |text: &str, opened: Instant| Incident::opened(id(text), "r".into(), Labels::default(), opened);
    // After the period somebody took a-4; a-0 is older than the period and open still, a-9 younger.
    let mut later = row("a-4", scope().from);
    later.acknowledged = Some(crate::Acknowledgement { by: "ann".into(), at: scope().until });
    for incident in [later, row("a-0", Instant::from_millis(DAY)), row("a-9", scope().until)] {
        counted.incident(&incident);
    }
    let report = counted.finish();
    let named: Vec<_> = report.unattended.iter().map(|one| one.incident.to_string()).collect();
    assert_eq!(named, ["a-2", "a-1", "a-0"]);
    assert_eq!((report.carried, report.total.unowned, report.total.acknowledged, report.total.opened), (1, 1, 2, 4));
}

#[test]
fn failures_and_faults_are_counted_with_their_last_reason() {
    let long = "x".repeat(1_000);
    let retry = |reason: &str| Delivery::Retry { after: None, reason: reason.into() };
    let permanent = |reason: &str| Delivery::Permanent { reason: reason.into() };
    let faulted = |fault| Fact::Faulted { revision: 1, policy: "p".into(), policy_hash: "".into(), fault };
    let report = report(&[
        entry(0, "a-1", noticed("a-1", "k", "a/pager")),
        entry(0, "a-1", attempted("a-1", "k", "a/pager", retry("HTTP 500"))),
        entry(1, "a-1", attempted("a-1", "k", "a/pager", permanent("no such key"))),
        entry(2, "a-1", attempted("a-1", "k", "a/mail", retry(&long))),
        entry(3, "a-1", faulted(PluginFault::OutOfFuel(7))),
        entry(4, "a-1", faulted(PluginFault::Trap("unreachable".into()))),
    ]);
    let [(pager, first), (mail, second)] = report.failures.as_slice() else { panic!("{:?}", report.failures) };
    assert_eq!((&**pager, &**mail), ("a/pager", "a/mail"));
    assert_eq!(*first, DeliveryFailures { given_up: 1, repeated: 1, last: "no such key".into() });
    assert_eq!((second.repeated, second.last.chars().count()), (1, Tally::REASON_CHARS_MAX + 1));
    assert_eq!(
        *report.faults,
        [("a/p".into(), PolicyFaults { count: 2, last: "the plugin trapped: unreachable".into() })]
    );
    assert!(report.people.is_empty() && report.receivers.is_empty(), "it never arrived");
}

#[test]
fn a_flood_of_names_is_bounded_and_said() {
    let flood = u64::try_from(Tally::NAMES_MAX).unwrap() + 5;
    let mut counted = Tally::new(scope());
    for number in 0..flood {
        counted.take(&entry(number, &format!("a-{number}"), opened(&format!("Alert{number}"))));
    }
    let report = counted.finish();
    assert_eq!((report.total.opened as u64, report.alerts.len(), report.uncounted), (flood, Tally::NAMES_MAX, 5));
}
