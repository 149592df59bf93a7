//! A loaded plugin and its three calls, each in a fresh instance: a reused one could remember, and may trap.

use crate::{
    Limits, LoadError,
    bindings::{self, Level, PolicyIndices, PolicyPre},
    engine::Runtime,
    json_door::{self, Command, Process, Question},
    limits::Ledger,
};
use bellwire_core::{Decision, Facts, PluginFault, Wants};
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
    door: Door,
    runtime: Arc<Runtime>,
}

/// How it is spoken to. What comes of it is the same.
pub(crate) enum Door {
    /// Typed, by the contract itself.
    Component(PolicyPre<Call>),
    /// A program: one JSON document in, one out.
    Command(Command),
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
    pub result: Result<Decision, PluginFault>,
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
    pub log: Log,
    /// Of the JSON door; a component has none.
    pub process: Process,
    pub stdout_bytes_max: usize,
}

impl Call {
    pub fn new(limits: &Limits, process: Process) -> Self {
        let log = Log { lines: Vec::new(), lines_max: limits.log_lines_max, line_bytes_max: limits.log_line_bytes_max };
        Self { ledger: Ledger::new(limits), log, process, stdout_bytes_max: limits.decision_bytes_max }
    }
}

/// What the guest says to its author. It has an end, at which nothing is said: the policy goes on.
pub(crate) struct Log {
    lines: Vec<LogLine>,
    lines_max: usize,
    line_bytes_max: usize,
}

impl Log {
    pub fn line_bytes_max(&self) -> usize {
        self.line_bytes_max
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= self.lines_max
    }

    pub fn clip<'a>(&self, line: &'a str) -> &'a str {
        &line[..line.floor_char_boundary(self.line_bytes_max)]
    }

    /// A line that was clipped.
    pub fn push(&mut self, level: LogLevel, message: String) {
        if !self.is_full() {
            self.lines.push(LogLine { level, message });
        }
    }
}

/// The one thing that a policy may call. By hand, where the bindings would copy each line before it is looked at.
pub(crate) fn link_log(linker: &mut Linker<Call>) -> wasmtime::Result<()> {
    linker.instance("bellwire:policy/log@0.1.1")?.func_wrap("log", log)
}

fn log(mut store: StoreContextMut<'_, Call>, (level, message): (Level, WasmStr)) -> wasmtime::Result<()> {
    let fuel = store.get_fuel()?;
    store.set_fuel(fuel.saturating_sub(LOG_LINE_FUEL))?;
    if store.data().log.is_full() {
        return Ok(());
    }
    let level = match level {
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
    };
    let message = message.to_str(&store)?;
    let message = store.data().log.clip(&message).to_owned();
    store.data_mut().log.push(level, message);
    Ok(())
}

impl Evaluation {
    /// One in which the guest did nothing at all.
    pub(crate) fn without_guest(fault: PluginFault) -> Self {
        Self { result: Err(fault), fuel: 0, memory_bytes: 0, elapsed: Duration::ZERO, log: Vec::new() }
    }
}

impl Plugin {
    /// Starts it once and throws that away: whatever would keep it from starting shows now and not at night.
    pub(crate) fn start(runtime: Arc<Runtime>, door: Door, bytes: &[u8]) -> Result<Self, LoadError> {
        let unstartable = |error: wasmtime::Error| LoadError::Unstartable(runtime.limits.fault(&error));
        let different = |error: wasmtime::Error| LoadError::OtherTypes(format!("{error:#}"));
        let slot = runtime.slots.take();
        let mut store = runtime.store(Process::default()).map_err(unstartable)?;
        match &door {
            Door::Component(policy) => {
                let instance = policy.instance_pre().instantiate(&mut store).map_err(unstartable)?;
                let indices = PolicyIndices::new(policy.instance_pre()).map_err(different)?;
                indices.load(&mut store, &instance).map_err(different)?;
            }
            Door::Command(command) => {
                let instance = command.start(&mut store).map_err(unstartable)?;
                Command::conforms(&instance, &mut store)?;
            }
        }
        drop((store, slot));
        Ok(Self { hash: hex::encode(Sha256::digest(bytes)), door, runtime })
    }

