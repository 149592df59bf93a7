//! A new configuration for a running Bellwire: all of it, or none.

use crate::{
    inbox::{Inbox, NotStored, Order},
    measure,
    recurring::Recurring,
    setup::{self, Fixed, Source},
    shared::Shared,
    sources::Sources,
};
use arc_swap::ArcSwap;
use bellwire_dispatch::Dispatcher;
use bellwire_http::{ReloadError, Tls};
use std::sync::Arc;
use tokio::sync::{Mutex, oneshot};

#[derive(Clone)]
pub(crate) struct Reloader(Arc<Inner>);

struct Inner {
    source: Source,
    wasm: bellwire_wasm::Engine,
    dispatcher: Arc<ArcSwap<Dispatcher>>,
    sources: Arc<ArcSwap<Sources>>,
    inbox: Arc<Inbox>,
    recurring: Arc<Recurring>,
    tls: Option<Tls>,
    fixed: Fixed,
    /// One at a time.
    turn: Mutex<()>,
}

impl Reloader {
    pub fn new(source: Source, wasm: bellwire_wasm::Engine, shared: &Shared, tls: Option<Tls>, fixed: Fixed) -> Self {
        let Shared { dispatcher, sources, inbox, recurring, .. } = shared;
        let (dispatcher, sources) = (dispatcher.clone(), sources.clone());
        let (inbox, recurring, turn) = (inbox.clone(), recurring.clone(), Mutex::new(()));
        Self(Arc::new(Inner { source, wasm, dispatcher, sources, inbox, recurring, tls, fixed, turn }))
    }

    /// Answers when the new configuration holds and the turn that took it is on disk.
    pub async fn reload(&self) -> Result<String, ReloadError> {
        let _turn = self.0.turn.lock().await;
        let reloaded = self.prepare_and_swap().await;
        match &reloaded {
            Ok(said) => {
                measure::reloaded("taken");
                tracing::info!("{said}");
            }
            Err(error) => {
                measure::reloaded("refused");
                tracing::error!("the new configuration is refused, the old one stays:\n{error}");
            }
        }
        reloaded
    }

    async fn prepare_and_swap(&self) -> Result<String, ReloadError> {
        let inner = self.0.clone();
        // Reading files and compiling plugins block, and take their time.
        let prepared = tokio::task::spawn_blocking(move || setup::prepare(&inner.source, &inner.wasm));
        let mut prepared = match prepared.await {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(report)) => return Err(ReloadError::Invalid(report.to_string())),
            Err(_panicked) => return Err(ReloadError::Failed("reading the configuration broke off".into())),
        };
        let failed = |error: &dyn std::fmt::Display| ReloadError::Failed(error.to_string());
        let dispatcher = self.0.dispatcher.load().with_receivers(&prepared.tables.receivers, &prepared.channels);
        let dispatcher = dispatcher.map_err(|error| failed(&error))?;
        if let (Some(tls), Some(files)) = (&self.0.tls, &prepared.server.tls) {
            tls.replace(files.certificate.as_bytes(), files.key.expose().as_bytes()).map_err(|error| failed(&error))?;
        }
        let mut said =
            format!("configuration reloaded, revision {}", prepared.tables.revision.get(..12).unwrap_or_default());
        let waiting = self.0.fixed.waits_for_a_start(&prepared);
        if !waiting.is_empty() {
            said.push_str(&format!("; these hold only from the next start on: {}", waiting.join(", ")));
        }
        // The senders first: they know the old receivers' names too, or their notices fail over.
        self.0.dispatcher.store(Arc::new(dispatcher));
        self.0.sources.store(prepared.sources.clone());
        self.0.recurring.replace(&mut prepared);
        let (reply, answer) = oneshot::channel();
        self.0.inbox.put(Order::Reload(Box::new(prepared)), Some(reply));
        match answer.await {
            Ok(Ok(_)) => Ok(said),
            Ok(Err(NotStored)) => {
                Ok(format!("{said}; it holds, and is not in the journal while the store refuses writes"))
            }
            Err(_stopped) => Err(ReloadError::Failed("stopping".into())),
        }
    }
}
