//! What a store must do for rooms (R10, R11), and a store in memory that
//! does it: the twin of the real one, for tests and simulations.
//!
//! A store keeps what it is given and gives it back; it judges nothing. What
//! it must promise:
//!
//! - A batch is written whole or not at all, and is on the disk before
//!   [`RoomStore::commit`] returns. A full disk is an error, never a shorter
//!   batch.
//! - Batches are written in the order in which they come.
//! - Erasing a body also erases what was derived from it (search index,
//!   previews, thumbnails, files kept for it) in the same transaction, and
//!   overwrites it where it can. The header and what the index knows stay.
//! - What is voided is no longer given back as part of the log. What of it can
//!   still be read is given back as [`BodyState::Behind`].

use std::collections::BTreeMap;

use thiserror::Error;

use super::entry::{Entry, EntryError, EntryIn, Pos};
use super::log::{BodyState, Fork, Log};
use super::receipt::Receipt;
use super::sync::{Ack, RoomSync, StoreBatch};
use crate::id::{DeviceId, PersonId, RoomId};
use crate::signed::Signed;

/// Everything that a store has of a room.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The entry that opened it.
    pub opening: EntryIn,
    /// The entries, each device's in order.
    pub entries: Vec<(EntryIn, BodyState)>,
    /// Invitations whose log hasn't come.
    pub alone: Vec<EntryIn>,
    /// Forks.
    pub forks: Vec<Fork>,
    /// The newest receipts.
    pub receipts: Vec<Signed<Receipt>>,
    /// What devices have of our own log.
    pub acks: Vec<(DeviceId, Ack)>,
}

/// The store gave back something that it wasn't given: it is damaged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the stored room is damaged: {0}")]
pub struct Damaged(#[from] EntryError);

impl Loaded {
    /// The room as it was when the last batch was committed.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn restore(self, me: DeviceId, person: PersonId) -> Result<Option<RoomSync>, Damaged> {
        let opening = self.opening.trust_own_store()?;
        let mut entries = Vec::with_capacity(self.entries.len());
        for (entry, state) in self.entries {
            entries.push((entry.trust_own_store()?, state));
        }
        let alone: Result<Vec<Entry>, EntryError> = self
            .alone
            .into_iter()
            .map(EntryIn::trust_own_store)
            .collect();
        let forks = self.forks.into_iter();
        let log = Log::restore(&opening, me, entries.into_iter(), &alone?, forks);
        let (receipts, acks) = (self.receipts.into_iter(), self.acks.into_iter());
        Ok(log.map(|log| RoomSync::new(log, person, receipts, acks)))
    }
}

/// Where rooms are kept.
pub trait RoomStore {
    /// Why something can't be stored or read.
    type Error;

    /// Begins a room with the entry that opened it, and the invitation by
    /// which we came to it, if any.
    ///
    /// # Errors
    /// The store's own.
    fn begin(&mut self, opening: &Entry, invite: Option<&Entry>) -> Result<(), Self::Error>;

    /// Writes a batch, whole and durably.
    ///
    /// # Errors
    /// The store's own; then nothing of it is written.
    fn commit(&mut self, room: &RoomId, batch: &StoreBatch) -> Result<(), Self::Error>;

    /// The entries at these places, in this order; those that aren't there
    /// are left out.
    ///
    /// # Errors
    /// The store's own.
    fn read(&self, room: &RoomId, at: &[Pos]) -> Result<Vec<(Pos, EntryIn)>, Self::Error>;

    /// The two versions of the entry where the device's log forks.
    ///
    /// # Errors
    /// The store's own.
    fn evidence(
        &self,
        room: &RoomId,
        device: &DeviceId,
    ) -> Result<Vec<(Pos, EntryIn)>, Self::Error>;

    /// Erases these bodies and all that was derived from them.
    ///
    /// # Errors
    /// The store's own; then nothing of it is erased.
    fn erase(&mut self, room: &RoomId, at: &[Pos]) -> Result<(), Self::Error>;

    /// Everything of a room; `None` if there is none.
    ///
    /// # Errors
    /// The store's own.
    fn load(&self, room: &RoomId) -> Result<Option<Loaded>, Self::Error>;

    /// The rooms.
    ///
    /// # Errors
    /// The store's own.
    fn rooms(&self) -> Result<Vec<RoomId>, Self::Error>;
}

/// What can go wrong in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MemoryError {
    /// The room was never begun: our fault.
    #[error("no such room")]
    NoRoom,
    /// The capacity given to [`MemoryRoomStore::with_capacity`] is used up.
    #[error("the store is full")]
    Full,
}

#[derive(Debug, Clone)]
struct Stored {
    entry: EntryIn,
    state: BodyState,
}

#[derive(Debug, Clone)]
struct Room {
    opening: EntryIn,
    entries: BTreeMap<Pos, Stored>,
    evidence: BTreeMap<DeviceId, (Fork, Vec<(Pos, EntryIn)>)>,
    alone: Vec<EntryIn>,
    receipts: BTreeMap<DeviceId, Signed<Receipt>>,
    acks: BTreeMap<DeviceId, Ack>,
}

/// A store in memory.
#[derive(Debug, Clone)]
pub struct MemoryRoomStore {
    rooms: BTreeMap<RoomId, Room>,
    capacity: usize,
}

