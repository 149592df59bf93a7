//! From files to what a Bellwire runs on: the configuration, and every policy's plugin loaded and its settings checked.

use crate::{
    channels,
    clock::Clock,
    links::{LinkKey, Links},
    plugins::{self, PluginFile},
    sources::{self, Sources},
};
use bellwire_config::{
    Config, Credential, Feed, Integrations, MetricsAccess, Places, PolicyLimits, ReportPlan, Server, ServerLimits,
};
use bellwire_core::{PluginFault, Tables, Verdict};
use bellwire_dispatch::{Channels, Dispatcher, SetupError};
use bellwire_http::{Tls, TlsError};
use bellwire_wasm::{Engine, EngineError, Limits, Plugin};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use bellwire_config::Report;

/// Where secrets given as `{ env = … }` come from.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where a configuration comes from.
pub(crate) struct Source {
    pub path: PathBuf,
    pub environment: Environment,
    /// Calendars are looked through around its time.
    pub clock: Clock,
}

impl Source {
    fn load(&self) -> Result<Config, Report> {
        Config::load(&self.path, &*self.environment, self.clock.now())
    }
}

/// Plugins by team and policy.
pub(crate) type Plugins = HashMap<(Arc<str>, Arc<str>), PluginSlot>;

#[derive(Clone)]
pub(crate) enum PluginSlot {
    Ready(Arc<Plugin>),
    /// Why it cannot be run: its incidents go to their route's fallback.
    Broken(Arc<str>),
}

/// The plugin of a policy; the error is the verdict that sends its incidents to the fallback.
pub(crate) fn plugin(plugins: &Plugins, team: &Arc<str>, policy: &Arc<str>) -> Result<Arc<Plugin>, Verdict> {
    let why: &str = match plugins.get(&(team.clone(), policy.clone())) {
        Some(PluginSlot::Ready(plugin)) => return Ok(plugin.clone()),
        Some(PluginSlot::Broken(why)) => why,
        None => "no plugin is loaded for it",
    };
    Err(Verdict { policy_hash: "".into(), fuel: 0, result: Err(PluginFault::Missing(why.into())) })
}

/// What to do about a plugin that cannot be loaded or refuses its settings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// An error: a check, or a reload, where the old configuration can stay.
    EveryPlugin,
    /// Start without it, and say so: its incidents go to the fallback, and everybody else's work. Not to start at all
    /// would silence every alert.
    StartAnyway,
}

/// A configuration that can be run.
pub(crate) struct Prepared {
    pub tables: Arc<Tables>,
    pub plugins: Plugins,
    pub channels: Channels,
    pub sources: Arc<Sources>,
    pub server: Server,
    pub integrations: Integrations,
    pub store: PathBuf,
    pub queue_max: usize,
    pub policy_limits: PolicyLimits,
    pub reports: Vec<ReportPlan>,
    pub feeds: Vec<Feed>,
    /// Those that are watched.
    pub plugin_files: Vec<PluginFile>,
    pub warnings: Option<Report>,
    pub places: Places,
}

/// What of a configuration holds from a start to a stop.
pub(crate) struct Fixed {
    server: Server,
    integrations: Integrations,
    store: PathBuf,
    queue_max: usize,
    policy_limits: PolicyLimits,
}

impl Fixed {
    pub fn of(prepared: &Prepared) -> Self {
        let Prepared { server, integrations, store, queue_max, policy_limits, .. } = prepared;
        let (server, integrations) = (server.clone(), integrations.clone());
        Self { server, integrations, store: store.clone(), queue_max: *queue_max, policy_limits: policy_limits.clone() }
    }

    /// The keys that a new configuration has otherwise: only the next start takes them.
    pub fn waits_for_a_start(&self, new: &Prepared) -> Vec<&'static str> {
        let (was, is) = (&self.server, &new.server);
        let (let_in, lets_in) = (&self.integrations, &new.integrations);
        let keys = [
            ("listen", was.listen != is.listen),
            ("external_url", was.external_url != is.external_url),
            ("[store]", self.store != new.store),
            ("[auth]", (&was.credentials, was.metrics_access) != (&is.credentials, is.metrics_access)),
            ("[slack] signing_secret", let_in.slack_signing_secret != lets_in.slack_signing_secret),
            ("[pagerduty] webhook_secrets", let_in.pagerduty_webhook_secrets != lets_in.pagerduty_webhook_secrets),
            ("[links]", let_in.link_secret != lets_in.link_secret),
            // A certificate is renewed at a reload; TLS itself is not turned on or off.
            ("[tls]", was.tls.is_some() != is.tls.is_some()),
            ("[limits] of requests", was.limits != is.limits || self.queue_max != new.queue_max),
            ("[policy_limits]", self.policy_limits != new.policy_limits),
        ];
        keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }
}

