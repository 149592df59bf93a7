//! How long it takes at worst until an incident pages somebody: for each route and priority, over the time to come.
//!
//! Each route's own policy is asked, offline, about an incident that nobody acknowledges and whose every notice is
//! delivered; who is on call and which window is open is as the configuration says. An opening is tried at every change of
//! these, as long before each as a notice may be due, the moment before and after, and every hour.

mod terrain;
#[cfg(test)]
mod tests;
mod walk;
mod warnings;

use crate::setup::{Plugins, plugin};
use bellwire_core::{Facts, Instant, PluginFault, Policy, Priority, Roster, Route, Span, Tables, Target, Team};
use jiff::tz::TimeZone;
use std::{collections::BTreeSet, rc::Rc, sync::Arc};
use terrain::{Terrain, schedules};
use walk::{Answer, Fate, Heard, PATIENCE, Walks, Who};

pub(crate) use warnings::warnings;

/// Of every route and priority, in the configuration's order.
#[derive(Clone, Debug)]
pub struct WorstCases {
    pub cases: Vec<WorstCase>,
    /// How many openings were tried in all.
    pub tried: usize,
    /// How many were not, because a policy wants to be asked too often, or schedules change too often.
    pub left_out: usize,
}

/// The opening that takes longest until somebody hears.
#[derive(Clone, Debug)]
pub struct WorstCase {
    pub team: Arc<str>,
    pub route: Arc<str>,
    /// As the policy answers.
    pub priority: Priority,
    /// Those that it answers so, when it is asked about an incident that has them.
    pub asked: Vec<Priority>,
    pub opens: Opens,
    pub outcome: Outcome,
    /// In which the team's times are shown: that of its schedules, else of its windows, else UTC.
    pub zone: TimeZone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// Whenever it opens, it fares so.
    AtAnyTime,
    /// The first of those that fare so.
    At(Instant),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Paged {
        after: Span,
        by: Hears,
    },
    /// The policy pages nobody at this priority, ever: it only tells.
    Told {
        after: Span,
        by: Hears,
    },
    /// At other times somebody is paged, but not now: somebody is only told.
    OnlyTold {
        after: Span,
        by: Hears,
    },
    /// The policy tells somebody, but nobody is there. So these hear of it: the team's last resort, else the fallback.
    LastResort(Vec<String>),
    /// The policy tells nobody.
    Nobody,
}

/// Who hears it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hears {
    OnCall {
        people: Vec<Arc<str>>,
        schedule: String,
    },
    Person(String),
    Receiver(String),
    /// The policy fails; full names of the route's fallback receivers.
    Fallback {
        receivers: Vec<Arc<str>>,
        fault: PluginFault,
    },
}

impl WorstCase {
    /// Does the policy leave everybody asleep?
    pub fn is_never(&self) -> bool {
        match self.outcome {
            Outcome::Paged { .. } | Outcome::Told { .. } => false,
            Outcome::OnlyTold { .. } | Outcome::LastResort(_) | Outcome::Nobody => true,
        }
    }
}

const PRIORITIES: [Priority; 4] = [Priority::P1, Priority::P2, Priority::P3, Priority::P4];
const HOUR: Span = Span::from_secs(3_600);
const DAY: Span = Span::from_secs(86_400);
/// How often a policy is asked for one route and priority, and how many openings are tried. The more telling come first.
const QUESTIONS_MAX: usize = 20_000;
const OPENINGS_MAX: usize = 20_000;
/// More openings than these are not even listed, as schedules that change by the hour have millions.
const LISTED_MAX: usize = 500_000;

/// Incidents that open from `from` until `until`.
#[derive(Clone, Copy)]
pub(crate) struct Period {
    pub from: Instant,
    pub until: Instant,
}

impl Period {
    pub fn ahead(now: Instant, days: u16) -> Self {
        Self { from: now, until: now.saturating_add(DAY.saturating_mul(u64::from(days))) }
    }
}

