//! Rows: every kind of write and fact, the snapshot, and the reader's pages.

use super::*;
use crate::IncidentQuery;
use bellwire_core::{
    Acknowledgement, AlertInput, DecidedNotice, Decision, Delivery, Ends, EvaluateReason, Matchers, Override,
    OverrideChange, PluginFault, Priority, Silence, Span, SuppressedBy, Verdicted,
};

/// One of each. A fact that is added does not compile here until it has its line below.
fn facts() -> Vec<Fact> {
    [inputs(), acts(), consequences()].concat()
}

fn inputs() -> Vec<Fact> {
    let input = AlertInput {
        labels: Labels::from_pairs([("a", "1")]),
        annotations: Labels::default(),
        starts_at: None,
        ends: Ends::Unsaid,
        generator_url: "".into(),
    };
    let decision = Decision {
        priority: Priority::P1,
        notices: vec![DecidedNotice {
            key: "k".into(),
            to: vec![Target::Schedule("s".into())],
            page: true,
            text: None,
        }],
        next_check: Some(at(9)),
        reason: "three hosts".into(),
    };
    let decided = |verdict| Fact::Decided {
        revision: 3,
        policy: "standard".into(),
        policy_hash: "ab".into(),
        fuel: u64::MAX,
        decision: decision.clone(),
        verdict,
    };
    let attempted = |delivery| Fact::Attempted { notice: NoticeId("web-1/k/pager".into()), attempt: 1, delivery };
    vec![
        Fact::Received {
            alerts: vec![
                input.clone(),
                AlertInput { starts_at: Some(at(1)), ends: Ends::At(at(4)), ..input.clone() },
                AlertInput { ends: Ends::Resolved(at(4)), generator_url: "http://x".into(), ..input.clone() },
                AlertInput { ends: Ends::Open, annotations: Labels::from_pairs([("summary", "s")]), ..input },
            ],
        },
        Fact::Expired { fingerprint: Fingerprint(u64::MAX), labels: Labels::from_pairs([("a", "1")]) },
        decided(Verdicted::Applied),
        decided(Verdicted::Outdated),
        Fact::Faulted {
            revision: 3,
            policy: "standard".into(),
            policy_hash: "ab".into(),
            fault: PluginFault::OutOfFuel(1_000),
        },
        attempted(Delivery::Delivered { receipt: Some("ts".into()) }),
        attempted(Delivery::Retry { after: Some(Span::from_secs(3)), reason: "429".into() }),
        attempted(Delivery::Permanent { reason: "404".into() }),
        Fact::Reloaded { revision: "cd".into() },
        Fact::SilenceSet { silence: Box::new(silence("s-1")), via: "api".into() },
        Fact::SilenceExpired { id: "s-1".into(), by: "ada".into(), via: "api".into() },
    ]
}

fn acts() -> Vec<Fact> {
    vec![
        Fact::Acknowledged { by: "ada".into(), via: "slack".into() },
        Fact::Unacknowledged { by: "ada".into(), via: "slack".into() },
        Fact::Snoozed { until: at(9), by: "ada".into(), via: "slack".into() },
        Fact::Reassigned { to: Target::Person("bob".into()), by: "ada".into(), via: "slack".into() },
        Fact::Escalated { by: "ada".into(), via: "slack".into() },
        Fact::OverrideAdded { added: made("o-1"), via: "cli".into() },
        Fact::OverrideRemoved { removed: made("o-1"), by: "ada".into(), via: "cli".into() },
    ]
}

fn consequences() -> Vec<Fact> {
    vec![
        Fact::Opened { route: "storage".into(), group: Labels::default() },
        Fact::Reopened { route: "storage".into(), reopened: 2, cause: "fires again".into() },
        Fact::Alerts { state: AlertState::Resolved, count: 9, examples: vec![Labels::from_pairs([("a", "1")])] },
        Fact::PriorityChanged { from: None, to: Priority::P2 },
        Fact::Noticed {
            notice: NoticeId("web-1/k/pager".into()),
            key: "k".into(),
            target: Target::Receiver("pager".into()),
            receiver: "pager".into(),
            notice_kind: NoticeKind::Failover,
            page: false,
        },
        Fact::Superseded { notice: NoticeId("web-1/k/pager".into()) },
        Fact::Nobody { key: "k".into(), target: Target::Schedule("s".into()) },
        Fact::Bundled { notice: NoticeId("web-1/k/pager".into()), leader: NoticeId("web-2/k/pager".into()), count: 2 },
        Fact::SnoozeEnded,
        Fact::Unowned,
        Fact::Flapping { opens: 4, stable_at: at(9) },
        Fact::FlappingEnded,
        Fact::Muted { windows: vec!["sunday".into()], outside: vec!["office-hours".into()] },
        Fact::Unmuted,
        Fact::Suppressed {
            by: vec![
                SuppressedBy::Silence { id: "s-1".into() },
                SuppressedBy::Inhibition { rule: "r".into(), source: Fingerprint(7) },
            ],
            cause: Some(IncidentId { team: "web".into(), number: 2 }),
        },
        Fact::Released,
        Fact::Resolved { by: Some("ada".into()), via: Some("api".into()) },
        Fact::Resolved { by: None, via: None },
        Fact::Closed,
    ]
}

