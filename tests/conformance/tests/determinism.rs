//! The same settings and facts give the same answer, with the same fuel and memory, however often, on whichever thread and
//! machine.

use crate::{engine, languages::BUILT, load};
use bellwire_conformance::{Door, built_for, cases, hostile};
use bellwire_core::{self as core, Facts, IncidentId};
use bellwire_wasm::{Evaluation, Plugin};
use bellwire_workbench::case_facts;
use std::{thread, time::Instant};

const TIMES: usize = 1_000;

/// All of an evaluation but how long it took.
fn timeless(evaluation: Evaluation) -> impl PartialEq + std::fmt::Debug {
    let Evaluation { result, fuel, memory_bytes, log, elapsed: _ } = evaluation;
    (result, fuel, memory_bytes, log)
}

/// The last case of the ladder, which has most to say.
fn last_case() -> (String, Facts) {
    let cases = cases();
    let case = cases.cases.last().unwrap();
    (cases.settings(case), case_facts(case))
}

/// Asks on every processor at once, `TIMES` in all.
fn is_always_the_same(name: &str, plugin: &Plugin, settings: &str, facts: &Facts) {
    let first = timeless(plugin.evaluate(settings, facts));
    let threads = thread::available_parallelism().unwrap().get();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for time in 0..TIMES.div_ceil(threads) {
                    assert_eq!(timeless(plugin.evaluate(settings, facts)), first, "{name}, time {time}");
                }
            });
        }
    });
}

#[test]
fn every_language_decides_the_same_a_thousand_times() {
    let (settings, facts) = last_case();
    for (language, plugin) in BUILT.iter() {
        let started = Instant::now();
        is_always_the_same(language, plugin, &settings, &facts);
        eprintln!("{language}: {TIMES} times in {:.1?}", started.elapsed());
    }
}

/// These files never change, so neither may what they take. A newer wasmtime may count fuel otherwise: then, and only then,
/// these figures change.
#[test]
fn fuel_and_memory_are_the_same_on_every_machine() {
    const TAKEN: [(&str, u64, u64); 4] = [
        ("assemblyscript", 35_754, 65_536),
        ("c", 64_755, 1_310_720),
        ("json", 64_717, 1_048_576),
        ("rust", 13_841, 1_048_576),
    ];
    let (engine, (settings, facts)) = (engine(), last_case());
    let taken = TAKEN.map(|(language, ..)| {
        let evaluation = load(&engine, language, &built_for("0.1.0", language)).evaluate(&settings, &facts);
        (language, evaluation.fuel, evaluation.memory_bytes)
    });
    assert_eq!(taken, TAKEN);
}

/// The clock of a program is `facts.now`; what is random follows from the incident and the time; what is not a number has
/// the same bits.
#[test]
fn who_tries_to_be_different_is_so_by_the_facts_alone() {
    let (_, facts) = last_case();
    let [policy, program] = [(Door::Policy, "policy"), (Door::Json, "json")].map(|(door, folder)| {
        let sin = format!("{folder}/tries-to-be-different");
        load(&engine(), &sin, &hostile(door, &sin))
    });
    for plugin in [&policy, &program] {
        is_always_the_same("tries-to-be-different", plugin, "{}", &facts);
    }
    let later = Facts { now: core::Instant::from_millis(facts.now.as_millis() + 1), ..facts.clone() };
    let mut other = facts.clone();
    other.incident.id = IncidentId { team: "test".into(), number: 2 };
    let [reason, of_later, of_other] =
        [&facts, &later, &other].map(|facts| program.evaluate("{}", facts).result.unwrap().reason);
    let [clock, later_clock, other_clock] = [&reason, &of_later, &of_other].map(|reason| &reason[..16]);
    assert_eq!(clock, format!("{:016x}", facts.now.as_millis() * 1_000_000));
    assert_eq!((later_clock == clock, other_clock == clock), (false, true));
    let random = [&reason, &of_later, &of_other].map(|reason| &reason[16..32]);
    assert!(random[0] != random[1] && random[0] != random[2] && random[1] != random[2], "{random:?}");
    assert_eq!(&reason[32..], "7ff8000000000000");
}
