//! The OpenAPI document, derived from the handlers and the types themselves.

use axum::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Bellwire", description = "Takes alerts, and shows and steers the incidents that they make."),
    paths(
        crate::ingest::webhook, crate::ingest::alerts, crate::source::source,
        crate::heartbeat::beat, crate::heartbeat::beat_by_get,
        crate::api::list, crate::api::show, crate::act::acknowledge, crate::act::unacknowledge, crate::act::snooze,
        crate::act::reassign, crate::act::escalate, crate::act::resolve, crate::page::incidents, crate::page::incident,
        crate::on_call::on_call, crate::on_call::gaps, crate::on_call::stretches, crate::on_call::calendar::calendar,
        crate::on_call::overrides::list_overrides, crate::on_call::overrides::add_override,
        crate::on_call::overrides::remove_override, crate::report::report, document,
        crate::integrations::slack::slack_actions, crate::integrations::command::slack_command,
        crate::integrations::links::link_page, crate::integrations::links::link_action,
        crate::integrations::pagerduty::pagerduty_webhook,
        crate::v2::alerts::list_alerts, crate::v2::groups::list_groups, crate::v2::silences::list_silences,
        crate::v2::silences::set_silence, crate::v2::silences::show_silence, crate::v2::silences::expire_silence,
        crate::v2::receivers::list_receivers, crate::v2::status::status,
        crate::operations::healthy, crate::operations::ready, crate::operations::reload,
        crate::operations::metrics, crate::operations::pointer,
    ),
    security(("bearer" = []), ("basic" = [])),
    modifiers(&Schemes),
)]
pub(crate) struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, scheme) in [("bearer", HttpAuthScheme::Bearer), ("basic", HttpAuthScheme::Basic)] {
            components.add_security_scheme(name, SecurityScheme::Http(Http::new(scheme)));
        }
    }
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "operations",
    responses((status = 200, description = "OpenAPI 3.1", body = Object),
        (status = 401, description = "No valid credential", body = crate::problem::ErrorBody)))]
pub(crate) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
