//! bellwire.toml and routes/*.toml become checked, immutable tables: every error at once, each with its file, line,
//! snippet and remedy.
//!
//! This room reads the files of the configuration and those that they name (secrets, certificates), once, at load. It
//! knows no plugin: `app` runs them, and completes a [`Config`] with what they answer.
#![cfg_attr(test, expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking"))]

mod calendars;
mod channels;
mod config;
mod draft;
mod file;
mod heartbeats;
mod host;
mod ical;
mod inhibitions;
mod keys;
mod matching;
mod moments;
mod oci;
mod overrides;
mod people;
mod places;
mod plugins;
mod reader;
mod receivers;
mod report;
mod reports;
mod rotations;
mod routes;
mod schedules;
mod services;
mod settings;
mod silences;
mod sources;
mod suggest;
mod supply;
mod targets;
mod team;
mod values;
mod windows;

#[cfg(test)]
mod tests;

pub use calendars::{Feed, check_calendar};
pub use channels::ChannelSource;
pub use config::Config;
pub use host::{Credential, MetricsAccess, PolicyLimits, Server, ServerLimits, Tls};
pub use oci::{OciReference, OciReferenceError, OciVersion};
pub use places::Places;
pub use plugins::{PluginOrigin, PluginSource, PluginUse};
pub use report::{Diagnostic, Report};
pub use reports::{ReportEvery, ReportPlan};
pub use services::Integrations;
pub use sources::AlertSource;
pub use supply::{PluginSupply, Registry, RegistryCredentials, Transport};
pub use team::PolicySource;
