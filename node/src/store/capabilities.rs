//! The newest capability record of each device that was met.

use kith_proto::id::DeviceId;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;

use super::StoreError;

/// How many devices' records are kept, those that hold longest.
pub const KEPT_MAX: u32 = 20_000;

fn millis(t: Timestamp) -> i64 {
    i64::try_from(t.as_millis()).unwrap_or(i64::MAX)
}

/// Stores a record in the place of the one before.
///
/// # Errors
/// The disk refuses.
pub fn put(
    tx: &Transaction<'_>,
    device: &DeviceId,
    record: &[u8],
    expires: Timestamp,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO capability (device, bytes, expires) VALUES (?1, ?2, ?3)",
    )?
    .execute((device.as_bytes(), record, millis(expires)))?;
    tx.prepare_cached(
        "DELETE FROM capability WHERE device NOT IN
             (SELECT device FROM capability ORDER BY expires DESC LIMIT ?1)",
    )?
    .execute([KEPT_MAX])?;
    Ok(())
}

/// All records that hold at `now`; the others are forgotten with the next
/// write.
///
/// # Errors
/// The disk refuses.
pub fn all(tx: &Transaction<'_>, now: Timestamp) -> Result<Vec<(DeviceId, Vec<u8>)>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT device, bytes FROM capability WHERE expires > ?1")?
        .query_map([millis(now)], |r| {
            Ok((DeviceId::from_bytes(r.get(0)?), r.get(1)?))
        })?
        .collect::<Result<_, _>>()?)
}
