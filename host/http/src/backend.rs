//! What this room needs of the one who embeds it: `app` implements it over the engine's loop and the store.

use crate::{
    decode::Batch,
    view::{IncidentDetail, IncidentSummary},
};
use bellwire_core::{
    Action, AlertInput, Answer, Firing, IncidentId, Instant, OverrideRequest, Report, Roster, Silence, SilenceRequest,
};
use bytes::Bytes;
use jiff::tz::TimeZone;
use std::{future::Future, sync::Arc, time::Duration};

pub trait Backend: Send + Sync + 'static {
    /// The wall clock, which this room may not read.
    fn now(&self) -> Instant;

    /// Answers once the alerts are on disk.
    fn received(&self, alerts: Vec<AlertInput>) -> impl Future<Output = Result<Answer, Unavailable>> + Send;

    /// The names of the sources that there are now.
    fn sources(&self) -> Vec<Arc<str>>;

    /// What the plugin of one of them makes of a webhook. Takes nothing in.
    fn converted(&self, source: &Arc<str>, webhook: Webhook) -> impl Future<Output = Result<Batch, Unread>> + Send;

    /// Answers once the action is on disk.
    fn acted(&self, acted: Acted) -> impl Future<Output = Result<Answer, Unavailable>> + Send;

    /// Answers once the change of who is on call is on disk.
    fn overridden(
        &self,
        request: OverrideRequest,
        by: Arc<str>,
        via: Arc<str>,
    ) -> impl Future<Output = Result<Answer, Unavailable>> + Send;

    /// Answers once the silence is on disk.
    fn silenced(
        &self,
        request: SilenceRequest,
        by: Arc<str>,
        via: Arc<str>,
    ) -> impl Future<Output = Result<Answer, Unavailable>> + Send;

    /// Something says that it is alive.
    fn beaten(&self, team: Arc<str>, heartbeat: Arc<str>) -> impl Future<Output = Result<Answer, Unavailable>> + Send;

    /// The silences that people made, also those that expired lately, in no order.
    fn silences(&self) -> impl Future<Output = Result<Vec<Silence>, Unavailable>> + Send;

    fn silence(&self, id: Arc<str>) -> impl Future<Output = Result<Option<Silence>, Unavailable>> + Send;

    /// What fires now, and what of it is not told.
    fn firing(&self) -> impl Future<Output = Result<Firing, Unavailable>> + Send;

    /// People, schedules and overrides as they are now.
    fn roster(&self) -> Arc<Roster>;

    /// What a link in a mail allows, if it is one of ours and still holds.
    fn link(&self, token: &str) -> Result<ActionLink, LinkRefusal>;

    /// Says something that only the person sees who pressed a button or gave a command. `url` has been checked. Does not
    /// wait: what comes of it is in the log.
    fn say_to_slack(&self, url: String, text: String);

    /// The newest first, at most `query.limit`.
    fn incidents(&self, query: IncidentQuery)
    -> impl Future<Output = Result<Vec<IncidentSummary>, Unavailable>> + Send;

    fn incident(&self, id: IncidentId) -> impl Future<Output = Result<Option<IncidentDetail>, Unavailable>> + Send;

    /// What happened in a period, counted now.
    fn report(&self, query: ReportQuery) -> impl Future<Output = Result<Report, Unavailable>> + Send;

    fn readiness(&self) -> Readiness;

    /// Reads the configuration anew, all or nothing. Answers what changed, in words.
    fn reload(&self) -> impl Future<Output = Result<String, ReloadError>> + Send;

    /// Everything measured, in Prometheus' text format.
    fn metrics(&self) -> String;
}

/// What was posted to a source, without the sender's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// In lower case and without parameters; empty if the sender did not say.
    pub content_type: String,
    /// Of its address, in order.
    pub query: Vec<(String, String)>,
    /// By their names in lower case; the plugin is to see those that it asked for.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// Why a webhook brought no alerts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is not what the source reads; in the plugin's words, for the sender to read.
    #[error("{0}")]
    Malformed(String),
    /// The plugin gave no answer, for the sender to read.
    #[error("{0}")]
    Failed(String),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Whoever has it may act on the incident in the person's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionLink {
    pub incident: IncidentId,
    /// Who was sent it: a person's name, or an address.
    pub by: Arc<str>,
    pub expires_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    #[error("this link is not one of ours, or part of it is missing")]
    Forged,
    #[error("this link has expired")]
    Expired,
}

/// Nothing was done; the same request may succeed later. Answered as 503, which makes a sender try again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unavailable {
    /// For the caller to read: no paths, no secrets.
    pub reason: String,
    pub retry_after: Duration,
}

/// A person acted on an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    pub incident: IncidentId,
    pub action: Action,
    /// The incident's, as the person saw it; none: as it is now.
    pub revision: Option<u64>,
    pub by: Arc<str>,
    /// `api`, `cli`, `slack`, `email` or `pagerduty`.
    pub via: Arc<str>,
}

/// Which incidents to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentQuery {
    pub team: Option<String>,
    pub state: StateFilter,
    /// Only those that come after this one, which was the last of the page before.
    pub before: Option<IncidentId>,
    /// At least 1.
    pub limit: usize,
}

/// Of which period, and of whom.
#[derive(Clone, Debug)]
pub struct ReportQuery {
    pub from: Instant,
    pub until: Instant,
    /// None: every team.
    pub team: Option<Arc<str>>,
    /// Where hours of the day are counted; none: UTC, and for people with a zone of their own there.
    pub zone: Option<TimeZone>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateFilter {
    /// Those that are not resolved.
    Active,
    Open,
    Acknowledged,
    Snoozed,
    Resolved,
    /// Not resolved, and nobody acknowledged though the policy came to its end.
    Unowned,
    #[default]
    All,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// Why not, for the caller to read.
    Waiting(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// The new configuration is wrong: the old one stays. Holds every error, as `check` reports them.
    #[error("{0}")]
    Invalid(String),
    /// It could not be read or taken: the old one stays.
    #[error("{0}")]
    Failed(String),
}
