//! Discord: a message in a channel, by its webhook. It touches nothing but its arguments.
//!
//! The first messages of an incident stay, and are edited as it changes. No text of an alert can ping anybody: Discord is
//! told whom a message may mention, and that is nobody, or those whom the settings name.

mod mention;
mod words;

use bellwire_policy::channel::prelude::*;
use mention::Mention;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    username: Option<String>,
    thread: Option<String>,
    #[serde(default)]
    mention: Vec<Mention>,
}

struct Discord;

/// The host makes four requests in an attempt: these edits, and a new message if all of those are gone.
const EDITS_MAX: usize = 3;
const SUPPRESS_NOTIFICATIONS: u32 = 1 << 12;

impl Channel for Discord {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../settings.schema.json"))
    }

    fn check(settings: &Settings) -> Result<ChannelWants, Vec<Problem>> {
        let mut problems = Vec::new();
        if settings.username.as_ref().is_some_and(|name| name.trim().is_empty() || name.chars().count() > 80) {
            problems.push(Problem::new("username", "must have 1 to 80 characters"));
        }
        if settings.thread.as_ref().is_some_and(|thread| !mention::is_id(thread)) {
            problems.push(Problem::new("thread", "must be a thread's id, which is a number"));
        }
        if settings.mention.len() > 20 {
            problems.push(Problem::new("mention", "must have at most 20"));
        }
        if problems.is_empty() { Ok(ChannelWants::secret("url")) } else { Err(problems) }
    }

    fn next(settings: &Settings, message: &Message, responses: &[Response]) -> Result<Step, ChannelError> {
        let edits = edits(message);
        // Of what can be edited, a message that somebody deleted is passed over.
        let (edited, posted) = responses.split_at(responses.len().min(edits.len()));
        if let Some(failed) = edited.iter().find(|response| !response.is_success() && response.status != 404) {
            return Ok(outcome(failed));
        }
        Ok(match (edits.get(edited.len()), posted.last()) {
            (Some(id), _) => edit(settings, message, id).into(),
            (None, _) if edited.iter().any(Response::is_success) => Step::delivered(),
            (None, None) => post(settings, message).into(),
            (None, Some(response)) if response.is_success() => receipt(message, response),
            (None, Some(response)) => outcome(response),
        })
    }
}

/// The ids of the messages to change, newest first; none if there is something new to say.
fn edits(message: &Message) -> Vec<&str> {
    if !message.is_update() || message.page || message.is_bundle() {
        return Vec::new();
    }
    let receipts = message.earlier.iter().rev().filter_map(|earlier| earlier.receipt.as_deref());
    receipts.filter(|receipt| mention::is_id(receipt)).take(EDITS_MAX).collect()
}

fn post(settings: &Settings, message: &Message) -> Request {
    // A message that only informs pings nobody.
    let mentions: &[Mention] = if message.page { &settings.mention } else { &[] };
    let mut body = json!({
        "content": mention::content(mentions),
        "allowed_mentions": mention::allowed(mentions),
        "embeds": [words::embed(message)],
    });
    if let Some(username) = &settings.username {
        body["username"] = username.as_str().into();
    }
    if !message.page {
        body["flags"] = SUPPRESS_NOTIFICATIONS.into();
    }
    // Without `wait` Discord answers before it knows whether the message is any good.
    let query = match &settings.thread {
        Some(thread) => format!("?wait=true&thread_id={thread}"),
        None => "?wait=true".into(),
    };
    Request::post(secret("url") + query).json(&body)
}

fn edit(settings: &Settings, message: &Message, id: &str) -> Request {
    let query = settings.thread.as_ref().map(|thread| format!("?thread_id={thread}")).unwrap_or_default();
    // What it pinged stays in its content, and pings nobody anew.
    let body = json!({ "allowed_mentions": mention::allowed(&[]), "embeds": [words::embed(message)] });
    Request::patch(secret("url") + "/messages/" + id + query).json(&body)
}

fn receipt(message: &Message, response: &Response) -> Step {
    let created: Option<Value> = response.json();
    match created.as_ref().and_then(|created| created["id"].as_str()).filter(|id| mention::is_id(id)) {
        Some(id) if !message.is_bundle() => Step::delivered_as(id),
        _ => Step::delivered(),
    }
}

fn outcome(response: &Response) -> Step {
    let error: Value = response.json().unwrap_or_default();
    let seconds = error["retry_after"].as_f64().filter(|seconds| (0.0..=86_400.0).contains(seconds));
    let wait = seconds.map(|seconds| Span::from_milliseconds((seconds * 1_000.0).ceil() as u64));
    Step::by_status_as(response, error["message"].as_str().unwrap_or(&response.body), wait)
}

bellwire_policy::export_channel!(Discord);

#[cfg(test)]
mod tests;
