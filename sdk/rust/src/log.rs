//! Lines for the author: `log::warn("…")`. At most 100 lines of 1 KiB a call are kept. They do nothing natively.

use crate::bindings::bellwire::policy::log::Level;

pub fn debug(message: impl AsRef<str>) {
    write(Level::Debug, message.as_ref());
}

pub fn info(message: impl AsRef<str>) {
    write(Level::Info, message.as_ref());
}

pub fn warn(message: impl AsRef<str>) {
    write(Level::Warn, message.as_ref());
}

pub fn error(message: impl AsRef<str>) {
    write(Level::Error, message.as_ref());
}

#[cfg(target_family = "wasm")]
fn write(level: Level, message: &str) {
    crate::bindings::bellwire::policy::log::log(level, message);
}

#[cfg(not(target_family = "wasm"))]
fn write(_level: Level, _message: &str) {}
