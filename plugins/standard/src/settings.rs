//! What the author of a routes file may set, and every way in which it can be wrong.

use crate::rules::Rule;
use bellwire_policy::{Priority, Problem, Span, Target, Wants};
use serde::Deserialize;

/// Rules give an incident its priority; the ladder of that priority says who is told when.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Of alerts that no rule matches.
    #[serde(default = "p3")]
    pub default_priority: Priority,
    /// The first rule that matches gives an alert its priority; the most urgent firing alert gives the incident its own.
    #[serde(default)]
    pub rules: Vec<Rule>,
    pub ladders: Ladders,
}

/// At least one. A priority without a ladder uses the next more urgent one there is, else the next less urgent.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ladders {
    #[serde(rename = "P1")]
    p1: Option<Ladder>,
    #[serde(rename = "P2")]
    p2: Option<Ladder>,
    #[serde(rename = "P3")]
    p3: Option<Ladder>,
    #[serde(rename = "P4")]
    p4: Option<Ladder>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// In the order of their `after`.
    pub steps: Vec<Step>,
    /// After the last step, the whole ladder again.
    pub repeat: Option<Repeat>,
    /// Outside this window of the routes file, steps are held until it opens. Not given: "business-hours" for P3 and
    /// "digest" for P4, if the routes file has them. "always": steps are never held.
    pub window: Option<String>,
    /// Inside this window of the routes file, steps are held until it is over: quiet hours. Not given: there are none.
    pub quiet: Option<String>,
    /// An acknowledged incident that is not resolved by then climbs on. Not given: "30m" for P1, else "0". "0": never.
    pub ack_timeout: Option<Span>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Since the incident opened or rose to this priority.
    #[serde(default)]
    pub after: Span,
    pub to: Vec<Target>,
    /// Should it wake somebody? Not given: false for P4, else true.
    pub page: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    pub times: u32,
    /// From the last step to the first of the next round.
    pub every: Span,
}

fn p3() -> Priority {
    Priority::P3
}

const PRIORITIES: [Priority; 4] = [Priority::P1, Priority::P2, Priority::P3, Priority::P4];

impl Settings {
    pub fn ladder(&self, priority: Priority) -> Option<&Ladder> {
        self.ladder_of(priority).map(|(_, ladder)| ladder)
    }

    /// With the priority that it is written for.
    fn ladder_of(&self, priority: Priority) -> Option<(Priority, &Ladder)> {
        let Ladders { p1, p2, p3, p4 } = &self.ladders;
        let [p1, p2, p3, p4] = [p1, p2, p3, p4].map(Option::as_ref);
        let by_priority = [(Priority::P1, p1), (Priority::P2, p2), (Priority::P3, p3), (Priority::P4, p4)];
        let (urgent, less_urgent) = by_priority.split_at(priority as usize + 1);
        urgent.iter().rev().chain(less_urgent).find_map(|(owner, ladder)| Some((*owner, (*ladder)?)))
    }

    pub fn check(&self) -> Result<Wants, Vec<Problem>> {
        let mut problems = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check(&format!("rules[{index}]"), &mut problems);
            if rule.takes_everything() && index + 1 < self.rules.len() {
                problems
                    .push(Problem::new(format!("rules[{index}]"), "has no condition, so no rule after it is reached"));
            }
        }
        let Ladders { p1, p2, p3, p4 } = &self.ladders;
        for (name, ladder) in [("P1", p1), ("P2", p2), ("P3", p3), ("P4", p4)] {
            if let Some(ladder) = ladder {
                ladder.check(&format!("ladders.{name}"), &mut problems);
            }
        }
        for priority in PRIORITIES {
            if let Some((owner, ladder)) = self.ladder_of(priority)
                && ladder.quiet.as_deref().is_some_and(|quiet| ladder.window(priority) == Some(quiet))
            {
                let message = format!("is also the window that {priority} waits for, so its steps would never be sent");
                problems.push(Problem::new(format!("ladders.{owner}.quiet"), message));
            }
        }
        if self.ladder(Priority::P1).is_none() {
            problems.push(Problem::new("ladders", "needs the ladder of at least one priority"));
        }
        if problems.is_empty() { Ok(self.wants()) } else { Err(problems) }
    }

    fn wants(&self) -> Wants {
        let ladders = || PRIORITIES.into_iter().filter_map(|priority| Some((priority, self.ladder(priority)?)));
        let wants = Wants::targets(ladders().flat_map(|(_, ladder)| &ladder.steps).flat_map(|step| &step.to));
        let windows = ladders().flat_map(|(priority, ladder)| [ladder.window(priority), ladder.quiet.as_deref()]);
        windows.flatten().fold(wants, Wants::window)
    }
}

impl Ladder {
    /// What a decision may list at most; the host's limit.
    const NOTICES_MAX: usize = 100;
    const EVERY_MIN: Span = Span::minutes(1);

    /// The window that holds the steps, if the routes file has it.
    pub fn window(&self, priority: Priority) -> Option<&str> {
        match (self.window.as_deref(), priority) {
            (Some("always"), _) => None,
            (Some(window), _) => Some(window),
            (None, Priority::P1 | Priority::P2) => None,
            (None, Priority::P3) => Some("business-hours"),
            (None, Priority::P4) => Some("digest"),
        }
    }

    /// None: never.
    pub fn ack_timeout(&self, priority: Priority) -> Option<Span> {
        match (self.ack_timeout, priority) {
            (Some(Span::ZERO), _) => None,
            (Some(span), _) => Some(span),
            (None, Priority::P1) => Some(Span::minutes(30)),
            (None, Priority::P2 | Priority::P3 | Priority::P4) => None,
        }
    }

    /// How often the steps are climbed at most.
    pub fn rounds(&self) -> usize {
        self.repeat.as_ref().map_or(1, |repeat| (repeat.times as usize).saturating_add(1))
    }

    fn check(&self, path: &str, problems: &mut Vec<Problem>) {
        let mut problem =
            |place: String, message: &str| problems.push(Problem::new(format!("{path}.{place}"), message));
        if self.steps.is_empty() {
            problem("steps".into(), "needs at least one step");
        }
        for (index, step) in self.steps.iter().enumerate() {
            if step.to.is_empty() {
                problem(format!("steps[{index}].to"), "needs at least one target");
            }
            if index > 0 && step.after < self.steps[index - 1].after {
                problem(format!("steps[{index}].after"), "is earlier than the step before it");
            }
        }
        if self.repeat.as_ref().is_some_and(|repeat| repeat.every < Self::EVERY_MIN) {
            problem("repeat.every".into(), "must be at least 1m");
        }
        if self.steps.len().saturating_mul(self.rounds()) > Self::NOTICES_MAX {
            let place = if self.repeat.is_some() { "repeat.times" } else { "steps" };
            problem(place.into(), "makes more than 100 notices, which is the most that a decision may list");
        }
        if self.window.as_deref() == Some("") {
            problem("window".into(), "needs a name; \"always\" holds nothing");
        }
        if self.quiet.as_deref() == Some("") {
            problem("quiet".into(), "needs a name; leave it out if there are no quiet hours");
        }
    }
}

impl Step {
    pub fn pages(&self, priority: Priority) -> bool {
        self.page.unwrap_or(match priority {
            Priority::P1 | Priority::P2 | Priority::P3 => true,
            Priority::P4 => false,
        })
    }
}
