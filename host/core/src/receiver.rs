//! A receiver: a Slack channel, a mailbox, a PagerDuty service, a webhook. Data only; `dispatch` does the sending.

use crate::Span;
use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc, vec::Vec};

/// A secret has no `Debug` and no `Serialize`, so it cannot slip into a log, the journal or a plugin.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The only way to it; call it where it is used, and keep nothing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[derive(Clone)]
pub struct Receiver {
    /// Full name: `TEAM/NAME`, or `NAME` for a shared one.
    pub name: Arc<str>,
    pub kind: ReceiverKind,
    /// Full name of the receiver that gets a notice which this one could not be given.
    pub fallback: Option<Arc<str>>,
    /// How long a notice is tried before the fallback has it.
    pub deadline: Span,
    /// Is it told when an incident that it heard of is acknowledged, changes priority or resolves?
    pub updates: bool,
    /// Sends under way at once.
    pub concurrency_max: u32,
    /// Sends a minute; none: no limit.
    pub rate_per_minute: Option<u32>,
    /// The first notice goes at once; the others that come within this time of it are told together when it is over.
    /// Zero: each by itself, as is right for machines.
    pub bundle_window: Span,
    /// How long one attempt may take in all.
    pub timeout: Span,
    /// minijinja sources that replace the default ones.
    pub title_template: Option<Arc<str>>,
    pub body_template: Option<Arc<str>>,
}

#[derive(Clone)]
pub enum ReceiverKind {
    Slack(SlackReceiver),
    Email(EmailReceiver),
    PagerDuty(PagerDutyReceiver),
    Webhook(WebhookReceiver),
    Channel(ChannelReceiver),
}

#[derive(Clone)]
pub enum SlackReceiver {
    /// An incoming webhook's URL, which is itself a secret: it can only add messages.
    Webhook { url: Secret },
    /// `chat.postMessage` and `chat.update`: edits in place and threads. `api`: base URL, `https://slack.com/api` by default.
    Bot { api: String, token: Secret, channel: String },
}

#[derive(Clone)]
pub struct EmailReceiver {
    pub to: Vec<String>,
    pub from: String,
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    pub credentials: Option<(String, Secret)>,
    /// PEM of a root to trust beside the system's.
    pub root: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// STARTTLS, and failure if it is not offered.
    StartTls,
    /// TLS from the first byte (465).
    Implicit,
    /// In clear; credentials are refused with it.
    None,
}

#[derive(Clone)]
pub struct PagerDutyReceiver {
    /// Base URL, `https://events.pagerduty.com` by default.
    pub api: String,
    pub routing_key: Secret,
}

#[derive(Clone)]
pub struct WebhookReceiver {
    pub url: Secret,
    /// Standard Webhooks secret; none: unsigned.
    pub secret: Option<Secret>,
}

/// A plugin speaks for it: it says which requests to make, and `dispatch` makes them.
#[derive(Clone)]
pub struct ChannelReceiver {
    /// The plugin's name.
    pub plugin: Arc<str>,
    /// A JSON document.
    pub settings: Arc<str>,
    /// By the names that the plugin uses. It never sees one.
    pub secrets: BTreeMap<Arc<str>, Secret>,
    /// Where its requests may go, and nowhere else.
    pub hosts: Vec<AllowedHost>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    /// In lower case; an IPv6 address in brackets.
    pub host: Arc<str>,
    pub port: u16,
    /// Without TLS: only where the configuration says `http://`.
    pub plain: bool,
}

impl ReceiverKind {
    /// A short name for metrics and listings.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Slack(_) => "slack",
            Self::Email(_) => "email",
            Self::PagerDuty(_) => "pagerduty",
            Self::Webhook(_) => "webhook",
            Self::Channel(_) => "channel",
        }
    }
}
