//! Bytes to alerts: pure functions of a body and the time. Touches nothing else.
//!
//! A body is read once, straight from its bytes, and each alert is packed as it is read. Only when that fails is it read
//! again, each alert for itself: so that one bad alert costs its neighbours nothing, and its fault names it.

mod date;
mod json;
mod webhook;

use bellwire_core::{AlertInput, Instant, Labels};
use json::{Alerts, Care, Pairs, RawAlert, Text};
use std::borrow::Cow;

pub use webhook::alertmanager;

/// What a body held.
#[derive(Debug, Default)]
pub struct Batch {
    pub alerts: Vec<AlertInput>,
    /// In the order of the body.
    pub faults: Vec<AlertFault>,
    /// Alerts beyond the most that one request may bring: not looked at.
    pub beyond: usize,
    /// Alerts that the sender says it left out.
    pub truncated: u64,
}

/// An alert that was not taken, by its place in the body.
#[derive(Debug, PartialEq, Eq)]
pub struct AlertFault {
    pub index: usize,
    pub kind: FaultKind,
    /// Names the field.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Not of the type or form that it must be.
    Malformed,
    /// A required field is missing.
    Required,
    /// A field has the right type, but a value that it cannot have.
    Invalid,
}

/// Why nothing of a body was taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    #[error("the body is empty")]
    Empty,
    #[error("the body is not UTF-8")]
    NotUtf8,
    #[error("the body cannot be read: {0}")]
    Malformed(String),
    #[error("version must be \"4\", the version of Alertmanager's webhook that is understood")]
    Version,
    #[error("alerts is missing")]
    MissingAlerts,
}

/// The body of `POST /api/v2/alerts`: an array of alerts, or `null` for none.
pub fn prometheus(body: &[u8], alerts_max: usize) -> Result<Batch, BodyFault> {
    let text = text_of(body)?;
    careful_if_needed(alerts_max, Rules::Prometheus, |sink, care| {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        serde::de::DeserializeSeed::deserialize(Alerts { sink, care }, &mut deserializer)?;
        deserializer.end()
    })
    .map(|(batch, ())| batch)
}

fn text_of(body: &[u8]) -> Result<&str, BodyFault> {
    let text = std::str::from_utf8(body).map_err(|_| BodyFault::NotUtf8)?;
    if text.trim_ascii().is_empty() { Err(BodyFault::Empty) } else { Ok(text) }
}

/// Reads in one go, and only if that fails alert by alert.
fn careful_if_needed<T>(
    alerts_max: usize,
    rules: Rules,
    read: impl Fn(&mut Sink, Care) -> Result<T, serde_json::Error>,
) -> Result<(Batch, T), BodyFault> {
    let mut sink = Sink::new(alerts_max, rules);
    if let Ok(value) = read(&mut sink, Care::AllAtOnce) {
        return Ok((sink.batch, value));
    }
    let mut sink = Sink::new(alerts_max, rules);
    let value = read(&mut sink, Care::OneByOne).map_err(|error| BodyFault::Malformed(shortened(&error.to_string())))?;
    Ok((sink.batch, value))
}

/// How an alert's end is told, and how strict the sender is with itself.
#[derive(Clone, Copy)]
enum Rules {
    /// `status` says; `now` is when what resolved without an end did so.
    Webhook { now: Instant },
    /// `endsAt` says.
    Prometheus,
}

/// Takes alerts as they are read.
struct Sink {
    batch: Batch,
    alerts_max: usize,
    rules: Rules,
}

impl Sink {
    fn new(alerts_max: usize, rules: Rules) -> Self {
        Self { batch: Batch::default(), alerts_max, rules }
    }

    fn full(&self) -> bool {
        self.batch.alerts.len() + self.batch.faults.len() >= self.alerts_max
    }

    fn take(&mut self, alert: RawAlert<'_>) {
        match self.rules.checked(alert) {
            Ok(alert) => self.batch.alerts.push(alert),
            Err((kind, message)) => self.refuse(kind, message),
        }
    }

    fn refuse(&mut self, kind: FaultKind, message: String) {
        let index = self.batch.alerts.len() + self.batch.faults.len();
        self.batch.faults.push(AlertFault { index, kind, message });
    }
}

type Fault = (FaultKind, String);

