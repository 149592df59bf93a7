//! What can go wrong with a database: each error says which file, and what to do.

use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there can be no database {}: the directory {} does not exist; create it, or set another path", path.display(), directory.display())]
    NoDirectory { path: PathBuf, directory: PathBuf },
    #[error("the database {} cannot be opened or written: {detail}; it and its directory must be writable", path.display())]
    NotWritable { path: PathBuf, detail: String },
    #[error("the database {} is in use by another bellwire; stop that one, or give each its own path", path.display())]
    Taken { path: PathBuf },
    #[error(
        "the database {} was written by a newer bellwire (schema {found}; this one knows up to {known}); run that version \
         again, or restore a backup from before the upgrade", path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{} is not a bellwire database; it was left as it is: set another path, or move it away", path.display())]
    Foreign { path: PathBuf },
    #[error(
        "the database {} is damaged ({detail}); restore a backup, or move it away to start empty and keep it for `sqlite3 \
         {} .recover`", path.display(), path.display()
    )]
    Corrupt { path: PathBuf, detail: String },
    /// Nothing of the transaction was stored; it can be tried again once there is space.
    #[error("there is no space left for the database {}; free some on its disk", path.display())]
    Full { path: PathBuf },
    /// Nothing of the transaction was stored, as far as can be known; it can be tried again.
    #[error("the database {} cannot be used now: {detail}", path.display())]
    Unavailable { path: PathBuf, detail: String },
}

impl StoreError {
    /// An error of SQLite's, by what can be done about it.
    pub(crate) fn from_sqlite(path: &std::path::Path, error: &rusqlite::Error) -> Self {
        let (path, detail) = (path.to_path_buf(), error.to_string());
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full { path },
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, detail },
            Some(rusqlite::ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly) => Self::NotWritable { path, detail },
            _ if is_bad_row(error) => Self::Corrupt { path, detail },
            _ => Self::Unavailable { path, detail },
        }
    }

    pub(crate) fn from_io(path: &std::path::Path, error: &io::Error) -> Self {
        let (path, detail) = (path.to_path_buf(), error.to_string());
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::IsADirectory => {
                Self::NotWritable { path, detail }
            }
            _ => Self::Unavailable { path, detail },
        }
    }
}

/// A row whose body does not parse, or whose columns are of other types than ours.
fn is_bad_row(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
    )
}
