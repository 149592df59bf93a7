//! Golden cases, run through the real plugin.

use crate::{
    facts::{case_facts, decided},
    subject::{Refused, Subject},
};
use bellwire_cases::{Case, CaseFile, Decision};
use bellwire_wasm::{LogLine, Plugin};
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRun {
    pub name: String,
    pub verdict: Verdict,
    pub fuel: u64,
    pub memory_bytes: u64,
    /// Start of the instance and call, by the wall clock.
    pub elapsed: Duration,
    pub log: Vec<LogLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// It decided something else; both as a case says it.
    Differs {
        expected: String,
        actual: String,
        decided: Decision,
    },
    /// It gave no decision at all: why.
    Faulted(String),
}

/// Every case of a file.
pub fn run_cases(plugin: &Plugin, file: &CaseFile) -> Vec<CaseRun> {
    file.cases.iter().map(|case| run_case(plugin, &file.settings(case), case)).collect()
}

/// `settings`: a JSON document.
pub fn run_case(plugin: &Plugin, settings: &str, case: &Case) -> CaseRun {
    let subject = match Subject::new(plugin, settings) {
        Ok(subject) => subject,
        Err(refused) => return CaseRun::refused(case, &refused),
    };
    let evaluation = subject.evaluate(&case_facts(case));
    let verdict = match &evaluation.result {
        Ok(decision) => compare(case, decided(decision)),
        Err(fault) => Verdict::Faulted(fault.to_string()),
    };
    CaseRun {
        name: case.name.clone(),
        verdict,
        fuel: evaluation.fuel,
        memory_bytes: evaluation.memory_bytes,
        elapsed: evaluation.elapsed,
        log: evaluation.log,
    }
}

fn compare(case: &Case, decided: Decision) -> Verdict {
    let (expected, actual) = (case.decision.written(case.opened_at()), decided.written(case.opened_at()));
    if expected == actual { Verdict::Passed } else { Verdict::Differs { expected, actual, decided } }
}

impl CaseRun {
    fn refused(case: &Case, refused: &Refused) -> Self {
        let verdict = Verdict::Faulted(refused.to_string());
        Self { name: case.name.clone(), verdict, fuel: 0, memory_bytes: 0, elapsed: Duration::ZERO, log: Vec::new() }
    }

    pub fn passed(&self) -> bool {
        match self.verdict {
            Verdict::Passed => true,
            Verdict::Differs { .. } | Verdict::Faulted(_) => false,
        }
    }
}

impl Verdict {
    /// What was expected and what came, line by line: `-` is expected and missing, `+` was decided instead.
    pub fn explained(&self) -> String {
        match self {
            Self::Passed => String::new(),
            Self::Faulted(why) => format!("{why}\n"),
            Self::Differs { expected, actual, .. } => {
                let diff = TextDiff::from_lines(expected, actual);
                let sign = |tag| match tag {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                diff.iter_all_changes().map(|change| format!("{} {}", sign(change.tag()), change.value())).collect()
            }
        }
    }
}
