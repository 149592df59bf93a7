//! A source: any sender's webhook in, alerts out.

use crate::{
    bindings::{self, source},
    call::Answer,
    guest::{Description, Guest, Problem},
    json_door,
};
use bellwire_core::{AlertInput, Ends, Instant, Labels, PluginFault};

/// A source, ready to be called from any thread.
pub struct Source(pub(crate) Guest<bindings::Source>);

/// A webhook as it came in, without credentials: whoever builds this has checked them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// When it came.
    pub now: Instant,
    /// In lower case and without parameters, such as `application/json`; empty if the sender did not say.
    pub content_type: String,
    /// Of its address, in order.
    pub query: Vec<(String, String)>,
    /// Those that [`SourceWants`] names, by their names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What the host must hand over to a source with these settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceWants {
    /// Names of headers, as the source has them: not yet checked for those that carry credentials.
    pub headers: Vec<String>,
}

/// How a webhook was converted, and what came of it.
pub type Conversion = Answer<Converted, SourceFault>;

/// What a source made of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    pub alerts: Vec<AlertInput>,
    /// Alerts that cannot be taken, by their place in the source's answer: they cost their neighbours nothing.
    pub unusable: Vec<Unusable>,
    /// Alerts beyond the most that one webhook may bring: not looked at.
    pub beyond: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// Counts from 0, over all alerts of the answer.
    pub index: usize,
    pub message: String,
}

/// Why a webhook brought no alerts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceFault {
    /// The sender's fault, and for the sender to see.
    #[error("the body is not what this source reads: {0}")]
    Malformed(String),
    #[error(transparent)]
    Plugin(#[from] PluginFault),
}

impl Source {
    /// SHA-256 of the bytes that it was loaded from, in hex.
    pub fn hash(&self) -> &str {
        self.0.hash()
    }

    pub fn describe(&self) -> Result<Description, PluginFault> {
        self.0.describe()
    }

    /// Every problem of the settings, a JSON document; or what the host must hand over to a source with them.
    pub fn check(&self, settings: &str) -> Result<Result<SourceWants, Vec<Problem>>, PluginFault> {
        let component =
            |guest: &source::Guest, store: &mut _| Ok(Ok(source::verdict(guest.call_check(store, settings)?)));
        self.0.ask(&self.0.runtime.limits.usual(), component, || json_door::check_source(settings)).result
    }

    /// With more fuel and time the larger the body is.
    pub fn convert(&self, settings: &str, webhook: &Webhook) -> Conversion {
        let limits = &self.0.runtime.limits;
        let converted = self.0.ask(
            &limits.conversion(webhook.body.len()),
            |guest, store| {
                let answer = source::with_webhook(webhook, |webhook| guest.call_convert(store, settings, webhook))?;
                Ok(source::incoming(answer))
            },
            || json_door::convert(settings, webhook, limits.memory_bytes_max),
        );
        converted.map_result(|incoming| Ok(Converted::of(incoming?, webhook.now, limits.alerts_max)))
    }
}

/// An alert as a source gives it, through either door.
pub(crate) struct Incoming {
    pub labels: Vec<(String, String)>,
    pub annotations: Vec<(String, String)>,
    pub starts_at: Option<Instant>,
    pub ends_at: Option<Instant>,
    pub generator_url: String,
}

impl Converted {
    fn of(incoming: Vec<Incoming>, now: Instant, alerts_max: usize) -> Self {
        let mut converted = Self { beyond: incoming.len().saturating_sub(alerts_max), ..Self::default() };
        for (index, alert) in incoming.into_iter().take(alerts_max).enumerate() {
            match alert.checked(now) {
                Ok(alert) => converted.alerts.push(alert),
                Err(message) => converted.unusable.push(Unusable { index, message }),
            }
        }
        converted
    }
}

impl Incoming {
    /// As strict as with Alertmanager's own webhook.
    fn checked(self, now: Instant) -> Result<AlertInput, String> {
        let Self { labels, annotations, starts_at, ends_at, generator_url } = self;
        nameless("labels", &labels)?;
        nameless("annotations", &annotations)?;
        if labels.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err("labels holds a NUL character".into());
        }
        // Annotations are only shown, so a NUL in one, which no database wants, is no reason to lose the alert.
        let annotations = annotations.into_iter().map(|(name, value)| (without_nul(name), without_nul(value)));
        Ok(AlertInput {
            labels: Labels::from_pairs(labels),
            annotations: Labels::from_pairs(annotations),
            starts_at,
            ends: match ends_at {
                None => Ends::Open,
                Some(at) if at > now => Ends::At(at),
                Some(at) => Ends::Resolved(at),
            },
            generator_url: without_nul(generator_url).into(),
        })
    }
}

fn nameless(field: &str, pairs: &[(String, String)]) -> Result<(), String> {
    match pairs.iter().any(|(name, _)| name.is_empty()) {
        true => Err(format!("{field} holds an empty name")),
        false => Ok(()),
    }
}

fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}
