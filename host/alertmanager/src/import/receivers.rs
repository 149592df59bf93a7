//! Alertmanager's receivers as Bellwire's: one for each of their integrations.

use super::{Draft, page};
use crate::{Integration, Kind, Receiver, Section, Setting};
use bellwire_core::Span;
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr as _,
};
use url::Url;

pub(super) struct Receivers {
    pub text: String,
    /// By Alertmanager's name.
    pub told: BTreeMap<String, Told>,
    /// Whom a route falls back to whose own receiver tells nobody.
    pub fallback: String,
    /// Some have a Slack channel, by the bot.
    pub needs_slack: bool,
}

/// Whom a receiver tells.
#[derive(Clone, Default)]
pub(super) struct Told {
    /// Names of Bellwire's receivers; none: nobody is told.
    pub names: Vec<String>,
    /// One of them wakes people.
    pub pages: bool,
}

/// Keys that each kind may have, and that are carried over or mean nothing here.
const CARRIED: [&str; 12] = [
    "send_resolved",
    "api_url_file",
    "channel",
    "url_file",
    "timeout",
    "routing_key_file",
    "service_key_file",
    "chat_id",
    "message_thread_id",
    "bot_token_file",
    "webhook_url_file",
    "to",
];
/// They say how mail is sent, which `services` looks at.
const MAIL: [&str; 9] = [
    "from",
    "hello",
    "smarthost",
    "auth_username",
    "auth_password_file",
    "auth_secret_file",
    "auth_identity",
    "require_tls",
    "tls_config",
];
const SLACK_API: &str = "https://slack.com/api/";

pub(super) fn all(draft: &mut Draft<'_>) -> Receivers {
    let mut receivers =
        Receivers { text: String::new(), told: BTreeMap::new(), fallback: String::new(), needs_slack: false };
    let mut taken = BTreeSet::new();
    let config = draft.config;
    for receiver in &config.receivers {
        let told = receiver_text(draft, receiver, &mut taken, &mut receivers);
        receivers.told.insert(receiver.name.clone(), told);
    }
    let root = receivers.told.get(&config.route.options.receiver.value);
    let first = root.into_iter().chain(receivers.told.values()).flat_map(|told| &told.names).next().cloned();
    receivers.fallback = first.unwrap_or_else(|| {
        let name = page::name("fallback", &mut taken);
        let url = draft.variable(&["FALLBACK", "URL"], "a webhook of yours: nobody else is told anything");
        receivers.text.push_str(&format!(
            "\n# Nothing in the file tells anybody; Bellwire wants to know whom to tell if a policy fails.\n\
             [receivers.{name}]\nwebhook = {{ url = {url} }}\n"
        ));
        let what = "no receiver in the file tells anybody, and Bellwire wants at least one";
        draft.leave(config.route.place, what, format!("Replace the receiver `{name}` with a real one"));
        name
    });
    receivers
}

fn receiver_text(
    draft: &mut Draft<'_>,
    receiver: &Receiver,
    taken: &mut BTreeSet<String>,
    receivers: &mut Receivers,
) -> Told {
    let mut told = Told::default();
    for integration in &receiver.integrations {
        let wanted = match receiver.integrations.len() {
            1 => receiver.name.clone(),
            _ => format!("{}-{}", receiver.name, word(integration.kind)),
        };
        let name = page::name(&wanted, taken);
        let mut one = One { draft, integration, name: &name };
        let (value, pages) = one.value();
        let more = one.more();
        if !stands_in(integration.kind) {
            one.leave_the_rest();
        }
        let (line, kind) = (integration.settings.place.line(), integration.kind.name());
        let of = page::one_line(&receiver.name);
        receivers.text.push_str(&format!(
            "\n# Line {line}: {kind} of the receiver \"{of}\".\n[receivers.{}]\n{value}\n{more}",
            page::key(&name)
        ));
        receivers.needs_slack |= value.starts_with("slack = { channel");
        told.pages |= pages;
        told.names.push(name);
    }
    told
}

/// Kinds that Bellwire does not speak to.
fn stands_in(kind: Kind) -> bool {
    match kind {
        Kind::Discord
        | Kind::Email
        | Kind::MsTeams
        | Kind::MsTeamsV2
        | Kind::PagerDuty
        | Kind::Slack
        | Kind::Telegram
        | Kind::Webhook => false,
        Kind::Jira
        | Kind::OpsGenie
        | Kind::Pushover
        | Kind::RocketChat
        | Kind::Sns
        | Kind::VictorOps
        | Kind::Webex
        | Kind::WeChat => true,
    }
}

/// In names.
fn word(kind: Kind) -> &'static str {
    kind.key().trim_end_matches("_configs")
}

