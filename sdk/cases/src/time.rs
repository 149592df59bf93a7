//! Times as people write them, without a library: the guest's workspace has none.

use crate::Instant;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::str::FromStr;

const DAY: u64 = 86_400_000;
/// Longer is a typing error, and the limit keeps sums of instants and spans from overflowing.
const SPAN_MAX: u64 = 10 * 366 * DAY;
const UNITS: [(&str, u64); 6] = [("w", 7 * DAY), ("d", DAY), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// `+15m`, which is that long after the incident opened; or `2026-11-21T03:12:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Milliseconds.
    After(u64),
    At(Instant),
}

impl Moment {
    pub fn from(self, opened_at: Instant) -> Instant {
        match self {
            Self::After(milliseconds) => opened_at.saturating_add(milliseconds),
            Self::At(instant) => instant,
        }
    }

    /// As a case says it: `+1h30m`; if it is before `opened_at`, in milliseconds as it came.
    pub fn written(self, opened_at: Instant) -> String {
        match self.from(opened_at).checked_sub(opened_at) {
            Some(after) => format!("+{}", elapsed_text(after)),
            None => written_instant(self.from(opened_at)),
        }
    }
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix('+') {
            Some(elapsed) => span(elapsed).map(Self::After),
            None => instant(text).map(Self::At).ok_or("expected \"+15m\" or a time such as \"2026-11-21T03:12:00Z\""),
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// `90s`, `5m`, `1h30m`, `2d`, in milliseconds.
pub fn span(text: &str) -> Result<u64, &'static str> {
    const SYNTAX: &str = "expected a length of time such as \"90s\", \"5m\", \"1h30m\" or \"2d\"";
    if text == "0" {
        return Ok(0);
    }
    let mut milliseconds = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let letters = rest[digits..].bytes().take_while(u8::is_ascii_lowercase).count();
        let number: u64 = rest[..digits].parse().map_err(|_| SYNTAX)?;
        let unit = UNITS.iter().find(|(name, _)| *name == &rest[digits..digits + letters]).ok_or(SYNTAX)?.1;
        milliseconds = milliseconds.saturating_add(number.saturating_mul(unit));
        rest = &rest[digits + letters..];
    }
    match milliseconds {
        _ if text.is_empty() => Err(SYNTAX),
        too_long if too_long > SPAN_MAX => Err("is longer than ten years"),
        milliseconds => Ok(milliseconds),
    }
}

/// `1h30m`, to the millisecond.
pub fn elapsed_text(milliseconds: u64) -> String {
    let mut text = String::new();
    let mut rest = milliseconds;
    // Nobody writes weeks of an incident.
    for (name, unit) in &UNITS[1..] {
        if rest >= *unit {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    if text.is_empty() { "0m".into() } else { text }
}

/// `2026-11-21T03:12:00Z`, with or without a fraction of a second.
fn instant(text: &str) -> Option<Instant> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':')?;
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit()) && (1..=3).contains(&fraction.len());
    let milliseconds: i64 = format!("{fraction:0<3}").parse().ok()?;
    let valid = (1970..=9999).contains(&year) && hour < 24 && minute < 60 && second < 60 && digits;
    let days = days(year, month, day);
    // A day that the month does not have comes out as another.
    if !valid || civil(days) != (year, month, day) {
        return None;
    }
    u64::try_from((days * 86_400 + (hour * 60 + minute) * 60 + second) * 1000 + milliseconds).ok()
}

fn written_instant(instant: Instant) -> String {
    let (days, rest) = (i64::try_from(instant / DAY).unwrap_or(i64::MAX), instant % DAY);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    let fraction = if rest % 1000 == 0 { String::new() } else { format!(".{:03}", rest % 1000) };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i64>().ok())?;
    let mut parts = text.split(separator).map(number);
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// Days since 1970-01-01, counted in years that begin in March, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2).div_euclid(5) + day - 1 - 719_468
}

/// The reverse of [`days`]: year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = year_of_era + era * 400;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        assert_eq!(instant("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(instant("2000-02-29T12:00:00Z"), Some(951_825_600_000));
        assert_eq!(instant("2026-11-21T03:12:00Z"), Some(crate::OPENED_AT));
        assert_eq!("+1h30m".parse(), Ok(Moment::After(5_400_000)));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-21",
            "2026-11-21T24:00:00Z",
            "+",
            "+1",
            "+5x",
            "5m",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["1970-01-01T00:00:00Z", "2000-02-29T12:00:00Z", "2025-12-31T23:59:59.007Z"] {
            assert_eq!(instant(text).map(written_instant).as_deref(), Some(text));
        }
        for text in ["0m", "10m1s", "1h10m1s", "2d3h", "250ms"] {
            assert_eq!(span(text).map(elapsed_text).as_deref(), Ok(text));
        }
        assert_eq!(Moment::At(0).written(1), "1970-01-01T00:00:00Z");
    }
}
