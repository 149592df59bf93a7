//! What one receiver may have under way at once and in a minute. Waiting is first come, first served, and nobody
//! waits for another receiver.

use std::{collections::VecDeque, num::NonZeroU32, time::Duration};
use tokio::{
    sync::{Mutex, Semaphore, SemaphorePermit},
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
    permits: Semaphore,
    rate: Option<Rate>,
}

/// No more than `sends_max` in any minute: when the last of them began, oldest first.
struct Rate {
    sends_max: NonZeroU32,
    recent: Mutex<VecDeque<Instant>>,
}

impl Gate {
    pub fn new(limits: Limits) -> Self {
        let permits = Semaphore::new(limits.concurrency_max.clamp(1, CONCURRENCY_MAX) as usize);
        // A rate of none a minute would silence the receiver: it is taken for one.
        let rate = limits.rate_per_minute.map(|rate| Rate {
            sends_max: NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN),
            recent: Mutex::new(VecDeque::new()),
        });
        Self { limits, permits, rate }
    }

    pub fn has(&self, limits: Limits) -> bool {
        self.limits == limits
    }

    /// Waits for its turn. Dropping the future gives the turn up; dropping the permit ends the send.
    pub async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        // Both queues are fair. The semaphore is never closed, so there always is a permit.
        let permit = self.permits.acquire().await.ok();
        if let Some(rate) = &self.rate {
            rate.wait().await;
        }
        permit
    }
}

impl Rate {
    async fn wait(&self) {
        let mut recent = self.recent.lock().await;
        if recent.len() >= self.sends_max.get() as usize
            && let Some(oldest) = recent.front()
        {
            sleep_until(*oldest + MINUTE).await;
            recent.pop_front();
        }
        recent.push_back(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use tokio::{join, select};

    fn gate(concurrency_max: u32, rate_per_minute: Option<u32>) -> Gate {
        Gate::new(Limits { concurrency_max, rate_per_minute })
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_rate_in_any_minute() {
        let gate = gate(10, Some(3));
        let start = Instant::now();
        let mut entered = Vec::new();
        for _ in 0..7 {
            let _permit = gate.enter().await;
            entered.push(start.elapsed().as_secs());
        }
        assert_eq!(entered, [0, 0, 0, 60, 60, 60, 120]);
    }

    #[tokio::test(start_paused = true)]
    async fn turns_are_first_come_first_served() {
        let gate = gate(1, None);
        let order = Mutex::new(Vec::new());
        let visit = async |name: &'static str| {
            let _permit = gate.enter().await;
            tokio::task::yield_now().await;
            order.lock().await.push(name);
        };
        join!(visit("first"), visit("second"), visit("third"));
        assert_eq!(*order.lock().await, ["first", "second", "third"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_holds_up_nobody() {
        let gate = gate(1, Some(1));
        drop(gate.enter().await);
        let mut waiting = pin!(gate.enter());
        select! {
            biased;
            _ = &mut waiting => unreachable!("it had to wait a minute"),
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        let start = Instant::now();
        let _first = waiting.await;
        assert_eq!(start.elapsed().as_secs(), 59);
    }
}
