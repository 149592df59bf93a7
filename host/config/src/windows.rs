//! Windows of the week: `mon-fri 09:00-17:00` in a zone.

use crate::{
    keys,
    reader::{Entry, Value},
    suggest,
};
use bellwire_core::{HoursRange, Window};
use jiff::{civil, tz::TimeZone};
use std::ops::Range;

const RANGES_MAX: usize = 50;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What is wrong, where in the text, and a remedy.
struct Wrong {
    part: Range<usize>,
    message: String,
    help: String,
}

pub(crate) fn window(entry: &Entry<'_>) -> Option<Window> {
    let fields = entry.value.fields(keys::WINDOW)?;
    let zone = fields.require("zone", "the name of a time zone, as in zone = \"Europe/Berlin\"").and_then(zone_of);
    let hours = fields.require("hours", "when it is open, as in hours = [\"mon-fri 09:00-17:00\"]")?;
    let items = hours.list()?;
    if items.is_empty() {
        hours.error("`hours` is empty, so the window would never be open", "as in hours = [\"mon-fri 09:00-17:00\"]");
    }
    if items.len() > RANGES_MAX {
        hours.error(format!("{} ranges of hours", items.len()), crate::file::at_most(RANGES_MAX));
    }
    let ranges = items.iter().filter_map(|item| {
        let wrong = |wrong: &Wrong| item.scope.error(&item.part(wrong.part.clone()), &*wrong.message, &*wrong.help);
        parse_hours(item.text()?).inspect_err(wrong).ok()
    });
    let ranges = ranges.collect();
    Some(Window { name: entry.name.clone(), zone: zone?, ranges })
}

fn zone_of(value: Value<'_>) -> Option<TimeZone> {
    let name = value.filled()?;
    let zone = find_zone(name);
    if zone.is_none() {
        value.error(unknown_zone(name), zone_remedy(name));
    }
    zone
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

/// `DAYS START-END`, as in `mon-fri 09:00-17:00` or `sat,sun 22:00-06:00`; `24:00` is the end of a day.
fn parse_hours(text: &str) -> Result<HoursRange, Wrong> {
    const FORM: &str = "write days and hours, as in \"mon-fri 09:00-17:00\"";
    let wrong = |part: &str, message: String, help: &str| {
        // `part` is a slice of `text`.
        let start = part.as_ptr().addr() - text.as_ptr().addr();
        Wrong { part: start..start + part.len(), message, help: help.into() }
    };
    let Some((days, hours)) = text.trim().split_once(' ') else {
        return Err(wrong(text, format!("`{text}` does not say days and hours"), FORM));
    };
    let hours = hours.trim();
    let Some((start, end)) = hours.split_once('-') else {
        return Err(wrong(hours, format!("`{hours}` does not say from when to when"), FORM));
    };
    let (start, end) = (start.trim(), end.trim());
    let time = |part: &str| {
        parse_time(part).ok_or_else(|| {
            wrong(part, format!("`{part}` is not a time of day"), "write hours and minutes, from 00:00 to 24:00")
        })
    };
    let (Some(starts_at), ends_at) = (time(start)?, time(end)?) else {
        return Err(wrong(start, "a window cannot begin at 24:00".into(), "write 00:00 of the next day"));
    };
    if ends_at == Some(starts_at) {
        return Err(wrong(hours, "it ends when it begins".into(), "write 00:00-24:00 for a whole day"));
    }
    let mut open = [false; 7];
    for part in days.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let day = |name: &str| {
            let found = DAYS.iter().position(|day| name.trim().eq_ignore_ascii_case(day));
            let help = || suggest::remedy(name, DAYS, "");
            found.ok_or_else(|| wrong(name, format!("`{name}` is not a day of the week"), &help()))
        };
        let (first, last) = (day(first)?, day(last)?);
        // "fri-mon" goes over the end of the week.
        let days = (last + DAYS.len() - first) % DAYS.len();
        (first..=first + days).for_each(|day| open[day % DAYS.len()] = true);
    }
    Ok(HoursRange { days: open, start: starts_at, end: ends_at })
}

/// Inner none: 24:00, the end of the day.
fn parse_time(text: &str) -> Option<Option<civil::Time>> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| -> Option<i8> {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
    };
    match (number(hour)?, number(minute)?) {
        (24, 0) => Some(None),
        (hour, minute) => civil::Time::new(hour, minute, 0, 0).ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours() {
        let hours = |text: &str| parse_hours(text).map_err(|wrong| (text[wrong.part].to_owned(), wrong.message));
        let shown = |range: HoursRange| {
            let days: String = range.days.iter().map(|open| if *open { 'x' } else { '.' }).collect();
            format!("{days} {} {}", range.start, range.end.map_or("end".into(), |end| end.to_string()))
        };
        for (text, expected) in [
            ("mon-fri 09:00-17:00", "xxxxx.. 09:00:00 17:00:00"),
            ("fri-mon 22:00-06:00", "x...xxx 22:00:00 06:00:00"),
            ("sat,sun 00:00-24:00", ".....xx 00:00:00 end"),
            ("Mon,wed-thu 09:30-10:00", "x.xx... 09:30:00 10:00:00"),
            ("mon-sun 09:00 - 17:00", "xxxxxxx 09:00:00 17:00:00"),
        ] {
            assert_eq!(hours(text).map(shown), Ok(expected.into()), "{text}");
        }
        for (text, part) in [
            ("mon-fri", "mon-fri"),
            ("mon-fry 09:00-17:00", "fry"),
            ("mon-fri 9:00-17:00", "9:00"),
            ("mon-fri 09:00-25:00", "25:00"),
            ("mon-fri 09:00", "09:00"),
            ("mon-fri 24:00-25:00", "25:00"),
            ("mon-fri 24:00-06:00", "24:00"),
            ("mon-fri 09:00-09:00", "09:00-09:00"),
            (", 09:00-10:00", ""),
            ("", ""),
        ] {
            assert_eq!(hours(text).map(shown).map_err(|(part, _)| part), Err(part.into()), "{text}");
        }
    }
}
