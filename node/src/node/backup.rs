//! Making a backup (ID-5).

use std::path::PathBuf;

use kith_api::{ApiError, Code, Package, Reply, Secret};
use kith_proto::time::Timestamp;

use super::error::fault;
use super::files::Answer;
use super::open::Open;
use crate::account::put_backed_up;
use crate::backup::{Backup, BackupError, Sealer};
use crate::given;
use crate::new_file::NewFile;
use crate::store::Store;

impl From<BackupError> for ApiError {
    fn from(e: BackupError) -> Self {
        let error = Self::new(e.code(), e.to_string());
        match e {
            BackupError::Disk(e) if e.kind() == std::io::ErrorKind::StorageFull => {
                error.hint("make room, or write it to another disk")
            }
            BackupError::TooLarge => error.hint("“kith backup FILE” writes one of any size"),
            BackupError::Store(e) => e.into(),
            BackupError::Account(e) => e.into(),
            _ => error,
        }
    }
}

impl Open {
    fn settings_text(&self) -> Result<String, ApiError> {
        match std::fs::read_to_string(&self.config_file) {
            Ok(text) => Ok(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(e) => {
                let path = self.config_file.display();
                Err(ApiError::new(Code::Storage, format!("{path}: {e}")))
            }
        }
    }

    /// From now on a backup may hold the log as it is: no entry is written
    /// that nobody asked for. Kept first, so that it holds for every backup
    /// that there is, whatever becomes of this one.
    async fn log_backed_up(&mut self) -> Result<(), ApiError> {
        let head = self.account.head();
        self.store.write(move |tx| put_backed_up(tx, &head)).await?;
        self.account.in_backup(head);
        Ok(())
    }

    pub(super) async fn backup(&mut self, passphrase: Secret) -> Result<Reply, ApiError> {
        let (settings, now) = (self.settings_text()?, self.now());
        self.log_backed_up().await?;
        let backup = self
            .store
            .read_aside(move |tx| Ok(Backup::take(tx, settings, now)))
            .await??;
        // The passphrase is costly to work on: not on a thread that others
        // wait for.
        let content = tokio::task::spawn_blocking(move || backup.seal(&passphrase))
            .await
            .map_err(fault)??;
        let name = "backup.kith".to_owned();
        Ok(Reply::Package(Package { name, content }))
    }

    /// Writes a backup of any size to a new file. Meanwhile everything goes
    /// on: the database is read over a connection of its own.
    pub(super) async fn save(&mut self, passphrase: Secret, path: PathBuf, answer: Answer) {
        let marked = self.log_backed_up().await;
        let settings = marked.and_then(|()| self.settings_text());
        let (now, store) = (self.now(), self.store.clone());
        tokio::spawn(async move {
            let done = match settings {
                Ok(settings) => write(store, settings, now, passphrase, path).await,
                Err(e) => Err(e),
            };
            let _ = answer.send(done.map(|()| Reply::Done));
        });
    }
}

async fn write(
    store: Store,
    settings: String,
    now: Timestamp,
    passphrase: Secret,
    path: PathBuf,
) -> Result<(), ApiError> {
    let sealer = tokio::task::spawn_blocking(move || Sealer::new(&passphrase))
        .await
        .map_err(fault)??;
    let mut new = NewFile::begin(&path).map_err(|e| given::unwritable(&path, &e))?;
    let file = new
        .file()
        .try_clone()
        .map_err(|e| given::unwritable(&path, &e))?;
    store
        .read_aside(move |tx| Ok(Backup::write(tx, settings, now, sealer, file)))
        .await?
        .map_err(|e| match e {
            BackupError::Disk(e) => given::unwritable(&path, &e),
            e => e.into(),
        })?;
    // On a slow disk that takes long.
    let finished = tokio::task::spawn_blocking(move || new.finish()).await;
    let finished = finished.map_err(fault)?;
    finished.map_err(|e| given::unwritable(&path, &e))
}
