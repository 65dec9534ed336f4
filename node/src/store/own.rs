//! Small things of which there is one each: own keys, own log, settings.

use rusqlite::{OptionalExtension as _, Transaction};

use super::StoreError;

/// Who may see the person's presence.
pub const PRESENCE_AUDIENCE: &str = "presence-audience";
/// Of whose coming the person wants to be told.
pub const PRESENCE_TELL_ME: &str = "presence-tell-me";
/// The contacts that learn no address of this device: a line each (DISC-8).
pub const RELAY_ONLY: &str = "relay-only";
/// Others' invites of which nothing comes: the ticket's digest and a contact's
/// state each.
pub const INVITES_OVER: &str = "invites-over";
/// There while the person is hidden.
pub const HIDDEN: &str = "hidden";

/// Sets `name` to `value`.
///
/// # Errors
/// The disk refuses.
pub fn put(tx: &Transaction<'_>, name: &str, value: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO own (name, value) VALUES (?1, ?2)")?
        .execute((name, value))?;
    Ok(())
}

/// What `name` is set to.
///
/// # Errors
/// The disk refuses.
pub fn get(tx: &Transaction<'_>, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT value FROM own WHERE name = ?1")?
        .query_row([name], |r| r.get(0))
        .optional()?)
}

/// Forgets `name`.
///
/// # Errors
/// The disk refuses.
pub fn remove(tx: &Transaction<'_>, name: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM own WHERE name = ?1")?
        .execute([name])?;
    Ok(())
}
