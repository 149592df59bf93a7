//! The only clock, the loop, the wiring of the rooms, reload and stop. `cli` runs it; tests embed it.
//!
//! This is the one room that may see all others, start tasks and threads, and read the time (`clock.rs`).
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may fail by panicking"))]

mod alarm;
mod backend;
mod backlog;
mod busy;
mod channels;
mod clock;
mod feeds;
mod inbox;
mod links;
mod measure;
mod outgoing;
pub mod plugins;
mod recurring;
mod rehearse;
mod reload;
mod reports;
mod running;
mod setup;
mod share;
mod shared;
mod slack_voice;
mod sources;
mod test_message;
#[cfg(test)]
mod tests;
mod turns;
mod waiting;
mod worst_case;
mod writer;

pub use clock::{Clock, ManualClock};
pub use measure::{Kind, METRICS};
pub use rehearse::Rehearsal;
pub use running::{App, Options, StartError};
pub use setup::{Environment, Report};
pub use worst_case::{Hears, Opens, Outcome, WorstCase, WorstCases, wall_text};

/// The shapes of the HTTP API, for those who are its clients.
pub mod api {
    pub use bellwire_http::{
        ActReply, ActRequest, ActResult, Because, DutyView, ErrorBody, GapList, GapView, IncidentDetail, IncidentList,
        IncidentSummary, MadeOverride, NewOverride, OnCallList, Origin, OverrideList, OverrideView, ReassignRequest,
        SnoozeRequest, StandingView, StretchList, StretchView, Via,
    };
}

/// The domain's words, for those who embed the app.
pub use bellwire_core as core;

use bellwire_core::{Delivery, Instant, Labels};
use std::path::Path;

/// What `bellwire check` found.
pub struct Checked {
    pub warnings: Option<Report>,
    pub teams: usize,
    pub routes: usize,
    pub receivers: usize,
    pub policies: usize,
}

/// How far ahead `check` looks for hours in which nobody would hear.
const CHECKED_DAYS: u16 = 90;

/// The configuration, every plugin in it and its settings: every error at once.
pub fn check(path: &Path, environment: &Environment) -> Result<Checked, Report> {
    fn routes(route: &bellwire_core::Route) -> usize {
        1 + route.routes.iter().map(routes).sum::<usize>()
    }
    let prepared = setup::prepare_alone(path, environment)?;
    let tables = &prepared.tables;
    let ahead = worst_case::Period::ahead(Clock::System.now(), CHECKED_DAYS);
    let mut warnings: Vec<_> = prepared.warnings.iter().flat_map(Report::diagnostics).cloned().collect();
    warnings.extend(worst_case::warnings(&prepared, ahead));
    Ok(Checked {
        teams: tables.teams.len(),
        routes: tables.teams.values().map(|team| routes(&team.root)).sum(),
        receivers: tables.receivers.len(),
        policies: prepared.plugins.len(),
        warnings: (!warnings.is_empty()).then(|| Report::new(warnings)),
    })
}

/// For each route and priority, how long it takes at worst until somebody is paged, if an incident opens within `days` from
/// `now`. `team`: only this one's. Overrides that were made at run time are not known here.
pub fn worst_cases(
    path: &Path,
    environment: &Environment,
    team: Option<&str>,
    now: Instant,
    days: u16,
) -> Result<WorstCases, Report> {
    let prepared = setup::prepare_alone(path, environment)?;
    if let Some(unknown) = team.filter(|team| !prepared.tables.teams.contains_key(*team)) {
        let known: Vec<&str> = prepared.tables.teams.keys().map(|team| &**team).collect();
        return Err(Report::of(format!("there is no team {unknown}; there are: {}", known.join(", "))));
    }
    Ok(worst_case::worst_cases(&prepared.tables, &prepared.plugins, team, worst_case::Period::ahead(now, days)))
}

/// What would happen to an alert that begins to fire at `now`. Nobody is told.
pub fn rehearse(
    path: &Path,
    environment: &Environment,
    labels: Labels,
    annotations: Labels,
    now: Instant,
) -> Result<Vec<Rehearsal>, Report> {
    let prepared = setup::prepare_alone(path, environment)?;
    Ok(rehearse::rehearse(&prepared, labels, annotations, now))
}

/// Sends one message that says it is a test. `receiver`: a full name, or a name that only one team has.
pub async fn send_test(path: &Path, environment: &Environment, receiver: &str) -> Result<Delivery, SendTestError> {
    let prepared = setup::prepare_alone(path, environment).map_err(SendTestError::Configuration)?;
    test_message::send(&prepared, receiver).await
}

pub use test_message::SendTestError;
