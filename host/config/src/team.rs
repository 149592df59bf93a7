//! A routes file: a team with its people, schedules, receivers, windows, policies and routes.

use crate::{
    calendars::{self, Feed, Reading},
    channels::ChannelSource,
    heartbeats,
    host::Host,
    inhibitions, keys, people,
    plugins::{self, PluginUse},
    reader::{Entry, Fields},
    receivers::{self, DeclaredReceivers},
    report::Place,
    reports::{self, ReportPlan},
    routes::Routes,
    schedules::{self, Known},
    silences,
    targets::Names,
    windows,
};
use bellwire_core::{Instant, Policy, Receiver, Route, Span, Team, Wants, Window};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

const DAY: Span = Span::from_secs(86_400);
const LAST_RESORT_AFTER: Span = Span::from_secs(600);

/// A policy and where its plugin and settings come from.
#[derive(Clone, Debug)]
pub struct PolicySource {
    pub team: Arc<str>,
    pub policy: Arc<str>,
    pub plugin: PluginUse,
}

/// A team, and what is needed to complete and to judge it.
pub(crate) struct TeamFile<'a> {
    pub team: Team,
    pub name_place: Place,
    pub receivers: DeclaredReceivers<'a>,
    pub policies: Vec<PolicySource>,
    /// Those behind people's contacts.
    pub contacts: Vec<Receiver>,
    /// Of those contacts that a plugin speaks for.
    pub channels: BTreeMap<Arc<str>, ChannelSource>,
    pub schedule_places: BTreeMap<Arc<str>, Place>,
    pub override_places: BTreeMap<Arc<str>, Place>,
    /// Full names of the receivers that routes fall back to.
    pub fallbacks: BTreeSet<Arc<str>>,
    pub feeds: Vec<Feed>,
    pub reports: Vec<ReportPlan>,
}

pub(crate) fn read<'a>(fields: &Fields<'a>, host: &Host<'a>, now: Instant) -> TeamFile<'a> {
    let (name, name_place) = name(fields);
    let mut receivers = receivers::declare(fields.entries("receivers"), Some(&name), &host.services);
    for (name, declared) in receivers.iter().filter(|(name, _)| host.receivers.contains_key(*name)) {
        fields.scope.notes.error(
            declared.place.clone(),
            format!("bellwire.toml has a receiver `{name}` for all teams already"),
            "one name means one receiver: give this one another name",
        );
    }
    receivers::link(&mut receivers, &host.receivers);
    let all = host.receivers.iter().chain(&receivers);
    let full_names: BTreeMap<_, _> = all.map(|(name, declared)| (name.clone(), declared.full_name.clone())).collect();
    let reading = Reading { team: &name, cache: &host.calendar_cache, now };
    let calendars = calendars::read(fields.entries("calendars"), reading);
    let people = people::read(fields.entries("people"), &name, &host.services);
    let known = Known { team: &name, people: &people, calendars: &calendars };
    let schedules = schedules::read(fields.entries("schedules"), known);
    let windows = fields.entries("windows");
    let windows = windows.iter().filter_map(|entry| windows::window(entry, &calendars));
    let windows = windows.map(|window| (window.name.clone(), window)).collect();
    let entries = fields.entries("policies");
    let sources: Vec<_> = entries.iter().filter_map(|entry| policy(entry, &name, &host.plugins)).collect();
    let policies = sources.iter().map(|source| (source.policy.clone(), source.without_wants())).collect();
    let root = root(fields, &name, &full_names, &policies, &windows);
    let mut fallbacks = BTreeSet::new();
    gather_fallbacks(&root, &mut fallbacks);
    let names = Names { receivers: &full_names, people: &people.by_name, schedules: &schedules.by_name };
    let last_resort = fields.get("last_resort").map(|value| names.targets(&value)).unwrap_or_default();
    let reports = reports::read(fields, &name, &full_names);
    let last_resort_after = fields.duration("last_resort_after", Span::ZERO..=DAY, LAST_RESORT_AFTER);
    let matchers = fields.get("match").map(|value| value.matchers()).unwrap_or_default();
    let team = Team {
        matchers,
        root,
        receivers: full_names,
        policies,
        people: people.by_name,
        schedules: schedules.by_name,
        silences: silences::read(fields, &windows),
        windows,
        inhibitions: inhibitions::read(fields, &host.inhibitions),
        heartbeats: heartbeats::read(fields),
        last_resort,
        last_resort_after,
        name,
    };
    TeamFile {
        team,
        name_place,
        receivers,
        contacts: people.receivers,
        channels: people.channels,
        schedule_places: schedules.places,
        override_places: schedules.override_places,
        policies: sources,
        fallbacks,
        feeds: calendars.feeds,
        reports,
    }
}

fn root(
    fields: &Fields<'_>,
    team: &str,
    receivers: &BTreeMap<Arc<str>, Arc<str>>,
    policies: &BTreeMap<Arc<str>, Policy>,
    windows: &BTreeMap<Arc<str>, Window>,
) -> Route {
    let (used_policies, names) = (BTreeSet::new(), BTreeMap::new());
    let mut routes = Routes { team, receivers, policies, windows, used_policies, names };
    let root = routes.root(fields);
    for entry in fields.entries("policies").iter().filter(|entry| !routes.used_policies.contains(&entry.name)) {
        let message = format!("no route uses the policy `{}`", entry.name);
        fields.scope.notes.warning(entry.place.clone(), message, "");
    }
    root
}

fn gather_fallbacks(route: &Route, into: &mut BTreeSet<Arc<str>>) {
    into.extend(route.fallback.iter().cloned());
    route.routes.iter().for_each(|child| gather_fallbacks(child, into));
}

fn name(fields: &Fields<'_>) -> (Arc<str>, Place) {
    let Some(value) = fields.require("team", "the team's name, as in team = \"payments\"") else {
        return (fields.scope.file.name.clone(), fields.place());
    };
    let name = value.text().unwrap_or_default();
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=40).contains(&name.len()) || !name.bytes().all(sound) {
        value.error(
            format!("`{name}` cannot be a team's name"),
            "lower-case letters, digits and `-`, at most 40 of them",
        );
    }
    (name.into(), value.place())
}

fn policy(entry: &Entry<'_>, team: &Arc<str>, folder: &Path) -> Option<PolicySource> {
    let fields = entry.value.fields(keys::POLICY)?;
    Some(PolicySource { team: team.clone(), policy: entry.name.clone(), plugin: plugins::used(&fields, folder) })
}

impl PolicySource {
    fn without_wants(&self) -> Policy {
        Policy {
            name: self.policy.clone(),
            plugin: self.plugin.source.name.clone(),
            settings: self.plugin.settings.clone(),
            wants: Wants::default(),
            zones: Vec::new(),
        }
    }
}
