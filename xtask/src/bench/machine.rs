//! What the figures depend on and a reader cannot see: processors, versions, the disk under the database.

use anyhow::Context;
use serde_json::{Value, json};
use std::{
    fmt,
    fs::{self, File},
    io::Write,
    path::Path,
    time::Duration,
};
use tokio::time::Instant;

/// A page of the database's log.
const PAGE: [u8; 8_192] = [7; 8_192];
const SYNCS: usize = 200;

pub struct Machine {
    processors: usize,
    model: String,
    memory_gib: u64,
    kernel: String,
    file_system: String,
    sync_p50: Duration,
    sync_p99: Duration,
    bellwire: String,
    alertmanager: Option<String>,
}

impl Machine {
    pub fn look(bellwire: String, alertmanager: Option<&str>, databases: &Path) -> anyhow::Result<Self> {
        let (sync_p50, sync_p99) = syncs(databases).context("cannot measure the disk")?;
        Ok(Self {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            model: field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            memory_gib: field("/proc/meminfo", "MemTotal")
                .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
                .map_or(0, |kib| kib.div_ceil(1 << 20)),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            file_system: file_system(databases).unwrap_or_else(|| "unknown".to_owned()),
            sync_p50,
            sync_p99,
            bellwire,
            alertmanager: alertmanager.map(str::to_owned),
        })
    }

    pub fn json(&self) -> Value {
        json!({
            "processors": self.processors,
            "model": self.model,
            "memory_gib": self.memory_gib,
            "kernel": self.kernel,
            "file_system": self.file_system,
            "fsync_p50_microseconds": self.sync_p50.as_micros() as u64,
            "fsync_p99_microseconds": self.sync_p99.as_micros() as u64,
            "bellwire": self.bellwire,
            "alertmanager": self.alertmanager,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processors, model, memory_gib, kernel, file_system, sync_p50, sync_p99, bellwire, alertmanager } =
            self;
        writeln!(
            formatter,
            "{processors} × {model}, {memory_gib} GiB, Linux {kernel}, shared with the load generator"
        )?;
        writeln!(
            formatter,
            "database on {file_system}; 8 KiB and an fsync take {sync_p50:.1?} (p50), {sync_p99:.1?} (p99)"
        )?;
        write!(formatter, "Bellwire {bellwire}; Alertmanager {}", alertmanager.as_deref().unwrap_or("not measured"))
    }
}

/// How long it takes until a page that is appended is on disk: p50 and p99. It bounds what one connection can do.
fn syncs(folder: &Path) -> std::io::Result<(Duration, Duration)> {
    let path = folder.join("fsync");
    let mut file = File::create(&path)?;
    let mut took = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let started = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        took.push(started.elapsed());
    }
    fs::remove_file(path)?;
    took.sort();
    Ok((took[SYNCS / 2], took[SYNCS * 99 / 100]))
}

/// Of the mount that a folder is on.
fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let above = mounts.filter(|(point, _)| folder.starts_with(point));
    above.max_by_key(|(point, _)| point.len()).map(|(_, kind)| kind.to_owned())
}

/// The first `NAME: VALUE` of a file in `/proc`.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
