//! A running Bellwire: its threads and tasks, from start to stop.

use crate::{
    backend::Door,
    busy::Busy,
    clock::Clock,
    inbox::{Inbox, Order},
    measure,
    recurring::Recurring,
    reload::Reloader,
    setup::{self, Environment, Prepared, Report, Source},
    shared::{Shared, Tasks},
    slack_voice::SlackVoice,
    writer::StoreHealth,
};
use arc_swap::ArcSwap;
use bellwire_core::{Engine, Instant, Span};
use bellwire_http::{ReloadError, Server};
use bellwire_store::{SqliteStore, Store, StoreError};
use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::sync_channel,
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    sync::{oneshot, watch},
    task,
    time::timeout,
};

/// Turns between the loop and the writer: enough that neither waits for the other's hiccup.
const TURNS_AHEAD: usize = 8;
/// At a stop, for sends under way to end; what has not ended is sent at the next start.
const STOP_WAIT: Duration = Duration::from_secs(10);

pub struct Options {
    /// `bellwire.toml`.
    pub config: PathBuf,
    /// Instead of the configuration's `listen`; port 0: one that is free.
    pub listen: Option<SocketAddr>,
    pub environment: Environment,
    pub clock: Clock,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Configuration(Report),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Dispatch(#[from] bellwire_dispatch::SetupError),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Tls(#[from] bellwire_http::TlsError),
    #[error("a thread does not start: {0}")]
    Thread(io::Error),
}

pub struct App {
    address: SocketAddr,
    secure: bool,
    shared: Shared,
    reloader: Reloader,
    tasks: Tasks,
    stop_http: oneshot::Sender<()>,
    http: task::JoinHandle<io::Result<()>>,
    threads: Vec<JoinHandle<()>>,
    ended: watch::Receiver<Option<&'static str>>,
}

impl App {
    /// Ready when it returns: what was overdue is being done, and the listener answers.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { config, listen, environment, clock } = options;
        let metrics = measure::recorder();
        let source = Source { path: config, environment, clock: clock.clone() };
        let (prepared, wasm) = setup::prepare_to_serve(&source).map_err(StartError::Configuration)?;
        let tls = setup::tls(&prepared.server)?;
        let server = bind(listen.unwrap_or(prepared.server.listen), &prepared).await?;
        let mut store = SqliteStore::open(&prepared.store)?;
        let snapshot = store.load()?;
        let links = setup::links(&prepared);
        let dispatcher = setup::dispatcher(&prepared, &clock, links.clone())?;
        let now = clock.now().max(snapshot.last);
        let engine = Engine::load(prepared.tables.clone(), snapshot, now);

        let busy = Busy::default();
        let (recurring, waiters) = Recurring::new(&prepared, &clock, &busy);
        let shared = Shared {
            inbox: Arc::new(Inbox::new(prepared.queue_max, busy.clone())),
            dispatcher: Arc::new(ArcSwap::from_pointee(dispatcher)),
            sources: Arc::new(ArcSwap::new(prepared.sources.clone())),
            reader: store.reader(),
            roster: Arc::new(ArcSwap::new(engine.roster().clone())),
            health: StoreHealth::default(),
            next_deadline: Arc::new(AtomicU64::new(u64::MAX)),
            recurring,
            clock,
            busy,
        };
        let (turns, written) = sync_channel(TURNS_AHEAD);
        let (writer, turn_loop) = (shared.writer(store, written), shared.turn_loop(engine, turns, &prepared, now)?);
        let (end, ended) = watch::channel(None);
        let threads =
            vec![spawn("writer", &end, move || writer.run())?, spawn("turns", &end, move || turn_loop.run())?];
        let reloader = Reloader::new(source, wasm, &shared, tls.clone(), setup::Fixed::of(&prepared));
        let tasks = shared.tasks(&reloader, waiters)?;
        let door = Door {
            inbox: shared.inbox.clone(),
            reader: shared.reader.clone(),
            clock: shared.clock.clone(),
            health: shared.health.clone(),
            reloader: reloader.clone(),
            metrics,
            roster: shared.roster.clone(),
            sources: shared.sources.clone(),
            links,
            slack: SlackVoice::new(tokio::runtime::Handle::current()),
        };
        let (stop_http, stopped) = oneshot::channel::<()>();
        let (address, settings, secure) = (server.address(), setup::http_settings(&prepared), tls.is_some());
        let runtime = tokio::runtime::Handle::current();
        // Accepting has a thread of its own; every connection is a task of the runtime.
        let http = task::spawn_blocking(move || {
            let stopped = async { drop(stopped.await) };
            runtime.block_on(server.serve(tls, &settings, Arc::new(door), stopped))
        });
        Ok(Self { address, secure, shared, reloader, tasks, stop_http, http, threads, ended })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://…` or `https://…`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.address)
    }

