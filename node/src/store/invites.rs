//! Invites of mine, and answers of mine to others' invites.

use kith_proto::digest::Digest;
use rusqlite::Transaction;

use super::StoreError;

/// Whose invite it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// I invited.
    Mine = 0,
    /// I answered.
    Theirs = 1,
}

/// Stores an invite or an answer: its public and its secret part.
///
/// # Errors
/// The disk refuses.
pub fn put(
    tx: &Transaction<'_>,
    id: &Digest,
    side: Side,
    public: &[u8],
    secret: &[u8],
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO invite VALUES (?1, ?2, ?3, ?4)")?
        .execute((id.as_bytes(), side as i64, public, secret))?;
    Ok(())
}

/// The public and the secret part of an invite or an answer.
pub type Parts = (Vec<u8>, Vec<u8>);

/// All of one side.
///
/// # Errors
/// The disk refuses.
pub fn all(tx: &Transaction<'_>, side: Side) -> Result<Vec<Parts>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT public, secret FROM invite WHERE side = ?1")?
        .query_map([side as i64], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<_, _>>()?)
}

/// Forgets one.
///
/// # Errors
/// The disk refuses.
pub fn remove(tx: &Transaction<'_>, id: &Digest) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM invite WHERE id = ?1")?
        .execute([id.as_bytes()])?;
    Ok(())
}
