//! What a plugin may use, how that is held, and which fault it is to ask for more.

use bellwire_core::PluginFault;
use std::time::Duration;
use wasmtime::{ResourceLimiter, Trap, WasmBacktrace};

use crate::bindings::clip;

/// How much of a body one call's fuel and time are meant for.
const BODY_SHARE: usize = 256 << 10;
/// Of 16 MiB. A larger body that can be read at all is read within these, and one call never takes minutes.
const BODY_SHARES_MAX: usize = 64;

/// Every limit of one call. Reaching one is a typed [`PluginFault`], except for the log's, which cut the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of all linear memories together.
    pub memory_bytes_max: usize,
    /// In instructions, about: the same call takes the same fuel on every machine, so this is the verdict that counts.
    pub fuel_max: u64,
    /// By the wall clock: the net under what fuel does not measure.
    pub time_max: Duration,
    pub stack_bytes_max: usize,
    /// Of each table.
    pub table_elements_max: usize,
    pub tables_max: usize,
    pub memories_max: usize,
    /// Of core modules: a component may have several.
    pub instances_max: usize,
    /// What the guest may hand over in one answer or one line of its log.
    pub handed_over_bytes_max: usize,
    pub decision_bytes_max: usize,
    /// Of all alerts that a source makes of one webhook.
    pub alerts_bytes_max: usize,
    /// The first ones are taken.
    pub alerts_max: usize,
    /// Of the request that a channel asks for.
    pub step_bytes_max: usize,
    pub log_lines_max: usize,
    pub log_line_bytes_max: usize,
    /// Of a plugin's file. Compilation is bounded by nothing else.
    pub module_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes_max: 64 << 20,
            fuel_max: 50_000_000,
            time_max: Duration::from_millis(250),
            stack_bytes_max: 512 << 10,
            table_elements_max: 20_000,
            tables_max: 4,
            memories_max: 4,
            instances_max: 48,
            handed_over_bytes_max: 1 << 20,
            decision_bytes_max: 64 << 10,
            alerts_bytes_max: 16 << 20,
            alerts_max: 10_000,
            step_bytes_max: 256 << 10,
            log_lines_max: 100,
            log_line_bytes_max: 1 << 10,
            module_bytes_max: 32 << 20,
        }
    }
}

/// Counts what one call holds. A refusal traps at once: a guest that got `-1` from `memory.grow` would only fail
/// later, in a way that says nothing.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// In all linear memories.
    pub memory_bytes: usize,
    memory_bytes_max: usize,
    table_elements_max: usize,
    tables_max: usize,
    memories_max: usize,
    instances_max: usize,
}

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("more memory than its limit")]
    Memory,
    #[error("a table of more than {0} elements")]
    Table(usize),
}

impl Ledger {
    pub fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes: 0,
            memory_bytes_max: limits.memory_bytes_max,
            table_elements_max: limits.table_elements_max,
            tables_max: limits.tables_max,
            memories_max: limits.memories_max,
            instances_max: limits.instances_max,
        }
    }
}

impl ResourceLimiter for Ledger {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let sum = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if sum > self.memory_bytes_max {
            return Err(Refused::Memory.into());
        }
        self.memory_bytes = sum;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        match desired > self.table_elements_max {
            true => Err(Refused::Table(self.table_elements_max).into()),
            false => Ok(true),
        }
    }

    fn instances(&self) -> usize {
        self.instances_max
    }

    fn tables(&self) -> usize {
        self.tables_max
    }

    fn memories(&self) -> usize {
        self.memories_max
    }
}

/// What one call may take.
pub(crate) struct Allowance<'a> {
    pub limits: &'a Limits,
    pub fuel_max: u64,
    pub time_max: Duration,
    /// Into the host at once.
    pub handed_over_bytes_max: usize,
    /// Of a program's document.
    pub answer_bytes_max: usize,
}

