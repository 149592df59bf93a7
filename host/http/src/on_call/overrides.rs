//! Overrides that people make while Bellwire runs.

use super::{DAYS_MAX, Origin, OverrideList, OverrideView, days, selected};
use crate::{
    act::{ActReply, ActResult, Via, actor, read},
    auth::Caller,
    backend::Backend,
    named::short,
    problem::{ErrorBody, Problem},
    server::Context,
    when::{self, Edge},
};
use axum::{
    Extension, Json,
    body::Body,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode},
};
use bellwire_core::{
    Answer, Duty, Instant, Override, OverrideChange, OverrideRefusal, OverrideRequest, Roster, Schedule,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverrideParameters {
    /// Only this team's.
    team: Option<String>,
    /// Only those of schedules of this name, or `TEAM/SCHEDULE`.
    schedule: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoveParameters {
    /// Who takes it away; needed unless the credential has a name.
    by: Option<String>,
    #[serde(default)]
    #[param(inline)]
    via: Via,
}

/// An override to be made: one of `add`, `remove` and `with` names people of the team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOverride {
    pub team: String,
    pub schedule: String,
    /// RFC 3339, or without an offset on the schedule's wall clock; none: now.
    #[schema(example = "2026-11-21T09:00")]
    pub from: Option<String>,
    /// As `from`.
    #[schema(example = "2026-11-21T18:00")]
    pub until: String,
    /// On call beside those who are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// Not on call, whatever the layers say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Whom those of `with` stand in for; none: for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<String>,
    /// Why, for those who wonder.
    #[serde(default)]
    pub reason: String,
    /// Needed unless the credential has a name.
    #[schema(max_length = 200)]
    #[serde(default)]
    pub by: Option<String>,
    #[serde(default)]
    pub via: Via,
}

/// An override that was just made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MadeOverride {
    #[serde(flatten)]
    pub made: OverrideView,
    /// Who is on call is the same without it in all of its time, of which 400 days are looked at: a mistake, most likely.
    pub changes_nothing: bool,
}

/// Overrides that hold or will: those of the routes files, and those made at run time.
#[utoipa::path(get, path = "/api/v1/overrides", tag = "on-call", params(OverrideParameters),
    responses((status = 200, description = "The overrides", body = OverrideList),
        (status = 400, description = "A parameter is wrong", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is no such team or schedule", body = ErrorBody)))]
pub(crate) async fn list_overrides<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    parameters: Result<Query<OverrideParameters>, QueryRejection>,
) -> Result<Json<OverrideList>, Problem> {
    let Query(OverrideParameters { team, schedule }) = parameters.map_err(|error| Problem::bad(error.body_text()))?;
    let (roster, now) = (context.backend.roster(), context.backend.now());
    let mut found = Vec::new();
    for (team, schedule) in selected(&roster, team.as_deref(), schedule.as_deref())? {
        let of_file = schedule.overrides.iter().map(|made| (made, Origin::RoutesFile));
        let made = roster.overrides_of(&team.name, &schedule.name).into_iter().map(|made| (made, Origin::RunTime));
        let current = of_file.chain(made).filter(|(made, _)| now < made.until);
        found.extend(current.map(|(made, origin)| (made.from, OverrideView::new(made, schedule, origin))));
    }
    found.sort_by_key(|(from, _)| *from);
    Ok(Json(OverrideList { overrides: found.into_iter().map(|(_, view)| view).collect() }))
}

/// Changes who is on call for a while.
#[utoipa::path(post, path = "/api/v1/overrides", tag = "on-call", request_body = NewOverride,
    responses((status = 201, description = "It is made, and holds from its start", body = MadeOverride),
        (status = 400, description = "The body cannot be read, or nobody is named", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 422, description = "It makes no sense, and why: nothing was changed", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn add_override<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<MadeOverride>), Problem> {
    let request: NewOverride = read(&context, &headers, body).await?;
    bounded(&request)?;
    let (roster, now) = (context.backend.roster(), context.backend.now());
    let schedule = schedule_of(&roster, &request)?;
    let by = actor(request.by.clone(), caller)?;
    let via = request.via.name().into();
    let asked = asked(request, schedule, now, &by)?;
    match context.backend.overridden(OverrideRequest::Add(asked), by, via).await? {
        Answer::Overridden(made) => {
            let others = roster.overrides_of(&made.team, &made.schedule);
            let changes_nothing = changes_nothing(schedule, &others, &made);
            let made = OverrideView::new(&made, schedule, Origin::RunTime);
            Ok((StatusCode::CREATED, Json(MadeOverride { made, changes_nothing })))
        }
        Answer::OverrideRefused(OverrideRefusal::Overlaps { id, from, until }) => {
            let (from, until) = (when::clock(from, &schedule.zone), when::clock(until, &schedule.zone));
            let zone = &schedule.zone_name;
            let message = format!(
                "it overlaps the override {id} ({from} to {until}, {zone}); remove that one first, or choose other times"
            );
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, message))
        }
        Answer::OverrideRefused(refusal) => Err(refused(&refusal)),
        answer => Err(unexpected(&answer)),
    }
}

