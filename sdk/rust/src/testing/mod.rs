//! A test kit: a plugin is a function, so it is tested as one, without Wasm and without a host.
//!
//! [`Scene`] builds a policy's facts, [`Play`] is a small host that lets time pass, and [`run_cases`] runs golden cases
//! from TOML. [`run_source_cases`] and [`run_channel_cases`] do that for the other kinds of plugin, and [`page`] is a message
//! for a channel.
#![expect(clippy::panic, reason = "a test kit speaks by failing the test")]

mod cases;
mod channel;
mod play;
mod scene;
mod source;
mod time;

pub use cases::run_cases;
pub use channel::{page, run_channel_cases};
pub use play::Play;
pub use scene::Scene;
pub use source::run_source_cases;
pub use time::{instant, moment};

use std::{fs, path::Path};

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// Panics with every case whose two texts differ: its name, what it expects, what came out.
fn compare<'a>(cases: impl Iterator<Item = (&'a str, String, String)>) {
    let differences: String = cases
        .filter(|(_, expected, actual)| expected != actual)
        .map(|(name, expected, actual)| format!("case {name:?}\n--- expected\n{expected}--- actual\n{actual}\n"))
        .collect();
    assert!(differences.is_empty(), "\n{differences}");
}