impl Limits {
    pub(crate) fn usual(&self) -> Allowance<'_> {
        Allowance {
            limits: self,
            fuel_max: self.fuel_max,
            time_max: self.time_max,
            handed_over_bytes_max: self.handed_over_bytes_max,
            answer_bytes_max: self.decision_bytes_max,
        }
    }

    /// A body must be read, whatever its size is: fuel and time are there once more for each [`BODY_SHARE`] of it.
    pub(crate) fn conversion(&self, body_bytes: usize) -> Allowance<'_> {
        let times = 1 + (body_bytes / BODY_SHARE).min(BODY_SHARES_MAX);
        Allowance {
            fuel_max: self.fuel_max.saturating_mul(times as u64),
            time_max: self.time_max.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX)),
            handed_over_bytes_max: self.alerts_bytes_max,
            answer_bytes_max: self.alerts_bytes_max,
            ..self.usual()
        }
    }

    pub(crate) fn step(&self) -> Allowance<'_> {
        // In JSON a text is longer than it is.
        Allowance { answer_bytes_max: self.handed_over_bytes_max, ..self.usual() }
    }
}

impl Allowance<'_> {
    /// Which fault an error of the runtime is.
    pub(crate) fn fault(&self, error: &wasmtime::Error) -> PluginFault {
        // What the host's own functions found is one already.
        if let Some(fault) = error.downcast_ref::<PluginFault>() {
            return fault.clone();
        }
        match error.downcast_ref::<Refused>() {
            Some(Refused::Memory) => return PluginFault::OutOfMemory(self.limits.memory_bytes_max as u64),
            Some(refused @ Refused::Table(_)) => return PluginFault::Trap(format!("it asked for {refused}")),
            None => {}
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => PluginFault::OutOfFuel(self.fuel_max),
            Some(Trap::Interrupt) => {
                PluginFault::OutOfTime(u64::try_from(self.time_max.as_millis()).unwrap_or(u64::MAX))
            }
            Some(trap) => PluginFault::Trap(clip(located(trap, error.downcast_ref()))),
            // The runtime's error for this has no type of its own; a test holds the wording.
            None if error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted") => {
                PluginFault::OutputTooLarge(format!("more than {} bytes at once", self.handed_over_bytes_max))
            }
            None => PluginFault::Trap(clip(error.root_cause().to_string())),
        }
    }
}

/// The trap's own words, and the innermost function that has a name.
fn located(trap: &Trap, backtrace: Option<&WasmBacktrace>) -> String {
    let what = trap.to_string();
    let what = what.strip_prefix("wasm trap: ").unwrap_or(&what);
    match backtrace.and_then(|backtrace| backtrace.frames().iter().find_map(|frame| frame.func_name())) {
        Some(function) => format!("{what}, in {function}"),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_body_takes_no_minutes() {
        let limits = Limits::default();
        assert_eq!(limits.conversion(4 << 20).fuel_max, 17 * limits.fuel_max);
        let largest = limits.conversion(256 << 20);
        assert_eq!((largest.fuel_max, largest.time_max), (65 * limits.fuel_max, 65 * limits.time_max));
    }

    #[test]
    fn memories_count_in_sum() {
        const PAGE: usize = 1 << 16;
        let mut ledger = Ledger::new(&Limits { memory_bytes_max: 3 * PAGE, ..Limits::default() });
        assert!(ledger.memory_growing(0, 2 * PAGE, None).unwrap());
        let refused = ledger.memory_growing(0, 2 * PAGE, None).unwrap_err();
        assert_eq!(
            Limits { memory_bytes_max: 7, ..Limits::default() }.usual().fault(&refused),
            PluginFault::OutOfMemory(7)
        );
        assert!(ledger.memory_growing(0, PAGE, None).unwrap());
        assert!(ledger.memory_growing(PAGE, 2 * PAGE, None).is_err());
        assert_eq!(ledger.memory_bytes, 3 * PAGE);
    }
}
