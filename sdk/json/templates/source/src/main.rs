//! Checks of a monitor that posts JSON: one alert each. An ordinary program: `describe`, `check` or `convert` is its
//! argument, one JSON document comes on stdin and one goes to stdout; sdk/json/README.md shows each. stderr is its log.

use serde::Deserialize;
use serde_json::{Value, json};
use std::{env, error::Error, io};

#[derive(Deserialize)]
struct Question {
    settings: Value,
    /// Not there in `check`.
    webhook: Option<Webhook>,
}

/// As much of webhook.schema.json as this source looks at.
#[derive(Deserialize)]
struct Webhook {
    now: u64,
    body: String,
}

/// What the monitor posts; what else it says is none of our business.
#[derive(Deserialize)]
struct Body {
    check: String,
    host: String,
    failing: bool,
    message: String,
}

/// What `[sources.NAME]` may say under `settings`; settings.schema.json says the same to editors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    severity: String,
}

/// An error ends up on stderr, and in the fault that Bellwire notes.
fn main() -> Result<(), Box<dyn Error>> {
    let answer = match env::args().nth(1).as_deref() {
        Some("describe") => describe(),
        Some("check") => match settings(question()?.settings) {
            Ok(_) => json!({ "ok": {} }),
            Err((path, message)) => json!({ "problems": [{ "path": path, "message": message }] }),
        },
        Some("convert") => {
            let question = question()?;
            let settings = settings(question.settings).map_err(|(_, message)| message)?;
            convert(&settings, &question.webhook.ok_or("there is no webhook")?)
        }
        _ => return Err("expected describe, check or convert".into()),
    };
    println!("{answer}");
    Ok(())
}

fn question() -> Result<Question, Box<dyn Error>> {
    Ok(serde_json::from_str(&io::read_to_string(io::stdin())?)?)
}

fn describe() -> Value {
    json!({
        "world": "source",
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "summary": env!("CARGO_PKG_DESCRIPTION"),
        "settings_schema": include_str!("../settings.schema.json"),
    })
}

/// Or a path in the settings, and what is wrong there.
fn settings(settings: Value) -> Result<Settings, (&'static str, String)> {
    let settings: Settings = serde_json::from_value(settings).map_err(|error| ("", error.to_string()))?;
    if settings.severity.is_empty() { Err(("severity", "must not be empty".into())) } else { Ok(settings) }
}

/// The same labels are the same alert: what changes while it fires belongs into annotations.
fn convert(settings: &Settings, webhook: &Webhook) -> Value {
    let Body { check, host, failing, message } = match serde_json::from_str(&webhook.body) {
        Ok(body) => body,
        // The sender sees this.
        Err(error) => return json!({ "error": { "malformed": format!("the body: {error}") } }),
    };
    let pair = |name: &str, value: &str| json!({ "name": name, "value": value });
    json!({ "ok": [{
        "labels": [pair("alertname", &check), pair("host", &host), pair("severity", &settings.severity)],
        "annotations": [pair("summary", &message)],
        "ends_at": (!failing).then_some(webhook.now),
        "generator_url": "",
    }] })
}
