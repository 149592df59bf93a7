//! iCalendar (RFC 5545): from a calendar's text to what happens when, recurrences and exceptions included.
//!
//! `calcard` reads properties and expands rules. It is lenient, and on-call must not be: what it would pass over in
//! silence is an error here, with its line.

mod event;
mod lines;

use crate::moments::{self, Edge, find_zone};
use bellwire_core::{Instant, Span};
use calcard::{
    Entry, Parser,
    common::{PartialDateTime, timezone::Tz},
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarStatus, ICalendarValue,
        dates::TimeOrDelta,
    },
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use std::{collections::BTreeMap, fmt, sync::Arc};

const EVENTS_MAX: usize = 10_000;
const ZONES_MAX: usize = 100;
/// Events that recur.
const RULES_MAX: usize = 2_000;
/// Each of them is looked through to the end of time, once.
const RULES_THAT_NEVER_COME_TRUE_MAX: usize = 20;
const OCCURRENCES_MAX: usize = 20_000;
/// Of all rules together, those of long ago included.
const STEPS_MAX: usize = 200_000;
const DAY_SECONDS: u64 = 86_400;
/// So that last month can be shown and replayed.
const BEFORE: Span = Span::from_secs(40 * DAY_SECONDS);
/// Further than any question about who is on call, for a year and a half without a reload.
const AHEAD: Span = Span::from_secs(1_000 * DAY_SECONDS);

/// An event, or one of its recurrences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub from: Moment,
    pub until: Moment,
    pub about: Arc<About>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub summary: String,
    /// Addresses.
    pub attendees: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// On the wall clock of whoever reads it, such as a whole day.
    Floating(DateTime),
    Exact(Instant),
}

/// What cannot be understood, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)
    }
}

/// Events that belong together: one that recurs, and the recurrences that differ from it.
struct Group {
    /// With the line that each begins in.
    events: Vec<(usize, ICalendarComponent)>,
}

/// A calendar whose text was understood.
pub(crate) struct Calendar {
    zones: Vec<ICalendarComponent>,
    groups: Vec<Group>,
    pub events: usize,
}

impl Calendar {
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let begins = lines::structure(text)?;
        let mut begins = begins.into_iter();
        let mut parser = Parser::new(text);
        let mut calendar = Self { zones: Vec::new(), groups: Vec::new(), events: 0 };
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        loop {
            let components = match parser.entry() {
                Entry::ICalendar(parsed) => parsed.components,
                Entry::Eof => break,
                _ => return Err(Wrong { line: 1, message: lines::NOT_A_CALENDAR.into() }),
            };
            for component in components {
                let line = begins.next().unwrap_or(1);
                match component.component_type {
                    ICalendarComponentType::VTimezone if calendar.zones.len() == ZONES_MAX => {
                        return Err(Wrong { line, message: format!("there are more than {ZONES_MAX} time zones") });
                    }
                    ICalendarComponentType::VTimezone => calendar.zones.push(component),
                    ICalendarComponentType::VEvent => {
                        calendar.events += 1;
                        if calendar.events > EVENTS_MAX {
                            let message = format!("there are more than {EVENTS_MAX} events, which are the most taken");
                            return Err(Wrong { line, message });
                        }
                        let alone = format!("without a UID, in line {line}");
                        let uid = component.uid().map_or(alone, str::to_owned);
                        groups
                            .entry(uid)
                            .or_insert_with(|| Group { events: Vec::new() })
                            .events
                            .push((line, component));
                    }
                    _ => {}
                }
            }
        }
        calendar.groups = groups.into_values().collect();
        calendar.judge()?;
        Ok(calendar)
    }

    /// What is within reach of `now`, in no order.
    pub fn occurrences(&self, now: Instant) -> Result<Vec<Occurrence>, Wrong> {
        let (earliest, latest) = (now.saturating_sub(BEFORE), now.saturating_add(AHEAD));
        let mut occurrences = Vec::new();
        let mut steps = STEPS_MAX;
        for group in &self.groups {
            let line = group.events.first().map_or(1, |(line, _)| *line);
            let found = group.expand(&self.zones, latest, steps)?;
            steps = steps.saturating_sub(found.len());
            occurrences.extend(
                found
                    .into_iter()
                    .filter(|occurrence| occurrence.until.about() >= earliest && occurrence.from.about() <= latest),
            );
            if steps == 0 || occurrences.len() > OCCURRENCES_MAX {
                let message = format!("from here on, the events recur more than {OCCURRENCES_MAX} times in all");
                return Err(Wrong { line, message });
            }
        }
        Ok(occurrences)
    }

    /// Refuses what the expansion would pass over, and what would never end.
    fn judge(&self) -> Result<(), Wrong> {
        let zones: Vec<&str> = self.zones.iter().filter_map(|zone| Some(zone.timezone()?.0)).collect();
        let (mut rules, mut never) = (0, 0);
        for group in &self.groups {
            for (line, event) in &group.events {
                event::judge(event, &zones).map_err(|message| Wrong { line: *line, message })?;
            }
            // A few recurrences show whether the rule makes sense.
            let few = group.expand(&self.zones, Instant::default(), 3)?;
            let recurs = group.events.iter().any(|(_, event)| event.has_property(&ICalendarProperty::Rrule));
            rules += usize::from(recurs);
            never += usize::from(recurs && few.is_empty());
            let line = group.events.first().map_or(1, |(line, _)| *line);
            if rules > RULES_MAX {
                return Err(Wrong { line, message: format!("there are more than {RULES_MAX} events that recur") });
            }
            if never > RULES_THAT_NEVER_COME_TRUE_MAX {
                let message = "this is one of too many events whose rules never come true".into();
                return Err(Wrong { line, message });
            }
        }
        Ok(())
    }
}

