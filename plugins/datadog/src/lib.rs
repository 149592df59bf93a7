//! Datadog: what a webhook with the payload of payload.json sends. It touches nothing but its arguments.
//!
//! What stays the same from the first notification of a monitor's group to its recovery makes the labels: the monitor, its
//! title, its scope, tags and priority. All else is an annotation.

mod tags;
mod title;

use bellwire_policy::source::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

struct Datadog;

impl Source for Datadog {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../settings.schema.json"))
    }

    fn check(settings: &Settings) -> Result<SourceWants, Vec<Problem>> {
        let problems = label_problems("labels", settings.labels.keys());
        if problems.is_empty() { Ok(SourceWants::none()) } else { Err(problems) }
    }

    fn convert(settings: &Settings, webhook: &Webhook) -> Result<Vec<Incoming>, SourceError> {
        let body: BTreeMap<String, Value> = webhook.json()?;
        let body = Body(body.into_iter().filter_map(|(name, value)| Some((name, said(value)?))).collect());
        let title = title::without_transition(body.get("title").or(body.get("event_title")).unwrap_or_default());
        if title.is_empty() && body.get("monitor_id").is_none() {
            let problem = "the body has no \"title\" and no \"monitor_id\": the webhook's payload in Datadog is to be the one \
                           of plugins/datadog/payload.json";
            return Err(SourceError::Malformed(problem.into()));
        }
        let alert = annotated(labelled(settings, &body, title), &body);
        let date = body.get("date").and_then(|date| date.parse().ok()).filter(|date| *date <= webhook.now);
        let transition = body.get("transition").unwrap_or_default();
        Ok(vec![if transition.eq_ignore_ascii_case("recovered") {
            alert.ended_at(date.unwrap_or(webhook.now))
        } else {
            // Triggered, No Data, Warn, each again with `Re-`, Renotify; and what is unknown had better be heard.
            date.into_iter().fold(alert, Incoming::started_at)
        }])
    }
}

/// The payload's fields that say something.
struct Body(BTreeMap<String, String>);

impl Body {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// A variable that Datadog has no value for is empty, `null`, or stands there as it was written.
fn said(value: Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text,
        Value::Null => return None,
        other => other.to_string(),
    };
    let text = text.trim();
    let is_variable =
        text.strip_prefix('$').is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
    (!text.is_empty() && !text.eq_ignore_ascii_case("null") && !is_variable).then(|| text.to_owned())
}

fn labelled(settings: &Settings, body: &Body, title: &str) -> Incoming {
    let configured = settings.labels.iter().map(|(name, value)| (name.clone(), value.clone()));
    let tagged = tags::labels([body.get("tags"), body.get("scope")]);
    let mut alert = configured.chain(tagged).fold(Incoming::new(), |alert, (name, value)| alert.label(name, value));
    if let Some(host) = body.get("host") {
        alert = alert.label("host", host);
    }
    for name in ["monitor_id", "priority", "aggregation_key"] {
        if let Some(value) = body.get(name) {
            alert = alert.label(name, value);
        }
    }
    alert.label("alertname", if title.is_empty() { "Datadog monitor" } else { title })
}

fn annotated(alert: Incoming, body: &Body) -> Incoming {
    const ANNOTATIONS: [(&str, &str); 7] = [
        ("status", "summary"),
        ("message", "description"),
        ("transition", "transition"),
        ("metric", "metric"),
        ("query", "query"),
        ("tags", "tags"),
        ("snapshot", "snapshot_url"),
    ];
    let annotations = ANNOTATIONS.iter().filter_map(|(field, name)| Some((*name, body.get(field)?)));
    let alert = annotations.fold(alert, |alert, (name, value)| alert.annotation(name, value));
    body.get("link").into_iter().fold(alert, Incoming::generator)
}

bellwire_policy::export_source!(Datadog);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;
    use bellwire_policy::{source::check_settings, testing::run_source_cases};

    #[test]
    fn cases() {
        run_source_cases::<Datadog>("cases/datadog.toml");
    }

    #[test]
    fn a_label_of_the_settings_has_a_name_that_fits() {
        let problems = check_settings::<Datadog>(r#"{ "labels": { "a.b": "c", "source": "datadog" } }"#).unwrap_err();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["labels.a.b"]);
    }

    /// What is pasted into Datadog names every field that is read, and no other.
    #[test]
    fn the_payload_is_what_is_read() {
        let payload: BTreeMap<String, String> =
            serde_json::from_str(include_str!("../payload.json")).unwrap_or_default();
        let source = include_str!("lib.rs");
        assert_eq!(payload.len(), 16);
        for (name, variable) in payload {
            assert!(source.matches(&format!("\"{name}\"")).count() > 0, "{name} is not read");
            assert_eq!(said(variable.clone().into()), None, "{variable} without a value says nothing");
        }
    }
}
