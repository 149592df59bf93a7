//! The whole file: read, checked as Alertmanager checks it, and immutable from then on.

use crate::{
    intervals::{self, Interval},
    matchers::{self, Matcher},
    reader::Value,
    receivers::{self, Receiver},
    report::{Located, Notes, Place, Report},
    route::{self, Names, Route},
    settings::Section,
    yaml,
};
use bellwire_core::{Labels, Span};
use std::collections::BTreeSet;

const KEYS: [&str; 7] =
    ["global", "route", "inhibit_rules", "receivers", "templates", "mute_time_intervals", "time_intervals"];
const INHIBIT_KEYS: [&str; 8] = [
    "name",
    "source_match",
    "source_match_re",
    "source_matchers",
    "target_match",
    "target_match_re",
    "target_matchers",
    "equal",
];
const SOURCE: matchers::Keys =
    matchers::Keys { equal: "source_match", regex: "source_match_re", matchers: "source_matchers" };
const TARGET: matchers::Keys =
    matchers::Keys { equal: "target_match", regex: "target_match_re", matchers: "target_matchers" };

/// An Alertmanager configuration that Alertmanager would take.
#[derive(Clone)]
pub struct Config {
    pub global: Section,
    pub route: Route,
    pub receivers: Vec<Receiver>,
    pub inhibit_rules: Vec<InhibitRule>,
    /// `time_intervals` and `mute_time_intervals`: they share their names.
    pub intervals: Vec<Interval>,
    /// Patterns of files.
    pub templates: Vec<Located<String>>,
    /// The text itself, as `/api/v2/status` shows it; with its secrets.
    pub original: bellwire_core::Secret,
}

/// While an alert matches the source, those that match the target and have the same values of `equal` tell nobody.
#[derive(Clone, Debug)]
pub struct InhibitRule {
    pub place: Place,
    pub name: Option<String>,
    pub source: Vec<Matcher>,
    pub target: Vec<Matcher>,
    pub equal: Vec<String>,
}

impl Config {
    /// `name`: of the file, for messages.
    pub fn parse(name: &str, text: &str) -> Result<Self, Report> {
        let notes = Notes::default();
        let root = yaml::parse(text, &notes);
        if root.is_none() {
            notes.secrets_by_words(text);
        }
        let read = root.and_then(|root| read(&Value { key: "the file", node: &root, notes: &notes }, text));
        if read.is_none() {
            notes.if_none("there is no `route`", "route: { receiver: … }, and receivers: [{ name: … }]");
        }
        match (notes.into_report(name, text), read) {
            (None, Some(config)) => Ok(config),
            (Some(report), _) => Err(report),
            // Cannot be: what could not be read is noted.
            (None, None) => Err(Report::default()),
        }
    }

    /// Which routes have an alert, in the order in which they are told; at least one.
    pub fn route(&self, labels: &Labels) -> Vec<&Route> {
        self.route.matching(labels)
    }

    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.name == name)
    }

    /// How long an alert without an end fires after its sender fell silent.
    pub fn resolve_timeout(&self) -> Span {
        self.global.duration("resolve_timeout").unwrap_or(Span::from_secs(300))
    }
}

fn read(value: &Value<'_>, text: &str) -> Option<Config> {
    let notes = value.notes;
    if value.node.is_null() {
        return None;
    }
    let fields = value.fields(KEYS)?;
    let global = receivers::read_global(fields.get("global").as_ref(), notes);
    let receivers = receivers::read(&fields.list("receivers"), &global, notes);
    let mut intervals: Vec<Interval> = Vec::new();
    for value in ["mute_time_intervals", "time_intervals"].iter().flat_map(|key| fields.list(key)) {
        let Some(interval) = intervals::read(&value) else { continue };
        if let Some(earlier) = intervals.iter().find(|earlier| earlier.name == interval.name) {
            let (name, line) = (&interval.name, earlier.place.line());
            notes.error(interval.place, format!("another time interval is `{name}` already, in line {line}"), "");
        }
        intervals.push(interval);
    }
    let names = Names {
        receivers: receivers.iter().map(|receiver| receiver.name.clone()).collect::<BTreeSet<_>>(),
        intervals: intervals.iter().map(|interval| interval.name.clone()).collect(),
    };
    let inhibit_rules = fields.list("inhibit_rules").iter().filter_map(inhibit_rule).collect();
    let route = fields.get("route").and_then(|value| route::read_root(&value, &names));
    Some(Config {
        global,
        route: route?,
        receivers,
        inhibit_rules,
        intervals,
        templates: fields.texts("templates"),
        original: bellwire_core::Secret::new(text),
    })
}

