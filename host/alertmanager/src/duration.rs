//! Lengths of time as Prometheus writes them, `1h30m`, and as Go does, `1.5h`.

use bellwire_core::Span;

/// Largest first, as they must be written.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// What Go's 64 bits of nanoseconds hold.
const MILLIS_MAX: u64 = i64::MAX as u64 / 1_000_000;

/// `0`, or whole numbers with units, each unit at most once and the larger before the smaller.
pub(crate) fn prometheus(text: &str) -> Option<Span> {
    if text == "0" {
        return Some(Span::ZERO);
    }
    let (mut rest, mut millis, mut units) = (text, 0_u64, UNITS.as_slice());
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (count, after) = rest.split_at(rest.find(|character: char| !character.is_ascii_digit())?);
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(after.len()));
        let at = units.iter().position(|(name, _)| *name == unit)?;
        let (_, unit_millis) = units[at];
        units = &units[at + 1..];
        millis = count.parse::<u64>().ok()?.checked_mul(unit_millis)?.checked_add(millis)?;
        rest = after;
    }
    (millis <= MILLIS_MAX).then_some(Span::from_millis(millis))
}

/// Go's `time.ParseDuration`, down to milliseconds; less than nothing is not taken.
pub(crate) fn go(text: &str) -> Option<Span> {
    const UNITS: [(&str, f64); 7] = [
        ("ns", 0.000_001),
        ("us", 0.001),
        ("µs", 0.001),
        ("ms", 1.0),
        ("s", 1_000.0),
        ("m", 60_000.0),
        ("h", 3_600_000.0),
    ];
    if text == "0" {
        return Some(Span::ZERO);
    }
    let (mut rest, mut millis) = (text.strip_prefix('+').unwrap_or(text), 0.0);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (count, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let is_unit = |c: char| !c.is_ascii_digit() && c != '.';
        let (unit, after) = after.split_at(after.find(|c: char| !is_unit(c)).unwrap_or(after.len()));
        let (_, unit_millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
        millis += count.parse::<f64>().ok()? * unit_millis;
        rest = after;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is checked to be in range")]
    (millis <= MILLIS_MAX as f64).then_some(Span::from_millis(millis as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_prometheus_writes_them() {
        for (text, millis) in [
            ("0", Some(0)),
            ("0s", Some(0)),
            ("30s", Some(30_000)),
            ("1h30m", Some(5_400_000)),
            ("1d12h", Some(129_600_000)),
            ("1y2w", Some(32_745_600_000)),
            ("5m250ms", Some(300_250)),
            ("", None),
            ("5", None),
            ("m", None),
            ("-5m", None),
            ("1.5h", None),
            ("30m1h", None),
            ("1m1m", None),
            ("1h 30m", None),
            ("300y", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(prometheus(text), millis.map(Span::from_millis), "{text}");
        }
    }

    #[test]
    fn as_go_writes_them() {
        for (text, millis) in [
            ("1.5h", Some(5_400_000)),
            ("1m30s", Some(90_000)),
            ("0", Some(0)),
            ("1d", None),
            ("-1s", None),
            ("", None),
        ] {
            assert_eq!(go(text), millis.map(Span::from_millis), "{text}");
        }
    }
}
