//! The only clock. The loop reads it once a turn; everything else is told.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]

use bellwire_core::{Instant, Span};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Where the loop's time comes from.
#[derive(Clone)]
pub enum Clock {
    /// The machine's wall clock.
    System,
    /// A test's: stands still until it is moved.
    Manual(ManualClock),
}

/// Milliseconds that a test moves on.
#[derive(Clone)]
pub struct ManualClock(Arc<AtomicU64>);

impl Clock {
    pub fn now(&self) -> Instant {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Instant::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Manual(manual) => Instant::from_millis(manual.0.load(Ordering::SeqCst)),
        }
    }

    /// How long a thread may wait for `deadline`. A manual clock wakes the loop itself when it is moved.
    pub(crate) fn until(&self, deadline: Instant) -> Option<Duration> {
        match self {
            Self::System => Some(Duration::from_millis(deadline.since(self.now()).as_millis())),
            Self::Manual(_) if deadline <= self.now() => Some(Duration::ZERO),
            Self::Manual(_) => None,
        }
    }
}

impl ManualClock {
    pub fn at(start: Instant) -> Self {
        Self(Arc::new(AtomicU64::new(start.as_millis())))
    }

    pub fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }

    pub(crate) fn set(&self, now: Instant) {
        self.0.fetch_max(now.as_millis(), Ordering::SeqCst);
    }

    pub(crate) fn add(&self, span: Span) -> Instant {
        self.now().saturating_add(span)
    }
}
