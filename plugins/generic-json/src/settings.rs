//! Where things are in the body, and every way in which that can be said wrongly.

use crate::place::{Place, Pointer};
use bellwire_policy::Problem;
use bellwire_policy::source::{SourceWants, label_problems};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Of the alerts, in the body. Not given: the body is the list, or the one alert.
    #[serde(default)]
    pub list: Pointer,
    #[serde(default)]
    pub labels: BTreeMap<String, Place>,
    /// Objects whose members are all labels.
    #[serde(default)]
    pub labels_from: Vec<Place>,
    #[serde(default)]
    pub annotations: BTreeMap<String, Place>,
    /// Objects whose members are all annotations.
    #[serde(default)]
    pub annotations_from: Vec<Place>,
    pub generator_url: Option<Place>,
    pub status: Option<Status>,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
}

/// Not given: an alert fires, unless `ends_at` says when it ended.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    pub place: Place,
    /// The values that mean that it is over; any other means that it fires.
    pub resolved: Vec<String>,
    /// The values of what is no alert, such as a test.
    #[serde(default)]
    pub ignored: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    pub place: Place,
    #[serde(default)]
    pub format: TimeFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeFormat {
    #[default]
    Rfc3339,
    /// Since 1970.
    Seconds,
    /// Since 1970.
    Milliseconds,
}

impl Settings {
    pub fn check(&self) -> Result<SourceWants, Vec<Problem>> {
        let mut problems = Vec::new();
        if self.labels.is_empty() && self.labels_from.is_empty() {
            problems.push(Problem::new("labels", "needs at least one, such as alertname = { at = \"/title\" }"));
        }
        problems.extend(label_problems("labels", self.labels.keys()));
        if self.status.as_ref().is_some_and(|status| status.resolved.is_empty()) {
            problems.push(Problem::new("status.resolved", "needs at least one value, or no alert would ever end"));
        }
        if problems.is_empty() { Ok(SourceWants::none()) } else { Err(problems) }
    }
}
