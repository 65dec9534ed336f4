//! Accounts for hosted sessions (HOST-4): which servers, and what opens them.

use std::net::SocketAddr;

use rusqlite::{OptionalExtension as _, Transaction};
use zeroize::Zeroizing;

use super::StoreError;

/// Keeps what opens a server, in the place of what was kept.
///
/// # Errors
/// The disk refuses.
pub fn put(tx: &Transaction<'_>, server: SocketAddr, password: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO sharing_account (server, password) VALUES (?1, ?2)")?
        .execute((server.to_string(), password))?;
    Ok(())
}

/// The servers; what opens them isn't read.
///
/// # Errors
/// The disk refuses.
pub fn servers(tx: &Transaction<'_>) -> Result<Vec<SocketAddr>, StoreError> {
    let all = tx
        .prepare_cached("SELECT server FROM sharing_account")?
        .query_map([], |r| r.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(all.iter().filter_map(|s| s.parse().ok()).collect())
}

/// What opens a server.
///
/// # Errors
/// The disk refuses.
pub fn password(
    tx: &Transaction<'_>,
    server: SocketAddr,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT password FROM sharing_account WHERE server = ?1")?
        .query_row([server.to_string()], |r| r.get(0).map(Zeroizing::new))
        .optional()?)
}

/// Forgets a server.
///
/// # Errors
/// The disk refuses.
pub fn remove(tx: &Transaction<'_>, server: SocketAddr) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM sharing_account WHERE server = ?1")?
        .execute([server.to_string()])?;
    Ok(())
}
