//! A policy for each receiver that tells somebody: one step that tells whom it told, and a priority by severity.

use super::{Draft, page, receivers::Receivers, receivers::Told};
use crate::Route;
use bellwire_core::Span;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// What a decision may list at most, the first telling apart.
const REPETITIONS: usize = 99;
const EVERY_MIN: Span = Span::from_secs(60);
const RULES: &str = r#"settings.default_priority = "P3"
settings.rules = [
    { priority = "P1", labels = { severity = "critical|page|emergency|fatal" } },
    { priority = "P2", labels = { severity = "error|high|major" } },
    { priority = "P4", labels = { severity = "info|informational|low|none|debug" } },
]
"#;

pub(super) struct Policies {
    pub text: String,
    /// By Alertmanager's receiver, and how often it repeats.
    names: BTreeMap<(String, Span), String>,
    /// Of routes whose receiver tells nobody: it is never asked.
    nobody: String,
}

impl Policies {
    pub fn of(&self, route: &Route) -> &str {
        self.names.get(&key(route)).unwrap_or(&self.nobody)
    }
}

fn key(route: &Route) -> (String, Span) {
    (route.options.receiver.value.clone(), route.options.repeat_interval.value)
}

pub(super) fn all(draft: &mut Draft<'_>, receivers: &Receivers) -> Policies {
    let config = draft.config;
    let mut wanted = Vec::new();
    collect(&config.route, &mut wanted);
    let mut policies = Policies { text: String::new(), names: BTreeMap::new(), nobody: String::new() };
    let mut taken = BTreeSet::new();
    for (receiver, every) in &wanted {
        let Some(told) = receivers.told.get(receiver).filter(|told| !told.names.is_empty()) else { continue };
        let is_alone = wanted.iter().filter(|(other, _)| other == receiver).count() == 1;
        let name = match is_alone {
            true => receiver.clone(),
            false => format!("{receiver}-every-{}", page::length(*every).trim_matches('"')),
        };
        let name = page::name(&name, &mut taken);
        policy(&mut policies.text, &name, told, Some(*every).filter(|_| !told.pages));
        policies.names.insert((receiver.clone(), *every), name);
    }
    if let Some(name) = policies.names.get(&key(&config.route)).or_else(|| policies.names.values().next()) {
        policies.nobody = name.clone();
    } else {
        policies.nobody = page::name("nobody", &mut taken);
        let told = Told { names: vec![receivers.fallback.clone()], pages: false };
        policy(&mut policies.text, &policies.nobody, &told, None);
    }
    let place = config.route.options.repeat_interval.place.unwrap_or(config.route.place);
    let what = "`repeat_interval`: Bellwire repeats until somebody acknowledges, at most 99 times, and never to PagerDuty, \
                where it would page anew";
    draft.leave(place, what, "See `repeat` in the policies");
    policies
}

/// In the order in which routes use them, each once.
fn collect(route: &Route, into: &mut Vec<(String, Span)>) {
    let key = key(route);
    if !into.contains(&key) {
        into.push(key);
    }
    route.routes.iter().for_each(|route| collect(route, into));
}

/// `every`: none, and it is told once.
fn policy(text: &mut String, name: &str, told: &Told, every: Option<Span>) {
    let (key, to) = (page::key(name), page::list(&told.names));
    let _ = write!(
        text,
        "\n[policies.{key}]\nplugin = \"standard\"\n{RULES}\n[policies.{key}.settings.ladders.P1]     # and of all below it\n\
         window = \"always\"\nsteps = [{{ to = {to}, page = {} }}]\n",
        told.pages
    );
    if let Some(every) = every {
        let every = page::length(every.max(EVERY_MIN));
        let _ = writeln!(text, "repeat = {{ times = {REPETITIONS}, every = {every} }}");
    }
}