/// Does the list above have every kind? The compiler asks here whenever one is added.
fn place_of(fact: &Fact) -> usize {
    match fact {
        Fact::Received { .. } => 0,
        Fact::Expired { .. } => 1,
        Fact::Decided { .. } => 2,
        Fact::Faulted { .. } => 3,
        Fact::Attempted { .. } => 4,
        Fact::Acknowledged { .. } => 5,
        Fact::Unacknowledged { .. } => 6,
        Fact::Snoozed { .. } => 7,
        Fact::Reassigned { .. } => 8,
        Fact::Escalated { .. } => 9,
        Fact::OverrideAdded { .. } => 10,
        Fact::OverrideRemoved { .. } => 11,
        Fact::Reloaded { .. } => 12,
        Fact::Opened { .. } => 13,
        Fact::Reopened { .. } => 14,
        Fact::Alerts { .. } => 15,
        Fact::PriorityChanged { .. } => 16,
        Fact::Noticed { .. } => 17,
        Fact::Superseded { .. } => 18,
        Fact::Nobody { .. } => 19,
        Fact::Bundled { .. } => 20,
        Fact::SnoozeEnded => 21,
        Fact::Unowned => 22,
        Fact::Flapping { .. } => 23,
        Fact::FlappingEnded => 24,
        Fact::Muted { .. } => 25,
        Fact::Unmuted => 26,
        Fact::Resolved { .. } => 27,
        Fact::Closed => 28,
        Fact::SilenceSet { .. } => 29,
        Fact::SilenceExpired { .. } => 30,
        Fact::Suppressed { .. } => 31,
        Fact::Released => 32,
    }
}

#[test]
fn every_fact_comes_back_as_it_went_in() {
    let facts = facts();
    let kinds: std::collections::BTreeSet<usize> = facts.iter().map(place_of).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), (0..=32).collect::<Vec<_>>());

    let place = Place::new();
    let mut store = place.open();
    let of_web = |index: usize| index.is_multiple_of(2).then(|| id("web", 1));
    let journal: Vec<Entry> =
        facts.into_iter().enumerate().map(|(index, fact)| entry(index as u64, of_web(index), fact)).collect();
    let numbered: Vec<(u64, Entry)> = (1..).zip(journal.clone()).collect();
    assert_eq!(commit(&mut store, vec![], journal), numbered.len() as u64);

    let reader = store.reader();
    assert_eq!(reader.journal(0, 100).unwrap(), numbered);
    assert_eq!(reader.journal(3, 2).unwrap(), numbered[3..5]);
    assert_eq!(reader.journal(u64::MAX, 2).unwrap(), []);
    let timeline: Vec<_> = numbered.into_iter().filter(|(_, entry)| entry.incident.is_some()).collect();
    assert_eq!(reader.timeline(&id("web", 1), 0, 100).unwrap(), timeline);
    assert_eq!(reader.timeline(&id("web", 1), 1, 1).unwrap(), timeline[1..2]);
    assert_eq!(reader.timeline(&id("web", 2), 0, 100).unwrap(), []);
}

#[test]
fn the_journal_is_entered_at_any_time() {
    let place = Place::new();
    let mut store = place.open();
    let reader = store.reader();
    assert_eq!(reader.journal_before(at(5)).unwrap(), 0);
    let journal = [3, 3, 7, 7, 7, 9].map(|millis| entry(millis, None, Fact::Closed));
    commit(&mut store, vec![], journal.to_vec());
    let before = [0, 3, 4, 7, 8, 9, 10, u64::MAX].map(|millis| reader.journal_before(at(millis)).unwrap());
    assert_eq!(before, [0, 0, 2, 2, 5, 5, 6, 6]);
    // A hole, as one that gave up entries while the disk refused would leave.
    let connection = rusqlite::Connection::open(place.path()).unwrap();
    connection.execute("DELETE FROM journal WHERE seq IN (1, 2, 4)", []).unwrap();
    let before = [3, 4, 7, 8, 9, 10].map(|millis| reader.journal(reader.journal_before(at(millis)).unwrap(), 1));
    let next: Vec<_> = before.into_iter().map(|page| page.unwrap().first().map(|(seq, _)| *seq)).collect();
    assert_eq!(next, [Some(3), Some(3), Some(3), Some(6), Some(6), None]);
}

