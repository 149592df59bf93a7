//! bellwire.toml: what belongs to the whole host, and to no team.

use crate::{
    inhibitions, keys,
    reader::{Fields, Value},
    receivers::{self, DeclaredReceivers},
    report::Place,
    services::{self, Services},
    sources::{self, AlertSource},
    supply::{self, PluginSupply},
};
use bellwire_core::{Inhibition, Limits, Secret, Span};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use toml::de::DeValue;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const DAY: Span = Span::from_secs(86_400);
const CREDENTIALS_MAX: usize = 1_000;
const WALL_CLOCK: Span = Span::from_millis(250);

/// How Bellwire is reached, and by whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    pub listen: SocketAddr,
    /// Base URL for links in messages, without a slash at its end.
    pub external_url: Option<String>,
    /// None: everybody may do everything.
    pub credentials: Vec<Credential>,
    pub metrics_access: MetricsAccess,
    pub tls: Option<Tls>,
    pub limits: ServerLimits,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// `name`: who acts with it; none: the request must say.
    Bearer {
        name: Option<String>,
        token: Secret,
    },
    Basic {
        user: String,
        password: Secret,
    },
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsAccess {
    Open,
    WithCredentials,
}

/// PEM texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Tls {
    pub certificate: String,
    pub key: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Of one request.
    pub body_bytes_max: usize,
    /// Of all request bodies being read, together.
    pub bodies_bytes_max: usize,
    /// Alerts of one request.
    pub batch_alerts_max: usize,
    pub connections_max: usize,
}

/// Of one evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLimits {
    pub fuel_max: u64,
    pub memory_bytes_max: usize,
    pub wall_clock: Duration,
}

/// All of bellwire.toml.
pub(crate) struct Host<'a> {
    /// The file's first place, for what is missing in it.
    pub start: Place,
    pub server: Server,
    pub store: PathBuf,
    pub plugins: PathBuf,
    pub code_cache: Option<PathBuf>,
    pub plugin_supply: PluginSupply,
    /// Folder of the calendars that were fetched.
    pub calendar_cache: PathBuf,
    pub routes: Option<Value<'a>>,
    pub default_team: Option<Value<'a>>,
    pub queue_max: usize,
    pub limits: Limits,
    pub policy_limits: PolicyLimits,
    pub services: Services,
    pub receivers: DeclaredReceivers<'a>,
    pub sources: Vec<AlertSource>,
    /// Of every team.
    pub inhibitions: Vec<Inhibition>,
}

pub(crate) fn read<'a>(fields: &Fields<'a>) -> Host<'a> {
    let folder = fields.scope.surroundings.folder;
    let path =
        |key, default: &str| fields.get(key).and_then(|value| value.path()).unwrap_or_else(|| folder.join(default));
    let store = fields.fields("store", keys::STORE).and_then(|store| store.get("path")?.path());
    let plugins = path("plugins", "plugins");
    let services = services::read(fields, plugins.clone());
    let store = store.unwrap_or_else(|| folder.join("bellwire.db"));
    let beside_store = store.parent().unwrap_or(folder);
    let mut receivers = receivers::declare(fields.entries("receivers"), None, &services);
    receivers::link(&mut receivers, &DeclaredReceivers::new());
    let limits = fields.fields("limits", keys::LIMITS);
    let queue_max = limits.as_ref().map_or(1_024, |limits| limits.whole("queue_max", 1..=1_000_000, 1_024));
    Host {
        start: fields.place(),
        server: server(fields, limits.as_ref()),
        calendar_cache: fields
            .get("calendar_cache")
            .and_then(|value| value.path())
            .unwrap_or_else(|| beside_store.join("calendars")),
        sources: sources::read(&fields.entries("sources"), &plugins),
        inhibitions: inhibitions::read(fields, &[]),
        plugins,
        code_cache: fields.get("code_cache").and_then(|value| value.path()),
        plugin_supply: supply::read(fields, beside_store),
        routes: fields.get("routes"),
        default_team: fields.get("default_team"),
        queue_max,
        limits: limits.as_ref().map(engine_limits).unwrap_or_default(),
        policy_limits: policy_limits(fields),
        services,
        receivers,
        store,
    }
}

fn server(fields: &Fields<'_>, limits: Option<&Fields<'_>>) -> Server {
    let listen = fields.get("listen").and_then(|value| {
        let text = value.text()?;
        let help = "write an IP address and a port, as in \"127.0.0.1:9095\" or \"[::]:9095\"";
        text.parse().inspect_err(|_| value.error(format!("`{text}` is not an address to listen on"), help)).ok()
    });
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 9095)));
    let auth = fields.fields("auth", keys::AUTH);
    let credentials = auth.as_ref().map(credentials).unwrap_or_default();
    if credentials.is_empty() && !listen.ip().is_loopback() {
        let span = fields.get("listen").map_or(0..0, |value| value.span);
        let message = "everybody who can reach this address may send alerts and acknowledge incidents";
        fields.scope.warning(&span, message, "[auth] bearer_tokens = [{ env = \"BELLWIRE_TOKEN\" }]");
    }
    Server {
        listen,
        external_url: fields.get("external_url").and_then(|value| value.url()),
        credentials,
        metrics_access: auth
            .and_then(|auth| auth.get("metrics")?.one_of(&METRICS_ACCESS))
            .unwrap_or(MetricsAccess::WithCredentials),
        tls: fields.fields("tls", keys::TLS).and_then(|tls| tls_files(&tls)),
        limits: server_limits(limits),
    }
}

