//! The author's workbench: a plugin is tried out in the real runtime under the real limits, without a server.
//!
//! Golden cases, properties over generated incidents, measurements, and what is in a file. `bellwire plugin` and the
//! conformance tests are on top of it. This room knows the runtime and the domain's types; it may not read files, print,
//! or ask a clock what time it is: it is handed texts and bytes, and hands results back.
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may fail by panicking"))]

mod anatomy;
mod bench;
mod cases;
mod document;
mod facts;
pub mod properties;
mod subject;
mod update;
mod world;

/// The runtime and its limits, for those who load a plugin.
pub use bellwire_wasm as wasm;

pub use anatomy::{Anatomy, Door, Truncated};
pub use bellwire_cases::{CaseError, CaseFile, Moment, settings_json, span};
pub use bench::{Bench, Quantiles, bench, load};
pub use cases::{CaseRun, Verdict, run_case, run_cases};
pub use document::{DocumentError, facts_document};
pub use facts::{case_facts, decided, fire, opened};
pub use subject::{Refused, Subject};
pub use update::{UpdateError, update};
pub use world::World;
