//! Threads that evaluate policies, and a queue with an end before them.
//!
//! No incident waits for ever: a job that was taken is answered, also if a policy traps or the host's own code panics.

use crate::{Evaluation, Plugin, bindings::clip};
use bellwire_core::{Facts, PluginFault};
use std::{
    io,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, SyncSender, TrySendError},
    },
    thread::{self, JoinHandle},
};

/// One evaluation to be done.
pub struct Job {
    pub plugin: Arc<Plugin>,
    pub settings: Arc<str>,
    pub facts: Box<Facts>,
    /// Called with what came of it, on a thread of the pool: it must not block.
    pub done: Box<dyn FnOnce(Evaluation) + Send>,
}

/// The queue is full: the job comes back, to be offered again when another is done.
pub struct Full(pub Job);

/// Dropped, it finishes what runs and forgets what waits: an incident without an answer is evaluated at the next start.
pub struct Pool {
    queue: Option<SyncSender<Job>>,
    closing: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// One thread at least.
    pub fn new(threads: usize, queue_max: usize) -> io::Result<Self> {
        let (queue, jobs) = mpsc::sync_channel(queue_max);
        let jobs = Arc::new(Mutex::new(jobs));
        // From here on a failure to start a thread drops the pool, which ends those that have started.
        let mut pool = Self { queue: Some(queue), closing: Arc::default(), threads: Vec::with_capacity(threads) };
        for number in 0..threads.max(1) {
            let (jobs, closing) = (jobs.clone(), pool.closing.clone());
            let name = format!("policy-{number}");
            pool.threads.push(thread::Builder::new().name(name).spawn(move || work(&jobs, &closing))?);
        }
        Ok(pool)
    }

    /// Never blocks.
    pub fn submit(&self, job: Job) -> Result<(), Full> {
        let Some(queue) = &self.queue else { return Err(Full(job)) };
        queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(job) | TrySendError::Disconnected(job) => Full(job),
        })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        self.queue.take();
        for thread in self.threads.drain(..) {
            // It has caught every panic; there is nothing to learn from it.
            let _ = thread.join();
        }
    }
}

fn work(jobs: &Mutex<Receiver<Job>>, closing: &AtomicBool) {
    loop {
        // The lock is held while waiting, so the others wait for the lock instead: first come, first served.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) if !closing.load(Ordering::Relaxed) => answer(job),
            Ok(_) | Err(_) => return,
        }
    }
}

fn answer(job: Job) {
    let Job { plugin, settings, facts, done } = job;
    let evaluated = panic::catch_unwind(AssertUnwindSafe(|| plugin.evaluate(&settings, &facts)));
    let evaluation = evaluated.unwrap_or_else(|panic| {
        let message =
            panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let message = format!("the host panicked while it ran: {}", message.unwrap_or("no message"));
        Evaluation::without_guest(PluginFault::Trap(clip(message)))
    });
    if panic::catch_unwind(AssertUnwindSafe(|| done(evaluation))).is_err() {
        tracing::error!("whoever asked for an evaluation panicked on its answer");
    }
}
