//! Opening a database: the lock, the checks that it is ours, the settings and why they are so, and the migrations.

use crate::StoreError;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::{
    ffi::OsString,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

/// In the file's header (offset 68), so that `file` and we know whose it is: "Bell".
const APPLICATION_ID: i64 = 0x4265_6c6c;

/// In order; the schema's version is how many of them have run. One that was released is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_overrides.sql"),
    include_str!("migrations/0003_marks.sql"),
    include_str!("migrations/0004_silences.sql"),
];

/// Another's hold on the database is short: a backup's first moment, somebody's `sqlite3`.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// FULL: a commit has returned only when the log is on disk, which is what a 2xx promises; NORMAL would lose the last
/// commits with the power. (`fullfsync` is the same promise on macOS.)
///
/// The log is folded into the file each 2,000 pages (16 MB): seldom enough that pages written often are folded once,
/// and little enough that a start after a crash reads it in no time. A log that a long read let grow is cut to 64 MB.
///
/// The cache holds the upper pages and the ends of every table and index, which is where most writes go: 32 MiB. No
/// memory map: through one, a failing disk is a signal that ends the process instead of an error.
const WRITER_SETTINGS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA wal_autocheckpoint = 2000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -32768;
    PRAGMA mmap_size = 0;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
";

/// Rows come in batches of some hundred kilobytes, which larger pages write in fewer pieces; but one changed row writes
/// its whole page. 8 KiB is the middle. It counts only in a file that is still empty.
const PAGE_SIZE: &str = "PRAGMA page_size = 8192";

/// There are a few readers, and the system caches the file for all of them: 2 MiB each.
const READER_SETTINGS: &str = "
    PRAGMA query_only = ON;
    PRAGMA cache_size = -2048;
    PRAGMA mmap_size = 0;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
";

/// Claims the database for this process. The system drops the claim when the process ends, however it ends.
pub fn lock(path: &Path) -> Result<File, StoreError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        return Err(StoreError::NoDirectory { path: path.into(), directory: directory.into() });
    }
    let mut name = OsString::from(path);
    name.push(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(PathBuf::from(name));
    let file = file.map_err(|error| StoreError::from_io(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Taken { path: path.into() }),
        Err(TryLockError::Error(error)) => Err(StoreError::from_io(path, &error)),
    }
}

pub fn writer(path: &Path) -> Result<Connection, StoreError> {
    let sqlite = |error| StoreError::from_sqlite(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection.busy_timeout(BUSY_WAIT).map_err(sqlite)?;
    // Before anything is changed: switching a stranger's file to a write-ahead log would be a change.
    let version = check(&connection, path)?;
    connection.execute_batch(PAGE_SIZE).map_err(sqlite)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(sqlite)?;
    if mode != "wal" {
        let detail = format!("its file system allows no write-ahead log (journal mode {mode}); put it on a local disk");
        return Err(StoreError::Unavailable { path: path.into(), detail });
    }
    connection.execute_batch(WRITER_SETTINGS).map_err(sqlite)?;
    migrate(&mut connection, version).map_err(sqlite)?;
    Ok(connection)
}

pub fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.execute_batch(READER_SETTINGS)?;
    Ok(connection)
}

/// Whether the file is ours, and if so, its schema's version; 0 of an empty one.
fn check(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let number = |sql: &str| -> Result<i64, StoreError> {
        connection.query_row(sql, [], |row| row.get(0)).map_err(|error| StoreError::from_sqlite(path, &error))
    };
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let objects = number("SELECT count(*) FROM sqlite_schema")?;
    let is_empty = application == 0 && version == 0 && objects == 0;
    if !is_empty && application != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.into() });
    }
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(StoreError::Newer { path: path.into(), found: version, known });
    }
    Ok(version)
}

/// Each migration commits together with the version that it leads to.
fn migrate(connection: &mut Connection, version: i64) -> rusqlite::Result<()> {
    for (next, migration) in (1_i64..).zip(MIGRATIONS).filter(|(next, _)| *next > version) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", next)?;
        transaction.commit()?;
    }
    Ok(())
}
