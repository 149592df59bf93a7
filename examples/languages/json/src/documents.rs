//! The documents of sdk/json, as far as this policy reads them, and whole where it writes them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Milliseconds since 1970.
pub type Instant = u64;

#[derive(Deserialize)]
pub struct Check {
    pub settings: Value,
}

#[derive(Deserialize)]
pub struct Evaluate {
    pub settings: Value,
    pub facts: Facts,
}

#[derive(Deserialize)]
pub struct Facts {
    pub now: Instant,
    pub incident: Incident,
}

#[derive(Deserialize)]
pub struct Incident {
    pub state: State,
    pub opened_at: Instant,
    pub acknowledged: Option<Acknowledgement>,
    pub priority: Option<Priority>,
    pub alerts: Vec<Alert>,
    pub sent: Vec<Sent>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Acknowledged,
    Snoozed,
    Resolved,
}

#[derive(Deserialize)]
pub struct Acknowledgement {
    pub by: String,
}

#[derive(Deserialize)]
pub struct Alert {
    pub state: AlertState,
    pub labels: Vec<Pair>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    Firing,
    Resolved,
}

#[derive(Deserialize)]
pub struct Pair {
    pub name: String,
    pub value: String,
}

#[derive(Deserialize)]
pub struct Sent {
    pub key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    P1,
    P2,
    P3,
    P4,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Receiver(String),
    Person(String),
    Schedule(String),
}

#[derive(Serialize)]
pub struct Description {
    pub name: &'static str,
    pub version: &'static str,
    pub summary: &'static str,
    pub settings_schema: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    Ok(Wants),
    Problems(Vec<Problem>),
}

#[derive(Serialize)]
pub struct Wants {
    pub targets: Vec<Target>,
}

#[derive(Serialize)]
pub struct Problem {
    pub path: String,
    pub message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evaluated {
    Ok(Decision),
}

#[derive(Serialize)]
pub struct Decision {
    pub priority: Priority,
    pub notices: Vec<Notice>,
    pub next_check: Option<Instant>,
    pub reason: String,
}

#[derive(Serialize)]
pub struct Notice {
    pub key: &'static str,
    pub to: Vec<Target>,
    pub page: bool,
}
