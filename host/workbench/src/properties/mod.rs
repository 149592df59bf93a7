//! What must hold for every incident, tried on incidents that a seed makes out of the alerts of the cases.
//!
//! The same seed gives the same incidents everywhere. One that shows a fault is cut down until nothing more can go.

mod generate;
mod incident;
mod life;
mod shrink;

pub use generate::{Happening, Script, Step};
pub use life::Broken;

use crate::subject::{Refused, Subject};
use bellwire_cases::CaseFile;
use bellwire_core::Span;
use bellwire_wasm::Plugin;
use std::fmt;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Within this time after a decision says P1, somebody must have been paged.
    pub within: Span,
    /// For each settings that the cases have.
    pub incidents: usize,
}

/// Each of these is tried at every step of every incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// A decision came, and the host takes it: keys once each, targets among those that `check` listed, limits kept.
    Sensible,
    /// Asked twice, it said the same and used the same fuel.
    Deterministic,
    /// Asked again at once after what it decided was sent, it has nothing to add in the end.
    Rests,
    /// Asked before the time that it named, it says nothing new.
    Early,
    /// A host that was down sends no other keys than one that was not.
    Restart,
    /// A minute after an acknowledgement nothing new was sent.
    Acknowledged,
    /// A P1 pages somebody in time.
    Reaches,
}

impl Property {
    pub const ALL: [Self; 7] = [
        Self::Sensible,
        Self::Deterministic,
        Self::Rests,
        Self::Early,
        Self::Restart,
        Self::Acknowledged,
        Self::Reaches,
    ];
}

impl fmt::Display for Property {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sensible => "every decision is one that the host takes",
            Self::Deterministic => "the same facts give the same decision",
            Self::Rests => "it comes to rest",
            Self::Early => "asked before its time, it says nothing new",
            Self::Restart => "a host that was down sends no other keys",
            Self::Acknowledged => "an acknowledgement stops it",
            Self::Reaches => "every P1 pages somebody in time",
        })
    }
}

/// What was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    pub incidents: usize,
    pub evaluations: usize,
    /// Incidents that were a P1 at some time: if there is none, two of the properties say nothing.
    pub urgent: usize,
}

/// The shortest incident that shows a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    pub broken: Broken,
    pub script: Script,
    /// A JSON document.
    pub settings: String,
    /// What happened, line by line.
    pub story: String,
}

/// All properties, with each settings that the cases have.
pub fn try_out(plugin: &Plugin, file: &CaseFile, plan: Plan) -> Result<Result<Tried, Box<Counterexample>>, Refused> {
    let mut tried = Tried::default();
    let mut seen: Vec<String> = Vec::new();
    for case in &file.cases {
        let settings = file.settings(case);
        if seen.contains(&settings) {
            continue;
        }
        let subject = Subject::new(plugin, &settings)?;
        seen.push(settings);
        if let Some(counterexample) = try_settings(&subject, file, plan, &mut tried) {
            return Ok(Err(Box::new(counterexample)));
        }
    }
    Ok(Ok(tried))
}

fn try_settings(subject: &Subject<'_>, file: &CaseFile, plan: Plan, tried: &mut Tried) -> Option<Counterexample> {
    let mut random = fastrand::Rng::with_seed(plan.seed);
    for _ in 0..plan.incidents {
        let script = generate::script(&mut random, file, subject.wants());
        let lived = life::live(subject, &script, plan.within);
        tried.incidents += 1;
        tried.evaluations += lived.evaluations;
        tried.urgent += usize::from(lived.urgent);
        if let Err(broken) = lived.outcome {
            let (script, lived) = shrink::shrink(subject, plan.within, script, broken.property);
            let broken = lived.outcome.err().unwrap_or(broken);
            return Some(Counterexample { broken, script, settings: subject.settings().into(), story: lived.story });
        }
    }
    None
}

#[cfg(test)]
mod tests;
