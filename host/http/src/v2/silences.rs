//! `/api/v2/silences` and `/api/v2/silence/{id}`: everybody's silences, made, changed and ended as `amtool` and Grafana do it.

use super::{
    Refusal,
    parameters::filters,
    stamp,
    stream::{self, Json as Written, Listing},
};
use crate::{
    Backend,
    act::actor,
    auth::Caller,
    problem::{ErrorBody, Problem},
    server::Context,
    when,
};
use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use bellwire_core::{
    Answer, Instant, MatchOperator, Matcher, Matchers, Silence, SilenceRefusal, SilenceRequest, SilenceState,
};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, sync::Arc};

/// A silence, as Alertmanager shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GettableSilence {
    /// A UUID.
    #[schema(value_type = String)]
    id: Arc<str>,
    status: SilenceStatus,
    updated_at: String,
    comment: String,
    #[schema(value_type = String)]
    created_by: Arc<str>,
    ends_at: String,
    matchers: Vec<WireMatcher>,
    starts_at: String,
    /// Of whose incidents, which Alertmanager does not know; missing: everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    team: Option<Arc<str>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SilenceStatus {
    /// `pending`, `active` or `expired`.
    state: &'static str,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireMatcher {
    is_equal: bool,
    is_regex: bool,
    name: String,
    value: String,
}

/// A silence to be made, or changed if `id` names one: in place if its matchers are the same, else that one ends and a new
/// one begins.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostableSilence {
    id: Option<String>,
    #[schema(value_type = String, required = true)]
    comment: Option<String>,
    #[schema(value_type = String, required = true)]
    created_by: Option<String>,
    /// RFC 3339.
    #[schema(value_type = String, required = true)]
    ends_at: Option<String>,
    #[schema(value_type = Vec<PostableMatcher>, required = true)]
    matchers: Option<Vec<PostableMatcher>>,
    /// RFC 3339; what has passed is now.
    #[schema(value_type = String, required = true)]
    starts_at: Option<String>,
    /// Only of this team's incidents, which Alertmanager does not know; missing: everybody's.
    team: Option<String>,
}

/// All of a silence's must match.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostableMatcher {
    /// Missing: true.
    is_equal: Option<bool>,
    #[schema(value_type = bool, required = true)]
    is_regex: Option<bool>,
    #[schema(value_type = String, required = true)]
    name: Option<String>,
    #[schema(value_type = String, required = true)]
    value: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MadeSilence {
    #[serde(rename = "silenceID")]
    #[schema(value_type = String)]
    silence_id: Arc<str>,
}

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
    let replaces = posted.id.clone().filter(|id| !id.is_empty()).map(Arc::from);
    let (wanted, by) = wanted(posted, caller)?;
    let request = SilenceRequest::Set { wanted, replaces };
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

impl GettableSilence {
    fn new(silence: Silence, now: Instant) -> Self {
        let state = match silence.state(now) {
            SilenceState::Pending => "pending",
            SilenceState::Active => "active",
            SilenceState::Expired => "expired",
        };
        Self {
            id: silence.id,
            status: SilenceStatus { state },
            updated_at: stamp(silence.updated_at),
            comment: silence.comment,
            created_by: silence.by,
            ends_at: stamp(silence.ends_at),
            matchers: silence.matchers.0.iter().map(WireMatcher::new).collect(),
            starts_at: stamp(silence.starts_at),
            team: silence.team,
        }
    }
}

impl WireMatcher {
    fn new(matcher: &Matcher) -> Self {
        let (is_equal, is_regex) = match matcher.operator {
            MatchOperator::Equal => (true, false),
            MatchOperator::NotEqual => (false, false),
            MatchOperator::Regex => (true, true),
            MatchOperator::NotRegex => (false, true),
        };
        Self { is_equal, is_regex, name: (*matcher.name).into(), value: (*matcher.value).into() }
    }
}

/// Its times and matchers are read; whether it makes sense is for the engine to say.
fn wanted(posted: PostableSilence, caller: Caller) -> Result<(Silence, Arc<str>), Refusal> {
    let PostableSilence { id: _, comment, created_by, ends_at, matchers, starts_at, team } = posted;
    // In the order in which Alertmanager misses them.
    let comment = required("comment", comment)?;
    let created_by = required("createdBy", created_by)?;
    let ends_at = instant("endsAt", ends_at)?;
    let matchers = required("matchers", matchers)?;
    if matchers.is_empty() {
        return Err(Refusal::invalid(612, "matchers in body should have at least 1 items"));
    }
    if matchers.len() > Silence::MATCHERS_MAX {
        let (count, max) = (matchers.len(), Silence::MATCHERS_MAX);
        return Err(Refusal::bad(format!("silence invalid: {}", SilenceRefusal::TooManyMatchers { count, max })));
    }
    let matchers = matchers.into_iter().enumerate().map(|(place, matcher)| matcher.read(place));
    let matchers = Matchers(matchers.collect::<Result<_, _>>()?);
    let starts_at = instant("startsAt", starts_at)?;
    let by = actor(Some(created_by), caller)
        .map_err(|problem| Refusal::bad(format!("silence invalid: createdBy: {}", problem.message())))?;
    let (id, team) = (fresh_id()?, team.map(|team| crate::named::short(&team).into()));
    let comment = comment.replace('\0', "\u{FFFD}");
    let silence = Silence { id, team, matchers, starts_at, ends_at, updated_at: starts_at, by: by.clone(), comment };
    Ok((silence, by))
}

impl PostableMatcher {
    fn read(self, place: usize) -> Result<Matcher, Refusal> {
        let is_regex = required(&format!("matchers.{place}.isRegex"), self.is_regex)?;
        let name = required(&format!("matchers.{place}.name"), self.name)?;
        let value = required(&format!("matchers.{place}.value"), self.value)?;
        let invalid = |why: String| Refusal::bad(format!("silence invalid: invalid label matcher {place}: {why}"));
        if name.is_empty() || name.contains('\0') || value.contains('\0') {
            return Err(invalid("a label's name must not be empty, and neither may hold a NUL".into()));
        }
        let operator = match (self.is_equal.unwrap_or(true), is_regex) {
            (true, false) => MatchOperator::Equal,
            (false, false) => MatchOperator::NotEqual,
            (true, true) => MatchOperator::Regex,
            (false, true) => MatchOperator::NotRegex,
        };
        Matcher::new(&name, operator, &value).map_err(|error| invalid(error.to_string()))
    }
}

fn required<T>(field: &str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::invalid(602, format!("{field} in body is required")))
}

fn instant(field: &str, text: Option<String>) -> Result<Instant, Refusal> {
    let text = required(field, text)?;
    when::instant(field, &text).map_err(|problem| problem.with_code(400).into())
}

/// A UUID of version 4.
fn fresh_id() -> Result<Arc<str>, Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "there is no randomness for the id of a silence");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "there is no randomness for an id")
    })?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
    Ok(parts.join("-").into())
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
    Err(Refusal::invalid(601, format!("silenceID in path must be of type uuid: {:?}", crate::named::short(text))))
}

fn unknown(id: &Arc<str>) -> Refusal {
    Problem::new(StatusCode::NOT_FOUND, SilenceRefusal::Unknown { id: id.clone() }.to_string()).into()
}

/// An answer that a silence cannot have.
fn unexpected(answer: &Answer) -> Refusal {
    tracing::error!(?answer, "a silence was answered with what is no answer to it");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer makes no sense; the log has it").into()
}
