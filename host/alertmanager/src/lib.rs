//! Alertmanager's configuration: read as Alertmanager 0.28 reads it, with its defaults, its inheritance and its checks,
//! every value with its place; and Bellwire's, written from it (`import`).
//!
//! Pure: texts in, values and texts out. It touches no file, no clock and no socket.
#![cfg_attr(test, expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking"))]

mod config;
mod duration;
pub mod flow;
mod import;
mod intervals;
mod kinds;
mod matchers;
mod reader;
mod receivers;
mod regex;
mod report;
mod route;
mod settings;
mod yaml;

pub use config::{Config, InhibitRule};
pub use import::{Imported, Left, import};
pub use intervals::{Interval, Period};
pub use kinds::Kind;
pub use matchers::{Matcher, all_match, parse as parse_matchers};
pub use receivers::{Integration, Receiver};
pub use report::{Diagnostic, Located, Place, Point, Report};
pub use route::{Inherited, Options, Route};
pub use settings::{Section, Setting, host_port};
