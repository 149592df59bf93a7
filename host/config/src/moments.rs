//! Time as a person writes it: zones, dates, and the clock on a wall.

use crate::{
    reader::{Fields, Value},
    suggest,
};
use bellwire_core::{Instant, wall};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use toml::de::DeValue;

const DAYS_MAX: usize = 1_000;

/// Of an ambiguous time, a start is the first and an end the last: there is overlap and never a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Start,
    End,
}

/// A zone with the name that the file has for it.
#[derive(Clone)]
pub(crate) struct Zone {
    pub name: std::sync::Arc<str>,
    pub zone: TimeZone,
}

impl Zone {
    /// Stands in for one that is wrong, which is noted, so that what is in it can be judged.
    pub fn utc() -> Self {
        Self { name: "UTC".into(), zone: TimeZone::UTC }
    }
}

impl Fields<'_> {
    /// Notes that it is missing.
    pub fn require_zone(&self) -> Option<Zone> {
        self.require("zone", "the name of a time zone, as in zone = \"Europe/Berlin\"")?.zone()
    }
}

impl Value<'_> {
    pub fn zone(&self) -> Option<Zone> {
        let name = self.filled()?;
        let zone = find_zone(name);
        if zone.is_none() {
            self.error(unknown_zone(name), zone_remedy(name));
        }
        Some(Zone { name: name.into(), zone: zone? })
    }

    /// A date and a time of day without a zone: `2026-11-02T09:00`, in quotes or not.
    pub fn wall_clock(&self) -> Option<DateTime> {
        let moment = self.written_time().and_then(|text| parse_datetime(&text));
        if moment.is_none() {
            self.error(
                format!("`{}` is not a date and a time of day", self.key),
                "write 2026-11-02T09:00: without an offset, since it is on the clocks of `zone`",
            );
        }
        moment
    }

    /// A list of `2026-12-25` and of `2026-12-24..2026-12-26`, both of which count.
    pub fn days(&self) -> Option<Vec<Date>> {
        let mut days = Vec::new();
        for item in self.list()? {
            let Some((first, last)) = item.written_time().and_then(|text| parse_days(&text)) else {
                item.error(
                    format!("`{}` has something that is neither a day nor days", self.key),
                    "write \"2026-12-25\", or \"2026-12-24..2026-12-26\" for three of them",
                );
                continue;
            };
            let range = first.series(1.day()).take_while(|day| *day <= last);
            days.extend(range.take((DAYS_MAX + 1).saturating_sub(days.len())));
        }
        if days.len() > DAYS_MAX {
            self.error("too many days", crate::file::at_most(DAYS_MAX));
        }
        days.sort();
        days.dedup();
        Some(days)
    }

    /// As it stands in the file, if it may be a time.
    fn written_time(&self) -> Option<String> {
        match self.value {
            DeValue::String(text) => Some(text.trim().to_owned()),
            DeValue::Datetime(datetime) => Some(datetime.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => {
                None
            }
        }
    }
}

/// From `from` until `until` on the clocks of `zone`; both are needed.
pub(crate) fn span(fields: &Fields<'_>, zone: &Zone) -> Option<(Instant, Instant)> {
    let from = fields.require("from", "when it begins, as in from = 2026-12-24T09:00");
    let until = fields.require("until", "when it ends, as in until = 2026-12-27T09:00");
    let from = from.and_then(|value| value.wall_clock());
    let (until_value, until) =
        until.and_then(|value| Some((value.wall_clock()?, value))).map(|(at, value)| (value, at))?;
    let (from, until) = (instant(&zone.zone, from?, Edge::Start), instant(&zone.zone, until, Edge::End));
    if until <= from {
        until_value.error("it ends before it begins", "`until` must be after `from`");
        return None;
    }
    Some((from, until))
}

pub(crate) fn find_zone(name: &str) -> Option<TimeZone> {
    jiff::tz::db().get(name).ok()
}

pub(crate) fn unknown_zone(name: &str) -> String {
    format!("there is no time zone `{name}`")
}

pub(crate) fn zone_remedy(name: &str) -> String {
    let known: Vec<_> = jiff::tz::db().available().collect();
    let near = suggest::nearest(name, known.iter().map(|known| known.as_str()));
    near.map_or_else(|| "an IANA name, such as Europe/Berlin or UTC".into(), |near| format!("did you mean `{near}`?"))
}

fn parse_datetime(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    // An offset or a zone behind it would be passed over by the parser.
    let plain = time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let time: Time = time.parse().ok().filter(|_| plain)?;
    Some(parse_date(date)?.to_datetime(time))
}

fn parse_date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.len() == "2026-11-02".len())
}

fn parse_days(text: &str) -> Option<(Date, Date)> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last) = (parse_date(first.trim())?, parse_date(last.trim())?);
    (first <= last).then_some((first, last))
}

/// `HH:MM`. Inner none: 24:00, the end of the day.
#[expect(clippy::option_option, reason = "the outer one says whether it is a time at all")]
pub(crate) fn parse_time(text: &str) -> Option<Option<Time>> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| -> Option<i8> {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
    };
    match (number(hour)?, number(minute)?) {
        (24, 0) => Some(None),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok().map(Some),
    }
}

/// When the clocks of `zone` show `wall`.
pub(crate) fn instant(zone: &TimeZone, wall: DateTime, edge: Edge) -> Instant {
    match edge {
        Edge::Start => wall::first(zone, wall),
        Edge::End => wall::last(zone, wall),
    }
}

/// The day that it is in `zone`.
pub(crate) fn day_of(instant: Instant, zone: &TimeZone) -> Option<Date> {
    let timestamp = Timestamp::from_millisecond(i64::try_from(instant.as_millis()).ok()?).ok()?;
    Some(timestamp.to_zoned(zone.clone()).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_and_a_time() {
        for (text, expected) in [
            ("2026-11-02T09:00", Some("2026-11-02T09:00:00")),
            ("2026-11-02 09:00:30", Some("2026-11-02T09:00:30")),
            ("2026-11-02", None),
            ("2026-11-02T09:00Z", None),
            ("2026-11-02T09:00+01:00", None),
            ("2026-02-30T09:00", None),
            ("20261102T0900", None),
        ] {
            assert_eq!(parse_datetime(text).map(|moment| moment.to_string()).as_deref(), expected, "{text}");
        }
    }
}
