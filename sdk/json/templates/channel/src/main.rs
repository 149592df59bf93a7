//! Posts a message to a chat service. A channel sends nothing: it says which request the host shall make. An ordinary
//! program: `describe`, `check` or `next` is its argument, one JSON document comes on stdin and one goes to stdout;
//! sdk/json/README.md shows each. stderr is its log.

use serde::Deserialize;
use serde_json::{Value, json};
use std::{env, error::Error, io};

#[derive(Deserialize)]
struct Question {
    settings: Value,
    /// Not there in `check`, as the responses.
    message: Option<Message>,
    #[serde(default)]
    responses: Vec<Response>,
}

/// As much of message.schema.json as this channel looks at.
#[derive(Deserialize)]
struct Message {
    page: bool,
    text: String,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    body: String,
}

/// What a receiver's `channel` may say under `settings`; settings.schema.json says the same to editors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    host: String,
    room: String,
}

/// An error ends up on stderr, and in the fault that Bellwire notes.
fn main() -> Result<(), Box<dyn Error>> {
    let answer = match env::args().nth(1).as_deref() {
        Some("describe") => describe(),
        Some("check") => match settings(question()?.settings) {
            Ok(settings) => json!({ "ok": { "secrets": ["token"], "hosts": [settings.host] } }),
            Err((path, message)) => json!({ "problems": [{ "path": path, "message": message }] }),
        },
        Some("next") => {
            let question = question()?;
            let settings = settings(question.settings).map_err(|(_, message)| message)?;
            let step = match question.responses.last() {
                None => send(&settings, &question.message.ok_or("there is no message")?),
                Some(response) => after(response),
            };
            json!({ "ok": step })
        }
        _ => return Err("expected describe, check or next".into()),
    };
    println!("{answer}");
    Ok(())
}

fn question() -> Result<Question, Box<dyn Error>> {
    Ok(serde_json::from_str(&io::read_to_string(io::stdin())?)?)
}

fn describe() -> Value {
    json!({
        "world": "channel",
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "summary": env!("CARGO_PKG_DESCRIPTION"),
        "settings_schema": include_str!("../settings.schema.json"),
    })
}

/// Or a path in the settings, and what is wrong there.
fn settings(settings: Value) -> Result<Settings, (&'static str, String)> {
    let settings: Settings = serde_json::from_value(settings).map_err(|error| ("", error.to_string()))?;
    if settings.room.is_empty() { Err(("room", "must not be empty".into())) } else { Ok(settings) }
}

/// A text is a list of parts, so that no alert can ask for a secret by what it says. The host puts the secret in.
fn send(settings: &Settings, message: &Message) -> Value {
    let text = |text: String| json!({ "text": text });
    let header = |name: &str, value: Vec<Value>| json!({ "name": name, "value": value });
    let body = json!({ "room": settings.room, "text": message.text, "loud": message.page });
    json!({ "send": {
        "method": "POST",
        "url": [text(format!("https://{}/messages", settings.host))],
        "headers": [
            header("content-type", vec![text("application/json".into())]),
            header("authorization", vec![text("Bearer ".into()), json!({ "secret": "token" })]),
        ],
        "body": [text(body.to_string())],
    } })
}

fn after(response: &Response) -> Value {
    let answered = match response.body.trim() {
        "" => format!("answered {}", response.status),
        body => format!("answered {}: {body}", response.status),
    };
    match response.status {
        200..300 => json!({ "delivered": null }),
        429 | 500..600 => json!({ "retry": { "reason": answered } }),
        _ => json!({ "permanent": answered }),
    }
}
