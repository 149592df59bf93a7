//! WASI preview 1 as a policy gets it: stdin, stdout and stderr, its one argument, a clock that stands at `facts.now`,
//! and random numbers that are the same in the same call. Whatever would reach beyond that is there and refused.
//!
//! Every pointer and length is the guest's own and may be wrong. No function here does more than some milliseconds of
//! work, and each costs fuel, so that a flood of calls ends by fuel, on every machine alike.

use super::memory::{Done, Errno, Memory, Refusal};
use crate::call::Call;
use std::fmt;
use wasmtime::{Caller, Extern, Linker, Trap};

pub(crate) const PREVIEW1: &str = "wasi_snapshot_preview1";
/// About what the host's side of a call costs, in the guest's own instructions; each byte that is moved costs one more.
const CALL_FUEL: u64 = 100;
/// Longer lists are nobody's honest ones; Linux has the same limit.
const VECTORS_MAX: u32 = 1024;
/// What is taken of one write to stderr; the program writes the rest again.
const LOG_BYTES_MAX: usize = 64 << 10;

/// All of preview 1.
const FUNCTIONS: [&str; 46] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_renumber",
    "fd_seek",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
];

pub(crate) fn has(function: &str) -> bool {
    FUNCTIONS.contains(&function)
}

/// Not a failure in itself: many languages end every program so.
#[derive(Debug)]
pub(super) struct Exit(pub u32);

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "it exited with code {}", self.0)
    }
}

impl std::error::Error for Exit {}

pub(crate) fn link(linker: &mut Linker<Call>) -> wasmtime::Result<()> {
    link_process(linker)?;
    link_streams(linker)?;
    link_refused(linker)
}

fn link_process(linker: &mut Linker<Call>) -> wasmtime::Result<()> {
    linker.func_wrap(PREVIEW1, "args_sizes_get", |caller: Caller<'_, Call>, count: u32, bytes: u32| {
        serve(caller, |memory, call| {
            let arguments = arguments(call);
            memory.put(count, 2_u32.to_le_bytes())?;
            memory.put(bytes, (arguments.len() as u32).to_le_bytes())
        })
    })?;
    linker.func_wrap(PREVIEW1, "args_get", |caller: Caller<'_, Call>, starts: u32, texts: u32| {
        serve(caller, |memory, call| {
            let arguments = arguments(call);
            memory.slice(texts, arguments.len() as u32)?.copy_from_slice(arguments.as_bytes());
            memory.put(starts, texts.to_le_bytes())?;
            let second = texts.saturating_add(PROGRAM.len() as u32);
            memory.put(starts.saturating_add(4), second.to_le_bytes())
        })
    })?;
    linker.func_wrap(PREVIEW1, "environ_sizes_get", |caller: Caller<'_, Call>, count: u32, bytes: u32| {
        serve(caller, |memory, _| {
            memory.put(count, [0; 4])?;
            memory.put(bytes, [0; 4])
        })
    })?;
    linker
        .func_wrap(PREVIEW1, "environ_get", |caller: Caller<'_, Call>, _: u32, _: u32| serve(caller, |_, _| Ok(0)))?;
    linker.func_wrap(PREVIEW1, "clock_res_get", |caller: Caller<'_, Call>, _: u32, to: u32| {
        serve(caller, |memory, _| memory.put(to, 1_000_000_u64.to_le_bytes()))
    })?;
    linker.func_wrap(PREVIEW1, "clock_time_get", |caller: Caller<'_, Call>, _: u32, _: u64, to: u32| {
        serve(caller, |memory, call| memory.put(to, call.process.time().to_le_bytes()))
    })?;
    linker.func_wrap(PREVIEW1, "random_get", |caller: Caller<'_, Call>, to: u32, length: u32| {
        serve(caller, |memory, call| {
            call.process.random(memory.slice(to, length)?);
            Ok(length.into())
        })
    })?;
    linker.func_wrap(
        PREVIEW1,
        "poll_oneoff",
        |caller: Caller<'_, Call>, of: u32, to: u32, count: u32, happened: u32| {
            serve(caller, |memory, call| poll(memory, call, of, to, count, happened))
        },
    )?;
    linker.func_wrap(PREVIEW1, "sched_yield", |caller: Caller<'_, Call>| serve(caller, |_, _| Ok(0)))?;
    linker.func_wrap(PREVIEW1, "proc_exit", |code: u32| -> wasmtime::Result<()> { Err(Exit(code).into()) })?;
    Ok(())
}

