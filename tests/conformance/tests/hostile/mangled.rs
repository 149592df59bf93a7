//! Good plugins that were damaged, by accident or by somebody who looks for a hole: whatever is left of them, it is refused
//! or ends in a typed outcome within the limits. That nothing panics is what the tests see by not panicking themselves.

use super::Neighbour;
use crate::engine;
use bellwire_conformance::{Door, built_for, hostile};
use bellwire_core::Decision;
use bellwire_wasm::{Engine, Limits};

/// One plugin for each door: a component, and a program that speaks JSON.
const PLUGINS: [&str; 2] = ["assemblyscript", "json"];
const BYTES_CHANGED_MAX: usize = 8;

/// What it decides, if it decides.
fn decision(engine: &Engine, neighbour: &Neighbour, bytes: &[u8]) -> Option<Decision> {
    let plugin = engine.load(bytes).ok()?;
    let evaluation = plugin.evaluate(&neighbour.settings, &neighbour.facts);
    let limits = Limits::default();
    assert!(evaluation.fuel <= limits.fuel_max, "{}", evaluation.fuel);
    assert!(evaluation.memory_bytes <= limits.memory_bytes_max as u64, "{}", evaluation.memory_bytes);
    assert!(evaluation.log.len() <= limits.log_lines_max);
    evaluation.result.ok()
}

#[test]
fn what_is_cut_short_is_refused() {
    const PIECES: usize = 50;
    let engine = engine();
    let neighbour = Neighbour::on(&engine);
    for name in PLUGINS {
        let whole = built_for("0.1.0", name);
        assert!(decision(&engine, &neighbour, &whole).is_some(), "{name}");
        for piece in 0..PIECES {
            let length = whole.len() * piece / PIECES;
            let error = engine.load(&whole[..length]).err();
            assert!(error.is_some(), "{name}, {length} of {} bytes: it was taken", whole.len());
        }
        neighbour.is_unharmed_by(name);
    }
}

/// Flips bytes by seed: the same damage in every run.
fn mutated(name: &str, whole: &[u8], mutations: u64) {
    let engine = engine();
    let neighbour = Neighbour::on(&engine);
    let usual = decision(&engine, &neighbour, whole);
    let mut same = 0;
    for seed in 0..mutations {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = whole.to_vec();
        for _ in 0..random.usize(1..=BYTES_CHANGED_MAX) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        same += u64::from(decision(&engine, &neighbour, &bytes) == usual);
        neighbour.is_unharmed_by(&format!("mutation {seed} of {name}"));
    }
    eprintln!("{same} of {mutations} mutations of {name} decide as it does: they changed what it was not asked for");
    assert!(usual.is_some() && same < mutations, "mutations that change nothing test nothing");
}

#[test]
fn a_mutated_policy_ends_in_a_typed_outcome() {
    mutated("the ladder", &built_for("0.1.0", "assemblyscript"), 100);
}

/// Small ones, in which nearly every byte means something.
#[test]
fn a_mutated_handful_of_bytes_ends_in_a_typed_outcome() {
    for door in [Door::Policy, Door::Json] {
        mutated(&format!("{door:?}"), &hostile(door, "acts/sleeps"), 300);
    }
}

#[test]
fn a_mutated_program_ends_in_a_typed_outcome() {
    mutated("the ladder as a program", &built_for("0.1.0", "json"), 25);
}
