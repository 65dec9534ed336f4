//! Remembered limits (GUARD-8).

use kith_proto::time::Timestamp;
use rusqlite::Transaction;

use super::StoreError;

/// A limit as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// By which a person names it; never of two.
    pub number: i64,
    /// For whom and with what, encoded.
    pub fits: Vec<u8>,
    /// What is barred, encoded.
    pub bars: Vec<u8>,
    /// Since when, milliseconds since 1970.
    pub changed: i64,
}

/// Keeps a limit in the place of what was there. Returns its number.
///
/// # Errors
/// The disk refuses.
pub fn put(
    tx: &Transaction<'_>,
    fits: &[u8],
    bars: &[u8],
    now: Timestamp,
) -> Result<i64, StoreError> {
    let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    Ok(tx
        .prepare_cached(
            "INSERT INTO remembered_limit (fits, bars, changed) VALUES (?1, ?2, ?3)
             ON CONFLICT (fits) DO UPDATE SET bars = excluded.bars, changed = excluded.changed
             RETURNING number",
        )?
        .query_row((fits, bars, now), |r| r.get(0))?)
}

/// Keeps a limit as it was kept elsewhere, with its number.
///
/// # Errors
/// The disk refuses, or there is one of that number or for the same.
pub fn paste(tx: &Transaction<'_>, row: &Row) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO remembered_limit (number, fits, bars, changed) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((row.number, &row.fits, &row.bars, row.changed))?;
    Ok(())
}

/// Forgets one.
///
/// # Errors
/// The disk refuses.
pub fn remove(tx: &Transaction<'_>, number: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM remembered_limit WHERE number = ?1")?
        .execute([number])?;
    Ok(())
}

/// All that are kept, oldest first.
///
/// # Errors
/// The disk refuses.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<Row>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT number, fits, bars, changed FROM remembered_limit ORDER BY number")?
        .query_map([], |r| {
            Ok(Row {
                number: r.get(0)?,
                fits: r.get(1)?,
                bars: r.get(2)?,
                changed: r.get(3)?,
            })
        })?
        .collect::<Result<_, _>>()?)
}
