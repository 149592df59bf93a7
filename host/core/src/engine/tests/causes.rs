//! How much work it is to find what explains what.

use super::*;
use crate::{Inhibition, InhibitionKind, engine::suppress::Causes};
use core::cell::Cell;
use std::collections::{BTreeSet, HashMap};

fn matchers(text: &str) -> Matchers {
    Matchers(vec![text.parse().unwrap()])
}

/// The first's sources explain the targets, and so on.
fn causes(rules: &[(&str, &str)]) -> Causes {
    let rule = |(sources, targets): &(&str, &str)| Inhibition {
        name: "rule".into(),
        sources: matchers(sources),
        targets: matchers(targets),
        equal: Vec::new(),
        kind: InhibitionKind::Quiet,
    };
    let tables =
        Tables { inhibitions: rules.iter().map(rule).collect(), ..Story::new().engine.tables().as_ref().clone() };
    Causes::of(&tables)
}

fn alerts(kind: &str, count: usize) -> Vec<Alert> {
    let alert = |index| {
        let labels = Labels::from_pairs([("kind", kind), ("number", &format!("{index}"))]);
        Alert {
            fingerprint: labels.fingerprint(),
            labels,
            annotations: Labels::default(),
            generator_url: "".into(),
            state: AlertState::Firing,
            starts_at: Instant::from_millis(0),
            ends_at: None,
            updated_at: Instant::from_millis(0),
            incidents: Vec::new(),
        }
    };
    (0..count).map(alert).collect()
}

#[test]
fn however_many_sources_there_are_each_target_is_looked_at_once() {
    let mut causes = causes(&[("kind=source", "kind=target")]);
    let (sources, targets) = (alerts("source", 3), alerts("target", 5));
    for alert in sources.iter().chain(&targets) {
        causes.began(alert.fingerprint, &alert.labels);
    }
    let mut concerned = BTreeSet::new();
    causes.take_concerned(&mut concerned);
    assert_eq!(concerned.len(), 5);
    concerned.clear();
    causes.shifted(&sources[0].labels);
    causes.take_concerned(&mut concerned);
    assert!(concerned.is_empty(), "{concerned:?}");
    causes.looked();
    causes.ceased(sources[0].fingerprint, &sources[0].labels);
    causes.take_concerned(&mut concerned);
    assert_eq!(concerned.len(), 5, "the next look is another");
}

#[test]
fn what_explains_each_other_in_a_large_web_is_told_without_a_long_search() {
    let mut causes = causes(&[("kind=a", "kind=b"), ("kind=b", "kind=a")]);
    let all: Vec<Alert> = alerts("a", 500).into_iter().chain(alerts("b", 500)).collect();
    for alert in &all {
        causes.began(alert.fingerprint, &alert.labels);
    }
    let by_print: HashMap<Fingerprint, &Alert> = all.iter().map(|alert| (alert.fingerprint, alert)).collect();
    let looks = Cell::new(0);
    let find = |fingerprint| {
        looks.set(looks.get() + 1);
        by_print.get(&fingerprint).copied()
    };
    assert_eq!(causes.explained(&all[0], "ops", &find), None);
    assert!(looks.get() < 5_000, "{}", looks.get());
}