impl Rules {
    fn checked(self, alert: RawAlert<'_>) -> Result<AlertInput, Fault> {
        let labels = alert.labels.ok_or_else(|| (FaultKind::Required, "labels in body is required".to_owned()))?;
        let starts_at = instant("startsAt", alert.starts_at.as_ref())?;
        let ends_at = instant("endsAt", alert.ends_at.as_ref())?;
        Ok(AlertInput {
            labels: packed_labels(labels)?,
            annotations: packed_annotations(alert.annotations.unwrap_or_default())?,
            starts_at,
            ends: self.ends(ends_at, alert.status.as_ref())?,
            generator_url: self.generator_url(alert.generator_url)?,
        })
    }

    fn ends(self, ends_at: Option<Instant>, status: Option<&Text<'_>>) -> Result<bellwire_core::Ends, Fault> {
        use bellwire_core::Ends;
        match self {
            Self::Prometheus => Ok(ends_at.map_or(Ends::Unsaid, Ends::At)),
            Self::Webhook { now } => match status.map(|text| &*text.0) {
                Some("firing") => Ok(Ends::Open),
                Some("resolved") => Ok(Ends::Resolved(ends_at.unwrap_or(now))),
                Some(_) | None => Err((FaultKind::Malformed, "status must be \"firing\" or \"resolved\"".to_owned())),
            },
        }
    }

    /// Prometheus' must be a URI, as Alertmanager has it; a webhook's is kept as it is, for it is only shown.
    fn generator_url(self, url: Option<Text<'_>>) -> Result<Box<str>, Fault> {
        let Some(Text(url)) = url else { return Ok(Box::default()) };
        match self {
            Self::Prometheus if !url.is_empty() && !is_uri(&url) => {
                Err((FaultKind::Invalid, "generatorURL in body must be of type uri".to_owned()))
            }
            Self::Prometheus | Self::Webhook { .. } => Ok(without_nul(url).into()),
        }
    }
}

fn instant(field: &str, text: Option<&Text<'_>>) -> Result<Option<Instant>, Fault> {
    let Some(Text(text)) = text else { return Ok(None) };
    date::instant(text)
        .map_err(|_| (FaultKind::Malformed, format!("{field} is no date of RFC 3339: {:?}", shortened(text))))
}

fn packed_labels(pairs: Pairs<'_>) -> Result<Labels, Fault> {
    // A NUL can only be written as an escape, and only what has escapes is owned.
    let nul = |text: &Text<'_>| matches!(&text.0, Cow::Owned(text) if text.contains('\0'));
    if pairs.0.iter().any(|(name, value)| nul(name) || nul(value)) {
        return Err((FaultKind::Malformed, "labels holds a NUL character".to_owned()));
    }
    nameless("labels", &pairs)?;
    Ok(Labels::from_pairs(pairs.0))
}

/// Annotations are only shown, so a NUL in one, which no database wants, is no reason to lose the alert.
fn packed_annotations(mut pairs: Pairs<'_>) -> Result<Labels, Fault> {
    nameless("annotations", &pairs)?;
    for text in pairs.0.iter_mut().flat_map(|(name, value)| [name, value]) {
        if matches!(text.0, Cow::Owned(_)) {
            text.0 = without_nul(std::mem::take(&mut text.0));
        }
    }
    Ok(Labels::from_pairs(pairs.0))
}

fn nameless(field: &str, pairs: &Pairs<'_>) -> Result<(), Fault> {
    match pairs.0.iter().any(|(name, _)| name.0.is_empty()) {
        true => Err((FaultKind::Malformed, format!("{field} holds an empty name"))),
        false => Ok(()),
    }
}

fn without_nul(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { text }
}

/// An absolute URI, or an absolute path.
fn is_uri(text: &str) -> bool {
    let scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let begins = text.starts_with('/') || text.split_once(':').is_some_and(|(before, _)| scheme(before));
    begins && !text.contains(|character: char| character.is_control() || character == ' ')
}

/// An echo of what was sent stays short.
fn shortened(text: &str) -> String {
    const BYTES_MAX: usize = 300;
    match text.len() > BYTES_MAX {
        true => format!("{}…", &text[..text.floor_char_boundary(BYTES_MAX)]),
        false => text.to_owned(),
    }
}