const METRICS_ACCESS: [(&str, MetricsAccess); 2] =
    [("open", MetricsAccess::Open), ("with-credentials", MetricsAccess::WithCredentials)];
fn credentials(auth: &Fields<'_>) -> Vec<Credential> {
    let list = |key| {
        let value = auth.get(key);
        let items = value.as_ref().and_then(Value::list).unwrap_or_default();
        if let Some(value) = value.filter(|_| items.len() > CREDENTIALS_MAX) {
            value.error(format!("{} credentials", items.len()), crate::file::at_most(CREDENTIALS_MAX));
        }
        items
    };
    let bearer = |value: Value<'_>| {
        let DeValue::Table(_) = value.value else {
            return Some(Credential::Bearer { name: None, token: value.secret()? });
        };
        let fields = value.fields(keys::BEARER)?;
        let name = fields.get("name").and_then(|name| name.filled()).map(str::to_owned);
        Some(Credential::Bearer { name, token: value.secret_from(&fields)? })
    };
    let basic = |value: Value<'_>| {
        let fields = value.fields(keys::BASIC)?;
        let user = fields.require("user", "{ user = \"prometheus\", password = { env = \"NAME\" } }");
        let password = fields.require("password", "{ user = \"prometheus\", password = { env = \"NAME\" } }");
        let password = password.and_then(|password| password.secret());
        let user = user?;
        let name = user.filled()?;
        if name.contains(':') {
            user.error("a user's name cannot have a colon", "");
        }
        Some(Credential::Basic { user: name.into(), password: password? })
    };
    let bearers = list("bearer_tokens").into_iter().filter_map(bearer);
    bearers.chain(list("basic").into_iter().filter_map(basic)).collect()
}

fn tls_files(tls: &Fields<'_>) -> Option<Tls> {
    let certificate = tls.require("certificate", "the path of a PEM file with the certificate and its chain");
    let key = tls.require("key", "the path of a PEM file with the private key");
    let (certificate, key) = (certificate?.file_text(), key?.file_text());
    Some(Tls { certificate: certificate?, key: Secret::new(key?) })
}

fn server_limits(limits: Option<&Fields<'_>>) -> ServerLimits {
    let whole = |key, range, default: u64| {
        limits.map_or(usize::try_from(default).unwrap_or(usize::MAX), |limits| {
            limits.whole(key, range, usize::try_from(default).unwrap_or(usize::MAX))
        })
    };
    ServerLimits {
        body_bytes_max: whole("body_bytes_max", KIB..=256 * MIB, 16 * MIB),
        bodies_bytes_max: whole("bodies_bytes_max", MIB..=16 * GIB, 256 * MIB),
        batch_alerts_max: whole("batch_alerts_max", 1..=1_000_000, 10_000),
        connections_max: whole("connections_max", 1..=100_000, 1_024),
    }
}

fn engine_limits(limits: &Fields<'_>) -> Limits {
    let default = Limits::default();
    let second = Span::from_secs(1);
    Limits {
        alerts_max: limits.whole("alerts_max", 1..=100_000_000, default.alerts_max),
        labels_max: limits.whole("labels_max", 1..=1_000, default.labels_max),
        label_bytes_max: limits.whole("label_bytes_max", KIB..=MIB, default.label_bytes_max),
        annotation_bytes_max: limits.whole("annotation_bytes_max", KIB..=MIB, default.annotation_bytes_max),
        facts_alerts_max: limits.whole("facts_alerts_max", 1..=10_000, default.facts_alerts_max),
        resolve_timeout: limits.duration("resolve_timeout", second..=DAY, default.resolve_timeout),
        fault_retry: limits.duration("fault_retry", second..=DAY, default.fault_retry),
        fallback_repeat: limits.duration("fallback_repeat", second..=DAY, default.fallback_repeat),
    }
}

fn policy_limits(fields: &Fields<'_>) -> PolicyLimits {
    let limits = fields.fields("policy_limits", keys::POLICY_LIMITS);
    let default = PolicyLimits::default();
    let Some(limits) = limits else { return default };
    let wall_clock = limits.duration("wall_clock", Span::from_millis(10)..=Span::from_secs(10), WALL_CLOCK);
    PolicyLimits {
        fuel_max: limits.whole("fuel_max", 100_000..=100_000_000_000, default.fuel_max),
        memory_bytes_max: limits.whole("memory_bytes_max", MIB..=GIB, default.memory_bytes_max),
        wall_clock: Duration::from_millis(wall_clock.as_millis()),
    }
}

impl Default for PolicyLimits {
    fn default() -> Self {
        Self {
            fuel_max: 50_000_000,
            memory_bytes_max: 64 << 20,
            wall_clock: Duration::from_millis(WALL_CLOCK.as_millis()),
        }
    }
}
