//! What the on-call API shows: instants as RFC 3339 with the offset of the schedule's zone, so that each can be read as
//! its wall clock.

use crate::when;
use bellwire_core::{Duty, Instant, Override, OverrideChange, Schedule, Stretch, Team, Why};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Who is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OnCallList {
    /// By team and name.
    pub schedules: Vec<StandingView>,
}

/// Who is on call by one schedule at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StandingView {
    pub team: String,
    pub schedule: String,
    /// IANA name.
    #[schema(example = "Europe/Berlin")]
    pub zone: String,
    pub at: String,
    /// Empty: nobody is on call.
    pub people: Vec<DutyView>,
    /// When who is on call changes next; none: not within 400 days.
    pub until: Option<String>,
}

/// One person on call, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DutyView {
    pub person: String,
    /// As messages call the person.
    #[schema(example = "Ann Smith")]
    pub display: String,
    pub why: Because,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Because {
    Layer { layer: String },
    Override { id: String, by: String, reason: String },
}

/// Who is on call in a span of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StretchList {
    pub team: String,
    pub schedule: String,
    pub zone: String,
    pub from: String,
    pub until: String,
    /// Each begins where the one before ends, and they cover all of the span.
    pub stretches: Vec<StretchView>,
    /// Those that hold in the span, also those that only take somebody away.
    pub overrides: Vec<OverrideView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StretchView {
    pub from: String,
    pub until: String,
    /// Empty: a gap.
    pub people: Vec<DutyView>,
}

/// When nobody is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GapList {
    pub from: String,
    pub until: String,
    /// How many schedules were looked at.
    pub schedules: usize,
    /// By team, schedule and time.
    pub gaps: Vec<GapView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GapView {
    pub team: String,
    pub schedule: String,
    pub zone: String,
    pub from: String,
    pub until: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverrideList {
    /// By when they begin.
    pub overrides: Vec<OverrideView>,
}

/// For a while, somebody else: one of `add`, `remove` and `with` names people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverrideView {
    /// Unique in the team.
    pub id: String,
    pub team: String,
    pub schedule: String,
    pub zone: String,
    pub from: String,
    pub until: String,
    /// On call beside those who are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// Not on call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Whom those of `with` stand in for; none: for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<String>,
    pub reason: String,
    pub by: String,
    pub made_at: String,
    pub origin: Origin,
}

/// Where an override was made, and so where it can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    RoutesFile,
    RunTime,
}

pub(super) fn duties(team: &Team, people: &[Duty]) -> Vec<DutyView> {
    let view = |duty: &Duty| DutyView {
        person: duty.person.to_string(),
        display: display(team, &duty.person).to_string(),
        why: match &duty.why {
            Why::Layer { layer } => Because::Layer { layer: layer.to_string() },
            Why::Override { id, by, reason } => {
                Because::Override { id: id.to_string(), by: by.to_string(), reason: reason.clone() }
            }
        },
    };
    people.iter().map(view).collect()
}

/// As messages call the person; a person who has left the team since by the name.
pub(super) fn display<'a>(team: &'a Team, person: &'a Arc<str>) -> &'a Arc<str> {
    team.people.get(person).map_or(person, |person| &person.display)
}

pub(super) fn stretch(team: &Team, schedule: &Schedule, stretch: &Stretch) -> StretchView {
    StretchView {
        from: when::shown(stretch.from, &schedule.zone),
        until: when::shown(stretch.until, &schedule.zone),
        people: duties(team, &stretch.people),
    }
}

impl OverrideView {
    pub(super) fn new(made: &Override, schedule: &Schedule, origin: Origin) -> Self {
        let shown = |instant: Instant| when::shown(instant, &schedule.zone);
        let names = |people: &[Arc<str>]| people.iter().map(ToString::to_string).collect();
        let mut view = Self {
            id: made.id.to_string(),
            team: made.team.to_string(),
            schedule: made.schedule.to_string(),
            zone: schedule.zone_name.to_string(),
            from: shown(made.from),
            until: shown(made.until),
            add: Vec::new(),
            remove: Vec::new(),
            replace: None,
            with: Vec::new(),
            reason: made.reason.clone(),
            by: made.by.to_string(),
            made_at: shown(made.made_at),
            origin,
        };
        match &made.change {
            OverrideChange::Add { people } => view.add = names(people),
            OverrideChange::Remove { people } => view.remove = names(people),
            OverrideChange::Replace { person, people } => {
                view.replace = person.as_ref().map(ToString::to_string);
                view.with = names(people);
            }
        }
        view
    }
}
