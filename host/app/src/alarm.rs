//! How a task that has something to do from time to time waits for it: by the app's clock, so that a test can move it on.

use crate::{
    busy::{Busy, Token},
    clock::Clock,
};
use bellwire_core::Instant;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::mpsc, time};

/// A wall clock may be put forward while somebody waits for it.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// For those who move the clock, or change what the task works by.
#[derive(Clone)]
pub(crate) struct Alarm {
    /// Milliseconds; `u64::MAX`: the task waits for nothing.
    due: Arc<AtomicU64>,
    wake: mpsc::Sender<Token>,
    busy: Busy,
}

/// The task's end.
pub(crate) struct Waiter {
    due: Arc<AtomicU64>,
    woken: mpsc::Receiver<Token>,
    busy: Busy,
    clock: Clock,
    /// Held while the task works.
    working: Option<Token>,
}

/// The task begins at once: it is busy until it waits for the first time.
pub(crate) fn alarm(clock: &Clock, busy: &Busy) -> (Alarm, Waiter) {
    let due = Arc::new(AtomicU64::new(u64::MAX));
    // One is enough: whoever is woken looks at everything.
    let (wake, woken) = mpsc::channel(1);
    let alarm = Alarm { due: due.clone(), wake, busy: busy.clone() };
    let (busy, clock, working) = (busy.clone(), clock.clone(), Some(busy.token()));
    (alarm, Waiter { due, woken, busy, clock, working })
}

impl Alarm {
    pub fn due(&self) -> Instant {
        Instant::from_millis(self.due.load(Ordering::SeqCst))
    }

    /// The task is busy from here on, until it has looked.
    pub fn wake(&self) {
        // Full: it is about to look anyway.
        drop(self.wake.try_send(self.busy.token()));
    }
}

impl Waiter {
    /// Until then, or until it is woken; for ever if it is gone who could wake it.
    pub async fn wait(&mut self, due: Option<Instant>) {
        self.due.store(due.map_or(u64::MAX, Instant::as_millis), Ordering::SeqCst);
        // Only now: whoever waits until nothing is under way reads `due` then.
        self.working = None;
        loop {
            let sleep = due.and_then(|due| self.clock.until(due)).unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN);
            match time::timeout(sleep, self.woken.recv()).await {
                Ok(Some(token)) => {
                    self.working = Some(token);
                    return;
                }
                Ok(None) => std::future::pending().await,
                Err(_elapsed) if due.is_some_and(|due| due <= self.clock.now()) => {
                    self.working = Some(self.busy.token());
                    return;
                }
                Err(_elapsed) => {}
            }
        }
    }
}
