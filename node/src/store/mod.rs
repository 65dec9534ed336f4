//! The encrypted database (rules R10, R11): one file, one thread that writes;
//! only what takes long is read aside.
//!
//! A write is a closure over a transaction; it is committed, and on the disk,
//! before [`Store::write`] returns. So whoever announces something after a
//! write announces nothing that a power cut could take back.

pub mod accounts;
pub mod audit;
pub mod capabilities;
pub mod consents;
mod error;
pub mod files;
pub mod invites;
pub mod limits;
pub mod orgs;
pub mod own;
pub mod people;
pub mod policies;
pub mod rooms;
mod schema;
pub mod sessions;
pub mod terms;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

pub use error::StoreError;

use crate::profile::DbKey;

/// How many jobs may wait for the store's thread. A sender beyond that waits:
/// the disk sets the pace.
const QUEUE: usize = 64;

/// How many pages of 4 KiB may stand in the log of the writes alone, before they
/// are merged into the file: SQLite's own measure.
const UNMERGED: i64 = 1000;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle on the database; clones share it. The file is closed when the
/// last one is dropped.
#[derive(Clone)]
pub struct Store(Arc<Worker>);

/// The thread and the way to it. The last handle waits for it to end:
/// SQLCipher's cryptography is torn down when the process exits, and a thread
/// still at work then would crash.
struct Worker {
    jobs: Option<SyncSender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
    /// Where another connection finds the same file; none in memory.
    file: Option<Place>,
}

/// What opens a database. The key is in this process's memory as long as the
/// database is open anyhow: SQLCipher has it.
struct Place {
    path: PathBuf,
    pragma: Zeroizing<String>,
}

impl Place {
    fn new(path: &Path, key: &DbKey) -> Self {
        let hex: Zeroizing<String> =
            Zeroizing::new(key.expose().iter().map(|b| format!("{b:02x}")).collect());
        Self {
            path: path.to_owned(),
            pragma: Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", hex.as_str())),
        }
    }

    fn open(&self, flags: OpenFlags) -> Result<Connection, StoreError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&self.path, flags)?;
        db.execute_batch(&self.pragma)?;
        // Its own messages would go to standard error.
        db.execute_batch("PRAGMA cipher_log_level = NONE")?;
        Ok(db)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(…)")
    }
}

impl Store {
    /// Makes a database at `path`, where none is.
    ///
    /// # Errors
    /// A full or failing disk.
    pub fn create(path: &Path, key: &DbKey) -> Result<Self, StoreError> {
        Self::at(path, key, OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Opens the database at `path`. One that has gone isn't made anew: that
    /// would look like a profile, and hide what has happened.
    ///
    /// # Errors
    /// No file or an empty one, a wrong key or a damaged file (SQLCipher can't
    /// tell these apart), a newer schema, a full or failing disk.
    pub fn open(path: &Path, key: &DbKey) -> Result<Self, StoreError> {
        match std::fs::metadata(path) {
            Ok(about) if about.len() == 0 => return Err(StoreError::Gone),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::Gone),
            _ => {}
        }
        Self::at(path, key, OpenFlags::empty())
    }

    fn at(path: &Path, key: &DbKey, flags: OpenFlags) -> Result<Self, StoreError> {
        let place = Place::new(path, key);
        let db = place.open(OpenFlags::SQLITE_OPEN_READ_WRITE | flags)?;
        Self::start(db, Some(place))
    }

    /// The same in memory, for tests and simulations: the same statements,
    /// and nothing on the disk.
    ///
    /// # Errors
    /// None that a caller could mend.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::start(Connection::open_in_memory()?, None)
    }

    fn start(mut db: Connection, file: Option<Place>) -> Result<Self, StoreError> {
        schema::prepare(&mut db)?;
        let (jobs, todo) = sync_channel::<Job>(QUEUE);
        let thread = thread::Builder::new()
            .name("store".into())
            .spawn(move || {
                for job in todo {
                    job(&mut db);
                    // Whoever asked for the job has been answered. What fails
                    // here is tried again after the next one.
                    let _ = merge(&db);
                }
                // The last handle is gone: leave one tidy file behind.
                let _ = db.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
            })
            .map_err(StoreError::Thread)?;
        Ok(Self(Arc::new(Worker {
            jobs: Some(jobs),
            thread: Some(thread),
            file,
        })))
    }

    /// Runs `work` in a transaction of its own and commits it. When `work`
    /// fails, or the commit does, nothing of it remains.
    ///
    /// # Errors
    /// What `work` returns, or the disk's refusal.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(move |db| {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        })
        .await
    }

    /// Runs `work`, which only reads, on one consistent state.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(move |db| {
            let tx = db.transaction()?;
            let done = work(&tx)?;
            Ok(done)
        })
        .await
    }

    /// The same over a connection of its own, on another thread: for work
    /// that takes long, such as a backup. Writing goes on meanwhile, and
    /// `work` doesn't see what is written; only the log of the writes grows
    /// on the disk until it is done. In memory there is no other connection.
    ///
    /// # Errors
    /// What `work` returns, or the file can't be opened again.
    pub async fn read_aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.0.file.is_none() {
            return self.read(work).await;
        }
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let place = store.0.file.as_ref().ok_or(StoreError::Closed)?;
            let mut db = place.open(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            db.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")?;
            let tx = db.transaction()?;
            work(&tx)
            // Closed before the last handle on the store is gone, which tidies
            // the file.
        });
        done.await.map_err(|_| StoreError::Closed)?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            // Nobody waits any more: the work is done all the same.
            let _ = tell.send(work(db));
        });
        let jobs = self.0.jobs.clone().ok_or(StoreError::Closed)?;
        // The queue is short and drains as fast as the disk allows; a full
        // one is waited for on a thread that may block.
        match jobs.try_send(job) {
            Ok(()) => {}
            Err(std::sync::mpsc::TrySendError::Full(job)) => {
                tokio::task::spawn_blocking(move || jobs.send(job))
                    .await
                    .map_err(|_| StoreError::Closed)?
                    .map_err(|_| StoreError::Closed)?;
            }
            Err(std::sync::mpsc::TrySendError::Disconnected(_)) => return Err(StoreError::Closed),
        }
        told.await.map_err(|_| StoreError::Closed)?
    }

    /// Whether the file is sound, by SQLite's own full check.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first complaint.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.read(|tx| {
            let said: String = tx.query_row("PRAGMA integrity_check(1)", [], |r| r.get(0))?;
            match said.as_str() {
                "ok" => Ok(()),
                _ => Err(StoreError::Damaged(said)),
            }
        })
        .await
    }
}

/// Merges the log of the writes into the file once it is long. SQLite would do
/// so by itself within a commit, and whoever waits for that write would wait for
/// all the pages before it: what was written is safe in the log already.
fn merge(db: &Connection) -> rusqlite::Result<()> {
    let unmerged: i64 = db
        .prepare_cached("PRAGMA wal_checkpoint(NOOP)")?
        .query_row([], |r| Ok(r.get::<_, i64>(1)? - r.get::<_, i64>(2)?))?;
    if unmerged >= UNMERGED {
        db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
