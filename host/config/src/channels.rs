//! Receivers that a plugin speaks for: which plugin, where its requests may go, and the secrets that the host puts into them.

use crate::{
    config::Config,
    file::at_most,
    keys,
    plugins::{self, PluginUse},
    reader::{Fields, NAME_RULE, Value, is_name},
    report::{Diagnostic, Place},
    suggest,
};
use bellwire_core::{AllowedHost, ChannelReceiver, ChannelWants, ReceiverKind, Secret};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use url::Url;

const HOSTS_MAX: usize = 20;
const SECRETS_MAX: usize = 20;
const HOSTS_HELP: &str = "where its requests may go, as in hosts = [\"api.telegram.org\"]";
const HOST_RULE: &str = "a name, or `name:port`, for https; `http://name:port` where nothing is encrypted; no path";

/// Where the plugin of a receiver comes from, and where what it may not like is written.
#[derive(Clone, Debug)]
pub struct ChannelSource {
    pub plugin: PluginUse,
    secrets_place: Option<Place>,
    secrets: BTreeMap<Arc<str>, Place>,
    hosts_place: Option<Place>,
    hosts: Vec<(AllowedHost, Place)>,
}

/// `channel = { plugin = …, hosts = […], secrets = { … }, settings = { … } }`.
pub(crate) fn read(fields: &Fields<'_>, folder: &Path) -> Option<(ReceiverKind, ChannelSource)> {
    let channel = fields.fields("channel", keys::RECEIVER_CHANNEL)?;
    let plugin = plugins::used(&channel, folder);
    let hosts = hosts(&channel);
    let (secrets, secret_places) = secrets(&channel);
    let receiver = ChannelReceiver {
        plugin: plugin.source.name.clone(),
        settings: plugin.settings.clone(),
        secrets,
        hosts: hosts.iter().map(|(host, _)| host.clone()).collect(),
    };
    let place = |key| channel.get(key).map(|value| value.place());
    let source = ChannelSource {
        plugin,
        secrets_place: place("secrets"),
        secrets: secret_places,
        hosts_place: place("hosts"),
        hosts,
    };
    Some((ReceiverKind::Channel(receiver), source))
}

fn hosts(channel: &Fields<'_>) -> Vec<(AllowedHost, Place)> {
    let Some(value) = channel.require("hosts", HOSTS_HELP) else { return Vec::new() };
    let Some(items) = value.list() else { return Vec::new() };
    if items.is_empty() {
        value.error("`hosts` is empty, so the plugin could send nothing", HOSTS_HELP);
    }
    if items.len() > HOSTS_MAX {
        value.error(format!("{} hosts", items.len()), at_most(HOSTS_MAX));
    }
    let read = |item: &Value<'_>| {
        let text = item.filled()?;
        match host(text) {
            Ok(host) => Some((host, item.place())),
            Err(remedy) => {
                item.error(format!("`{text}` is not a host"), remedy);
                None
            }
        }
    };
    items.iter().filter_map(read).collect()
}

/// The error: what to write instead.
fn host(text: &str) -> Result<AllowedHost, String> {
    if let Some(name) = text.strip_prefix("https://") {
        let name = name.split(['/', '?', '#']).next().unwrap_or_default();
        return Err(format!("https is understood: \"{name}\""));
    }
    if text.contains('*') {
        return Err("each host is named by itself, so that it is known where requests go".to_owned());
    }
    let (plain, name) = match text.strip_prefix("http://") {
        Some(name) => (true, name),
        None => (false, text),
    };
    let scheme = if plain { "http" } else { "https" };
    let foreign = |character: char| character.is_whitespace() || "/\\?#@%".contains(character);
    let url = Url::parse(&format!("{scheme}://{name}/")).ok().filter(|_| !name.contains(foreign));
    let found = url.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
    let (host, port) = found.ok_or(HOST_RULE)?;
    Ok(AllowedHost { host: host.into(), port, plain })
}

/// With the place of each.
fn secrets(channel: &Fields<'_>) -> (BTreeMap<Arc<str>, Secret>, BTreeMap<Arc<str>, Place>) {
    let (mut secrets, mut places) = (BTreeMap::new(), BTreeMap::new());
    let entries = channel.entries("secrets");
    crate::reader::at_most_entries(&entries, SECRETS_MAX, "secrets");
    for entry in entries {
        if let Some(secret) = entry.value.secret() {
            secrets.insert(entry.name.clone(), secret);
        }
        places.insert(entry.name, entry.place);
    }
    (secrets, places)
}

/// As a person writes it.
fn shown(host: &AllowedHost) -> String {
    let AllowedHost { host, port, plain } = host;
    match (plain, port) {
        (false, 443) => host.to_string(),
        (false, port) => format!("{host}:{port}"),
        (true, 80) => format!("http://{host}"),
        (true, port) => format!("http://{host}:{port}"),
    }
}

