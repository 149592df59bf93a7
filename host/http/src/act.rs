//! What people do with an incident, by the API.

use crate::{
    api::{Addressed, unknown_incident},
    auth::Caller,
    backend::{Acted, Backend},
    named,
    problem::{ErrorBody, Problem},
    server::Context,
    when,
};
use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use bellwire_core::{Action, Answer};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// Who acts, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ActRequest {
    /// Needed unless the credential has a name.
    #[schema(max_length = 200)]
    pub by: Option<String>,
    pub via: Via,
    /// The incident's, as the person saw it. An escalate is refused if the incident has moved on since; none: as it is now.
    pub revision: Option<u64>,
}

/// Until when the incident is quiet: one of `until` and `for`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SnoozeRequest {
    /// RFC 3339.
    #[schema(example = "2026-11-21T09:00:00Z")]
    pub until: Option<String>,
    /// From now, such as `1h` or `90m`.
    #[serde(rename = "for")]
    #[schema(example = "1h")]
    pub duration: Option<String>,
    /// Needed unless the credential has a name.
    #[schema(max_length = 200)]
    pub by: Option<String>,
    pub via: Via,
    pub revision: Option<u64>,
}

/// Who is to have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReassignRequest {
    /// `person:NAME`, `schedule:NAME` or `receiver:NAME`, by the names of the incident's team. A bare name is a person's
    /// if there is one of that name, else a schedule's, else a receiver's.
    #[schema(example = "person:ann")]
    pub to: String,
    /// Needed unless the credential has a name.
    #[schema(max_length = 200)]
    pub by: Option<String>,
    pub via: Via,
    pub revision: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    #[default]
    Api,
    Cli,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActReply {
    pub result: ActResult,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActResult {
    Done,
    /// It was so already.
    Nothing,
}

/// Stops the escalation: somebody has it.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/acknowledge", tag = "incidents", params(("id" = String, Path, description = "TEAM-NUMBER")),
    request_body = ActRequest,
    responses((status = 200, description = "Done, or so already", body = ActReply),
        (status = 400, description = "Nobody is named", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 409, description = "It is resolved already", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn acknowledge<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    id: Addressed,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ActReply>, Problem> {
    let request = read::<B, ActRequest>(&context, &headers, body).await?;
    act(&context, id, caller, Action::Acknowledge, request).await
}

/// Gives it back: the escalation goes on after the last step that was sent.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/unacknowledge", tag = "incidents", params(("id" = String, Path, description = "TEAM-NUMBER")),
    request_body = ActRequest,
    responses((status = 200, description = "Done, or so already", body = ActReply),
        (status = 400, description = "Nobody is named", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 409, description = "It is resolved already", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn unacknowledge<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    id: Addressed,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ActReply>, Problem> {
    let request = read::<B, ActRequest>(&context, &headers, body).await?;
    act(&context, id, caller, Action::Unacknowledge, request).await
}

/// Keeps it quiet until then; after that the escalation goes on where it was.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/snooze", tag = "incidents", params(("id" = String, Path, description = "TEAM-NUMBER")),
    request_body = SnoozeRequest,
    responses((status = 200, description = "Done, or so already", body = ActReply),
        (status = 400, description = "Nobody is named, or no time that can be read", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 409, description = "It is resolved already", body = ErrorBody),
        (status = 422, description = "That time has passed, or is too far ahead", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn snooze<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    id: Addressed,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ActReply>, Problem> {
    let SnoozeRequest { until, duration, by, via, revision } = read::<B, _>(&context, &headers, body).await?;
    let until = match (until, duration) {
        (Some(until), None) => when::instant("until", &until)?,
        (None, Some(duration)) => context.backend.now().saturating_add(when::span("for", &duration)?),
        (None, None) | (Some(_), Some(_)) => {
            return Err(Problem::bad("give one of until (a time) and for (such as \"1h\")"));
        }
    };
    act(&context, id, caller, Action::Snooze { until }, ActRequest { by, via, revision }).await
}

/// Hands it to somebody else, who is told at once.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/reassign", tag = "incidents", params(("id" = String, Path, description = "TEAM-NUMBER")),
    request_body = ReassignRequest,
    responses((status = 200, description = "Done, or so already", body = ActReply),
        (status = 400, description = "Nobody is named", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 409, description = "It is resolved already", body = ErrorBody),
        (status = 422, description = "The team does not have that target", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn reassign<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    id: Addressed,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ActReply>, Problem> {
    let ReassignRequest { to, by, via, revision } = read::<B, _>(&context, &headers, body).await?;
    let roster = context.backend.roster();
    let to = named::target(&to, roster.tables.team(&id.0.team)).ok_or_else(|| {
        let expected = "to must be person:NAME, schedule:NAME or receiver:NAME, as in \"person:ann\", or a bare name";
        Problem::bad(expected).with_code(601)
    })?;
    act(&context, id, caller, Action::Reassign { to }, ActRequest { by, via, revision }).await
}

/// The policy's next step now. Refused if the incident has moved on since `revision`.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/escalate", tag = "incidents", params(("id" = String, Path, description = "TEAM-NUMBER")),
    request_body = ActRequest,
    responses((status = 200, description = "Done, or so already", body = ActReply),
        (status = 400, description = "Nobody is named", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 409, description = "It is resolved already, or has moved on since the revision that was seen", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn escalate<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    id: Addressed,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ActReply>, Problem> {
    let request = read::<B, ActRequest>(&context, &headers, body).await?;
    act(&context, id, caller, Action::Escalate, request).await
}

/// Closes it, whatever its alerts say.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/resolve", tag = "incidents", params(("id" = String, Path, description = "TEAM-NUMBER")),
    request_body = ActRequest,
    responses((status = 200, description = "Done, or so already", body = ActReply),
        (status = 400, description = "Nobody is named", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 409, description = "It was resolved so long ago that it is closed", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn resolve<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    id: Addressed,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ActReply>, Problem> {
    let request = read::<B, ActRequest>(&context, &headers, body).await?;
    act(&context, id, caller, Action::Resolve, request).await
}

/// The body; an empty one is `{}`.
pub(crate) async fn read<B: Backend, T: DeserializeOwned>(
    context: &Context<B>,
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Problem> {
    let body = context.bodies.json(headers, body).await?;
    let body = match body.trim_ascii() {
        [] => b"{}",
        body => body,
    };
    serde_json::from_slice(body).map_err(|error| Problem::bad(format!("the body cannot be read: {error}")))
}

async fn act<B: Backend>(
    context: &Context<B>,
    id: Addressed,
    caller: Caller,
    action: Action,
    request: ActRequest,
) -> Result<Json<ActReply>, Problem> {
    let ActRequest { by, via, revision } = request;
    let team = id.0.team.clone();
    let acted = Acted { incident: id.0, action, revision, by: actor(by, caller)?, via: via.name().into() };
    let result = match context.backend.acted(acted).await? {
        Answer::Done | Answer::Received { .. } | Answer::Overridden(_) | Answer::Silenced(_) => ActResult::Done,
        Answer::Nothing => ActResult::Nothing,
        Answer::UnknownIncident => return Err(unknown_incident()),
        Answer::AlreadyResolved => return Err(Problem::new(StatusCode::CONFLICT, "the incident is resolved already")),
        Answer::Stale { revision } => {
            let message = format!("the incident has moved on since then (it is at revision {revision}): look again");
            return Err(Problem::new(StatusCode::CONFLICT, message));
        }
        Answer::UnknownTarget { target } => {
            let roster = context.backend.roster();
            let target = named::unknown_target(&target, roster.tables.team(&team));
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the team does not have {target}")));
        }
        Answer::BadSnooze { reason } => return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason)),
        Answer::OverrideRefused(refusal) => {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string()));
        }
        Answer::UnknownHeartbeat { known } => {
            return Err(Problem::new(StatusCode::NOT_FOUND, format!("there are the heartbeats {}", known.join(", "))));
        }
        Answer::SilenceRefused(refusal) => {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string()));
        }
    };
    Ok(Json(ActReply { result }))
}

/// Who acts, for the timeline.
pub(crate) fn actor(by: Option<String>, caller: Caller) -> Result<Arc<str>, Problem> {
    const BY_MAX: usize = 200;
    let by: Arc<str> = match (by, caller.0) {
        // Whoever holds a named credential may act for another, and both are in the timeline.
        (Some(by), Some(name)) if !by.trim().is_empty() && *by.trim() != *name => {
            format!("{} (as {name})", by.trim()).into()
        }
        (_, Some(name)) => name,
        (Some(by), None) => by.trim().into(),
        (None, None) => return Err(Problem::bad("by is missing: who acts?")),
    };
    if by.is_empty() || by.chars().count() > BY_MAX || by.contains(char::is_control) {
        return Err(Problem::bad(format!("by must be 1 to {BY_MAX} characters on one line")));
    }
    Ok(by)
}

impl Via {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Cli => "cli",
        }
    }
}
