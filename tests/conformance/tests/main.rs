//! The ladder policy in every language: each built one passes every shared case, decision for decision, and gives the
//! same bytes however often it is asked. What was not built is said in one line; `cargo xtask plugins --languages` builds.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use bellwire_wasm::{Engine, Plugin, Settings};
use bellwire_workbench::{CaseFile, Subject, case_facts, run_cases};
use std::{fs, path::PathBuf};

const LANGUAGES: [&str; 8] = ["assemblyscript", "c", "go", "json", "python", "rust", "typescript", "zig"];

/// Asks for each case; the dear ones are asked less often, so that the test stays within a minute.
const FUEL_OF_A_CASE: u64 = 50_000_000;
const TIMES_MAX: u64 = 1_000;
const TIMES_MIN: u64 = 20;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cases() -> CaseFile {
    let text = fs::read_to_string(root().join("examples/languages/cases/ladder.toml")).unwrap();
    CaseFile::parse(&text).unwrap()
}

/// None: it was not built, which is said.
fn plugin(engine: &Engine, language: &str) -> Option<Plugin> {
    let file = root().join(format!("target/plugins/languages/{language}.wasm"));
    let Ok(bytes) = fs::read(&file) else {
        eprintln!("skipped: the ladder in {language} is not built: cargo xtask plugins --languages {language}");
        return None;
    };
    Some(engine.load(&bytes).unwrap_or_else(|error| panic!("{language}: {error}")))
}

#[test]
fn every_language_decides_alike() {
    let (engine, cases) = (Engine::new(Settings::default()).unwrap(), cases());
    let mut differences = String::new();
    for language in LANGUAGES {
        let Some(plugin) = plugin(&engine, language) else { continue };
        for run in run_cases(&plugin, &cases).iter().filter(|run| !run.passed()) {
            differences.push_str(&format!("{language}: {}\n{}\n", run.name, run.verdict.explained()));
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn the_same_facts_give_the_same_decision_however_often() {
    let (engine, cases) = (Engine::new(Settings::default()).unwrap(), cases());
    for language in LANGUAGES {
        let Some(plugin) = plugin(&engine, language) else { continue };
        let case = cases.cases.last().unwrap();
        let (settings, facts) = (cases.settings(case), case_facts(case));
        let subject = Subject::new(&plugin, &settings).unwrap();
        let first = subject.evaluate(&facts);
        let times = (FUEL_OF_A_CASE * 10 / first.fuel.max(1)).clamp(TIMES_MIN, TIMES_MAX);
        for time in 1..times {
            let again = subject.evaluate(&facts);
            assert_eq!((&again.result, again.fuel), (&first.result, first.fuel), "{language}, time {time} of {times}");
        }
    }
}