/// An integration on its way.
struct One<'d, 'c> {
    draft: &'d mut Draft<'c>,
    integration: &'d Integration,
    name: &'d str,
}

impl One<'_, '_> {
    /// The line that says what it is, and whether it wakes people.
    fn value(&mut self) -> (String, bool) {
        let value = match self.integration.kind {
            Kind::Slack => self.slack(),
            Kind::Email => self.email(),
            Kind::PagerDuty => return (self.pagerduty(), true),
            Kind::Webhook => {
                let remedy =
                    "Let what listens there read Bellwire's body (docs/messages.md), or keep Alertmanager for it";
                self.leave("the body of a `webhook` is Bellwire's own, and not Alertmanager's", remedy);
                let url = self.secret("url", "url_file", "URL");
                format!("webhook = {{ url = {url} }}")
            }
            Kind::Discord => self.channel("discord", "discord.com"),
            Kind::MsTeams | Kind::MsTeamsV2 => self.channel("teams", "YOUR-TENANT.webhook.office.com"),
            Kind::Telegram => self.telegram(),
            Kind::Jira
            | Kind::OpsGenie
            | Kind::Pushover
            | Kind::RocketChat
            | Kind::Sns
            | Kind::VictorOps
            | Kind::Webex
            | Kind::WeChat => self.stand_in(),
        };
        (value, false)
    }

    fn settings(&self) -> &Section {
        &self.integration.settings
    }

    fn leave(&mut self, what: &str, remedy: &str) {
        let what = format!("`{}`: {what}", self.integration.kind.key());
        self.draft.leave(self.integration.settings.place, what, remedy);
    }

    /// `{ env = … }`, or `{ file = … }` where there is a file already. Keys of the integration itself.
    fn secret(&mut self, key: &str, file_key: &str, last: &str) -> String {
        match self.settings().text(file_key).map(page::quoted) {
            Some(file) => format!("{{ file = {file} }}"),
            None => {
                let holds = format!("line {}: `{key}`", self.settings().place_of(key).line());
                self.draft.variable(&[self.name, last], holds)
            }
        }
    }

    fn slack(&mut self) -> String {
        let global = &self.draft.config.global;
        let channel = self.settings().text("channel").map(str::to_owned);
        let by_bot =
            |section: &Section, key: &str| section.secret(key).is_some_and(|url| url.expose().starts_with(SLACK_API));
        let has_bot = by_bot(self.settings(), "api_url") || by_bot(global, "slack_api_url");
        match channel {
            Some(channel) if !channel.contains("{{") => {
                if !has_bot {
                    let remedy = "Make a Slack app with a bot (docs/integrations.md); its token is SLACK_TOKEN";
                    self.leave(
                        "a `channel` beside a webhook's URL: Bellwire needs a bot to choose the channel",
                        remedy,
                    );
                }
                return format!("slack = {{ channel = {} }}", page::quoted(&channel));
            }
            Some(_) => {
                let remedy = "The webhook's own channel has them; write a route and a receiver for each channel";
                self.leave("`channel` is a template, which is not read", remedy);
            }
            None => {}
        }
        let own = ["api_url", "api_url_file"].iter().any(|key| self.settings().has(key));
        let url = match global.text("slack_api_url_file").map(page::quoted) {
            _ if own => self.secret("api_url", "api_url_file", "SLACK_URL"),
            Some(file) => format!("{{ file = {file} }}"),
            None => {
                let line = global.place_of("slack_api_url").line();
                self.draft.variable(&["SLACK_URL"], format!("line {line}: `slack_api_url`"))
            }
        };
        format!("slack = {{ webhook_url = {url} }}")
    }

    fn email(&mut self) -> String {
        let to = self.settings().text("to").unwrap_or_default().to_owned();
        let parts: Vec<&str> = to.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        let (sound, others): (Vec<&str>, Vec<&str>) =
            parts.into_iter().partition(|part| email_address::EmailAddress::from_str(part).is_ok());
        if !others.is_empty() {
            let remedy = "Write the addresses that are meant";
            self.leave(&format!("`to`: {} is no address", page::list(others)), remedy);
        }
        if sound.is_empty() {
            return self.stand_in();
        }
        format!("email = {{ to = {} }}", page::list(sound))
    }

