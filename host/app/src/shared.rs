//! What the threads and tasks of a running Bellwire share, and how each is made of it.

use crate::{
    busy::Busy,
    clock::{Clock, Steady},
    feeds::Feeds,
    inbox::Inbox,
    outgoing::Outgoing,
    plugins::PluginWatch,
    recurring::{Recurring, Waiters},
    reload::Reloader,
    reports::Reporter,
    running::StartError,
    setup::Prepared,
    sources::Sources,
    turns::Loop,
    writer::{RETRY, StoreHealth, Turn, Writer},
};
use arc_swap::ArcSwap;
use bellwire_core::{Engine, Instant, Message, Roster};
use bellwire_dispatch::{Dispatcher, SetupError};
use bellwire_store::{Reader, SqliteStore};
use bellwire_wasm::Pool;
use std::{
    sync::{
        Arc,
        atomic::AtomicU64,
        mpsc::{Receiver, SyncSender},
    },
    thread,
};
use tokio::{runtime::Handle, task::JoinHandle};

/// Evaluations of a team that wait for a thread of the pool; further ones wait in the loop.
const POOL_QUEUE_MAX: usize = 256;

pub(crate) struct Shared {
    pub clock: Clock,
    pub busy: Busy,
    pub inbox: Arc<Inbox>,
    pub dispatcher: Arc<ArcSwap<Dispatcher>>,
    pub sources: Arc<ArcSwap<Sources>>,
    pub reader: Arc<dyn Reader>,
    pub roster: Arc<ArcSwap<Roster>>,
    pub health: StoreHealth,
    /// The loop's, in milliseconds; `u64::MAX`: none.
    pub next_deadline: Arc<AtomicU64>,
    pub recurring: Arc<Recurring>,
}

/// What runs beside the loop, for ever.
pub(crate) struct Tasks {
    pub reports: JoinHandle<()>,
    pub feeds: JoinHandle<()>,
    pub plugin_watch: JoinHandle<()>,
}

impl Shared {
    pub fn writer(&self, store: SqliteStore, turns: Receiver<Turn>) -> Writer<SqliteStore, impl Fn(Message) + use<>> {
        let outgoing = Outgoing {
            dispatcher: self.dispatcher.clone(),
            inbox: self.inbox.clone(),
            busy: self.busy.clone(),
            runtime: Handle::current(),
        };
        let send = move |message| outgoing.send(message);
        let (health, backlog) = (self.health.clone(), Default::default());
        Writer { store, turns, send, health, backlog, next_try: None, retry: RETRY }
    }

    pub fn turn_loop(
        &self,
        engine: Engine,
        writer: SyncSender<Turn>,
        prepared: &Prepared,
        now: Instant,
    ) -> Result<Loop, StartError> {
        let threads_max = thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
        Ok(Loop {
            roster: self.roster.clone(),
            engine,
            inbox: self.inbox.clone(),
            writer,
            pool: Pool::new(threads_max, POOL_QUEUE_MAX).map_err(StartError::Thread)?,
            waiting: Default::default(),
            plugins: prepared.plugins.clone(),
            busy: self.busy.clone(),
            next_deadline: self.next_deadline.clone(),
            time: Steady::new(self.clock.clone(), now),
            counted: Instant::default(),
        })
    }

    /// Starts them.
    pub fn tasks(&self, reloader: &Reloader, waiters: Waiters) -> Result<Tasks, StartError> {
        let reporter = Reporter {
            recurring: self.recurring.clone(),
            reader: self.reader.clone(),
            roster: self.roster.clone(),
            dispatcher: self.dispatcher.clone(),
            inbox: self.inbox.clone(),
            clock: self.clock.clone(),
            tries: Default::default(),
        };
        let feeds = Feeds::new(self.recurring.clone(), reloader.clone(), self.clock.clone())
            .map_err(|error| SetupError::Client(error.to_string()))?;
        let runtime = Handle::current();
        let (recurring, clock) = (self.recurring.clone(), self.clock.clone());
        let plugin_watch = PluginWatch { recurring, reloader: reloader.clone(), clock }.run(waiters.plugin_files);
        let (reports, feeds) = (reporter.run(waiters.reports), feeds.run(waiters.feeds));
        Ok(Tasks {
            reports: runtime.spawn(reports),
            feeds: runtime.spawn(feeds),
            plugin_watch: runtime.spawn(plugin_watch),
        })
    }
}
