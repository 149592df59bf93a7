//! Any webhook whose body is JSON: the settings say where things are. It touches nothing but its arguments.

mod place;
mod settings;

use bellwire_policy::source::prelude::*;
use place::Document;
use serde_json::Value;
use settings::Settings;

struct GenericJson;

impl Source for GenericJson {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../settings.schema.json"))
    }

    fn check(settings: &Settings) -> Result<SourceWants, Vec<Problem>> {
        settings.check()
    }

    fn convert(settings: &Settings, webhook: &Webhook) -> Result<Vec<Incoming>, SourceError> {
        let body: Value = webhook.json()?;
        let at = settings.list.as_str();
        let items = match body.pointer(at) {
            Some(Value::Array(items)) => items.as_slice(),
            // One alert that is not in a list.
            Some(item @ Value::Object(_)) => std::slice::from_ref(item),
            Some(_) => return Err(malformed(format!("{at:?} is neither a list of alerts nor an alert"))),
            None => {
                return Err(malformed(format!(
                    "there is nothing at {at:?}, where the settings say that the alerts are"
                )));
            }
        };
        let documents = items.iter().enumerate().map(|(index, alert)| (index, Document { alert, body: &body }));
        let alerts = documents.map(|(index, document)| {
            convert_one(settings, document, webhook.now)
                .map_err(|problem| malformed(format!("alert {} of {}: {problem}", index + 1, items.len())))
        });
        alerts.filter_map(Result::transpose).collect()
    }
}

fn malformed(problem: String) -> SourceError {
    SourceError::Malformed(problem)
}

/// None: it is one that the settings say to leave out.
fn convert_one(settings: &Settings, document: Document<'_>, now: Instant) -> Result<Option<Incoming>, String> {
    let mut alert = Incoming::new();
    for (name, value) in settings.labels_from.iter().flat_map(|place| document.members(place)) {
        alert = alert.label(label_name(&name), value);
    }
    for (name, place) in &settings.labels {
        alert = alert.label(name, document.text(place).unwrap_or_default());
    }
    if alert.labels.is_empty() {
        return Err("has no labels: nothing is where the settings say that they are".into());
    }
    for (name, value) in settings.annotations_from.iter().flat_map(|place| document.members(place)) {
        alert = alert.annotation(label_name(&name), value);
    }
    for (name, place) in &settings.annotations {
        alert = alert.annotation(name, document.text(place).unwrap_or_default());
    }
    if let Some(url) = settings.generator_url.as_ref().and_then(|place| document.text(place)) {
        alert = alert.generator(url);
    }
    if let Some(instant) = settings.starts_at.as_ref().and_then(|time| document.instant(time)) {
        alert = alert.started_at(instant);
    }
    let ended = settings.ends_at.as_ref().and_then(|time| document.instant(time));
    let Some(status) = &settings.status else {
        return Ok(Some(ended.into_iter().fold(alert, Incoming::ended_at)));
    };
    let state = document.text(&status.place).unwrap_or_default();
    if status.ignored.contains(&state) {
        return Ok(None);
    }
    // What is not known to be over is better heard.
    Ok(Some(if status.resolved.contains(&state) { alert.ended_at(ended.unwrap_or(now).min(now)) } else { alert }))
}

bellwire_policy::export_source!(GenericJson);

#[cfg(test)]
mod tests;
