//! What administrators keep: documents that are being written, and keys.

use kith_proto::keys::{PublicKey, SigningKey};
use kith_proto::time::Timestamp;
use rusqlite::Transaction;
use zeroize::Zeroizing;

use super::StoreError;

/// Stores a draft under the organisation's name in this profile.
///
/// # Errors
/// The disk refuses.
pub fn put_draft(tx: &Transaction<'_>, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO org_draft (name, bytes) VALUES (?1, ?2)")?
        .execute((name, bytes))?;
    Ok(())
}

/// Forgets a draft.
///
/// # Errors
/// The disk refuses.
pub fn remove_draft(tx: &Transaction<'_>, name: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM org_draft WHERE name = ?1")?
        .execute([name])?;
    Ok(())
}

/// All drafts.
///
/// # Errors
/// The disk refuses.
pub fn drafts(tx: &Transaction<'_>) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT name, bytes FROM org_draft ORDER BY name")?
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<_, _>>()?)
}

/// A key that signs policies.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub key: SigningKey,
    /// What its owner calls it.
    pub label: String,
    /// Since when it is here.
    pub added: Timestamp,
}

/// Stores a key.
///
/// # Errors
/// The disk refuses.
pub fn put_key(tx: &Transaction<'_>, key: &Key) -> Result<(), StoreError> {
    let at = i64::try_from(key.added.as_millis()).unwrap_or(i64::MAX);
    tx.prepare_cached("INSERT INTO org_key (public, label, seed, added) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            key.key.public().as_bytes(),
            &key.label,
            &*key.key.to_seed(),
            at,
        ))?;
    Ok(())
}

/// All keys, oldest first.
///
/// # Errors
/// The disk refuses, or a key can't be read.
pub fn keys(tx: &Transaction<'_>) -> Result<Vec<Key>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT public, label, seed, added FROM org_key ORDER BY added, public")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(r.get(2)?);
        let key = SigningKey::from_seed(&seed);
        let public = PublicKey::from_bytes(r.get(0)?).ok();
        if public != Some(key.public()) {
            return Err(StoreError::Content("an administrator’s key".into()));
        }
        let added: i64 = r.get(3)?;
        all.push(Key {
            key,
            label: r.get(1)?,
            added: u64::try_from(added)
                .ok()
                .and_then(Timestamp::from_millis)
                .unwrap_or(Timestamp::EPOCH),
        });
    }
    Ok(all)
}
