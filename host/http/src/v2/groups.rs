//! `GET /api/v2/alerts/groups`: the incidents, as the groups that they are made of.

use super::{
    Refusal,
    alerts::GettableAlert,
    parameters::Selection,
    receivers::Receiver,
    stream::{self, Json, Listing},
    wanted::{Places, firing},
};
use crate::{Backend, problem::ErrorBody, server::Context};
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use bellwire_core::{Alert, Fingerprint};
use std::{collections::BTreeMap, sync::Arc};

/// A group of alerts, as Alertmanager shows it.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "it documents what is written piece by piece")]
pub(crate) struct AlertGroup<'a> {
    /// By fingerprint; each with what keeps it quiet in this incident.
    alerts: Vec<GettableAlert<'a>>,
    /// The labels by which the alerts are grouped.
    labels: BTreeMap<String, String>,
    /// All whom its route may tell, by name, with commas.
    receiver: Receiver,
}

/// The incidents in which something fires, each as a group of alerts.
#[utoipa::path(get, path = "/api/v2/alerts/groups", tag = "alertmanager", operation_id = "list_groups",
    params(("active" = Option<bool>, Query, description = "Alerts of which somebody is told, too (true)"),
        ("silenced" = Option<bool>, Query, description = "Alerts that are silenced, too (true)"),
        ("inhibited" = Option<bool>, Query, description = "Alerts that another one explains, too (true)"),
        ("muted" = Option<bool>, Query, description = "Groups that a window mutes, too (true)"),
        ("filter" = Option<Vec<String>>, Query, description = "A matcher, such as `severity=\"critical\"`; repeated: all must match"),
        ("receiver" = Option<String>, Query, description = "A regular expression that matches the whole name of one of its receivers")),
    responses((status = 200, description = "They", body = Vec<AlertGroup<'_>>),
        (status = 400, description = "A filter or the receiver cannot be read", body = String, content_type = "application/json"),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn list_groups<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let selection = Selection::read(query.as_deref())?;
    let (alerts, places) = firing(&*context.backend).await?;
    let numbered = alerts
        .iter()
        .zip(0..)
        .flat_map(|((_, alert), number): (_, usize)| places.numbers(alert).map(move |place| (place, number)));
    let mut members: Vec<(usize, usize)> = numbered.collect();
    members.sort_unstable();
    Ok(stream::array(Groups { members: members.into_iter(), alerts, places, selection, open: None }))
}

struct Groups {
    /// Where the group is, and where the alert; by group.
    members: std::vec::IntoIter<(usize, usize)>,
    alerts: Vec<(Fingerprint, Arc<Alert>)>,
    places: Places,
    selection: Selection,
    /// The group that is being written: one of which no alert is wanted is left out.
    open: Option<usize>,
}

impl Listing for Groups {
    fn next(&mut self, into: &mut Json) -> bool {
        let Self { members, alerts, places, selection, open } = self;
        let Some((number, alert)) = members.next() else {
            close(open.take(), places, into);
            return false;
        };
        let (Some((_, alert)), Some(place)) = (alerts.get(alert), places.all.get(number)) else { return true };
        if !selection.wants_told(&place.told) || !selection.wants_labels(alert) {
            return true;
        }
        let quiet = place.quiet(alert.fingerprint);
        if !selection.wants_quiet(&quiet) {
            return true;
        }
        if *open != Some(number) {
            close(open.replace(number), places, into);
            into.separate();
            into.raw("{\"alerts\":[");
        }
        into.element(&GettableAlert::new(alert, places.receivers(alert), quiet));
        true
    }
}

/// Ends the group that is open, if one is.
fn close(open: Option<usize>, places: &Places, into: &mut Json) {
    let Some(place) = open.and_then(|number| places.all.get(number)) else { return };
    into.raw("],\"labels\":");
    into.value(&place.incident.group);
    into.raw(",\"receiver\":");
    into.value(&place.told.together);
    into.raw("}");
}
