//! The configuration as the engine reads it: checked by `config`, immutable, swapped whole at a reload.

use crate::{
    Heartbeat, Inhibition, Labels, Matchers, Person, Receiver, Schedule, Span, StandingSilence, Target, Wants, Window,
};
use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};

/// Everything the engine is configured with.
#[derive(Clone)]
pub struct Tables {
    /// Each by its name.
    pub teams: BTreeMap<Arc<str>, Team>,
    /// Has every alert that no team's matchers take. Always one of `teams`.
    pub default_team: Arc<str>,
    /// Each by its full name, those that a team declares and the shared ones.
    pub receivers: BTreeMap<Arc<str>, Receiver>,
    /// Of every team.
    pub inhibitions: Vec<Inhibition>,
    pub limits: Limits,
    /// Hex SHA-256 of the configuration's text.
    pub revision: Arc<str>,
}

/// A routes file: the unit of isolation and of sharding.
#[derive(Clone)]
pub struct Team {
    pub name: Arc<str>,
    /// Which alerts are the team's; several teams may take one alert.
    pub matchers: Matchers,
    /// Takes what no other route of the team takes.
    pub root: Route,
    /// By the name the team's policies use: its own receivers and the shared ones → full name.
    pub receivers: BTreeMap<Arc<str>, Arc<str>>,
    /// By name.
    pub policies: BTreeMap<Arc<str>, Policy>,
    /// By name.
    pub windows: BTreeMap<Arc<str>, Window>,
    /// By name.
    pub people: BTreeMap<Arc<str>, Arc<Person>>,
    /// By name.
    pub schedules: BTreeMap<Arc<str>, Schedule>,
    /// Silences that come back.
    pub silences: Vec<StandingSilence>,
    /// Of its own alerts; the sources may be anybody's.
    pub inhibitions: Vec<Inhibition>,
    /// Each name once.
    pub heartbeats: Vec<Heartbeat>,
    /// Who is told that nobody acknowledged when a policy has come to its end; none: the route's fallback.
    pub last_resort: Vec<Target>,
    /// From a policy's last page, or from what undid an acknowledgement, until the last resort is told.
    pub last_resort_after: Span,
}

/// A node of a team's routing tree. Depth first; the first child that matches wins unless it says `continue`; a node is
/// used itself only if no child matched.
#[derive(Clone)]
pub struct Route {
    /// Unique in the team and stable over reloads: given, or made of the matchers' text.
    pub name: Arc<str>,
    pub matchers: Matchers,
    pub continues: bool,
    pub group_by: GroupBy,
    /// How long a new incident waits for more of its kind before it is first evaluated.
    pub group_wait: Span,
    /// The least time between two evaluations that changed alerts ask for.
    pub group_interval: Span,
    /// How long after it resolved an incident re-opens instead of a new one being made.
    pub reopen_window: Span,
    /// Name of one of the team's policies.
    pub policy: Arc<str>,
    /// Full names of the receivers that hear of it when the policy fails; never empty.
    pub fallback: Vec<Arc<str>>,
    /// None: opening often is nothing special.
    pub flapping: Option<FlapLimits>,
    /// Names of the team's windows in which what opens is not told to anybody; it is evaluated when they end, as if it
    /// opened then.
    pub mute: Vec<Arc<str>>,
    /// Names of the team's windows; outside of all of them it is as within one of `mute`. None: always.
    pub active: Vec<Arc<str>>,
    pub routes: Vec<Route>,
}

/// When an incident flaps: it opened `opens` times `within`, and is held until it neither opens nor resolves for `stable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlapLimits {
    pub opens: u32,
    pub within: Span,
    pub stable: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// `["..."]`: every alert for itself.
    All,
    /// None: one group for the route.
    Labels(Vec<Arc<str>>),
}

/// A plugin with settings.
#[derive(Clone)]
pub struct Policy {
    pub name: Arc<str>,
    /// The plugin's name in the configuration; `app` knows the file.
    pub plugin: Arc<str>,
    /// A JSON document.
    pub settings: Arc<str>,
    /// What `check` answered for these settings.
    pub wants: Wants,
    /// Time zones of `wants`, looked up.
    pub zones: Vec<(Arc<str>, jiff::tz::TimeZone)>,
}

/// What the engine holds at most; reaching one is a typed refusal with a metric.
#[derive(Clone, Debug)]
pub struct Limits {
    pub alerts_max: usize,
    pub labels_max: usize,
    pub label_bytes_max: usize,
    pub annotation_bytes_max: usize,
    /// Alerts that a policy sees of one incident.
    pub facts_alerts_max: usize,
    /// How long an alert without an end fires after its sender fell silent.
    pub resolve_timeout: Span,
    /// Between two evaluations of an incident whose policy fails.
    pub fault_retry: Span,
    /// Between two notices to the fallback while the policy fails and nobody acknowledged.
    pub fallback_repeat: Span,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            alerts_max: 1_000_000,
            labels_max: 64,
            label_bytes_max: 16 * 1024,
            annotation_bytes_max: 64 * 1024,
            facts_alerts_max: 500,
            resolve_timeout: Span::from_secs(300),
            fault_retry: Span::from_secs(60),
            fallback_repeat: Span::from_secs(900),
        }
    }
}

impl GroupBy {
    /// The labels by which `labels` is grouped.
    pub fn of(&self, labels: &Labels) -> Labels {
        match self {
            Self::All => labels.clone(),
            Self::Labels(names) => Labels::from_pairs(names.iter().map(|name| (&**name, labels.get(name)))),
        }
    }
}

impl Team {
    /// The route of that name; the root if there is none, so that a reload never leaves an incident without one.
    pub fn route(&self, name: &str) -> &Route {
        fn find<'a>(route: &'a Route, name: &str) -> Option<&'a Route> {
            if &*route.name == name { Some(route) } else { route.routes.iter().find_map(|child| find(child, name)) }
        }
        find(&self.root, name).unwrap_or(&self.root)
    }

    /// Every target that `wants` names and the team does not have, as a policy writes it.
    pub fn unknown_targets(&self, wants: &Wants) -> Vec<String> {
        let unknown = wants.targets.iter().filter(|target| !self.knows(target));
        unknown.map(|target| alloc::format!("{target}")).collect()
    }
}

impl Tables {
    /// The team that has an incident: its own, or the default team's if a reload took it away.
    pub fn team(&self, name: &str) -> Option<&Team> {
        self.teams.get(name).or_else(|| self.teams.get(&self.default_team))
    }
}
