//! Plugins that mean harm: each is contained within its limits with the outcome that its table says, and the next
//! evaluation of a good one on the same engine is unharmed.

mod giants;
mod mangled;
mod table;
mod worlds;

use crate::{engine, load};
use bellwire_conformance::{Door, built_for, cases, hostile, root};
use bellwire_core::{Decision, Facts, PluginFault};
use bellwire_wasm::{Engine, Plugin};
use bellwire_workbench::case_facts;
use std::fs;
use table::{ACTS, FILES, JSON, POLICY, SAME};

/// A well-behaved neighbour on the same engine, and what it always decides.
struct Neighbour {
    plugin: Plugin,
    settings: String,
    facts: Facts,
    usual: (Result<Decision, PluginFault>, u64, u64),
}

impl Neighbour {
    fn on(engine: &Engine) -> Self {
        let cases = cases();
        let case = cases.cases.last().unwrap();
        let plugin = load(engine, "the neighbour", &built_for("0.1.0", "rust"));
        let (settings, facts) = (cases.settings(case), case_facts(case));
        let first = plugin.evaluate(&settings, &facts);
        assert!(first.result.is_ok(), "{:?}", first.result);
        Self { plugin, settings, facts, usual: (first.result, first.fuel, first.memory_bytes) }
    }

    /// Decides as ever, with as much fuel and memory.
    fn is_unharmed_by(&self, sin: &str) {
        let again = self.plugin.evaluate(&self.settings, &self.facts);
        assert_eq!((again.result, again.fuel, again.memory_bytes), self.usual, "after {sin}");
    }
}

/// What becomes of a plugin: `refused: WHY` at load, the fault in its words, or `decided: REASON` with its targets and how much
/// it logged.
fn outcome(engine: &Engine, facts: &Facts, bytes: &[u8]) -> String {
    let plugin = match engine.load(bytes) {
        Ok(plugin) => plugin,
        Err(error) => return format!("refused: {error}"),
    };
    let evaluation = plugin.evaluate("{}", facts);
    assert!(evaluation.log.len() <= 100 && evaluation.log.iter().all(|line| line.message.len() <= 1024));
    match evaluation.result.and_then(|decision| decision.check().map(|()| decision)) {
        Ok(decision) => {
            let targets: String =
                decision.notices.iter().flat_map(|notice| &notice.to).map(|target| format!(" {target}")).collect();
            format!("decided: {}{targets}, {} lines", decision.reason, evaluation.log.len())
        }
        Err(fault) => fault.to_string(),
    }
}

/// Every sin of a folder is in its table, and each has the outcome that stands beside it.
fn hold(folder: &str, table: &[(&str, &str)], plugin: impl Fn(&str) -> Vec<u8>) {
    let engine = engine();
    let neighbour = Neighbour::on(&engine);
    contained(folder, table, &engine, |sin| outcome(&engine, &neighbour.facts, &plugin(sin)));
}

/// The same of any world: `outcome` is asked for each sin by its file.
fn contained(folder: &str, table: &[(&str, &str)], engine: &Engine, outcome: impl Fn(&str) -> String) {
    let neighbour = Neighbour::on(engine);
    let mut files: Vec<String> = fs::read_dir(root().join("tests/conformance/hostile").join(folder))
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut listed: Vec<&str> = table.iter().map(|(sin, _)| *sin).collect();
    listed.sort();
    assert_eq!(files, listed, "{folder}: the table lists what is in the folder");
    let mut differences = String::new();
    for (sin, expected) in table {
        let outcome = outcome(&format!("{folder}/{sin}"));
        neighbour.is_unharmed_by(sin);
        if !outcome.starts_with(expected) || expected.is_empty() {
            differences.push_str(&format!("{sin}\n  expected {expected}\n  was      {outcome}\n"));
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn what_any_plugin_may_do_is_contained_in_a_policy() {
    let table: Vec<_> = ACTS.iter().map(|(sin, policy, _)| (*sin, *policy)).collect();
    hold("acts", &table, |sin| hostile(Door::Policy, sin));
}

#[test]
fn what_any_plugin_may_do_is_contained_in_a_program() {
    let program = |(sin, policy, json): &(_, _, _)| (*sin, if *json == SAME { *policy } else { *json });
    let table: Vec<_> = ACTS.iter().map(program).collect();
    hold("acts", &table, |sin| hostile(Door::Json, sin));
}

#[test]
fn spoilt_answers_of_a_policy_are_faults() {
    hold("policy", &POLICY, |sin| hostile(Door::Policy, sin));
}

#[test]
fn spoilt_answers_of_a_program_are_faults() {
    hold("json", &JSON, |sin| hostile(Door::Json, sin));
}

#[test]
fn what_asks_for_more_than_the_contract_is_refused() {
    hold("files", &FILES, |sin| {
        let file = root().join(format!("tests/conformance/hostile/{sin}.wat"));
        wat::parse_file(file).unwrap()
    });
}
