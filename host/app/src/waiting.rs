//! Evaluations that the pool had no room for, in the order in which they were asked for; each team by itself, so that a team
//! whose policies take their time keeps none of another's waiting.

use bellwire_core::IncidentId;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

pub(crate) struct Waiting<J> {
    teams: BTreeMap<Arc<str>, Line<J>>,
}

struct Line<J> {
    order: VecDeque<IncidentId>,
    /// One an incident, for that is how many the engine waits for: this is bounded by how many incidents there are.
    jobs: HashMap<IncidentId, J>,
}

impl<J> Default for Waiting<J> {
    fn default() -> Self {
        Self { teams: BTreeMap::new() }
    }
}

impl<J> Waiting<J> {
    /// In the place of one that still waits for the same incident, which the engine has given up.
    pub fn put(&mut self, incident: IncidentId, job: J) {
        let line = self
            .teams
            .entry(incident.team.clone())
            .or_insert_with(|| Line { order: VecDeque::new(), jobs: HashMap::new() });
        if line.jobs.insert(incident.clone(), job).is_none() {
            line.order.push_back(incident);
        }
    }

    /// Of each team as many as are taken: an error is a job that is not, and waits on.
    pub fn offer(&mut self, mut take: impl FnMut(J) -> Result<(), J>) {
        self.teams.retain(|_, line| {
            while let Some(incident) = line.order.pop_front() {
                let Some(job) = line.jobs.remove(&incident) else { continue };
                if let Err(job) = take(job) {
                    line.jobs.insert(incident.clone(), job);
                    line.order.push_front(incident);
                    return true;
                }
            }
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(jobs: &[(&str, &'static str)]) -> Waiting<&'static str> {
        let mut waiting = Waiting::default();
        for (incident, job) in jobs {
            waiting.put(incident.parse().unwrap(), *job);
        }
        waiting
    }

    fn taken(waiting: &mut Waiting<&'static str>, full: impl Fn(&str) -> bool) -> Vec<&'static str> {
        let mut taken = Vec::new();
        waiting.offer(|job| {
            if full(job) {
                return Err(job);
            }
            taken.push(job);
            Ok(())
        });
        taken
    }

    #[test]
    fn a_team_that_there_is_no_room_for_keeps_its_order_and_holds_up_nobody() {
        let mut waiting =
            waiting(&[("bad-1", "bad 1"), ("good-1", "good 1"), ("bad-2", "bad 2"), ("good-2", "good 2")]);
        assert_eq!(taken(&mut waiting, |job| job.starts_with("bad")), ["good 1", "good 2"]);
        assert_eq!(taken(&mut waiting, |job| job == "bad 2"), ["bad 1"]);
        waiting.put("bad-1".parse().unwrap(), "bad 1 again");
        assert_eq!(taken(&mut waiting, |_| false), ["bad 2", "bad 1 again"]);
        assert!(waiting.teams.is_empty());
    }

    #[test]
    fn an_incident_that_is_asked_for_again_waits_once_in_its_place() {
        let mut waiting = waiting(&[("bad-1", "lost"), ("bad-2", "next"), ("bad-1", "asked again")]);
        assert_eq!(taken(&mut waiting, |_| false), ["asked again", "next"]);
    }
}
