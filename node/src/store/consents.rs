//! Standing consents of our person, and their ends (ASK-3).

use kith_proto::digest::Digest;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;

use super::StoreError;

/// A consent as it was signed, and its end, if there is one.
#[derive(Debug)]
pub struct Row {
    /// The signed consent.
    pub bytes: Vec<u8>,
    /// The signed end.
    pub ended: Option<Vec<u8>>,
    /// Why it doesn't count at the moment, if it doesn't: a code.
    pub held: Option<String>,
}

fn millis(t: Timestamp) -> i64 {
    i64::try_from(t.as_millis()).unwrap_or(i64::MAX)
}

/// Keeps a consent.
///
/// # Errors
/// The disk refuses.
pub fn put(
    tx: &Transaction<'_>,
    id: &Digest,
    bytes: &[u8],
    expires: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM consent WHERE expires < ?1")?
        .execute([millis(now)])?;
    tx.prepare_cached("INSERT OR IGNORE INTO consent (id, bytes, expires) VALUES (?1, ?2, ?3)")?
        .execute((id.as_bytes(), bytes, millis(expires)))?;
    Ok(())
}

/// Keeps its end.
///
/// # Errors
/// The disk refuses.
pub fn end(tx: &Transaction<'_>, id: &Digest, ended: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE consent SET ended = ?2 WHERE id = ?1")?
        .execute((id.as_bytes(), ended))?;
    Ok(())
}

/// Keeps that it doesn't count for now, and why; or, with nothing, that it
/// does.
///
/// # Errors
/// The disk refuses.
pub fn hold(tx: &Transaction<'_>, id: &Digest, why: Option<&str>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE consent SET held = ?2 WHERE id = ?1")?
        .execute((id.as_bytes(), why))?;
    Ok(())
}

/// All that are kept.
///
/// # Errors
/// The disk refuses.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<Row>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT bytes, ended, held FROM consent ORDER BY expires")?
        .query_map([], |r| {
            Ok(Row {
                bytes: r.get(0)?,
                ended: r.get(1)?,
                held: r.get(2)?,
            })
        })?
        .collect::<Result<_, _>>()?)
}
