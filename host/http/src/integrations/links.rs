//! Links in mails. To open one changes nothing, because mail scanners open every link; the buttons of its page act.

use super::{
    count,
    html::{self, Page},
    outcome::{self, Outcome},
    slack::field,
};
use crate::{
    backend::{Acted, ActionLink, Backend, LinkRefusal},
    problem::Problem,
    server::Context,
    view::IncidentDetail,
};
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use bellwire_core::{Action, Instant, Span};
use std::sync::Arc;

const NAME: &str = "mail_link";
/// Of the button.
const SNOOZE: Span = Span::from_secs(3_600);

/// What a link in a mail leads to: the incident, and buttons. Nothing is done by looking.
#[utoipa::path(get, path = "/act/{token}", tag = "integrations", security(()),
    params(("token" = String, Path, description = "As the mail has it")),
    responses((status = 200, description = "The incident, and what may be done", body = String, content_type = "text/html"),
        (status = 403, description = "None of our links", body = String, content_type = "text/html"),
        (status = 404, description = "The incident is unknown", body = String, content_type = "text/html"),
        (status = 410, description = "The link has expired", body = String, content_type = "text/html"),
        (status = 503, description = "Not now", body = String, content_type = "text/html")))]
pub(crate) async fn link_page<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    Path(token): Path<String>,
) -> Result<Page, Page> {
    let link = context.backend.link(&token).map_err(refused)?;
    let page = match look(&*context.backend, &link).await {
        Ok(detail) => html::incident(StatusCode::OK, None, &detail, &link),
        Err(page) => page,
    };
    count(NAME, "shown");
    Ok(page)
}

/// A button of that page was pressed.
#[utoipa::path(post, path = "/act/{token}", tag = "integrations", security(()),
    params(("token" = String, Path, description = "As the mail has it")),
    request_body(content_type = "application/x-www-form-urlencoded", content = String),
    responses((status = 200, description = "Done, or so already", body = String, content_type = "text/html"),
        (status = 202, description = "Taken, and not yet on disk", body = String, content_type = "text/html"),
        (status = 400, description = "There is no such button", body = String, content_type = "text/html"),
        (status = 403, description = "None of our links", body = String, content_type = "text/html"),
        (status = 404, description = "The incident is unknown", body = String, content_type = "text/html"),
        (status = 409, description = "It is resolved, or has moved on since the page was made", body = String, content_type = "text/html"),
        (status = 410, description = "The link has expired", body = String, content_type = "text/html"),
        (status = 413, description = "Too large", body = crate::problem::ErrorBody),
        (status = 415, description = "Not a form", body = crate::problem::ErrorBody),
        (status = 503, description = "Not now", body = String, content_type = "text/html")))]
pub(crate) async fn link_action<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Result<Page, Page>, Problem> {
    let link = match context.backend.link(&token) {
        Ok(link) => link,
        Err(refusal) => return Ok(Err(refused(refusal))),
    };
    let form = context.doors.bodies.form(&headers, body).await?;
    let Some((action, revision)) = pressed(&form, context.backend.now()) else {
        count(NAME, "malformed");
        let sentence = "There is no such button: nothing was done. Open the link again.";
        return Ok(Err(html::message(StatusCode::BAD_REQUEST, sentence)));
    };
    let acted = Acted {
        incident: link.incident.clone(),
        action: action.clone(),
        revision: Some(revision),
        by: link.by.clone(),
        via: "email".into(),
    };
    let outcome = outcome::act(&*context.backend, acted).await;
    count(NAME, outcome.name());
    let (status, sentence) = (outcome.status(), outcome.sentence(&link.incident, &action));
    // What it has come to, and fresh buttons; if that cannot be read, at least what became of this one.
    Ok(Ok(match (&outcome, look(&*context.backend, &link).await) {
        (Outcome::Refused(StatusCode::NOT_FOUND, _), _) | (_, Err(_)) => html::message(status, &sentence),
        (_, Ok(detail)) => html::incident(status, Some(&sentence), &detail, &link),
    }))
}

async fn look<B: Backend>(backend: &B, link: &ActionLink) -> Result<IncidentDetail, Page> {
    match backend.incident(link.incident.clone()).await {
        Ok(Some(detail)) => Ok(detail),
        Ok(None) => {
            let sentence = format!("There is no incident {}.", link.incident);
            Err(html::message(StatusCode::NOT_FOUND, &sentence))
        }
        Err(unavailable) => {
            let sentence = format!("Not now: {}. Try again in a moment.", unavailable.reason);
            Err(html::message(StatusCode::SERVICE_UNAVAILABLE, &sentence))
        }
    }
}

fn refused(refusal: LinkRefusal) -> Page {
    let (status, outcome) = match refusal {
        LinkRefusal::Forged => (StatusCode::FORBIDDEN, "forged"),
        LinkRefusal::Expired => (StatusCode::GONE, "stale"),
    };
    count(NAME, outcome);
    html::message(status, &format!("Nothing was done: {refusal}. Act by a newer message, or by the incident's page."))
}

fn pressed(form: &[u8], now: Instant) -> Option<(Action, u64)> {
    let revision = field(form, "revision")?.parse().ok()?;
    let action = match &*field(form, "action")? {
        "acknowledge" => Action::Acknowledge,
        "unacknowledge" => Action::Unacknowledge,
        "snooze" => Action::Snooze { until: now.saturating_add(SNOOZE) },
        "escalate" => Action::Escalate,
        "resolve" => Action::Resolve,
        _ => return None,
    };
    Some((action, revision))
}
