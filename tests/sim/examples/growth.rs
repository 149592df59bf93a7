//! How the engine's cost grows: `cargo run --release -p bellwire-sim --example growth`. Microseconds an alert or an
//! incident, which should stay as they are while the counts grow.
#![expect(clippy::disallowed_methods, reason = "this measures; nothing decides by it")]

use bellwire_core::{AlertInput, Answer, Effects, Ends, Engine, Event, Instant, Labels, Snapshot, Span};
use std::{sync::Arc, time::Instant as Stopwatch};

const START: Instant = Instant::from_millis(1_795_230_720_000);
const BATCH: usize = 64;

fn alerts(count: usize, groups: usize, ends: Ends, value: &str) -> Vec<AlertInput> {
    let one = |number: usize| AlertInput {
        labels: Labels::from_pairs([
            ("alertname", format!("Group{}", number % groups)),
            ("instance", format!("instance-{number}")),
            ("job", "api".into()),
        ]),
        annotations: Labels::from_pairs([("value", value)]),
        starts_at: None,
        ends,
        generator_url: "".into(),
    };
    (0..count).map(one).collect()
}

/// Each batch is a turn; policies and senders answer at once.
fn play(engine: &mut Engine, now: Instant, alerts: Vec<AlertInput>, batch: usize) -> f64 {
    let count = alerts.len();
    let batches: Vec<Vec<AlertInput>> = alerts.chunks(batch).map(<[_]>::to_vec).collect();
    let stopwatch = Stopwatch::now();
    for batch in batches {
        let mut effects = Effects::default();
        let Answer::Received { .. } = engine.step(now, Event::Received(batch), &mut effects) else { return f64::NAN };
        engine.settle(now, &mut effects);
        while !effects.evaluate.is_empty() || !effects.send.is_empty() {
            let Effects { evaluate, send, .. } = core::mem::take(&mut effects);
            for event in bellwire_sim::answers(evaluate, send) {
                engine.step(now, event, &mut effects);
            }
            engine.settle(now, &mut effects);
        }
    }
    stopwatch.elapsed().as_secs_f64() * 1e6 / count as f64
}

fn main() {
    println!(
        "{:>9} {:>9} {:>6}  {:>8} {:>9} {:>8} {:>8}",
        "alerts", "incidents", "batch", "new", "unchanged", "changed", "resolved"
    );
    for (count, groups, batch) in [
        (10_000, 100, BATCH),
        (100_000, 100, BATCH),
        (10_000, 1, BATCH),
        (100_000, 1, BATCH),
        (10_000, 1, 10_000),
        (100_000, 1, 100_000),
        (10_000, 10_000, BATCH),
        (100_000, 100_000, BATCH),
    ] {
        let tables = Arc::new(bellwire_sim::plain_tables());
        let mut engine = Engine::load(tables, Snapshot::default(), START);
        let later = START.saturating_add(Span::from_secs(60));
        let costs = [
            play(&mut engine, START, alerts(count, groups, Ends::Open, "1"), batch),
            play(&mut engine, later, alerts(count, groups, Ends::Open, "1"), batch),
            play(&mut engine, later, alerts(count, groups, Ends::Open, "2"), batch),
            play(&mut engine, later, alerts(count, groups, Ends::Resolved(later), "2"), batch),
        ];
        let [new, unchanged, changed, resolved] = costs;
        println!("{count:>9} {groups:>9} {batch:>6}  {new:>8.2} {unchanged:>9.2} {changed:>8.2} {resolved:>8.2}");
    }
}