/// `team`: only this one.
pub(crate) fn worst_cases(tables: &Arc<Tables>, plugins: &Plugins, team: Option<&str>, period: Period) -> WorstCases {
    let roster = Roster { tables: tables.clone(), overrides: Vec::new() };
    let mut found = WorstCases { cases: Vec::new(), tried: 0, left_out: 0 };
    for team in tables.teams.values().filter(|known| team.is_none_or(|wanted| *known.name == *wanted)) {
        let (mut routes, mut proved) = (Vec::new(), Vec::new());
        depth_first(&team.root, &mut routes);
        for route in routes {
            let Some(policy) = team.policies.get(&route.policy) else { continue };
            let Ok(plugin) = plugin(plugins, &team.name, &policy.name) else { continue };
            let ask = |facts: &Facts| plugin.evaluate(&policy.settings, facts).result;
            let of_route = OfRoute { roster: &roster, team, route, policy, ask: &ask };
            of_route.prove(period, &mut proved, &mut found);
        }
    }
    found
}

fn depth_first<'a>(route: &'a Route, into: &mut Vec<&'a Route>) {
    into.push(route);
    route.routes.iter().for_each(|child| depth_first(child, into));
}

/// A route with its policy.
struct OfRoute<'a> {
    roster: &'a Roster,
    team: &'a Team,
    route: &'a Route,
    policy: &'a Policy,
    ask: &'a dyn Fn(&Facts) -> Answer,
}

/// What is known of a team's routes so far.
struct Proved {
    policy: Arc<str>,
    group_wait: Span,
    asked: Priority,
    fates: Rc<[(Instant, Fate)]>,
}

impl OfRoute<'_> {
    fn prove(&self, period: Period, proved: &mut Vec<Proved>, into: &mut WorstCases) {
        let (policy, group_wait) = (&self.policy.name, self.route.group_wait);
        let end = period.until.saturating_add(PATIENCE);
        let route = (self.team, self.route);
        let terrain = Terrain::new(self.roster, route, self.policy, Period { until: end, ..period });
        let edges = terrain.edges();
        let first = into.cases.len();
        for asked in PRIORITIES {
            let mut walks = Walks::new(&terrain, asked, self.ask);
            let is_same =
                |known: &&Proved| (&known.policy, known.group_wait, known.asked) == (policy, group_wait, asked);
            let fates = match proved.iter().find(is_same).filter(|known| walks.agree_with(&known.fates)) {
                Some(known) => known.fates.clone(),
                None => {
                    let fates = fates(openings(period, &edges, &walks.delays()), &mut walks, into);
                    proved.push(Proved { policy: policy.clone(), group_wait, asked, fates: fates.clone() });
                    fates
                }
            };
            let Some(worst) = worst(&fates) else { continue };
            let case = self.case(&terrain, asked, &worst);
            // A policy that answers one priority whatever it is asked about has one case.
            let fares_alike =
                |known: &&mut WorstCase| (known.priority, &known.outcome) == (case.priority, &case.outcome);
            match into.cases[first..].iter_mut().find(fares_alike) {
                Some(known) => known.asked.push(asked),
                None => into.cases.push(case),
            }
        }
    }

    fn case(&self, terrain: &Terrain<'_>, asked: Priority, worst: &Worst<'_>) -> WorstCase {
        let Worst { opens_at, fate, .. } = worst;
        let heard = |Heard { after, who }: &Heard| {
            let by = match who {
                Who::Target(target) => terrain.hears(target, opens_at.saturating_add(*after)),
                Who::Fallback(fault) => {
                    Hears::Fallback { receivers: self.route.fallback.clone(), fault: fault.clone() }
                }
            };
            (*after, by)
        };
        let outcome = match (&fate.paged, &fate.told) {
            (Some(paged), _) => {
                let (after, by) = heard(paged);
                Outcome::Paged { after, by }
            }
            (None, Some(told)) => {
                let (after, by) = heard(told);
                if worst.pages_at_times { Outcome::OnlyTold { after, by } } else { Outcome::Told { after, by } }
            }
            (None, None) if fate.tried => Outcome::LastResort(self.last_resort()),
            (None, None) => Outcome::Nobody,
        };
        WorstCase {
            team: self.team.name.clone(),
            route: self.route.name.clone(),
            priority: fate.priority.unwrap_or(asked),
            asked: vec![asked],
            opens: if worst.at_any_time { Opens::AtAnyTime } else { Opens::At(*opens_at) },
            outcome,
            zone: zone_of(self.team, self.policy),
        }
    }

    fn last_resort(&self) -> Vec<String> {
        if self.team.last_resort.is_empty() {
            return self.route.fallback.iter().map(|receiver| receiver.to_string()).collect();
        }
        self.team.last_resort.iter().map(Target::to_string).collect()
    }
}

