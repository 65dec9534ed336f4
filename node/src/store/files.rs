//! Files of rooms: which are here or on their way, and what opens them.

use std::path::PathBuf;

use kith_proto::file::ChunkHash;
use kith_proto::id::RoomId;
use rusqlite::{OptionalExtension as _, Row, Transaction};

use super::StoreError;
use crate::blob::BlobKey;

/// How much of a file is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Some of it.
    Coming,
    /// All of it, verified.
    Here,
}

/// A file as stored.
#[derive(Debug, Clone)]
pub struct File {
    /// In which room.
    pub room: RoomId,
    /// The BLAKE3 hash of the content.
    pub hash: [u8; 32],
    /// Where the content lies.
    pub key: BlobKey,
    /// The values of its chunks; none: not known yet.
    pub list: Vec<ChunkHash>,
    /// How much of it is here.
    pub state: State,
    /// Where to write it when it is here.
    pub wanted: Vec<PathBuf>,
}

/// Keeps a file, in place of what was kept of it before.
///
/// # Errors
/// The disk refuses.
pub fn put(tx: &Transaction<'_>, file: &File) -> Result<(), StoreError> {
    // Paths that aren't text can't be kept over a restart.
    let wanted: Vec<&str> = file.wanted.iter().filter_map(|p| p.to_str()).collect();
    tx.prepare_cached("INSERT OR REPLACE INTO file VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute((
            file.room.as_bytes(),
            file.hash,
            file.key.name,
            file.key.expose(),
            (!file.list.is_empty()).then(|| file.list.concat()),
            match file.state {
                State::Coming => 0,
                State::Here => 1,
            },
            wanted.join("\n"),
        ))?;
    Ok(())
}

/// The file of a room with this hash.
///
/// # Errors
/// The disk refuses.
pub fn get(
    tx: &Transaction<'_>,
    room: &RoomId,
    hash: &[u8; 32],
) -> Result<Option<File>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT * FROM file WHERE room = ?1 AND hash = ?2")?
        .query_row((room.as_bytes(), hash), file)
        .optional()?)
}

/// How much is here of the file that an entry offers; `None`: nothing, or it
/// offers none.
///
/// # Errors
/// The disk refuses.
pub fn state_at(
    tx: &Transaction<'_>,
    room: &RoomId,
    pos: &kith_proto::room::entry::Pos,
) -> Result<Option<State>, StoreError> {
    let seq = i64::try_from(pos.seq).unwrap_or(i64::MAX);
    Ok(tx
        .prepare_cached(
            "SELECT f.state FROM file_offer o JOIN file f ON f.room = o.room AND f.hash = o.hash
             WHERE o.room = ?1 AND o.device = ?2 AND o.seq = ?3",
        )?
        .query_row((room.as_bytes(), pos.device.as_bytes(), seq), |r| {
            Ok(state(r.get(0)?))
        })
        .optional()?)
}

const fn state(number: i64) -> State {
    match number {
        0 => State::Coming,
        _ => State::Here,
    }
}

/// The files that are on their way.
///
/// # Errors
/// The disk refuses.
pub fn coming(tx: &Transaction<'_>) -> Result<Vec<File>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT * FROM file WHERE state = 0")?
        .query_map([], file)?
        .collect::<Result<_, _>>()?)
}

/// The names of all blobs that are kept.
///
/// # Errors
/// The disk refuses.
pub fn blobs(tx: &Transaction<'_>) -> Result<Vec<[u8; 16]>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT blob FROM file")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Where an entry of the room offers this file.
///
/// # Errors
/// The disk refuses.
pub fn offered(
    tx: &Transaction<'_>,
    room: &RoomId,
    hash: &[u8; 32],
) -> Result<Vec<kith_proto::room::entry::Pos>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT device, seq FROM file_offer WHERE room = ?1 AND hash = ?2")?
        .query_map((room.as_bytes(), hash), super::rooms::pos_of)?
        .collect::<Result<_, _>>()?)
}

fn file(r: &Row<'_>) -> Result<File, rusqlite::Error> {
    let list: Option<Vec<u8>> = r.get(4)?;
    let wanted: String = r.get(6)?;
    Ok(File {
        room: RoomId::from_bytes(r.get(0)?),
        hash: r.get(1)?,
        key: BlobKey::kept(r.get(2)?, r.get(3)?),
        list: list.unwrap_or_default().as_chunks().0.to_vec(),
        state: state(r.get(5)?),
        wanted: wanted
            .lines()
            .filter(|l| !l.is_empty())
            .map(PathBuf::from)
            .collect(),
    })
}

/// Forgets files that no entry offers: what a crash or a refused message left.
///
/// # Errors
/// The disk refuses.
pub fn forget_unoffered(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM file WHERE NOT EXISTS (SELECT 1 FROM file_offer o
         WHERE o.room = file.room AND o.hash = file.hash)",
        [],
    )?;
    Ok(())
}
