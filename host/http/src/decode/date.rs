//! RFC 3339 to an instant: Go's way of writing UTC by hand, everything else by jiff.

use bellwire_core::Instant;
use jiff::{Timestamp, civil::DateTime, fmt::temporal::DateTimeParser, tz::Offset};

/// Not a date.
#[derive(Debug)]
pub(super) struct NoDate;

/// Go's zero time, which stands for "none".
const ZERO: &str = "0001-01-01T00:00:00Z";
const ZERO_SECONDS: i64 = -62_135_596_800;

/// None for the zero time. What is before 1970 is 1970, what is after 9999 is 9999.
pub(super) fn instant(text: &str) -> Result<Option<Instant>, NoDate> {
    if text == ZERO {
        return Ok(None);
    }
    if let Some(utc) = utc(text.as_bytes()) {
        // jiff's time line ends a day before its calendar does.
        return Ok(Offset::UTC.to_timestamp(utc).map_or(Some(Instant::MAX), bounded));
    }
    static PARSER: DateTimeParser = DateTimeParser::new();
    PARSER.parse_timestamp(text).map(bounded).map_err(|_| NoDate)
}

fn bounded(timestamp: Timestamp) -> Option<Instant> {
    match timestamp.as_second() {
        ZERO_SECONDS => None,
        _ => Some(Instant::from_millis(u64::try_from(timestamp.as_millisecond()).unwrap_or(0))),
    }
}

/// `2026-11-21T03:12:00.123456789Z`, with any number of decimals or none. None: written in some other way.
fn utc(text: &[u8]) -> Option<DateTime> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', i1, i2, b':', s1, s2, rest @ .., b'Z'] = text
    else {
        return None;
    };
    let year = i16::from(two(*y1, *y2)?) * 100 + i16::from(two(*y3, *y4)?);
    let nanos = match rest {
        [] => 0,
        [b'.', decimals @ ..] if (1..=9).contains(&decimals.len()) => nanoseconds(decimals)?,
        _ => return None,
    };
    DateTime::new(year, two(*m1, *m2)?, two(*d1, *d2)?, two(*h1, *h2)?, two(*i1, *i2)?, two(*s1, *s2)?, nanos).ok()
}

fn two(tens: u8, ones: u8) -> Option<i8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| ((tens - b'0') * 10 + (ones - b'0')) as i8)
}

fn nanoseconds(decimals: &[u8]) -> Option<i32> {
    let digits = decimals.iter().chain(std::iter::repeat(&b'0')).take(9);
    digits
        .map(|digit| digit.is_ascii_digit().then(|| i32::from(digit - b'0')))
        .try_fold(0, |sum, digit| Some(sum * 10 + digit?))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<u64> {
        instant(text).unwrap().map(Instant::as_millis)
    }

    #[test]
    fn reads_what_senders_write() {
        assert_eq!(millis("2026-11-21T03:12:00Z"), Some(1_795_230_720_000));
        assert_eq!(millis("2026-11-21T03:12:00.123456789Z"), Some(1_795_230_720_123));
        assert_eq!(millis("2026-11-21T03:12:00.5Z"), Some(1_795_230_720_500));
        assert_eq!(millis("2026-11-21T04:12:00.25+01:00"), Some(1_795_230_720_250));
        assert_eq!(millis("2024-02-29T00:00:00Z"), Some(1_709_164_800_000));
    }

    #[test]
    fn bounds_what_is_far_off() {
        assert_eq!(millis("0001-01-01T00:00:00Z"), None);
        assert_eq!(millis("0001-01-01T00:00:00.000Z"), None);
        assert_eq!(millis("0001-01-01T00:00:00+00:00"), None);
        assert_eq!(millis("1066-10-14T09:00:00Z"), Some(0));
        assert_eq!(millis("9999-12-31T23:59:59Z"), Some(Instant::MAX.as_millis()));
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "now",
            "2026-02-30T00:00:00Z",
            "2026-11-21",
            "2026-11-21T03:12:00",
            "1795230720",
            "2026-11-21T25:00:00Z",
        ] {
            assert!(instant(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn by_hand_is_as_by_jiff(second in -62_135_596_000_i64..253_402_207_200, nano in 0..1_000_000_000_i32) {
            let timestamp = Timestamp::new(second, 0).unwrap() + jiff::SignedDuration::from_nanos(i64::from(nano));
            proptest::prop_assert_eq!(instant(&timestamp.to_string()).unwrap(), bounded(timestamp));
        }
    }
}
