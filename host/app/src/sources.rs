//! Sources: a webhook goes to a plugin, off the async threads, and comes back as alerts.
//!
//! What one source does is no other's business: each has its own turns and its own room to wait in, and all of them
//! together leave calls free for the policies.

use crate::{
    measure,
    plugins::{Plugins, log},
    share::Share,
};
use bellwire_config::{AlertSource, Config, Diagnostic};
use bellwire_core::{Instant, Labels};
use bellwire_http::{
    Unavailable, Unread,
    decode::{AlertFault, Batch, FaultKind},
};
use bellwire_wasm::{Conversion, Converted, Engine, Source, SourceFault};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task};

/// Of all sources together; the engine has more, which are the policies'.
static CALLS: Semaphore = Semaphore::const_new(4);
/// Of one source: less than all, so that one which always loops leaves the others theirs.
const CALLS_MAX: usize = 2;
/// Bodies that wait for a turn, in bytes: as many of the largest. A smaller one counts as one of this size.
const WAITING_MAX: usize = 4;
const BODY_BYTES_MIN: usize = 4 << 10;
/// What a sender is asked to wait before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// By name.
#[derive(Default)]
pub(crate) struct Sources(BTreeMap<Arc<str>, Slot>);

enum Slot {
    Ready(Reader),
    /// Why it cannot be run: whoever posts to it hears that, and so do people.
    Broken(Arc<str>),
}

struct Reader {
    plugin: Arc<Source>,
    settings: Arc<str>,
    labels: Labels,
    /// In lower case: those that the plugin asked for.
    headers: Vec<String>,
    calls: Share,
    /// In bytes.
    room: Arc<Semaphore>,
    room_bytes: usize,
}

/// A source that cannot be loaded or refuses its settings is a problem, and a slot that says so.
pub(crate) fn load(config: &Config, plugins: &Plugins, problems: &mut Vec<Diagnostic>) -> Sources {
    let mut world = plugins.world(Engine::load_source);
    let mut slots = BTreeMap::new();
    for source in &config.sources {
        let used = (config, &*format!("source `{}`", source.name), &source.plugin);
        let slot = match world.ready(used, Source::check, problems) {
            Ok((plugin, Some(wants))) => {
                let headers = wants.headers.iter().map(|name| name.to_ascii_lowercase()).collect();
                Slot::Ready(Reader::new(plugin, source, headers, config.server.limits.body_bytes_max))
            }
            Ok((_, None)) => Slot::Broken("its plugin refuses its settings".into()),
            Err(why) => Slot::Broken(why),
        };
        slots.insert(source.name.clone(), slot);
    }
    Sources(slots)
}

impl Sources {
    pub fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().cloned().collect()
    }

    pub fn broken(&self) -> usize {
        self.0.values().filter(|slot| matches!(slot, Slot::Broken(_))).count()
    }

    pub async fn convert(&self, name: &str, webhook: bellwire_http::Webhook, now: Instant) -> Result<Batch, Unread> {
        match self.0.get(name) {
            Some(Slot::Ready(reader)) => reader.convert(name, webhook, now).await,
            Some(Slot::Broken(why)) => {
                measure::converted(name, "missing");
                Err(Unread::Failed(format!("this source cannot be run: {why}")))
            }
            // It was there a moment ago. When it is sent again, it is unknown.
            None => Err(Unread::Unavailable(later("the sources have just changed"))),
        }
    }
}

impl Reader {
    fn new(plugin: Arc<Source>, source: &AlertSource, headers: Vec<String>, body_bytes_max: usize) -> Self {
        let room_bytes = body_bytes_max.saturating_mul(WAITING_MAX).min(u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        Self {
            plugin,
            settings: source.plugin.settings.clone(),
            labels: source.labels.clone(),
            headers,
            calls: Share::new(CALLS_MAX, &CALLS),
            room: Arc::new(Semaphore::new(room_bytes)),
            room_bytes,
        }
    }

    async fn convert(&self, name: &str, webhook: bellwire_http::Webhook, now: Instant) -> Result<Batch, Unread> {
        let bytes = webhook.body.len().max(BODY_BYTES_MIN).min(self.room_bytes);
        let room = self.room.clone().try_acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX));
        let room = room.map_err(|_| Unread::Unavailable(later("too many webhooks of this source wait")))?;
        let turn = self.calls.turn().await;
        let bellwire_http::Webhook { content_type, query, mut headers, body } = webhook;
        headers.retain(|(name, _)| self.headers.contains(name));
        let webhook = bellwire_wasm::Webhook { now, content_type, query, headers, body: body.into() };
        let (plugin, settings) = (self.plugin.clone(), self.settings.clone());
        let converted = task::spawn_blocking(move || {
            let conversion = plugin.convert(&settings, &webhook);
            // Held for as long as the plugin runs, also if whoever posted has hung up.
            drop((room, turn));
            conversion
        });
        match converted.await {
            Ok(conversion) => self.batch(name, conversion),
            Err(_panicked) => Err(Unread::Failed("the host panicked while the plugin ran".into())),
        }
    }

    fn batch(&self, name: &str, conversion: Conversion) -> Result<Batch, Unread> {
        let outcome = match &conversion.result {
            Ok(_) => "read",
            Err(SourceFault::Malformed(_)) => "malformed",
            Err(SourceFault::Plugin(fault)) => fault.kind(),
        };
        measure::converted(name, outcome);
        measure::conversion(&conversion);
        log("source", &name, &conversion.log);
        let Converted { mut alerts, unusable, beyond } = conversion.result.map_err(|fault| match fault {
            malformed @ SourceFault::Malformed(_) => Unread::Malformed(malformed.to_string()),
            SourceFault::Plugin(fault) => Unread::Failed(fault.to_string()),
        })?;
        if !self.labels.is_empty() {
            for alert in &mut alerts {
                // The last of one name wins.
                alert.labels = Labels::from_pairs(self.labels.iter().chain(alert.labels.iter()));
            }
        }
        let faults = unusable.into_iter().map(|unusable| AlertFault {
            index: unusable.index,
            kind: FaultKind::Malformed,
            message: unusable.message,
        });
        Ok(Batch { alerts, faults: faults.collect(), beyond, truncated: 0 })
    }
}

fn later(reason: &str) -> Unavailable {
    Unavailable { reason: reason.into(), retry_after: RETRY_AFTER }
}
