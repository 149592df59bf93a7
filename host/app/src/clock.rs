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
    /// How long to wait for `deadline`; none: until the clock is moved.
    pub fn until(&self, deadline: Instant) -> Option<Duration> {
        match self {
            Self::Manual(_) if deadline > self.now() => None,
            Self::System | Self::Manual(_) => Some(Duration::from_millis(deadline.since(self.now()).as_millis())),
        }
    }

    pub fn now(&self) -> Instant {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Instant::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Manual(manual) => Instant::from_millis(manual.0.load(Ordering::SeqCst)),
        }
    }
}

/// The engine's time: the wall clock's, but it never runs back. When the wall clock was ahead once and has been put right, it
/// goes on from there at its own pace, since standing still until the wall has caught up would stop every timer.
pub(crate) struct Steady {
    clock: Clock,
    last: Instant,
    /// Where the wall was left behind, and since when.
    ahead: Option<(Instant, std::time::Instant)>,
}

impl Steady {
    pub fn new(clock: Clock, at_least: Instant) -> Self {
        Self { clock, last: at_least, ahead: None }
    }

    /// The time, and how far it is ahead of the wall clock.
    pub fn now(&mut self) -> (Instant, Span) {
        let wall = self.clock.now();
        let now = match &self.clock {
            Clock::System => self.read(wall, std::time::Instant::now()),
            Clock::Manual(_) => wall.max(self.last),
        };
        self.last = now;
        (now, now.since(wall))
    }

    /// How long a thread may wait for `deadline`; none: until it is woken.
    pub fn until(&self, deadline: Instant) -> Option<Duration> {
        let now = match (&self.clock, self.ahead) {
            (Clock::System, Some((from, since))) => after(from, since.elapsed()),
            (Clock::System, None) => self.clock.now(),
            (Clock::Manual(_), _) if deadline > self.clock.now() => return None,
            (Clock::Manual(_), _) => deadline,
        };
        Some(Duration::from_millis(deadline.since(now).as_millis()))
    }

    fn read(&mut self, wall: Instant, steady: std::time::Instant) -> Instant {
        if wall >= self.last {
            self.ahead = None;
            return wall;
        }
        let (from, since) = *self.ahead.get_or_insert((self.last, steady));
        after(from, steady.saturating_duration_since(since)).max(self.last)
    }
}

fn after(from: Instant, elapsed: Duration) -> Instant {
    from.saturating_add(Span::from_millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_when_the_wall_clock_is_put_back() {
        let at = |seconds: u64| Instant::from_millis(seconds * 1_000);
        let begun = std::time::Instant::now();
        let later = |seconds| begun + Duration::from_secs(seconds);
        let mut steady = Steady::new(Clock::System, at(1_000));
        steady.last = steady.read(at(5_000), begun);
        steady.last = steady.read(at(1_010), later(10));
        assert_eq!(steady.last, at(5_000), "never back");
        steady.last = steady.read(at(1_040), later(40));
        assert_eq!(steady.last, at(5_030), "and on at its own pace");
        steady.last = steady.read(at(6_000), later(50));
        assert_eq!(steady.last, at(6_000), "the wall clock leads again");
        assert!(steady.ahead.is_none());
    }
}
