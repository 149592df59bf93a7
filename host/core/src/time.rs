//! Time as data: a wall-clock instant and a length of time, both in whole milliseconds.

use core::fmt;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z. Read once a turn by `app`, never here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(u64);

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(u64);

impl Instant {
    /// The latest instant that a calendar here can show (9999-12-31T23:59:59.999Z); larger values are taken down to it.
    pub const MAX: Self = Self(253_402_300_799_999);

    pub const fn from_millis(millis: u64) -> Self {
        if millis > Self::MAX.0 { Self::MAX } else { Self(millis) }
    }

    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is before.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    pub fn saturating_add(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_add(span.0))
    }

    pub fn saturating_sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    pub(crate) fn to_jiff(self) -> jiff::Timestamp {
        // Never fails: the constructor keeps the value within jiff's range.
        i64::try_from(self.0)
            .ok()
            .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
            .unwrap_or(jiff::Timestamp::MAX)
    }

    pub(crate) fn from_jiff(timestamp: jiff::Timestamp) -> Self {
        Self::from_millis(u64::try_from(timestamp.as_millisecond()).unwrap_or(0))
    }
}

impl Span {
    pub const ZERO: Self = Self(0);

    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    pub const fn as_millis(self) -> u64 {
        self.0
    }

    #[must_use]
    pub const fn saturating_mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

/// RFC 3339, in UTC, as in `2026-11-21T03:12:00Z`.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(formatter)
    }
}

/// As people write it: `1h 30m`, `45s`, `250ms`.
impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1_000 {
            return write!(formatter, "{}ms", self.0);
        }
        let seconds = self.0 / 1_000;
        let parts =
            [(seconds / 86_400, 'd'), (seconds / 3_600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
        let mut first = true;
        for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
            if !first {
                formatter.write_str(" ")?;
            }
            write!(formatter, "{count}{unit}")?;
            first = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn reads_as_people_write_it() {
        assert_eq!(Span::from_secs(5_400).to_string(), "1h 30m");
        assert_eq!(Span::from_millis(250).to_string(), "250ms");
        assert_eq!(Instant::from_millis(1_795_230_720_000).to_string(), "2026-11-21T03:12:00Z");
    }

    #[test]
    fn a_clock_far_off_stays_in_range() {
        assert_eq!(Instant::from_millis(u64::MAX), Instant::MAX);
        assert_eq!(Instant::MAX.saturating_add(Span::from_secs(u64::MAX)), Instant::MAX);
    }
}
