//! A routes file: a team with its receivers, windows, policies and routes.

use crate::{
    file::at_most,
    host::Host,
    keys,
    reader::{Entry, Fields, Value, names},
    receivers::{self, DeclaredReceivers},
    report::Place,
    suggest, windows,
};
use bellwire_core::{GroupBy, Matchers, Policy, Route, Span, Team, Wants};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::de::DeValue;

const DEPTH_MAX: usize = 16;
const ROUTES_MAX: usize = 1_000;
const LABELS_MAX: usize = 64;
const RECEIVERS_MAX: usize = 20;
const DAY: Span = Span::from_secs(86_400);
const NAME_BYTES_MAX: usize = 500;

/// A policy and where its plugin and settings come from.
#[derive(Clone, Debug)]
pub struct PolicySource {
    pub team: Arc<str>,
    pub policy: Arc<str>,
    /// As the routes file has it.
    pub plugin: Arc<str>,
    /// The plugin's.
    pub file: PathBuf,
    /// A JSON document.
    pub settings: Arc<str>,
    /// Index of the routes file.
    pub(crate) routes_file: usize,
}

/// A team, and what is needed to complete and to judge it.
pub(crate) struct TeamFile<'a> {
    pub team: Team,
    pub name_place: Place,
    pub receivers: DeclaredReceivers<'a>,
    pub policies: Vec<PolicySource>,
    /// Full names of the receivers that routes fall back to.
    pub fallbacks: BTreeSet<Arc<str>>,
}

/// What a route takes from the one above it.
#[derive(Clone)]
struct Inherited {
    /// Of the route above; none: it is the root.
    name: Option<Arc<str>>,
    policy: Option<Arc<str>>,
    fallback: Vec<Arc<str>>,
    group_by: GroupBy,
    group_wait: Span,
    group_interval: Span,
    reopen_window: Span,
}

/// Reads the tree of routes.
struct Routes<'r> {
    team: &'r str,
    receivers: BTreeMap<Arc<str>, Arc<str>>,
    policies: &'r BTreeMap<Arc<str>, Policy>,
    used_policies: BTreeSet<Arc<str>>,
    names: BTreeMap<Arc<str>, Place>,
}

