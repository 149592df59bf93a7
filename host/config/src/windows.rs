//! Windows of the week: `mon-fri 09:00-17:00` in a zone.

use crate::{
    calendars::Calendars,
    keys,
    moments::{self, Zone, parse_time},
    reader::{Entry, Fields, Value},
    suggest,
};
use bellwire_core::{HoursRange, Instant, Window};
use jiff::civil::Weekday;
use std::{ops::Range, sync::Arc};

const RANGES_MAX: usize = 50;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What is wrong, where in the text, and a remedy.
struct Wrong {
    part: Range<usize>,
    message: String,
    help: String,
}

pub(crate) fn window(entry: &Entry<'_>, calendars: &Calendars) -> Option<Window> {
    let fields = entry.value.fields(keys::WINDOW)?;
    let zone = fields.require_zone().unwrap_or_else(Zone::utc);
    let once = once(&fields, &zone);
    let hours = fields.get("hours").and_then(|hours| ranges(&hours, "the window would never be open"));
    if !["hours", "from", "until"].iter().any(|key| fields.has(key)) {
        let help = "when it is open, as in hours = [\"mon-fri 09:00-17:00\"], or once, with `from` and `until`";
        fields.error("`hours` is missing", help);
    }
    let days = |key| fields.get(key).and_then(|value| calendars.dates(&value, &zone));
    let (only, except) = (days("only"), days("except"));
    Some(Window {
        name: entry.name.clone(),
        ranges: hours.unwrap_or_default(),
        only,
        except: except.unwrap_or_else(|| Arc::from([])),
        once: once.into_iter().collect(),
        zone: zone.zone,
    })
}

/// From then until then, and never again.
fn once(fields: &Fields<'_>, zone: &Zone) -> Option<(Instant, Instant)> {
    if !fields.has("from") && !fields.has("until") {
        return None;
    }
    moments::span(fields, zone)
}

/// A list of `mon-fri 09:00-17:00`, those that are sound; `if_empty`: what would be, without any.
pub(crate) fn ranges(hours: &Value<'_>, if_empty: &str) -> Option<Vec<HoursRange>> {
    let items = hours.list()?;
    if items.is_empty() {
        hours.error(format!("`hours` is empty, so {if_empty}"), "as in hours = [\"mon-fri 09:00-17:00\"]");
    }
    if items.len() > RANGES_MAX {
        hours.error(format!("{} ranges of hours", items.len()), crate::file::at_most(RANGES_MAX));
    }
    let ranges = items.iter().filter_map(|item| {
        let wrong = |wrong: &Wrong| item.scope.error(&item.part(wrong.part.clone()), &*wrong.message, &*wrong.help);
        parse_hours(item.text()?).inspect_err(wrong).ok()
    });
    Some(ranges.collect())
}

/// `mon` to `sun`.
pub(crate) fn weekday(name: &str) -> Option<Weekday> {
    let index = DAYS.iter().position(|day| name.eq_ignore_ascii_case(day))?;
    Weekday::from_monday_zero_offset(i8::try_from(index).ok()?).ok()
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
