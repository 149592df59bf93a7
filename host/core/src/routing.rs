//! Which teams and routes take an alert.

use crate::{Labels, Route, Tables, Team};
use alloc::vec::Vec;

/// A team and the route in it that takes the alert.
#[derive(Clone, Copy)]
pub struct Destination<'a> {
    pub team: &'a Team,
    pub route: &'a Route,
}

impl Tables {
    /// Every team whose matchers take the alert has it, and in each the routes that match; no team: the default team's.
    /// Without matchers a team takes everything, but the default team only what is left.
    pub fn destinations(&self, labels: &Labels) -> Vec<Destination<'_>> {
        let mut destinations = Vec::with_capacity(1);
        for team in self.teams.values().filter(|team| self.takes(team, labels)) {
            team.root.collect(team, labels, &mut destinations);
        }
        if destinations.is_empty()
            && let Some(team) = self.teams.get(&self.default_team)
        {
            team.root.collect(team, labels, &mut destinations);
        }
        destinations
    }

    fn takes(&self, team: &Team, labels: &Labels) -> bool {
        let waits_for_the_rest = team.name == self.default_team && team.matchers.0.is_empty();
        !waits_for_the_rest && team.matchers.matches(labels)
    }
}

impl Team {
    /// The routes of the team that take an alert, whatever the team's own matchers say.
    pub(crate) fn destinations(&self, labels: &Labels) -> Vec<Destination<'_>> {
        let mut destinations = Vec::with_capacity(1);
        self.root.collect(self, labels, &mut destinations);
        destinations
    }
}

impl Route {
    /// The node's own matchers have matched already (a root has none).
    fn collect<'a>(&'a self, team: &'a Team, labels: &Labels, into: &mut Vec<Destination<'a>>) {
        let before = into.len();
        for child in self.routes.iter().filter(|child| child.matchers.matches(labels)) {
            child.collect(team, labels, into);
            if !child.continues {
                break;
            }
        }
        if into.len() == before {
            into.push(Destination { team, route: self });
        }
    }
}