fn link_streams(linker: &mut Linker<Call>) -> wasmtime::Result<()> {
    type Guest<'a> = Caller<'a, Call>;
    linker.func_wrap(
        PREVIEW1,
        "fd_read",
        |caller: Guest<'_>, descriptor: u32, vectors: u32, count: u32, done: u32| {
            serve(caller, |memory, call| read(memory, call, descriptor, vectors, count, done))
        },
    )?;
    linker.func_wrap(
        PREVIEW1,
        "fd_write",
        |caller: Guest<'_>, descriptor: u32, vectors: u32, count: u32, done: u32| {
            serve(caller, |memory, call| write(memory, call, descriptor, vectors, count, done))
        },
    )?;
    linker.func_wrap(PREVIEW1, "fd_close", |caller: Guest<'_>, descriptor: u32| {
        serve(caller, |_, _| stream(descriptor).map(|_| 0))
    })?;
    linker.func_wrap(PREVIEW1, "fd_fdstat_get", |caller: Guest<'_>, descriptor: u32, to: u32| {
        serve(caller, |memory, _| {
            // A stream of unknown kind with no flags, and the right to read it or to write it.
            let rights: u64 = match stream(descriptor)? {
                Stream::Stdin => 1 << 1,
                Stream::Stdout | Stream::Stderr => 1 << 6,
            };
            memory.put(to, [0; 24])?;
            memory.put(to.saturating_add(8), rights.to_le_bytes())
        })
    })?;
    linker.func_wrap(PREVIEW1, "fd_fdstat_set_flags", |caller: Guest<'_>, descriptor: u32, _: u32| {
        serve(caller, |_, _| stream(descriptor).map(|_| 0))
    })?;
    linker.func_wrap(PREVIEW1, "fd_filestat_get", |caller: Guest<'_>, descriptor: u32, to: u32| {
        serve(caller, |memory, _| {
            stream(descriptor)?;
            memory.put(to, [0; 64])
        })
    })?;
    Ok(())
}

/// Functions that only say no: with one errno where they are asked about a stream, and as to an unknown descriptor else.
macro_rules! refuse {
    ($linker:expr, $errno:expr, $($name:literal($($parameter:ty),*))*) => {
        $($linker.func_wrap(PREVIEW1, $name, |caller: Caller<'_, Call>, descriptor: u32 $(, _: $parameter)*| {
            serve(caller, |_, _| stream(descriptor).and(Err($errno.into())))
        })?;)*
    };
}

fn link_refused(linker: &mut Linker<Call>) -> wasmtime::Result<()> {
    refuse! { linker, Errno::IllegalSeek,
        "fd_pread"(u32, u32, u64, u32)
        "fd_pwrite"(u32, u32, u64, u32)
        "fd_seek"(u64, u32, u32)
        "fd_tell"(u32)
    }
    refuse! { linker, Errno::NotSupported,
        "fd_advise"(u64, u64, u32)
        "fd_allocate"(u64, u64)
        "fd_datasync"()
        "fd_fdstat_set_rights"(u64, u64)
        "fd_filestat_set_size"(u64)
        "fd_filestat_set_times"(u64, u64, u32)
        "fd_prestat_dir_name"(u32, u32)
        "fd_prestat_get"(u32)
        "fd_readdir"(u32, u32, u64, u32)
        "fd_renumber"(u32)
        "fd_sync"()
        "path_create_directory"(u32, u32)
        "path_filestat_get"(u32, u32, u32, u32)
        "path_filestat_set_times"(u32, u32, u32, u64, u64, u32)
        "path_link"(u32, u32, u32, u32, u32, u32)
        "path_open"(u32, u32, u32, u32, u64, u64, u32, u32)
        "path_readlink"(u32, u32, u32, u32, u32)
        "path_remove_directory"(u32, u32)
        "path_rename"(u32, u32, u32, u32, u32)
        "path_symlink"(u32, u32, u32, u32)
        "path_unlink_file"(u32, u32)
        "proc_raise"()
        "sock_accept"(u32, u32)
        "sock_recv"(u32, u32, u32, u32, u32)
        "sock_send"(u32, u32, u32, u32)
        "sock_shutdown"(u32)
    }
    Ok(())
}

