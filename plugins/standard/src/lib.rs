//! The standard policy: rules give the incident a priority, and the ladder of that priority says who is told when.
//!
//! Pure and level-triggered: each call lists every notice that is due by now. It touches nothing but its arguments.

mod ladder;
mod number;
mod rules;
mod settings;

use bellwire_policy::prelude::*;
use settings::Settings;

struct Standard;

impl Policy for Standard {
    type Settings = Settings;

    fn describe() -> Description {
        let summary = "Rules give a priority, a ladder per priority says who is told when.";
        Description::new("standard", env!("CARGO_PKG_VERSION"), summary)
            .with_schema(include_str!("../settings.schema.json"))
    }

    fn check(settings: &Settings) -> Result<Wants, Vec<Problem>> {
        settings.check()
    }

    fn evaluate(settings: &Settings, facts: &Facts) -> Result<Decision, PolicyError> {
        let verdict = rules::judge(settings, &facts.incident);
        let Some(ladder) = settings.ladder(verdict.priority) else {
            return Err(PolicyError::Settings("there is no ladder".into()));
        };
        let climb = ladder::climb(verdict.priority, ladder, facts);
        let reason = format!("{}; {}", verdict.reason, climb.progress);
        Ok(Decision {
            priority: verdict.priority,
            notices: climb.notices,
            next_check: climb.next_check,
            reason,
            ext: Vec::new(),
        })
    }
}

bellwire_policy::export!(Standard);

#[cfg(test)]
mod tests;
