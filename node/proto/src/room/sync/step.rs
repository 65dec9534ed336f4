//! What goes into a [`RoomSync`](super::RoomSync) and what comes out of it.

use std::collections::BTreeSet;

use crate::id::{DeviceId, PersonId};
use crate::room::entry::{Entry, EntryIn, Pos};
use crate::room::log::{Fork, Voided};
use crate::room::message::{Part, RefusedCode, SyncMessage};
use crate::room::receipt::Receipt;
use crate::signed::Signed;

/// Names a batch given to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// Names something asked of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// That a device has the first so many entries of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// Whose device.
    pub person: PersonId,
    /// How many.
    pub len: u64,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// An authenticated device is connected.
    Connected {
        /// The device.
        peer: DeviceId,
        /// Whose it is.
        person: PersonId,
    },
    /// It no longer is.
    Disconnected(DeviceId),
    /// It said something about this room.
    Message(DeviceId, Part),
    /// The store has committed the batch.
    Stored(BatchId),
    /// The store has what was asked for; what it lacks is left out.
    Fetched(Ticket, Vec<(Pos, EntryIn)>),
    /// New records about persons or organisations have come.
    WitnessChanged,
    /// Some time has passed. Every few seconds.
    Tick,
}

/// The proof of a fork: both versions of the entry are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Which device, and where.
    pub fork: Fork,
    /// The version that was here first, unless an earlier batch has it. Of
    /// both, what was said is no evidence: only headers are.
    pub first: Option<Entry>,
    /// The other version.
    pub second: Entry,
}

/// What the store must write in one transaction: first the evidence, then
/// what is voided, then the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreBatch {
    /// To be named in [`Event::Stored`].
    pub id: BatchId,
    /// Entries that no longer count, from there on.
    pub voided: Vec<Voided>,
    /// Of these, what can still be read ([`Log::is_behind`](crate::room::log::Log::is_behind)):
    /// to be given back as [`BodyState::Behind`](crate::room::log::BodyState::Behind).
    pub behind: Vec<Pos>,
    /// New entries, in an order that keeps each device's own.
    pub entries: Vec<Entry>,
    /// Forks that were found.
    pub forks: Vec<Evidence>,
    /// An invitation whose log hasn't come.
    pub invitation: Option<Entry>,
    /// Bodies of entries whose headers are stored already.
    pub bodies: Vec<(Pos, Vec<u8>)>,
    /// The newest receipts, one a device.
    pub receipts: Vec<Signed<Receipt>>,
    /// What devices have of our own log.
    pub acks: Vec<(DeviceId, Ack)>,
}

impl StoreBatch {
    pub(super) fn new(id: BatchId) -> Self {
        Self {
            id,
            voided: Vec::new(),
            behind: Vec::new(),
            entries: Vec::new(),
            forks: Vec::new(),
            invitation: None,
            bodies: Vec::new(),
            receipts: Vec::new(),
            acks: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.voided.is_empty()
            && self.entries.is_empty()
            && self.forks.is_empty()
            && self.invitation.is_none()
            && self.bodies.is_empty()
            && self.receipts.is_empty()
            && self.acks.is_empty()
    }
}

/// What became visible, after it was committed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Entries that are in.
    pub entries: Vec<Pos>,
    /// Entries that no longer count.
    pub voided: Vec<Voided>,
    /// Entries that a fork took out of the log and that can still be read.
    pub behind: BTreeSet<Pos>,
    /// Devices of which two entries were found to have the same number.
    pub forks: BTreeSet<DeviceId>,
    /// Bodies that came later than their headers.
    pub bodies: Vec<Pos>,
    /// Whether the order of entries that were shown has changed.
    pub reordered: bool,
    /// Whether members or settings may have changed.
    pub members: bool,
}

/// What the caller must do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Commit this, then say [`Event::Stored`]. If it can't be committed,
    /// throw the [`RoomSync`](super::RoomSync) away and restore it from the store.
    Store(StoreBatch),
    /// Read these entries, then say [`Event::Fetched`].
    Fetch(Ticket, Vec<Pos>),
    /// Read the two versions kept as evidence of this device's fork, then say
    /// [`Event::Fetched`].
    FetchEvidence(Ticket, DeviceId),
    /// Send this.
    Send(DeviceId, SyncMessage),
    /// Tell people.
    News(News),
    /// The peer doesn't talk about this room; its claim, no proof.
    RefusedBy(DeviceId, RefusedCode),
    /// The peer sent this many malformed or forged things; send it away.
    Disconnect(DeviceId),
}
