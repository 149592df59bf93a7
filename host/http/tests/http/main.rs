//! The whole of this room over its router or a real socket, with the real engine behind it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

mod api;
mod auth;
mod bad_input;
mod command;
mod ingest;
mod mail_links;
mod on_call;
mod openapi;
mod outside;
mod pagerduty;
mod reports;
mod sentences;
mod serving;
mod slack;
mod sources;
mod v2;
mod world;
