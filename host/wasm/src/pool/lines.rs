//! Who is next: a line for each team, taken in turn. Knows nothing of threads and clocks.

use std::{collections::VecDeque, sync::Arc};

pub struct Lines<J> {
    /// Of the teams that have a job here. The first that may go is the next, and goes to the end.
    lines: VecDeque<Line<J>>,
    /// Of one quick team, and of all slow ones together.
    running_max: usize,
    /// Of one team.
    waiting_max: usize,
}

struct Line<J> {
    team: Arc<str>,
    waiting: VecDeque<J>,
    running: usize,
    /// Its last job's: quick until it is known.
    pace: Pace,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    Quick,
    Slow,
}

impl<J> Lines<J> {
    pub fn new(running_max: usize, waiting_max: usize) -> Self {
        Self { lines: VecDeque::new(), running_max, waiting_max }
    }

    /// The job comes back if the team's line is full.
    pub fn put(&mut self, team: &Arc<str>, job: J) -> Result<(), J> {
        let line = match self.lines.iter_mut().position(|line| line.team == *team) {
            Some(index) => &mut self.lines[index],
            None => {
                let (team, waiting) = (team.clone(), VecDeque::new());
                self.lines.push_back_mut(Line { team, waiting, running: 0, pace: Pace::Quick })
            }
        };
        if line.waiting.len() >= self.waiting_max {
            return Err(job);
        }
        line.waiting.push_back(job);
        Ok(())
    }

    /// Takes the job that is to run now, if there is one; [`Lines::ended`] is due when it has.
    pub fn next(&mut self) -> Option<J> {
        let slow = self.lines.iter().filter(|line| line.pace == Pace::Slow).map(|line| line.running).sum();
        let may_go = |line: &Line<J>| {
            let running = match line.pace {
                Pace::Quick => line.running,
                Pace::Slow => slow,
            };
            running < self.running_max && !line.waiting.is_empty()
        };
        let mut line = self.lines.iter().position(may_go).and_then(|index| self.lines.remove(index))?;
        let job = line.waiting.pop_front();
        line.running += 1;
        self.lines.push_back(line);
        job
    }

    /// A job of the team has ended.
    pub fn ended(&mut self, team: &str, pace: Pace) {
        if let Some(index) = self.lines.iter().position(|line| *line.team == *team) {
            let line = &mut self.lines[index];
            line.running = line.running.saturating_sub(1);
            line.pace = pace;
            if line.running == 0 && line.waiting.is_empty() {
                self.lines.remove(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two of a team may run and five may wait.
    fn lines(jobs: &[(&str, u32)]) -> Lines<(Arc<str>, u32)> {
        let mut lines = Lines::new(2, 5);
        for (team, number) in jobs {
            let team: Arc<str> = (*team).into();
            assert_eq!(lines.put(&team, (team.clone(), *number)), Ok(()));
        }
        lines
    }

    fn taken(lines: &mut Lines<(Arc<str>, u32)>) -> Option<String> {
        lines.next().map(|(team, number)| format!("{team}-{number}"))
    }

    #[test]
    fn teams_take_turns_and_a_teams_jobs_keep_their_order() {
        let mut lines = lines(&[("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1), ("b", 2)]);
        let mut order = Vec::new();
        while let Some(job) = taken(&mut lines) {
            lines.ended(&job[..1], Pace::Quick);
            order.push(job);
        }
        assert_eq!(order, ["a-1", "b-1", "c-1", "a-2", "b-2", "a-3"]);
        assert!(lines.lines.is_empty(), "nothing is kept of a team that has nothing to do");
    }

    #[test]
    fn a_team_that_has_its_share_waits_and_holds_up_nobody() {
        let mut lines = lines(&[("a", 1), ("a", 2), ("a", 3)]);
        assert_eq!(
            [taken(&mut lines), taken(&mut lines), taken(&mut lines)].map(|job| job.is_some()),
            [true, true, false]
        );
        assert_eq!(lines.put(&"b".into(), ("b".into(), 1)), Ok(()));
        assert_eq!(taken(&mut lines).as_deref(), Some("b-1"));
        assert_eq!(taken(&mut lines), None);
        lines.ended("b", Pace::Quick);
        assert_eq!(taken(&mut lines), None, "another's end is no room for it");
        lines.ended("a", Pace::Quick);
        assert_eq!(taken(&mut lines).as_deref(), Some("a-3"));
    }

    #[test]
    fn slow_teams_have_one_share_between_them() {
        let mut lines = lines(&[("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3), ("b", 3)]);
        assert_eq!([taken(&mut lines), taken(&mut lines)], ["a-1", "b-1"].map(|job| Some(job.into())));
        lines.ended("a", Pace::Slow);
        assert_eq!(taken(&mut lines).as_deref(), Some("a-2"));
        lines.ended("b", Pace::Slow);
        assert_eq!(taken(&mut lines).as_deref(), Some("b-2"));
        assert_eq!(taken(&mut lines), None);
        assert_eq!(lines.put(&"c".into(), ("c".into(), 1)), Ok(()));
        assert_eq!(taken(&mut lines).as_deref(), Some("c-1"));
        lines.ended("a", Pace::Quick);
        assert_eq!(taken(&mut lines).as_deref(), Some("a-3"), "one that mends its ways has its own share again");
        assert_eq!(taken(&mut lines).as_deref(), Some("b-3"));
    }

    #[test]
    fn a_full_line_is_full_for_its_team_only() {
        let mut lines = lines(&[("a", 1), ("a", 2), ("a", 3), ("a", 4), ("a", 5)]);
        assert_eq!(lines.put(&"a".into(), ("a".into(), 6)), Err(("a".into(), 6)));
        assert_eq!(lines.put(&"b".into(), ("b".into(), 1)), Ok(()));
        assert_eq!(taken(&mut lines).as_deref(), Some("a-1"));
        assert_eq!(lines.put(&"a".into(), ("a".into(), 6)), Ok(()), "what runs does not wait");
    }
}
