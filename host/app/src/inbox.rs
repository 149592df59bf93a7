//! The one queue in front of the loop. What comes from outside is bounded and refused when it is full; what we owe an
//! answer to ourselves (decisions, outcomes of sends) is bounded by what is under way, and is never refused.

use crate::busy::{Busy, Token};
use bellwire_core::{Answer, Engine, Event, Instant};
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;

/// One event for the loop, and who waits for it to be on disk.
pub(crate) struct Job {
    pub order: Order,
    pub reply: Option<Reply>,
    /// Held until what follows from it has a token of its own.
    pub token: Token,
}

/// What the loop is asked to do.
pub(crate) enum Order {
    Event(Event),
    /// Show the engine to somebody who asks. It changes nothing, and nothing waits for a disk.
    Look(Look),
    /// The configuration changed: the plugins are swapped with the tables, in one turn.
    Reload(Box<crate::setup::Prepared>),
    /// Remember up to when something is done of which the engine knows nothing.
    Mark {
        name: Arc<str>,
        at: Instant,
    },
    /// The time of a manual clock has moved.
    Wake,
    /// Finish what is queued and stop.
    Stop,
}

/// Takes what it wants to know and is done at once: the loop waits for it.
pub(crate) type Look = Box<dyn FnOnce(&Engine) + Send>;

/// Told once the turn's transaction is committed; an error: it is not on disk, say it again.
pub(crate) type Reply = oneshot::Sender<Result<Answer, NotStored>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotStored;

pub(crate) struct Inbox {
    queue: Mutex<Queue>,
    ready: Condvar,
    bound: usize,
    busy: Busy,
}

struct Queue {
    jobs: VecDeque<Job>,
    /// How many of `jobs` came from outside.
    outside: usize,
    closed: bool,
}

impl Inbox {
    pub fn new(bound: usize, busy: Busy) -> Self {
        let queue = Queue { jobs: VecDeque::new(), outside: 0, closed: false };
        Self { queue: Mutex::new(queue), ready: Condvar::new(), bound, busy }
    }

    /// From outside: taken if there is room. The error gives the refusal back.
    pub fn offer(&self, order: Order, reply: Option<Reply>) -> Result<(), Full> {
        let mut queue = self.lock();
        if queue.closed || queue.outside >= self.bound {
            return Err(Full);
        }
        queue.outside += 1;
        let token = self.busy.token();
        queue.jobs.push_back(Job { order, reply, token });
        drop(queue);
        self.ready.notify_one();
        Ok(())
    }

    /// From ourselves: always taken.
    pub fn put(&self, order: Order, reply: Option<Reply>) {
        let token = self.busy.token();
        self.lock().jobs.push_back(Job { order, reply, token });
        self.ready.notify_one();
    }

    /// Everything that waits, at most `max` jobs; empty when `wait` is over.
    pub fn take(&self, wait: Option<Duration>, max: usize) -> VecDeque<Job> {
        let mut queue = self.lock();
        if queue.jobs.is_empty() {
            let empty = |queue: &mut Queue| queue.jobs.is_empty();
            queue = match wait {
                Some(wait) => {
                    self.ready.wait_timeout_while(queue, wait, empty).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.ready.wait_while(queue, empty).unwrap_or_else(PoisonError::into_inner),
            };
        }
        let taken = match queue.jobs.len() <= max {
            true => std::mem::take(&mut queue.jobs),
            false => queue.jobs.drain(..max).collect(),
        };
        let outside = taken.iter().filter(|job| job.is_from_outside()).count();
        queue.outside = queue.outside.saturating_sub(outside);
        taken
    }

    /// No more from outside.
    pub fn close(&self) {
        self.lock().closed = true;
    }

    pub fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// A panic elsewhere leaves the queue whole: it is only ever pushed and drained.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Job {
    fn is_from_outside(&self) -> bool {
        matches!(
            self.order,
            Order::Look(_)
                | Order::Event(
                    Event::Received(_)
                        | Event::Acted { .. }
                        | Event::Overridden { .. }
                        | Event::Silenced { .. }
                        | Event::Beat { .. }
                )
        )
    }
}
