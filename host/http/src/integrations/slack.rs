//! Slack's buttons, and what they have in common with its command: a signed form, a person, words that only that person
//! sees.

use super::{
    Doors, count, disbelieved, lock, not_configured,
    outcome::{self, Outcome},
    people,
    signature::{self, Doubt},
};
use crate::{
    backend::{Acted, Backend},
    problem::{ErrorBody, Problem},
    server::Context,
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use bellwire_core::{Action, IncidentId, Instant, Roster, Span};
use bytes::Bytes;
use serde::Deserialize;
use std::{borrow::Cow, sync::Arc};
use url::form_urlencoded;

const NAME: &str = "slack_actions";
/// Of the button.
const SNOOZE: Span = Span::from_secs(3_600);

/// A button in one of our messages was pressed.
///
/// The Slack app's interactivity URL. Signed by Slack; what could not be done is told to the one who pressed, by
/// `response_url`.
#[utoipa::path(post, path = "/slack/actions", tag = "integrations", security(()),
    request_body(content_type = "application/x-www-form-urlencoded", content = String),
    responses((status = 200, description = "Taken; also what is none of our buttons"),
        (status = 400, description = "Signed, but not an interaction", body = ErrorBody),
        (status = 401, description = "Not signed by Slack, not fresh, or seen before", body = ErrorBody),
        (status = 404, description = "No signing secret is configured", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 415, description = "Not a form", body = ErrorBody),
        (status = 503, description = "Not now: press again", body = ErrorBody)))]
pub(crate) async fn slack_actions<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let form = signed_form(&context, NAME, &headers, body).await?;
    let malformed = |what: &str| {
        count(NAME, "malformed");
        Problem::bad(what)
    };
    let payload = field(&form, "payload").ok_or_else(|| malformed("the form has no payload"))?;
    let interaction: Interaction =
        serde_json::from_str(&payload).map_err(|_| malformed("the payload is no interaction of Slack's"))?;
    // Slack sends one action for each press; a link that is styled as a button is reported as well, and asks for nothing.
    let pressed = interaction.actions.first().filter(|pressed| pressed.action_id.starts_with("bellwire_"));
    let Some(pressed) = pressed.filter(|_| interaction.kind == "block_actions") else {
        count(NAME, "ignored");
        return Ok(StatusCode::OK);
    };
    let tell = |text: &str| say(&*context.backend, &context.doors, interaction.response_url.as_deref(), text);
    let Some((incident, action, revision)) = pressed.read(context.backend.now()) else {
        count(NAME, "malformed");
        tell(
            "This button is of another version of Bellwire: nothing was done. Act by the command or the incident's page.",
        );
        return Ok(StatusCode::OK);
    };
    let by = interaction.user.person(&context.backend.roster(), &incident.team);
    let acted = Acted { incident: incident.clone(), action: action.clone(), revision, by, via: "slack".into() };
    let outcome = outcome::act(&*context.backend, acted).await;
    count(NAME, outcome.name());
    // What was done shows in the message itself, which everybody sees.
    if outcome != Outcome::Done {
        tell(&outcome.sentence(&incident, &action));
    }
    match outcome {
        // Slack then marks the button as failed, even if the words do not get through.
        Outcome::Unavailable(unavailable) => Err(unavailable.into()),
        Outcome::Done | Outcome::Already | Outcome::Refused(..) | Outcome::UnderWay => Ok(StatusCode::OK),
    }
}

#[derive(Deserialize)]
struct Interaction {
    #[serde(rename = "type")]
    kind: String,
    user: SlackUser,
    response_url: Option<String>,
    #[serde(default)]
    actions: Vec<Pressed>,
}

#[derive(Deserialize)]
struct Pressed {
    #[serde(default)]
    action_id: String,
    value: Option<String>,
}

/// What our buttons carry.
#[derive(Deserialize)]
struct Carried {
    incident: IncidentId,
    revision: u64,
}

impl Pressed {
    fn read(&self, now: Instant) -> Option<(IncidentId, Action, Option<u64>)> {
        let Carried { incident, revision } = serde_json::from_str(self.value.as_deref()?).ok()?;
        let action = match self.action_id.as_str() {
            "bellwire_acknowledge" => Action::Acknowledge,
            "bellwire_snooze" => Action::Snooze { until: now.saturating_add(SNOOZE) },
            "bellwire_resolve" => Action::Resolve,
            "bellwire_escalate" => Action::Escalate,
            _ => return None,
        };
        Some((incident, action, Some(revision)))
    }
}

/// Who pressed or typed.
#[derive(Deserialize)]
pub(super) struct SlackUser {
    pub id: String,
    #[serde(default)]
    pub name: String,
}

impl SlackUser {
    pub fn person(&self, roster: &Roster, team: &str) -> Arc<str> {
        let found = people::find(roster, team, |person| person.slack_user.as_deref() == Some(&*self.id));
        let name = if self.name.trim().is_empty() { &self.id } else { &self.name };
        found.map_or_else(|| people::stranger(name, "Slack"), |person| person.name.clone())
    }
}

/// The body of a request that Slack made, once: it does not repeat an interaction, so whoever does is somebody else.
pub(super) async fn signed_form<B: Backend>(
    context: &Context<B>,
    integration: &'static str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, Problem> {
    let doors = &context.doors;
    let secret = doors.slack_secret.as_ref().ok_or_else(|| not_configured("Slack", "[slack] signing_secret"))?;
    let body = doors.bodies.form(headers, body).await?;
    let now = context.backend.now();
    let signature = signature::slack(secret, headers, &body, now).map_err(|doubt| disbelieved(integration, doubt))?;
    if !lock(&doors.slack_seen).remember(now, signature) {
        return Err(disbelieved(integration, Doubt::Replayed));
    }
    Ok(body)
}

/// The first field of that name.
pub(super) fn field<'a>(form: &'a [u8], wanted: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(form).find(|(name, _)| name == wanted).map(|(_, value)| value)
}

/// To the one person alone.
fn say<B: Backend>(backend: &B, doors: &Doors, response_url: Option<&str>, text: &str) {
    match response_url {
        Some(url) if doors.may_answer(url) => backend.say_to_slack(url.to_owned(), escape(text)),
        Some(_) | None => tracing::warn!("a press in Slack cannot be answered: its response_url is not Slack's"),
    }
}

/// `&`, `<` and `>` are Slack's own.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
