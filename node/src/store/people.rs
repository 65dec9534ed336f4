//! Persons, their logs, their devices.

use kith_proto::id::{DeviceId, PersonId};
use rusqlite::Transaction;

use super::StoreError;

/// A person as stored.
#[derive(Debug, Clone)]
pub struct Row {
    /// Who.
    pub id: PersonId,
    /// How far the contact is: 0 waiting, 1 asks, 2 contact, 3 declined,
    /// 4 only known because we share a room, 5 to 9 the inviter's device
    /// refused my answer, 10 and 11 it was heard and declined, 12 I removed them.
    pub state: i64,
    /// What they call themselves.
    pub name: String,
    /// What I call them.
    pub petname: Option<String>,
    /// 1 if their safety number was compared.
    pub verified: i64,
    /// Their log's entries, first to last.
    pub entries: Vec<Vec<u8>>,
    /// Our pair secret.
    pub pair: Option<Vec<u8>>,
    /// Our room of two.
    pub room: Option<[u8; 32]>,
    /// Since when they are known, milliseconds since 1970.
    pub added: i64,
    /// What they show of themselves: a signed profile.
    pub profile: Option<Vec<u8>>,
}

/// Everyone.
///
/// # Errors
/// The disk refuses, or a row can't be read.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<Row>, StoreError> {
    let mut rows = tx
        .prepare_cached(
            "SELECT id, state, name, petname, verified, pair, room, added, profile FROM person",
        )?
        .query_map([], |r| {
            Ok(Row {
                id: PersonId::from_bytes(r.get(0)?),
                state: r.get(1)?,
                name: r.get(2)?,
                petname: r.get(3)?,
                verified: r.get(4)?,
                entries: Vec::new(),
                pair: r.get(5)?,
                room: r.get(6)?,
                added: r.get(7)?,
                profile: r.get(8)?,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for row in &mut rows {
        row.entries = entries(tx, &row.id)?;
    }
    Ok(rows)
}

/// The entries of a person's log, first to last.
///
/// # Errors
/// The disk refuses.
pub fn entries(tx: &Transaction<'_>, person: &PersonId) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT bytes FROM person_log WHERE person = ?1 ORDER BY seq")?
        .query_map([person.as_bytes()], |r| r.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Stores a person and their log, new or changed.
///
/// # Errors
/// The disk refuses.
pub fn put(tx: &Transaction<'_>, row: &Row) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO person (id, state, name, petname, verified, pair, room, added, profile)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (id) DO UPDATE SET state = ?2, name = ?3, petname = ?4, verified = ?5,
             pair = ?6, room = ?7, profile = ?9",
    )?
    .execute((
        row.id.as_bytes(),
        row.state,
        &row.name,
        &row.petname,
        row.verified,
        &row.pair,
        row.room,
        row.added,
        &row.profile,
    ))?;
    put_entries(tx, &row.id, &row.entries)
}

/// Forgets a person, their log and their devices.
///
/// # Errors
/// The disk refuses.
pub fn remove(tx: &Transaction<'_>, person: &PersonId) -> Result<(), StoreError> {
    remove_devices(tx, person)?;
    for sql in [
        "DELETE FROM person_log WHERE person = ?1",
        "DELETE FROM person WHERE id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([person.as_bytes()])?;
    }
    Ok(())
}

/// Forgets a person's devices.
///
/// # Errors
/// The disk refuses.
pub fn remove_devices(tx: &Transaction<'_>, person: &PersonId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM device WHERE person = ?1")?
        .execute([person.as_bytes()])?;
    Ok(())
}

/// Stores the entries of a person's log, first to last.
///
/// # Errors
/// The disk refuses.
pub fn put_entries(
    tx: &Transaction<'_>,
    person: &PersonId,
    entries: &[Vec<u8>],
) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO person_log VALUES (?1, ?2, ?3)")?;
    for (seq, bytes) in (0i64..).zip(entries) {
        insert.execute((person.as_bytes(), seq, bytes))?;
    }
    Ok(())
}

/// Every device of others: id, person, addresses one a line.
///
/// # Errors
/// The disk refuses.
pub fn devices(tx: &Transaction<'_>) -> Result<Vec<(DeviceId, PersonId, String)>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT id, person, addresses FROM device")?
        .query_map([], |r| {
            Ok((
                DeviceId::from_bytes(r.get(0)?),
                PersonId::from_bytes(r.get(1)?),
                r.get(2)?,
            ))
        })?
        .collect::<Result<_, _>>()?)
}

/// Stores a device of somebody, new or with other addresses.
///
/// # Errors
/// The disk refuses.
pub fn put_device(
    tx: &Transaction<'_>,
    device: &DeviceId,
    person: &PersonId,
    addresses: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO device (id, person, addresses) VALUES (?1, ?2, ?3)")?
        .execute((device.as_bytes(), person.as_bytes(), addresses))?;
    Ok(())
}
