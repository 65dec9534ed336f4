//! The audit log in the database: entries as they were chained, the signed
//! head beside them, end records.

use kith_proto::audit::{AuditEntry, AuditHead, EndRecord};
use kith_proto::id::SessionId;
use kith_proto::signed::{Cosigned, Signed};
use rusqlite::{OptionalExtension as _, Transaction};

use super::{StoreError, own};

/// The name under which the newest signed head is kept.
const HEAD: &str = "audit-head";

/// Adds an entry and puts the head that covers it, in the caller's
/// transaction: what an entry tells of is stored together with it.
///
/// # Errors
/// The disk refuses, or the place is taken: nothing is overwritten.
pub fn append(
    tx: &Transaction<'_>,
    entry: &AuditEntry,
    head: &Signed<AuditHead>,
) -> Result<(), StoreError> {
    let session = entry.event().share().map(|s| s.session);
    tx.prepare_cached("INSERT INTO audit (place, session, bytes) VALUES (?1, ?2, ?3)")?
        .execute((
            place(entry.place())?,
            session.as_ref().map(SessionId::as_bytes),
            entry.bytes(),
        ))?;
    own::put(tx, HEAD, head.bytes())
}

fn place(n: u64) -> Result<i64, StoreError> {
    i64::try_from(n).map_err(|_| StoreError::Content("a place in the audit log".into()))
}

/// The newest signed head, as bytes.
///
/// # Errors
/// The disk refuses.
pub fn head(tx: &Transaction<'_>) -> Result<Option<Vec<u8>>, StoreError> {
    own::get(tx, HEAD)
}

/// The last entry there is.
///
/// # Errors
/// The disk refuses.
pub fn last(tx: &Transaction<'_>) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT bytes FROM audit ORDER BY place DESC LIMIT 1")?
        .query_row([], |r| r.get(0))
        .optional()?)
}

/// All entries, in the order of their places.
///
/// # Errors
/// The disk refuses.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT bytes FROM audit ORDER BY place")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?)
}

/// The newest `limit` entries, oldest of them first; of one session if one is
/// given.
///
/// # Errors
/// The disk refuses.
pub fn newest(
    tx: &Transaction<'_>,
    session: Option<&SessionId>,
    limit: u32,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut found: Vec<Vec<u8>> = tx
        .prepare_cached(
            "SELECT bytes FROM audit WHERE ?1 IS NULL OR session = ?1
             ORDER BY place DESC LIMIT ?2",
        )?
        .query_map((session.map(SessionId::as_bytes), limit), |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    found.reverse();
    Ok(found)
}

/// How many entries there are.
///
/// # Errors
/// The disk refuses.
pub fn count(tx: &Transaction<'_>) -> Result<u64, StoreError> {
    let n: i64 = tx.query_row("SELECT count(*) FROM audit", [], |r| r.get(0))?;
    Ok(u64::try_from(n).unwrap_or_default())
}

/// Keeps an end record; one with more signatures replaces the one before.
///
/// # Errors
/// The disk refuses.
pub fn put_end_record(
    tx: &Transaction<'_>,
    record: &Cosigned<EndRecord>,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO end_record VALUES (?1, ?2, ?3)")?
        .execute((
            record.digest().as_bytes(),
            record.payload().session.as_bytes(),
            record.to_bytes(),
        ))?;
    Ok(())
}

/// All end records.
///
/// # Errors
/// The disk refuses.
pub fn end_records(tx: &Transaction<'_>) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT bytes FROM end_record ORDER BY digest")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?)
}
