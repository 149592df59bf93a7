//! Instants as people write them.

use crate::Instant;
use bellwire_cases::Moment;

/// `2026-11-21T03:12:00Z`. Panics at anything else.
pub fn instant(text: &str) -> Instant {
    match text.parse() {
        Ok(Moment::At(instant)) => instant,
        Ok(Moment::After(_)) | Err(_) => panic!("{text:?} is not a time such as \"2026-11-21T03:12:00Z\""),
    }
}

/// An [`instant`], or `+15m`: that long after `origin`.
pub fn moment(text: &str, origin: Instant) -> Instant {
    let moment: Moment = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
    moment.from(origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    #[test]
    fn reads_times() {
        assert_eq!(instant("2026-11-21T03:12:00Z"), bellwire_cases::OPENED_AT);
        assert_eq!(moment("+1h30m", 1_000), 5_401_000);
    }

    /// Settings and cases write lengths of time alike.
    #[test]
    fn a_span_of_the_settings_is_a_span_of_a_case() {
        for text in
            ["0", "90s", "5m", "1h30m", "2d", "1w", "250ms", "", "5", "5x", "m", "4000d", "99999999999999999999s"]
        {
            let span: Result<Span, _> = text.parse();
            assert_eq!(span.map(Span::as_milliseconds), bellwire_cases::span(text), "{text}");
        }
    }
}
