//! What a plugin logs, in the log of the host.

use bellwire_wasm::{LogLevel, LogLine};
use std::fmt::Display;

/// The first warning of a call is for those who run Bellwire, one line a call at most; all else is for those who write the
/// plugin, and they ask for it.
pub(crate) fn log(kind: &'static str, name: &dyn Display, lines: &[LogLine]) {
    let warns = |line: &LogLine| match line.level {
        LogLevel::Warn | LogLevel::Error => true,
        LogLevel::Debug | LogLevel::Info => false,
    };
    let first = lines.iter().position(warns);
    for (index, LogLine { level, message }) in lines.iter().enumerate() {
        if Some(index) == first {
            tracing::warn!(kind, %name, "a plugin warns: {message}");
        } else {
            tracing::debug!(kind, %name, ?level, "{message}");
        }
    }
}
