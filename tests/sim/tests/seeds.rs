//! Two thousand stories, and those that compare two engines.

use std::fmt::Write;

/// One seed if `BELLWIRE_SEED` says so, else the first `count`.
fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("BELLWIRE_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => (0..count).collect(),
    }
}

fn all(count: u64, play: impl Fn(u64) -> Result<(), String>) {
    let mut failures = String::new();
    let mut failed = 0;
    for seed in seeds(count) {
        if let Err(error) = play(seed) {
            failed += 1;
            if failed <= 3 {
                let _ = writeln!(failures, "{error}\nplay it again: BELLWIRE_SEED={seed} cargo test -p bellwire-sim\n");
            }
        }
    }
    assert_eq!(failed, 0, "{failed} seeds failed, the first of them:\n{failures}");
}

#[test]
fn whatever_happens_the_invariants_hold() {
    all(500, |seed| bellwire_sim::run(seed).map(drop));
}
