//! Instants as people write them.

use crate::{Instant, Span};

const DAY: i64 = 86_400_000;

/// `2026-11-21T03:12:00Z`. Panics at anything else.
pub fn instant(text: &str) -> Instant {
    parse(text).unwrap_or_else(|| panic!("{text:?} is not a time such as \"2026-11-21T03:12:00Z\""))
}

/// An [`instant`], or `+15m`: that long after `origin`.
pub fn moment(text: &str, origin: Instant) -> Instant {
    match text.strip_prefix('+') {
        None => instant(text),
        Some(span) => match span.parse::<Span>() {
            Ok(span) => origin + span.as_milliseconds(),
            Err(error) => panic!("{text:?}: {error}"),
        },
    }
}

fn parse(text: &str) -> Option<Instant> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
    let milliseconds = days(year, month, day) * DAY + ((hour * 60 + minute) * 60 + second) * 1000;
    if valid { u64::try_from(milliseconds).ok() } else { None }
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(|part| part.parse::<i64>().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// Days since 1970-01-01, counted in years that begin in March, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        assert_eq!(instant("1970-01-01T00:00:00Z"), 0);
        assert_eq!(instant("2000-02-29T12:00:00Z"), 951_825_600_000);
        assert_eq!(instant("2026-11-21T03:12:00Z"), 1_795_230_720_000);
        assert_eq!(moment("+1h30m", 1_000), 5_401_000);
    }
}
