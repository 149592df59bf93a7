//! `/api/v2/silences` and `/api/v2/silence/{id}`: everybody's silences, made, changed and ended as `amtool` and Grafana do it.

use super::{
    Refusal,
    parameters::filters,
    stream::{self, Json as Written, Listing},
    wire::{self, GettableSilence, MadeSilence, PostableSilence},
};
use crate::{
    Backend,
    auth::Caller,
    named::short,
    problem::{ErrorBody, Problem},
    server::Context,
};
use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use bellwire_core::{Answer, Instant, Silence, SilenceRefusal, SilenceRequest, SilenceState};
use std::{cmp::Reverse, sync::Arc};

/// Silences that people made, also those that expired within five days: those that hold first, by their end.
#[utoipa::path(get, path = "/api/v2/silences", tag = "alertmanager",
    params(("filter" = Option<Vec<String>>, Query, description = "A matcher that the silence has, such as `severity=\"critical\"`; repeated: all of them")),
    responses((status = 200, description = "They", body = Vec<GettableSilence>),
        (status = 400, description = "A filter cannot be read", body = String, content_type = "application/json"),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn list_silences<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let filters = filters(query.as_deref())?;
    let (mut silences, now) = (context.backend.silences().await?, context.backend.now());
    silences.retain(|silence| filters.iter().all(|filter| silence.matchers.0.contains(filter)));
    silences.sort_by_cached_key(|silence| {
        let (from, until) = (silence.starts_at.as_millis(), silence.ends_at.as_millis());
        match silence.state(now) {
            SilenceState::Active => (0, until, Reverse(0), silence.id.clone()),
            SilenceState::Pending => (1, from, Reverse(0), silence.id.clone()),
            SilenceState::Expired => (2, 0, Reverse(until), silence.id.clone()),
        }
    });
    Ok(stream::array(Silences { silences: silences.into_iter(), now }))
}

struct Silences {
    silences: std::vec::IntoIter<Silence>,
    now: Instant,
}

impl Listing for Silences {
    fn next(&mut self, into: &mut Written) -> bool {
        let Some(silence) = self.silences.next() else { return false };
        into.element(&GettableSilence::new(silence, self.now));
        true
    }
}

/// One silence.
#[utoipa::path(get, path = "/api/v2/silence/{id}", tag = "alertmanager", params(("id" = String, Path, description = "A UUID")),
    responses((status = 200, description = "It", body = GettableSilence),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 422, description = "That is no UUID", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn show_silence<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    Path(id): Path<String>,
) -> Result<Json<GettableSilence>, Refusal> {
    let id = uuid(&id)?;
    let found = context.backend.silence(id.clone()).await?.ok_or_else(|| unknown(&id))?;
    Ok(Json(GettableSilence::new(found, context.backend.now())))
}

/// Makes a silence, or changes one.
#[utoipa::path(post, path = "/api/v2/silences", tag = "alertmanager", request_body = PostableSilence,
    responses((status = 200, description = "It is on disk, and holds from its start", body = MadeSilence),
        (status = 400, description = "It makes no sense, and why, as a text; or the body cannot be read", body = String, content_type = "application/json"),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = String, content_type = "application/json"),
        (status = 422, description = "Something is missing", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn set_silence<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<MadeSilence>, Refusal> {
    let body = context.bodies.json(&headers, body).await?;
    if body.trim_ascii().is_empty() {
        return Err(Refusal::invalid(602, "silence in body is required"));
    }
    let posted: Option<PostableSilence> = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad(format!("parsing silence body failed, because {error}")))?;
    let posted = posted.unwrap_or_default();
    let (request, by) = wire::request(posted, caller)?;
    match context.backend.silenced(request, by, "api".into()).await? {
        Answer::Silenced(silence) => Ok(Json(MadeSilence { silence_id: silence.id })),
        Answer::SilenceRefused(SilenceRefusal::Unknown { .. }) => {
            Err(Refusal::Said(StatusCode::NOT_FOUND, "silence not found".into()))
        }
        Answer::SilenceRefused(refusal) => Err(Refusal::bad(format!("the silence was not made: {refusal}"))),
        answer => Err(unexpected(&answer)),
    }
}

/// Ends a silence now; one that has not begun never does. Of one that is over already nothing changes.
#[utoipa::path(delete, path = "/api/v2/silence/{id}", tag = "alertmanager", params(("id" = String, Path, description = "A UUID")),
    responses((status = 200, description = "It is over"),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is none of that id", body = ErrorBody),
        (status = 422, description = "That is no UUID", body = ErrorBody),
        (status = 503, description = "Not now", body = ErrorBody)))]
pub(crate) async fn expire_silence<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    Path(id): Path<String>,
    Extension(Caller(name)): Extension<Caller>,
) -> Result<(), Refusal> {
    let id = uuid(&id)?;
    // The request does not say who.
    let by = name.unwrap_or_else(|| "somebody".into());
    match context.backend.silenced(SilenceRequest::Expire { id: id.clone() }, by, "api".into()).await? {
        Answer::Silenced(_) | Answer::SilenceRefused(SilenceRefusal::Expired { .. }) => Ok(()),
        Answer::SilenceRefused(SilenceRefusal::Unknown { .. }) => Err(unknown(&id)),
        answer => Err(unexpected(&answer)),
    }
}

/// The id of the path, in lower case.
fn uuid(text: &str) -> Result<Arc<str>, Refusal> {
    let is_right = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    if text.len() == 36 && text.bytes().enumerate().all(is_right) {
        return Ok(text.to_ascii_lowercase().into());
    }
    Err(Refusal::invalid(601, format!("silenceID in path must be of type uuid: {:?}", short(text))))
}

fn unknown(id: &Arc<str>) -> Refusal {
    Problem::new(StatusCode::NOT_FOUND, SilenceRefusal::Unknown { id: id.clone() }.to_string()).into()
}

/// An answer that a silence cannot have.
fn unexpected(answer: &Answer) -> Refusal {
    tracing::error!(?answer, "a silence was answered with what is no answer to it");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer makes no sense; the log has it").into()
}
