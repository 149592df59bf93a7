//! The runtime: one wasmtime engine with its limits, its ticker, its slots and its compile cache.

use crate::{
    Channel, Limits, LoadError, Plugin, Source,
    cache::{CacheError, Code, CodeCache},
    call::{self, Call},
    effort,
    guest::{Door, Exports, Guest},
    json_door::{self, Process},
    limits::Allowance,
    load::{self, Taken},
};
use std::{
    fs, io,
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, SyncSender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, Store, Strategy, component};

/// Epochs, in which wall-clock limits are counted, are this long.
const TICK: Duration = Duration::from_millis(5);

#[derive(Clone, Debug)]
pub struct Settings {
    pub limits: Limits,
    /// None: every start compiles.
    pub cache_directory: Option<PathBuf>,
    /// How many calls may run at once, 1 at least; more wait. As many as the threads of the [`crate::Pool`], and some for
    /// configuration checks.
    pub calls_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limits: Limits::default(), cache_directory: None, calls_max: 16 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("the WebAssembly runtime does not start: {0}")]
    Runtime(String),
    #[error("the policies' clock does not start: {0}")]
    Ticker(io::Error),
}

/// Loads plugins. A clone is the same engine; it lasts as long as it or one of its plugins does.
#[derive(Clone)]
pub struct Engine(Arc<Runtime>);

/// What an engine and its plugins share.
pub(crate) struct Runtime {
    pub limits: Limits,
    pub slots: Slots,
    runtime: wasmtime::Engine,
    components: component::Linker<Call>,
    commands: wasmtime::Linker<Call>,
    cache: Option<CodeCache>,
    _ticker: Ticker,
}

impl Engine {
    pub fn new(settings: Settings) -> Result<Self, EngineError> {
        let Settings { limits, cache_directory, calls_max } = settings;
        let calls_max = calls_max.max(1);
        let cache = cache_directory.as_deref().map(CodeCache::open).transpose()?;
        let runtime = start(&limits, calls_max)?;
        let mut components = component::Linker::new(&runtime);
        let mut commands = wasmtime::Linker::new(&runtime);
        call::link_log(&mut components)
            .and_then(|()| json_door::link(&mut commands))
            .map_err(|error| EngineError::Runtime(format!("{error:#}")))?;
        let ticker = Ticker::start(&runtime).map_err(EngineError::Ticker)?;
        let slots = Slots::new(calls_max);
        Ok(Self(Arc::new(Runtime { limits, slots, runtime, components, commands, cache, _ticker: ticker })))
    }

    /// Takes a policy: a component, a core module that carries its component's type, or a WASI command. Compiles on the
    /// caller's thread, for up to some ten seconds; then starts the plugin once, so that one which cannot start is refused
    /// here.
    pub fn load(&self, bytes: &[u8]) -> Result<Plugin, LoadError> {
        self.guest(bytes).map(Plugin)
    }

    /// [`Engine::load`] for a source.
    pub fn load_source(&self, bytes: &[u8]) -> Result<Source, LoadError> {
        self.guest(bytes).map(Source)
    }

    /// [`Engine::load`] for a channel.
    pub fn load_channel(&self, bytes: &[u8]) -> Result<Channel, LoadError> {
        self.guest(bytes).map(Channel)
    }

    fn guest<E: Exports>(&self, bytes: &[u8]) -> Result<Guest<E>, LoadError> {
        let runtime = &self.0;
        let rejected = |error: wasmtime::Error| LoadError::Rejected(format!("{error:#}"));
        match load::take(bytes, E::WORLD, runtime.limits.module_bytes_max)? {
            Taken::Component { bytes: component, later } => {
                let component = runtime.compile(&component)?;
                let start = || {
                    let component = runtime.components.instantiate_pre(&component).map_err(rejected)?;
                    let exports = E::find(&component).map_err(|error| LoadError::other_types(E::WORLD, &error))?;
                    Guest::start(runtime, Door::Component(component, exports), bytes)
                };
                start().map_err(|error| later.explain(error))
            }
            Taken::Command(module) => {
                let program = runtime.commands.instantiate_pre(&runtime.compile(module)?).map_err(rejected)?;
                Guest::start(runtime, Door::Command(json_door::Command::new(program)), bytes)
            }
        }
    }
}

impl Runtime {
    fn compile<C: Code>(&self, plugin: &[u8]) -> Result<C, LoadError> {
        if let Some(compiled) = self.cache.as_ref().and_then(|cache| cache.load(&self.runtime, plugin)) {
            return Ok(compiled);
        }
        match effort::excess(plugin) {
            Ok(None) => {}
            Ok(Some(excess)) => return Err(LoadError::TooLaborious(excess)),
            Err(error) => return Err(LoadError::Damaged(error.to_string())),
        }
        // A stranger's file may meet a fault of the compiler: that file is refused, and the host goes on.
        let compiled = panic::catch_unwind(AssertUnwindSafe(|| C::compile(&self.runtime, plugin)))
            .map_err(|_| LoadError::Rejected("the compiler gave up on it".into()))?
            .map_err(|error| LoadError::Rejected(format!("{error:#}")))?;
        if let Some(cache) = &self.cache {
            cache.store(&self.runtime, plugin, &compiled);
        }
        Ok(compiled)
    }

