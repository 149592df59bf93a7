//! What machines and operators ask of the server itself.

use crate::{
    backend::{Backend, Readiness, ReloadError},
    problem::{ErrorBody, Problem},
    server::Context,
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use std::{sync::Arc, time::Duration};

/// Is the process alive?
#[utoipa::path(get, path = "/-/healthy", tag = "operations", security(()),
    responses((status = 200, description = "It is", body = String, content_type = "text/plain")))]
pub(crate) async fn healthy() -> &'static str {
    "healthy\n"
}

/// Are alerts taken?
#[utoipa::path(get, path = "/-/ready", tag = "operations", security(()),
    responses((status = 200, description = "They are", body = String, content_type = "text/plain"),
        (status = 503, description = "Not now, and why", body = ErrorBody)))]
pub(crate) async fn ready<B: Backend>(State(context): State<Arc<Context<B>>>) -> Result<&'static str, Problem> {
    match context.backend.readiness() {
        Readiness::Ready => Ok("ready\n"),
        Readiness::Waiting(reason) => Err(Problem::unavailable(reason, Duration::from_secs(1))),
    }
}

/// Reads the configuration anew, all or nothing.
#[utoipa::path(post, path = "/-/reload", tag = "operations",
    responses((status = 200, description = "It is in force", body = String, content_type = "text/plain"),
        (status = 400, description = "It has errors, all of them in the message; the old one stays", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 500, description = "It could not be read or taken; the old one stays", body = ErrorBody)))]
pub(crate) async fn reload<B: Backend>(State(context): State<Arc<Context<B>>>) -> Result<String, Problem> {
    context.backend.reload().await.map(|report| report + "\n").map_err(|error| match error {
        ReloadError::Invalid(report) => Problem::bad(report),
        ReloadError::Failed(report) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, report),
    })
}

/// Everything measured.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain"),
        (status = 401, description = "No valid credential", body = ErrorBody)))]
pub(crate) async fn metrics<B: Backend>(State(context): State<Arc<Context<B>>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], context.backend.metrics())
}

/// Where to look.
#[utoipa::path(get, path = "/", tag = "operations",
    responses((status = 200, description = "One line", body = String, content_type = "text/plain"),
        (status = 401, description = "No valid credential", body = ErrorBody)))]
pub(crate) async fn pointer() -> &'static str {
    "Bellwire. Its API: /api/v1/openapi.json. Incidents: /api/v1/incidents. Alertmanager posts to /webhook/alertmanager, others to /webhook/SOURCE.\n"
}
