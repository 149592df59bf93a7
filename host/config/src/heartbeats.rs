//! `[heartbeats.NAME]` of a routes file: what says regularly that it is alive.

use crate::{
    keys, matching,
    reader::{Entry, Fields, at_most_entries},
    sources,
};
use bellwire_core::{Heartbeat, Labels, Span};

const HEARTBEATS_MAX: usize = 1_000;
const SECOND: Span = Span::from_secs(1);
const YEAR: Span = Span::from_secs(366 * 86_400);
/// Of the alert that a heartbeat was missed; by these it is known again.
const RESERVED: [&str; 3] = ["alertname", "heartbeat", "team"];

pub(crate) fn read(team: &Fields<'_>) -> Vec<Heartbeat> {
    let entries = team.entries("heartbeats");
    at_most_entries(&entries, HEARTBEATS_MAX, "heartbeats");
    entries.iter().take(HEARTBEATS_MAX).filter_map(heartbeat).collect()
}

fn heartbeat(entry: &Entry<'_>) -> Option<Heartbeat> {
    let fields = entry.value.fields(keys::HEARTBEAT)?;
    let matchers = fields.get("match");
    let matchers = matchers.map(|value| {
        let matchers = matching::filled(&value, "every alert would be a beat, and open no incident");
        if matchers.as_ref().is_some_and(|matchers| matchers.matches(&Labels::default())) {
            let help = "name a label that must be there, as in 'alertname=\"Watchdog\"'";
            value.error("each of these matchers matches a label that is missing, so every alert would be a beat", help);
        }
        matchers
    });
    let help = "every = \"1m\": how often it is heard of at least";
    let every = fields.require("every", help).and_then(|value| value.duration(SECOND..=YEAR));
    let grace = fields.duration("grace", Span::ZERO..=YEAR, every.unwrap_or(SECOND));
    let labels = fields.get("labels").map(|value| {
        let labels = sources::labels(&value);
        for name in RESERVED.iter().filter(|name| !labels.get(name).is_empty()) {
            value.error(format!("the label `{name}` is Bellwire's own here"), "labels = { severity = \"warning\" }");
        }
        labels
    });
    Some(Heartbeat {
        name: entry.name.clone(),
        // What is wrong with the matchers has been said.
        matchers: matchers.flatten(),
        every: every?,
        grace,
        labels: labels.unwrap_or_default(),
    })
}
