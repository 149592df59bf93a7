//! Shared by tests, the demo and the bench: fake Slack and PagerDuty, mail servers, real Prometheus and Alertmanager,
//! a load generator. Every server binds 127.0.0.1 on a free port, keeps what it got, and stops when it is dropped.
//! May not touch any host crate: what is tested here is what the wire sees. Waits are for a change, never a sleep.
#![expect(
    clippy::disallowed_methods,
    reason = "the world outside Bellwire: it has its own clocks and its own tasks, each ended by a drop"
)]

pub mod alertmanager_file;
pub mod calendar;
pub mod debian;
pub mod discord;
pub mod echo;
pub mod fixtures;
pub mod load;
pub mod mail;
pub mod metrics;
pub mod ntfy;
pub mod observed;
pub mod pagerduty;
pub mod pagerduty_webhook;
mod process;
pub mod prometheus;
pub mod registry;
pub mod script;
mod serve;
pub mod slack;
pub mod teams;
pub mod telegram;
pub mod webhook;

pub use observed::{Observed, TimedOut};
pub use script::Fault;

/// An HTTP client. reqwest needs a TLS provider even for plain HTTP, and the program may have chosen one already.
fn http() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::new()
}
