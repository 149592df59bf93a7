//! The author's workbench: a plugin is tried out in the real runtime under the real limits, without a server.
//!
//! Golden cases, properties over generated incidents, measurements, and what is in a file. `bellwire plugin` and the
//! conformance tests are on top of it. This room knows the runtime and the domain's types; it may not read files (but
//! for the body of a webhook that lies beside its case), print, or ask a clock what time it is: it is handed texts and
//! bytes, and hands results back.
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may fail by panicking"))]

mod anatomy;
mod any;
mod bench;
mod cases;
mod document;
mod facts;
mod message;
pub mod properties;
mod subject;
mod update;

/// The runtime and its limits, for those who load a plugin.
pub use bellwire_wasm as wasm;

pub use anatomy::{Anatomy, Door, Truncated};
pub use any::{AnyPlugin, Trial};
pub use bellwire_cases::{
    CaseError, CaseFile, Moment,
    channel::{Body, Request, Step},
    elapsed_text, settings_json, span,
};
pub use bench::{Bench, Quantiles, bench};
pub use cases::{CaseRun, Verdict, channel_step, run_case, run_cases, source_alerts};
pub use document::{DocumentError, facts_document};
pub use facts::{case_facts, decided, fire, opened};
pub use message::{Sample, channel_message};
pub use subject::{Refused, Subject};
pub use update::{UpdateError, update};
