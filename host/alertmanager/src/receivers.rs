//! Receivers: what is in each is read by the tables of `kinds`, and what no table can say is checked here.

use crate::{
    kinds::{self, ALL, Facts, Kind},
    reader::{Fields, Value},
    report::{Notes, Place},
    settings::Section,
};
use std::collections::BTreeMap;

#[derive(Clone)]
pub struct Receiver {
    pub name: String,
    pub place: Place,
    /// In the order of the kinds' keys; none: whoever is sent here is told nothing.
    pub integrations: Vec<Integration>,
}

/// One entry of, say, `slack_configs`.
#[derive(Clone)]
pub struct Integration {
    pub kind: Kind,
    /// As it is written. What `global` adds to it is not in here.
    pub settings: Section,
}

impl Integration {
    pub fn sends_resolved(&self) -> bool {
        self.settings.flag("send_resolved").unwrap_or(self.kind.facts().sends_resolved)
    }
}

/// Those with a name. A name that is there twice is noted.
pub(crate) fn read(values: &[Value<'_>], global: &Section, notes: &Notes) -> Vec<Receiver> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut receivers = Vec::new();
    for value in values {
        let Some(receiver) = receiver(value, global, notes) else { continue };
        match names.get(&receiver.name) {
            Some(line) => {
                let message = format!("another receiver is `{}` already, in line {line}", receiver.name);
                notes.error(receiver.place, message, "give each a name of its own");
            }
            None => drop(names.insert(receiver.name.clone(), receiver.place.line())),
        }
        receivers.push(receiver);
    }
    receivers
}

fn receiver(value: &Value<'_>, global: &Section, notes: &Notes) -> Option<Receiver> {
    let keys = std::iter::once("name").chain(ALL.iter().map(|facts| facts.key));
    let fields = value.fields(keys)?;
    let name = fields.text("name");
    if name.is_none() {
        fields.error("a receiver needs a name", "");
    }
    let integrations = ALL.iter().flat_map(|facts| integrations(&fields, facts, global, notes)).collect();
    Some(Receiver { name: name?.value, place: fields.place, integrations })
}

fn integrations(receiver: &Fields<'_>, facts: &Facts, global: &Section, notes: &Notes) -> Vec<Integration> {
    let values = receiver.list(facts.key);
    let read = |value: &Value<'_>| Section::read(value, facts.keys);
    let sections: Vec<Section> = values.iter().filter_map(read).collect();
    for section in &sections {
        check(section, facts, notes);
        check_kind(section, facts.kind, notes);
        check_global(section, facts.kind, global, notes);
    }
    sections.into_iter().map(|settings| Integration { kind: facts.kind, settings }).collect()
}

fn check(section: &Section, facts: &Facts, notes: &Notes) {
    for choices in facts.one_of {
        let given: Vec<&&str> = choices.iter().filter(|key| is_filled(section, key)).collect();
        match given.as_slice() {
            [] => notes.error(section.place, format!("`{}` is missing", choices.join("` or `")), ""),
            [_] => {}
            [_, second, ..] => {
                notes.error(
                    section.place_of(second),
                    format!("only one of `{}` can be here", choices.join("` and `")),
                    "",
                );
            }
        }
    }
    at_most_one_of(section, facts.at_most_one_of, notes);
    if let Some(http) = section.table("http_config") {
        check_http(http, notes);
    }
}

/// Zero is as good as none.
fn is_filled(section: &Section, key: &str) -> bool {
    section.has(key) && section.whole(key) != Some(0)
}

pub(crate) fn at_most_one_of(section: &Section, pairs: &[[&'static str; 2]], notes: &Notes) {
    for [first, second] in pairs {
        if section.has(first) && section.has(second) {
            notes.error(section.place_of(second), format!("only one of `{first}` and `{second}` can be here"), "");
        }
    }
}

pub(crate) fn check_http(http: &Section, notes: &Notes) {
    const WAYS: [&str; 5] = ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"];
    let given: Vec<&&str> = WAYS.iter().filter(|way| http.has(way)).collect();
    if let [first, second, ..] = given.as_slice() {
        notes.error(http.place_of(second), format!("only one of `{first}` and `{second}` can be here"), "");
    }
    if let Some(basic) = http.table("basic_auth") {
        at_most_one_of(basic, &[["username", "username_file"], ["password", "password_file"]], notes);
    }
    if let Some(authorization) = http.table("authorization") {
        at_most_one_of(authorization, &[["credentials", "credentials_file"]], notes);
        if authorization.text("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("basic")) {
            notes.error(authorization.place_of("type"), "`type` cannot be basic", "use `basic_auth`");
        }
    }
}

/// What is special about a kind.
fn check_kind(section: &Section, kind: Kind, notes: &Notes) {
    let missing = |section: &Section, key: &str| {
        if !section.has(key) {
            notes.error(section.place, format!("`{key}` is missing"), "");
        }
    };
    match kind {
        Kind::PagerDuty => {
            let keys = ["routing_key", "routing_key_file", "service_key", "service_key_file"];
            if !keys.iter().any(|key| section.has(key)) {
                notes.error(section.place, "`routing_key` is missing", "or `routing_key_file`, or those of a service");
            }
        }
        Kind::Slack => {
            section
                .tables("fields")
                .iter()
                .for_each(|field| ["title", "value"].iter().for_each(|key| missing(field, key)));
            for action in section.tables("actions") {
                ["type", "text"].iter().for_each(|key| missing(action, key));
                if !action.has("url") && !action.has("name") {
                    notes.error(action.place, "`url` or `name` is missing", "");
                }
                action.table("confirm").iter().for_each(|confirm| missing(confirm, "text"));
            }
        }
        Kind::WeChat => one_of_texts(section, "message_type", &["text", "markdown"], notes),
        Kind::Telegram => one_of_texts(section, "parse_mode", &["Markdown", "MarkdownV2", "HTML"], notes),
        Kind::OpsGenie => section.tables("responders").iter().for_each(|responder| check_responder(responder, notes)),
        Kind::Pushover => {
            if section.flag("html") == Some(true) && section.flag("monospace") == Some(true) {
                notes.error(section.place_of("monospace"), "only one of `html` and `monospace` can be here", "");
            }
        }
        Kind::Sns => {
            let keys = ["topic_arn", "target_arn", "phone_number"];
            // Alertmanager counts whether it is odd, and so takes all three.
            if keys.iter().filter(|key| section.has(key)).count() % 2 == 0 {
                notes.error(section.place, "one of `topic_arn`, `target_arn` and `phone_number` must be here", "");
            }
            if let Some(sigv4) = section.table("sigv4")
                && sigv4.has("access_key") != sigv4.has("secret_key")
            {
                notes.error(sigv4.place, "`access_key` and `secret_key` need each other", "");
            }
        }
        Kind::Webex => {
            if section.table("http_config").is_none_or(|http| !http.has("authorization")) {
                notes.error(section.place, "`http_config` with `authorization` is missing", "");
            }
        }
        Kind::Email => check_headers(section, notes),
        Kind::VictorOps => check_custom_fields(section, notes),
        Kind::Discord | Kind::Jira | Kind::MsTeams | Kind::MsTeamsV2 | Kind::RocketChat | Kind::Webhook => {}
    }
}

fn check_custom_fields(section: &Section, notes: &Notes) {
    const RESERVED: [&str; 7] = [
        "routing_key",
        "message_type",
        "state_message",
        "entity_display_name",
        "monitoring_tool",
        "entity_id",
        "entity_state",
    ];
    let fields = section.pairs("custom_fields").into_iter().flatten();
    for (name, _) in fields.filter(|(name, _)| RESERVED.contains(&name.as_str())) {
        let place = section.place_of("custom_fields");
        notes.error(place, format!("`{name}` cannot be a field of your own"), "it has a meaning already");
    }
}

fn check_headers(section: &Section, notes: &Notes) {
    let headers = section.pairs("headers").into_iter().flatten();
    let mut names: Vec<String> = headers.map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        notes.error(section.place_of("headers"), format!("the header `{}` is here twice", twice[0]), "");
    }
}

fn one_of_texts(section: &Section, key: &'static str, choices: &[&str], notes: &Notes) {
    if let Some(text) = section.text(key).filter(|text| !choices.contains(text)) {
        let help = format!("it is one of {}", choices.join(", "));
        notes.error(section.place_of(key), format!("`{key}` cannot be `{text}`"), help);
    }
}

fn check_responder(responder: &Section, notes: &Notes) {
    const TYPES: [&str; 5] = ["team", "teams", "user", "escalation", "schedule"];
    if !["id", "name", "username"].iter().any(|key| responder.has(key)) {
        notes.error(responder.place, "`id`, `name` or `username` is missing", "");
    }
    let kind = responder.text("type").unwrap_or_default();
    // A template says it when there is an alert.
    if !kind.contains("{{") && !TYPES.contains(&kind.to_lowercase().as_str()) {
        let help = format!("it is one of {}", TYPES.join(", "));
        notes.error(responder.place_of("type"), format!("`type` cannot be `{kind}`"), help);
    }
}

/// What is neither here nor in `global`.
fn check_global(section: &Section, kind: Kind, global: &Section, notes: &Notes) {
    let needs: &[(&[&str], &[&str])] = match kind {
        Kind::Email => &[(&["smarthost"], &["smtp_smarthost"]), (&["from"], &["smtp_from"])],
        Kind::Slack => &[(&["api_url", "api_url_file"], &["slack_api_url", "slack_api_url_file"])],
        Kind::OpsGenie => &[(&["api_key", "api_key_file"], &["opsgenie_api_key", "opsgenie_api_key_file"])],
        Kind::VictorOps => &[(&["api_key", "api_key_file"], &["victorops_api_key", "victorops_api_key_file"])],
        Kind::WeChat => &[(&["api_secret"], &["wechat_api_secret"]), (&["corp_id"], &["wechat_api_corp_id"])],
        Kind::Jira => &[(&["api_url"], &["jira_api_url"])],
        Kind::RocketChat => &[
            (&["token", "token_file"], &["rocketchat_token", "rocketchat_token_file"]),
            (&["token_id", "token_id_file"], &["rocketchat_token_id", "rocketchat_token_id_file"]),
        ],
        Kind::Discord
        | Kind::MsTeams
        | Kind::MsTeamsV2
        | Kind::PagerDuty
        | Kind::Pushover
        | Kind::Sns
        | Kind::Telegram
        | Kind::Webex
        | Kind::Webhook => &[],
    };
    for (here, above) in needs {
        if !here.iter().any(|key| section.has(key)) && !above.iter().any(|key| global.has(key)) {
            let message = format!("`{}` is missing, and `global` has no `{}`", here[0], above[0]);
            notes.error(section.place, message, "");
        }
    }
}

/// `global`, with what is wrong in it noted.
pub(crate) fn read_global(value: Option<&Value<'_>>, notes: &Notes) -> Section {
    let section = value.and_then(|value| Section::read(value, kinds::GLOBAL));
    let section = section.unwrap_or_else(|| Section::empty(Place::default()));
    at_most_one_of(&section, kinds::GLOBAL_AT_MOST_ONE_OF, notes);
    section.table("http_config").iter().for_each(|http| check_http(http, notes));
    section
}
