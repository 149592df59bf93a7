//! What this room is configured with. Everything that comes in has a bound.

use bellwire_core::Secret;
use std::time::Duration;

#[derive(Clone)]
pub struct Settings {
    /// Of one request; beyond it: 413.
    pub body_bytes_max: usize,
    /// Of all request bodies being read, together; beyond it: 503.
    pub bodies_bytes_max: usize,
    /// Alerts of one request; those beyond it are not taken, and the reply is 413.
    pub batch_alerts_max: usize,
    /// Open connections; further ones wait to be accepted.
    pub connections_max: usize,
    /// From the connection, or the reply before, to a request's last header.
    pub header_time_max: Duration,
    /// From a request's headers to the end of its body.
    pub body_time_max: Duration,
    /// From a request's headers to its reply.
    pub request_time_max: Duration,
    /// For requests under way when the server is to stop.
    pub shutdown_time_max: Duration,
    /// None: everybody may do everything.
    pub credentials: Vec<Credential>,
    pub metrics_access: MetricsAccess,
    pub integrations: Integrations,
}

/// By which other services prove themselves to act here; without its secret a service is not let in.
#[derive(Clone, Default)]
pub struct Integrations {
    /// Of the Slack app that has the buttons and the command.
    pub slack_signing_secret: Option<Secret>,
    /// Base URL of a Slack that is not Slack, whose `response_url`s are answered too: a proxy, or a test's.
    pub slack_response_base: Option<String>,
    /// Of each webhook subscription; also two of one while it is being replaced.
    pub pagerduty_webhook_secrets: Vec<Secret>,
}

#[derive(Clone)]
pub enum Credential {
    /// `name` is who acts with it; none: the request must say.
    Bearer { name: Option<String>, token: Secret },
    /// No colon in `user`.
    Basic { user: String, password: Secret },
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsAccess {
    Open,
    WithCredentials,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_bytes_max: 16 << 20,
            bodies_bytes_max: 256 << 20,
            batch_alerts_max: 10_000,
            connections_max: 1_024,
            header_time_max: Duration::from_secs(30),
            body_time_max: Duration::from_secs(30),
            request_time_max: Duration::from_secs(60),
            shutdown_time_max: Duration::from_secs(10),
            credentials: Vec::new(),
            metrics_access: MetricsAccess::WithCredentials,
            integrations: Integrations::default(),
        }
    }
}
