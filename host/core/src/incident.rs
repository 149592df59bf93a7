//! An incident: a group of alerts on a route, with a life.

use crate::{Instant, Labels, Priority, Suppressed, Target};
use alloc::{string::String, sync::Arc, vec::Vec};
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
    SnoozeEnded,
    /// A maintenance window ended: evaluated as if it opened then.
    Unmuted,
    /// It is no longer silenced or explained by other alerts.
    Released,
    /// It flapped, and is stable now.
    Stable,
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
    /// When somebody last asked for the next step.
    #[serde(default)]
    pub escalated_at: Option<Instant>,
    /// Who it was reassigned to last, in this opening.
    #[serde(default)]
    pub assigned_to: Option<Target>,
    /// How many reassign notices this opening has.
    #[serde(default)]
    pub reassigned: u32,
    /// The policy came to its end and nobody acknowledged; the last resort was told then.
    #[serde(default)]
    pub unowned_since: Option<Instant>,
    /// The revision, and the time, at which it last changed state or was told to somebody: an escalate that was asked for before is stale.
    #[serde(default)]
    pub moved: u64,
    #[serde(default)]
    pub moved_at: Instant,
    /// When it opened and re-opened lately, oldest first; bounded by the route's `flapping`.
    #[serde(default)]
    pub opens: Vec<Instant>,
    #[serde(default)]
    pub flapping: Option<Flapping>,
    /// It opened in a maintenance window of its route, and nobody was told yet.
    #[serde(default)]
    pub muted: bool,
    /// All that fires in it is silenced, or explained by other alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Suppressed>,
    /// Alerts of other incidents that are not told because what fires here explains them.
    #[serde(default)]
    pub symptoms: u32,
    /// Alerts that joined since somebody has it, and of which nobody was told yet.
    #[serde(default)]
    pub joined: u32,
    /// How many of its alerts fire, and how many lately ceased to, when the row was last written.
    #[serde(default)]
    pub firing: u32,
    #[serde(default)]
    pub resolved: u32,
    /// No longer in memory: resolved, its re-open window over, nothing left to send.
    pub closed: bool,
}

/// It opens and resolves too often: told once, and then held until it is stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flapping {
    pub since: Instant,
    /// As it was then: a more urgent one is told at once.
    pub priority: Option<Priority>,
    /// If it does not open or resolve again before.
    pub stable_at: Instant,
}

impl Incident {
    /// As it opens.
    pub fn opened(id: IncidentId, route: Arc<str>, group: Labels, now: Instant) -> Self {
        Self {
            id,
            route,
            group,
            state: IncidentState::Open,
            revision: 1,
            opened_at: now,
            first_opened_at: now,
            changed_at: now,
            resolved_at: None,
            reopened: 0,
            acknowledged: None,
            snoozed_until: None,
            priority: None,
            reason: String::new(),
            evaluate: None,
            evaluated_at: None,
            faults: 0,
            fallback_told_at: None,
            fallbacks: 0,
            escalated_at: None,
            assigned_to: None,
            reassigned: 0,
            unowned_since: None,
            moved: 1,
            moved_at: now,
            opens: Vec::new(),
            flapping: None,
            muted: false,
            suppressed: None,
            symptoms: 0,
            joined: 0,
            firing: 0,
            resolved: 0,
            closed: false,
        }
    }
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
