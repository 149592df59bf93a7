//! Runs policies: a plugin is loaded once, and each call gets a fresh instance under every limit.
//!
//! This room knows wasmtime and the domain's types, and nothing else: no database, no network, no configuration file.
//! It may have threads (the ticker and the pool) and one directory (the compile cache). A plugin is handed data and
//! hands data back; whatever it does, loops, traps, grows, floods, is a typed [`bellwire_core::PluginFault`].
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may fail by panicking"))]

mod bindings;
mod cache;
mod engine;
mod json_door;
mod limits;
mod load;
mod plugin;
mod pool;

pub use cache::CacheError;
pub use engine::{Engine, EngineError, Settings};
pub use limits::Limits;
pub use load::LoadError;
pub use plugin::{Description, Evaluation, LogLevel, LogLine, Plugin, Problem};
pub use pool::{Full, Job, Pool};
