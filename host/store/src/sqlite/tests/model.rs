//! Any sequence of writes, in any commits, loads back as a map that had the same done to it.

use super::*;
use bellwire_core::Snapshot;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    Write(Write),
    /// The turn ends here.
    Commit,
    /// The process ends here, and another opens the database.
    Restart,
}

/// What the tables should hold. Alerts and notices come back in the order in which they were first written.
#[derive(Default)]
struct Model {
    alerts: Vec<Alert>,
    incidents: BTreeMap<IncidentId, Incident>,
    notices: Vec<Notice>,
}

impl Model {
    fn write(&mut self, write: &Write) {
        match write {
            Write::Alert(alert) => {
                let old = self.alerts.iter_mut().find(|old| old.fingerprint == alert.fingerprint);
                old.map(|old| *old = Alert::clone(alert)).unwrap_or_else(|| self.alerts.push(Alert::clone(alert)));
            }
            Write::ForgetAlert(fingerprint) => self.alerts.retain(|alert| alert.fingerprint != *fingerprint),
            Write::Incident(incident) => drop(self.incidents.insert(incident.id.clone(), Incident::clone(incident))),
            Write::Notice(notice) => {
                let old = self.notices.iter_mut().find(|old| old.id == notice.id);
                old.map(|old| *old = Notice::clone(notice)).unwrap_or_else(|| self.notices.push(Notice::clone(notice)));
            }
            // Rare enough that none is among the steps; rows.rs has them.
            Write::Override(_)
            | Write::ForgetOverride { .. }
            | Write::Silence(_)
            | Write::ForgetSilence(_)
            | Write::Mark { .. } => {}
        }
    }

    fn check(&self, snapshot: &Snapshot) {
        assert_eq!(snapshot.alerts, self.alerts);
        let open: Vec<Incident> = self.incidents.values().filter(|incident| !incident.closed).cloned().collect();
        assert_eq!(snapshot.incidents, open);
        let is_open = |id: &IncidentId| open.iter().any(|incident| incident.id == *id);
        let notices: Vec<_> = self.notices.iter().filter(|notice| is_open(&notice.incident)).cloned().collect();
        assert_eq!(snapshot.notices, notices);
        let numbers: BTreeMap<_, _> = self.incidents.keys().map(|id| (id.team.clone(), id.number)).collect();
        assert_eq!(snapshot.numbers, numbers.into_iter().collect::<Vec<_>>());
    }
}

fn ids() -> impl Strategy<Value = IncidentId> {
    (prop::sample::select(vec!["web", "data-base", "ж"]), 1..4_u64).prop_map(|(team, number)| id(team, number))
}

fn steps() -> impl Strategy<Value = Step> {
    let fingerprints = prop::sample::select(vec![0, 1, 2, u64::MAX, 1 << 63]);
    let alerts = (fingerprints.clone(), prop::collection::vec(ids(), 0..3), any::<String>(), any::<u32>()).prop_map(
        |(fingerprint, incidents, value, millis)| {
            let labels = Labels::from_pairs([("alertname", value.as_str()), ("job", "x")]);
            Write::Alert(Alert { labels, updated_at: at(millis.into()), ..alert(fingerprint, &incidents) }.into())
        },
    );
    let incidents = (ids(), any::<bool>(), any::<String>())
        .prop_map(|(id, closed, reason)| Write::Incident(Box::new(Incident { closed, reason, ..incident(id) })));
    let notices = (ids(), "[ab]", any::<Option<String>>(), any::<u32>()).prop_map(|(id, key, receipt, attempts)| {
        let state = NoticeState::Delivered { at: at(attempts.into()), receipt };
        Write::Notice(Box::new(Notice { attempts, state, ..notice(&id, &key) }))
    });
    prop_oneof![
        4 => alerts.prop_map(Step::Write),
        2 => fingerprints.prop_map(|fingerprint| Step::Write(Write::ForgetAlert(Fingerprint(fingerprint)))),
        3 => incidents.prop_map(Step::Write),
        3 => notices.prop_map(Step::Write),
        2 => Just(Step::Commit),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_committed_is_what_is_loaded(steps in prop::collection::vec(steps(), 0..60)) {
        let place = Place::new();
        let (mut store, mut model, mut writes) = (place.open(), Model::default(), Vec::new());
        for step in steps.into_iter().chain([Step::Restart]) {
            match step {
                Step::Write(write) => {
                    model.write(&write);
                    writes.push(write);
                }
                Step::Commit => drop(commit(&mut store, std::mem::take(&mut writes), vec![])),
                Step::Restart => {
                    commit(&mut store, std::mem::take(&mut writes), vec![]);
                    drop(store);
                    store = place.open();
                    model.check(&store.load().unwrap());
                }
            }
        }
    }
}
