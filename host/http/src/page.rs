//! Incidents as pages of text: where the links in messages lead, until there is a console.

use crate::{
    api::{self, Addressed},
    backend::{Backend, IncidentQuery, StateFilter},
    problem::{ErrorBody, Problem},
    server::Context,
    view::{IncidentDetail, IncidentSummary},
    when::readable,
};
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderName, header},
    response::IntoResponse,
};
use serde::Deserialize;
use std::{fmt::Write, sync::Arc};

/// Incidents on the page; the API has the others.
const LISTED_MAX: usize = 200;
/// Incidents among which symptoms are looked for.
const LOOKED_AT_MAX: usize = 1_000;

const HEADERS: [(HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageParameters {
    /// Only this team's.
    team: Option<String>,
    /// Only those in this state, as the API has them; none: those that are not resolved.
    #[param(inline)]
    state: Option<StateFilter>,
}

/// Incidents, the newest first, to be read.
#[utoipa::path(get, path = "/incidents", tag = "incidents", params(PageParameters),
    responses((status = 200, description = "They, as text: at most 200", body = String, content_type = "text/plain"),
        (status = 400, description = "A parameter is wrong", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is no such team, and there are no incidents of it", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn incidents<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    parameters: Result<Query<PageParameters>, QueryRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Query(PageParameters { team, state }) = parameters.map_err(|error| Problem::bad(error.body_text()))?;
    let state = state.unwrap_or(StateFilter::Active);
    let query = IncidentQuery { team, state, before: None, limit: LISTED_MAX + 1 };
    let incidents = api::incidents_of(&*context.backend, query).await?;
    Ok((HEADERS, list(&incidents)))
}

/// One incident with its timeline, to be read.
#[utoipa::path(get, path = "/incidents/{id}", tag = "incidents", params(("id" = String, Path, description = "TEAM-NUMBER")),
    responses((status = 200, description = "It, as text", body = String, content_type = "text/plain"),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn incident<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    Addressed(id): Addressed,
) -> Result<impl IntoResponse, Problem> {
    let detail = context.backend.incident(id).await?.ok_or_else(api::unknown_incident)?;
    let symptoms = match detail.incident.symptoms {
        0 => Vec::new(),
        _ => symptoms_of(&*context.backend, &detail.incident.id).await?,
    };
    Ok((HEADERS, text(&detail, &symptoms)))
}

/// Those of the newest incidents of which it is the cause.
async fn symptoms_of<B: Backend>(backend: &B, cause: &str) -> Result<Vec<IncidentSummary>, Problem> {
    let active = IncidentQuery { team: None, state: StateFilter::Active, before: None, limit: LOOKED_AT_MAX };
    let mut symptoms = backend.incidents(active).await?;
    symptoms.retain(|one| one.suppressed.as_ref().is_some_and(|why| why.cause.as_deref() == Some(cause)));
    Ok(symptoms)
}

fn list(incidents: &[IncidentSummary]) -> String {
    if incidents.is_empty() {
        return "no incidents\n".to_owned();
    }
    let mut page = String::new();
    for incident in &incidents[..incidents.len().min(LISTED_MAX)] {
        let IncidentSummary { id, priority, opened_at, firing, .. } = incident;
        let priority = priority.as_deref().unwrap_or("--");
        // Writing to a text cannot fail.
        let _ = writeln!(page, "{id}  {priority}  {}", incident.standing());
        let _ = writeln!(page, "    {}", group(incident));
        let opened_at = readable(opened_at);
        let symptoms = match incident.symptoms {
            0 => String::new(),
            1 => ", 1 symptom".to_owned(),
            count => format!(", {count} symptoms"),
        };
        let _ = writeln!(page, "    opened at {opened_at}, {firing} firing{symptoms}: /incidents/{id}");
    }
    if incidents.len() > LISTED_MAX {
        let _ = writeln!(page, "\nThese are the newest {LISTED_MAX}; /api/v1/incidents has the others");
    }
    page
}

fn text(detail: &IncidentDetail, symptoms: &[IncidentSummary]) -> String {
    let incident = &detail.incident;
    let IncidentSummary { id, state, priority, team, route, reason, firing, resolved, .. } = incident;
    let mut page = format!("{id}  {}  {}\n", priority.as_deref().unwrap_or("no priority yet"), incident.standing());
    let _ = writeln!(page, "{}\nteam {team}, route {route}, {firing} firing, {resolved} resolved", group(incident));
    if !reason.is_empty() {
        let _ = writeln!(page, "why: {reason}");
    }
    if incident.symptoms > 0 {
        let plural = if incident.symptoms == 1 { "" } else { "s" };
        let _ = writeln!(page, "\n{} alert{plural} of other incidents explained by this one", incident.symptoms);
        for symptom in symptoms {
            let _ = writeln!(page, "{}  {}", symptom.id, group(symptom));
        }
    }
    page.push_str("\nTimeline\n");
    for entry in &detail.timeline {
        let _ = writeln!(page, "{}  {}", readable(&entry.at), entry.text);
    }
    if state != "resolved" {
        let _ = writeln!(page, "\nTo acknowledge: bellwire incidents ack {id}");
    }
    page
}

fn group(incident: &IncidentSummary) -> String {
    let labels = incident.group.iter().map(|(name, value)| format!("{name}={value:?}"));
    labels.collect::<Vec<_>>().join(" ")
}