/// Runs one function on the guest's memory, and has the guest pay for it.
fn serve(
    mut caller: Caller<'_, Call>,
    function: impl FnOnce(&mut Memory<'_>, &mut Call) -> Done,
) -> wasmtime::Result<u32> {
    let Some(memory) = caller.get_export(super::MEMORY).and_then(Extern::into_memory) else {
        return Ok(Errno::Fault as u32);
    };
    let (memory, call) = memory.data_and_store_mut(&mut caller);
    let done = function(&mut Memory::new(memory), call);
    let price = CALL_FUEL.saturating_add(*done.as_ref().unwrap_or(&0));
    let fuel = caller.get_fuel()?;
    caller.set_fuel(fuel.saturating_sub(price))?;
    if fuel < price {
        return Err(Trap::OutOfFuel.into());
    }
    match done {
        Ok(_) => Ok(0),
        Err(Refusal::Errno(errno)) => Ok(errno as u32),
        Err(Refusal::Fault(fault)) => Err(fault.into()),
    }
}

#[derive(Clone, Copy)]
enum Stream {
    Stdin,
    Stdout,
    Stderr,
}

fn stream(descriptor: u32) -> Result<Stream, Refusal> {
    match descriptor {
        0 => Ok(Stream::Stdin),
        1 => Ok(Stream::Stdout),
        2 => Ok(Stream::Stderr),
        _ => Err(Errno::BadDescriptor.into()),
    }
}

const PROGRAM: &str = "policy\0";

/// The program's name, which it should not care about, and what it is asked.
fn arguments(call: &Call) -> String {
    format!("{PROGRAM}{}\0", call.process.question())
}

fn read(memory: &mut Memory<'_>, call: &mut Call, descriptor: u32, vectors: u32, count: u32, done: u32) -> Done {
    match stream(descriptor)? {
        Stream::Stdin => {}
        Stream::Stdout | Stream::Stderr => return Err(Errno::BadDescriptor.into()),
    }
    if count > VECTORS_MAX {
        return Err(Errno::Invalid.into());
    }
    let mut sum = 0_u32;
    for index in 0..count {
        let (at, length) = memory.vector(vectors, index)?;
        let taken = call.process.read(memory.slice(at, length)?);
        sum = sum.saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
    }
    memory.put(done, sum.to_le_bytes())?;
    Ok(sum.into())
}

fn write(memory: &mut Memory<'_>, call: &mut Call, descriptor: u32, vectors: u32, count: u32, done: u32) -> Done {
    let stream = stream(descriptor)?;
    if count > VECTORS_MAX {
        return Err(Errno::Invalid.into());
    }
    let mut sum = 0_usize;
    for index in 0..count {
        let (at, length) = memory.vector(vectors, index)?;
        let bytes = memory.slice(at, length)?;
        match stream {
            Stream::Stdin => return Err(Errno::BadDescriptor.into()),
            Stream::Stdout => call.process.write(bytes, call.stdout_bytes_max).map_err(Refusal::Fault)?,
            Stream::Stderr if bytes.len() > LOG_BYTES_MAX - sum => {
                call.process.write_log(&bytes[..LOG_BYTES_MAX - sum], &mut call.log);
                sum = LOG_BYTES_MAX;
                break;
            }
            Stream::Stderr => call.process.write_log(bytes, &mut call.log),
        }
        sum += bytes.len();
    }
    memory.put(done, u32::try_from(sum).unwrap_or(u32::MAX).to_le_bytes())?;
    Ok(sum as u64)
}

/// All that is waited for happens at once, and the clock goes on to where it has happened.
fn poll(memory: &mut Memory<'_>, call: &mut Call, of: u32, to: u32, count: u32, happened: u32) -> Done {
    const SUBSCRIPTION_BYTES: u32 = 48;
    const EVENT_BYTES: u32 = 32;
    const CLOCK: u8 = 0;
    const ABSOLUTE: u64 = 1;
    let place = |list: u32, index: u32, bytes: u32| {
        index.checked_mul(bytes).and_then(|offset| list.checked_add(offset)).ok_or(Errno::Fault)
    };
    if count == 0 {
        return Err(Errno::Invalid.into());
    }
    let mut longest = 0;
    for index in 0..count {
        let subscription: [u8; 48] = memory.get(place(of, index, SUBSCRIPTION_BYTES)?)?;
        let [user_data, kind, timeout, flags] = [0, 8, 24, 40].map(|at| long(&subscription, at));
        let [kind, ..] = kind.to_le_bytes();
        if kind == CLOCK {
            let until = flags & ABSOLUTE != 0;
            longest = longest.max(if until { timeout.saturating_sub(call.process.time()) } else { timeout });
        }
        let event = place(to, index, EVENT_BYTES)?;
        memory.put(event, [0; EVENT_BYTES as usize])?;
        memory.put(event, user_data.to_le_bytes())?;
        memory.put(event.saturating_add(10), [kind])?;
    }
    call.process.wait(longest);
    memory.put(happened, count.to_le_bytes())?;
    Ok(u64::from(count) * u64::from(SUBSCRIPTION_BYTES + EVENT_BYTES))
}

/// Little-endian; `at` is one of the constants above.
fn long(bytes: &[u8; 48], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_preview_1_is_there() {
        let engine = wasmtime::Engine::default();
        let mut linker = Linker::new(&engine);
        link(&mut linker).unwrap();
        let call = Call::new(&crate::Limits::default().usual(), Default::default());
        let mut store = wasmtime::Store::new(&engine, call);
        let mut linked: Vec<String> = linker.iter(&mut store).map(|(_, name, _)| name.to_owned()).collect();
        linked.sort();
        assert_eq!(linked, FUNCTIONS);
    }
}
