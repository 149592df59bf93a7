//! Of a policy: facts in, decision out.

use super::{CaseRun, Verdict};
use crate::{
    facts::{case_facts, decided},
    subject::Subject,
};
use bellwire_cases::{Case, CaseFile};
use bellwire_wasm::Plugin;

/// Every case of a file.
pub fn run_cases(plugin: &Plugin, file: &CaseFile) -> Vec<CaseRun> {
    file.cases.iter().map(|case| run_case(plugin, &file.settings(case), case)).collect()
}

/// `settings`: a JSON document.
pub fn run_case(plugin: &Plugin, settings: &str, case: &Case) -> CaseRun {
    let subject = match Subject::new(plugin, settings) {
        Ok(subject) => subject,
        Err(refused) => return CaseRun::not_asked(&case.name, refused),
    };
    CaseRun::of(&case.name, subject.evaluate(&case_facts(case)), |result| match result {
        Ok(decision) => {
            let opened_at = case.opened_at();
            Verdict::compare(case.decision.written(opened_at), decided(&decision).written(opened_at))
        }
        Err(fault) => Verdict::Faulted(fault.to_string()),
    })
}