/// The openings to try, the most telling first. What a page depends on changes only at an edge, so the time to it is longest
/// right after an edge, or where a notice is due right after one.
fn openings(Period { from, until }: Period, edges: &BTreeSet<Instant>, delays: &BTreeSet<Span>) -> Vec<Instant> {
    const MOMENT: Span = Span::from_millis(1);
    let around = |at: Instant| [at, at.saturating_sub(MOMENT), at.saturating_add(MOMENT)];
    let before = |delay: &Span| edges.iter().map(|edge| edge.saturating_sub(*delay)).collect::<Vec<_>>();
    let due_at_edges = delays.iter().flat_map(before);
    let hours = (0..).map(|hour| from.saturating_add(HOUR.saturating_mul(hour))).take_while(|hour| *hour < until);
    let telling = [from].into_iter().chain(edges.iter().copied()).chain(due_at_edges).flat_map(around);
    let mut seen = BTreeSet::new();
    let fresh = telling.chain(hours).filter(|at| from <= *at && *at < until && seen.insert(*at));
    fresh.take(LISTED_MAX).collect()
}

/// In the order of time.
fn fates(openings: Vec<Instant>, walks: &mut Walks<'_>, into: &mut WorstCases) -> Rc<[(Instant, Fate)]> {
    let mut fates = Vec::new();
    for opens_at in openings.iter().take(OPENINGS_MAX) {
        if walks.questions() >= QUESTIONS_MAX {
            break;
        }
        fates.push((*opens_at, walks.walk(*opens_at)));
    }
    into.tried += fates.len();
    into.left_out += openings.len() - fates.len();
    fates.sort_by_key(|(opens_at, _)| *opens_at);
    fates.into()
}

struct Worst<'a> {
    opens_at: Instant,
    fate: &'a Fate,
    at_any_time: bool,
    pages_at_times: bool,
}

/// The one that hears last; never is later than all. Of those that fare alike, the first.
fn worst(fates: &[(Instant, Fate)]) -> Option<Worst<'_>> {
    let pages_at_times = fates.iter().any(|(_, fate)| fate.paged.is_some());
    let heard_after = |fate: &Fate| {
        let heard = if pages_at_times { &fate.paged } else { &fate.told };
        heard.as_ref().map(|heard| heard.after)
    };
    let lateness = |fate: &Fate| heard_after(fate).map_or((1, Span::ZERO), |after| (0, after));
    let (opens_at, fate) = fates.iter().rev().max_by_key(|(_, fate)| lateness(fate))?;
    let at_any_time = fates.iter().all(|(_, other)| lateness(other) == lateness(fate));
    Some(Worst { opens_at: *opens_at, fate, at_any_time, pages_at_times })
}

fn zone_of(team: &Team, policy: &Policy) -> TimeZone {
    let of_schedules = schedules(team, policy).map(|schedule| &schedule.zone);
    let of_windows = team.windows.values().map(|window| &window.zone);
    of_schedules.chain(of_windows).next().cloned().unwrap_or(TimeZone::UTC)
}

/// `Fri 2026-11-27 17:00 Europe/Berlin`; with seconds where there are any.
pub fn wall_text(at: Instant, zone: &TimeZone) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    let timestamp = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    let wall = zone.to_datetime(timestamp);
    let format = if wall.second() == 0 { "%a %F %H:%M" } else { "%a %F %H:%M:%S" };
    format!("{} {}", wall.strftime(format), zone.iana_name().unwrap_or("local time"))
}
