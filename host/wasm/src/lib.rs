//! Runs plugins (policies, sources and channels): one is loaded once, and each call gets a fresh instance under every limit.
//!
//! This room knows wasmtime and the domain's types, and nothing else: no database, no network, no configuration file.
//! It may have threads (the ticker and the pool) and one directory (the compile cache). A plugin is handed data and
//! hands data back; whatever it does, loops, traps, grows, floods, is a typed [`bellwire_core::PluginFault`].
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may fail by panicking"))]

mod bindings;
mod cache;
mod call;
mod channel;
mod effort;
mod engine;
mod guest;
mod json_door;
mod limits;
mod load;
mod plugin;
mod pool;
mod source;
mod world;

pub use cache::CacheError;
pub use call::{Answer, LogLevel, LogLine};
pub use channel::{Answered, Channel};
pub use engine::{Engine, EngineError, Settings};
pub use guest::{Description, Problem};
pub use limits::Limits;
pub use load::LoadError;
pub use plugin::{Evaluation, Plugin};
pub use pool::{Full, Job, Pool};
pub use source::{Conversion, Converted, Source, SourceFault, SourceWants, Unusable, Webhook};
pub use world::World;
