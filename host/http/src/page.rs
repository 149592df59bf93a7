//! An incident as a page of text: where the link in a message leads, until there is a console.

use crate::{
    api::Addressed,
    backend::Backend,
    problem::{ErrorBody, Problem},
    server::Context,
    view::{IncidentDetail, IncidentSummary},
};
use axum::{extract::State, http::header, response::IntoResponse};
use std::{fmt::Write, sync::Arc};

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
    let detail = context.backend.incident(id).await?.ok_or_else(crate::api::unknown_incident)?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((headers, text(&detail)))
}

fn text(detail: &IncidentDetail) -> String {
    let IncidentSummary { id, priority, state, team, route, group, reason, acknowledged, firing, resolved, .. } =
        &detail.incident;
    let group: Vec<String> = group.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    let mut page = format!("{id}  {}  {state}\n", priority.as_deref().unwrap_or("no priority yet"));
    // Writing to a text cannot fail.
    let _ = writeln!(page, "{}\nteam {team}, route {route}, {firing} firing, {resolved} resolved", group.join(" "));
    if !reason.is_empty() {
        let _ = writeln!(page, "why: {reason}");
    }
    if let Some(acknowledged) = acknowledged {
        let _ = writeln!(page, "acknowledged by {} at {}", acknowledged.by, acknowledged.at);
    }
    page.push_str("\nTimeline\n");
    for entry in &detail.timeline {
        let _ = writeln!(page, "{}  {}", entry.at, entry.text);
    }
    let _ = writeln!(page, "\nTo acknowledge: bellwire incidents ack {id}");
    page
}
