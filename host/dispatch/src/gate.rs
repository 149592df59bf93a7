//! What one receiver may have under way at once and in a minute, and who is served first when that is not enough: the
//! most urgent, then teams in turn, then whoever came first. Nobody waits for another receiver.

mod line;

pub(crate) use line::Turn;
use line::{Line, Ticket};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    select,
    time::{Instant, sleep_until},
};

const MINUTE: Duration = Duration::from_secs(60);

/// Beyond it a limit is none in practice.
const CONCURRENCY_MAX: u32 = 1_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub concurrency_max: u32,
    pub rate_per_minute: Option<u32>,
}

pub(crate) struct Gate {
    limits: Limits,
    state: Mutex<State>,
}

struct State {
    under_way: u32,
    /// When the sends of the last minute began, oldest first; empty if no rate is to be kept.
    recent: VecDeque<Instant>,
    line: Line,
}

/// One send that is under way; dropping it ends the send.
pub(crate) struct Permit<'a> {
    gate: &'a Gate,
}

/// A place in the line; dropping it gives the turn up.
struct Place<'a> {
    gate: &'a Gate,
    ticket: Ticket,
}

/// What whoever looks at the gate is to do.
enum Passage {
    Open,
    /// It is this one's turn, but not before then.
    OpensAt(Instant),
    /// Somebody else leaves, or is served, first.
    Blocked,
}

impl Gate {
    pub fn new(limits: Limits) -> Self {
        let state = State { under_way: 0, recent: VecDeque::new(), line: Line::default() };
        Self { limits, state: Mutex::new(state) }
    }

    pub fn has(&self, limits: Limits) -> bool {
        self.limits == limits
    }

    /// Waits for its turn. Dropping the future gives the turn up.
    pub async fn enter(&self, turn: Turn) -> Permit<'_> {
        let place = Place { gate: self, ticket: self.state().line.join(turn) };
        loop {
            // Only the first in line watches the clock; everybody else waits to be called.
            match self.pass(&place.ticket) {
                Passage::Open => return Permit { gate: self },
                Passage::OpensAt(at) => select! {
                    () = sleep_until(at) => {}
                    () = place.ticket.called() => {}
                },
                Passage::Blocked => place.ticket.called().await,
            }
        }
    }

    fn pass(&self, ticket: &Ticket) -> Passage {
        let mut state = self.state();
        if !state.line.is_first(ticket) || state.under_way >= self.limits.concurrency_max.clamp(1, CONCURRENCY_MAX) {
            return Passage::Blocked;
        }
        if let Some(rate) = self.limits.rate_per_minute {
            let now = Instant::now();
            while state.recent.front().is_some_and(|began| *began + MINUTE <= now) {
                state.recent.pop_front();
            }
            // A rate of none a minute would silence the receiver: it is taken for one.
            if let Some(oldest) = state.recent.front().filter(|_| state.recent.len() >= rate.max(1) as usize) {
                return Passage::OpensAt(*oldest + MINUTE);
            }
            state.recent.push_back(now);
        }
        state.under_way += 1;
        // Whoever is next now is called as this one's place is dropped.
        state.line.serve(ticket);
        Passage::Open
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.under_way -= 1;
        state.line.call_first();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.line.leave(&self.ticket);
        state.line.call_first();
    }
}

#[cfg(test)]
mod tests;
