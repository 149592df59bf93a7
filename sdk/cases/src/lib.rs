//! The format of golden cases, as TOML beside a plugin: of a policy, facts in and decision out; of a [`source`], webhook
//! in and alerts out; of a [`channel`], message and responses in and the next step out. README.md shows one of each.
//!
//! Host and guest both read it, each into its own types, so this crate knows neither: it may not reach anything but the
//! text that it is given.

pub mod channel;
pub mod source;
mod time;

pub use time::{Moment, elapsed_text, span};

use serde::{Deserialize, Deserializer, de::Error as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Instant = u64;

/// When an incident opens if the case does not say: 2026-11-21T03:12:00Z, a Saturday.
pub const OPENED_AT: Instant = 1_795_230_720_000;

/// A file of cases.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// Of every case that has none of its own.
    #[serde(default)]
    settings: toml::Table,
    #[serde(rename = "case", default)]
    pub cases: Vec<Case>,
}

/// Why a text is no file of cases.
#[derive(Debug)]
pub enum CaseError {
    /// With line and column.
    Malformed(toml::de::Error),
    Empty,
    SameName(String),
    /// What is wrong in the case of this name.
    Case {
        name: String,
        problem: String,
    },
}

/// One incident at one moment, and what shall be decided about it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    settings: Option<toml::Table>,
    opened_at: Option<Moment>,
    now: Option<Moment>,
    pub priority: Option<Priority>,
    #[serde(default)]
    pub group: BTreeMap<String, String>,
    #[serde(default)]
    pub alerts: Vec<Alert>,
    #[serde(default)]
    pub sent: Vec<Sent>,
    pub acknowledged: Option<Acknowledged>,
    pub snoozed_until: Option<Moment>,
    pub escalated_at: Option<Moment>,
    #[serde(default)]
    pub resolved: bool,
    #[serde(default)]
    pub windows: Vec<Window>,
    #[serde(default)]
    pub on_call: Vec<OnCall>,
    pub decision: Decision,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    #[serde(default)]
    pub resolved: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    pub key: String,
    pub to: Target,
    pub at: Moment,
    #[serde(default)]
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pending,
    #[default]
    Delivered,
    Failed,
    Nobody,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    pub by: String,
    pub at: Moment,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub name: String,
    pub inside: bool,
    pub changes_at: Option<Moment>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnCall {
    pub schedule: String,
    pub people: Vec<String>,
}

/// What a policy decides. Two that are written alike are alike: see [`Decision::written`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    pub priority: Priority,
    pub reason: String,
    pub next_check: Option<Moment>,
    #[serde(default)]
    pub notices: Vec<Notice>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    pub key: String,
    pub to: Vec<Target>,
    #[serde(default)]
    pub page: bool,
    pub text: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Priority {
    P1,
    P2,
    P3,
    P4,
}

/// Written `NAME` or `receiver:NAME`, `person:NAME`, `schedule:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Receiver(String),
    Person(String),
    Schedule(String),
}

impl CaseFile {
    pub fn parse(text: &str) -> Result<Self, CaseError> {
        let file: Self = toml::from_str(text).map_err(CaseError::Malformed)?;
        check_names(file.cases.iter().map(|case| case.name.as_str()))?;
        Ok(file)
    }

    /// The settings of a case of this file, as the JSON that a policy is given.
    pub fn settings(&self, case: &Case) -> String {
        json(case.settings.as_ref().unwrap_or(&self.settings)).to_string()
    }
}

/// There is a case, and no two have one name.
fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), CaseError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(CaseError::SameName(name.into()));
        }
    }
    if seen.is_empty() { Err(CaseError::Empty) } else { Ok(()) }
}

/// Settings that are written as TOML, as the JSON that a policy is given.
pub fn settings_json(text: &str) -> Result<String, CaseError> {
    let table: toml::Table = toml::from_str(text).map_err(CaseError::Malformed)?;
    Ok(json(&table).to_string())
}

/// A TOML date is its text; everything else has its like in JSON, but for numbers that are none.
fn json(table: &toml::Table) -> serde_json::Value {
    fn value(from: &toml::Value) -> serde_json::Value {
        match from {
            toml::Value::String(text) => text.as_str().into(),
            toml::Value::Integer(number) => (*number).into(),
            toml::Value::Float(number) => (*number).into(),
            toml::Value::Boolean(yes) => (*yes).into(),
            toml::Value::Datetime(time) => time.to_string().into(),
            toml::Value::Array(values) => values.iter().map(value).collect(),
            toml::Value::Table(table) => json(table),
        }
    }
    table.iter().map(|(name, inner)| (name.clone(), value(inner))).collect()
}

impl Case {
    pub fn opened_at(&self) -> Instant {
        self.opened_at.map_or(OPENED_AT, |moment| moment.from(OPENED_AT))
    }

    pub fn now(&self) -> Instant {
        self.now.map_or(self.opened_at(), |moment| self.instant(moment))
    }

    /// A moment of this case.
    pub fn instant(&self, moment: Moment) -> Instant {
        moment.from(self.opened_at())
    }
}

impl Decision {
    /// As a case says it, so that two can be compared line by line and what differs can be copied.
    pub fn written(&self, opened_at: Instant) -> String {
        let mut lines = vec![format!("priority = \"{:?}\"", self.priority), format!("reason = {:?}", self.reason)];
        if let Some(moment) = self.next_check {
            lines.push(format!("next_check = {:?}", Moment::At(moment.from(opened_at)).written(opened_at)));
        }
        lines.push("notices = [".into());
        lines.extend(self.notices.iter().map(|notice| format!("    {},", notice.written())));
        lines.push("]\n".into());
        lines.join("\n")
    }
}

impl Notice {
    /// As a case says it, on one line.
    pub fn written(&self) -> String {
        let to: Vec<String> = self.to.iter().map(ToString::to_string).collect();
        let page = if self.page { ", page = true" } else { "" };
        let text = self.text.as_ref().map(|text| format!(", text = {text:?}")).unwrap_or_default();
        format!("{{ key = {:?}, to = {to:?}{page}{text} }}", self.key)
    }
}

impl fmt::Display for CaseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(formatter),
            Self::Empty => formatter.write_str("there is no [[case]] in it"),
            Self::SameName(name) => write!(formatter, "two cases have the name {name:?}"),
            Self::Case { name, problem } => write!(formatter, "case {name:?}: {problem}"),
        }
    }
}

impl std::error::Error for CaseError {}

/// A bare name is a receiver's.
impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receiver(name) if name.contains(':') => write!(formatter, "receiver:{name}"),
            Self::Receiver(name) => formatter.write_str(name),
            Self::Person(name) => write!(formatter, "person:{name}"),
            Self::Schedule(name) => write!(formatter, "schedule:{name}"),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text.split_once(':').unwrap_or(("receiver", text));
        if name.is_empty() {
            return Err("a target needs a name".into());
        }
        match kind {
            "receiver" => Ok(Self::Receiver(name.into())),
            "person" => Ok(Self::Person(name.into())),
            "schedule" => Ok(Self::Schedule(name.into())),
            _ => Err(format!("unknown kind of target {kind:?}: expected receiver, person or schedule")),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
