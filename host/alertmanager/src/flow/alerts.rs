//! The alerts that there are, merged as Alertmanager merges what is posted again.

use bellwire_core::{AlertInput, Ends, Fingerprint, Instant, Labels, Span};
use hashbrown::HashMap;
use std::sync::Arc;

/// One alert as Alertmanager holds it. What has no end that was said ends when its time is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub labels: Labels,
    pub annotations: Labels,
    pub generator_url: Box<str>,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub updated_at: Instant,
    /// `ends_at` is not what the sender said.
    timed: bool,
}

impl Alert {
    pub fn is_resolved(&self, now: Instant) -> bool {
        self.ends_at <= now
    }

    fn of(now: Instant, input: &AlertInput, resolve_timeout: Span) -> Self {
        let (ends_at, timed) = match input.ends {
            Ends::At(at) | Ends::Resolved(at) => (at, false),
            Ends::Open | Ends::Unsaid => (now.saturating_add(resolve_timeout), true),
        };
        let starts_at = input.starts_at.unwrap_or(if timed { now } else { ends_at });
        Self {
            labels: input.labels.clone(),
            annotations: input.annotations.clone(),
            generator_url: input.generator_url.clone(),
            starts_at,
            ends_at,
            updated_at: now,
            timed,
        }
    }

    /// As it was, and as it is posted now, if the two overlap in time.
    fn merged(self, old: &Self, now: Instant) -> Self {
        let overlaps = (self.ends_at > old.starts_at && self.ends_at < old.ends_at)
            || (self.starts_at > old.starts_at && self.starts_at < old.ends_at);
        if !overlaps {
            return self;
        }
        let mut merged = self;
        merged.starts_at = merged.starts_at.min(old.starts_at);
        if merged.is_resolved(now) {
            if old.is_resolved(now) {
                merged.ends_at = merged.ends_at.max(old.ends_at);
            }
        } else if !old.timed {
            // A later end that was said counts more than one of time running out.
            merged.ends_at = merged.ends_at.max(old.ends_at);
        }
        merged
    }
}

#[derive(Default)]
pub(super) struct Alerts(HashMap<Fingerprint, Arc<Alert>>);

impl Alerts {
    pub fn post(&mut self, now: Instant, input: &AlertInput, resolve_timeout: Span) -> Arc<Alert> {
        let fingerprint = input.labels.fingerprint();
        let alert = Alert::of(now, input, resolve_timeout);
        let alert = match self.0.get(&fingerprint) {
            Some(old) => alert.merged(old, now),
            None => alert,
        };
        let alert = Arc::new(alert);
        self.0.insert(fingerprint, alert.clone());
        alert
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Fingerprint, &Arc<Alert>)> {
        self.0.iter()
    }

    pub fn forget_resolved(&mut self, now: Instant) {
        self.0.retain(|_, alert| !alert.is_resolved(now));
    }
}