/// For a command that runs and ends: a check, a rehearsal, a test message.
pub(crate) fn prepare_alone(path: &Path, environment: &Environment) -> Result<Prepared, Report> {
    let config = Config::load(path, &**environment, Clock::System.now())?;
    let engine = engine(&config, Strictness::EveryPlugin)?;
    let prepared = finish(config, &engine, Strictness::EveryPlugin)?;
    tls(&prepared.server).map_err(|error| Report::of(format!("[tls]: {error}")))?;
    dispatcher(&prepared, &Clock::System, None).map_err(|error| Report::of(error.to_string()))?;
    Ok(prepared)
}

/// For `serve`.
pub(crate) fn prepare_to_serve(source: &Source) -> Result<(Prepared, Engine), Report> {
    let config = source.load()?;
    let engine = engine(&config, Strictness::StartAnyway)?;
    Ok((finish(config, &engine, Strictness::StartAnyway)?, engine))
}

/// For a reload, on the engine that runs.
pub(crate) fn prepare(source: &Source, engine: &Engine) -> Result<Prepared, Report> {
    finish(source.load()?, engine, Strictness::EveryPlugin)
}

fn engine(config: &Config, strictness: Strictness) -> Result<Engine, Report> {
    let PolicyLimits { fuel_max, memory_bytes_max, wall_clock } = config.policy_limits;
    let alerts_max = config.server.limits.batch_alerts_max;
    let limits = Limits { fuel_max, memory_bytes_max, time_max: wall_clock, alerts_max, ..Limits::default() };
    let with_cache = |cache_directory: Option<PathBuf>| {
        let limits = limits.clone();
        Engine::new(bellwire_wasm::Settings { limits, cache_directory, ..bellwire_wasm::Settings::default() })
    };
    let report = |error: EngineError| Report::of(error.to_string());
    match with_cache(config.code_cache.clone()) {
        // A start that takes longer is better than none.
        Err(EngineError::Cache(error)) if strictness == Strictness::StartAnyway => {
            tracing::error!("plugins are compiled at every start, since their cache cannot be used: {error}");
            with_cache(None).map_err(report)
        }
        engine => engine.map_err(report),
    }
}

/// Loads each plugin once, and checks the settings of each policy with it.
fn finish(mut config: Config, engine: &Engine, strictness: Strictness) -> Result<Prepared, Report> {
    let gathered = plugins::Plugins::gather(engine, &config.plugin_supply, plugin_sources(&config));
    let mut policies = gathered.world(Engine::load);
    let mut plugins = Plugins::new();
    let (mut problems, mut broken) = (Vec::new(), 0);
    for source in config.policies.clone() {
        let sound = problems.len();
        let used = (&config, &*format!("policy `{}`", source.policy), &source.plugin);
        let slot = match policies.ready(used, Plugin::check, &mut problems) {
            Ok((plugin, wants)) => {
                // The tables take what it wants looked up.
                problems
                    .extend(wants.into_iter().flat_map(|wants| config.with_wants(&source.team, &source.policy, wants)));
                PluginSlot::Ready(plugin)
            }
            Err(why) => PluginSlot::Broken(why),
        };
        plugins.insert((source.team, source.policy), slot);
        broken += usize::from(problems.len() > sound);
    }
    let channels = channels::load(&mut config, &gathered, &mut problems);
    let sources = sources::load(&config, &gathered, &mut problems);
    for (name, receiver) in &config.tables.receivers {
        for template in [&receiver.title_template, &receiver.body_template].into_iter().flatten() {
            // At a start it is no more than that: what cannot be rendered is sent as plain text.
            let checked = bellwire_dispatch::check_template(template);
            problems.extend(checked.err().map(|error| config.receiver_problem(name, &error)));
        }
    }
    if !problems.is_empty() && strictness == Strictness::EveryPlugin {
        return Err(Report::new(problems));
    }
    if !problems.is_empty() {
        let report = Report::new(problems);
        tracing::error!(
            "starting all the same; what a plugin that cannot be run was to decide or to say goes to the fallback:\n{report}"
        );
    }
    crate::measure::broken(broken);
    crate::measure::sources_broken(sources.broken());
    let warnings = config.warnings();
    Ok(Prepared {
        tables: Arc::new(config.tables),
        plugins,
        channels,
        sources: Arc::new(sources),
        server: config.server,
        integrations: config.integrations,
        store: config.store,
        queue_max: config.queue_max,
        policy_limits: config.policy_limits,
        reports: config.reports,
        feeds: config.feeds,
        plugin_files: if config.plugin_supply.watch { gathered.into_files() } else { Vec::new() },
        places: config.places,
        warnings: (!warnings.is_empty()).then(|| Report::new(warnings)),
    })
}