/// Takes away an override that was made at run time.
#[utoipa::path(delete, path = "/api/v1/overrides/{team}/{id}", tag = "on-call",
    params(("team" = String, Path), ("id" = String, Path, description = "As the list has it"), RemoveParameters),
    responses((status = 200, description = "It is gone", body = ActReply),
        (status = 400, description = "Nobody is named", body = ErrorBody),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id, or it stands in the routes file", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn remove_override<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    path: Result<Path<(String, String)>, PathRejection>,
    Extension(caller): Extension<Caller>,
    parameters: Result<Query<RemoveParameters>, QueryRejection>,
) -> Result<Json<ActReply>, Problem> {
    let Query(RemoveParameters { by, via }) = parameters.map_err(|error| Problem::bad(error.body_text()))?;
    let Path((team, id)) = path.map_err(|_| Problem::new(StatusCode::NOT_FOUND, "there is no such override"))?;
    let request = OverrideRequest::Remove { team: short(&team).into(), id: short(&id).into() };
    match context.backend.overridden(request, actor(by, caller)?, via.name().into()).await? {
        Answer::Done | Answer::Overridden(_) => Ok(Json(ActReply { result: ActResult::Done })),
        Answer::Nothing => Ok(Json(ActReply { result: ActResult::Nothing })),
        Answer::OverrideRefused(refusal) => Err(refused(&refusal)),
        answer => Err(unexpected(&answer)),
    }
}

/// Whether the same people are on call with `made` as without it, as long as it holds. `schedule` and `run_time` are
/// without it.
pub fn changes_nothing(schedule: &Schedule, run_time: &[&Override], made: &Override) -> bool {
    let until = made.until.min(made.from.saturating_add(days(DAYS_MAX)));
    let people = |overrides: &[&Override]| {
        let stretches = schedule.stretches(made.from, until, overrides).into_iter();
        let people = |people: Vec<Duty>| people.into_iter().map(|duty| duty.person).collect::<BTreeSet<_>>();
        let mut changes: Vec<_> = stretches.map(|stretch| (stretch.from, people(stretch.people))).collect();
        // Stretches also differ in why somebody is on call.
        changes.dedup_by(|later, earlier| later.1 == earlier.1);
        changes
    };
    let with: Vec<&Override> = run_time.iter().copied().chain([made]).collect();
    people(run_time) == people(&with)
}

/// Its zone is needed to read the times.
fn schedule_of<'a>(roster: &'a Roster, request: &NewOverride) -> Result<&'a Schedule, Problem> {
    let Some(team) = roster.tables.teams.get(&*request.team) else {
        return Err(unprocessable(&OverrideRefusal::UnknownTeam { team: request.team.as_str().into() }));
    };
    team.schedules.get(&*request.schedule).ok_or_else(|| {
        let known = team.schedules.keys().map(ToString::to_string).collect();
        unprocessable(&OverrideRefusal::UnknownSchedule { schedule: request.schedule.as_str().into(), known })
    })
}

fn asked(request: NewOverride, schedule: &Schedule, now: Instant, by: &Arc<str>) -> Result<Override, Problem> {
    let from = match &request.from {
        Some(text) => when::instant_in("from", text, &schedule.zone, Edge::Start)?,
        None => now,
    };
    Ok(Override {
        id: "".into(),
        from,
        until: when::instant_in("until", &request.until, &schedule.zone, Edge::End)?,
        change: change(&request)?,
        team: request.team.into(),
        schedule: schedule.name.clone(),
        reason: request.reason.replace(char::is_control, " "),
        by: by.clone(),
        made_at: now,
    })
}

/// A refusal says the name that it does not know, so that names have a bound before.
fn bounded(request: &NewOverride) -> Result<(), Problem> {
    const PEOPLE_MAX: usize = 100;
    const NAME_MAX: usize = 64;
    let NewOverride { team, schedule, add, remove, replace, with, .. } = request;
    let people = || add.iter().chain(remove).chain(with);
    if people().count() > PEOPLE_MAX {
        return Err(Problem::bad(format!("an override names at most {PEOPLE_MAX} people")));
    }
    if people().chain(replace).chain([team, schedule]).any(|name| name.len() > NAME_MAX) {
        return Err(Problem::bad(format!("a name has at most {NAME_MAX} characters")));
    }
    Ok(())
}

fn change(request: &NewOverride) -> Result<OverrideChange, Problem> {
    let NewOverride { add, remove, replace, with, .. } = request;
    let names = |people: &[String]| people.iter().map(|name| Arc::from(name.trim())).collect();
    match (add.as_slice(), remove.as_slice(), with.as_slice(), replace) {
        ([_, ..], [], [], None) => Ok(OverrideChange::Add { people: names(add) }),
        ([], [_, ..], [], None) => Ok(OverrideChange::Remove { people: names(remove) }),
        ([], [], [_, ..], replace) => {
            Ok(OverrideChange::Replace { person: replace.as_deref().map(Arc::from), people: names(with) })
        }
        ([], [], [], Some(_)) => Err(Problem::bad("replace needs with: who stands in?")),
        (_, _, _, _) => Err(Problem::bad(
            "give people in one of add, remove and with (and in replace for whom those of with stand in)",
        )),
    }
}

fn refused(refusal: &OverrideRefusal) -> Problem {
    match refusal {
        OverrideRefusal::UnknownOverride { .. } => Problem::new(StatusCode::NOT_FOUND, refusal.to_string()),
        OverrideRefusal::UnknownTeam { .. }
        | OverrideRefusal::UnknownSchedule { .. }
        | OverrideRefusal::UnknownPerson { .. }
        | OverrideRefusal::Nobody
        | OverrideRefusal::EndsBeforeStart
        | OverrideRefusal::Over
        | OverrideRefusal::Overlaps { .. }
        | OverrideRefusal::TooMany { .. }
        | OverrideRefusal::ReasonTooLong { .. } => unprocessable(refusal),
    }
}

fn unprocessable(refusal: &OverrideRefusal) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string())
}

/// An answer that an override cannot have.
fn unexpected(answer: &Answer) -> Problem {
    tracing::error!(?answer, "an override was answered with what is no answer to it");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer makes no sense; the log has it")
}
