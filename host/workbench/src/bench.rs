//! How long a plugin takes to answer, and what an answer costs.

use crate::{
    any::Trial,
    cases::{CaseRun, Verdict},
};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bench {
    /// Of one answer in a fresh instance, by the wall clock.
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

/// Asks every case in turn until there are `evaluations` answers. None: no case gets an answer.
pub fn bench(trial: &Trial<'_>, evaluations: usize) -> Option<Bench> {
    let is_answered = |run: &CaseRun| match run.verdict {
        Verdict::Passed | Verdict::Differs { .. } => true,
        Verdict::Faulted(_) => false,
    };
    let answered: Vec<usize> =
        (0..trial.cases()).filter(|index| trial.run_case(*index).is_some_and(|run| is_answered(&run))).collect();
    let (mut elapsed, mut fuel_max, mut memory_bytes_max) = (Vec::with_capacity(evaluations), 0, 0);
    for index in answered.iter().cycle().take(evaluations) {
        let run = trial.run_case(*index)?;
        elapsed.push(run.elapsed);
        fuel_max = fuel_max.max(run.fuel);
        memory_bytes_max = memory_bytes_max.max(run.memory_bytes);
    }
    elapsed.sort_unstable();
    let at =
        |percent: usize| elapsed.get((elapsed.len() * percent / 100).min(elapsed.len().saturating_sub(1))).copied();
    let elapsed = Quantiles { p50: at(50)?, p99: at(99)?, max: at(100)? };
    Some(Bench { elapsed, evaluations, fuel_max, memory_bytes_max })
}
