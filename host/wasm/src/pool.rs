//! Threads that evaluate policies, and before them a line with an end for each team.
//!
//! A team whose policies take their time costs nobody else theirs: teams take turns, and neither one team nor all slow ones
//! together have every thread. No incident waits for ever: a job that was taken is answered, also if a policy traps or the
//! host's own code panics.

mod lines;

use crate::{Evaluation, Plugin, bindings::clip};
use bellwire_core::{Facts, PluginFault};
use lines::{Lines, Pace};
use std::{
    io,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// A team is slow for as long as its last evaluation took this long: more than the slowest language needs, less than a loop.
const SLOW: Duration = Duration::from_millis(25);

/// One evaluation to be done.
pub struct Job {
    /// In whose line it waits.
    pub team: Arc<str>,
    pub plugin: Arc<Plugin>,
    pub settings: Arc<str>,
    pub facts: Box<Facts>,
    /// Called with what came of it, on a thread of the pool: it must not block.
    pub done: Box<dyn FnOnce(Evaluation) + Send>,
}

/// The team's line is full: the job comes back, to be offered again when another of the team is done.
pub struct Full(pub Job);

/// Dropped, it finishes what runs and forgets what waits: an incident without an answer is evaluated at the next start.
pub struct Pool {
    desk: Arc<Desk>,
    threads: Vec<JoinHandle<()>>,
}

/// Where the threads get their jobs.
struct Desk {
    /// None: closed.
    lines: Mutex<Option<Lines<Job>>>,
    changed: Condvar,
}

impl Pool {
    /// One thread and one place to wait at least. With two threads or more, a team never has all of them; nor have slow
    /// ones together, once they are known to be.
    pub fn new(threads: usize, waiting_of_a_team_max: usize) -> io::Result<Self> {
        let lines = Lines::new(threads.saturating_sub(1).max(1), waiting_of_a_team_max.max(1));
        let desk = Arc::new(Desk { lines: Mutex::new(Some(lines)), changed: Condvar::new() });
        // From here on a failure to start a thread drops the pool, which ends those that have started.
        let mut pool = Self { desk, threads: Vec::with_capacity(threads) };
        for number in 0..threads.max(1) {
            let desk = pool.desk.clone();
            let name = format!("policy-{number}");
            pool.threads.push(thread::Builder::new().name(name).spawn(move || desk.work())?);
        }
        Ok(pool)
    }

    /// Never blocks.
    pub fn submit(&self, job: Job) -> Result<(), Full> {
        let team = job.team.clone();
        match self.desk.lines().as_mut() {
            Some(lines) => lines.put(&team, job).map_err(Full)?,
            None => return Err(Full(job)),
        }
        self.desk.changed.notify_one();
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let forgotten = self.desk.lines().take();
        self.desk.changed.notify_all();
        for thread in self.threads.drain(..) {
            // It has caught every panic; there is nothing to learn from it.
            let _ = thread.join();
        }
        drop(forgotten);
    }
}

impl Desk {
    fn work(&self) {
        while let Some(job) = self.next() {
            let team = job.team.clone();
            let pace = if answer(job) < SLOW { Pace::Quick } else { Pace::Slow };
            if let Some(lines) = self.lines().as_mut() {
                lines.ended(&team, pace);
            }
            // This thread takes a job itself; a team that is slow no more may have another one.
            self.changed.notify_one();
        }
    }

    /// Waits for a job. None: closed.
    fn next(&self) -> Option<Job> {
        let mut lines = self.lines();
        loop {
            if let Some(job) = lines.as_mut()?.next() {
                return Some(job);
            }
            lines = self.changed.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lines(&self) -> MutexGuard<'_, Option<Lines<Job>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the evaluation took.
fn answer(job: Job) -> Duration {
    let Job { team: _, plugin, settings, facts, done } = job;
    let evaluated = panic::catch_unwind(AssertUnwindSafe(|| plugin.evaluate(&settings, &facts)));
    let evaluation = evaluated.unwrap_or_else(|panic| {
        let message =
            panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let message = format!("the host panicked while it ran: {}", message.unwrap_or("no message"));
        Evaluation::without_guest(PluginFault::Trap(clip(message)))
    });
    let elapsed = evaluation.elapsed;
    if panic::catch_unwind(AssertUnwindSafe(|| done(evaluation))).is_err() {
        tracing::error!("whoever asked for an evaluation panicked on its answer");
    }
    elapsed
}
