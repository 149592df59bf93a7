//! A share of what all have together, so that one of them which always takes it leaves the others theirs.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// One's share: less than all have.
#[derive(Clone)]
pub(crate) struct Share {
    own: Arc<Semaphore>,
    all: &'static Semaphore,
}

/// Dropped, it is another's turn.
pub(crate) struct Turn {
    _own: Option<OwnedSemaphorePermit>,
    _all: Option<SemaphorePermit<'static>>,
}

impl Share {
    pub fn new(own: usize, all: &'static Semaphore) -> Self {
        Self { own: Arc::new(Semaphore::new(own)), all }
    }

    /// Waits for its own first: so no more than its share waits among all.
    pub async fn turn(&self) -> Turn {
        // Never closed.
        let own = self.own.clone().acquire_owned().await.ok();
        Turn { _own: own, _all: self.all.acquire().await.ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        pin::{Pin, pin},
        task::{Context, Poll, Waker},
    };

    /// None: it has to wait.
    fn now<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn one_that_takes_its_share_leaves_a_turn_for_another() {
        static ALL: Semaphore = Semaphore::const_new(3);
        let (greedy, modest) = (Share::new(2, &ALL), Share::new(2, &ALL));
        let [first, second] = [(); 2].map(|()| now(pin!(greedy.turn())));
        assert!(first.is_some() && second.is_some());
        let mut third = pin!(greedy.turn());
        assert!(now(third.as_mut()).is_none());
        let only = now(pin!(modest.turn()));
        assert!(only.is_some());
        let mut next = pin!(modest.turn());
        assert!(now(next.as_mut()).is_none(), "all are taken");
        drop(first);
        // Both could have it: whoever asked among all first.
        assert!(now(third.as_mut()).is_none());
        assert!(now(next.as_mut()).is_some());
        drop(only);
        assert!(now(third.as_mut()).is_some());
    }
}
