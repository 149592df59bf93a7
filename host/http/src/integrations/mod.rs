//! Where people act from outside: Slack's buttons and command, links in mails, PagerDuty's webhooks.
//!
//! None of them has a credential of `[auth]`: each request proves itself by a signature or a link, has room and time of
//! its own, and is answered within the 3 s that Slack waits. This room knows incidents only through
//! [`crate::Backend`], and speaks to Slack only through [`crate::Backend::say_to_slack`].

pub(crate) mod command;
mod html;
mod lately;
pub(crate) mod links;
mod outcome;
pub(crate) mod pagerduty;
mod people;
mod signature;
pub(crate) mod slack;

use crate::{Settings, body::BodyReader, measure::INTEGRATION_REQUESTS, problem::Problem};
use axum::http::StatusCode;
use bellwire_core::{Secret, Span};
use lately::Lately;
use metrics::counter;
use signature::{Doubt, Signature};
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::Url;

/// Signatures and event ids that are remembered.
const REMEMBERED_MAX: usize = 10_000;
/// PagerDuty has long given up on an event that is older.
const EVENTS_KEPT: Span = Span::from_secs(7 * 86_400);

/// What these routes are configured with, and what they have seen.
pub(crate) struct Doors {
    bodies: BodyReader,
    slack_secret: Option<Secret>,
    slack_response_base: Option<Url>,
    slack_seen: Mutex<Lately<Signature>>,
    pagerduty_secrets: Vec<Secret>,
    pagerduty_seen: Mutex<Lately<String>>,
}

impl Doors {
    pub fn new(settings: &Settings) -> Self {
        let integrations = &settings.integrations;
        Self {
            bodies: BodyReader::for_strangers(settings),
            slack_secret: integrations.slack_signing_secret.clone(),
            slack_response_base: integrations.slack_response_base.as_deref().and_then(|base| Url::parse(base).ok()),
            slack_seen: Mutex::new(Lately::new(REMEMBERED_MAX, signature::SLACK_GOOD_FOR)),
            pagerduty_secrets: integrations.pagerduty_webhook_secrets.clone(),
            pagerduty_seen: Mutex::new(Lately::new(REMEMBERED_MAX, EVENTS_KEPT)),
        }
    }

    /// May we post there what a person asked for? Only to Slack: else whoever can forge a request could make us call anybody.
    fn may_answer(&self, response_url: &str) -> bool {
        const SLACK: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];
        let Ok(url) = Url::parse(response_url) else { return false };
        let is_slack = url.scheme() == "https"
            && url.port().is_none()
            && url.host_str().is_some_and(|host| SLACK.contains(&host))
            && url.username().is_empty()
            && url.password().is_none();
        is_slack || self.slack_response_base.as_ref().is_some_and(|base| base.origin() == url.origin())
    }
}

/// Does a route admit by itself? All of this room do.
pub(crate) fn proves_itself(route: &str) -> bool {
    matches!(route, "/slack/actions" | "/slack/command" | "/act/{token}" | "/pagerduty/webhook")
}

/// Counts a request by what became of it.
fn count(integration: &'static str, outcome: &'static str) {
    counter!(INTEGRATION_REQUESTS, "integration" => integration, "outcome" => outcome).increment(1);
}

/// The one answer to every doubt: whoever forges learns nothing of what was wrong. The metric knows.
fn disbelieved(integration: &'static str, doubt: Doubt) -> Problem {
    let outcome = match doubt {
        Doubt::Forged => "forged",
        Doubt::Stale => "stale",
        Doubt::Replayed => "replayed",
    };
    count(integration, outcome);
    Problem::new(StatusCode::UNAUTHORIZED, "a fresh and valid signature is needed")
}

fn not_configured(what: &str, key: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("{what} may not act here: set {key} in the configuration"))
}

/// A panic while it was held would have been in a set of small things: what is there is still true.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