impl Group {
    /// At most `steps_max` recurrences, none of them much after `latest`.
    fn expand(
        &self,
        zones: &[ICalendarComponent],
        latest: Instant,
        steps_max: usize,
    ) -> Result<Vec<Occurrence>, Wrong> {
        let mut calendar = ICalendar { components: Vec::new() };
        let homes: Vec<Home> = self.events.iter().map(|(_, event)| Home::of(event, zones)).collect();
        for ((_, event), home) in self.events.iter().zip(&homes) {
            let mut event = event.clone();
            // The sequence counts edits, and would keep a recurrence that differs from replacing the usual one.
            event.entries.retain(|entry| entry.name != ICalendarProperty::Sequence);
            end_rule(&mut event, home, latest);
            calendar.components.push(event);
        }
        // Behind the events, so that an event's number is its place among them.
        calendar.components.extend(zones.iter().cloned());
        let expanded = calendar.expand_dates(Tz::Floating, steps_max);
        if let Some(error) = expanded.errors.first() {
            let line = self.events.get(error.comp_id as usize).map_or(1, |(line, _)| *line);
            return Err(Wrong { line, message: format!("this event cannot be understood: {}", error.error) });
        }
        let mut abouts: Vec<Option<Arc<About>>> = vec![None; self.events.len()];
        let mut occurrences = Vec::new();
        for found in expanded.events {
            let index = found.comp_id as usize;
            let (Some((_, event)), Some(home)) = (self.events.get(index), homes.get(index)) else { continue };
            if event.status() == Some(&ICalendarStatus::Cancelled) {
                continue;
            }
            let (start, zone) = (found.start.naive_local().and_utc().timestamp(), found.start.timezone());
            let from = home.moment(start, zone, Edge::Start);
            let until = match found.end {
                _ if home.has_no_end => from,
                TimeOrDelta::Time(end) => {
                    home.moment(end.naive_local().and_utc().timestamp(), end.timezone(), Edge::End)
                }
                TimeOrDelta::Delta(length) => home.moment(start.saturating_add(length.num_seconds()), zone, Edge::End),
            };
            let Some(((from, until), about)) = from.zip(until).zip(abouts.get_mut(index)) else { continue };
            let about = about.get_or_insert_with(|| Arc::new(About::of(event))).clone();
            occurrences.push(Occurrence { from, until, about });
        }
        Ok(occurrences)
    }
}

/// Where an event's times are at home, as its DTSTART says.
struct Home {
    /// None: they float.
    zone: Option<TimeZone>,
    /// A point in time rather than a span.
    has_no_end: bool,
}

