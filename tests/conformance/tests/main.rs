//! Plugins through the real runtime: the same policy in every language, plugins of earlier versions of the contract, and
//! plugins that mean harm.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]
#![expect(clippy::disallowed_methods, reason = "a stopwatch, for what is printed; nothing is decided by it")]

mod cases;
mod determinism;
mod hostile;
mod languages;
mod versions;

use bellwire_wasm::{Engine, Limits, Plugin, Settings};
use std::time::Duration;

/// As a server has it, but on a machine as slow as it likes: here the verdict is fuel's.
fn engine() -> Engine {
    let limits = Limits { time_max: Duration::from_secs(60), ..Limits::default() };
    Engine::new(Settings { limits, ..Settings::default() }).unwrap()
}

fn load(engine: &Engine, name: &str, bytes: &[u8]) -> Plugin {
    engine.load(bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}
