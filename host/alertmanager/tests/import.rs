//! What an import writes: it reads as it is meant to, Bellwire takes it, no secret is in it, and whoever Alertmanager
//! tells is told.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use bellwire_alertmanager::{Config, Imported, Route, import};
use bellwire_core::{Instant, Labels, Tables};
use bellwire_support::alertmanager_file::{AlertmanagerFile, Intervals};
use std::{fs, path::Path};

/// 21 November 2026, 15:00 UTC.
const NOW: Instant = Instant::from_millis(1_795_273_200_000);
/// Files that secrets are in.
const FILES: [&str; 4] = ["slack-url", "teams-url", "pagerduty-key", "webhook-url"];

fn imported(name: &str, text: &str) -> Imported {
    let config = Config::parse(name, text).unwrap_or_else(|report| panic!("{report}\n{text}"));
    import(&config, name, "ops")
}

/// As `Config::load` of bellwire.toml sees it.
fn loaded(imported: &Imported) -> Tables {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), imported);
    let environment = |name: &str| imported.variables.contains_key(name).then(|| format!("https://example.com/{name}"));
    let config = bellwire_config::Config::load(&folder.path().join("bellwire.toml"), &environment, NOW);
    config.unwrap_or_else(|report| panic!("{report}\n{}\n{}", imported.host, imported.routes)).tables
}

fn write(folder: &Path, imported: &Imported) {
    fs::create_dir(folder.join("routes")).unwrap();
    fs::write(folder.join("bellwire.toml"), &imported.host).unwrap();
    fs::write(folder.join("routes/ops.toml"), &imported.routes).unwrap();
    FILES.iter().for_each(|file| fs::write(folder.join(file), "https://example.com/").unwrap());
}

/// Both files; the list is at the end of the second.
fn shown(imported: &Imported) -> String {
    format!("=== bellwire.toml\n{}\n=== routes/ops.toml\n{}", imported.host, imported.routes)
}

fn golden(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}.yml", env!("CARGO_MANIFEST_DIR"));
    let imported = imported(&format!("{name}.yml"), &fs::read_to_string(path).unwrap());
    loaded(&imported);
    let shown = shown(&imported);
    assert!(!shown.contains("not-to-be-copied"), "{shown}");
    shown
}

#[test]
fn a_small_team() {
    insta::assert_snapshot!(golden("simple"));
}

#[test]
fn kube_prometheus() {
    insta::assert_snapshot!(golden("kube-prometheus"));
}

#[test]
fn every_kind_of_receiver() {
    insta::assert_snapshot!(golden("everything"));
}

/// Whom Alertmanager tells, in its order; a receiver without anything tells nobody.
fn told_by_alertmanager(config: &Config, labels: &Labels) -> Vec<String> {
    let tells = |route: &&&Route| {
        config.receiver(&route.options.receiver.value).is_some_and(|receiver| !receiver.integrations.is_empty())
    };
    let routes = config.route(labels);
    routes.iter().filter(tells).map(|route| route.options.receiver.value.clone()).collect()
}

/// Whom Bellwire tells: the targets of each route's policy, unless the route is muted for ever.
fn told_by_bellwire(tables: &Tables, labels: &Labels) -> Vec<String> {
    let destinations = tables.destinations(labels);
    let telling = destinations.iter().filter(|to| !to.route.mute.iter().any(|window| &**window == "always"));
    let targets = telling.flat_map(|to| {
        let settings = &to.team.policies[&to.route.policy].settings;
        let settings: serde_json::Value = serde_json::from_str(settings).unwrap();
        let steps = settings["ladders"]["P1"]["steps"].as_array().unwrap().clone();
        steps.into_iter().flat_map(|step| step["to"].as_array().unwrap().clone())
    });
    targets.map(|target| target.as_str().unwrap().to_owned()).collect()
}

#[test]
fn whoever_alertmanager_tells_is_told() {
    let mut told = 0;
    for seed in 0..500 {
        let mut file = AlertmanagerFile::of_seed(seed, "http://127.0.0.1:9", Intervals::Some);
        let config = Config::parse("alertmanager.yml", &file.text).unwrap();
        let tables = loaded(&imported("alertmanager.yml", &file.text));
        for _ in 0..10 {
            let labels = Labels::from_pairs(file.labels());
            let theirs = told_by_alertmanager(&config, &labels);
            assert_eq!(told_by_bellwire(&tables, &labels), theirs, "seed {seed}, {labels}:\n{}", file.text);
            told += theirs.len();
        }
    }
    assert!(told > 2_500, "{told} receivers of 5,000 alerts: too few to mean anything");
}

const STRANGE: [char; 16] = ['\t', '\n', '-', ':', '{', ']', '&', '*', '!', '|', '>', '\'', '"', '%', 'ü', '\0'];

/// A few bytes of it are lost, doubled, or others.
fn broken(text: &str, random: &mut fastrand::Rng) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..random.usize(1..=4) {
        let at = random.usize(..characters.len());
        let end = (at + random.usize(1..=8)).min(characters.len());
        match random.u8(..4) {
            0 => drop(characters.drain(at..end)),
            1 => characters.insert(at, STRANGE[random.usize(..STRANGE.len())]),
            2 => {
                let doubled: Vec<char> = characters[at..end].to_vec();
                drop(characters.splice(at..at, doubled));
            }
            _ => characters.truncate(at.max(1)),
        }
    }
    characters.into_iter().collect()
}

#[test]
fn no_file_however_broken_is_more_than_refused() {
    let mut random = fastrand::Rng::with_seed(5);
    let mut taken = 0;
    for name in ["simple", "kube-prometheus", "everything"] {
        let path = format!("{}/tests/fixtures/{name}.yml", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).unwrap();
        for _ in 0..1_000 {
            let text = broken(&text, &mut random);
            match Config::parse("alertmanager.yml", &text) {
                Ok(config) => {
                    taken += 1;
                    toml::from_str::<toml::Table>(&import(&config, "alertmanager.yml", "ops").routes).unwrap();
                }
                Err(report) => assert!(!report.to_string().is_empty()),
            }
        }
    }
    assert!(taken > 100, "{taken} of 3,000 were taken: too few to mean anything");
}
