//! Time intervals as windows: those in which a route is muted, and those that are left over where it is active.

use super::{Draft, page};
use crate::{Interval, Period, Route};
use jiff::{ToSpan as _, civil};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    ops::RangeInclusive,
};

const DAY_MINUTES: usize = 1_440;
const RANGES_MAX: usize = 50;
/// Ten years.
const DATES_MAX: usize = 3_660;
const YEARS: RangeInclusive<i32> = 1970..=2200;
/// Monday first, as Bellwire counts.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When a week has it, minute by minute, Monday first.
type Week = [[bool; DAY_MINUTES]; 7];

pub(super) struct Windows {
    pub text: String,
    /// Names of the windows that stand for an interval, by its name; none: Bellwire cannot say it.
    muted: BTreeMap<String, Option<Vec<String>>>,
    /// That of the times outside of these intervals.
    outside: BTreeMap<Vec<String>, Option<String>>,
    /// Always, for routes whose receiver tells nobody.
    pub always: Option<String>,
}

impl Windows {
    /// The windows that mute a route. What cannot be said does not mute: too much is told rather than too little.
    pub fn of(&self, route: &Route) -> Vec<String> {
        let muted = route.mute.iter().filter_map(|interval| self.muted.get(&interval.value)?.clone()).flatten();
        let outside = self.outside.get(&active(route)).cloned().flatten();
        let mut windows: Vec<String> = muted.chain(outside).collect();
        windows.dedup();
        windows
    }
}

fn active(route: &Route) -> Vec<String> {
    let names: BTreeSet<String> = route.active.iter().map(|interval| interval.value.clone()).collect();
    names.into_iter().collect()
}

/// Only those that a route uses: Bellwire warns of no others, and nobody needs them.
pub(super) fn all(draft: &mut Draft<'_>) -> Windows {
    let mut windows = Windows { text: String::new(), muted: BTreeMap::new(), outside: BTreeMap::new(), always: None };
    let mut taken = BTreeSet::new();
    let config = draft.config;
    add(draft, &mut windows, &mut taken, &config.route);
    let tells_nobody = |route: &Route| {
        config.receiver(&route.options.receiver.value).is_none_or(|receiver| receiver.integrations.is_empty())
    };
    if any(&config.route, &tells_nobody) {
        let name = page::name("always", &mut taken);
        let _ = write!(
            windows.text,
            "\n# For routes whose receiver tells nobody.\n[windows.{name}]\nzone = \"UTC\"\nhours = [\"mon-sun 00:00-24:00\"]\n"
        );
        windows.always = Some(name);
    }
    windows
}

fn any(route: &Route, is: &impl Fn(&Route) -> bool) -> bool {
    is(route) || route.routes.iter().any(|route| any(route, is))
}

fn add(draft: &mut Draft<'_>, windows: &mut Windows, taken: &mut BTreeSet<String>, route: &Route) {
    let config = draft.config;
    for used in &route.mute {
        let Some(interval) = config.intervals.iter().find(|interval| interval.name == used.value) else { continue };
        if !windows.muted.contains_key(&used.value) {
            let names = mute(draft, windows, taken, interval);
            windows.muted.insert(used.value.clone(), names);
        }
    }
    let names = active(route);
    if !names.is_empty() && !windows.outside.contains_key(&names) {
        let name = outside(draft, windows, taken, &names);
        windows.outside.insert(names, name);
    }
    route.routes.iter().for_each(|route| add(draft, windows, taken, route));
}

fn mute(
    draft: &mut Draft<'_>,
    windows: &mut Windows,
    taken: &mut BTreeSet<String>,
    interval: &Interval,
) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut text = String::new();
    for period in &interval.periods {
        note_local(draft, period);
        let dates = match dates(period) {
            Dates::All => None,
            Dates::Some(dates) => Some(dates),
            Dates::TooMany => {
                let what = "days of the month or months that recur for ever: routes with this interval are not muted";
                let remedy = "Write the days into a calendar (docs/configuration.md, Calendars) and name it in a window's `only`";
                draft.leave(period.place, what, remedy);
                return None;
            }
        };
        let hours = hours(&week(period));
        // It contains nothing.
        if hours.is_empty() || dates.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        let name = page::name(&interval.name, taken);
        let only = dates.map(|dates| {
            let _ = writeln!(
                text,
                "\n# Line {}.\n[calendars.{}]\ndays = {}",
                period.place.line(),
                page::key(&name),
                page::list(ranges(&dates))
            );
            format!("only = [{}]\n", page::quoted(&name))
        });
        window(&mut text, &name, period, &hours, &only.unwrap_or_default(), period.place.line());
        names.push(name);
    }
    windows.text.push_str(&text);
    Some(names)
}

