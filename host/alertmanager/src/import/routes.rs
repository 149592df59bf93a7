//! The routing tree: the same routes in the same order, each with what differs from the one above it.

use super::{Draft, page, policies::Policies, receivers::Receivers, windows::Windows};
use crate::Route;
use bellwire_core::{GroupBy, Matchers, Span};
use std::{collections::BTreeSet, fmt::Write as _};

const DEPTH_MAX: usize = 16;
const ROUTES_MAX: usize = 1_000;
const NAME_BYTES_MAX: usize = 400;
const FALLBACK_MAX: usize = 20;
const DAY: Span = Span::from_secs(86_400);

/// What a route says, and those below it take from it.
#[derive(Clone, Default, PartialEq)]
struct Said {
    policy: String,
    fallback: String,
    group_by: String,
    group_wait: String,
    group_interval: String,
    mute: String,
}

struct Tree<'t> {
    receivers: &'t Receivers,
    windows: &'t Windows,
    policies: &'t Policies,
    text: String,
    names: BTreeSet<String>,
}

pub(super) fn write(draft: &mut Draft<'_>, receivers: &Receivers, windows: &Windows, policies: &Policies) -> String {
    let config = draft.config;
    if config.route.count() > ROUTES_MAX {
        let remedy = "Split the team into several, each with its own file";
        draft.leave(config.route.place, format!("more than {ROUTES_MAX} routes are too many for a team"), remedy);
    }
    let mut tree = Tree { receivers, windows, policies, text: String::new(), names: BTreeSet::new() };
    let said = tree.said(&config.route);
    let _ = write!(tree.text, "\n# Line {}.\n[route]\n", config.route.place.line());
    tree.differences(&said, None);
    tree.below(draft, &config.route, &said, &Path { table: "route".to_owned(), name: None, depth: 1 });
    tree.text
}

/// Where in the file a route is.
struct Path {
    table: String,
    /// None: the root.
    name: Option<String>,
    depth: usize,
}

impl Tree<'_> {
    fn said(&self, route: &Route) -> Said {
        let options = &route.options;
        let told = self.receivers.told.get(&options.receiver.value).filter(|told| !told.names.is_empty());
        let fallback = match told {
            Some(told) => page::list(told.names.iter().take(FALLBACK_MAX)),
            None => page::list([&self.receivers.fallback]),
        };
        let group_by = match &options.group_by.value {
            GroupBy::All => page::list(["..."]),
            GroupBy::Labels(labels) => page::list(labels),
        };
        let always = self.windows.always.iter().filter(|_| told.is_none());
        Said {
            policy: page::quoted(self.policies.of(route)),
            fallback,
            group_by,
            group_wait: page::length(options.group_wait.value.min(DAY)),
            group_interval: page::length(options.group_interval.value.min(DAY)),
            mute: page::list(self.windows.of(route).iter().chain(always)),
        }
    }

    /// What is not as it is above. Bellwire's routes inherit `mute`, Alertmanager's do not.
    fn differences(&mut self, said: &Said, above: Option<&Said>) {
        let nothing = Said { mute: "[]".to_owned(), ..Said::default() };
        let above = above.unwrap_or(&nothing);
        for (key, value, inherited) in [
            ("policy", &said.policy, &above.policy),
            ("fallback", &said.fallback, &above.fallback),
            ("group_by", &said.group_by, &above.group_by),
            ("group_wait", &said.group_wait, &above.group_wait),
            ("group_interval", &said.group_interval, &above.group_interval),
            ("mute", &said.mute, &above.mute),
        ] {
            if value != inherited {
                let _ = writeln!(self.text, "{key} = {value}");
            }
        }
    }

    fn below(&mut self, draft: &mut Draft<'_>, route: &Route, above: &Said, path: &Path) {
        if path.depth == DEPTH_MAX && !route.routes.is_empty() {
            let what = format!("routes deeper than {DEPTH_MAX} levels: the route above them has their alerts");
            draft.leave(route.place, what, "Draw levels together");
            return;
        }
        let table = format!("{}.routes", path.table);
        for child in &route.routes {
            self.note_clamped(draft, child);
            let said = self.said(child);
            let matchers = Matchers(child.matchers.iter().map(|matcher| matcher.native.clone()).collect());
            let (name, is_made) = self.name(&matchers, path);
            let _ = write!(self.text, "\n# Line {}.\n[[{table}]]\n", child.place.line());
            if is_made {
                let _ = writeln!(self.text, "name = {}", page::quoted(&name));
            }
            if !matchers.0.is_empty() {
                let _ = writeln!(self.text, "match = {}", page::list(matchers.0.iter().map(ToString::to_string)));
            }
            if child.continues {
                self.text.push_str("continue = true\n");
            }
            self.differences(&said, Some(above));
            let path = Path { table: table.clone(), name: Some(name), depth: path.depth + 1 };
            self.below(draft, child, &said, &path);
        }
    }

    /// Bellwire names a route by its matchers; one whose name would be another's, or too long, is given a name.
    fn name(&mut self, matchers: &Matchers, above: &Path) -> (String, bool) {
        let own = if matchers.0.is_empty() { "*".to_owned() } else { matchers.to_string() };
        let usual = above.name.as_ref().map_or_else(|| own.clone(), |above| format!("{above} / {own}"));
        if usual.len() <= NAME_BYTES_MAX && !usual.chars().any(char::is_control) && self.names.insert(usual.clone()) {
            return (usual, false);
        }
        let end = usual.floor_char_boundary(NAME_BYTES_MAX);
        let short = page::one_line(&usual[..end]);
        let mut names = (2..).map(|count| format!("{short} ({count})"));
        let name = names.find(|name| self.names.insert(name.clone())).unwrap_or_default();
        (name, true)
    }

    fn note_clamped(&self, draft: &mut Draft<'_>, route: &Route) {
        for wait in [&route.options.group_wait, &route.options.group_interval] {
            if let Some(place) = wait.place.filter(|_| wait.value > DAY) {
                draft.leave(place, "a group waits for more than a day", "Bellwire waits a day");
            }
        }
    }
}
