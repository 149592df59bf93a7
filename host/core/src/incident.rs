//! An incident: a group of alerts on a route, with a life.

use crate::{Instant, Labels, Priority};
use alloc::{string::String, sync::Arc};
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `TEAM-NUMBER`, numbered from 1 within a team and never used again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId {
    pub team: Arc<str>,
    pub number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    Open,
    Acknowledged,
    Snoozed,
    Resolved,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    pub by: Arc<str>,
    pub at: Instant,
}

/// Why an incident is to be evaluated: feeds logs, metrics, `explain` and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvaluateReason {
    Opened,
    Reopened,
    AlertsChanged,
    NextCheck,
    Acted,
    NoticeFailed,
    PolicyChanged,
    RetryAfterFault,
    /// The incident's state changed while its policy ran, so that decision was dropped.
    DecisionOutdated,
}

/// One row of the store, and what the engine holds of an incident beside its alerts and notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    /// The route's name; if a reload takes the route away, the team's root route has the incident.
    pub route: Arc<str>,
    pub group: Labels,
    pub state: IncidentState,
    /// Counts every change of state or alerts; a decision is made on one revision.
    pub revision: u64,
    /// When this opening began.
    pub opened_at: Instant,
    /// When the first opening began.
    pub first_opened_at: Instant,
    pub changed_at: Instant,
    pub resolved_at: Option<Instant>,
    /// How often it re-opened.
    pub reopened: u32,
    pub acknowledged: Option<Acknowledgement>,
    pub snoozed_until: Option<Instant>,
    /// What the last decision said.
    pub priority: Option<Priority>,
    /// The last decision's sentence.
    pub reason: String,
    /// When it is to be evaluated, and why: a pending evaluation survives a crash here.
    pub evaluate: Option<(Instant, EvaluateReason)>,
    pub evaluated_at: Option<Instant>,
    /// Evaluations that failed in this opening since one succeeded, and when the fallback was told last.
    pub faults: u32,
    pub fallback_told_at: Option<Instant>,
    /// How many fallback notices this opening has.
    pub fallbacks: u32,
    /// How many of its alerts fire, and how many lately ceased to, when the row was last written.
    #[serde(default)]
    pub firing: u32,
    #[serde(default)]
    pub resolved: u32,
    /// No longer in memory: resolved, its re-open window over, nothing left to send.
    pub closed: bool,
}

impl fmt::Display for IncidentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.team, self.number)
    }
}

/// The error is what was not an incident's id.
impl FromStr for IncidentId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (team, number) = text.rsplit_once('-').ok_or(text)?;
        if team.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(text.into());
        }
        Ok(Self { team: team.into(), number: number.parse().map_err(|_| text)? })
    }
}

impl Serialize for IncidentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IncidentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <alloc::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|text| serde::de::Error::custom(alloc::format!("not an incident's id: {text}")))
    }
}
