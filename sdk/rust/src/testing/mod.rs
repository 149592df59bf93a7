//! A test kit: a policy is a function, so it is tested as one, without Wasm and without a host.
//!
//! [`Scene`] builds facts, [`Play`] is a small host that lets time pass, [`run_cases`] runs golden cases from TOML.
#![expect(clippy::panic, reason = "a test kit speaks by failing the test")]

mod cases;
mod play;
mod scene;
mod time;

pub use cases::run_cases;
pub use play::Play;
pub use scene::Scene;
pub use time::{instant, moment};