pub(crate) fn read<'a>(fields: &Fields<'a>, host: &Host<'a>) -> TeamFile<'a> {
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
    let windows = fields.entries("windows");
    let windows = windows.iter().filter_map(windows::window).map(|window| (window.name.clone(), window)).collect();
    let entries = fields.entries("policies");
    let sources: Vec<_> = entries.iter().map(|entry| policy(entry, &name, &host.plugins)).collect();
    let policies: BTreeMap<_, _> =
        sources.iter().map(|source| (source.policy.clone(), source.without_wants())).collect();
    let all = host.receivers.iter().chain(&receivers);
    let full_names: BTreeMap<_, _> = all.map(|(name, declared)| (name.clone(), declared.full_name.clone())).collect();
    let mut routes = Routes {
        team: &name,
        receivers: full_names,
        policies: &policies,
        used_policies: BTreeSet::new(),
        names: BTreeMap::new(),
    };
    let root = routes.root(fields);
    for entry in entries.iter().filter(|entry| !routes.used_policies.contains(&entry.name)) {
        let message = format!("no route uses the policy `{}`", entry.name);
        fields.scope.notes.warning(entry.place.clone(), message, "");
    }
    let full_names = routes.receivers;
    let mut fallbacks = BTreeSet::new();
    gather_fallbacks(&root, &mut fallbacks);
    let matchers = fields.get("match").map(|value| value.matchers()).unwrap_or_default();
    let team = Team {
        name,
        matchers,
        root,
        receivers: full_names,
        policies,
        windows,
        people: BTreeMap::new(),
        schedules: BTreeMap::new(),
        last_resort: Vec::new(),
        last_resort_after: Span::from_secs(600),
    };
    TeamFile { team, name_place, receivers, policies: sources, fallbacks }
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

fn policy(entry: &Entry<'_>, team: &Arc<str>, plugins: &Path) -> PolicySource {
    let fields = entry.value.fields(keys::POLICY);
    let plugin = fields.as_ref().and_then(|fields| {
        let value = fields.require("plugin", "the plugin's name, as in plugin = \"standard\"")?;
        let name = value.text()?;
        if !crate::reader::is_name(name) || name.starts_with('.') {
            value.error(
                format!("`{name}` cannot be a plugin's name"),
                "the name of a file in the folder `plugins`, without .wasm",
            );
        }
        Some(name)
    });
    let plugin = plugin.unwrap_or_default();
    let settings = fields.and_then(|fields| fields.get("settings")).map(|value| match value.value {
        DeValue::Table(_) => crate::settings::to_json(&value).unwrap_or_default(),
        _ => {
            value.wrong_kind("a table");
            serde_json::Value::Null
        }
    });
    PolicySource {
        team: team.clone(),
        policy: entry.name.clone(),
        plugin: plugin.into(),
        file: plugins.join(format!("{plugin}.wasm")),
        settings: settings.map_or_else(|| "{}".into(), |settings| settings.to_string().into()),
        routes_file: entry.place.file,
    }
}

impl PolicySource {
    fn without_wants(&self) -> Policy {
        Policy {
            name: self.policy.clone(),
            plugin: self.plugin.clone(),
            settings: self.settings.clone(),
            wants: Wants::default(),
            zones: Vec::new(),
        }
    }
}

impl Routes<'_> {
    fn root(&mut self, team: &Fields<'_>) -> Route {
        let defaults = Inherited {
            name: None,
            policy: None,
            fallback: Vec::new(),
            group_by: GroupBy::Labels(vec!["alertname".into()]),
            group_wait: Span::from_secs(5),
            group_interval: Span::from_secs(30),
            reopen_window: Span::from_secs(300),
        };
        let help = "[route] policy = \"…\" and fallback = [\"…\"]: the root, which takes what no route below it takes";
        let fields = team.require("route", help).and_then(|value| value.fields(keys::ROOT));
        let Some(fields) = fields else {
            return defaults.route(self.team.into(), Matchers::default());
        };
        if !fields.has("fallback") {
            fields.error(
                "`fallback` is missing",
                "fallback = [\"RECEIVER\"]: who hears of an incident when its policy fails, so that nothing is silenced",
            );
        }
        self.route(&fields, defaults, 1)
    }

    fn route(&mut self, fields: &Fields<'_>, above: Inherited, depth: usize) -> Route {
        let is_root = above.name.is_none();
        let matchers = match is_root {
            true => Matchers::default(),
            false => fields.get("match").map(|value| value.matchers()).unwrap_or_default(),
        };
        let name = if is_root { self.team.into() } else { self.name(fields, &above, &matchers) };
        let settings = self.inherit(fields, above, &name);
        let mut route = settings.clone().route(name, matchers);
        route.continues = !is_root && fields.get("continue").and_then(|value| value.flag()).unwrap_or(false);
        let Some(below) = fields.get("routes") else { return route };
        if depth == DEPTH_MAX {
            below.error("routes within routes, too deep", format!("{DEPTH_MAX} levels are taken"));
            return route;
        }
        for value in below.list().unwrap_or_default() {
            if self.names.len() >= ROUTES_MAX {
                below.error("too many routes", at_most(ROUTES_MAX));
                break;
            }
            if let Some(fields) = value.fields(keys::ROUTE) {
                route.routes.push(self.route(&fields, settings.clone(), depth + 1));
            }
        }
        route
    }

    /// Its own name, else made of the matchers' text, so that it is the same after a reload.
    fn name(&mut self, fields: &Fields<'_>, above: &Inherited, matchers: &Matchers) -> Arc<str> {
        let given = fields.get("name").and_then(|value| Some((value.filled()?, value.span)));
        let (name, span): (Arc<str>, _) = match given {
            Some((name, span)) => (name.into(), span),
            None => {
                let own = if matchers.0.is_empty() { "*".to_owned() } else { matchers.to_string() };
                let above = above.name.as_deref().filter(|name| *name != self.team);
                (above.map_or_else(|| own.clone(), |above| format!("{above} / {own}")).into(), fields.span.clone())
            }
        };
        if name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            let help = format!("name = \"…\", at most {NAME_BYTES_MAX} bytes and without control characters");
            fields.scope.error(&span, "this route's name is too long or cannot be printed", help);
        }
        let taken =
            self.names.insert(name.clone(), fields.scope.file.place(span.clone())).is_some() || &*name == self.team;
        if taken {
            fields.scope.error(
                &span,
                format!("another route of this team is `{name}` already"),
                "give it a name of its own with name = \"…\", or make the two one",
            );
        }
        name
    }

    fn inherit(&mut self, fields: &Fields<'_>, above: Inherited, name: &Arc<str>) -> Inherited {
        let policy = match fields.get("policy") {
            Some(value) => Some(self.policy(&value)),
            None => above.policy,
        };
        if policy.is_none() {
            fields.error(
                "`policy` is missing",
                suggest::remedy(
                    "",
                    names(self.policies),
                    "[policies.NAME] plugin = \"standard\", and policy = \"NAME\" here",
                ),
            );
        }
        self.used_policies.extend(policy.clone());
        let fallback = match fields.get("fallback") {
            Some(value) => self.fallback(&value),
            None => above.fallback,
        };
        Inherited {
            name: Some(name.clone()),
            // Below, it is missing no more: once is enough said.
            policy: Some(policy.unwrap_or_default()),
            fallback,
            group_by: fields.get("group_by").map_or(above.group_by, |value| group_by(&value)),
            group_wait: fields.duration("group_wait", Span::ZERO..=DAY, above.group_wait),
            group_interval: fields.duration("group_interval", Span::ZERO..=DAY, above.group_interval),
            reopen_window: fields.duration("reopen_window", Span::ZERO..=DAY, above.reopen_window),
        }
    }

    fn policy(&self, value: &Value<'_>) -> Arc<str> {
        let Some(name) = value.text() else { return Arc::default() };
        if !self.policies.contains_key(name) {
            let none = "[policies.NAME] plugin = \"standard\"";
            value.error(format!("there is no policy `{name}`"), suggest::remedy(name, names(self.policies), none));
        }
        name.into()
    }

    fn fallback(&self, value: &Value<'_>) -> Vec<Arc<str>> {
        let listed = value.listed();
        if listed.is_empty() && matches!(value.value, DeValue::Array(_)) {
            value.error(
                "`fallback` is empty",
                "name at least one receiver, so that an incident whose policy fails is not silenced",
            );
        }
        if listed.len() > RECEIVERS_MAX {
            value.error(format!("{} receivers", listed.len()), at_most(RECEIVERS_MAX));
        }
        let mut fallback = Vec::new();
        for (name, value) in listed {
            match self.receivers.get(&name) {
                Some(full_name) if fallback.contains(full_name) => value.error(format!("`{name}` is here twice"), ""),
                Some(full_name) => fallback.push(full_name.clone()),
                None => {
                    let none = "[receivers.NAME] slack = { channel = \"#…\" }";
                    let help = suggest::remedy(&name, names(&self.receivers), none);
                    value.error(format!("there is no receiver `{name}`"), help);
                }
            }
        }
        fallback
    }
}

