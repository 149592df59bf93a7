//! Time intervals: named sets of hours, days, months and years.

use crate::{
    reader::{Fields, Value},
    report::{Located, Place},
};
use jiff::{Timestamp, civil, tz::TimeZone};
use std::ops::RangeInclusive;

const KEYS: [&str; 2] = ["name", "time_intervals"];
const PERIOD_KEYS: [&str; 6] = ["times", "weekdays", "days_of_month", "months", "years", "location"];
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A name for periods; it is now, if it is any of them.
#[derive(Clone, Debug)]
pub struct Interval {
    pub name: String,
    pub place: Place,
    pub periods: Vec<Period>,
}

/// Each kind of field must contain the time, if it is there at all; what is in an empty list never does.
#[derive(Clone, Debug)]
pub struct Period {
    pub place: Place,
    /// Minutes of the day, the last one not included.
    pub times: Option<Vec<(u16, u16)>>,
    /// From 0, Sunday, to 6.
    pub weekdays: Option<Vec<RangeInclusive<i32>>>,
    /// From 1; the last day of the month is -1.
    pub days_of_month: Option<Vec<RangeInclusive<i32>>>,
    /// From 1.
    pub months: Option<Vec<RangeInclusive<i32>>>,
    pub years: Option<Vec<RangeInclusive<i32>>>,
    /// `location`; none: UTC.
    pub location: Option<Located<String>>,
    /// What it stands for.
    pub zone: TimeZone,
}

impl Interval {
    pub fn contains(&self, at: Timestamp) -> bool {
        self.periods.iter().any(|period| period.contains(at))
    }
}

impl Period {
    fn contains(&self, at: Timestamp) -> bool {
        let local = self.zone.to_datetime(at);
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let in_hours = |times: &Vec<(u16, u16)>| times.iter().any(|(start, end)| (*start..*end).contains(&minute));
        let weekday = i32::from(local.weekday().to_sunday_zero_offset());
        self.times.as_ref().is_none_or(in_hours) && within(&self.weekdays, weekday) && self.has_date(local.date())
    }

    /// Its days of the month, months and years; not those of the week.
    pub(crate) fn has_date(&self, date: civil::Date) -> bool {
        self.days_of_month.as_ref().is_none_or(|days| days.iter().any(|range| has_day(range, date)))
            && within(&self.months, i32::from(date.month()))
            && within(&self.years, i32::from(date.year()))
    }
}

fn within(ranges: &Option<Vec<RangeInclusive<i32>>>, value: i32) -> bool {
    ranges.as_ref().is_none_or(|ranges| ranges.iter().any(|range| range.contains(&value)))
}

fn has_day(range: &RangeInclusive<i32>, date: civil::Date) -> bool {
    let length = i32::from(date.days_in_month());
    let day = |day: i32| if day < 0 { length + day + 1 } else { day };
    let (first, last) = (day(*range.start()), day(*range.end()));
    first <= length && (first.max(-length)..=last.min(length)).contains(&i32::from(date.day()))
}

pub(crate) fn read(value: &Value<'_>) -> Option<Interval> {
    let fields = value.fields(KEYS)?;
    let name = fields.text("name");
    if name.is_none() {
        fields.error("a time interval needs a name", "");
    }
    let periods =
        fields.list("time_intervals").iter().filter(|value| !value.node.is_null()).filter_map(period).collect();
    Some(Interval { name: name?.value, place: fields.place, periods })
}

fn period(value: &Value<'_>) -> Option<Period> {
    let fields = value.fields(PERIOD_KEYS)?;
    let location = fields.text("location");
    let zone = location.as_ref().map_or(Some(TimeZone::UTC), |location| zone(location, &fields));
    Some(Period {
        place: fields.place,
        times: fields.get("times").map(|value| value.list().unwrap_or_default().iter().filter_map(time).collect()),
        weekdays: ranges(
            &fields,
            "weekdays",
            "as in monday:friday or sunday; it cannot go over the end of the week, which is saturday",
            |text| {
                let weekday = |name: &str| index(&WEEKDAYS, name);
                between(text, weekday).filter(|range| range.start() <= range.end())
            },
        ),
        days_of_month: ranges(&fields, "days_of_month", "as in 1:5, or -3:-1 for the last three", days_of_month),
        months: ranges(&fields, "months", "as in january:march, 1:3 or may", |text| {
            let month = |name: &str| index(&MONTHS, name).map(|index| index + 1).or_else(|| name.parse().ok());
            between(text, month).filter(|range| range.start() <= range.end())
        }),
        years: ranges(&fields, "years", "as in 2026:2028 or 2026", |text| {
            between(text, |year| year.parse().ok()).filter(|range| range.start() <= range.end())
        }),
        location,
        zone: zone?,
    })
}

/// `Local`, the zone of the machine that Alertmanager runs on, cannot be known here: it is taken for UTC.
fn zone(location: &Located<String>, fields: &Fields<'_>) -> Option<TimeZone> {
    if matches!(location.value.as_str(), "Local" | "UTC") {
        return Some(TimeZone::UTC);
    }
    let zone = TimeZone::get(&location.value).ok();
    if zone.is_none() {
        let message = format!("there is no time zone `{}`", location.value);
        fields.notes.error(location.place, message, "as in Europe/Berlin or America/New_York");
    }
    zone
}

