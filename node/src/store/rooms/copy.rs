//! A room as a whole: taken out for a backup, and put into a fresh database
//! (ID-5). Left out is what others told about the log of the device that is
//! copied from: the new device writes a log of its own.

use kith_proto::id::{DeviceId, RoomId};
use kith_proto::room::entry::{Entry, EntryIn};
use kith_proto::room::log::BodyState;
use kith_proto::room::receipt::Receipt;
use kith_proto::room::store::RoomStore as _;
use kith_proto::signed::Unverified;
use rusqlite::Transaction;

use super::{BEHIND, ERASED, Rooms, StoreError, damaged, entry_of, seq};

/// A room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomCopy {
    /// The entry that opened it.
    pub opening: EntryIn,
    /// All entries, each device's in order.
    pub entries: Vec<(EntryIn, BodyState)>,
    /// Invitations whose author's log hasn't come.
    pub alone: Vec<EntryIn>,
    /// Proofs that a device wrote two entries with one number.
    pub forks: Vec<ForkCopy>,
    /// The newest receipt of each device: the signed bytes.
    pub receipts: Vec<Vec<u8>>,
}

/// Proof that a device wrote two entries with one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkCopy {
    /// Whose.
    pub device: DeviceId,
    /// Which number.
    pub seq: u64,
    /// The digests of the two.
    pub ids: [[u8; 32]; 2],
    /// The one that came first, if it is still there.
    pub first: Option<EntryIn>,
    /// The one that came second.
    pub second: EntryIn,
}

/// How many bytes all rooms have, about.
///
/// # Errors
/// The disk refuses.
pub fn size(tx: &Transaction<'_>) -> Result<u64, StoreError> {
    let size: i64 = tx.query_row(
        "SELECT coalesce(sum(length(header) + coalesce(length(body), 0)), 0) FROM entry",
        [],
        |r| r.get(0),
    )?;
    Ok(u64::try_from(size).unwrap_or(0))
}

impl Rooms<'_, '_> {
    /// Everything of a room; `None` if there is none.
    ///
    /// # Errors
    /// The disk refuses, or a row can't be read.
    pub fn copy(&self, room: &RoomId) -> Result<Option<RoomCopy>, StoreError> {
        let Some(mut copy) = self.copy_without_entries(room)? else {
            return Ok(None);
        };
        copy.entries = self.load_entries(room)?;
        Ok(Some(copy))
    }

    /// Everything of a room but its entries; `None` if there is none.
    ///
    /// # Errors
    /// As [`Rooms::copy`].
    pub fn copy_without_entries(&self, room: &RoomId) -> Result<Option<RoomCopy>, StoreError> {
        let Some(opening) = self.load_opening(room)? else {
            return Ok(None);
        };
        let known = self.load_forks(room)?;
        let mut forks = Vec::with_capacity(known.len());
        for fork in known {
            let mut both = self.evidence(room, &fork.device)?;
            let second = both.pop().ok_or_else(|| damaged("a fork"))?.1;
            forks.push(ForkCopy {
                device: fork.device,
                seq: fork.seq,
                ids: fork.entries.map(|e| *e.0.as_bytes()),
                first: both.pop().map(|(_, e)| e),
                second,
            });
        }
        Ok(Some(RoomCopy {
            opening,
            entries: Vec::new(),
            alone: self.load_alone(room)?,
            forks,
            receipts: self
                .load_receipts(room)?
                .iter()
                .map(|r| r.bytes().to_vec())
                .collect(),
        }))
    }

    /// Gives each entry of a room, one after another, each device's in order.
    ///
    /// # Errors
    /// What `each` returns, or the disk refuses.
    pub fn each_entry<E: From<StoreError>>(
        &self,
        room: &RoomId,
        mut each: impl FnMut(EntryIn, BodyState) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut query = self.entries_query().map_err(E::from)?;
        let mut rows = query
            .query([room.as_bytes()])
            .map_err(|e| E::from(e.into()))?;
        while let Some(row) = rows.next().map_err(|e| E::from(e.into()))? {
            let (entry, state) = entry_of(row).map_err(|e| E::from(e.into()))?;
            each(entry, state)?;
        }
        Ok(())
    }

    /// Puts a copied room into a database that doesn't have it; says which it
    /// is. The copy is believed as our own store is: whoever gave it must have checked that
    /// we made it.
    ///
    /// # Errors
    /// The disk refuses, or the copy's parts can't be read.
    pub fn paste(&self, copy: RoomCopy) -> Result<RoomId, StoreError> {
        let opening = read(copy.opening)?;
        let room: RoomId = opening.id().into();
        self.0.execute(
            "INSERT INTO room VALUES (?1, ?2, ?3)",
            (
                room.as_bytes(),
                opening.header_bytes(),
                opening.body_bytes(),
            ),
        )?;
        for (entry, state) in copy.entries {
            self.paste_entry(&room, entry, state)?;
        }
        for entry in copy.alone {
            self.put_alone(&room, &read(entry)?)?;
        }
        for f in copy.forks {
            self.0.execute(
                "INSERT INTO fork VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                (
                    room.as_bytes(),
                    f.device.as_bytes(),
                    seq(f.seq),
                    f.ids[0],
                    f.ids[1],
                    f.first.as_ref().map(|e| &e.header),
                    f.first.as_ref().and_then(|e| e.body.as_ref()),
                    f.second.header,
                    f.second.body,
                ),
            )?;
        }
        for bytes in copy.receipts {
            let receipt = Unverified::<Receipt>::parse(&bytes)
                .and_then(Unverified::trust_own_store)
                .map_err(|_| damaged("a receipt"))?;
            self.0.execute(
                "INSERT INTO receipt VALUES (?1, ?2, ?3)",
                (room.as_bytes(), receipt.payload().device.as_bytes(), &bytes),
            )?;
        }
        Ok(room)
    }

    /// Puts an entry of a copied room where [`Rooms::paste`] has put the room.
    ///
    /// # Errors
    /// As there.
    pub fn paste_entry(
        &self,
        room: &RoomId,
        entry: EntryIn,
        state: BodyState,
    ) -> Result<(), StoreError> {
        let entry = read(entry)?;
        self.put(room, &entry)?;
        let state = match state {
            BodyState::Erased => Some(ERASED),
            BodyState::Behind => Some(BEHIND),
            BodyState::Here | BodyState::Missing => None,
        };
        if let Some(state) = state {
            let pos = entry.pos();
            self.0
                .prepare_cached(
                    "UPDATE entry SET state = ?4 WHERE room = ?1 AND device = ?2 AND seq = ?3",
                )?
                .execute((room.as_bytes(), pos.device.as_bytes(), seq(pos.seq), state))?;
        }
        Ok(())
    }
}

pub(super) fn read(entry: EntryIn) -> Result<Entry, StoreError> {
    entry.trust_own_store().map_err(|_| damaged("an entry"))
}
