//! Calendars: days that count otherwise, such as holidays, and calendars of other systems that say who is on call.

use crate::{
    ical::{self, About, Occurrence},
    keys,
    moments::{Edge, Zone, day_of},
    people::People,
    reader::{Entry, Fields, Value, at_most_entries, names},
    suggest,
};
use bellwire_core::{Instant, Person, Secret, Shift, Span};
use jiff::{ToSpan, civil::Date};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

const CALENDARS_MAX: usize = 100;
const REFRESH: Span = Span::from_secs(3_600);
const DAY: Span = Span::from_secs(86_400);
const HELP: &str = "days = [\"2026-12-25\"], or ical = { file = \"holidays.ics\" }, or ical = { url = \"https://…\" }";

/// A calendar that `app` must fetch: into `file`, once [`check_calendar`] has found it sound, and then a reload.
#[derive(Clone)]
pub struct Feed {
    pub team: Arc<str>,
    pub calendar: Arc<str>,
    pub url: Secret,
    pub refresh: Span,
    pub file: PathBuf,
}

/// Is it iCalendar throughout? Then the number of its events; else what is wrong, with its line.
pub fn check_calendar(text: &str) -> Result<usize, String> {
    ical::Calendar::parse(text).map(|calendar| calendar.events).map_err(|wrong| wrong.to_string())
}

/// By name; those with errors are among them, so that one error makes no others.
#[derive(Default)]
pub(crate) struct Calendars {
    by_name: BTreeMap<Arc<str>, Calendar>,
    pub feeds: Vec<Feed>,
}

enum Calendar {
    Days(Vec<Date>),
    Events(Vec<Occurrence>),
    /// It is not known what is in it: there is an error, or it has not been fetched yet.
    Unread,
}

/// Where and when calendars are read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'r> {
    pub team: &'r str,
    /// Folder of the copies of those that are fetched.
    pub cache: &'r Path,
    pub now: Instant,
}

pub(crate) fn read(entries: Vec<Entry<'_>>, reading: Reading<'_>) -> Calendars {
    let mut calendars = Calendars::default();
    at_most_entries(&entries, CALENDARS_MAX, "calendars");
    for entry in entries {
        let Some(fields) = entry.value.fields(keys::CALENDAR) else { continue };
        let calendar = match (fields.get("days"), fields.get("ical")) {
            (Some(days), None) => days.days().map(Calendar::Days),
            (None, Some(ical)) => ical.fields(keys::ICAL).and_then(|ical| match (ical.get("file"), ical.get("url")) {
                (Some(file), None) => from_file(&ical, &file, reading.now),
                (None, Some(url)) => {
                    let feed = feed(&ical, &url, &entry, reading)?;
                    let calendar = from_copy(&feed, &entry, reading.now);
                    calendars.feeds.push(feed);
                    calendar
                }
                (Some(_), Some(_)) | (None, None) => {
                    ical.error("`ical` must have one of `file` and `url`", HELP);
                    None
                }
            }),
            (Some(_), Some(_)) | (None, None) => {
                fields.error("a calendar must have one of `days` and `ical`", HELP);
                None
            }
        };
        calendars.by_name.insert(entry.name, calendar.unwrap_or(Calendar::Unread));
    }
    calendars
}

fn from_file(ical: &Fields<'_>, file: &Value<'_>, now: Instant) -> Option<Calendar> {
    if let Some(refresh) = ical.get("refresh") {
        refresh.error("a file is read when the configuration is; only a URL is fetched again", "");
    }
    let text = file.file_text()?;
    let occurrences = ical::Calendar::parse(&text).and_then(|calendar| calendar.occurrences(now));
    occurrences
        .map(Calendar::Events)
        .inspect_err(|wrong| {
            let name = file.text().unwrap_or_default();
            file.error(format!("{name}, {wrong}"), "");
        })
        .ok()
}

fn feed(ical: &Fields<'_>, url: &Value<'_>, entry: &Entry<'_>, reading: Reading<'_>) -> Option<Feed> {
    let refresh = ical.duration("refresh", Span::from_secs(60)..=DAY, REFRESH);
    Some(Feed {
        team: reading.team.into(),
        calendar: entry.name.clone(),
        // Many of them are secrets: whoever knows one can read the calendar.
        url: url.plain_or_secret_url()?,
        refresh,
        // No team's name has a full stop, so no two have one file.
        file: reading.cache.join(format!("{}.{}.ics", reading.team, entry.name)),
    })
}

/// The last good copy. Without one there is a warning and nobody: to refuse the whole configuration would be worse.
fn from_copy(feed: &Feed, entry: &Entry<'_>, now: Instant) -> Option<Calendar> {
    let warn = |message: String| entry.value.scope.notes.warning(entry.place.clone(), message, "");
    let text = match crate::file::read_text(&feed.file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            warn(format!("the calendar `{}` has not been fetched yet, and is empty until then", entry.name));
            return None;
        }
        Err(error) => {
            warn(format!("the copy of the calendar `{}` cannot be read, so it is empty: {error}", entry.name));
            return None;
        }
    };
    let occurrences = ical::Calendar::parse(&text).and_then(|calendar| calendar.occurrences(now));
    let sound = occurrences.inspect_err(|wrong| {
        warn(format!("the copy of the calendar `{}` cannot be used, so it is empty: {wrong}", entry.name));
    });
    sound.map(Calendar::Events).ok()
}

