//! Reports: counted from the journal when somebody asks, and sent when it is time.

mod plan;
mod send;

pub(crate) use send::Reporter;

use bellwire_core::{Instant, Report, ReportScope, Roster, Tally};
use bellwire_http::ReportQuery;
use bellwire_store::{IncidentQuery, Reader, StoreError};
use jiff::tz::TimeZone;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Semaphore;

/// Entries and incidents that are read at once.
const PAGE: u32 = 2_000;
/// Reports that are counted at once; others wait. Each may take a disk and a core for a while.
pub(crate) static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Blocks: the journal is read a page at a time, from shortly before the period to its end.
pub(crate) fn count(reader: &dyn Reader, roster: &Roster, query: ReportQuery) -> Result<Report, StoreError> {
    let ReportQuery { from, until, team, zone } = query;
    // Whoever asks for a zone has all of it in that one.
    let zones = if zone.is_some() { BTreeMap::new() } else { zones(roster) };
    let mut tally =
        Tally::new(ReportScope { from, until, team: team.clone(), zone: zone.unwrap_or(TimeZone::UTC), zones });
    let mut after = reader.journal_before(from.saturating_sub(Tally::LEAD))?;
    loop {
        let page = reader.journal(after, PAGE)?;
        page.iter().for_each(|(_, entry)| tally.take(entry));
        match page.last() {
            Some((seq, last)) if last.at < until => after = *seq,
            Some(_) | None => break,
        }
    }
    for id in tally.unsettled() {
        reader.incident(&id)?.iter().for_each(|incident| tally.incident(incident));
    }
    carried(reader, from, team, &mut tally)?;
    Ok(tally.finish())
}

/// What is open since before the period.
fn carried(reader: &dyn Reader, from: Instant, team: Option<Arc<str>>, tally: &mut Tally) -> Result<(), StoreError> {
    use bellwire_core::IncidentState::{Acknowledged, Open, Snoozed};
    let states = vec![Open, Acknowledged, Snoozed];
    let mut query = IncidentQuery { team, states, limit: PAGE, before: None };
    loop {
        let page = reader.incidents(&query)?;
        page.iter().filter(|incident| incident.first_opened_at < from).for_each(|incident| tally.incident(incident));
        match page.last() {
            Some(last) => query.before = Some(last.id.clone()),
            None => return Ok(()),
        }
    }
}

/// Of the people who have one, by `TEAM/PERSON`.
fn zones(roster: &Roster) -> BTreeMap<Arc<str>, TimeZone> {
    let teams = roster.tables.teams.values();
    let people = teams.flat_map(|team| team.people.values().map(move |person| (team, person)));
    people
        .filter_map(|(team, person)| {
            let (_, zone) = person.zone.as_ref()?;
            Some((format!("{}/{}", team.name, person.name).into(), zone.clone()))
        })
        .collect()
}