/// None: it cannot be said, or there is no time outside.
fn outside(
    draft: &mut Draft<'_>,
    windows: &mut Windows,
    taken: &mut BTreeSet<String>,
    names: &[String],
) -> Option<String> {
    let config = draft.config;
    let intervals: Vec<&Interval> = config.intervals.iter().filter(|interval| names.contains(&interval.name)).collect();
    let periods: Vec<&Period> = intervals.iter().flat_map(|interval| &interval.periods).collect();
    periods.iter().for_each(|period| note_local(draft, period));
    let first = intervals.first()?;
    let zone = periods.first().map(|period| zone(period)).unwrap_or("UTC");
    let recurs = periods.iter().all(|period| matches!(dates(period), Dates::All));
    if !recurs || periods.iter().any(|period| self::zone(period) != zone) {
        let what =
            "`active_time_intervals` of certain days, or of several time zones: routes with it are always active";
        draft.leave(
            first.place,
            what,
            "Write a window of the times in which nobody is to be told, and name it in `mute`",
        );
        return None;
    }
    let mut outside = [[true; DAY_MINUTES]; 7];
    for period in &periods {
        let week = week(period);
        for (minutes, within) in outside.iter_mut().zip(&week) {
            minutes.iter_mut().zip(within).for_each(|(outside, within)| *outside &= !within);
        }
    }
    let hours = hours(&outside);
    if hours.is_empty() {
        return None;
    }
    let name = page::name(&format!("outside-{}", names.join("-")), taken);
    let mut text = String::new();
    match periods.first() {
        Some(period) => window(&mut text, &name, period, &hours, "", first.place.line()),
        // It is never active.
        None => {
            let _ = write!(
                text,
                "\n# Line {}.\n[windows.{}]\nzone = \"UTC\"\nhours = {}\n",
                first.place.line(),
                page::key(&name),
                page::list(&hours)
            );
        }
    }
    windows.text.push_str(&text);
    Some(name)
}

fn window(text: &mut String, name: &str, period: &Period, hours: &[String], more: &str, line: usize) {
    let (key, zone) = (page::key(name), page::quoted(zone(period)));
    let _ = write!(text, "\n# Line {line}.\n[windows.{key}]\nzone = {zone}\nhours = {}\n{more}", page::list(hours));
}

fn zone(period: &Period) -> &str {
    match &period.location {
        Some(location) if location.value != "Local" => &location.value,
        Some(_) | None => "UTC",
    }
}

fn note_local(draft: &mut Draft<'_>, period: &Period) {
    if let Some(location) = period.location.as_ref().filter(|location| location.value == "Local") {
        let what = "`location: Local` is the zone of the machine that Alertmanager runs on: here it is UTC";
        draft.leave(location.place, what, "Write the zone, as in \"Europe/Berlin\", into the window");
    }
}

/// When a period is, its dates apart.
fn week(period: &Period) -> Week {
    let mut week = [[false; DAY_MINUTES]; 7];
    for (day, minutes) in week.iter_mut().enumerate() {
        let from_sunday = i32::try_from((day + 1) % 7).unwrap_or_default();
        if !period.weekdays.as_ref().is_none_or(|days| days.iter().any(|range| range.contains(&from_sunday))) {
            continue;
        }
        match &period.times {
            None => minutes.fill(true),
            Some(times) => {
                times.iter().for_each(|(start, end)| minutes[usize::from(*start)..usize::from(*end)].fill(true))
            }
        }
    }
    week
}

/// As Bellwire writes hours, `mon-fri 09:00-17:00`; days that are alike stand together. Beyond what
/// Bellwire takes, too much is told rather than too little.
fn hours(week: &Week) -> Vec<String> {
    let mut days_of: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (day, minutes) in week.iter().enumerate() {
        for range in runs(minutes) {
            days_of.entry(range).or_default().push(day);
        }
    }
    let time = |minute: usize| format!("{:02}:{:02}", minute / 60, minute % 60);
    let range = |((start, end), days): ((usize, usize), Vec<usize>)| {
        format!("{} {}-{}", days_text(&days), time(start), time(end))
    };
    days_of.into_iter().map(range).take(RANGES_MAX).collect()
}

/// From the first minute of each run to the one behind its last.
fn runs(minutes: &[bool; DAY_MINUTES]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut begin = None;
    for (minute, within) in minutes.iter().copied().chain([false]).enumerate() {
        match (begin, within) {
            (None, true) => begin = Some(minute),
            (Some(start), false) => {
                runs.push((start, minute));
                begin = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    runs
}

/// `mon-fri`, `sat,sun`.
fn days_text(days: &[usize]) -> String {
    let is_run = days.len() > 2 && days.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    match (days.first(), days.last()) {
        (Some(first), Some(last)) if is_run => format!("{}-{}", DAYS[*first], DAYS[*last]),
        _ => days.iter().map(|day| DAYS[*day]).collect::<Vec<_>>().join(","),
    }
}

enum Dates {
    All,
    Some(Vec<civil::Date>),
    /// They recur for ever.
    TooMany,
}

fn dates(period: &Period) -> Dates {
    let Period { days_of_month: None, months: None, years: None, .. } = period else {
        let Some(years) = &period.years else { return Dates::TooMany };
        let mut dates = BTreeSet::new();
        for year in
            years.iter().flat_map(|range| (*range.start()).max(*YEARS.start())..=(*range.end()).min(*YEARS.end()))
        {
            let Ok(first) = i16::try_from(year).map(|year| civil::date(year, 1, 1)) else { continue };
            dates.extend(
                first
                    .series(1.day())
                    .take_while(|date| date.year() == first.year())
                    .filter(|date| period.has_date(*date)),
            );
            if dates.len() > DATES_MAX {
                return Dates::TooMany;
            }
        }
        return Dates::Some(dates.into_iter().collect());
    };
    Dates::All
}

/// `2026-12-24..2026-12-26`.
fn ranges(dates: &[civil::Date]) -> Vec<String> {
    let mut ranges: Vec<(civil::Date, civil::Date)> = Vec::new();
    for date in dates {
        match ranges.last_mut() {
            Some((_, last)) if last.tomorrow().is_ok_and(|next| next == *date) => *last = *date,
            Some(_) | None => ranges.push((*date, *date)),
        }
    }
    let shown = |(first, last): (civil::Date, civil::Date)| {
        if first == last { first.to_string() } else { format!("{first}..{last}") }
    };
    ranges.into_iter().map(shown).collect()
}
