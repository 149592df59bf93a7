//! What each integration was told of a group last: by which Alertmanager decides whether there is something to tell.

use bellwire_core::{Fingerprint, Instant, Span};
use std::collections::BTreeSet;

/// Alerts by their state, as they are told or were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub firing: BTreeSet<Fingerprint>,
    pub resolved: BTreeSet<Fingerprint>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub at: Instant,
    pub told: Told,
}

/// Is there something to tell?
pub(super) fn is_news(now: Instant, entry: Option<&Entry>, told: &Told, sends_resolved: bool, repeat: Span) -> bool {
    let Some(entry) = entry else { return !told.firing.is_empty() };
    if !told.firing.is_subset(&entry.told.firing) {
        return true;
    }
    if told.firing.is_empty() {
        // Also of one that does not hear of ends: what fired before is forgotten with it.
        return !entry.told.firing.is_empty();
    }
    if sends_resolved && !told.resolved.is_subset(&entry.told.resolved) {
        return true;
    }
    entry.at.saturating_add(repeat) < now
}
