//! Bad configurations with what is said about them, the quick start with its cases, and the page that documents it all.

mod bad;
mod bad_files;
mod calendars;
mod channels;
mod completion;
mod on_call;
mod quick_start;
mod quiet;
mod sources;
mod team;
mod trust;

use crate::{Config, Report};
use bellwire_core::Instant;
use std::{fs, path::Path};

/// The smallest team.
const TEAM: &str = r##"team = "payments"

[receivers.oncall]
slack = { webhook_url = { env = "SLACK_URL" } }

[policies.ladder]
plugin = "standard"

[route]
policy = "ladder"
fallback = ["oncall"]
"##;

/// 21 November 2026, 15:00 UTC.
const NOW: Instant = Instant::from_millis(1_795_273_200_000);

/// Loads `files`, by name, from a folder of their own.
fn load(files: &[(&str, &str)]) -> Result<Config, Report> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("routes")).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Config::load(&folder.path().join("bellwire.toml"), &environment, NOW)
}

fn environment(name: &str) -> Option<String> {
    match name {
        "SLACK_URL" => Some("https://hooks.slack.example.com/services/T/B/X".into()),
        "EMPTY" => Some(String::new()),
        _ if name.ends_with("_KEY") || name.ends_with("_TOKEN") => Some("sesame".into()),
        _ => None,
    }
}

/// What is said about `host` as bellwire.toml beside `TEAM`.
fn said_of_host(host: &str) -> String {
    said(load(&[("bellwire.toml", host), ("routes/payments.toml", TEAM)]))
}

/// What is said about `team` as the only routes file.
fn said_of_team(team: &str) -> String {
    said(load(&[("bellwire.toml", ""), ("routes/payments.toml", team)]))
}

/// What is said about the smallest team with `more` before its routes.
fn said_of_team_with(more: &str) -> String {
    said_of_team(&TEAM.replace("[route]", &format!("{more}\n\n[route]")))
}

fn said(loaded: Result<Config, Report>) -> String {
    match loaded {
        Ok(config) if config.warnings.is_empty() => "sound".into(),
        Ok(config) => Report::new(config.warnings).to_string(),
        Err(report) => report.to_string(),
    }
}

/// One line for each error.
fn lines(loaded: Result<Config, Report>) -> String {
    loaded.err().unwrap().lines().collect::<Vec<_>>().join("\n")
}

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
