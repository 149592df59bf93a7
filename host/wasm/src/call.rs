//! The host's side of one call: what it may take, what the guest said to its author, and what came of it.

use crate::{
    bindings::Level,
    json_door::Process,
    limits::{Allowance, Ledger},
};
use bellwire_core::PluginFault;
use std::time::Duration;
use wasmtime::{
    StoreContextMut,
    component::{Linker, WasmStr},
};

/// What a line of the log costs the guest: about the time that it costs the host, so that a flood runs out of fuel, on
/// every machine alike, before it runs out of time.
const LOG_LINE_FUEL: u64 = 2_000;

/// How a plugin answered, and what that took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T, E = PluginFault> {
    pub result: Result<T, E>,
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

impl<T, E> Answer<T, E> {
    /// One in which the guest did nothing at all.
    pub(crate) fn without_guest(fault: E) -> Self {
        Self { result: Err(fault), fuel: 0, memory_bytes: 0, elapsed: Duration::ZERO, log: Vec::new() }
    }

    pub(crate) fn map_result<U, F>(self, map: impl FnOnce(Result<T, E>) -> Result<U, F>) -> Answer<U, F> {
        let Self { result, fuel, memory_bytes, elapsed, log } = self;
        Answer { result: map(result), fuel, memory_bytes, elapsed, log }
    }
}

/// What the store of one call holds.
pub(crate) struct Call {
    pub ledger: Ledger,
    pub log: Log,
    /// Of the JSON door; a component has none.
    pub process: Process,
    pub stdout_bytes_max: usize,
}

impl Call {
    pub fn new(allowance: &Allowance<'_>, process: Process) -> Self {
        let Allowance { limits, .. } = allowance;
        let log = Log { lines: Vec::new(), lines_max: limits.log_lines_max, line_bytes_max: limits.log_line_bytes_max };
        Self { ledger: Ledger::new(limits), log, process, stdout_bytes_max: allowance.answer_bytes_max }
    }
}

/// What the guest says to its author. It has an end, at which nothing is said: the call goes on.
pub(crate) struct Log {
    pub lines: Vec<LogLine>,
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

/// The one thing that a plugin may call. By hand, where the bindings would copy each line before it is looked at.
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
