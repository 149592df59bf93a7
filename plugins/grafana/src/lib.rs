//! Grafana: what its webhook contact point sends. It touches nothing but its arguments.
//!
//! Grafana's own labels are the alert; its links and the values that made it fire are annotations.

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

/// Of the body, what is read of it: Grafana adds fields from one version to the next.
#[derive(Deserialize)]
struct Body {
    alerts: Vec<Alert>,
    #[serde(default, rename = "truncatedAlerts")]
    truncated_alerts: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    #[serde(default)]
    status: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    starts_at: String,
    #[serde(default)]
    ends_at: String,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
    #[serde(default, rename = "dashboardURL")]
    dashboard_url: String,
    #[serde(default, rename = "panelURL")]
    panel_url: String,
    #[serde(default, rename = "silenceURL")]
    silence_url: String,
    /// By the query's letter; null if there are none.
    values: Option<BTreeMap<String, Value>>,
}

struct Grafana;

impl Source for Grafana {
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
        let body: Body = webhook.json()?;
        if body.truncated_alerts > 0 {
            log::warn(format!("Grafana left out {} alerts: raise the contact point's maximum", body.truncated_alerts));
        }
        Ok(body.alerts.into_iter().map(|alert| alert.incoming(settings, webhook.now)).collect())
    }
}

impl Alert {
    fn incoming(self, settings: &Settings, now: Instant) -> Incoming {
        let values = self.values.unwrap_or_default();
        let values: Vec<String> = values.iter().map(|(letter, value)| format!("{letter}={value}")).collect();
        let mut incoming = Incoming::new()
            .generator(self.generator_url)
            .annotation("dashboard_url", self.dashboard_url)
            .annotation("panel_url", self.panel_url)
            .annotation("silence_url", self.silence_url)
            .annotation("values", values.join(", "));
        for (name, value) in
            settings.labels.iter().map(|(name, value)| (name.clone(), value.clone())).chain(self.labels)
        {
            incoming = incoming.label(name, value);
        }
        // The author's own come last, and so before Grafana's.
        for (name, value) in self.annotations {
            incoming = incoming.annotation(name, value);
        }
        if let Some(starts_at) = rfc3339(&self.starts_at) {
            incoming = incoming.started_at(starts_at);
        }
        // Of one that fires, `endsAt` is the year 1. A status that is not known had better be heard.
        if self.status == "resolved" {
            incoming.ended_at(rfc3339(&self.ends_at).map_or(now, |ends_at| ends_at.min(now)))
        } else {
            incoming
        }
    }
}

bellwire_policy::export_source!(Grafana);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;
    use bellwire_policy::{source::check_settings, testing::run_source_cases};

    #[test]
    fn cases() {
        run_source_cases::<Grafana>("cases/grafana.toml");
    }

    #[test]
    fn a_label_of_the_settings_has_a_name_that_fits() {
        let problems = check_settings::<Grafana>(r#"{ "labels": { "a.b": "c", "source": "grafana" } }"#).unwrap_err();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["labels.a.b"]);
    }
}
