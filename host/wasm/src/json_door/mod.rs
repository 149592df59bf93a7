//! The simple door: a plugin that is an ordinary WASI program, for every language that can be compiled to one.
//!
//! It is started as `NAME describe`, `NAME check`, or `NAME evaluate` (a policy), `NAME convert` (a source) or `NAME next`
//! (a channel), reads one JSON document from stdin and writes one to stdout; what it writes to stderr is its log. Its WASI is ours alone ([`preview1`]) and has nothing but these
//! three: no files, no network, no environment, and a clock that shows the call's `now`. So it is as pure as a component.

mod answer;
mod channel;
mod memory;
mod preview1;
mod process;
mod question;
mod source;
#[cfg(test)]
mod tests;

pub(crate) use preview1::{PREVIEW1, has, link};
pub(crate) use process::Process;

use crate::{Description, LoadError, Problem, SourceFault, SourceWants, Webhook, World, call::Call, source::Incoming};
use bellwire_core::{ChannelMessage, ChannelResponse, ChannelStep, ChannelWants, Decision, Facts, PluginFault, Wants};
use wasmtime::{Instance, InstancePre, Store, TypedFunc};

/// What languages call their program's entry.
pub(crate) const ENTRY: &str = "_start";
const MEMORY: &str = "memory";

/// One thing that a program is asked, with its answer's type.
pub(crate) struct Question<R, F = PluginFault> {
    pub process: Process,
    /// Reads what the process wrote to stdout.
    pub answer: fn(&[u8]) -> Result<R, F>,
}

/// What came of the settings: what the host must look up, or their problems.
type Verdict<W> = Result<W, Vec<Problem>>;

pub(crate) fn describe() -> Question<Description> {
    Question { process: Process::new("describe", Vec::new()), answer: answer::description }
}

/// The same question, for the rest of its answer.
pub(crate) fn world() -> Question<World> {
    Question { process: Process::new("describe", Vec::new()), answer: answer::world }
}

pub(crate) fn check(settings: &str) -> Result<Question<Verdict<Wants>>, PluginFault> {
    check_by(settings, answer::verdict)
}

pub(crate) fn check_source(settings: &str) -> Result<Question<Verdict<SourceWants>>, PluginFault> {
    check_by(settings, source::verdict)
}

pub(crate) fn check_channel(settings: &str) -> Result<Question<Verdict<ChannelWants>>, PluginFault> {
    check_by(settings, channel::verdict)
}

fn check_by<W>(
    settings: &str,
    answer: fn(&[u8]) -> Result<Verdict<W>, PluginFault>,
) -> Result<Question<Verdict<W>>, PluginFault> {
    Ok(Question { process: Process::new("check", question::check(settings)?), answer })
}

/// `bytes_max`, here and below: what a guest could not hold in its memory is not even written down.
pub(crate) fn evaluate(settings: &str, facts: &Facts, bytes_max: usize) -> Result<Question<Decision>, PluginFault> {
    let stdin = question::evaluate(settings, facts, bytes_max)?;
    let process = Process::new("evaluate", stdin).at(facts.now, &facts.incident.id.to_string());
    Ok(Question { process, answer: answer::decision })
}

pub(crate) fn convert(
    settings: &str,
    webhook: &Webhook,
    bytes_max: usize,
) -> Result<Question<Vec<Incoming>, SourceFault>, SourceFault> {
    let stdin = source::convert(settings, webhook, bytes_max)?;
    Ok(Question { process: Process::new("convert", stdin).at(webhook.now, ""), answer: source::incoming })
}

pub(crate) fn next(
    settings: &str,
    message: &ChannelMessage,
    responses: &[ChannelResponse],
    bytes_max: usize,
) -> Result<Question<ChannelStep>, PluginFault> {
    let stdin = channel::next(settings, message, responses, bytes_max)?;
    let process = Process::new("next", stdin).at(message.message.now, &message.message.notice.0);
    Ok(Question { process, answer: channel::step })
}

/// A program, ready to be run any number of times.
pub(crate) struct Command(InstancePre<Call>);

impl Command {
    pub fn new(program: InstancePre<Call>) -> Self {
        Self(program)
    }

    /// Everything but to run it.
    pub fn start(&self, store: &mut Store<Call>) -> wasmtime::Result<Instance> {
        self.0.instantiate(store)
    }

    pub fn conforms(instance: &Instance, store: &mut Store<Call>) -> Result<(), LoadError> {
        if entry(instance, store).is_err() {
            return Err(LoadError::OtherCommand(format!("its {ENTRY} is not a function without parameters")));
        }
        match instance.get_memory(store, MEMORY) {
            Some(_) => Ok(()),
            None => Err(LoadError::OtherCommand(format!("it does not export its memory as {MEMORY:?}"))),
        }
    }

    /// From start to exit; what it wrote to stdout.
    pub fn run(&self, store: &mut Store<Call>) -> wasmtime::Result<Vec<u8>> {
        let instance = self.start(store)?;
        let ended = entry(&instance, store)?.call(&mut *store, ());
        let call = store.data_mut();
        call.process.end_log(&mut call.log);
        match ended {
            Ok(()) => {}
            Err(error) => match error.downcast_ref() {
                Some(preview1::Exit(0)) => {}
                Some(preview1::Exit(code)) => return Err(call.process.exited(*code).into()),
                None => return Err(error),
            },
        }
        Ok(call.process.take_stdout())
    }
}

fn entry(instance: &Instance, store: &mut Store<Call>) -> wasmtime::Result<TypedFunc<(), ()>> {
    instance.get_typed_func(store, ENTRY)
}
