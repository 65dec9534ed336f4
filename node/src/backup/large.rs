//! A backup of any size: written straight from the database, read straight
//! into one. In memory there is never more than a piece, an entry, and what
//! isn't messages.
//!
//! What the pieces hold: 32 bytes, the person key's seed; then items, each one
//! byte (1 all but the rooms, 2 a room without its entries, 3 an entry of that
//! room, 0 the end), its length in 4 bytes, big endian, and CBOR as in
//! [`super::content`].

use std::io::{Read, Seek, Write};

use kith_api::Secret;
use kith_proto::cbor;
use kith_proto::id::RoomId;
use kith_proto::keys::SigningKey;
use kith_proto::room::store::RoomStore as _;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;
use zeroize::Zeroizing;

use super::content;
use super::pieces::{Reader, Sealer, Writer};
use super::{Backup, BackupError, LARGEST, SEED};
use crate::store::rooms::Rooms;

const END: u8 = 0;
const CONTENT: u8 = 1;
const ROOM: u8 = 2;
const ENTRY: u8 = 3;

/// The largest item but an entry, in bytes: a thousand contacts take a few
/// megabytes, a room's receipts at most fifty.
const ITEM_MAX: usize = 64 * 1024 * 1024;
/// The largest entry, in bytes: more than the longest header and body.
const ENTRY_MAX: usize = 128 * 1024;

/// A file that is read from any place.
pub trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

/// The rooms of a backup, which are still in the file.
pub(super) type Rest = Reader<Box<dyn Source>>;

fn put<W: Write>(to: &mut Writer<W>, tag: u8, bytes: &[u8]) -> Result<(), BackupError> {
    let most = if tag == ENTRY { ENTRY_MAX } else { ITEM_MAX };
    let len = u32::try_from(bytes.len()).ok();
    let len = len.filter(|_| bytes.len() <= most);
    to.put(&[tag])?;
    to.put(&len.ok_or(BackupError::TooLarge)?.to_be_bytes())?;
    to.put(bytes)
}

fn next(from: &mut Rest) -> Result<(u8, Zeroizing<Vec<u8>>), BackupError> {
    let start = from.take(5)?;
    let [tag, a, b, c, d] = *start.first_chunk().ok_or(BackupError::Damaged)?;
    let len = u32::from_be_bytes([a, b, c, d]) as usize;
    let most = match tag {
        END => 0,
        CONTENT | ROOM => ITEM_MAX,
        ENTRY => ENTRY_MAX,
        _ => return Err(BackupError::Damaged),
    };
    match len <= most {
        true => Ok((tag, from.take(len)?)),
        false => Err(BackupError::Damaged),
    }
}

impl Backup {
    /// Writes everything in the store to `out`, and gives that back; `settings`
    /// is the text of the settings file.
    ///
    /// # Errors
    /// [`BackupError::NoPersonKey`], or the store can't be read, or `out` not
    /// be written.
    pub fn write<W: Write>(
        tx: &Transaction<'_>,
        settings: String,
        now: Timestamp,
        sealer: Sealer,
        out: W,
    ) -> Result<W, BackupError> {
        let (person, content) = Self::without_rooms(tx, settings, now)?;
        let mut to = sealer.onto(out)?;
        to.put(&*person.to_seed())?;
        put(&mut to, CONTENT, &Zeroizing::new(cbor::to_bytes(&content)))?;
        let stored = Rooms(tx);
        for id in stored.rooms()? {
            let Some(room) = stored.copy_without_entries(&id)? else {
                continue;
            };
            put(&mut to, ROOM, &Zeroizing::new(content::room_bytes(&room)))?;
            stored.each_entry(&id, |entry, state| {
                let bytes = Zeroizing::new(content::entry_bytes(&entry, state));
                put(&mut to, ENTRY, &bytes)
            })?;
        }
        put(&mut to, END, &[])?;
        to.end()
    }

    /// Reads a file of whatever size. Takes a moment, as [`Backup::seal`].
    /// What a large one holds is judged as far as it is read: if
    /// [`Backup::restore`] fails, nothing of it may be kept.
    ///
    /// # Errors
    /// What is wrong with the file or the passphrase.
    pub fn read(file: impl Source + 'static, passphrase: &Secret) -> Result<Self, BackupError> {
        let mut file: Box<dyn Source> = Box::new(file);
        if !Reader::fits(&mut file)? {
            let mut bytes = Vec::new();
            file.take(LARGEST + 1).read_to_end(&mut bytes)?;
            return Self::open(&bytes, passphrase);
        }
        let mut rest = Reader::open(file, passphrase)?;
        let seed = rest.take(SEED)?;
        let seed: &[u8; SEED] = seed.first_chunk().ok_or(BackupError::Damaged)?;
        let person = SigningKey::from_seed(seed);
        let (CONTENT, content) = next(&mut rest)? else {
            return Err(BackupError::Damaged);
        };
        Ok(Self {
            person,
            content: super::read_content(&content)?,
            rest: Some(rest),
        })
    }

    /// Whether the file is a backup that [`Backup::read`] alone can read.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn is_large(file: impl Source + 'static) -> Result<bool, BackupError> {
        let mut file: Box<dyn Source> = Box::new(file);
        Ok(Reader::fits(&mut file)?)
    }
}

/// Puts the rooms that follow into the store.
pub(super) fn put_rooms(tx: &Transaction<'_>, rest: &mut Rest) -> Result<(), BackupError> {
    let stored = Rooms(tx);
    let mut room: Option<RoomId> = None;
    loop {
        let (tag, bytes) = next(rest)?;
        match (tag, room) {
            (ROOM, _) => room = Some(stored.paste(content::read_room(&bytes)?)?),
            (ENTRY, Some(room)) => {
                let (entry, state) = content::read_entry(&bytes)?;
                stored.paste_entry(&room, entry, state)?;
            }
            (END, _) if rest.is_over() => return Ok(()),
            _ => return Err(BackupError::Damaged),
        }
    }
}
