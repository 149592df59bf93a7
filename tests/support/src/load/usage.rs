//! What a process costs, from `/proc`. Elsewhere than on Linux there are no figures.

use std::time::Duration;

/// `USER_HZ`, which Linux has fixed at 100 for what it shows in `/proc`.
const TICKS_PER_SECOND: u64 = 100;

#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessUse {
    /// User and system time.
    pub cpu: Duration,
    pub resident_bytes: u64,
    pub resident_bytes_peak: u64,
}

/// The figures of a process; `None` when it is gone.
pub fn use_of(process_id: u32) -> Option<ProcessUse> {
    read(&process_id.to_string())
}

/// The figures of this process; zeros where there is no `/proc`.
pub fn use_of_self() -> ProcessUse {
    read("self").unwrap_or_default()
}

fn read(process: &str) -> Option<ProcessUse> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program, in brackets, may hold anything; the figures follow its last bracket.
    let figures: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = figures.get(11)?.parse::<u64>().ok()? + figures.get(12)?.parse::<u64>().ok()?;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    };
    Some(ProcessUse {
        cpu: Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND),
        resident_bytes: bytes("VmRSS:")?,
        resident_bytes_peak: bytes("VmHWM:")?,
    })
}