fn inhibit_rule(value: &Value<'_>) -> Option<InhibitRule> {
    let fields = value.fields(INHIBIT_KEYS)?;
    let equal = fields.texts("equal");
    for label in equal.iter().filter(|label| label.value.is_empty()) {
        fields.notes.error(label.place, "a label's name cannot be empty", "");
    }
    Some(InhibitRule {
        place: fields.place,
        name: fields.text("name").map(|name| name.value),
        source: matchers::read(&fields, &SOURCE),
        target: matchers::read(&fields, &TARGET),
        equal: equal.into_iter().map(|label| label.value).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        Config::parse("alertmanager.yml", text).err().map(|report| report.to_string()).unwrap_or_default()
    }

    #[test]
    fn no_secret_is_shown_with_what_is_wrong() {
        let text = "route: {receiver: a}\nreceivers: [{name: a, slack_configs: [{api_url: sesame, api_url_file: x}]}]";
        let shown = said(text);
        assert!(shown.contains("`api_url` is not a URL that can be used"), "{shown}");
        assert!(shown.contains("api_url: ******") && !shown.contains("sesame"), "{shown}");
        let shown = said("route: {receiver: a}\nreceivers: [{name: a, pagerduty_configs: [{routing_kee: sesame}]}]");
        assert!(shown.contains("did you mean `routing_key`?") && !shown.contains("sesame"), "{shown}");
        for broken in [
            "global:\n  smtp_auth_password: 'sesame\n",
            "global: {slack_api_url: sesame: [\n",
            "\"routing_key\": [sesame\n",
        ] {
            let shown = said(broken);
            assert!(shown.contains("this is not YAML") && !shown.contains("sesame"), "{shown}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let text = "route:\n  receiver: teem\n  group_by: [a, a]\n  routes: [{contine: true, group_wait: soon}]\n\
                    receivers: [{name: team}]";
        let report = Config::parse("alertmanager.yml", text).err().unwrap();
        let lines: Vec<String> = report.lines().collect();
        assert_eq!(
            lines,
            [
                "alertmanager.yml:2:13: there is no receiver `teem` (did you mean `team`?)",
                "alertmanager.yml:3:17: `a` is here twice",
                "alertmanager.yml:4:13: there is no key `contine` here (did you mean `continue`?)",
                "alertmanager.yml:4:40: `group_wait` is not a length of time (a number with ms, s, m, h, d, w or y, the long \
                 ones first, as in 30s, 5m or 1h30m)",
            ]
        );
    }

    #[test]
    fn a_route_takes_from_the_one_above_what_it_does_not_say() {
        let text = "
route:
  receiver: a
  group_by: [x]
  group_wait: 1m
  routes:
  - receiver: b
    matchers: [k=~\"v|w\", j=\"u\"]
    group_by: []
    mute_time_intervals: [night]
    routes:
    - {group_by: ['...'], repeat_interval: 1d}
receivers: [{name: a}, {name: b}]
time_intervals: [{name: night}]
";
        let config = Config::parse("alertmanager.yml", text).unwrap();
        let leaf = &config.route.routes[0].routes[0];
        assert_eq!(&*leaf.key, r#"{}/{j="u",k=~"v|w"}/{}"#);
        assert_eq!(leaf.options.receiver.value, "b");
        assert_eq!(leaf.options.group_by.value, bellwire_core::GroupBy::All);
        assert_eq!(config.route.routes[0].options.group_by.value, bellwire_core::GroupBy::Labels(vec!["x".into()]));
        assert_eq!(leaf.options.group_wait.value, Span::from_secs(60));
        assert_eq!(leaf.options.group_interval, crate::Options::default().group_interval);
        assert_eq!(leaf.options.repeat_interval.value, Span::from_secs(86_400));
        assert!(leaf.mute.is_empty());
    }
}
