//! The newest terms of each device of contacts (POL-4). They are kept when
//! they are over, too: what they forbade must not come back by waiting.

use kith_proto::id::DeviceId;
use rusqlite::Transaction;

use super::StoreError;

/// Stores terms in the place of those before.
///
/// # Errors
/// The disk refuses.
pub fn put(tx: &Transaction<'_>, device: &DeviceId, record: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO terms (device, bytes) VALUES (?1, ?2)")?
        .execute((device.as_bytes(), record))?;
    Ok(())
}

/// All that are kept: one a device of a contact.
///
/// # Errors
/// The disk refuses.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT bytes FROM terms")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?)
}
