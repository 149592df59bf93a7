//! `GET /api/v2/alerts`: what fires, each alert with its receivers and with what keeps it quiet.

use super::{
    NEVER, Refusal,
    parameters::Selection,
    receivers::Receiver,
    stamp,
    stream::{self, Json, Listing},
    wanted::{Places, Quiet, firing},
};
use crate::{Backend, problem::ErrorBody, server::Context};
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use bellwire_core::{Alert, Fingerprint, Labels};
use serde::Serialize;
use std::sync::Arc;

/// An alert, as Alertmanager shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GettableAlert<'a> {
    #[schema(value_type = BTreeMap<String, String>)]
    annotations: &'a Labels,
    /// When it counts as resolved if nobody says that it still fires; the year 1: its sender says when it ends.
    ends_at: String,
    /// Sixteen hex digits.
    fingerprint: String,
    /// Everybody whom the policies of its routes may tell, and their fallbacks.
    #[schema(value_type = Vec<Receiver>)]
    receivers: Vec<&'a Receiver>,
    starts_at: String,
    status: AlertStatus,
    /// When its labels, annotations or state last changed.
    updated_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "str::is_empty")]
    generator_url: &'a str,
    #[schema(value_type = BTreeMap<String, String>)]
    labels: &'a Labels,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertStatus {
    /// Fingerprints of alerts that explain it.
    inhibited_by: Vec<String>,
    /// Windows of its routes in which nobody is told.
    #[schema(value_type = Vec<String>)]
    muted_by: Vec<Arc<str>>,
    /// Ids of silences; `TEAM/NAME` of one that stands in a routes file.
    #[schema(value_type = Vec<String>)]
    silenced_by: Vec<Arc<str>>,
    /// `active`, or `suppressed` if nobody is told of it; never `unprocessed`.
    state: &'static str,
}

impl<'a> GettableAlert<'a> {
    pub(super) fn new(alert: &'a Alert, receivers: Vec<&'a Receiver>, quiet: Quiet) -> Self {
        Self {
            annotations: &alert.annotations,
            ends_at: alert.ends_at.map_or_else(|| NEVER.into(), stamp),
            fingerprint: alert.fingerprint.to_string(),
            receivers,
            starts_at: stamp(alert.starts_at),
            status: AlertStatus::new(quiet),
            updated_at: stamp(alert.updated_at),
            generator_url: &alert.generator_url,
            labels: &alert.labels,
        }
    }
}

impl AlertStatus {
    fn new(quiet: Quiet) -> Self {
        Self {
            state: if quiet.is_nothing() { "active" } else { "suppressed" },
            inhibited_by: quiet.inhibited_by.iter().map(ToString::to_string).collect(),
            muted_by: quiet.muted_by.into_iter().collect(),
            silenced_by: quiet.silenced_by.into_iter().collect(),
        }
    }
}

/// The alerts that fire, by fingerprint, as Alertmanager lists them.
#[utoipa::path(get, path = "/api/v2/alerts", tag = "alertmanager", operation_id = "list_alerts",
    params(("active" = Option<bool>, Query, description = "Those of which somebody is told, too (true)"),
        ("silenced" = Option<bool>, Query, description = "Those that are silenced, too (true)"),
        ("inhibited" = Option<bool>, Query, description = "Those that another alert explains, too (true)"),
        ("unprocessed" = Option<bool>, Query, description = "Taken and ignored: there are none"),
        ("filter" = Option<Vec<String>>, Query, description = "A matcher, such as `severity=\"critical\"`; repeated: all must match"),
        ("receiver" = Option<String>, Query, description = "A regular expression that matches the whole name of one of its receivers")),
    responses((status = 200, description = "They", body = Vec<GettableAlert<'_>>),
        (status = 400, description = "A filter or the receiver cannot be read", body = String, content_type = "application/json"),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn list_alerts<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let selection = Selection { muted: true, ..Selection::read(query.as_deref())? };
    let (alerts, places) = firing(&*context.backend).await?;
    Ok(stream::array(Alerts { alerts: alerts.into_iter(), places, selection }))
}

struct Alerts {
    alerts: std::vec::IntoIter<(Fingerprint, Arc<Alert>)>,
    places: Places,
    selection: Selection,
}

impl Listing for Alerts {
    fn next(&mut self, into: &mut Json) -> bool {
        let Self { alerts, places, selection } = self;
        let Some((_, alert)) = alerts.next() else { return false };
        if selection.wants_labels(&alert) && wants_any_place(&alert, places, selection) {
            let quiet = places.quiet(&alert);
            if selection.wants_quiet(&quiet) {
                into.element(&GettableAlert::new(&alert, places.receivers(&alert), quiet));
            }
        }
        true
    }
}

fn wants_any_place(alert: &Alert, places: &Places, selection: &Selection) -> bool {
    selection.receiver.is_none() || places.of(alert).any(|place| selection.wants_told(&place.told))
}
