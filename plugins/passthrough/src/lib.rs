//! Everything to one target, at once: the smallest policy, made to be copied. It touches nothing but its arguments.

use bellwire_policy::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    to: Target,
    #[serde(default = "p2")]
    priority: Priority,
}

fn p2() -> Priority {
    Priority::P2
}

struct Passthrough;

impl Policy for Passthrough {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new("passthrough", env!("CARGO_PKG_VERSION"), "Everything to one target, at once.")
            .with_schema(include_str!("../settings.schema.json"))
    }

    fn check(settings: &Settings) -> Result<Wants, Vec<Problem>> {
        Ok(Wants::targets([&settings.to]))
    }

    fn evaluate(settings: &Settings, _facts: &Facts) -> Result<Decision, PolicyError> {
        let Settings { to, priority } = settings;
        Ok(Decision::new(*priority, format!("{priority}: everything goes to {to}")).notify(Notice::page("told", [to])))
    }
}

bellwire_policy::export!(Passthrough);

#[cfg(test)]
mod tests {
    use super::*;
    use bellwire_policy::testing::{Play, Scene, run_cases};

    #[test]
    fn cases() {
        run_cases::<Passthrough>(include_str!("../cases/passthrough.toml"));
    }

    #[test]
    fn one_page_and_then_silence() {
        let mut play = Play::<Passthrough>::new(r#"{ "to": "ops" }"#, Scene::firing([("alertname", "Down")]));
        play.until("+1d");
        assert_eq!(play.story(), "+0m P2 told → receiver:ops (page)\n");
    }
}
