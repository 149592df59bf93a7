//! The JSON API of incidents.

use crate::{
    auth::Caller,
    backend::{Acted, Backend, IncidentQuery, StateFilter},
    problem::{ErrorBody, Problem},
    server::Context,
    view::{IncidentDetail, IncidentSummary},
};
use axum::{
    Extension, Json,
    body::Body,
    extract::{FromRequestParts, Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, request::Parts},
};
use bellwire_core::{Action, Answer, IncidentId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParameters {
    /// Only this team's.
    team: Option<String>,
    /// Only those in this state; `open` are those that nobody has acknowledged.
    #[serde(default)]
    #[param(inline)]
    state: StateFilter,
    /// How many at most: 1 to 1000.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// The `next` of the page before.
    before: Option<String>,
}

/// A page of incidents, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IncidentList {
    pub incidents: Vec<IncidentSummary>,
    /// There may be more: ask with `before` set to this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Who acts, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ActRequest {
    /// Needed unless the credential has a name.
    #[schema(max_length = 200)]
    pub by: Option<String>,
    pub via: Via,
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

/// Lists incidents, the newest first.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "incidents", params(ListParameters),
    responses((status = 200, description = "A page", body = IncidentList),
        (status = 400, description = "A parameter is wrong", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn list<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    parameters: Result<Query<ListParameters>, QueryRejection>,
) -> Result<Json<IncidentList>, Problem> {
    const LIMIT_MAX: usize = 1_000;
    let Query(parameters) = parameters.map_err(|rejection| Problem::bad(rejection.body_text()))?;
    let limit = parameters.limit.unwrap_or(100);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::bad(format!("limit must be 1 to {LIMIT_MAX}")));
    }
    let before = parameters
        .before
        .map(|id| id.parse())
        .transpose()
        .map_err(|_| Problem::bad("before must be an incident's id"))?;
    let query = IncidentQuery { team: parameters.team, state: parameters.state, before, limit };
    let incidents = context.backend.incidents(query).await?;
    let next = (incidents.len() >= limit).then(|| incidents.last().map(|last| last.id.clone())).flatten();
    Ok(Json(IncidentList { incidents, next }))
}

/// One incident with its alerts, notices and timeline.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "incidents", params(("id" = String, Path, description = "TEAM-NUMBER")),
    responses((status = 200, description = "It", body = IncidentDetail),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn show<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    id: Addressed,
) -> Result<Json<IncidentDetail>, Problem> {
    let found = context.backend.incident(id.0).await?;
    found.map(Json).ok_or_else(unknown_incident)
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
    act(&context, id, Action::Acknowledge, caller, &headers, body).await
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
    act(&context, id, Action::Resolve, caller, &headers, body).await
}

async fn act<B: Backend>(
    context: &Context<B>,
    id: Addressed,
    action: Action,
    caller: Caller,
    headers: &HeaderMap,
    body: Body,
) -> Result<Json<ActReply>, Problem> {
    let body = context.bodies.json(headers, body).await?;
    let request = match body.trim_ascii() {
        [] => ActRequest::default(),
        body => {
            serde_json::from_slice(body).map_err(|error| Problem::bad(format!("the body cannot be read: {error}")))?
        }
    };
    let acted = Acted {
        incident: id.0,
        action,
        revision: None,
        by: actor(request.by, caller)?,
        via: request.via.name().into(),
    };
    let result = match context.backend.acted(acted).await? {
        Answer::Done | Answer::Received { .. } | Answer::Overridden(_) => ActResult::Done,
        Answer::Nothing => ActResult::Nothing,
        Answer::UnknownIncident => return Err(unknown_incident()),
        Answer::AlreadyResolved => return Err(Problem::new(StatusCode::CONFLICT, "the incident is resolved already")),
        Answer::Stale { revision } => {
            let message = format!("the incident has moved on since then (it is at revision {revision}): look again");
            return Err(Problem::new(StatusCode::CONFLICT, message));
        }
        Answer::UnknownTarget { target } => {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the team does not have {target}")));
        }
        Answer::BadSnooze { reason } => return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason)),
        Answer::OverrideRefused(refusal) => {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string()));
        }
    };
    Ok(Json(ActReply { result }))
}

fn actor(by: Option<String>, caller: Caller) -> Result<Arc<str>, Problem> {
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

/// The incident that the path names.
pub(crate) struct Addressed(pub IncidentId);

impl<S: Send + Sync> FromRequestParts<S> for Addressed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| unknown_incident())?;
        id.parse().map(Self).map_err(|_| unknown_incident())
    }
}

pub(crate) fn unknown_incident() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no incident of that id")
}

impl Via {
    fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Cli => "cli",
        }
    }
}
