//! What a plugin takes, and what a hostile one costs its neighbours: measured in a process of its own, told as JSON to
//! `cargo xtask bench --plugins`.
#![expect(clippy::unwrap_used, reason = "measures what the tests have tested; it may fail by panicking")]
#![expect(clippy::disallowed_methods, reason = "the stopwatch is what this is for")]

mod neighbours;
mod plugin;

use neighbours::Beside;
use std::{env, fs, process::ExitCode, time::Duration};

const USAGE: &str = "plugin-figures plugin FILE.wasm CASES.toml | bare FILE.wasm | neighbours [SIN TEAMS INCIDENTS]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let figures = match arguments[..] {
        ["plugin", file, cases] => plugin::figures(&fs::read(file).unwrap(), &fs::read_to_string(cases).unwrap()),
        ["bare", file] => plugin::bare(&fs::read(file).unwrap()),
        ["neighbours"] => neighbours::figures(None),
        ["neighbours", sin, teams, incidents] => {
            let (teams, incidents_of_each) = (teams.parse().unwrap(), incidents.parse().unwrap());
            neighbours::figures(Some(&Beside { sin, teams, incidents_of_each }))
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    println!("{figures}");
    ExitCode::SUCCESS
}

/// In nanoseconds: p50 and p99.
fn quantiles(mut times: Vec<Duration>) -> (u64, u64) {
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).map_or(0, |time| time.as_nanos() as u64);
    (at(50), at(99))
}
