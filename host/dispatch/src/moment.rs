//! Instants as a person reads them: to the minute, in UTC and beside it in the person's own zone. Pure.

use bellwire_core::{Instant, Person, Span};
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// How one reader is shown times.
#[derive(Clone, Copy)]
pub(crate) struct Clockface<'a> {
    zone: Option<(&'a str, &'a TimeZone)>,
}

impl<'a> Clockface<'a> {
    pub fn of(person: Option<&'a Person>) -> Self {
        let zone = person.and_then(|person| person.zone.as_ref());
        Self { zone: zone.map(|(name, zone)| (&**name, zone)) }
    }

    /// `2026-11-21 03:12 UTC (04:12 Europe/Berlin)`
    pub fn show(self, at: Instant) -> String {
        let utc = zoned(at, &TimeZone::UTC);
        format!("{} UTC{}", utc.strftime("%Y-%m-%d %H:%M"), self.beside(&utc))
    }

    /// Without the date if it is that of `now`: `03:12 UTC (04:12 Europe/Berlin)`
    pub fn show_briefly(self, at: Instant, now: Instant) -> String {
        let utc = zoned(at, &TimeZone::UTC);
        if utc.date() != zoned(now, &TimeZone::UTC).date() {
            return self.show(at);
        }
        format!("{} UTC{}", utc.strftime("%H:%M"), self.beside(&utc))
    }

    /// `2026-11-21 03:12 UTC, for 12m`. To the minute: seconds help nobody at three in the morning.
    pub fn since(self, start: Instant, end: Instant) -> String {
        match end.since(start).as_millis() / 60_000 {
            0 => format!("{}, just now", self.show(start)),
            minutes => format!("{}, for {}", self.show(start), Span::from_secs(minutes * 60)),
        }
    }

    /// Nothing where the clock on the wall says the same.
    fn beside(self, utc: &Zoned) -> String {
        let Some((name, zone)) = self.zone else { return String::new() };
        let local = utc.with_time_zone(zone.clone());
        match (local.date() == utc.date(), local.offset() == utc.offset()) {
            (_, true) => String::new(),
            (true, false) => format!(" ({} {name})", local.strftime("%H:%M")),
            (false, false) => format!(" ({} {name})", local.strftime("%Y-%m-%d %H:%M")),
        }
    }
}

fn zoned(at: Instant, zone: &TimeZone) -> Zoned {
    // Never fails: an instant is at most the last one that a calendar shows.
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX).to_zoned(zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn person(zone: &str, rule: &str) -> Person {
        let zone = Some((Arc::from(zone), TimeZone::posix(rule).unwrap()));
        Person { name: "ann".into(), display: "Ann".into(), zone, slack_user: None, email: None, contacts: Vec::new() }
    }

    #[test]
    fn a_person_reads_the_time_on_the_wall_beside_utc() {
        let at = Instant::from_millis(1_795_230_720_000);
        for (zone, rule, shown) in [
            ("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-11-21 03:12 UTC (04:12 Europe/Berlin)"),
            ("America/New_York", "EST5EDT,M3.2.0,M11.1.0", "2026-11-21 03:12 UTC (2026-11-20 22:12 America/New_York)"),
            (
                "Australia/Lord_Howe",
                "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
                "2026-11-21 03:12 UTC (14:12 Australia/Lord_Howe)",
            ),
            ("Europe/London", "GMT0BST,M3.5.0/1,M10.5.0", "2026-11-21 03:12 UTC"),
        ] {
            assert_eq!(Clockface::of(Some(&person(zone, rule))).show(at), shown);
        }
        let nobody = Clockface::of(None);
        assert_eq!(nobody.show(at), "2026-11-21 03:12 UTC");
        assert_eq!(nobody.show_briefly(at, at.saturating_add(Span::from_secs(3_600))), "03:12 UTC");
        assert_eq!(nobody.show_briefly(at, at.saturating_add(Span::from_secs(86_400))), "2026-11-21 03:12 UTC");
        assert_eq!(nobody.since(at, at.saturating_add(Span::from_secs(754))), "2026-11-21 03:12 UTC, for 12m");
    }

    #[test]
    fn the_end_of_time_is_shown() {
        let shown = Clockface::of(Some(&person("Asia/Tokyo", "JST-9"))).show(Instant::MAX);
        assert!(shown.starts_with("9999-12-3"), "{shown}");
    }
}
