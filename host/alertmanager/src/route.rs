//! The routing tree, each route with all that it inherits, and which routes take an alert.

use crate::{
    matchers::{self, Matcher},
    reader::{Fields, Value, similar},
    report::{Located, Place},
};
use bellwire_core::{GroupBy, Labels, Span};
use std::{collections::BTreeSet, sync::Arc};

const KEYS: [&str; 12] = [
    "receiver",
    "group_by",
    "match",
    "match_re",
    "matchers",
    "mute_time_intervals",
    "active_time_intervals",
    "continue",
    "routes",
    "group_wait",
    "group_interval",
    "repeat_interval",
];
const MATCHER_KEYS: matchers::Keys = matchers::Keys { equal: "match", regex: "match_re", matchers: "matchers" };

#[derive(Clone, Debug)]
pub struct Route {
    pub place: Place,
    /// Alertmanager's key of it, those of the routes above it included: `{}/{severity="critical"}`. Not unique.
    pub key: Arc<str>,
    /// In Alertmanager's order.
    pub matchers: Vec<Matcher>,
    pub continues: bool,
    pub options: Options,
    /// Intervals in which nobody is told. Not inherited.
    pub mute: Vec<Located<String>>,
    /// Intervals outside of which nobody is told, if there are any. Not inherited.
    pub active: Vec<Located<String>>,
    pub routes: Vec<Route>,
}

/// What a route takes from the one above it, unless it says something else.
#[derive(Clone, Debug)]
pub struct Options {
    pub receiver: Inherited<String>,
    pub group_by: Inherited<GroupBy>,
    pub group_wait: Inherited<Span>,
    pub group_interval: Inherited<Span>,
    pub repeat_interval: Inherited<Span>,
}

/// A value with the place where it is said; none: it is Alertmanager's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inherited<T> {
    pub value: T,
    pub place: Option<Place>,
}

impl<T> Inherited<T> {
    fn default_of(value: T) -> Self {
        Self { value, place: None }
    }

    fn at(value: T, place: Place) -> Self {
        Self { value, place: Some(place) }
    }
}

impl From<Located<Span>> for Inherited<Span> {
    fn from(located: Located<Span>) -> Self {
        Self::at(located.value, located.place)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            receiver: Inherited::default_of(String::new()),
            group_by: Inherited::default_of(GroupBy::Labels(Vec::new())),
            group_wait: Inherited::default_of(Span::from_secs(30)),
            group_interval: Inherited::default_of(Span::from_secs(300)),
            repeat_interval: Inherited::default_of(Span::from_secs(4 * 3_600)),
        }
    }
}

/// Names that routes may use.
pub(crate) struct Names {
    pub receivers: BTreeSet<String>,
    pub intervals: BTreeSet<String>,
}

/// The root: it takes everything, always, and must say to whom.
pub(crate) fn read_root(value: &Value<'_>, names: &Names) -> Option<Route> {
    let root = read(value, None, names)?;
    let fields = value.fields(KEYS)?;
    if fields.text("receiver").is_none() {
        fields.error("the root route needs a `receiver`", "it has every alert that no other route takes");
    }
    if root.continues {
        fields.error("the root route cannot `continue`: there is no route after it", "");
    }
    if !root.matchers.is_empty() {
        fields.error("the root route cannot have matchers: it takes every alert", "move them to a route in `routes`");
    }
    for (key, intervals) in [("mute_time_intervals", &root.mute), ("active_time_intervals", &root.active)] {
        if !intervals.is_empty() {
            fields.error(format!("the root route cannot have `{key}`"), "move them to a route in `routes`");
        }
    }
    Some(root)
}

