//! PagerDuty's webhooks, version 3: what people do there with what we paged them for.

use super::{
    count, disbelieved, lock, not_configured,
    outcome::{self, Outcome},
    people, signature,
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
use bellwire_core::{Action, IncidentId, Roster};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

const NAME: &str = "pagerduty";
/// Of an event's id; a longer one is not PagerDuty's.
const ID_BYTES_MAX: usize = 200;

/// An incident was acted on in PagerDuty.
///
/// A webhook subscription of version 3. Signed by PagerDuty; an event that came before is not acted on again, and what is
/// not about one of our pages is ignored.
#[utoipa::path(post, path = "/pagerduty/webhook", tag = "integrations", security(()),
    request_body(content_type = "application/json", content = serde_json::Value),
    responses((status = 200, description = "Taken, or nothing to do"),
        (status = 400, description = "Signed, but not an event", body = ErrorBody),
        (status = 401, description = "Not signed by PagerDuty", body = ErrorBody),
        (status = 404, description = "No webhook secret is configured", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 415, description = "Not application/json", body = ErrorBody),
        (status = 503, description = "Not now: send it again", body = ErrorBody)))]
pub(crate) async fn pagerduty_webhook<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let doors = &context.doors;
    if doors.pagerduty_secrets.is_empty() {
        return Err(not_configured("PagerDuty", "[pagerduty] webhook_secrets"));
    }
    let body = doors.bodies.json(&headers, body).await?;
    signature::pagerduty(&doors.pagerduty_secrets, &headers, &body).map_err(|doubt| disbelieved(NAME, doubt))?;
    let read = serde_json::from_slice::<Webhook>(&body).ok().map(|webhook| webhook.event);
    let Some(event) = read.filter(|event| (1..=ID_BYTES_MAX).contains(&event.id.len())) else {
        count(NAME, "malformed");
        return Err(Problem::bad("the body is no event of PagerDuty's webhooks, version 3"));
    };
    if lock(&doors.pagerduty_seen).knows(&event.id) {
        count(NAME, "replayed");
        return Ok(StatusCode::OK);
    }
    let outcome = take(&context, &event).await?;
    count(NAME, outcome.as_ref().map_or("ignored", Outcome::name));
    match outcome {
        // Not remembered: it comes again, and doing it twice does no harm.
        Some(Outcome::Unavailable(unavailable)) => return Err(unavailable.into()),
        Some(Outcome::UnderWay) => return Err(Problem::unavailable("the disk is slow", Duration::from_secs(5))),
        Some(Outcome::Refused(_, why)) => tracing::info!(event = event.kind, why, "PagerDuty's event changed nothing"),
        Some(Outcome::Done | Outcome::Already) | None => {}
    }
    lock(&doors.pagerduty_seen).remember(context.backend.now(), event.id);
    Ok(StatusCode::OK)
}

/// None: there is nothing to do about it here.
async fn take<B: Backend>(context: &Context<B>, event: &Event) -> Result<Option<Outcome>, Problem> {
    let Some(action) = event.action() else { return Ok(None) };
    let Some((incident, opening)) = event.data.incident_key.as_deref().and_then(page) else { return Ok(None) };
    // A page of an earlier opening says nothing about this one.
    let Some(known) = context.backend.incident(incident.clone()).await? else { return Ok(None) };
    // Snoozed here, it is acknowledged there: that their acknowledgement times out does not end our snooze.
    let ends_a_snooze = known.incident.state == "snoozed" && action == Action::Unacknowledge && !event.is_by_a_person();
    if known.incident.reopened != opening || ends_a_snooze {
        return Ok(None);
    }
    let by = event.person(&context.backend.roster(), &incident.team);
    let acted = Acted { incident, action, revision: None, by, via: "pagerduty".into() };
    Ok(Some(outcome::act(&*context.backend, acted).await))
}

#[derive(Deserialize)]
struct Webhook {
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "event_type")]
    kind: String,
    /// Who did it: a user, or an integration.
    agent: Option<Agent>,
    #[serde(default)]
    data: Data,
}

#[derive(Deserialize)]
struct Agent {
    #[serde(rename = "type", default)]
    kind: String,
    /// The user's name.
    #[serde(default)]
    summary: String,
    email: Option<String>,
}

/// Of an incident; other resources have other fields, and are not looked at.
#[derive(Default, Deserialize)]
struct Data {
    /// The `dedup_key` under which the incident was opened.
    incident_key: Option<String>,
}

impl Event {
    /// Escalations, reassignments and delegations are PagerDuty's own affair, and a ping asks for no more than an answer.
    fn action(&self) -> Option<Action> {
        let by_a_person = self.is_by_a_person();
        match self.kind.as_str() {
            // We acknowledge and resolve there as well, when somebody did so here: that echo must not act in PagerDuty's
            // name. It is the integration's, not a user's.
            "incident.acknowledged" if by_a_person => Some(Action::Acknowledge),
            "incident.resolved" if by_a_person => Some(Action::Resolve),
            // Also by PagerDuty's own time-out.
            "incident.unacknowledged" => Some(Action::Unacknowledge),
            _ => None,
        }
    }

    fn is_by_a_person(&self) -> bool {
        self.agent.as_ref().is_some_and(|agent| agent.kind.starts_with("user"))
    }

    fn person(&self, roster: &Roster, team: &str) -> Arc<str> {
        let Some(agent) = &self.agent else { return "PagerDuty".into() };
        let same = |ours: &str, theirs: &str| !theirs.is_empty() && ours.eq_ignore_ascii_case(theirs);
        let by_email = |theirs: &String| {
            people::find(roster, team, |person| person.email.as_deref().is_some_and(|ours| same(ours, theirs)))
        };
        let by_name = || {
            let theirs = agent.summary.trim();
            people::find(roster, team, |person| same(&person.display, theirs) || same(&person.name, theirs))
        };
        let found = agent.email.as_ref().and_then(by_email).or_else(by_name);
        found.map_or_else(|| people::stranger(&agent.summary, "PagerDuty"), |person| person.name.clone())
    }
}

/// The incident and its opening, if the key is one of our notices' ids: `TEAM-N/KEY/RECEIVER`, `TEAM-N~OPENING/KEY/RECEIVER`.
fn page(key: &str) -> Option<(IncidentId, u32)> {
    let mut parts = key.splitn(3, '/');
    let (incident, _key, _receiver) = (parts.next()?, parts.next()?, parts.next()?);
    let (incident, opening) = match incident.rsplit_once('~') {
        Some((incident, opening)) => (incident, opening.parse().ok()?),
        None => (incident, 0),
    };
    Some((incident.parse().ok()?, opening))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_pages_are_known_by_their_keys() {
        let of = |key| page(key).map(|(incident, opening)| (incident.to_string(), opening));
        assert_eq!(of("payments-12/step-1/payments/pagerduty"), Some(("payments-12".into(), 0)));
        assert_eq!(of("eu-west-3~2/bellwire:alerts-joined-1/ops"), Some(("eu-west-3".into(), 2)));
        for foreign in ["baf7cf21b1da41b4b0221008339ff357", "a-1/b", "a-x/b/c", "a-1~x/b/c", "//", "", "-1/b/c"] {
            assert_eq!(of(foreign), None, "{foreign}");
        }
    }
}
