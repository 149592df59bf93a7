//! Numbers as people and templates write them into labels and annotations.

/// `5.2`, `5.2%`, `250 ms`, `1.5k`, `3GiB`, `12 req/s`. `k`, `M`, `G`, `T` and `Ki`, `Mi`, `Gi`, `Ti` count, alone or
/// before a `B`; any other unit is the author's own, the same in the rule as in the alert. None: not a finite number.
pub fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || "+-.".contains(c)).len();
    let end = digits + exponent(&text[digits..]);
    let number: f64 = text[..end].parse().ok()?;
    let factor = factor(text[end..].trim_start())?;
    let value = number * factor;
    value.is_finite().then_some(value)
}

/// How long the exponent at the begin of `rest` is.
fn exponent(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix(['e', 'E']) else { return 0 };
    let digits = after.strip_prefix(['+', '-']).unwrap_or(after);
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 { 0 } else { rest.len() - digits.len() + count }
}

fn factor(unit: &str) -> Option<f64> {
    const UNIT_MAX: usize = 16;
    match unit.strip_suffix('B').unwrap_or(unit) {
        "k" => Some(1e3),
        "M" => Some(1e6),
        "G" => Some(1e9),
        "T" => Some(1e12),
        "Ki" => Some(1024.0),
        "Mi" => Some(1_048_576.0),
        "Gi" => Some(1_073_741_824.0),
        "Ti" => Some(1_099_511_627_776.0),
        _ => {
            let known = unit.len() <= UNIT_MAX && unit.chars().all(|c| c.is_alphabetic() || "%/°".contains(c));
            known.then_some(1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_what_people_write() {
        for (text, number) in [
            ("5", 5.0),
            (" -0.5 ", -0.5),
            ("7.5%", 7.5),
            ("99 %", 99.0),
            ("250ms", 250.0),
            ("12 req/s", 12.0),
            ("1.5k", 1500.0),
            ("2KiB", 2048.0),
            ("3MB", 3e6),
            ("1e3", 1000.0),
            ("1.2e-3s", 0.0012),
            ("5e", 5.0),
        ] {
            assert_eq!(parse(text), Some(number), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "%", "NaN", "inf", "-", "1m 30s", "1,5", "1.2.3", "five", "5;drop", "1e999", "0x10"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
