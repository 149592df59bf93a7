//! Plugins that were built for an earlier version of the contract: today's host takes them, and they decide as they did.

use crate::{engine, load};
use bellwire_conformance::{built_for, cases};
use bellwire_workbench::run_cases;

/// Every released version, with the languages whose plugins are kept for it.
const VERSIONS: [(&str, &[&str]); 1] = [("0.1.0", &["assemblyscript", "c", "json", "rust"])];

#[test]
fn plugins_of_every_earlier_version_decide_as_they_did() {
    let (engine, cases) = (engine(), cases());
    let mut differences = String::new();
    for (version, languages) in VERSIONS {
        for language in languages {
            let plugin = load(&engine, &format!("{version}/{language}"), &built_for(version, language));
            let runs = run_cases(&plugin, &cases);
            assert!(!runs.is_empty());
            for run in runs.iter().filter(|run| !run.passed()) {
                differences.push_str(&format!("{version}/{language}: {}\n{}\n", run.name, run.verdict.explained()));
            }
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

/// The files are those of then: built again, they would prove nothing.
#[test]
fn what_is_kept_was_built_for_its_version() {
    for (version, languages) in VERSIONS {
        for language in languages.iter().filter(|language| **language != "json") {
            let bytes = built_for(version, language);
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.contains(&format!("bellwire:policy/evaluator@{version}")), "{version}/{language}");
        }
    }
}
