//! Bellwire from end to end: alerts go in over HTTP, and what people would see comes out of fakes that enforce the
//! providers' contracts. `story` embeds the app with a clock that a test moves; `process` runs the real command.
//! May not touch a room behind its back: what is asserted is what a sender, a receiver or an operator sees.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "the world outside Bellwire: senders with tasks of their own, and a stopwatch for how long they may take"
)]

mod alerts;
mod anywhere;
mod api_v2;
mod channels;
mod cli;
mod configuration;
mod disk;
mod doors;
mod examples;
mod faults;
mod feeds;
mod heartbeats;
mod hostile;
mod import;
mod kill;
mod ladder;
mod life;
mod neighbours;
mod nights;
mod oncall;
mod plugin;
mod process;
mod quiet;
mod real;
mod receivers;
mod reload;
mod report;
mod restart;
mod sources;
mod stage;
mod storm;
mod story;
mod trust;
mod worst_case;
