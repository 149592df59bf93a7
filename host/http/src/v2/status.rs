//! `GET /api/v2/status`: what is asked first, to learn whether this is an Alertmanager and how it routes.

use super::{configuration, stamp};
use crate::{Backend, problem::ErrorBody, server::Context};
use axum::{Json, extract::State};
use serde::Serialize;
use std::sync::Arc;

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertmanagerStatus {
    cluster: ClusterStatus,
    config: AlertmanagerConfig,
    /// Since when it runs.
    uptime: String,
    version_info: VersionInfo,
}

/// Always that of one on its own.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ClusterStatus {
    peers: Vec<Peer>,
    /// `disabled`
    status: &'static str,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Peer {
    address: String,
    name: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AlertmanagerConfig {
    /// The routes, written as an Alertmanager's configuration: without secrets, and no more than `amtool config routes` needs.
    original: String,
}

/// Bellwire's own; what it does not have is empty.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionInfo {
    branch: &'static str,
    build_date: &'static str,
    build_user: &'static str,
    go_version: &'static str,
    revision: &'static str,
    version: &'static str,
}

/// What runs here, and how it routes.
#[utoipa::path(get, path = "/api/v2/status", tag = "alertmanager",
    responses((status = 200, description = "As Alertmanager has it", body = AlertmanagerStatus),
        (status = 401, description = "No valid credential", body = ErrorBody)))]
pub(crate) async fn status<B: Backend>(State(context): State<Arc<Context<B>>>) -> Json<AlertmanagerStatus> {
    Json(AlertmanagerStatus {
        cluster: ClusterStatus { peers: Vec::new(), status: "disabled" },
        config: AlertmanagerConfig { original: configuration::yaml(&context.backend.roster().tables) },
        uptime: stamp(context.started_at),
        version_info: VersionInfo {
            branch: "bellwire",
            build_date: "",
            build_user: "",
            go_version: "",
            revision: "",
            version: env!("CARGO_PKG_VERSION"),
        },
    })
}
