//! The tree of a team's routes.

use crate::{
    file::at_most,
    keys,
    reader::{Fields, Value, names},
    report::Place,
    silences::known_windows,
    suggest,
};
use bellwire_core::{FlapLimits, GroupBy, Matchers, Policy, Route, Span, Window};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use toml::de::DeValue;

const DEPTH_MAX: usize = 16;
const ROUTES_MAX: usize = 1_000;
const LABELS_MAX: usize = 64;
const RECEIVERS_MAX: usize = 20;
const DAY: Span = Span::from_secs(86_400);
const NAME_BYTES_MAX: usize = 500;
const FLAPPING: FlapLimits = FlapLimits { opens: 5, within: Span::from_secs(1_800), stable: Span::from_secs(300) };

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
    flapping: Option<FlapLimits>,
    mute: Vec<Arc<str>>,
    active: Vec<Arc<str>>,
}

/// Reads the tree of routes.
pub(crate) struct Routes<'r> {
    pub team: &'r str,
    /// By the name that the team uses → full name.
    pub receivers: &'r BTreeMap<Arc<str>, Arc<str>>,
    pub policies: &'r BTreeMap<Arc<str>, Policy>,
    pub windows: &'r BTreeMap<Arc<str>, Window>,
    pub used_policies: BTreeSet<Arc<str>>,
    pub names: BTreeMap<Arc<str>, Place>,
}

impl Routes<'_> {
    pub fn root(&mut self, team: &Fields<'_>) -> Route {
        let defaults = Inherited {
            name: None,
            policy: None,
            fallback: Vec::new(),
            group_by: GroupBy::Labels(vec!["alertname".into()]),
            group_wait: Span::from_secs(5),
            group_interval: Span::from_secs(30),
            reopen_window: Span::from_secs(300),
            flapping: Some(FLAPPING),
            mute: Vec::new(),
            active: Vec::new(),
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
            flapping: fields.get("flapping").map_or(above.flapping, |value| flapping(&value)),
            mute: fields.get("mute").map_or(above.mute, |value| known_windows(&value, self.windows)),
            active: fields.get("active").map_or(above.active, |value| known_windows(&value, self.windows)),
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
                    let help = suggest::remedy(&name, names(self.receivers), none);
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
            flapping: self.flapping,
            mute: self.mute,
            active: self.active,
            routes: Vec::new(),
        }
    }
}

/// `false`: opening often is nothing special.
fn flapping(value: &Value<'_>) -> Option<FlapLimits> {
    match value.value {
        DeValue::Boolean(false) => None,
        DeValue::Table(_) => value.fields(keys::FLAPPING).map(|fields| FlapLimits {
            opens: fields.whole("opens", 2..=1_000, FLAPPING.opens),
            within: fields.duration("within", Span::from_secs(60)..=DAY, FLAPPING.within),
            stable: fields.duration("stable", Span::from_secs(1)..=DAY, FLAPPING.stable),
        }),
        _ => {
            let help = "flapping = { opens = 5, within = \"30m\", stable = \"5m\" }, or flapping = false";
            value.error("`flapping` says when an incident that opens often is held", help);
            None
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