#[test]
fn overrides_and_marks_are_kept_by_their_names() {
    let place = Place::new();
    let mut store = place.open();
    let reader = store.reader();
    assert_eq!(reader.mark("report").unwrap(), None);
    let mark = |millis| Write::Mark { name: "report".into(), at: at(millis) };
    let overridden = |id| Write::Override(Box::new(made(id)));
    commit(&mut store, vec![mark(7), overridden("o-1"), overridden("o-2"), mark(9)], vec![]);
    let forget = Write::ForgetOverride { team: "web".into(), id: "o-1".into() };
    commit(&mut store, vec![mark(8), forget], vec![]);
    drop(store);
    let mut store = place.open();
    assert_eq!(store.load().unwrap().overrides, [made("o-2")]);
    assert_eq!((store.reader().mark("report").unwrap(), store.reader().mark("other").unwrap()), (Some(at(8)), None));
}

#[test]
fn silences_are_kept_by_their_ids() {
    let place = Place::new();
    let mut store = place.open();
    let set = |id| Write::Silence(Box::new(silence(id)));
    let longer = Silence { ends_at: at(99), ..silence("s-1") };
    commit(&mut store, vec![set("s-1"), set("s-2"), Write::Silence(Box::new(longer.clone()))], vec![]);
    commit(&mut store, vec![Write::ForgetSilence("s-2".into())], vec![]);
    drop(store);
    assert_eq!(place.open().load().unwrap().silences, [longer]);
}

