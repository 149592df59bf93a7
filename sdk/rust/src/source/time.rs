//! RFC 3339, as senders write it: with any offset, with or without a fraction of a second.

use crate::Instant;

/// Milliseconds since 1970 of a text such as `2026-11-21T04:12:00.5+01:00`. None if it is no such time, or before 1970.
pub fn rfc3339(text: &str) -> Option<Instant> {
    let (date, rest) = text.split_at_checked(10)?;
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at(zone);
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, fraction)| (clock, Some(fraction)));
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    // A leap second is the next minute's first.
    let is_time = (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day) && hour < 24;
    if !is_time || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?;
    Instant::try_from(seconds * 1_000 + fraction.map_or(Some(0), milliseconds)?).ok()
}

/// Of a fraction of a second, without its point.
fn milliseconds(fraction: &str) -> Option<i64> {
    let is_number = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let digit = |place: usize| fraction.as_bytes().get(place).map_or(0, |byte| i64::from(byte - b'0'));
    is_number.then(|| digit(0) * 100 + digit(1) * 10 + digit(2))
}

/// Seconds that the zone's clock is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, clock) = match zone.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let [hours, minutes] = numbers(clock, ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// So many numbers of so many digits.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        let fits = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = fits.then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

fn month_days(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, counted in years that begin in March, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2).div_euclid(5) + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn reads_what_senders_write() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-21T03:12:00Z", 1_795_230_720_000),
            ("2026-11-21t04:12:00.5+01:00", 1_795_230_720_500),
            ("2026-11-20 21:42:00.0019999-05:30", 1_795_230_720_001),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ] {
            assert_eq!(rfc3339(text), Some(milliseconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "0001-01-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-21",
            "2026-11-21T03:12:00",
            "2026-11-21T24:00:00Z",
            "2026-11-21T03:12Z",
            "2026-11-21T03:12:00.Z",
            "2026-11-21T03:12:00+0100",
            "2026-11-21T03:12:00+24:00",
            "éééééééé-11-21T03:12:00Z",
            "+026-11-21T03:12:00Z",
        ] {
            assert_eq!(rfc3339(text), None, "{text}");
        }
    }
}
