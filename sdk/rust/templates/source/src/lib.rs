//! Checks of a monitor that posts JSON: one alert each. A source touches nothing but its arguments.

use bellwire_policy::source::prelude::*;
use serde::Deserialize;

/// What `[sources.NAME]` may say under `settings`; settings.schema.json says the same to editors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    severity: String,
}

/// What the monitor posts; what else it says is none of our business.
#[derive(Deserialize)]
struct Body {
    check: String,
    host: String,
    failing: bool,
    message: String,
}

struct Plugin;

impl Source for Plugin {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../settings.schema.json"))
    }

    /// The headers that it wants to see; or problems, such as `Problem::new("severity", "what is wrong")`.
    fn check(settings: &Settings) -> Result<SourceWants, Vec<Problem>> {
        match settings.severity.as_str() {
            "" => Err(vec![Problem::new("severity", "must not be empty")]),
            _ => Ok(SourceWants::none()),
        }
    }

    /// The same labels are the same alert: what changes while it fires belongs into annotations.
    fn convert(settings: &Settings, webhook: &Webhook) -> Result<Vec<Incoming>, SourceError> {
        let Body { check, host, failing, message } = webhook.json()?;
        let alert = Incoming::new()
            .label("alertname", check)
            .label("host", host)
            .label("severity", &settings.severity)
            .annotation("summary", message);
        Ok(vec![if failing { alert } else { alert.ended_at(webhook.now) }])
    }
}

bellwire_policy::export_source!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_policy::testing::run_source_cases;

    #[test]
    fn cases() {
        run_source_cases::<Plugin>("cases/cases.toml");
    }
}
