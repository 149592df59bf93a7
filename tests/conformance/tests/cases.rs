//! Every plugin of this repository passes its own cases through the real runtime: those that are shipped, and what
//! `bellwire plugin new` begins with, in every world and language. And what a plugin says of its settings is what lies beside
//! its sources. What was not built is said in one line.

use crate::{engine, languages::BUILT};
use bellwire_conformance::root;
use bellwire_workbench::AnyPlugin;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each sub-folder that has cases.
fn with_cases(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("cases").is_dir());
    folders.sort();
    folders
}

fn name(folder: &Path) -> &str {
    folder.file_name().unwrap().to_str().unwrap()
}

/// What differs in the cases of `folder`; and whether the plugin says of its settings what the schema there says.
fn tried(folder: &Path, built: &Path, how: &str) -> String {
    let label = folder.strip_prefix(root()).unwrap_or(folder).display();
    let Ok(bytes) = fs::read(built) else {
        eprintln!("skipped: {label} is not built: {how}");
        return String::new();
    };
    let (plugin, _) = AnyPlugin::load(&engine(), &bytes).unwrap_or_else(|error| panic!("{label}: {error}"));
    let mut differences = String::new();
    let mut cases = 0;
    for entry in fs::read_dir(folder.join("cases")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(&path).unwrap().replace("{{name}}", "sample");
            let trial = plugin.trial(&text, path.parent().unwrap()).unwrap_or_else(|error| panic!("{label}: {error}"));
            let runs = trial.run();
            cases += runs.len();
            for run in runs.iter().filter(|run| !run.passed()) {
                differences.push_str(&format!("{label}: {}\n{}\n", run.name, run.verdict.explained()));
            }
        }
    }
    assert!(cases > 0, "{label} has no cases");
    if let Ok(schema) = fs::read_to_string(folder.join("settings.schema.json"))
        && json(&schema) != json(&plugin.describe().unwrap().settings_schema)
    {
        differences.push_str(&format!("{label}: settings.schema.json is not what the plugin says of its settings\n"));
    }
    differences
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_shipped_plugin_passes_its_cases() {
    let built = |folder: &Path| root().join(format!("target/plugins/{}.wasm", name(folder)));
    let folders = with_cases(&root().join("plugins"));
    assert!(folders.len() > 1, "{folders:?}");
    let differences: String =
        folders.iter().map(|folder| tried(folder, &built(folder), "cargo xtask plugins")).collect();
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn every_template_passes_its_cases() {
    let mut differences = String::new();
    for language in bellwire_conformance::LANGUAGES {
        let folders = with_cases(&root().join("sdk").join(language).join("templates"));
        assert!(!folders.is_empty(), "{language}");
        for folder in folders {
            let built = root().join(format!("target/plugins/templates/{}/{language}.wasm", name(&folder)));
            let how = format!("cargo xtask plugins --languages {language}");
            differences.push_str(&tried(&folder, &built, &how));
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

/// Go, AssemblyScript and TypeScript cannot read the file that the others share, and have what it says once more.
#[test]
fn the_ladder_says_the_same_of_its_settings_in_every_language() {
    let schema = json(&fs::read_to_string(root().join("examples/languages/cases/ladder.schema.json")).unwrap());
    for (language, plugin) in BUILT.iter() {
        assert_eq!(json(&plugin.describe().unwrap().settings_schema), schema, "{language}");
    }
}
