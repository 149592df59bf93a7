//! axum: ingest, API, auth, metrics endpoint.
//!
//! This room turns bytes into alerts and views into JSON. It touches sockets and its own limits; it reads no clock but
//! tokio's, starts no task of its own, and knows the engine only through [`Backend`], which `app` implements.

mod api;
mod auth;
mod backend;
mod body;
pub mod decode;
mod ingest;
mod measure;
mod openapi;
mod operations;
mod page;
mod problem;
mod sentence;
mod server;
mod settings;
mod tls;
mod view;

pub use api::{ActReply, ActRequest, ActResult, IncidentList, Via};
pub use backend::{
    Acted, ActionLink, Backend, IncidentQuery, LinkRefusal, Readiness, ReloadError, StateFilter, Unavailable,
};
pub use measure::{BODY_BYTES, METRICS, describe_metrics};
pub use problem::ErrorBody;
pub use sentence::sentence;
pub use server::{Server, router};
pub use settings::{Credential, MetricsAccess, Settings};
pub use tls::{Tls, TlsError};
pub use view::{AcknowledgementView, AlertView, IncidentDetail, IncidentSummary, NoticeView, TimelineEntry};
