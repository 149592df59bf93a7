//! Sends notices: Slack, email, PagerDuty, webhook, and whatever a plugin speaks to; and says what became of each attempt.
//!
//! This room touches sockets, and nothing else: it has no clock of its own ([`Settings::clock`]), no store, no task of
//! its own and no memory that matters after a crash. It decides nothing: retries, deadlines and fallbacks are `core`'s,
//! which is told only [`Delivery`](bellwire_core::Delivery). A reason in it is one line for a human without any secret.

#![cfg_attr(test, expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking"))]

mod channel;
mod dispatcher;
mod email;
mod exchange;
mod gate;
mod moment;
mod pagerduty;
mod render;
mod report;
mod sample;
mod slack;
mod smtp;
#[cfg(test)]
mod tests;
mod text;
mod view;
mod webhook;

pub use channel::{Asking, Channel};
pub use dispatcher::{Channels, Dispatcher, Links, Settings, SetupError};
pub use render::check_template;
pub use report::Letter;
