//! Why the database refuses, in the words that decide what to do.

use std::io;

use kith_api::Code;
use rusqlite::ErrorCode;
use thiserror::Error;

/// A refusal of the store. Nothing was half written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The key doesn't fit, or the file is damaged from its first page on.
    #[error("the database can't be opened: the key is wrong or the file is damaged")]
    WrongKey,
    /// There is no file, or an empty one, where the database was.
    #[error("the profile's database, kith.db, is missing or empty; none was made in its place")]
    Gone,
    /// The file is damaged.
    #[error("the database is damaged ({0})")]
    Damaged(String),
    /// Made by a newer Kith.
    #[error("the database has schema {found}; this Kith knows up to {known}: use a newer Kith")]
    Newer {
        /// The file's schema.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// No room left. Nothing is acknowledged that isn't stored.
    #[error("the disk is full")]
    Full,
    /// The file can't be written.
    #[error("the database can't be written: {0}")]
    ReadOnly(String),
    /// Another process holds the database.
    #[error("another program is using the database")]
    Busy,
    /// Stored bytes that this program once wrote can't be read back.
    #[error("a stored record can't be read: {0}")]
    Content(String),
    /// What was asked for isn't stored.
    #[error("not stored here")]
    Missing,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// The store's thread can't be started.
    #[error("the store can't be started: {0}")]
    Thread(io::Error),
    /// A fault in one of our statements.
    #[error("the database refuses: {0}")]
    Sql(rusqlite::Error),
}

impl StoreError {
    /// What kind of failure it is, for faces and exit statuses.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::WrongKey | Self::Gone | Self::Damaged(_) | Self::Content(_) => Code::Invalid,
            Self::Newer { .. } => Code::Version,
            Self::Busy => Code::Denied,
            Self::Missing => Code::NotFound,
            Self::Full | Self::ReadOnly(_) | Self::Sql(_) => Code::Storage,
            Self::Closed | Self::Thread(_) => Code::Internal,
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Gone => {
                "put kith.db back from a copy of the folder, if there is one. Else “kith restore \
                 FILE --profile NEW” makes a profile from a backup; what was written since that \
                 backup is lost here. A profile that was never used: remove its folder, then \
                 “kith init”"
            }
            Self::WrongKey | Self::Damaged(_) | Self::Content(_) => {
                "“kith restore FILE --profile NEW” makes a profile from a backup; keep this one \
                 until then"
            }
            Self::Newer { .. } => "run the newer Kith that wrote it",
            Self::Busy => "end that program, then try again",
            Self::Missing => "look again: it may have gone meanwhile",
            Self::Full => "free some space; nothing was lost",
            Self::ReadOnly(_) | Self::Sql(_) => {
                "see that the disk has space and may be written; nothing was half done"
            }
            Self::Closed | Self::Thread(_) => "start the node again with “kith up”",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::WrongKey,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(e.to_string()),
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                Self::ReadOnly(e.to_string())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ if matches!(e, rusqlite::Error::QueryReturnedNoRows) => Self::Missing,
            _ => Self::Sql(e),
        }
    }
}
