//! Golden cases, run through the real plugin.

mod channel;
mod policy;
mod source;

pub use channel::{channel_step, run_channel_case};
pub use policy::{run_case, run_cases};
pub use source::{run_source_case, source_alerts};

use bellwire_wasm::{Answer, LogLine};
use similar::{ChangeTag, TextDiff};
use std::{fmt, time::Duration};

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
    /// It answered something else; both as a case says it.
    Differs {
        expected: String,
        actual: String,
    },
    /// It gave no answer at all: why.
    Faulted(String),
}

impl CaseRun {
    fn of<T, E>(name: &str, answer: Answer<T, E>, judge: impl FnOnce(Result<T, E>) -> Verdict) -> Self {
        let Answer { result, fuel, memory_bytes, elapsed, log } = answer;
        Self { name: name.into(), verdict: judge(result), fuel, memory_bytes, elapsed, log }
    }

    /// The plugin was not asked at all.
    fn not_asked(name: &str, why: impl fmt::Display) -> Self {
        let verdict = Verdict::Faulted(why.to_string());
        Self { name: name.into(), verdict, fuel: 0, memory_bytes: 0, elapsed: Duration::ZERO, log: Vec::new() }
    }

    pub fn passed(&self) -> bool {
        match self.verdict {
            Verdict::Passed => true,
            Verdict::Differs { .. } | Verdict::Faulted(_) => false,
        }
    }
}

impl Verdict {
    fn compare(expected: String, actual: String) -> Self {
        if expected == actual { Self::Passed } else { Self::Differs { expected, actual } }
    }

    /// What was expected and what came, line by line: `-` is expected and missing, `+` was answered instead.
    pub fn explained(&self) -> String {
        match self {
            Self::Passed => String::new(),
            Self::Faulted(why) => format!("{why}\n"),
            Self::Differs { expected, actual } => {
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