impl Config {
    /// What the plugin of a receiver needs and the receiver does not have; `receiver`: its full name. What it has and the
    /// plugin does not need becomes a warning.
    #[must_use = "what is missing is an error"]
    pub fn with_channel_wants(&mut self, receiver: &str, wants: &ChannelWants) -> Vec<Diagnostic> {
        let Some(source) = self.channels.get(receiver) else { return Vec::new() };
        let at = |place: &Option<Place>, diagnostic| {
            self.places.at(Some(place.as_ref().unwrap_or(&source.plugin.place)), diagnostic)
        };
        let secrets = source.missing_secrets(receiver, wants).map(|missing| at(&source.secrets_place, missing));
        let hosts = source.missing_hosts(receiver, wants).map(|missing| at(&source.hosts_place, missing));
        let missing = secrets.chain(hosts).collect();
        let unused = source.unused(receiver, wants);
        let unused: Vec<_> = unused.map(|(place, warning)| self.places.at(Some(place), warning)).collect();
        self.warnings.extend(unused);
        missing
    }
}

impl ChannelSource {
    fn missing_secrets(&self, receiver: &str, wants: &ChannelWants) -> impl Iterator<Item = Diagnostic> {
        let missing = wants.secrets.iter().filter(|name| !self.secrets.contains_key(&***name));
        let diagnostic = move |name: &String| {
            let plugin = &self.plugin.source.name;
            if !is_name(name) {
                let message = format!("receiver `{receiver}`: the plugin `{plugin}` needs a secret `{name}`");
                return Diagnostic::new(message).with_help(format!("its author must rename it: {NAME_RULE}"));
            }
            let message = format!("receiver `{receiver}`: the plugin `{plugin}` needs the secret `{name}`");
            let help = format!("secrets = {{ {name} = {{ env = \"NAME\" }} }}");
            Diagnostic::new(message).with_help(suggest::remedy(name, self.secrets.keys().map(|name| &**name), &help))
        };
        missing.map(diagnostic)
    }

    fn missing_hosts(&self, receiver: &str, wants: &ChannelWants) -> impl Iterator<Item = Diagnostic> {
        let plugin = &self.plugin.source.name;
        let diagnostic = move |text: &String| match host(text) {
            Ok(wanted) if self.hosts.iter().any(|(host, _)| *host == wanted) => None,
            Ok(wanted) => {
                let wanted = shown(&wanted);
                let message =
                    format!("receiver `{receiver}`: the plugin `{plugin}` sends to `{wanted}`, which it may not");
                let help = format!("if it is to be allowed: hosts = [\"{wanted}\"]");
                Some(Diagnostic::new(message).with_help(help))
            }
            Err(_) => {
                let message =
                    format!("receiver `{receiver}`: the plugin `{plugin}` wants to send to `{text}`, which is no host");
                Some(Diagnostic::new(message).with_help("look at its settings"))
            }
        };
        wants.hosts.iter().filter_map(diagnostic)
    }

    /// A plugin that names no host has it from a secret, so that any may be needed.
    fn unused(&self, receiver: &str, wants: &ChannelWants) -> impl Iterator<Item = (&Place, Diagnostic)> {
        let plugin = &self.plugin.source.name;
        let warning = move |what: String| {
            Diagnostic::warning(format!("receiver `{receiver}`: the plugin `{plugin}` has no use for {what}"))
        };
        let secrets = self.secrets.iter().filter(|(name, _)| !wants.secrets.iter().any(|wanted| **wanted == ***name));
        let wanted: Vec<AllowedHost> = wants.hosts.iter().filter_map(|text| host(text).ok()).collect();
        let hosts = self.hosts.iter().filter(move |(host, _)| !wanted.is_empty() && !wanted.contains(host));
        let hosts = hosts.map(move |(host, place)| (place, warning(format!("the host `{}`", shown(host)))));
        secrets.map(move |(name, place)| (place, warning(format!("the secret `{name}`")))).chain(hosts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_and_a_port() {
        for (text, expected) in [
            ("api.telegram.org", "https://api.telegram.org:443"),
            ("API.Telegram.ORG", "https://api.telegram.org:443"),
            ("ntfy.example.com:8443", "https://ntfy.example.com:8443"),
            ("http://ntfy", "http://ntfy:80"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("[::1]:8443", "https://[::1]:8443"),
            ("bücher.example", "https://xn--bcher-kva.example:443"),
        ] {
            let AllowedHost { host, port, plain } = host(text).unwrap();
            assert_eq!(format!("{}://{host}:{port}", if plain { "http" } else { "https" }), expected, "{text}");
        }
        for text in [
            "https://api.telegram.org",
            "*.telegram.org",
            "ftp://x",
            "a/b",
            "user@host",
            "a b",
            "host:99999",
            "http://",
            ":80",
            "a?b",
            "a#b",
            "a%2fb",
            "x\\y",
        ] {
            assert!(host(text).is_err(), "{text}");
        }
        assert_eq!(host("https://x.example/path").unwrap_err(), "https is understood: \"x.example\"");
    }
}
