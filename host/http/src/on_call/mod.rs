//! Who is on call: now, at a time, over a span, and when nobody is. Read from the roster; it changes nothing.

pub(crate) mod calendar;
pub(crate) mod overrides;
mod view;

pub use overrides::{MadeOverride, NewOverride, changes_nothing};
pub use view::{
    Because, DutyView, GapList, GapView, OnCallList, Origin, OverrideList, OverrideView, StandingView, StretchList,
    StretchView,
};

use crate::{
    backend::Backend,
    named::{short, unknown},
    problem::{ErrorBody, Problem},
    server::Context,
    when::{self, Edge},
};
use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::StatusCode,
};
use bellwire_core::{Roster, Schedule, Span, Stretch, Team};
use serde::Deserialize;
use std::sync::Arc;

/// How long a span may be that is expanded.
const DAYS_MAX: u64 = 400;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtParameters {
    /// Only this team's.
    team: Option<String>,
    /// Only those of this name, or `TEAM/SCHEDULE`.
    schedule: Option<String>,
    /// RFC 3339, or without an offset on each schedule's wall clock; none: now.
    at: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpanParameters {
    /// RFC 3339, or without an offset on the schedule's wall clock; none: now.
    from: Option<String>,
    /// As `from`, and at most 400 days after it; none: 14 days after it.
    until: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct GapParameters {
    /// From now on: 1 to 400; none: 90.
    #[param(minimum = 1, maximum = 400)]
    days: Option<u64>,
    /// Only this team's.
    team: Option<String>,
    /// Only those of this name, or `TEAM/SCHEDULE`.
    schedule: Option<String>,
}

/// Who is on call now or at a time, why, and until when.
#[utoipa::path(get, path = "/api/v1/oncall", tag = "on-call", params(AtParameters),
    responses((status = 200, description = "Who is on call", body = OnCallList),
        (status = 400, description = "A parameter is wrong", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is no such team or schedule", body = ErrorBody)))]
pub(crate) async fn on_call<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    parameters: Result<Query<AtParameters>, QueryRejection>,
) -> Result<Json<OnCallList>, Problem> {
    let Query(AtParameters { team, schedule, at }) = parameters.map_err(|error| Problem::bad(error.body_text()))?;
    let (roster, now) = (context.backend.roster(), context.backend.now());
    let mut schedules = Vec::new();
    for (team, schedule) in selected(&roster, team.as_deref(), schedule.as_deref())? {
        let at = match &at {
            Some(text) => when::instant_in("at", text, &schedule.zone, Edge::Start)?,
            None => now,
        };
        let standing = schedule.on_call(at, &roster.overrides_of(&team.name, &schedule.name));
        schedules.push(StandingView {
            team: team.name.to_string(),
            schedule: schedule.name.to_string(),
            zone: schedule.zone_name.to_string(),
            at: when::shown(at, &schedule.zone),
            people: view::duties(team, &standing.people),
            until: standing.until.map(|until| when::shown(until, &schedule.zone)),
        });
        // Many schedules shall not keep a thread from others for long.
        tokio::task::yield_now().await;
    }
    Ok(Json(OnCallList { schedules }))
}

/// Who is on call over a span of time, from one change to the next.
#[utoipa::path(get, path = "/api/v1/oncall/{team}/{schedule}/stretches", tag = "on-call",
    params(("team" = String, Path), ("schedule" = String, Path), SpanParameters),
    responses((status = 200, description = "The stretches, gaps among them", body = StretchList),
        (status = 400, description = "A parameter is wrong", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is no such schedule", body = ErrorBody)))]
pub(crate) async fn stretches<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    path: Result<Path<(String, String)>, PathRejection>,
    parameters: Result<Query<SpanParameters>, QueryRejection>,
) -> Result<Json<StretchList>, Problem> {
    const DAYS: u64 = 14;
    let Query(parameters) = parameters.map_err(|error| Problem::bad(error.body_text()))?;
    let roster = context.backend.roster();
    let (team, schedule) = addressed(&roster, path)?;
    let from = match parameters.from {
        Some(text) => when::instant_in("from", &text, &schedule.zone, Edge::Start)?,
        None => context.backend.now(),
    };
    let until = match parameters.until {
        Some(text) => when::instant_in("until", &text, &schedule.zone, Edge::End)?,
        None => from.saturating_add(days(DAYS)),
    };
    if from >= until || until.since(from) > days(DAYS_MAX) {
        return Err(Problem::bad(format!("until must be after from, and at most {DAYS_MAX} days")));
    }
    let made = roster.overrides_of(&team.name, &schedule.name);
    let stretches = schedule.stretches(from, until, &made);
    let of_file = schedule.overrides.iter().map(|made| (made, Origin::RoutesFile));
    let overrides = of_file.chain(made.iter().map(|made| (*made, Origin::RunTime)));
    let holds = overrides.filter(|(made, _)| made.from < until && from < made.until);
    Ok(Json(StretchList {
        team: team.name.to_string(),
        schedule: schedule.name.to_string(),
        zone: schedule.zone_name.to_string(),
        from: when::shown(from, &schedule.zone),
        until: when::shown(until, &schedule.zone),
        stretches: stretches.iter().map(|stretch| view::stretch(team, schedule, stretch)).collect(),
        overrides: holds.map(|(made, origin)| OverrideView::new(made, schedule, origin)).collect(),
    }))
}

/// When nobody is on call.
#[utoipa::path(get, path = "/api/v1/oncall/gaps", tag = "on-call", params(GapParameters),
    responses((status = 200, description = "The gaps; none is good", body = GapList),
        (status = 400, description = "A parameter is wrong", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is no such team or schedule", body = ErrorBody)))]
pub(crate) async fn gaps<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    parameters: Result<Query<GapParameters>, QueryRejection>,
) -> Result<Json<GapList>, Problem> {
    const DAYS: u64 = 90;
    let Query(parameters) = parameters.map_err(|error| Problem::bad(error.body_text()))?;
    let count = parameters.days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&count) {
        return Err(Problem::bad(format!("days must be 1 to {DAYS_MAX}")));
    }
    let (roster, from) = (context.backend.roster(), context.backend.now());
    let until = from.saturating_add(days(count));
    let schedules = selected(&roster, parameters.team.as_deref(), parameters.schedule.as_deref())?;
    let mut gaps = Vec::new();
    for (team, schedule) in &schedules {
        let stretches = schedule.stretches(from, until, &roster.overrides_of(&team.name, &schedule.name));
        gaps.extend(stretches.iter().filter(|stretch| stretch.people.is_empty()).map(
            |Stretch { from, until, .. }| GapView {
                team: team.name.to_string(),
                schedule: schedule.name.to_string(),
                zone: schedule.zone_name.to_string(),
                from: when::shown(*from, &schedule.zone),
                until: when::shown(*until, &schedule.zone),
            },
        ));
        tokio::task::yield_now().await;
    }
    Ok(Json(GapList { from: from.to_string(), until: until.to_string(), schedules: schedules.len(), gaps }))
}

fn days(count: u64) -> Span {
    Span::from_secs(86_400).saturating_mul(count)
}

/// The schedule that the path names.
fn addressed(
    roster: &Roster,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(&Team, &Schedule), Problem> {
    let Path((team, schedule)) = path.map_err(|_| Problem::new(StatusCode::NOT_FOUND, "there is no such schedule"))?;
    let found = selected(roster, Some(&team), Some(&schedule))?;
    found.into_iter().next().ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "there is no such schedule"))
}

/// The schedules that a request asks for, by team and name. A name that there is not is told, with those that there are.
fn selected<'a>(
    roster: &'a Roster,
    team: Option<&str>,
    schedule: Option<&str>,
) -> Result<Vec<(&'a Team, &'a Schedule)>, Problem> {
    let (team, schedule) = match (team, schedule.and_then(|name| name.split_once('/'))) {
        (None, Some((team, schedule))) => (Some(team), Some(schedule)),
        (_, _) => (team, schedule),
    };
    if let Some(name) = team.filter(|name| !roster.tables.teams.contains_key(*name)) {
        let known = roster.tables.teams.keys().map(ToString::to_string);
        return Err(unknown(&format!("team {}", short(name)), known));
    }
    let teams = roster.tables.teams.values().filter(|one| team.is_none_or(|name| *one.name == *name));
    let all: Vec<_> = teams.flat_map(|team| team.schedules.values().map(move |schedule| (team, schedule))).collect();
    let Some(name) = schedule else { return Ok(all) };
    let known = all.iter().map(|(team, schedule)| format!("{}/{}", team.name, schedule.name));
    let found: Vec<_> = all.iter().copied().filter(|(_, schedule)| *schedule.name == *name).collect();
    if found.is_empty() {
        let whose = team.map(|team| format!("{team}/")).unwrap_or_default();
        return Err(unknown(&format!("schedule {whose}{}", short(name)), known));
    }
    Ok(found)
}