fn silence(id: &str) -> Silence {
    Silence {
        id: id.into(),
        team: Some("web".into()),
        matchers: Matchers(vec![r#"ab=~"c|d""#.parse().unwrap()]),
        starts_at: at(1),
        ends_at: at(9),
        updated_at: at(1),
        by: "ada".into(),
        comment: "disk".into(),
    }
}

fn made(id: &str) -> Override {
    Override {
        id: id.into(),
        team: "web".into(),
        schedule: "primary".into(),
        from: at(1),
        until: at(2),
        change: OverrideChange::Add { people: vec!["ada".into()] },
        reason: "swap".into(),
        by: "ada".into(),
        made_at: at(0),
    }
}

#[test]
fn the_journal_goes_on_where_it_ended_and_time_with_it() {
    let place = Place::new();
    assert_eq!(place.open().load().unwrap().last, at(0));
    assert_eq!(commit(&mut place.open(), vec![], vec![entry(7, None, Fact::Closed), entry(8, None, Fact::Closed)]), 2);
    let mut store = place.open();
    assert_eq!(store.load().unwrap().last, at(8));
    assert_eq!(store.commit(&[]).unwrap(), 2);
    let turn = |millis| Effects { journal: vec![entry(millis, None, Fact::Closed)], ..Effects::default() };
    assert_eq!(store.commit(&[&turn(9), &turn(9), &turn(10)]).unwrap(), 5);
}

#[test]
fn a_write_replaces_the_row_of_its_key_and_a_forgotten_alert_is_gone() {
    let place = Place::new();
    let mut store = place.open();
    let full = Incident {
        state: IncidentState::Acknowledged,
        acknowledged: Some(Acknowledgement { by: "ada".into(), at: at(6) }),
        snoozed_until: Some(at(7)),
        resolved_at: Some(at(8)),
        priority: Some(Priority::P3),
        evaluate: Some((at(9), EvaluateReason::NextCheck)),
        ..incident(id("web", 1))
    };
    let sent = Notice {
        attempts: 2,
        state: NoticeState::Delivered { at: at(9), receipt: Some("r".into()) },
        ..notice(&full.id, "first")
    };
    let ended = Alert { state: AlertState::Resolved, ends_at: Some(at(9)), ..alert(u64::MAX, &[id("web", 1)]) };
    commit(
        &mut store,
        vec![
            Write::Incident(Box::new(incident(id("web", 1)))),
            Write::Notice(Box::new(notice(&full.id, "first"))),
            Write::Notice(Box::new(notice(&full.id, "second"))),
            Write::Alert(alert(u64::MAX, &[]).into()),
            Write::Alert(alert(1, &[]).into()),
        ],
        vec![],
    );
    commit(
        &mut store,
        vec![
            Write::Incident(Box::new(full.clone())),
            Write::Notice(Box::new(sent.clone())),
            Write::Alert(ended.clone().into()),
            Write::ForgetAlert(Fingerprint(1)),
            Write::ForgetAlert(Fingerprint(2)),
        ],
        vec![],
    );
    drop(store);

    let mut store = place.open();
    // Before anything is loaded: the writer has to find the row by itself.
    commit(&mut store, vec![Write::Alert(ended.clone().into())], vec![]);
    let snapshot = store.load().unwrap();
    assert_eq!(snapshot.incidents, std::slice::from_ref(&full));
    assert_eq!(snapshot.notices, [sent, notice(&full.id, "second")]);
    assert_eq!(snapshot.alerts, [ended]);
}

#[test]
fn closed_incidents_and_their_notices_stay_on_disk_only() {
    let place = Place::new();
    let mut store = place.open();
    let closed = Incident { closed: true, state: IncidentState::Resolved, ..incident(id("web", 9)) };
    let open = incident(id("web", 2));
    let writes = vec![
        Write::Notice(Box::new(notice(&closed.id, "k"))),
        Write::Notice(Box::new(notice(&open.id, "k"))),
        Write::Incident(Box::new(closed.clone())),
        Write::Incident(Box::new(open.clone())),
        Write::Incident(Box::new(incident(id("db", 4)))),
    ];
    commit(&mut store, writes, vec![]);

    let snapshot = store.load().unwrap();
    assert_eq!(snapshot.incidents, [incident(id("db", 4)), open.clone()]);
    assert_eq!(snapshot.notices, [notice(&open.id, "k")]);
    assert_eq!(snapshot.numbers, [("db".into(), 4), ("web".into(), 9)]);
    let reader = store.reader();
    assert_eq!(reader.incident(&closed.id).unwrap(), Some(closed.clone()));
    assert_eq!(reader.incident(&id("web", 1)).unwrap(), None);
    assert_eq!(reader.notices(&closed.id, 10).unwrap(), [notice(&closed.id, "k")]);
}

#[test]
fn an_incident_knows_its_alerts_shared_ones_included() {
    let place = Place::new();
    let mut store = place.open();
    let (web, web_1, db) = (id("web", 11), id("web", 1), id("db", 1));
    let alerts = [
        alert(9, std::slice::from_ref(&web)),
        alert(5, &[web.clone(), db.clone()]),
        alert(7, std::slice::from_ref(&db)),
        alert(1, &[]),
        alert(2, &[db.clone(), web.clone()]),
    ];
    commit(&mut store, alerts.iter().map(|alert| Write::Alert(alert.clone().into())).collect(), vec![]);
    let reader = store.reader();
    let of = |id, limit| -> Vec<u64> {
        reader.alerts(id, limit).unwrap().iter().map(|alert: &Alert| alert.fingerprint.0).collect()
    };
    assert_eq!((of(&web, 10), of(&db, 10), of(&web_1, 10)), (vec![9, 5, 2], vec![5, 7, 2], vec![]));
    assert_eq!(of(&web, 2), [9, 5]);
}

#[test]
fn incidents_are_listed_by_page_newest_first() {
    let place = Place::new();
    let mut store = place.open();
    let make = |team: &str, number, millis, state| {
        let incident = Incident { opened_at: at(millis), state, ..incident(id(team, number)) };
        Write::Incident(Box::new(incident))
    };
    let writes = vec![
        make("web", 1, 10, IncidentState::Resolved),
        make("web", 2, 20, IncidentState::Open),
        make("db", 1, 20, IncidentState::Snoozed),
        make("web", 3, 20, IncidentState::Acknowledged),
        make("db", 2, 30, IncidentState::Open),
    ];
    commit(&mut store, writes, vec![]);
    let reader = store.reader();
    let list = |query: &IncidentQuery| -> Vec<String> {
        reader.incidents(query).unwrap().iter().map(|incident| incident.id.to_string()).collect()
    };
    let any = IncidentQuery::default();
    assert_eq!(list(&any), ["db-2", "web-3", "web-2", "db-1", "web-1"]);
    assert_eq!(list(&IncidentQuery { limit: 2, ..any.clone() }), ["db-2", "web-3"]);
    assert_eq!(list(&IncidentQuery { before: Some(id("web", 3)), limit: 2, ..any.clone() }), ["web-2", "db-1"]);
    assert_eq!(list(&IncidentQuery { before: Some(id("web", 99)), ..any.clone() }), [""; 0]);
    assert_eq!(list(&IncidentQuery { team: Some("db".into()), ..any.clone() }), ["db-2", "db-1"]);
    let states = vec![IncidentState::Open, IncidentState::Snoozed];
    assert_eq!(list(&IncidentQuery { states, ..any }), ["db-2", "web-2", "db-1"]);
}
