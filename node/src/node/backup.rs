//! Making a backup (ID-5).

use kith_api::{ApiError, Package, Reply, Secret};

use super::error::fault;
use super::open::Open;
use crate::backup::{Backup, BackupError};

impl From<BackupError> for ApiError {
    fn from(e: BackupError) -> Self {
        Self::new(e.code(), e.to_string())
    }
}

impl Open {
    pub(super) async fn backup(&mut self, passphrase: Secret) -> Result<Reply, ApiError> {
        let settings = match std::fs::read_to_string(&self.config_file) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => {
                let path = self.config_file.display();
                return Err(ApiError::new(
                    kith_api::Code::Storage,
                    format!("{path}: {e}"),
                ));
            }
        };
        let now = self.now();
        let backup = self
            .store
            .read(move |tx| Ok(Backup::take(tx, settings, now)))
            .await??;
        // The passphrase is costly to work on: not on a thread that others
        // wait for.
        let content = tokio::task::spawn_blocking(move || backup.seal(&passphrase))
            .await
            .map_err(fault)??;
        let name = "backup.kith".to_owned();
        Ok(Reply::Package(Package { name, content }))
    }
}
