//! Our routes as an Alertmanager's configuration, for `amtool config routes` and for people who look: the tree, its
//! matchers and timings, names of receivers without what is behind them, and the inhibition rules.
//!
//! Texts are written as JSON, which YAML reads.

use super::receivers::Told;
use bellwire_core::{GroupBy, Inhibition, MatchOperator, Matcher, Matchers, Route, Span, Tables, Team};
use std::collections::BTreeSet;

const HEAD: &str = "\
# Bellwire's routes, as an Alertmanager would have them. A receiver is all that a route's policy may tell,
# and its fallback; whom it tells when is for the policy to say.
";

pub(super) fn yaml(tables: &Tables) -> String {
    let mut writer = Writer { text: HEAD.into(), receivers: BTreeSet::new() };
    let timeout = span(tables.limits.resolve_timeout);
    writer.line(0, &format!("global:\n  resolve_timeout: {timeout}\nroute:"));
    writer.root(tables);
    writer.inhibitions(tables);
    writer.line(0, "receivers:");
    for receiver in std::mem::take(&mut writer.receivers) {
        writer.line(1, &format!("- name: {}", quoted(&receiver)));
    }
    writer.text
}

struct Writer {
    text: String,
    receivers: BTreeSet<String>,
}

impl Writer {
    /// The default team's root takes what no other does. Every other team is a node beside the others, for several may take
    /// one alert; what is left goes through the default team's own routes.
    fn root(&mut self, tables: &Tables) {
        let is_default = |team: &Team| team.name == tables.default_team;
        let takes = |team: &&Team| !is_default(team) || !team.matchers.0.is_empty();
        let teams: Vec<&Team> = tables.teams.values().filter(takes).collect();
        let default = tables.teams.get(&tables.default_team);
        match default {
            Some(team) => self.settings(1, team, &team.root),
            None => self.receiver(1, "nobody"),
        }
        let rest = default.map_or(&[][..], |team| &team.root.routes);
        if teams.is_empty() && rest.is_empty() {
            return;
        }
        self.line(1, "routes:");
        for team in &teams {
            self.node(1, team, &team.root, (&team.matchers, Continues::Yes));
        }
        let (Some(team), false) = (default, rest.is_empty()) else { return };
        if teams.is_empty() {
            self.nodes(1, team, rest);
        } else if let Some(left) = left(&teams) {
            self.node(1, team, &team.root, (&left, Continues::No));
        } else if teams.iter().all(|team| !team.matchers.0.is_empty()) {
            let name = &team.name;
            self.line(
                1,
                &format!("# What no team takes goes through the routes of {name}, which cannot be said here."),
            );
        }
    }

    fn nodes(&mut self, depth: usize, team: &Team, routes: &[Route]) {
        for route in routes {
            let continues = if route.continues { Continues::Yes } else { Continues::No };
            self.node(depth, team, route, (&route.matchers, continues));
        }
    }

    fn node(&mut self, depth: usize, team: &Team, route: &Route, (matchers, continues): (&Matchers, Continues)) {
        self.line(depth, &format!("- continue: {}", continues == Continues::Yes));
        self.matchers(depth + 1, "matchers", matchers);
        self.settings(depth + 1, team, route);
        if !route.routes.is_empty() {
            self.line(depth + 1, "routes:");
            self.nodes(depth + 1, team, &route.routes);
        }
    }

    fn settings(&mut self, depth: usize, team: &Team, route: &Route) {
        self.receiver(depth, &Told::by(team, route).together.name);
        let labels = match &route.group_by {
            GroupBy::All => quoted("..."),
            GroupBy::Labels(names) => names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "),
        };
        self.line(depth, &format!("group_by: [{labels}]"));
        self.line(depth, &format!("group_wait: {}", span(route.group_wait)));
        // Alertmanager takes no zero here.
        let interval = route.group_interval.max(Span::from_millis(1));
        self.line(depth, &format!("group_interval: {}", span(interval)));
    }

    fn receiver(&mut self, depth: usize, name: &str) {
        self.line(depth, &format!("receiver: {}", quoted(name)));
        self.receivers.insert(name.into());
    }

    fn inhibitions(&mut self, tables: &Tables) {
        let of_teams = tables
            .teams
            .values()
            .flat_map(|team| team.inhibitions.iter().map(move |inhibition| (inhibition, &team.matchers)));
        let none = Matchers::default();
        let all: Vec<(&Inhibition, &Matchers)> =
            tables.inhibitions.iter().map(|inhibition| (inhibition, &none)).chain(of_teams).collect();
        if all.is_empty() {
            return;
        }
        self.line(0, "inhibit_rules:");
        for (Inhibition { name, sources, targets, equal, .. }, of_team) in all {
            let equal = equal.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
            self.line(1, &format!("- equal: [{equal}]  # {}", quoted(name)));
            self.matchers(2, "source_matchers", sources);
            let targets = Matchers(targets.0.iter().chain(&of_team.0).cloned().collect());
            self.matchers(2, "target_matchers", &targets);
        }
    }

    fn matchers(&mut self, depth: usize, key: &str, matchers: &Matchers) {
        if matchers.0.is_empty() {
            return;
        }
        self.line(depth, &format!("{key}:"));
        for matcher in &matchers.0 {
            self.line(depth + 1, &format!("- {}", quoted(&matcher.to_string())));
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.text.extend(std::iter::repeat_n("  ", depth));
        self.text.push_str(text);
        self.text.push('\n');
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Continues {
    Yes,
    No,
}

/// What matches all that no team takes; none: matchers, which must all match, cannot say it.
fn left(teams: &[&Team]) -> Option<Matchers> {
    let opposite = |team: &&Team| {
        let [Matcher { name, operator, value, .. }] = &team.matchers.0[..] else { return None };
        let operator = match operator {
            MatchOperator::Equal => MatchOperator::NotEqual,
            MatchOperator::NotEqual => MatchOperator::Equal,
            MatchOperator::Regex => MatchOperator::NotRegex,
            MatchOperator::NotRegex => MatchOperator::Regex,
        };
        Matcher::new(name, operator, value).ok()
    };
    teams.iter().map(opposite).collect::<Option<Vec<_>>>().map(Matchers)
}

/// JSON quotes as YAML does.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `1h30m`
fn span(span: Span) -> String {
    span.to_string().replace(' ', "")
}
