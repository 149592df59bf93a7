//! What a channel is told, asks for and answers: a receiver that a plugin speaks for. Data only; `wasm` asks the plugin,
//! `dispatch` makes the requests.

use crate::{Message, Span};
use alloc::{string::String, vec::Vec};

/// A message as a channel is told it.
#[derive(Clone, Debug)]
pub struct ChannelMessage {
    /// Of it a channel sees the incident, the alerts and what it was told before.
    pub message: Message,
    /// One line of plain text.
    pub title: String,
    /// All of it, as plain text.
    pub text: String,
    pub links: Vec<ChannelLink>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelLink {
    /// `incident`, `runbook`, `dashboard` or `generator`.
    pub name: &'static str,
    pub url: String,
}

/// What a channel says is to be done next for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelStep {
    /// Make this request, and ask again.
    Send(ChannelRequest),
    Delivered {
        receipt: Option<String>,
    },
    Retry {
        after: Option<Span>,
        reason: String,
    },
    Permanent {
        reason: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRequest {
    pub method: String,
    pub url: Vec<Part>,
    pub headers: Vec<(String, Vec<Part>)>,
    pub body: Vec<Part>,
}

/// A piece of a text that may have secrets in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// Name of one of the receiver's secrets.
    Secret(String),
}

/// Bounded, and without any of the receiver's secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelResponse {
    pub status: u16,
    /// By their names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What a channel needs of its routes file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelWants {
    pub secrets: Vec<String>,
    /// Hosts that it talks to, as far as its settings say them.
    pub hosts: Vec<String>,
}
