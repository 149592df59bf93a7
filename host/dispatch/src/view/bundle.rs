//! What a summary of many notices can tell: how many, and the most urgent of them.

use super::{NAME_CHARS_MAX, PLACES, incident_link, summary};
use crate::{
    moment::Clockface,
    text::{clip, count, link},
};
use bellwire_core::{Bundle, Bundled, Message, NoticeKind, Priority};
use serde::Serialize;
use std::collections::BTreeSet;

/// A heading names no more different alerts.
const NAMES_SHOWN_MAX: usize = 3;

#[derive(Clone, Serialize)]
pub(crate) struct BundleView {
    /// What and how many: `12 P2 incidents`, `3 incidents resolved`.
    pub heading: String,
    /// The different names of those that are shown: `InstanceDown, DiskFull and 2 more`.
    pub names: String,
    pub count: u32,
    /// The most urgent first; `more` says how many are not shown.
    pub shown: Vec<BundledView>,
    pub more: u32,
    /// The list of them in this Bellwire, if its address is known.
    pub link: Option<String>,
}

#[derive(Clone, Serialize)]
pub(crate) struct BundledView {
    pub incident: String,
    pub kind: NoticeKind,
    /// What is special about it, in a few words; none for what a policy decided.
    pub note: Option<&'static str>,
    pub priority: Option<Priority>,
    /// What, where and why of its newest alert; each may be empty.
    pub name: String,
    #[serde(rename = "where")]
    pub place: String,
    pub summary: String,
    pub opened_at: String,
    /// For people: `03:12 UTC`.
    pub since: String,
    pub firing: u32,
    pub link: Option<String>,
}

impl BundleView {
    pub fn new(bundle: &Bundle, message: &Message, clockface: Clockface<'_>, external_url: Option<&str>) -> Self {
        let verb = verb(bundle, message.kind);
        let same_news = bundle.shown.iter().all(|one| verb.is_some() && one.kind == message.kind);
        let shown: Vec<BundledView> = bundle
            .shown
            .iter()
            // What the heading says of all is not said again of each.
            .map(|one| BundledView {
                note: if same_news { None } else { note(one.kind) },
                ..BundledView::new(one, message, clockface, external_url)
            })
            .collect();
        Self {
            heading: heading(bundle, verb),
            names: names(&shown),
            count: bundle.count,
            more: bundle.count.saturating_sub(u32::try_from(shown.len()).unwrap_or(u32::MAX)),
            link: external_url.and_then(|base| list_link(base, bundle, message.kind)),
            shown,
        }
    }
}

impl BundledView {
    fn new(one: &Bundled, message: &Message, clockface: Clockface<'_>, external_url: Option<&str>) -> Self {
        let label = |name: &str| one.alert.as_ref().map_or("", |alert| alert.labels.get(name));
        let id = one.incident.to_string();
        let place = PLACES.into_iter().map(label).find(|place| !place.is_empty()).unwrap_or_default();
        Self {
            kind: one.kind,
            note: note(one.kind),
            priority: one.priority,
            name: clip(label("alertname"), NAME_CHARS_MAX),
            place: clip(place, NAME_CHARS_MAX),
            summary: one.alert.as_ref().map(|alert| summary(alert)).unwrap_or_default(),
            opened_at: one.opened_at.to_string(),
            since: clockface.show_briefly(one.opened_at, message.now),
            firing: one.firing,
            link: external_url.and_then(|base| incident_link(base, &id)),
            incident: id,
        }
    }
}

/// `12 P2 incidents`, `3 incidents resolved`; `notices` if an incident is in it more than once.
fn heading(bundle: &Bundle, verb: Option<&str>) -> String {
    let incidents: BTreeSet<_> = bundle.shown.iter().map(|one| &one.incident).collect();
    let noun = if incidents.len() == bundle.shown.len() { "incident" } else { "notice" };
    let same = bundle.shown.first().and_then(|first| first.priority);
    let priority = same.filter(|_| bundle.shown.iter().all(|one| one.priority == same));
    let noun = match (priority, verb) {
        (Some(priority), None) => format!("{priority} {noun}"),
        (Some(_), Some(_)) | (None, _) => noun.to_owned(),
    };
    let counted = count(bundle.count as usize, &noun);
    verb.map_or(counted.clone(), |verb| format!("{counted} {verb}"))
}

/// What became of all of them; none if they are told for the first time.
fn verb(bundle: &Bundle, kind: NoticeKind) -> Option<&'static str> {
    let is_same = bundle.shown.iter().all(|one| one.kind == kind);
    match kind {
        _ if !kind.is_update() => None,
        _ if !is_same => Some("changed"),
        NoticeKind::Acknowledged => Some("acknowledged"),
        NoticeKind::Unacknowledged => Some("no longer acknowledged"),
        NoticeKind::Snoozed => Some("snoozed"),
        NoticeKind::Resolved => Some("resolved"),
        NoticeKind::PriorityChanged => Some("changed priority"),
        NoticeKind::Decided
        | NoticeKind::PolicyFault
        | NoticeKind::Failover
        | NoticeKind::AlertsJoined
        | NoticeKind::Reassigned
        | NoticeKind::LastResort
        | NoticeKind::Flapping => Some("changed"),
    }
}

fn note(kind: NoticeKind) -> Option<&'static str> {
    Some(match kind {
        NoticeKind::Decided => return None,
        NoticeKind::PolicyFault => "its policy failed",
        NoticeKind::Failover => "another receiver could not be reached",
        NoticeKind::AlertsJoined => "more alerts",
        NoticeKind::Reassigned => "reassigned",
        NoticeKind::LastResort => "nobody acknowledged",
        NoticeKind::Flapping => "flapping",
        NoticeKind::Acknowledged => "acknowledged",
        NoticeKind::Unacknowledged => "no longer acknowledged",
        NoticeKind::Snoozed => "snoozed",
        NoticeKind::PriorityChanged => "new priority",
        NoticeKind::Resolved => "resolved",
    })
}

fn names(shown: &[BundledView]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for one in shown.iter().filter(|one| !one.name.is_empty()) {
        if !names.contains(&one.name.as_str()) {
            names.push(&one.name);
        }
    }
    let others = names.len().saturating_sub(NAMES_SHOWN_MAX);
    names.truncate(NAMES_SHOWN_MAX);
    let names = names.join(", ");
    if others > 0 { format!("{names} and {others} more") } else { names }
}

/// Of the team, if they are all one team's; of what is open, unless that is over.
fn list_link(base: &str, bundle: &Bundle, kind: NoticeKind) -> Option<String> {
    let teams: BTreeSet<&str> = bundle.shown.iter().map(|one| &*one.incident.team).collect();
    let mut filters = Vec::new();
    if let (Some(team), 1) = (teams.first(), teams.len()) {
        filters.push(format!("team={team}"));
    }
    if !kind.is_update() {
        filters.push("state=open".to_owned());
    }
    let query = if filters.is_empty() { String::new() } else { format!("?{}", filters.join("&")) };
    link(&format!("{}/incidents{query}", base.trim_end_matches('/')))
}