fn ranges(
    fields: &Fields<'_>,
    key: &'static str,
    help: &str,
    parse: impl Fn(&str) -> Option<RangeInclusive<i32>>,
) -> Option<Vec<RangeInclusive<i32>>> {
    let range = |value: &Value<'_>| {
        let text = value.text()?;
        let range = parse(&text.value.to_lowercase());
        if range.is_none() {
            value.error(format!("`{}` is none of {key}", text.value), help);
        }
        range
    };
    Some(fields.get(key)?.list().unwrap_or_default().iter().filter_map(range).collect())
}

/// `a:b`, or one for both.
fn between(text: &str, member: impl Fn(&str) -> Option<i32>) -> Option<RangeInclusive<i32>> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    Some(member(first)?..=member(last)?)
}

fn index(names: &[&str], name: &str) -> Option<i32> {
    i32::try_from(names.iter().position(|candidate| *candidate == name)?).ok()
}

/// Refused if it could be in no month, the shortest included.
fn days_of_month(text: &str) -> Option<RangeInclusive<i32>> {
    let range = between(text, |day| day.parse().ok())?;
    let (first, last) = (*range.start(), *range.end());
    let is_day = |day: i32| day != 0 && (-31..=31).contains(&day);
    let in_february = |day: i32| if day < 0 { 28 + day } else { day };
    let sound = is_day(first) && is_day(last) && !(first < 0 && last > 0) && in_february(first) <= in_february(last);
    sound.then_some(range)
}

fn time(value: &Value<'_>) -> Option<(u16, u16)> {
    let fields = value.fields(["start_time", "end_time"])?;
    let time = |key| {
        let text = fields.text(key);
        let minutes = text.as_ref().and_then(|text| minute(&text.value));
        match (&text, minutes) {
            (None, _) => fields.error(format!("`{key}` is missing"), ""),
            (Some(text), None) => {
                fields.notes.error(text.place, format!("`{}` is not a time of day", text.value), "from 00:00 to 24:00");
            }
            (Some(_), Some(_)) => {}
        }
        minutes
    };
    let (start, end) = (time("start_time"), time("end_time"));
    let (start, end) = (start?, end?);
    if start >= end {
        fields.error("it ends before it begins", "for hours over midnight, write two: up to 24:00, and from 00:00");
        return None;
    }
    Some((start, end))
}

/// `HH:MM`; the end of the day is 24:00.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two =
        |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()));
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let sound = (hours < 24 && minutes < 60) || (hours, minutes) == (24, 0);
    sound.then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use crate::Config;

    /// Of the interval whose one period is `period`: at which of the times it is.
    fn within<'t>(period: &str, times: &[&'t str]) -> Vec<&'t str> {
        let text = format!(
            "route: {{receiver: a}}\nreceivers: [{{name: a}}]\ntime_intervals: [{{name: t, time_intervals: [{period}]}}]"
        );
        let config = Config::parse("alertmanager.yml", &text).unwrap_or_else(|report| panic!("{report}"));
        times.iter().copied().filter(|time| config.intervals[0].contains(time.parse().unwrap())).collect()
    }

    #[test]
    fn contains_what_alertmanager_has_in_it() {
        let hours =
            "{times: [{start_time: '09:00', end_time: '17:00'}], weekdays: ['monday:friday'], location: Europe/Berlin}";
        let times = ["2026-11-20T07:59:59Z", "2026-11-20T08:00:00Z", "2026-11-20T15:59:59Z", "2026-11-20T16:00:00Z"];
        assert_eq!(within(hours, &times), ["2026-11-20T08:00:00Z", "2026-11-20T15:59:59Z"]);
        assert_eq!(within(hours, &["2026-11-21T10:00:00Z", "2026-11-22T10:00:00Z"]), [""; 0], "Saturday and Sunday");
        let last = ["2028-02-28T12:00:00Z", "2028-02-29T12:00:00Z", "2026-02-28T12:00:00Z", "2026-03-01T12:00:00Z"];
        assert_eq!(within("{days_of_month: ['-1']}", &last), ["2028-02-29T12:00:00Z", "2026-02-28T12:00:00Z"]);
        assert_eq!(within("{days_of_month: ['30:31']}", &last), [""; 0], "beyond the end of February");
        assert_eq!(within("{months: ['february'], years: ['2026:2027']}", &last), ["2026-02-28T12:00:00Z"]);
        assert_eq!(within("{times: []}", &last), [""; 0]);
        assert_eq!(within("{}", &last), last);
    }

    #[test]
    fn the_wall_clock_counts_on_days_when_clocks_change() {
        let hours = |zone: &str| format!("{{times: [{{start_time: '02:00', end_time: '03:00'}}], location: {zone}}}");
        // Sydney: no such hour on 4 October 2026, and twice on 5 April.
        let sydney = ["2026-10-03T15:59:59Z", "2026-10-03T16:00:00Z", "2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"];
        assert_eq!(within(&hours("Australia/Sydney"), &sydney), ["2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"]);
        // New York: no such hour on 8 March 2026; on 1 November it is the hour before that is there twice.
        let new_york = ["2026-03-08T07:00:00Z", "2026-03-08T06:59:59Z", "2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z"];
        assert_eq!(within(&hours("America/New_York"), &new_york), ["2026-11-01T07:30:00Z"]);
    }
}
