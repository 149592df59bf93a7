//! The report of a period: its figures as JSON, and as a page for a terminal, a wiki or a mail.

mod render;
#[cfg(test)]
mod tests;
mod view;

pub use render::{RenderError, ReportFormat, render_report, report_subject};
pub use view::{
    AlertNoiseView, DeliveryFailuresView, FiguresView, PagesView, PolicyFaultsView, ReportView, TimesView,
    UnattendedView,
};

use crate::{
    backend::{Backend, ReportQuery},
    named,
    problem::{ErrorBody, Problem},
    server::Context,
    when::{self, Edge},
};
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bellwire_core::{Instant, Span};
use jiff::{ToSpan, tz::TimeZone};
use serde::Deserialize;
use std::sync::Arc;

/// A quarter, and some days to spare: more is read in parts.
const SPAN_MAX: Span = Span::from_secs(100 * 86_400);
/// IANA's longest are some 30.
const ZONE_BYTES_MAX: usize = 64;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportParameters {
    /// RFC 3339, or a date or time on the zone's wall clock; a week before `until` if it is left out.
    from: Option<String>,
    /// The same, and not included: a date is the midnight at its begin. Now if it is left out.
    until: Option<String>,
    /// Only this team's; else all of them together.
    team: Option<String>,
    /// IANA name of the zone of dates and of hours of the day. Left out: UTC, and for a person's pages the person's zone.
    zone: Option<String>,
    /// How it is written.
    #[serde(default)]
    #[param(inline)]
    format: ReportFormat,
}

/// What happened in a period: incidents, how fast they were taken, who was paged when, what was noisy and what failed.
#[utoipa::path(get, path = "/api/v1/report", tag = "reports", params(ReportParameters),
    responses((status = 200, description = "The figures; as text with another `format`", body = ReportView),
        (status = 400, description = "A parameter is wrong", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is no such team", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn report<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    parameters: Result<Query<ReportParameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(parameters) = parameters.map_err(|rejection| Problem::bad(rejection.body_text()))?;
    let format = parameters.format;
    let query = query(&*context.backend, parameters)?;
    let zone = query.zone.clone();
    let report = context.backend.report(query).await?;
    let view = ReportView::new(&report, zone);
    let page = render_report(&view, format).map_err(|error| {
        tracing::error!(%error, "a report cannot be written");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the report cannot be written")
    })?;
    let headers = [
        (header::CONTENT_TYPE, format.media_type()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    Ok((headers, page).into_response())
}

fn query<B: Backend>(backend: &B, parameters: ReportParameters) -> Result<ReportQuery, Problem> {
    let ReportParameters { from, until, team, zone, format: _ } = parameters;
    let now = backend.now();
    let zone = zone.map(|name| find_zone(&name)).transpose()?;
    let wall = zone.clone().unwrap_or(TimeZone::UTC);
    let until = until.map(|text| when::instant_in("until", &text, &wall, Edge::Start)).transpose()?;
    let until = until.unwrap_or(now).min(now);
    let from = from.map(|text| when::instant_in("from", &text, &wall, Edge::Start)).transpose()?;
    let from = from.unwrap_or_else(|| week_before(until, &wall));
    if from >= until {
        return Err(Problem::bad(format!("from ({from}) must be before until ({until}), and in the past")));
    }
    if until.since(from) > SPAN_MAX {
        return Err(Problem::bad(format!("one report is of {SPAN_MAX} at most; ask for a longer time in parts")));
    }
    let roster = backend.roster();
    let teams = &roster.tables.teams;
    let team = match team {
        None => None,
        Some(name) => match teams.get_key_value(&*name) {
            Some((known, _)) => Some(known.clone()),
            None => {
                let known = teams.keys().map(ToString::to_string);
                return Err(named::unknown(&format!("team {}", named::short(&name)), known));
            }
        },
    };
    Ok(ReportQuery { from, until, team, zone })
}

fn find_zone(name: &str) -> Result<TimeZone, Problem> {
    let found = (name.len() <= ZONE_BYTES_MAX).then(|| TimeZone::get(name).ok()).flatten();
    let found = found.filter(|zone| zone.iana_name().is_some());
    found.ok_or_else(|| Problem::bad("zone must be an IANA name, such as Europe/Berlin or UTC").with_code(601))
}

/// Seven days on the wall clock: of a week in which summer time ends, an hour more.
fn week_before(until: Instant, zone: &TimeZone) -> Instant {
    let end = when::to_jiff(until).to_zoned(zone.clone());
    let begin = end.checked_sub(7.days()).ok().and_then(|begin| u64::try_from(begin.timestamp().as_millisecond()).ok());
    begin.map_or(Instant::default(), Instant::from_millis)
}