impl Inherited {
    fn route(self, name: Arc<str>, matchers: Matchers) -> Route {
        Route {
            name,
            matchers,
            continues: false,
            group_by: self.group_by,
            group_wait: self.group_wait,
            group_interval: self.group_interval,
            reopen_window: self.reopen_window,
            policy: self.policy.unwrap_or_default(),
            fallback: self.fallback,
            flapping: None,
            mute: Vec::new(),
            routes: Vec::new(),
        }
    }
}

fn group_by(value: &Value<'_>) -> GroupBy {
    let listed = value.listed();
    if listed.len() > LABELS_MAX {
        value.error(format!("{} labels", listed.len()), at_most(LABELS_MAX));
    }
    if listed.iter().any(|(name, _)| &**name == "...") {
        if listed.len() > 1 {
            value.error("\"...\" stands for every label, and cannot be beside others", "group_by = [\"...\"]");
        }
        return GroupBy::All;
    }
    for (name, value) in listed.iter().filter(|(name, _)| name.is_empty()) {
        value.error(format!("`{name}` cannot be a label's name"), "");
    }
    let mut labels: Vec<Arc<str>> = listed.into_iter().map(|(name, _)| name).collect();
    labels.sort();
    labels.dedup();
    GroupBy::Labels(labels)
}
