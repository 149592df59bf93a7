//! The rest of Alertmanager's API, version 2: what `amtool`, Grafana and other dashboards read and write. The alerts that
//! come in this way are [`crate::ingest`]'s.
//!
//! Shapes, order and statuses are Alertmanager's (0.25 to 0.33), and so is what its clients can read of an error: a 400 is
//! a bare JSON text.

pub(crate) mod alerts;
mod configuration;
pub(crate) mod groups;
mod parameters;
pub(crate) mod receivers;
pub(crate) mod silences;
pub(crate) mod status;
mod stream;
mod wanted;
mod wire;

use crate::problem::Problem;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bellwire_core::Instant;
use jiff::fmt::temporal::DateTimePrinter;

/// An answer that is not what was asked for.
pub(crate) enum Refusal {
    /// As Alertmanager's handlers say it: the text alone.
    Said(StatusCode, String),
    /// As its checks of requests say it: with a code.
    Coded(Problem),
}

impl Refusal {
    fn bad(message: impl Into<String>) -> Self {
        Self::Said(StatusCode::BAD_REQUEST, message.into())
    }

    /// A value of the wrong form (601), something that is missing (602), too few of something (612).
    fn invalid(code: u16, message: impl Into<String>) -> Self {
        Self::Coded(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, message).with_code(code))
    }
}

impl<T: Into<Problem>> From<T> for Refusal {
    fn from(problem: T) -> Self {
        Self::Coded(problem.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Said(status, message) => (status, Json(message)).into_response(),
            Self::Coded(problem) => problem.into_response(),
        }
    }
}

/// What stands for "no time" in Go.
const NEVER: &str = "0001-01-01T00:00:00.000Z";

/// As Alertmanager writes it: in UTC, with milliseconds.
fn stamp(instant: Instant) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    PRINTER.timestamp_to_string(&crate::when::to_jiff(instant))
}