impl Home {
    fn of(event: &ICalendarComponent, zones: &[ICalendarComponent]) -> Self {
        let start = event.property(&ICalendarProperty::Dtstart);
        let written = start.and_then(|entry| entry.values.first()?.as_partial_date_time());
        let declared = |id: &str| {
            let found = zones.iter().filter_map(|zone| zone.timezone()).find(|(name, _)| *name == id);
            found.map(|(_, zone)| zone).or_else(|| id.parse::<Tz>().ok())
        };
        let zone = match (written, start.and_then(|entry| entry.tz_id())) {
            (Some(written), _) if written.tz_hour.is_some() => Some(TimeZone::UTC),
            (_, Some(id)) => declared(id).and_then(|zone| find_zone(&zone.name()?)),
            _ => None,
        };
        let ends = [ICalendarProperty::Dtend, ICalendarProperty::Duration].iter().any(|end| event.has_property(end));
        let has_time = written.is_some_and(|written| written.hour.is_some());
        Self { zone, has_no_end: has_time && !ends }
    }

    /// `local`: seconds on the wall clock of `zone`. A floating one is at home here.
    fn moment(&self, local: i64, zone: Tz, edge: Edge) -> Option<Moment> {
        let wall = Timestamp::from_second(local).ok()?.to_zoned(TimeZone::UTC).datetime();
        let own = match zone {
            Tz::Floating => self.zone.clone(),
            Tz::Fixed(_) | Tz::Tz(_) => zone.name().and_then(|name| find_zone(&name)),
        };
        Some(match own {
            Some(own) => Moment::Exact(moments::instant(&own, wall, edge)),
            None => Moment::Floating(wall),
        })
    }
}

impl Moment {
    pub fn at(self, zone: &TimeZone, edge: Edge) -> Instant {
        match self {
            Self::Floating(wall) => moments::instant(zone, wall, edge),
            Self::Exact(instant) => instant,
        }
    }

    /// Within a day.
    fn about(self) -> Instant {
        self.at(&TimeZone::UTC, Edge::Start)
    }
}

impl About {
    fn of(event: &ICalendarComponent) -> Self {
        let summary = event.property(&ICalendarProperty::Summary).and_then(|entry| entry.values.first()?.as_text());
        let attendees = event.properties(&ICalendarProperty::Attendee).filter_map(|entry| entry.calendar_address());
        Self { summary: summary.unwrap_or_default().into(), attendees: attendees.map(str::to_lowercase).collect() }
    }
}

/// Makes a rule end at `latest`, and where its own end is in UTC, sets that on the event's wall clock: rules are
/// expanded there.
fn end_rule(event: &mut ICalendarComponent, home: &Home, latest: Instant) {
    let start = event.property(&ICalendarProperty::Dtstart);
    let start = start.and_then(|entry| entry.values.first()?.as_partial_date_time()).and_then(local_seconds);
    let latest = i64::try_from(latest.as_millis() / 1_000).unwrap_or(i64::MAX);
    let mut useless = false;
    for entry in event.properties_mut(&ICalendarProperty::Rrule) {
        for value in &mut entry.values {
            let ICalendarValue::RecurrenceRule(rule) = value else { continue };
            let own = rule.until.as_ref().and_then(|until| {
                let seconds = local_seconds(until)?;
                match (until.hour, until.tz_hour, &home.zone) {
                    // A day: to its end.
                    (None, _, _) => Some(seconds.saturating_add_unsigned(DAY_SECONDS - 1)),
                    (Some(_), Some(_), Some(zone)) => {
                        let there = Timestamp::from_second(seconds).ok()?.to_zoned(zone.clone()).datetime();
                        Some(there.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
                    }
                    (Some(_), _, _) => Some(seconds),
                }
            });
            // A check has no `latest`, and takes a few recurrences instead.
            let cut = (latest > 0).then_some(latest);
            let end = own.into_iter().chain(cut).min();
            useless |= end.zip(start).is_some_and(|(end, start)| end < start);
            rule.until = end.map(PartialDateTime::from_naive_timestamp);
        }
    }
    if useless {
        event.entries.retain(|entry| entry.name != ICalendarProperty::Rrule);
    }
}

fn local_seconds(written: &PartialDateTime) -> Option<i64> {
    Some(written.to_date_time()?.date_time.and_utc().timestamp())
}
