//! `POST` and `GET /heartbeat/{team}/{name}`: something says that it is alive.

use crate::{
    act::{ActReply, ActResult},
    backend::Backend,
    named,
    problem::{ErrorBody, Problem},
    server::Context,
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use bellwire_core::Answer;
use std::sync::Arc;

/// A beat of a heartbeat. Its body, if it has one, is not read.
#[utoipa::path(post, path = "/heartbeat/{team}/{name}", tag = "alerts in",
    params(("team" = String, Path, description = "The team"), ("name" = String, Path, description = "As the routes file has it: `[heartbeats.NAME]`")),
    responses((status = 200, description = "It was heard", body = ActReply),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that name; the message lists those that there are", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn beat<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    Path((team, heartbeat)): Path<(Arc<str>, Arc<str>)>,
) -> Result<Json<ActReply>, Problem> {
    match context.backend.beaten(team.clone(), heartbeat.clone()).await? {
        Answer::UnknownHeartbeat { known } => {
            let teams = &context.backend.roster().tables.teams;
            if !teams.contains_key(&team) {
                let known = teams.keys().map(ToString::to_string);
                return Err(named::unknown(&format!("team {}", named::short(&team)), known));
            }
            let what = format!("heartbeat {} of team {team}", named::short(&heartbeat));
            Err(named::unknown(&what, known.into_iter()))
        }
        Answer::Done => Ok(Json(ActReply { result: ActResult::Done })),
        answer => {
            tracing::error!(?answer, "a beat has an answer that is none");
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer is none to a beat"))
        }
    }
}

/// The same, for what can only fetch an address.
#[utoipa::path(get, path = "/heartbeat/{team}/{name}", tag = "alerts in",
    params(("team" = String, Path, description = "The team"), ("name" = String, Path, description = "As the routes file has it: `[heartbeats.NAME]`")),
    responses((status = 200, description = "It was heard", body = ActReply),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that name; the message lists those that there are", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn beat_by_get<B: Backend>(
    context: State<Arc<Context<B>>>,
    path: Path<(Arc<str>, Arc<str>)>,
) -> Result<Json<ActReply>, Problem> {
    beat(context, path).await
}
