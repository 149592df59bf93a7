//! A plugin's file, and the engine that runs it: with the limits that a server has if its configuration says nothing.

use crate::{Failure, printable};
use bellwire_workbench::{
    AnyPlugin,
    wasm::{Engine, Settings, World},
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// A plugin that can be called.
pub struct Loaded {
    pub plugin: AnyPlugin,
    /// To compile it and to start it once.
    pub elapsed: Duration,
}

#[derive(Clone, Copy)]
pub enum Compile {
    /// What was compiled before is used again.
    Once,
    /// To measure how long it takes.
    Anew,
}

pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::Wrong(format!("{} cannot be read: {error}", path.display())))
}

pub fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| Failure::Wrong(format!("{} is not UTF-8 text", path.display())))
}

/// Why it cannot be loaded is said with the file's name.
pub fn open(path: &Path) -> Result<AnyPlugin, Failure> {
    Ok(compile(path, &read(path)?, Compile::Once)?.plugin)
}

/// One that is for another world is refused.
pub fn open_as(world: World, path: &Path) -> Result<AnyPlugin, Failure> {
    let engine = engine(Compile::Once).map_err(|why| cannot(path, &why))?;
    let loaded = AnyPlugin::load_as(world, &engine, &read(path)?);
    Ok(loaded.map_err(|error| cannot(path, &error.to_string()))?.0)
}

pub fn compile(path: &Path, bytes: &[u8], compile: Compile) -> Result<Loaded, Failure> {
    let engine = engine(compile).map_err(|why| cannot(path, &why))?;
    let (plugin, elapsed) = AnyPlugin::load(&engine, bytes).map_err(|error| cannot(path, &error.to_string()))?;
    Ok(Loaded { plugin, elapsed })
}

fn cannot(path: &Path, why: &str) -> Failure {
    Failure::Wrong(format!("{} cannot be loaded: {}", path.display(), printable(why)))
}

/// Calls are made one after another, so one at a time is all that room is made for.
fn engine(compile: Compile) -> Result<Engine, String> {
    let settings = |cache_directory| Settings { cache_directory, calls_max: 1, ..Settings::default() };
    let cached = match compile {
        Compile::Once => code_cache().and_then(|cache| Engine::new(settings(Some(cache))).ok()),
        Compile::Anew => None,
    };
    // A cache that cannot be used costs time and nothing else.
    cached.map_or_else(|| Engine::new(settings(None)), Ok).map_err(|error| error.to_string())
}

fn code_cache() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("bellwire").join("code"))
}

/// `18.2 MiB`, `24 KiB`.
pub fn size(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..MIB => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB),
    }
}

/// `35 µs`, `1.7 s`.
pub fn elapsed(elapsed: Duration) -> String {
    match elapsed.as_micros() {
        micros @ 0..1_000 => format!("{micros} µs"),
        micros @ 1_000..1_000_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        micros => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

/// `12,345,678`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            ["0", "999", "1,000", "12,345,678"],
            [0, 999, 1_000, 12_345_678].map(grouped).each_ref().map(String::as_str)
        );
        assert_eq!(["0 bytes", "2 KiB", "18.5 MiB"], [0, 1_025, 37 << 19].map(size).each_ref().map(String::as_str));
        let times = [35, 1_250, 9_150_000].map(|micros| elapsed(Duration::from_micros(micros)));
        assert_eq!(["35 µs", "1.2 ms", "9.1 s"], times.each_ref().map(String::as_str));
    }
}
