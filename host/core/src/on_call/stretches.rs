//! A schedule expanded over a span of time: calendars, gaps, proofs.

use super::{Override, Schedule, Stretch};
use crate::Instant;
use alloc::vec::Vec;

impl Schedule {
    /// Who is on call from `from` to `until`, change by change: all of it, without a hole, nobody on call included.
    /// Neighbours differ in their people or in why these are on call. The caller bounds the span.
    pub fn stretches(&self, from: Instant, until: Instant, run_time: &[&Override]) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        let mut begin = from;
        let mut current = self.moment(from, run_time);
        while begin < until {
            let mut end = current.until;
            let next = loop {
                if end >= until {
                    break None;
                }
                let next = self.moment(end, run_time);
                if next.holders != current.holders {
                    break Some(next);
                }
                end = next.until;
            };
            end = end.min(until);
            stretches.push(Stretch { from: begin, until: end, people: current.duties() });
            begin = end;
            let Some(next) = next else { break };
            current = next;
        }
        stretches
    }

    /// When nobody is on call from `from` to `until`.
    pub fn gaps(&self, from: Instant, until: Instant, run_time: &[&Override]) -> Vec<(Instant, Instant)> {
        let stretches = self.stretches(from, until, run_time);
        let empty = stretches.into_iter().filter(|stretch| stretch.people.is_empty());
        empty.map(|stretch| (stretch.from, stretch.until)).collect()
    }
}
