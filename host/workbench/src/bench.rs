//! How long a plugin takes: to compile, to answer, and what an answer costs.

use crate::{facts::case_facts, subject::Subject};
use bellwire_cases::CaseFile;
use bellwire_wasm::{Engine, LoadError, Plugin};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bench {
    /// Of one evaluation in a fresh instance, by the wall clock.
    pub elapsed: Quantiles,
    pub evaluations: usize,
    /// Of the case that takes most.
    pub fuel_max: u64,
    pub memory_bytes_max: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantiles {
    pub p50: Duration,
    pub p99: Duration,
    pub max: Duration,
}

/// Loads a plugin, and says how long that took: it compiles, and starts once.
#[expect(clippy::disallowed_methods, reason = "the stopwatch is what this is for; nothing is decided by it")]
pub fn load(engine: &Engine, bytes: &[u8]) -> Result<(Plugin, Duration), LoadError> {
    let started = Instant::now();
    let plugin = engine.load(bytes)?;
    Ok((plugin, started.elapsed()))
}

/// Evaluates every case in turn until there are `evaluations` of them. None: no case gets a decision.
pub fn bench(plugin: &Plugin, file: &CaseFile, evaluations: usize) -> Option<Bench> {
    let cases = file.cases.iter().filter_map(|case| {
        let subject = Subject::new(plugin, &file.settings(case)).ok()?;
        Some((subject, case_facts(case)))
    });
    let cases: Vec<_> = cases.collect();
    let (mut elapsed, mut fuel_max, mut memory_bytes_max) = (Vec::with_capacity(evaluations), 0, 0);
    for (subject, facts) in cases.iter().cycle().take(evaluations) {
        let evaluation = subject.evaluate(facts);
        elapsed.push(evaluation.elapsed);
        fuel_max = fuel_max.max(evaluation.fuel);
        memory_bytes_max = memory_bytes_max.max(evaluation.memory_bytes);
    }
    elapsed.sort_unstable();
    let at =
        |percent: usize| elapsed.get((elapsed.len() * percent / 100).min(elapsed.len().saturating_sub(1))).copied();
    let elapsed = Quantiles { p50: at(50)?, p99: at(99)?, max: at(100)? };
    Some(Bench { elapsed, evaluations, fuel_max, memory_bytes_max })
}
