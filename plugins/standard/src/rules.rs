//! Rules: which priority an alert has, and why.

use crate::{number, settings::Settings};
use bellwire_policy::{Alert, Incident, Priority, Problem, log};
use regex_lite::Regex;
use serde::{Deserialize, Deserializer};
use std::{cell::OnceCell, collections::BTreeMap, fmt::Write};

/// Matches an alert if every condition does.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub priority: Priority,
    /// A regular expression for the whole value of each label; a label that is missing has the value "".
    #[serde(default)]
    labels: BTreeMap<String, Pattern>,
    /// A regular expression that is found somewhere in each annotation.
    #[serde(default)]
    annotations: BTreeMap<String, Pattern>,
    /// The annotation of that name, else the label, is a number greater than this.
    #[serde(default)]
    above: BTreeMap<String, f64>,
    /// The annotation of that name, else the label, is a number less than this.
    #[serde(default)]
    below: BTreeMap<String, f64>,
}

// Compiled when it is needed first, and not at all if it is only words between `|`: an instance lives for one call.
/// A regular expression.
#[derive(Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(transparent))]
struct Pattern {
    text: String,
    #[cfg_attr(test, schemars(skip))]
    compiled: OnceCell<Option<Regex>>,
}

/// An incident's priority, and why.
pub struct Verdict {
    pub priority: Priority,
    pub reason: String,
}

#[derive(Clone, Copy)]
struct Match {
    priority: Priority,
    /// None: no rule matches.
    rule: Option<usize>,
}

/// The most urgent firing alert decides. Where none fires, the incident keeps its priority.
pub fn judge(settings: &Settings, incident: &Incident) -> Verdict {
    let mut most_urgent: Option<(Match, &Alert)> = None;
    for alert in incident.firing_alerts() {
        let found = settings.priority_of(alert);
        if most_urgent.is_none_or(|(earlier, _)| found.priority < earlier.priority) {
            most_urgent = Some((found, alert));
        }
        if found.priority == Priority::P1 {
            break;
        }
    }
    let Some((Match { priority, rule }, alert)) = most_urgent else {
        let priority = incident.priority.unwrap_or(settings.default_priority);
        return Verdict { priority, reason: format!("{priority}, and no alert is firing") };
    };
    let reason = match rule {
        None => format!("{priority} by default, as no rule matches"),
        Some(index) => format!("{priority} because {} (rule {})", settings.rules[index].because(alert), index + 1),
    };
    Verdict { priority, reason }
}

impl Settings {
    fn priority_of(&self, alert: &Alert) -> Match {
        match self.rules.iter().position(|rule| rule.matches(alert)) {
            Some(index) => Match { priority: self.rules[index].priority, rule: Some(index) },
            None => Match { priority: self.default_priority, rule: None },
        }
    }
}

impl Rule {
    fn matches(&self, alert: &Alert) -> bool {
        self.labels.iter().all(|(name, pattern)| pattern.is_whole(alert.label(name).unwrap_or_default()))
            && self.annotations.iter().all(|(name, pattern)| pattern.is_in(alert.annotation(name).unwrap_or_default()))
            && self.above.iter().all(|(name, limit)| value(alert, name).is_some_and(|value| value > *limit))
            && self.below.iter().all(|(name, limit)| value(alert, name).is_some_and(|value| value < *limit))
    }

    pub fn takes_everything(&self) -> bool {
        self.labels.is_empty() && self.annotations.is_empty() && self.above.is_empty() && self.below.is_empty()
    }

    pub fn check(&self, path: &str, problems: &mut Vec<Problem>) {
        for (kind, patterns) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            for (name, pattern) in patterns {
                if let Err(error) = Regex::new(&pattern.text) {
                    problems.push(Problem::new(format!("{path}.{kind}.{name}"), error.to_string()));
                }
            }
        }
    }

    /// What the alert has that the rule asks for, as in `severity="critical", error_rate="7%" above 5`.
    fn because(&self, alert: &Alert) -> String {
        let mut reason = String::new();
        let mut say = |name: &str, value: Option<&str>, limit: Option<(&str, f64)>| {
            let comma = if reason.is_empty() { "" } else { ", " };
            let value = shortened(value.unwrap_or_default());
            // Writing to a text cannot fail.
            let _ = write!(reason, "{comma}{name}={value:?}");
            if let Some((side, limit)) = limit {
                let _ = write!(reason, " {side} {limit}");
            }
        };
        self.labels.keys().for_each(|name| say(name, alert.label(name), None));
        self.annotations.keys().for_each(|name| say(name, alert.annotation(name), None));
        self.above.iter().for_each(|(name, limit)| say(name, written(alert, name), Some(("above", *limit))));
        self.below.iter().for_each(|(name, limit)| say(name, written(alert, name), Some(("below", *limit))));
        if reason.is_empty() { "the rule takes everything".into() } else { shortened(&reason).into() }
    }
}

/// The host takes a reason of 1 KiB.
fn shortened(text: &str) -> &str {
    const CHARACTERS_MAX: usize = 120;
    text.char_indices().nth(CHARACTERS_MAX).map_or(text, |(end, _)| &text[..end])
}

fn written<'a>(alert: &'a Alert, name: &str) -> Option<&'a str> {
    alert.annotation(name).or_else(|| alert.label(name))
}

fn value(alert: &Alert, name: &str) -> Option<f64> {
    let text = written(alert, name)?;
    let value = number::parse(text);
    if value.is_none() {
        log::warn(format!("{name}={:?} is not a number, so the rule does not match", shortened(text)));
    }
    value
}

impl Pattern {
    /// Nothing but letters and the like, and `|` between alternatives.
    fn is_words(&self) -> bool {
        !self.text.contains(['\\', '.', '+', '*', '?', '(', ')', '[', ']', '{', '}', '^', '$'])
    }

    fn is_whole(&self, value: &str) -> bool {
        if self.is_words() {
            return self.text.split('|').any(|word| word == value);
        }
        self.compiled(|text| format!("^(?:{text})$")).is_some_and(|regex| regex.is_match(value))
    }

    fn is_in(&self, value: &str) -> bool {
        if self.is_words() {
            return self.text.split('|').any(|word| value.contains(word));
        }
        self.compiled(str::to_owned).is_some_and(|regex| regex.is_match(value))
    }

    /// None only for what `check` refuses.
    fn compiled(&self, anchored: impl FnOnce(&str) -> String) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&anchored(&self.text)).ok()).as_ref()
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: String::deserialize(deserializer)?, compiled: OnceCell::new() })
    }
}
