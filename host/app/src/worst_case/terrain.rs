//! What an incident meets on its way: which windows are open, and who is behind a target, looked up once for the whole
//! time, change by change. It reads the configuration, and nothing else.

use super::{Hears, Period};
use bellwire_core::{Civil, Facts, Instant, OnCall, Policy, Roster, Route, Schedule, Span, Target, Team, WindowFact};
use std::collections::{BTreeMap, BTreeSet};

/// Of a team, with what one of its policies asks about.
pub(super) struct Terrain<'a> {
    pub team: &'a Team,
    pub route: &'a Route,
    policy: &'a Policy,
    roster: &'a Roster,
    windows: Vec<Timeline<WindowFact>>,
    /// Is anybody there who can be told?
    schedules: BTreeMap<&'a str, Timeline<bool>>,
}

/// What is so from one change to the next.
struct Timeline<T> {
    /// By when it begins; never empty, and there is no hole.
    spans: Vec<(Instant, T)>,
}

/// What is on the incident's way at one instant, with times from there. Two instants that have the same are the same to a
/// policy.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Sky {
    windows: Vec<(bool, Option<Span>)>,
    /// Of a policy that reads the date or who is on call: to it, no two instants are the same.
    at: Option<Instant>,
}

impl Sky {
    /// No window at all.
    pub const CLEAR: Self = Self { windows: Vec::new(), at: None };
}

/// A window that does not change within its own horizon is looked at again after this.
const LOOK_AGAIN: Span = Span::from_secs(86_400);

impl<'a> Terrain<'a> {
    pub fn new(
        roster: &'a Roster,
        (team, route): (&'a Team, &'a Route),
        policy: &'a Policy,
        Period { from, until }: Period,
    ) -> Self {
        let windows = policy.wants.windows.iter().filter_map(|name| team.windows.get(name.as_str()));
        let windows = windows.map(|window| {
            let mut spans = Vec::new();
            let mut at = from;
            while at < until {
                let fact = window.fact(at);
                let next = fact.changes_at.unwrap_or_else(|| at.saturating_add(LOOK_AGAIN));
                spans.push((at, fact));
                at = next;
            }
            Timeline { spans }
        });
        let windows = windows.collect();
        let schedules = schedules(team, policy).map(|schedule| {
            let target = Target::Schedule(schedule.name.to_string());
            let stretches = schedule.stretches(from, until, &roster.overrides_of(&team.name, &schedule.name));
            let reached = |at| roster.recipients(team, &target, at).is_some_and(|recipients| !recipients.is_empty());
            let mut spans: Vec<_> = stretches.iter().map(|stretch| (stretch.from, reached(stretch.from))).collect();
            // Whose turn it is makes no difference to a policy that does not ask.
            if policy.wants.schedules.is_empty() {
                spans.dedup_by_key(|(_, reached)| *reached);
            }
            (&*schedule.name, Timeline { spans })
        });
        let schedules = schedules.collect();
        Self { team, route, policy, roster, windows, schedules }
    }

    /// Every instant at which something changes.
    pub fn edges(&self) -> BTreeSet<Instant> {
        let windows = self.windows.iter().flat_map(Timeline::edges);
        windows.chain(self.schedules.values().flat_map(Timeline::edges)).collect()
    }

    pub fn sky(&self, now: Instant) -> Sky {
        let fact = |window: &Timeline<WindowFact>| {
            let fact = window.at(now)?;
            Some((fact.inside, fact.changes_at.map(|at| at.since(now))))
        };
        let wants = &self.policy.wants;
        let at = (!wants.zones.is_empty() || !wants.schedules.is_empty()).then_some(now);
        Sky { windows: self.windows.iter().filter_map(fact).collect(), at }
    }

    /// Puts into the facts what is there at their `now`.
    pub fn show(&self, facts: &mut Facts) {
        let now = facts.now;
        facts.windows = self.windows.iter().filter_map(|window| window.at(now).cloned()).collect();
        facts.civil = self.policy.zones.iter().map(|(name, zone)| Civil::at(name, zone, now)).collect();
        let schedules = self.policy.wants.schedules.iter().filter_map(|name| self.team.schedules.get(name.as_str()));
        let on_call = |schedule: &Schedule| -> OnCall { self.roster.on_call_fact(self.team, schedule, now) };
        facts.on_call = schedules.map(on_call).collect();
    }

    /// None: the team has no such target.
    pub fn reaches(&self, target: &Target, now: Instant) -> Option<bool> {
        if let Target::Schedule(name) = target
            && let Some(reached) = self.schedules.get(name.as_str()).and_then(|schedule| schedule.at(now))
        {
            return Some(*reached);
        }
        self.roster.recipients(self.team, target, now).map(|recipients| !recipients.is_empty())
    }

    pub fn hears(&self, target: &Target, now: Instant) -> Hears {
        let mut people = Vec::new();
        for recipient in self.roster.recipients(self.team, target, now).unwrap_or_default() {
            if let Some(person) = recipient.person.filter(|person| !people.contains(person)) {
                people.push(person);
            }
        }
        match target {
            Target::Schedule(schedule) => Hears::OnCall { people, schedule: schedule.clone() },
            Target::Person(person) => Hears::Person(person.clone()),
            Target::Receiver(receiver) => Hears::Receiver(receiver.clone()),
        }
    }
}

/// Those that a policy tells or asks about.
pub(super) fn schedules<'a>(team: &'a Team, policy: &'a Policy) -> impl Iterator<Item = &'a Schedule> {
    let targets = policy.wants.targets.iter().filter_map(|target| match target {
        Target::Schedule(name) => Some(name),
        Target::Receiver(_) | Target::Person(_) => None,
    });
    let names: BTreeSet<&String> = targets.chain(&policy.wants.schedules).collect();
    names.into_iter().filter_map(|name| team.schedules.get(name.as_str()))
}

impl<T> Timeline<T> {
    fn at(&self, now: Instant) -> Option<&T> {
        let place = self.spans.partition_point(|(from, _)| *from <= now);
        self.spans.get(place.saturating_sub(1)).map(|(_, what)| what)
    }

    fn edges(&self) -> impl Iterator<Item = Instant> {
        self.spans.iter().map(|(from, _)| *from)
    }
}
