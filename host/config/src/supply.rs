//! What plugins come through: registries and how each is spoken to, where copies are kept, and whether files are watched.

use crate::{
    keys,
    oci::is_registry,
    reader::{Entry, Fields},
};
use bellwire_core::Secret;
use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, sync::Arc};

#[derive(Clone, PartialEq, Eq)]
pub struct PluginSupply {
    /// By name, as in `localhost:5000`. One that is not here is spoken to over TLS, by nobody in particular.
    pub registries: BTreeMap<Arc<str>, Registry>,
    /// Folder of the plugins that came from registries.
    pub cache: PathBuf,
    /// A plugin whose file changes is taken by itself.
    pub watch: bool,
}

#[derive(Clone, PartialEq, Eq, Default)]
pub struct Registry {
    pub credentials: Option<RegistryCredentials>,
    pub transport: Transport,
}

#[derive(Clone, PartialEq, Eq)]
pub struct RegistryCredentials {
    pub user: String,
    pub password: Secret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Transport {
    #[default]
    Tls,
    /// For a registry on this machine, or in a test.
    PlainHttp,
}

/// `beside`: the folder of the store.
pub(crate) fn read(fields: &Fields<'_>, beside: &std::path::Path) -> PluginSupply {
    let entries = fields.get("registries").map(|value| value.entries_of(is_registry, RULE)).unwrap_or_default();
    let registries = entries.iter().filter_map(|entry| Some((entry.name.clone(), registry(entry)?)));
    let cache = fields.get("plugin_cache").and_then(|value| value.path());
    PluginSupply {
        registries: registries.collect(),
        cache: cache.unwrap_or_else(|| beside.join("plugin-cache")),
        watch: fields.get("watch_plugins").and_then(|value| value.flag()).unwrap_or(true),
    }
}

const RULE: &str = "the registry's host, with its port if it has one, as in [registries.\"localhost:5000\"]";

fn registry(entry: &Entry<'_>) -> Option<Registry> {
    let fields = entry.value.fields(keys::REGISTRY)?;
    let transport = match fields.get("plain_http").and_then(|value| value.flag()) {
        Some(true) => Transport::PlainHttp,
        Some(false) | None => Transport::Tls,
    };
    let credentials = match (fields.get("user"), fields.get("password")) {
        (None, None) => None,
        (Some(user), Some(password)) => {
            if transport == Transport::PlainHttp && !is_this_machine(&entry.name) {
                let help = "take `plain_http` away, or let everybody read from this registry";
                password.error("a password is not sent over a connection without encryption", help);
            }
            let user = user.filled().map(str::to_owned);
            user.zip(password.secret()).map(|(user, password)| RegistryCredentials { user, password })
        }
        (Some(one), None) | (None, Some(one)) => {
            one.error("`user` and `password` are given together or not at all", "");
            None
        }
    };
    Some(Registry { credentials, transport })
}

fn is_this_machine(registry: &str) -> bool {
    let host = registry.split(':').next().unwrap_or(registry);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}
