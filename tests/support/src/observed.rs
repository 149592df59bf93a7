//! What a server has seen so far, and the way to wait until it has seen something. Nothing here polls or sleeps.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A wait that ended without what it waited for; says what was there instead.
#[derive(Debug, thiserror::Error)]
#[error("no {what} within {timeout:?}; seen so far: {seen}")]
pub struct TimedOut {
    pub what: String,
    pub timeout: Duration,
    pub seen: String,
}

/// State that one side changes and the other waits on.
pub struct Observed<T>(Arc<watch::Sender<T>>);

impl<T> Clone for Observed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Default> Default for Observed<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Observed<T> {
    pub fn new(state: T) -> Self {
        Self(Arc::new(watch::Sender::new(state)))
    }

    /// Looks at the state. `look` must not call this or another method of the same server.
    pub fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.borrow())
    }

    /// Changes the state and wakes everyone who waits.
    pub fn change<R>(&self, act: impl FnOnce(&mut T) -> R) -> R {
        let mut answer = None;
        self.0.send_modify(|state| answer = Some(act(state)));
        answer.unwrap_or_else(|| unreachable!("send_modify always calls its argument"))
    }

    /// Waits until `look` finds something, and returns it. `what` names it for the error.
    pub async fn wait_for<R>(
        &self,
        what: &str,
        timeout: Duration,
        mut look: impl FnMut(&T) -> Option<R>,
    ) -> Result<R, TimedOut>
    where
        T: Debug,
    {
        let mut changes = self.0.subscribe();
        let search = async {
            loop {
                if let Some(found) = look(&changes.borrow_and_update()) {
                    return found;
                }
                if changes.changed().await.is_err() {
                    // The sender is held by `self`, so it cannot be gone; if it were, the time-out tells.
                    std::future::pending::<()>().await;
                }
            }
        };
        match tokio::time::timeout(timeout, search).await {
            Ok(found) => Ok(found),
            Err(_) => Err(TimedOut { what: what.to_owned(), timeout, seen: self.read(|state| format!("{state:#?}")) }),
        }
    }
}