    /// A store for one call, with every limit on.
    pub fn store(&self, process: Process, allowance: &Allowance<'_>) -> wasmtime::Result<Store<Call>> {
        let mut store = Store::try_new(&self.runtime, Call::new(allowance, process))?;
        store.limiter(|call| &mut call.ledger);
        store.set_fuel(allowance.fuel_max)?;
        // One more: the current tick has begun already.
        let ticks = allowance.time_max.as_millis().div_ceil(TICK.as_millis()) + 1;
        store.set_epoch_deadline(u32::try_from(ticks).unwrap_or(u32::MAX).into());
        store.set_hostcall_fuel(allowance.handed_over_bytes_max);
        Ok(store)
    }
}

/// From the pooling allocator if the address space has room for it, else on demand.
fn start(limits: &Limits, calls_max: u32) -> Result<wasmtime::Engine, EngineError> {
    let mut config = config(limits);
    let (pool, reset) = pooling(limits, calls_max);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    match wasmtime::Engine::new(&config) {
        Ok(engine) => {
            tracing::info!(calls_max, reset, "policies run in pooled instances");
            return Ok(engine);
        }
        Err(error) => tracing::warn!(%error, "no address space for pooled instances: policies run slower"),
    }
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    // What a memory may grow to and not a byte of reserve: bounds are checked in code instead.
    config
        .memory_reservation(limits.memory_bytes_max as u64)
        .memory_reservation_for_growth(0)
        .memory_guard_size(64 << 10);
    wasmtime::Engine::new(&config).map_err(|error| EngineError::Runtime(format!("{error:#}")))
}

/// Deterministic, bounded, and nothing switched on that a policy does not need.
fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes_max);
    config.cranelift_nan_canonicalization(true).relaxed_simd_deterministic(true);
    config.concurrency_support(false).wasm_threads(false).wasm_memory64(false);
    // What wasmtime itself puts between the components inside of a component copies from one memory to the other:
    // without this, it panics on a plugin that has such parts, as those of componentize-qjs. The ledger sums them all.
    config.wasm_multi_memory(true);
    config.wasm_gc(false).wasm_function_references(false).wasm_exceptions(false);
    config
}

/// The pool, and how it cleans a memory after use.
///
/// Scanning for touched pages and keeping them triples the throughput. But before wasmtime 50 the scan misses a page
/// that was swapped out while dirty, which would show one call's data to the next: where there is swap, only a little
/// is kept, without the scan, and the kernel drops the rest.
fn pooling(limits: &Limits, calls_max: u32) -> (PoolingAllocationConfig, &'static str) {
    let each = |limit: usize| u32::try_from(limit).unwrap_or(u32::MAX);
    let all = |limit: usize| each(limit).saturating_mul(calls_max);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls_max).total_core_instances(all(limits.instances_max));
    pool.total_memories(all(limits.memories_max)).total_tables(all(limits.tables_max)).total_gc_heaps(0);
    pool.max_core_instances_per_component(each(limits.instances_max));
    pool.max_memories_per_component(each(limits.memories_max)).max_tables_per_component(each(limits.tables_max));
    pool.max_tables_per_module(each(limits.tables_max)).table_elements(limits.table_elements_max);
    pool.max_memory_size(limits.memory_bytes_max).max_component_instance_size(4 << 20);
    if PoolingAllocationConfig::is_pagemap_scan_available() && !swap_is_on() {
        pool.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(2 << 20).table_keep_resident(64 << 10);
        (pool, "pagemap scan, 2 MiB kept")
    } else {
        pool.linear_memory_keep_resident(64 << 10).table_keep_resident(16 << 10);
        (pool, "no pagemap scan, 64 KiB kept")
    }
}

/// One line per swap area after the heading. Where that cannot be read, there may be one.
fn swap_is_on() -> bool {
    fs::read_to_string("/proc/swaps").map_or(true, |swaps| swaps.lines().count() > 1)
}

/// Counts calls, so that the pooling allocator never runs out: one too many waits for another to end.
pub(crate) struct Slots {
    free: Mutex<u32>,
    freed: Condvar,
}

pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    fn new(count: u32) -> Self {
        Self { free: Mutex::new(count), freed: Condvar::new() }
    }

    /// Waits for as long as a call may take, at most, times the calls before it.
    pub fn take(&self) -> Slot<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

/// Advances the engine's epoch from a plain thread until it is dropped. An epoch is never advanced to end one call:
/// it would end its neighbours too.
struct Ticker {
    /// Dropped first: that ends the thread.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(engine: &wasmtime::Engine) -> io::Result<Self> {
        let (stop, stopped) = mpsc::sync_channel(0);
        let engine = engine.clone();
        let tick = move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        };
        let thread = thread::Builder::new().name("policy-ticker".into()).spawn(tick)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked, and if it had, nobody would wait for it any more.
            let _ = thread.join();
        }
    }
}
