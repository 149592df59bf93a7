//! The JSON API of incidents, to be read; [`crate::act`] has what people do with them.

use crate::{
    backend::{Backend, IncidentQuery, StateFilter},
    named,
    problem::{ErrorBody, Problem},
    server::Context,
    view::{IncidentDetail, IncidentSummary},
};
use axum::{
    Json,
    extract::{FromRequestParts, Path, Query, State, rejection::QueryRejection},
    http::{StatusCode, request::Parts},
};
use bellwire_core::IncidentId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParameters {
    /// Only this team's.
    team: Option<String>,
    /// Only those in this state: `active` are those that are not resolved, `open` those of them that nobody has
    /// acknowledged or snoozed, `unowned` those whose policy came to its end with nobody.
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

/// Lists incidents, the newest first.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "incidents", params(ListParameters),
    responses((status = 200, description = "A page", body = IncidentList),
        (status = 400, description = "A parameter is wrong", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is no such team, and there are no incidents of it", body = ErrorBody),
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
    let incidents = incidents_of(&*context.backend, query).await?;
    let next = (incidents.len() >= limit).then(|| incidents.last().map(|last| last.id.clone())).flatten();
    Ok(Json(IncidentList { incidents, next }))
}

/// A team that is not configured, and has left no incidents either, is told: it is a name that was mistyped.
pub(crate) async fn incidents_of<B: Backend>(
    backend: &B,
    query: IncidentQuery,
) -> Result<Vec<IncidentSummary>, Problem> {
    let team = query.team.clone();
    let found = backend.incidents(query).await?;
    let roster = backend.roster();
    let Some(team) = team.filter(|team| found.is_empty() && !roster.tables.teams.contains_key(&**team)) else {
        return Ok(found);
    };
    let of_any_time = IncidentQuery { team: Some(team.clone()), state: StateFilter::All, before: None, limit: 1 };
    if !backend.incidents(of_any_time).await?.is_empty() {
        return Ok(found);
    }
    let known = roster.tables.teams.keys().map(ToString::to_string);
    Err(named::unknown(&format!("team {}", named::short(&team)), known))
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
