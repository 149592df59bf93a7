//! The only clock, the loop, the wiring of the rooms, reload and stop. `cli` runs it; tests embed it.
//!
//! This is the one room that may see all others, start tasks and threads, and read the time (`clock.rs`).
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may fail by panicking"))]

mod alarm;
mod backend;
mod backlog;
mod busy;
mod clock;
mod feeds;
mod inbox;
mod links;
mod measure;
mod outgoing;
mod recurring;
mod rehearse;
mod reload;
mod reports;
mod running;
mod setup;
mod slack_voice;
mod test_message;
#[cfg(test)]
mod tests;
mod turns;
mod writer;

pub use clock::{Clock, ManualClock};
pub use measure::{Kind, METRICS};
pub use rehearse::Rehearsal;
pub use running::{App, Options, StartError};
pub use setup::{Environment, Report};

/// The shapes of the HTTP API, for those who are its clients.
pub mod api {
    pub use bellwire_http::{
        ActReply, ActRequest, ActResult, Because, DutyView, ErrorBody, GapList, GapView, IncidentDetail, IncidentList,
        IncidentSummary, NewOverride, OnCallList, Origin, OverrideList, OverrideView, ReassignRequest, ReportFormat,
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

/// The configuration, every plugin in it and its settings: every error at once.
pub fn check(path: &Path, environment: &Environment) -> Result<Checked, Report> {
    fn routes(route: &bellwire_core::Route) -> usize {
        1 + route.routes.iter().map(routes).sum::<usize>()
    }
    let prepared = setup::prepare_alone(path, environment)?;
    let tables = &prepared.tables;
    Ok(Checked {
        teams: tables.teams.len(),
        routes: tables.teams.values().map(|team| routes(&team.root)).sum(),
        receivers: tables.receivers.len(),
        policies: prepared.plugins.len(),
        warnings: prepared.warnings,
    })
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
