//! What is under way, counted: a stop waits until nothing is, and so does a test that moves its clock.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Notify;

#[derive(Clone, Default)]
pub(crate) struct Busy(Arc<Inner>);

#[derive(Default)]
struct Inner {
    count: AtomicUsize,
    idle: Notify,
}

/// One piece of work. Whatever follows from it takes a token of its own before this one is dropped.
pub(crate) struct Token(Arc<Inner>);

impl Busy {
    pub fn token(&self) -> Token {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        Token(self.0.clone())
    }

    pub fn count(&self) -> usize {
        self.0.count.load(Ordering::SeqCst)
    }

    /// Until nothing is under way.
    pub async fn idle(&self) {
        loop {
            let idle = self.0.idle.notified();
            if self.count() == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}