    fn pagerduty(&mut self) -> String {
        let is_old = !["routing_key", "routing_key_file"].iter().any(|key| self.settings().has(key));
        if is_old {
            let remedy = "Add an integration \"Events API v2\" to the service, and take its key";
            self.leave("`service_key` is of PagerDuty's Events API v1, which Bellwire does not speak", remedy);
        }
        let remedy =
            "Set [pagerduty] webhook_secrets (docs/integrations.md), or Bellwire asks again ten minutes after a page";
        self.leave("what is acknowledged in PagerDuty must come back to Bellwire", remedy);
        let key = if is_old { "service_key" } else { "routing_key" };
        let routing_key = self.secret(key, "routing_key_file", "KEY");
        format!("pagerduty = {{ routing_key = {routing_key} }}")
    }

    /// By a webhook that the plugin calls `url`.
    fn channel(&mut self, plugin: &'static str, usual_host: &str) -> String {
        self.draft.plugins.insert(plugin);
        let url = self.settings().secret("webhook_url").and_then(|url| Url::parse(url.expose()).ok());
        let host = url.as_ref().and_then(|url| {
            let plain = if url.scheme() == "http" { "http://" } else { "" };
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            Some(format!("{plain}{}{port}", url.host_str()?))
        });
        if host.is_none() {
            self.leave("the host is in a file", "Write it into `hosts`: the plugin's requests go nowhere else");
        }
        let hosts = page::list([host.unwrap_or_else(|| usual_host.to_owned())]);
        let url = self.secret("webhook_url", "webhook_url_file", "URL");
        format!("channel = {{ plugin = \"{plugin}\", hosts = {hosts}, secrets = {{ url = {url} }} }}")
    }

    fn telegram(&mut self) -> String {
        self.draft.plugins.insert("telegram");
        let chat = self.settings().whole("chat_id").unwrap_or_default().to_string();
        let topic = self.settings().whole("message_thread_id").map(|topic| format!(", topic = {topic}"));
        let token = self.secret("bot_token", "bot_token_file", "TOKEN");
        format!(
            "channel = {{ plugin = \"telegram\", hosts = [\"api.telegram.org\"], secrets = {{ token = {token} }}, \
             settings = {{ chat = \"{chat}\"{} }} }}",
            topic.unwrap_or_default()
        )
    }

    /// Somebody must be told, or alerts would be lost: a webhook that is still to be written.
    fn stand_in(&mut self) -> String {
        let name = self.integration.kind.name();
        let remedy = "A webhook stands for it: give it a URL that takes Bellwire's messages, or replace the receiver";
        self.leave(&format!("Bellwire does not speak to {name}"), remedy);
        let holds = format!("line {}: a webhook that stands for {name}", self.settings().place.line());
        let url = self.draft.variable(&[self.name, "URL"], holds);
        format!("webhook = {{ url = {url} }}")
    }

    /// Keys that any receiver of Bellwire's may have.
    fn more(&mut self) -> String {
        let mut more = String::new();
        if !self.integration.sends_resolved() {
            let why = match self.settings().has("send_resolved") {
                true => format!("line {}", self.settings().place_of("send_resolved").line()),
                false => format!("the default for {}", self.integration.kind.name()),
            };
            more.push_str(&format!("updates = false     # `send_resolved` is false: {why}\n"));
        }
        if let Some(timeout) = self.settings().duration("timeout").filter(|timeout| *timeout > Span::ZERO) {
            let timeout = timeout.clamp(Span::from_millis(100), Span::from_secs(120));
            more.push_str(&format!("timeout = {}\n", page::length(timeout)));
        }
        more
    }

    /// Every key that is there and has no place in Bellwire.
    fn leave_the_rest(&mut self) {
        let integration = self.integration;
        let is_carried = |key: &str| CARRIED.contains(&key) || MAIL.contains(&key);
        for (key, setting) in integration.settings.iter() {
            let place = setting.place;
            let kind = integration.kind.key();
            match (&setting.value, key) {
                (Setting::Secret(_), _) => {}
                (_, key) if is_carried(key) => {}
                (_, "http_config") => {
                    let what =
                        format!("`{kind}`: `http_config`: proxies, credentials and certificates of one receiver");
                    self.draft.leave(place, what, "A secret that is part of the URL works; else a proxy must do it");
                }
                (_, "url" | "api_url") => {
                    let what = format!("`{kind}`: `{key}` of one receiver: Bellwire has one for all, in bellwire.toml");
                    self.draft.leave(place, what, "See that it is the right one");
                }
                (_, "max_alerts") => {
                    let what = format!("`{kind}`: `max_alerts`: a message has an incident, whatever it holds");
                    self.draft.leave(place, what, "Nothing is to be done");
                }
                _ => {
                    let what =
                        format!("`{kind}`: texts and looks of one receiver: Bellwire writes its messages itself");
                    let remedy = "To have your own words, give the receiver `title_template` and `body_template`";
                    self.draft.leave(place, what, remedy);
                }
            }
        }
    }
}
