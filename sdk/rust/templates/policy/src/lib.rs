//! Critical alerts page, all others inform. A policy touches nothing but its arguments.

use bellwire_policy::prelude::*;
use serde::Deserialize;

/// What the routes file may say under `settings`; settings.schema.json says the same to editors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    to: Target,
}

struct Plugin;

impl Policy for Plugin {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"))
            .with_schema(include_str!("../settings.schema.json"))
    }

    /// Every target that a decision may ever name; or problems, such as `Problem::new("to", "what is wrong")`.
    fn check(settings: &Settings) -> Result<Wants, Vec<Problem>> {
        Ok(Wants::targets([&settings.to]))
    }

    /// Every notice that is due by `facts.now`, whether sent before or not: the host sends a key once.
    fn evaluate(settings: &Settings, facts: &Facts) -> Result<Decision, PolicyError> {
        let critical = facts.incident.firing_alerts().any(|alert| alert.label("severity") == Some("critical"));
        Ok(if critical {
            Decision::new(Priority::P1, "P1 because severity is critical").notify(Notice::page("told", [&settings.to]))
        } else {
            Decision::new(Priority::P3, "P3 by default").notify(Notice::inform("told", [&settings.to]))
        })
    }
}

bellwire_policy::export!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_policy::testing::{Play, Scene, run_cases};

    #[test]
    fn cases() {
        run_cases::<Plugin>(include_str!("../cases/cases.toml"));
    }

    #[test]
    fn one_page_and_then_silence() {
        let mut play = Play::<Plugin>::new(r#"{ "to": "ops" }"#, Scene::firing([("severity", "critical")]));
        play.until("+1d");
        assert_eq!(play.story(), "+0m P1 told → receiver:ops (page)\n");
    }
}