    /// Borrows nothing, so that whoever asks need not wait for it.
    pub async fn reload(&self) -> Result<String, ReloadError> {
        self.reloader.reload().await
    }

    /// Beside whoever asks: what came of it is in the log.
    pub fn reload_soon(&self) {
        let reloader = self.reloader.clone();
        tokio::runtime::Handle::current().spawn(async move { drop(reloader.reload().await) });
    }

    /// Until one of its threads ends, which none does before a stop: which one.
    pub async fn broken(&self) -> &'static str {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(name) => name.unwrap_or("a thread"),
            Err(_gone) => "every thread",
        }
    }

    /// Until no request, evaluation, commit or send is under way.
    pub async fn idle(&self) {
        self.shared.busy.idle().await;
    }

    /// Moves a manual clock on, stopping at each deadline on the way, until all that follows is done. Nothing with the system's clock.
    pub async fn fast_forward(&self, span: Span) {
        let Clock::Manual(manual) = &self.shared.clock else { return };
        let until = manual.add(span);
        loop {
            self.idle().await;
            let of_loop = Instant::from_millis(self.shared.next_deadline.load(Ordering::SeqCst));
            let next = of_loop.min(self.shared.recurring.due());
            if next > until {
                break;
            }
            manual.set(next);
            self.wake();
        }
        manual.set(until);
        self.wake();
        self.idle().await;
    }

    /// The time of a manual clock has moved.
    fn wake(&self) {
        self.shared.inbox.put(Order::Wake, None);
        self.shared.recurring.wake();
    }

    /// Takes no more, finishes what is under way, and leaves everything else on disk for the next start.
    pub async fn stop(self) {
        let _ = self.stop_http.send(());
        match self.http.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the listener ended badly"),
            Err(error) => tracing::error!(%error, "the listener broke off"),
        }
        self.shared.inbox.close();
        // A calendar that is not fetched now is fetched at the next start.
        self.tasks.feeds.abort();
        self.tasks.plugin_watch.abort();
        if timeout(STOP_WAIT, self.shared.busy.idle()).await.is_err() {
            tracing::warn!("sends are still under way; they are sent again at the next start, with the same ids");
        }
        self.tasks.reports.abort();
        self.shared.inbox.put(Order::Stop, None);
        let threads = self.threads;
        let joined = task::spawn_blocking(move || threads.into_iter().all(|thread| thread.join().is_ok())).await;
        if !matches!(joined, Ok(true)) {
            tracing::error!("a thread broke off; what it had not committed is not on disk");
        }
    }
}

async fn bind(address: SocketAddr, prepared: &Prepared) -> Result<Server, StartError> {
    let server = Server::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    if prepared.server.credentials.is_empty() && !address.ip().is_loopback() {
        tracing::warn!(
            "everybody who reaches {address} may post alerts and act on incidents: give [auth] in the configuration"
        );
    }
    Ok(server)
}

fn spawn(
    name: &'static str,
    end: &watch::Sender<Option<&'static str>>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StartError> {
    struct Ended(&'static str, watch::Sender<Option<&'static str>>);
    impl Drop for Ended {
        fn drop(&mut self) {
            self.1.send_replace(Some(self.0));
        }
    }
    let ended = Ended(name, end.clone());
    let work = move || {
        // Dropped when the work ends, also by a panic.
        let _ended = ended;
        work();
    };
    thread::Builder::new().name(name.into()).spawn(work).map_err(StartError::Thread)
}