impl Default for MemoryRoomStore {
    fn default() -> Self {
        Self::with_capacity(usize::MAX)
    }
}

impl MemoryRoomStore {
    /// A store that refuses to hold more than so many entries: a full disk.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            rooms: BTreeMap::new(),
            capacity,
        }
    }

    fn room(&self, room: &RoomId) -> Result<&Room, MemoryError> {
        self.rooms.get(room).ok_or(MemoryError::NoRoom)
    }

    fn room_mut(&mut self, room: &RoomId) -> Result<&mut Room, MemoryError> {
        self.rooms.get_mut(room).ok_or(MemoryError::NoRoom)
    }
}

impl Room {
    fn put(&mut self, entry: &Entry) {
        let mut entry_in = entry.to_wire();
        // What was said is still here if the entry was behind a fork.
        if let Some(s) = self.entries.get(&entry.pos())
            && s.state == BodyState::Behind
            && s.entry.header == entry_in.header
        {
            entry_in.body = entry_in.body.or_else(|| s.entry.body.clone());
        }
        let state = match entry_in.body {
            Some(_) => BodyState::Here,
            None => BodyState::Missing,
        };
        self.entries.insert(
            entry.pos(),
            Stored {
                entry: entry_in,
                state,
            },
        );
    }
}

impl RoomStore for MemoryRoomStore {
    type Error = MemoryError;

    fn begin(&mut self, opening: &Entry, invite: Option<&Entry>) -> Result<(), MemoryError> {
        let mut room = Room {
            opening: opening.to_wire(),
            entries: BTreeMap::new(),
            evidence: BTreeMap::new(),
            alone: invite.map(Entry::to_wire).into_iter().collect(),
            receipts: BTreeMap::new(),
            acks: BTreeMap::new(),
        };
        room.put(opening);
        self.rooms.entry(opening.id().into()).or_insert(room);
        Ok(())
    }

    fn commit(&mut self, room: &RoomId, batch: &StoreBatch) -> Result<(), MemoryError> {
        let capacity = self.capacity;
        let room = self.room_mut(room)?;
        if room.entries.len() + batch.entries.len() > capacity {
            return Err(MemoryError::Full);
        }
        for f in &batch.forks {
            let pos = f.second.pos();
            let here = room.entries.get(&pos).map(|s| s.entry.clone());
            let here = here.and_then(|e| e.trust_own_store().ok());
            let first = f.first.clone().or(here.map(Entry::without_body));
            let first = first.as_ref().map(Entry::to_wire);
            let both = first.into_iter().chain([f.second.to_wire()]);
            let both = both.map(|e| (pos, e)).collect();
            room.evidence.insert(pos.device, (f.fork.clone(), both));
        }
        for v in &batch.voided {
            room.entries.retain(|p, s| {
                let kept = s.state == BodyState::Behind || batch.behind.contains(p);
                kept || p.device != v.from.device || p.seq < v.from.seq
            });
        }
        for pos in &batch.behind {
            if let Some(s) = room.entries.get_mut(pos) {
                s.state = BodyState::Behind;
            }
        }
        for entry in &batch.entries {
            room.put(entry);
        }
        room.alone
            .extend(batch.invitation.iter().map(Entry::to_wire));
        for (pos, body) in &batch.bodies {
            if let Some(s) = room.entries.get_mut(pos)
                && s.state == BodyState::Missing
            {
                s.entry.body = Some(body.clone());
                s.state = BodyState::Here;
            }
        }
        for r in &batch.receipts {
            room.receipts.insert(r.payload().device, r.clone());
        }
        room.acks.extend(batch.acks.iter().copied());
        Ok(())
    }

    fn read(&self, room: &RoomId, at: &[Pos]) -> Result<Vec<(Pos, EntryIn)>, MemoryError> {
        let room = self.room(room)?;
        let get = |pos: &Pos| room.entries.get(pos).map(|s| (*pos, s.entry.clone()));
        Ok(at.iter().filter_map(get).collect())
    }

    fn evidence(
        &self,
        room: &RoomId,
        device: &DeviceId,
    ) -> Result<Vec<(Pos, EntryIn)>, MemoryError> {
        let both = self.room(room)?.evidence.get(device);
        Ok(both.map(|(_, both)| both.clone()).unwrap_or_default())
    }

    fn erase(&mut self, room: &RoomId, at: &[Pos]) -> Result<(), MemoryError> {
        let room = self.room_mut(room)?;
        for pos in at {
            if let Some(s) = room.entries.get_mut(pos) {
                s.entry.body = None;
                if s.state != BodyState::Behind {
                    s.state = BodyState::Erased;
                }
            }
        }
        Ok(())
    }

    fn load(&self, room: &RoomId) -> Result<Option<Loaded>, MemoryError> {
        Ok(self.rooms.get(room).map(|room| Loaded {
            opening: room.opening.clone(),
            entries: room
                .entries
                .values()
                .map(|s| (s.entry.clone(), s.state))
                .collect(),
            alone: room.alone.clone(),
            forks: room.evidence.values().map(|(f, _)| f.clone()).collect(),
            receipts: room.receipts.values().cloned().collect(),
            acks: room.acks.iter().map(|(d, a)| (*d, *a)).collect(),
        }))
    }

    fn rooms(&self) -> Result<Vec<RoomId>, MemoryError> {
        Ok(self.rooms.keys().copied().collect())
    }
}
