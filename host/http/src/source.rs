//! `POST /webhook/{source}`: what a plugin reads. Whatever cannot be taken becomes an alert of Bellwire's own, since few
//! senders show anybody what they were answered.

use crate::{
    backend::{Backend, Unread, Webhook},
    decode::Batch,
    ingest,
    measure::BODY_BYTES,
    named::{short, unknown},
    problem::{ErrorBody, Problem},
    server::Context,
};
use axum::{
    body::Body,
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use bellwire_core::{AlertInput, Ends, Labels, own};
use bytes::Bytes;
use metrics::histogram;
use std::sync::Arc;
use url::form_urlencoded;

const ROUTE: &str = "/webhook/{source}";
const QUERY_PAIRS_MAX: usize = 100;
/// Of a body that could not be taken: what people are shown.
const SHOWN_BYTES_MAX: usize = 1_024;
/// Of what is said about it.
const WORDS_BYTES_MAX: usize = 500;
/// Names of headers that carry credentials have one of these words, or several.
const CREDENTIALS: [&str; 15] = [
    "auth",
    "authenticate",
    "authentication",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "jwt",
    "apikey",
    "password",
    "passwd",
    "secret",
    "session",
    "token",
    "assertion",
];
const KEYS: [[&str; 2]; 2] = [["api", "key"], ["access", "key"]];

/// The webhook of any sender that the configuration names.
///
/// A plugin makes alerts of it: `[sources.NAME]` in bellwire.toml says which. A reply that is neither 200 nor 503 also
/// raises the alert `BellwireSourceFailed`, which the next webhook of the source that is taken resolves.
#[utoipa::path(post, path = "/webhook/{source}", tag = "alerts",
    params(("source" = String, Path, description = "Its name in bellwire.toml")),
    request_body(content_type = "*/*", content = Vec<u8>),
    responses(
        (status = 200, description = "Every alert is on disk"),
        (status = 400, description = "Some alerts are wrong (the others were taken)", body = ErrorBody),
        (status = 404, description = "There is no such source; says which there are", body = ErrorBody),
        (status = 413, description = "Too large, or too many alerts (the first ones were taken)", body = ErrorBody),
        (status = 415, description = "Compressed", body = ErrorBody),
        (status = 422, description = "Not what this source reads; the plugin says why", body = ErrorBody),
        (status = 500, description = "The plugin gave no answer", body = ErrorBody),
        (status = 503, description = "Overloaded: send it again", body = ErrorBody)))]
pub(crate) async fn source<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<(), Problem> {
    let Path(name) = path.map_err(|_| Problem::new(StatusCode::NOT_FOUND, "there is no such source"))?;
    let sources = context.backend.sources();
    let Some(source) = sources.iter().find(|source| ***source == *name) else {
        return Err(unknown(&format!("source `{}`", short(&name)), sources.iter().map(ToString::to_string)));
    };
    let body = context.bodies.any(&headers, body).await;
    let shown = body.as_ref().map(|body| body.slice(..body.len().min(SHOWN_BYTES_MAX))).unwrap_or_default();
    let taken = match body {
        Ok(body) => convert_and_take(&context, source, query.as_deref(), &headers, body).await,
        Err(problem) => Err(problem),
    };
    match taken {
        Ok(()) => {
            let resolved = own_alert(source, Labels::default(), Ends::Resolved(context.backend.now()));
            // The alerts are on disk. That this one is not is no reason to have them sent again: it ends by itself.
            if let Err(unavailable) = context.backend.received(vec![resolved]).await {
                tracing::warn!(source = &**source, %unavailable, "that this source is read again is told later");
            }
            Ok(())
        }
        Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => Err(problem),
        Err(problem) => {
            tracing::warn!(
                source = &**source,
                status = problem.status().as_u16(),
                why = problem.message(),
                "not all of a webhook was taken: raising BellwireSourceFailed"
            );
            let room = context.backend.roster().tables.limits.annotation_bytes_max;
            raise(&context, own_alert(source, annotations(source, &problem, &shown, room), Ends::Unsaid)).await?;
            Err(problem)
        }
    }
}

