//! axum: ingest, API, auth, metrics endpoint.
//!
//! This room turns bytes into alerts and views into JSON. It touches sockets and its own limits; it reads no clock but
//! tokio's, starts no task of its own, and knows the engine only through [`Backend`], which `app` implements.

mod act;
mod api;
mod auth;
mod backend;
mod body;
pub mod decode;
mod heartbeat;
mod ingest;
mod integrations;
mod measure;
mod named;
mod on_call;
mod openapi;
mod operations;
mod page;
mod problem;
mod report;
mod sentence;
mod server;
mod settings;
mod source;
mod tls;
mod v2;
mod view;
mod when;

pub use act::{ActReply, ActRequest, ActResult, ReassignRequest, SnoozeRequest, Via};
pub use api::IncidentList;
pub use backend::{
    Acted, ActionLink, Backend, IncidentQuery, LinkRefusal, Readiness, ReloadError, ReportQuery, StateFilter,
    Unavailable, Unread, Webhook,
};
pub use measure::{BODY_BYTES, METRICS, describe_metrics};
pub use on_call::{
    Because, DutyView, GapList, GapView, MadeOverride, NewOverride, OnCallList, Origin, OverrideList, OverrideView,
    StandingView, StretchList, StretchView, changes_nothing,
};
pub use problem::ErrorBody;
pub use report::{
    AlertNoiseView, DeliveryFailuresView, FiguresView, PagesView, PolicyFaultsView, RenderError, ReportFormat,
    ReportView, TimesView, UnattendedView, render_report, report_subject,
};
pub use sentence::sentence;
pub use server::{Server, router};
pub use settings::{Credential, Integrations, MetricsAccess, Settings};
pub use tls::{Tls, TlsError};
pub use view::{
    AcknowledgementView, AlertView, FlappingView, IncidentDetail, IncidentSummary, NoticeView, SuppressedView,
    SuppressorView, TimelineEntry,
};