fn read(value: &Value<'_>, above: Option<&Route>, names: &Names) -> Option<Route> {
    let fields = value.fields(KEYS)?;
    let matchers = matchers::read(&fields, &MATCHER_KEYS);
    let own = matchers::shown(&matchers);
    let mut route = Route {
        place: fields.place,
        key: above.map_or_else(|| own.as_str().into(), |above| format!("{}/{own}", above.key).into()),
        matchers,
        continues: fields.flag("continue").unwrap_or(false),
        options: options(&fields, above.map(|above| above.options.clone()).unwrap_or_default(), names),
        mute: intervals(&fields, "mute_time_intervals", names),
        active: intervals(&fields, "active_time_intervals", names),
        routes: Vec::new(),
    };
    route.routes = fields.list("routes").iter().filter_map(|value| read(value, Some(&route), names)).collect();
    Some(route)
}

fn options(fields: &Fields<'_>, above: Options, names: &Names) -> Options {
    let duration = |key, above: Inherited<Span>| fields.duration(key).map_or(above, Inherited::from);
    let not_zero = |key, above| {
        let duration = duration(key, above);
        if let Inherited { value: Span::ZERO, place: Some(place) } = &duration {
            fields.notes.error(*place, format!("`{key}` cannot be zero"), "");
        }
        duration
    };
    let receiver = fields.text("receiver").map(|receiver| {
        if !names.receivers.contains(&receiver.value) {
            let help = similar(&receiver.value, names.receivers.iter().map(String::as_str));
            fields.notes.error(receiver.place, format!("there is no receiver `{}`", receiver.value), help);
        }
        Inherited::at(receiver.value, receiver.place)
    });
    Options {
        receiver: receiver.unwrap_or(above.receiver),
        group_by: group_by(fields).unwrap_or(above.group_by),
        group_wait: duration("group_wait", above.group_wait),
        group_interval: not_zero("group_interval", above.group_interval),
        repeat_interval: not_zero("repeat_interval", above.repeat_interval),
    }
}

/// None, and so what the route above has, also where the list is empty.
fn group_by(fields: &Fields<'_>) -> Option<Inherited<GroupBy>> {
    let place = fields.get("group_by")?.place();
    let texts = fields.texts("group_by");
    let (all, labels): (Vec<_>, Vec<_>) = texts.into_iter().partition(|label| label.value == "...");
    let mut names: Vec<Arc<str>> = Vec::new();
    for label in labels {
        let name: Arc<str> = label.value.into();
        if name.is_empty() {
            fields.notes.error(label.place, "a label's name cannot be empty", "");
        } else if names.contains(&name) {
            fields.notes.error(label.place, format!("`{name}` is here twice"), "");
        }
        names.push(name);
    }
    match (all.is_empty(), names.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Inherited::at(GroupBy::Labels(names), place)),
        (false, is_alone) => {
            if !is_alone {
                fields.notes.error(place, "\"...\" stands for every label, and cannot be beside others", "");
            }
            Some(Inherited::at(GroupBy::All, place))
        }
    }
}

fn intervals(fields: &Fields<'_>, key: &str, names: &Names) -> Vec<Located<String>> {
    let intervals = fields.texts(key);
    for interval in intervals.iter().filter(|interval| !names.intervals.contains(&interval.value)) {
        let help = similar(&interval.value, names.intervals.iter().map(String::as_str));
        fields.notes.error(interval.place, format!("there is no time interval `{}`", interval.value), help);
    }
    intervals
}

impl Route {
    /// Which routes have an alert, this one or those below it, in the order in which they are told. Depth first: the
    /// first child that matches has it, and if it continues, those after it may as well; a route itself has it if none
    /// of its children does. This route's own matchers are taken to match.
    pub fn matching(&self, labels: &Labels) -> Vec<&Self> {
        let mut found = Vec::new();
        for child in self.routes.iter().filter(|child| matchers::all_match(&child.matchers, labels)) {
            found.extend(child.matching(labels));
            if !child.continues {
                break;
            }
        }
        if found.is_empty() {
            found.push(self);
        }
        found
    }

    /// This route and all below it.
    pub fn count(&self) -> usize {
        1 + self.routes.iter().map(Self::count).sum::<usize>()
    }
}
