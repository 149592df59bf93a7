//! The files that a newcomer begins with: they load, without a warning, and route as their cases say.

use super::{environment, repository};
use crate::{Config, keys, targets};
use bellwire_core::{Labels, Wants};
use std::{collections::BTreeMap, fs};

const HOST: &str = r#"
default_team = "platform"
routes = "REPOSITORY/routes/*.toml"
[slack]
token = { env = "SLACK_BOT_TOKEN" }
[smtp]
host = "smtp.example.com"
from = "Bellwire <bellwire@example.com>"
"#;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    labels: BTreeMap<String, String>,
    to: Vec<To>,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct To {
    team: String,
    route: String,
}

fn quick_start() -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bellwire.toml");
    fs::write(&path, HOST.replace("REPOSITORY", repository().to_str().unwrap())).unwrap();
    Config::load(&path, &environment, super::NOW).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn loads_without_a_warning() {
    let mut config = quick_start();
    for source in config.policies.clone() {
        // Every target of the settings' ladders, as `standard` answers.
        let settings: serde_json::Value = serde_json::from_str(&source.plugin.settings).unwrap();
        let ladders = settings["ladders"].as_object().unwrap();
        let steps = ladders.values().flat_map(|ladder| ladder["steps"].as_array().unwrap());
        let targets = steps.flat_map(|step| step["to"].as_array().unwrap());
        let targets = targets.map(|target| targets::parse(target.as_str().unwrap())).collect();
        let windows = vec!["business-hours".into(), "digest".into()];
        let missing = config.with_wants(&source.team, &source.policy, Wants { targets, windows, ..Wants::default() });
        assert!(missing.is_empty(), "{missing:?}");
    }
    let warnings = config.warnings();
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn routes_as_its_cases_say() {
    let tables = quick_start().tables;
    let cases: Cases =
        toml::from_str(&fs::read_to_string(repository().join("routes/cases/quick-start.toml")).unwrap()).unwrap();
    for case in cases.case {
        let destinations = tables.destinations(&Labels::from_pairs(&case.labels));
        let to: Vec<To> = destinations
            .iter()
            .map(|destination| To {
                team: destination.team.name.to_string(),
                route: destination.route.name.to_string(),
            })
            .collect();
        assert_eq!(to, case.to, "{}", case.name);
    }
}

#[test]
fn every_key_is_documented() {
    let page = fs::read_to_string(repository().join("docs/configuration.md")).unwrap();
    for key in keys::ALL.iter().copied().flatten() {
        let mentioned = [format!("`{key}`"), format!("`[{key}]`")].iter().any(|mention| page.contains(mention));
        assert!(mentioned, "docs/configuration.md does not have `{key}`");
    }
}

#[test]
fn every_example_of_the_page_is_sound() {
    let page = fs::read_to_string(repository().join("docs/configuration.md")).unwrap();
    let examples: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(examples.len() >= 2);
    let host = examples.iter().find(|example| example.starts_with("# bellwire.toml")).unwrap();
    let team = examples.iter().find(|example| example.starts_with("# routes/payments.toml")).unwrap();
    let loaded = super::load(&[
        ("bellwire.toml", host),
        ("routes/payments.toml", team),
        ("routes/platform.toml", &super::TEAM.replace("payments", "platform").replace("oncall", "ops")),
        ("cert.pem", "PEM"),
        ("key.pem", "PEM"),
    ]);
    assert_eq!(super::said(loaded), "sound");
}