impl Calendars {
    fn find(&self, value: &Value<'_>) -> Option<(&Calendar, Arc<str>)> {
        let name = value.filled()?;
        let found = self.by_name.get_key_value(name);
        if found.is_none() {
            let none = format!("[calendars.{name}] {HELP}");
            let help = suggest::remedy(name, names(&self.by_name), &none);
            value.error(format!("there is no calendar `{name}`"), help);
        }
        found.map(|(name, calendar)| (calendar, name.clone()))
    }

    /// Every day that one of the calendars has, on the wall clock of `zone`.
    pub fn dates(&self, value: &Value<'_>, zone: &Zone) -> Option<Arc<[Date]>> {
        let mut dates = Vec::new();
        for item in value.list()? {
            match self.find(&item) {
                Some((Calendar::Days(days), _)) => dates.extend(days),
                Some((Calendar::Events(events), _)) => {
                    dates.extend(events.iter().flat_map(|event| days_of(event, zone)));
                }
                Some((Calendar::Unread, _)) | None => {}
            }
        }
        dates.sort();
        dates.dedup();
        Some(dates.into())
    }

    /// Who is on call when, as the calendar has it, sorted.
    pub fn shifts(&self, value: &Value<'_>, zone: &Zone, people: &People) -> Option<Vec<Shift>> {
        let (calendar, name) = self.find(value)?;
        let events = match calendar {
            Calendar::Events(events) => events,
            Calendar::Unread => return Some(Vec::new()),
            Calendar::Days(_) => {
                let help =
                    "a layer needs a calendar with `ical`; for people taking turns, `people`, `every` and `start`";
                value.error(format!("`{name}` has days, and nobody's name"), help);
                return None;
            }
        };
        let mut shifts = Vec::new();
        let mut strangers: Vec<&str> = Vec::new();
        // Recurrences of one event stand side by side, and name the same people.
        let mut last: Option<(&Arc<About>, Vec<Arc<str>>)> = None;
        for event in events {
            let (from, until) = (event.from.at(&zone.zone, Edge::Start), event.until.at(&zone.zone, Edge::End));
            let on_duty = match last.take() {
                Some((about, people)) if Arc::ptr_eq(about, &event.about) => people,
                _ => named_in(&event.about, people),
            };
            match on_duty.is_empty() {
                true => strangers.push(&event.about.summary),
                false if from < until => shifts.push(Shift { from, until, people: on_duty.clone() }),
                false => {}
            }
            last = Some((&event.about, on_duty));
        }
        strangers.sort_unstable();
        strangers.dedup();
        if !strangers.is_empty() {
            const SHOWN: usize = 3;
            let shown: Vec<_> = strangers.iter().take(SHOWN).map(|summary| format!("{summary:?}")).collect();
            let more = if strangers.len() > SHOWN { ", …" } else { "" };
            value.scope.warning(
                &value.span,
                format!("`{name}` has events that name nobody of the team: {}{more}", shown.join(", ")),
                "an event must have a person's name or e-mail address in its title, or the person as an attendee",
            );
        }
        shifts.sort_by_key(|shift| (shift.from, shift.until));
        Some(shifts)
    }
}

/// The days that an event touches; one that ends at midnight does not touch the next.
fn days_of(event: &Occurrence, zone: &Zone) -> Vec<Date> {
    const DAYS_MAX: usize = 400;
    let from = event.from.at(&zone.zone, Edge::Start);
    let last = event.until.at(&zone.zone, Edge::End).saturating_sub(Span::from_millis(1)).max(from);
    let Some((first, last)) = day_of(from, &zone.zone).zip(day_of(last, &zone.zone)) else {
        return Vec::new();
    };
    first.series(1.day()).take_while(|day| *day <= last).take(DAYS_MAX).collect()
}

/// Those who are attendees, or in the title by name, by the name in messages, or by address.
fn named_in(about: &About, people: &People) -> Vec<Arc<str>> {
    let title = about.summary.to_lowercase();
    let named = |person: &Person| {
        let attends = |email: &Arc<str>| about.attendees.iter().any(|address| address.eq_ignore_ascii_case(email));
        let names = [Some(&person.name), Some(&person.display), person.email.as_ref()];
        person.email.as_ref().is_some_and(attends)
            || names.into_iter().flatten().any(|name| has_words(&title, &name.to_lowercase()))
    };
    people.by_name.values().filter(|person| named(person)).map(|person| person.name.clone()).collect()
}

/// Does `text` have `words` with nothing of a word before or behind them?
fn has_words(text: &str, words: &str) -> bool {
    let part_of_word = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '@');
    text.match_indices(words).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let mut behind = text[at + found.len()..].chars();
        // A full stop ends a sentence, or a part of an address.
        let goes_on = match behind.next() {
            Some('.') => behind.next().is_some_and(part_of_word),
            next => next.is_some_and(part_of_word),
        };
        !before.is_some_and(|before| part_of_word(before) || before == '.') && !goes_on
    })
}
