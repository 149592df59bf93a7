//! The whole of this room over its router or a real socket, with the real engine behind it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

mod api;
mod auth;
mod bad_input;
mod ingest;
mod openapi;
mod sentences;
mod serving;
mod world;