async fn convert_and_take<B: Backend>(
    context: &Context<B>,
    source: &Arc<str>,
    query: Option<&str>,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<(), Problem> {
    histogram!(BODY_BYTES, "route" => ROUTE).record(body.len() as f64);
    let query = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned();
    let query: Vec<_> = query.take(QUERY_PAIRS_MAX + 1).collect();
    if query.len() > QUERY_PAIRS_MAX {
        return Err(Problem::bad(format!("the address has more than {QUERY_PAIRS_MAX} parameters")));
    }
    let webhook = Webhook { content_type: content_type(headers), query, headers: without_credentials(headers), body };
    ingest::take(context, converted(context, source, webhook).await?).await
}

async fn converted<B: Backend>(context: &Context<B>, source: &Arc<str>, webhook: Webhook) -> Result<Batch, Problem> {
    context.backend.converted(source, webhook).await.map_err(|unread| match unread {
        Unread::Malformed(why) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why),
        Unread::Failed(why) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, why),
        Unread::Unavailable(unavailable) => unavailable.into(),
    })
}

/// In lower case, without parameters; empty: the sender did not say.
fn content_type(headers: &HeaderMap) -> String {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn without_credentials(headers: &HeaderMap) -> Vec<(String, String)> {
    let harmless = headers.iter().filter(|(name, _)| !carries_credentials(name.as_str()));
    harmless.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

/// By its words, so that `x-gitlab-token` and `x-api-key` are found, and `x-author` is not. A header's name is in lower case.
fn carries_credentials(name: &str) -> bool {
    let words: Vec<&str> = name.split(['-', '_', '.']).collect();
    words.iter().any(|word| CREDENTIALS.contains(word))
        || words.windows(2).any(|pair| KEYS.iter().any(|key| key == pair))
}

fn own_alert(source: &str, annotations: Labels, ends: Ends) -> AlertInput {
    let labels = own::source_failed(source);
    AlertInput { labels, annotations, starts_at: None, ends, generator_url: Box::default() }
}

/// `room`: bytes that annotations may have.
fn annotations(source: &str, problem: &Problem, body: &[u8], room: usize) -> Labels {
    let words = clean(problem.message(), WORDS_BYTES_MAX);
    let summary = format!("a webhook of the source {source} could not be taken: {words}");
    // Names, ends and all.
    let room = room.saturating_sub(summary.len() + 32);
    let body = clean(&String::from_utf8_lossy(body), room.min(SHOWN_BYTES_MAX));
    Labels::from_pairs([("summary", summary), ("body", body)])
}

/// Without control characters, at most that many bytes.
fn clean(text: &str, bytes_max: usize) -> String {
    let mut clean: String =
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    clean.truncate(clean.floor_char_boundary(bytes_max));
    clean
}

/// If it cannot be put on disk the sender is asked to send all of it again.
async fn raise<B: Backend>(context: &Context<B>, alert: AlertInput) -> Result<(), Problem> {
    for refused in ingest::offer(context, vec![alert]).await? {
        tracing::error!(why = %refused.reason, "BellwireSourceFailed could not be raised");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_their_headers_names() {
        for name in
            ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api_key", "x-gitlab-token"]
        {
            assert!(carries_credentials(name), "{name}");
        }
        for name in
            ["content-type", "x-github-event", "x-author", "idempotency-key", "x-hub-signature-256", "x-keyboard"]
        {
            assert!(!carries_credentials(name), "{name}");
        }
    }

    #[test]
    fn what_is_shown_has_no_control_characters_and_stays_within_its_room() {
        let problem = Problem::bad("no\njson");
        let body = "\u{1b}[31m".to_owned() + &"ä".repeat(600);
        let annotations = annotations("x", &problem, body.as_bytes(), 300);
        assert_eq!(annotations.get("summary"), "a webhook of the source x could not be taken: no json");
        assert!(annotations.get("body").starts_with(" [31mää"), "{annotations}");
        assert!(annotations.size() <= 300, "{}", annotations.size());
    }
}