/// Of every world.
fn plugin_sources(config: &Config) -> impl Iterator<Item = &bellwire_config::PluginSource> {
    let policies = config.policies.iter().map(|policy| &policy.plugin.source);
    let sources = config.sources.iter().map(|source| &source.plugin.source);
    policies.chain(config.channels.values().map(|channel| &channel.plugin.source)).chain(sources)
}

pub(crate) fn http_settings(prepared: &Prepared) -> bellwire_http::Settings {
    let Prepared { server, integrations, .. } = prepared;
    let ServerLimits { body_bytes_max, bodies_bytes_max, batch_alerts_max, connections_max } = server.limits;
    let credential = |credential: &Credential| match credential.clone() {
        Credential::Bearer { name, token } => bellwire_http::Credential::Bearer { name, token },
        Credential::Basic { user, password } => bellwire_http::Credential::Basic { user, password },
    };
    bellwire_http::Settings {
        body_bytes_max,
        bodies_bytes_max,
        batch_alerts_max,
        connections_max,
        credentials: server.credentials.iter().map(credential).collect(),
        metrics_access: match server.metrics_access {
            MetricsAccess::Open => bellwire_http::MetricsAccess::Open,
            MetricsAccess::WithCredentials => bellwire_http::MetricsAccess::WithCredentials,
        },
        integrations: bellwire_http::Integrations {
            slack_signing_secret: integrations.slack_signing_secret.clone(),
            // Whoever speaks Slack's API instead of Slack is answered there, too.
            slack_response_base: Some(integrations.slack_api.clone()),
            pagerduty_webhook_secrets: integrations.pagerduty_webhook_secrets.clone(),
        },
        ..bellwire_http::Settings::default()
    }
}

/// `links`: what a mail's reader may act by; none for a message that is only a test.
pub(crate) fn dispatcher(
    prepared: &Prepared,
    clock: &Clock,
    links: Option<Arc<Links>>,
) -> Result<Dispatcher, SetupError> {
    let clock = clock.clone();
    let settings = bellwire_dispatch::Settings {
        external_url: prepared.server.external_url.clone(),
        clock: Arc::new(move || clock.now()),
        links: links.map(|links| Arc::new(move |incident: &_, who: &_, now| links.url(incident, who, now)) as _),
        slack_buttons: prepared.integrations.slack_signing_secret.is_some(),
    };
    Dispatcher::new(&prepared.tables.receivers, &prepared.channels, settings)
}

/// None if the key can neither be read nor made: mails without links are better than none.
pub(crate) fn links(prepared: &Prepared) -> Option<Arc<Links>> {
    let key = match &prepared.integrations.link_secret {
        Some(secret) => LinkKey::of(secret),
        None => LinkKey::beside(&prepared.store)
            .inspect_err(|error| {
                tracing::error!("mails have no links to act by: their key beside the store cannot be used: {error}");
            })
            .ok()?,
    };
    Some(Arc::new(Links::new(key, prepared.server.external_url.clone())))
}

pub(crate) fn tls(server: &Server) -> Result<Option<Tls>, TlsError> {
    let files = server.tls.as_ref();
    files.map(|files| Tls::from_pem(files.certificate.as_bytes(), files.key.expose().as_bytes())).transpose()
}
