//! Reading facts: what a policy asks of them, by name.

use crate::{Alert, AlertState, Civil, Facts, Incident, Instant, OnCall, Outcome, Pair, Sent, Window};

impl Facts {
    /// None if the routes file has no such window, or `check` did not ask for it.
    pub fn window(&self, name: &str) -> Option<&Window> {
        self.windows.iter().find(|window| window.name == name)
    }

    /// None if `check` did not ask for the zone.
    pub fn civil(&self, zone: &str) -> Option<&Civil> {
        self.civil.iter().find(|civil| civil.zone == zone)
    }

    /// None if `check` did not ask for the schedule.
    pub fn on_call(&self, schedule: &str) -> Option<&OnCall> {
        self.on_call.iter().find(|on_call| on_call.schedule == schedule)
    }
}

impl Incident {
    /// An `ext` pair of the host's: milliseconds, in decimal digits.
    pub(crate) const ESCALATED_AT: &str = "escalated-at";

    pub fn firing_alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().filter(|alert| alert.is_firing())
    }

    /// The notices with this key, one for each target it went to. None before the host took them.
    pub fn sent<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Sent> {
        self.sent.iter().filter(move |sent| sent.key == key)
    }

    /// When somebody last asked for the next step. It is due if nothing was sent at or after this instant.
    pub fn escalated_at(&self) -> Option<Instant> {
        value(&self.ext, Self::ESCALATED_AT)?.parse().ok()
    }

    /// A label that all alerts of the incident share.
    pub fn group(&self, name: &str) -> Option<&str> {
        value(&self.group, name)
    }
}

impl Alert {
    pub fn label(&self, name: &str) -> Option<&str> {
        value(&self.labels, name)
    }

    pub fn annotation(&self, name: &str) -> Option<&str> {
        value(&self.annotations, name)
    }

    pub fn is_firing(&self) -> bool {
        match self.state {
            AlertState::Firing => true,
            AlertState::Resolved => false,
        }
    }
}

impl Sent {
    /// The host's own keys of what somebody was told because the incident was handed over.
    pub(crate) const REASSIGNED: &str = "bellwire:reassigned-";

    /// Was it not the policy's, but told to somebody because a person handed the incident over?
    pub fn is_reassignment(&self) -> bool {
        self.key.starts_with(Self::REASSIGNED)
    }

    /// Did it end without reaching anybody?
    pub fn was_lost(&self) -> bool {
        match self.outcome {
            Outcome::Failed | Outcome::Nobody => true,
            Outcome::Pending | Outcome::Delivered => false,
        }
    }
}

/// Of the first pair with this name.
pub(crate) fn value<'a>(pairs: &'a [Pair], name: &str) -> Option<&'a str> {
    pairs.iter().find(|pair| pair.name == name).map(|pair| pair.value.as_str())
}
