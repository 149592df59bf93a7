//! What a deadline costs among many: `cargo run --release -p bellwire-sim --example timers`. So many incidents wait for
//! their next check; one after another is due, is asked about, and waits again. The cost grows as a tree's height does.
#![expect(clippy::disallowed_methods, reason = "this measures; nothing decides by it")]

use bellwire_core::{
    Alert, AlertState, Decision, Effects, Engine, EvaluateReason, Event, Incident, IncidentId, Instant, Labels,
    Priority, Snapshot, Span, Verdict,
};
use std::{sync::Arc, time::Instant as Stopwatch};

const START: Instant = Instant::from_millis(1_795_230_720_000);
const STEPS: u64 = 20_000;

/// Incidents that are due one a millisecond, the first at once, each with its alert.
fn waiting(count: u64) -> Snapshot {
    let mut snapshot = Snapshot { last: START, ..Snapshot::default() };
    for number in 1..=count {
        let id = IncidentId { team: "t1".into(), number };
        let labels = Labels::from_pairs([("alertname", format!("Group{number}"))]);
        let mut incident = Incident::opened(id.clone(), "t1".into(), labels.clone(), START);
        // Spread over the numbers, so that neighbours in time are none in memory.
        let place = (number * 2_654_435_761) % count;
        incident.evaluate = Some((START.saturating_add(Span::from_millis(place + 1)), EvaluateReason::NextCheck));
        snapshot.alerts.push(Alert {
            fingerprint: labels.fingerprint(),
            labels,
            annotations: Labels::default(),
            generator_url: "".into(),
            state: AlertState::Firing,
            starts_at: START,
            ends_at: None,
            updated_at: START,
            incidents: vec![id],
        });
        snapshot.incidents.push(incident);
    }
    snapshot
}

/// Microseconds from a deadline to the next: the timer fires, the policy is asked and answers, the timer is set anew.
fn step(engine: &mut Engine) -> f64 {
    let stopwatch = Stopwatch::now();
    for _ in 0..STEPS {
        let Some(now) = engine.next_deadline() else { return f64::NAN };
        let mut effects = Effects::default();
        engine.settle(now, &mut effects);
        for request in core::mem::take(&mut effects.evaluate) {
            let next_check = Some(now.saturating_add(Span::from_secs(86_400)));
            let decision = Decision { priority: Priority::P2, notices: vec![], next_check, reason: "later".into() };
            let verdict = Verdict { policy_hash: "h".into(), fuel: 1, result: Ok(decision) };
            let answer = Event::Decided { incident: request.incident, revision: request.revision, verdict };
            engine.step(now, answer, &mut effects);
        }
        engine.settle(now, &mut effects);
    }
    stopwatch.elapsed().as_secs_f64() * 1e6 / STEPS as f64
}

fn main() {
    println!("{:>9}  {:>12}", "timers", "µs a step");
    for count in [1_000, 10_000, 100_000, 1_000_000] {
        let tables = Arc::new(bellwire_sim::plain_tables());
        let mut engine = Engine::load(tables, waiting(count), START);
        engine.settle(START, &mut Effects::default());
        assert_eq!(engine.timers_len() as u64, count, "each incident waits once");
        println!("{count:>9}  {:>12.2}", step(&mut engine));
    }
}