    /// SHA-256 of the bytes that it was loaded from, in hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub fn describe(&self) -> Result<Description, PluginFault> {
        match &self.door {
            Door::Component(policy) => {
                let (answer, _) = self.call(Process::default(), |store| {
                    policy.instantiate(&mut *store)?.bellwire_policy_evaluator().call_describe(store)
                });
                answer.map(bindings::description)
            }
            Door::Command(command) => self.ask(command, json_door::describe()).0,
        }
    }

    /// Every problem of the settings, a JSON document; or what the host must look up for a policy with them.
    pub fn check(&self, settings: &str) -> Result<Result<Wants, Vec<Problem>>, PluginFault> {
        match &self.door {
            Door::Component(policy) => {
                let (answer, _) = self.call(Process::default(), |store| {
                    policy.instantiate(&mut *store)?.bellwire_policy_evaluator().call_check(store, settings)
                });
                match answer? {
                    Ok(wants) => bindings::wants(wants).map(Ok),
                    Err(problems) => Ok(Err(bindings::problems(problems))),
                }
            }
            Door::Command(command) => self.ask(command, json_door::check(settings)?).0,
        }
    }

    pub fn evaluate(&self, settings: &str, facts: &Facts) -> Evaluation {
        let limits = &self.runtime.limits;
        let (result, usage) = match &self.door {
            Door::Component(policy) => {
                let (answer, usage) = self.call(Process::default(), |store| {
                    let policy = policy.instantiate(&mut *store)?;
                    let guest = policy.bellwire_policy_evaluator();
                    bindings::with_facts(facts, |facts| guest.call_evaluate(store, settings, facts))
                });
                let result = match answer {
                    Ok(Ok(decision)) => bindings::decision(decision, limits.decision_bytes_max),
                    Ok(Err(refusal)) => Err(bindings::refusal(refusal)),
                    Err(fault) => Err(fault),
                };
                (result, usage)
            }
            Door::Command(command) => match json_door::evaluate(settings, facts, limits.memory_bytes_max) {
                Ok(question) => self.ask(command, question),
                Err(fault) => return Evaluation::without_guest(fault),
            },
        };
        let Usage { fuel, memory_bytes, elapsed, log } = usage;
        Evaluation { result, fuel, memory_bytes, elapsed, log }
    }

    fn ask<R>(&self, command: &Command, question: Question<R>) -> (Result<R, PluginFault>, Usage) {
        let Question { process, answer } = question;
        let (stdout, usage) = self.call(process, |store| command.run(store));
        (stdout.and_then(|stdout| answer(&stdout)), usage)
    }

    /// One call in an instance of its own, all of which is gone afterwards.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a policy took is measured, for metrics; nothing is decided by it"
    )]
    fn call<R>(
        &self,
        process: Process,
        run: impl FnOnce(&mut Store<Call>) -> wasmtime::Result<R>,
    ) -> (Result<R, PluginFault>, Usage) {
        let _slot = self.runtime.slots.take();
        let started = Instant::now();
        let limits = &self.runtime.limits;
        let mut store = match self.runtime.store(process) {
            Ok(store) => store,
            Err(error) => return (Err(PluginFault::Missing(bindings::clip(format!("{error:#}")))), Usage::default()),
        };
        let answer = run(&mut store).map_err(|error| limits.fault(&error));
        let fuel = limits.fuel_max.saturating_sub(store.get_fuel().unwrap_or(0));
        let call = store.into_data();
        let memory_bytes = call.ledger.memory_bytes as u64;
        (answer, Usage { fuel, memory_bytes, elapsed: started.elapsed(), log: call.log.lines })
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
