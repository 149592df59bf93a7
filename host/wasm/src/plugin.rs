//! A loaded plugin and its three calls, each in a fresh instance: a reused one could remember, and may trap.

use crate::{
    Limits, LoadError,
    bindings::{self, Guest, Level, PolicyIndices, PolicyPre},
    engine::Runtime,
    limits::Ledger,
};
use bellwire_core::{Decision, Facts, PolicyFault, Wants};
use sha2::{Digest, Sha256};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use wasmtime::{
    Store, StoreContextMut,
    component::{Linker, WasmStr},
};

/// What a line of the log costs the guest: about the time that it costs the host, so that a flood runs out of fuel, on
/// every machine alike, before it runs out of time.
const LOG_LINE_FUEL: u64 = 2_000;

/// A policy, ready to be called from any thread.
pub struct Plugin {
    hash: String,
    policy: PolicyPre<Call>,
    runtime: Arc<Runtime>,
}

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub name: String,
    pub version: String,
    pub summary: String,
    /// A JSON Schema, as text; the host has not looked at it.
    pub settings_schema: String,
}

/// What a plugin finds wrong with its settings; `path` as in `rules[2].above.error_rate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: String,
    pub message: String,
}

/// How a policy was evaluated, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Within its limits of size; whether it makes sense is not said yet ([`Decision::check`]).
    pub result: Result<Decision, PolicyFault>,
    /// The same for the same call on every machine.
    pub fuel: u64,
    /// What its linear memories had grown to.
    pub memory_bytes: u64,
    /// Start of the instance and call, by the wall clock.
    pub elapsed: Duration,
    pub log: Vec<LogLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub level: LogLevel,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

/// The host's side of one call.
pub(crate) struct Call {
    pub ledger: Ledger,
    log: Vec<LogLine>,
    log_lines_max: usize,
    log_line_bytes_max: usize,
}

impl Call {
    pub fn new(limits: &Limits) -> Self {
        Self {
            ledger: Ledger::new(limits),
            log: Vec::new(),
            log_lines_max: limits.log_lines_max,
            log_line_bytes_max: limits.log_line_bytes_max,
        }
    }
}

/// The one thing that a policy may call. By hand, where the bindings would copy each line before it is looked at.
pub(crate) fn link_log(linker: &mut Linker<Call>) -> wasmtime::Result<()> {
    linker.instance("bellwire:policy/log@0.1.0")?.func_wrap("log", log)
}

fn log(mut store: StoreContextMut<'_, Call>, (level, message): (Level, WasmStr)) -> wasmtime::Result<()> {
    let fuel = store.get_fuel()?;
    store.set_fuel(fuel.saturating_sub(LOG_LINE_FUEL))?;
    let call = store.data();
    if call.log.len() >= call.log_lines_max {
        return Ok(());
    }
    let message = message.to_str(&store)?;
    let message = message[..message.floor_char_boundary(call.log_line_bytes_max)].to_owned();
    let level = match level {
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
    };
    store.data_mut().log.push(LogLine { level, message });
    Ok(())
}

impl Evaluation {
    /// One in which the guest did nothing at all.
    pub(crate) fn without_guest(fault: PolicyFault) -> Self {
        Self { result: Err(fault), fuel: 0, memory_bytes: 0, elapsed: Duration::ZERO, log: Vec::new() }
    }
}

impl Plugin {
    /// Starts it once and throws that away: whatever would keep it from starting shows now and not at night.
    pub(crate) fn start(runtime: Arc<Runtime>, policy: PolicyPre<Call>, bytes: &[u8]) -> Result<Self, LoadError> {
        let unstartable = |error: wasmtime::Error| LoadError::Unstartable(runtime.limits.fault(&error));
        let different = |error: wasmtime::Error| LoadError::OtherTypes(format!("{error:#}"));
        let slot = runtime.slots.take();
        let mut store = runtime.store().map_err(unstartable)?;
        let instance = policy.instance_pre().instantiate(&mut store).map_err(unstartable)?;
        let indices = PolicyIndices::new(policy.instance_pre()).map_err(different)?;
        indices.load(&mut store, &instance).map_err(different)?;
        drop((store, slot));
        Ok(Self { hash: hex::encode(Sha256::digest(bytes)), policy, runtime })
    }

    /// SHA-256 of the bytes that it was loaded from, in hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub fn describe(&self) -> Result<Description, PolicyFault> {
        let description = self.call(|guest, store| guest.call_describe(store)).0?;
        Ok(bindings::description(description))
    }

    /// Every problem of the settings, a JSON document; or what the host must look up for a policy with them.
    pub fn check(&self, settings: &str) -> Result<Result<Wants, Vec<Problem>>, PolicyFault> {
        match self.call(|guest, store| guest.call_check(store, settings)).0? {
            Ok(wants) => bindings::wants(wants).map(Ok),
            Err(problems) => Ok(Err(bindings::problems(problems))),
        }
    }

    pub fn evaluate(&self, settings: &str, facts: &Facts) -> Evaluation {
        let (answer, usage) =
            self.call(|guest, store| bindings::with_facts(facts, |facts| guest.call_evaluate(store, settings, facts)));
        let result = match answer {
            Ok(Ok(decision)) => bindings::decision(decision, self.runtime.limits.decision_bytes_max),
            Ok(Err(refusal)) => Err(bindings::refusal(refusal)),
            Err(fault) => Err(fault),
        };
        let Usage { fuel, memory_bytes, elapsed, log } = usage;
        Evaluation { result, fuel, memory_bytes, elapsed, log }
    }

    /// One call in an instance of its own, all of which is gone afterwards.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a policy took is measured, for metrics; nothing is decided by it"
    )]
    fn call<R>(
        &self,
        run: impl FnOnce(&Guest, &mut Store<Call>) -> wasmtime::Result<R>,
    ) -> (Result<R, PolicyFault>, Usage) {
        let _slot = self.runtime.slots.take();
        let started = Instant::now();
        let limits = &self.runtime.limits;
        let mut store = match self.runtime.store() {
            Ok(store) => store,
            Err(error) => return (Err(PolicyFault::Missing(bindings::clip(format!("{error:#}")))), Usage::default()),
        };
        let policy = self.policy.instantiate(&mut store);
        let answer = policy.and_then(|policy| run(policy.bellwire_policy_evaluator(), &mut store));
        let answer = answer.map_err(|error| limits.fault(&error));
        let fuel = limits.fuel_max.saturating_sub(store.get_fuel().unwrap_or(0));
        let call = store.into_data();
        let memory_bytes = call.ledger.memory_bytes as u64;
        (answer, Usage { fuel, memory_bytes, elapsed: started.elapsed(), log: call.log })
    }
}

/// What a call took.
#[derive(Default)]
struct Usage {
    fuel: u64,
    memory_bytes: u64,
    elapsed: Duration,
    log: Vec<LogLine>,
}
