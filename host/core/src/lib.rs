//! The domain and the engine: everything that Bellwire knows and decides, as pure functions of their arguments.
//!
//! This room touches nothing else: no clock, no file, no socket, no randomness, no thread. Time comes in as data
//! ([`Instant`], read once a turn by `app`), and what should happen goes out as [`Effects`]. The crate is `no_std`,
//! so a clock or a file in it does not compile.
#![no_std]
#![cfg_attr(test, expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking"))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod alert;
mod channel;
mod effects;
mod engine;
mod event;
mod facts;
mod heartbeat;
mod incident;
mod journal;
mod labels;
mod matcher;
mod message;
mod notice;
mod on_call;
pub mod own;
mod policy;
mod receiver;
mod recipients;
mod report;
mod routing;
mod silence;
mod tables;
mod time;
pub mod wall;
mod window;

pub use alert::{Alert, AlertInput, AlertState, Ends};
pub use channel::{ChannelLink, ChannelMessage, ChannelRequest, ChannelResponse, ChannelStep, ChannelWants, Part};
pub use effects::{Answer, Effects, EvaluateRequest, OverrideRefusal, Refusal, Refused, Write};
pub use engine::{Engine, Firing, FiringIncident, Snapshot};
pub use event::{Action, Event, OverrideRequest, Verdict};
pub use facts::{Civil, Facts, IncidentFacts, OnCall, Sent, SentOutcome, WindowFact};
pub use heartbeat::Heartbeat;
pub use incident::{Acknowledgement, EvaluateReason, Flapping, Incident, IncidentId, IncidentState};
pub use journal::{Entry, Fact, Verdicted};
pub use labels::{Fingerprint, Labels};
pub use matcher::{MatchOperator, Matcher, MatcherError, Matchers};
pub use message::{Bundle, Bundled, Earlier, Message, Told};
pub use notice::{Delivery, Notice, NoticeId, NoticeKind, NoticeState};
pub use on_call::{
    Contact, Cover, Duty, Every, Layer, Override, OverrideChange, Person, Roster, Rotation, Schedule, Shift, Standing,
    Stretch, TurnsBy, Why,
};
pub use policy::{DecidedNotice, Decision, PluginFault, Priority, Target, Wants};
pub use receiver::{
    AllowedHost, ChannelReceiver, EmailReceiver, Encryption, PagerDutyReceiver, Receiver, ReceiverKind, Secret,
    SlackReceiver, WebhookReceiver,
};
pub use recipients::Recipient;
pub use report::{
    AlertNoise, DeliveryFailures, Figures, Pages, PolicyFaults, PriorityFigures, Report, ReportScope, Tally, Times,
    Unattended,
};
pub use routing::Destination;
pub use silence::{
    Inhibition, InhibitionKind, Silence, SilenceRefusal, SilenceRequest, SilenceState, StandingSilence, Suppressed,
    SuppressedBy,
};
pub use tables::{FlapLimits, GroupBy, Limits, Policy, Route, Tables, Team};
pub use time::{Instant, Span};
pub use window::{HoursRange, Window};
