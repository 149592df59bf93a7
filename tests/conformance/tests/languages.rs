//! The ladder policy in every language: each built one passes every shared case, decision for decision. What was not built
//! is said in one line; `cargo xtask plugins --languages` builds.

use crate::{engine, load};
use bellwire_conformance::{LANGUAGES, built, cases};
use bellwire_wasm::Plugin;
use bellwire_workbench::run_cases;
use std::sync::LazyLock;

/// Compiled once for all tests: Python takes its time.
pub static BUILT: LazyLock<Vec<(&str, Plugin)>> = LazyLock::new(|| {
    let engine = engine();
    let load = |language| Some((language, load(&engine, language, &built(language)?)));
    LANGUAGES.into_iter().filter_map(load).collect()
});

#[test]
fn every_language_decides_alike() {
    let cases = cases();
    let mut differences = String::new();
    for (language, plugin) in BUILT.iter() {
        for run in run_cases(plugin, &cases).iter().filter(|run| !run.passed()) {
            differences.push_str(&format!("{language}: {}\n{}\n", run.name, run.verdict.explained()));
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}
