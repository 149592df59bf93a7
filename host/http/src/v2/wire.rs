//! A silence on the wire: as it is shown, and as it is asked for.

use super::{Refusal, stamp};
use crate::{act::actor, auth::Caller, named::short, problem::Problem, when};
use axum::http::StatusCode;
use bellwire_core::{Instant, MatchOperator, Matcher, Matchers, Silence, SilenceRefusal, SilenceRequest, SilenceState};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
    pub(super) silence_id: Arc<str>,
}

impl GettableSilence {
    pub(super) fn new(silence: Silence, now: Instant) -> Self {
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

/// What is asked for, and by whom. Times and matchers are read here; whether it makes sense is for the engine to say.
pub(super) fn request(posted: PostableSilence, caller: Caller) -> Result<(SilenceRequest, Arc<str>), Refusal> {
    let PostableSilence { id: replaces, comment, created_by, ends_at, matchers, starts_at, team } = posted;
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
    let (id, team) = (fresh_id()?, team.map(|team| short(&team).into()));
    let comment = comment.replace('\0', "\u{FFFD}");
    let wanted = Silence { id, team, matchers, starts_at, ends_at, updated_at: starts_at, by: by.clone(), comment };
    let replaces = replaces.filter(|id| !id.is_empty()).map(|id| short(&id).into());
    Ok((SilenceRequest::Set { wanted, replaces }, by))
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
