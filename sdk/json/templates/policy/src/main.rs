//! Critical alerts page, all others inform. An ordinary program: `describe`, `check` or `evaluate` is its argument, one
//! JSON document comes on stdin and one goes to stdout; sdk/json/README.md shows each. stderr is its log.

use serde::Deserialize;
use serde_json::{Value, json};
use std::{env, error::Error, io};

#[derive(Deserialize)]
struct Question {
    settings: Value,
    /// Not there in `check`.
    facts: Option<Facts>,
}

/// As much of facts.schema.json as this policy looks at.
#[derive(Deserialize)]
struct Facts {
    incident: Incident,
}

#[derive(Deserialize)]
struct Incident {
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
struct Alert {
    state: String,
    labels: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    value: String,
}

/// An error ends up on stderr, and in the fault that Bellwire notes.
fn main() -> Result<(), Box<dyn Error>> {
    let answer = match env::args().nth(1).as_deref() {
        Some("describe") => describe(),
        Some("check") => match target(&question()?.settings) {
            Ok(to) => json!({ "ok": { "targets": [to] } }),
            Err((path, message)) => json!({ "problems": [{ "path": path, "message": message }] }),
        },
        Some("evaluate") => {
            let question = question()?;
            let to = target(&question.settings).map_err(|(_, message)| message)?;
            evaluate(&to, &question.facts.ok_or("there are no facts")?)
        }
        _ => return Err("expected describe, check or evaluate".into()),
    };
    println!("{answer}");
    Ok(())
}

fn question() -> Result<Question, Box<dyn Error>> {
    Ok(serde_json::from_str(&io::read_to_string(io::stdin())?)?)
}

fn describe() -> Value {
    json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "summary": env!("CARGO_PKG_DESCRIPTION"),
        "settings_schema": include_str!("../settings.schema.json"),
    })
}

/// What the routes file may say under `settings`; settings.schema.json says the same to editors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    to: String,
}

/// Or a path in the settings, and what is wrong there.
fn target(settings: &Value) -> Result<Value, (&'static str, String)> {
    let Settings { to } = Settings::deserialize(settings).map_err(|error| ("", error.to_string()))?;
    // A bare name is a receiver's.
    match to.split_once(':').unwrap_or(("receiver", &to)) {
        (_, "") => Err(("to", "must have a name".into())),
        (kind @ ("receiver" | "person" | "schedule"), name) => Ok(json!({ kind: name })),
        (kind, _) => Err(("to", format!("has an unknown kind {kind:?}; expected receiver, person or schedule"))),
    }
}

/// Every notice that is due by `facts.now`, whether sent before or not: the host sends a key once.
fn evaluate(to: &Value, facts: &Facts) -> Value {
    let critical = facts.incident.alerts.iter().any(|alert| {
        alert.state == "firing" && alert.labels.iter().any(|label| label.name == "severity" && label.value == "critical")
    });
    let (priority, reason) = if critical { ("p1", "P1 because severity is critical") } else { ("p3", "P3 by default") };
    let notice = json!({ "key": "told", "to": [to], "page": critical });
    json!({ "ok": { "priority": priority, "notices": [notice], "reason": reason } })
}
