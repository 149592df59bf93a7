//! Two thousand stories, and those that compare two engines.

use std::fmt::Write;

/// One seed if `BELLWIRE_SEED` says so, else the first `count`.
fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("BELLWIRE_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => (0..count).collect(),
    }
}

fn all(count: u64, play: impl Fn(u64) -> Result<(), String> + Sync) {
    let (seeds, play) = (seeds(count), &play);
    let (left, right) = seeds.split_at(seeds.len() / 2);
    let failed = |seeds: &[u64]| -> Vec<(u64, String)> {
        seeds.iter().filter_map(|seed| play(*seed).err().map(|error| (*seed, error))).collect()
    };
    let mut failures = std::thread::scope(|scope| {
        let left = scope.spawn(|| failed(left));
        let right = failed(right);
        left.join().unwrap_or_default().into_iter().chain(right).collect::<Vec<_>>()
    });
    let count = failures.len();
    let mut text = String::new();
    for (seed, error) in failures.drain(..).take(3) {
        let _ = writeln!(text, "{error}\nplay it again: BELLWIRE_SEED={seed} cargo test -p bellwire-sim\n");
    }
    assert!(count == 0, "{count} seeds failed, the first of them:\n{text}");
}

#[test]
fn whatever_happens_the_invariants_hold() {
    all(2_000, |seed| bellwire_sim::run(seed).map(drop));
}

/// The stories are about something, or their invariants would hold for nothing.
#[test]
fn the_stories_are_rich() {
    let mut total = bellwire_sim::Summary::default();
    for seed in 0..50 {
        total.add(&bellwire_sim::run(seed).unwrap_or_default());
    }
    assert!(total.turns > 5_000 && total.incidents > 400 && total.notices > 2_000 && total.crashes > 40, "{total:?}");
    assert!(total.held_back > 100, "{total:?}");
    let compared: usize = (0..50).map(|seed| bellwire_sim::twin(seed).unwrap_or_default()).sum();
    assert!(compared > 1_000, "{compared} turns of twins");
}

#[test]
fn a_seed_is_a_whole_story() {
    all(50, |seed| match bellwire_sim::trace(seed)? == bellwire_sim::trace(seed)? {
        true => Ok(()),
        false => Err("twice the same seed, and not the same effects".into()),
    });
}

#[test]
fn the_journal_makes_the_same_rows_again() {
    all(100, bellwire_sim::replay);
}

#[test]
fn a_restart_changes_nothing() {
    all(100, |seed| bellwire_sim::twin(seed).map(drop));
}
