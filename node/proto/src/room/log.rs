//! The logs of a room's devices: what is accepted into them, what waits, what
//! is refused (MSG-4; spec 08, "Logs").
//!
//! A [`Log`] keeps an index of every entry in memory (about 150 bytes each);
//! headers and bodies are in the store. It is the same for everybody who has
//! heard the same, whatever the order in which it came.

use std::collections::{BTreeMap, BTreeSet};

use rand_core::CryptoRng;
use thiserror::Error;

use super::body::{Body, Salt};
use super::change::{Action, ChangeBody};
use super::clock::Clock;
use super::entry::{BodyHash, Entry, EntryError, EntryHeader, EntryId, Pos};
use super::kind::KindCode;
use super::membership::{self, Allowance, Change, Footing, Membership};
use super::order::{self, OrderKey};
use super::{MAX_AHEAD_NAMED, MAX_SEQ};
use crate::cbor::{self, Encode as _};
use crate::clock::JudgedTime;
use crate::digest::Digest;
use crate::id::{DeviceId, OrgId, PersonId, RoomId};
use crate::keys::SigningKey;
use crate::person::{Denial, PersonLog, Purpose};
use crate::time::Timestamp;

mod behind;
mod closed;
mod counting;
mod erasure;
mod held;
mod insert;
mod outcome;

pub use behind::Line;
pub use closed::Closed;
pub use erasure::{Erasure, NotErasable};
pub use held::{HeldWhy, MAX_HELD, MAX_HELD_BYTES, MAX_HELD_STRANGERS};
pub use outcome::{Fork, Insertion, Outcome, Refusal, Voided};

/// What the caller knows of a device or membership, as far as it has heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds at that time.
    Holds,
    /// It doesn't: revoked, or not so at that time.
    Fails,
    /// Nothing is known yet; a record may still come.
    Unknown,
}

impl Verdict {
    /// Whether `device` was certified at `at`, by its person's log. Expiry
    /// never ends a conversation (spec 01, "What expiry ends"); a revocation
    /// does, from its time on.
    #[must_use]
    pub fn of_device(log: &PersonLog, device: &DeviceId, at: Timestamp) -> Self {
        match log.permits(device, Purpose::Talk, &JudgedTime::from_wall(at)) {
            Ok(_) => Self::Holds,
            Err(Denial::Revoked { since }) if at < since => Self::Holds,
            Err(Denial::Revoked { .. }) => Self::Fails,
            // What isn't known yet, or contested, may be settled by the next
            // record.
            Err(Denial::Unknown | Denial::Forked | Denial::Expired { .. }) => Self::Unknown,
        }
    }

    /// Whether the person has revoked `device`.
    #[must_use]
    pub fn of_revocation(log: &PersonLog, device: &DeviceId) -> Self {
        match log.permits(
            device,
            Purpose::Talk,
            &JudgedTime::from_wall(Timestamp::EPOCH),
        ) {
            Err(Denial::Revoked { .. }) => Self::Holds,
            Ok(_) => Self::Fails,
            Err(_) => Self::Unknown,
        }
    }
}

/// What a room must be told about the world outside it. The answers must be
/// read off signed records alone, so that everybody who has the same records
/// gives the same ones.
pub trait Witness {
    /// Whether `device` was certified by `person` at `at` (ID-1).
    fn device(&self, person: &PersonId, device: &DeviceId, at: Timestamp) -> Verdict;

    /// Whether `person` belonged to the organisation at `at` (POL-1).
    fn organisation(&self, org: &OrgId, person: &PersonId, at: Timestamp) -> Verdict;

    /// Whether `person` has revoked `device`, at whatever time.
    fn revoked(&self, person: &PersonId, device: &DeviceId) -> Verdict;
}

/// Whether an entry's body is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyState {
    /// In the store.
    Here,
    /// Never came.
    Missing,
    /// Was erased here.
    Erased,
    /// Of an entry that a fork took out of the log and that can still be read
    /// ([`Log::is_behind`]); in the store unless it was erased since.
    Behind,
}

/// What the index knows of an entry. The store keeps it beside the entry and
/// gives it back at start ([`Log::restore`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub id: EntryId,
    /// When.
    pub clock: Clock,
    /// The kind.
    pub kind: KindCode,
    /// The digest of the body.
    pub body: BodyHash,
    /// The body's length in bytes.
    pub body_len: u32,
    /// Whether the body is here.
    pub state: BodyState,
}

impl Row {
    /// The row of an entry as it comes.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let h = entry.header();
        Self {
            id: entry.id(),
            clock: h.clock,
            kind: h.kind,
            body: h.body,
            body_len: h.body_len,
            state: match entry.body_bytes() {
                Some(_) => BodyState::Here,
                None => BodyState::Missing,
            },
        }
    }
}

/// The end of one device's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries the log has; at least one.
    pub len: u64,
    /// The last one.
    pub last: EntryId,
}

/// The heads of all logs.
pub type Heads = BTreeMap<DeviceId, Head>;

/// The digest that a header carries as `seen`: of the canonical CBOR array of
/// `[device, length, last]`, sorted by device.
#[must_use]
pub fn heads_digest(heads: &Heads) -> Digest {
    let lines: Vec<ciborium::Value> = heads
        .iter()
        .map(|(d, h)| ciborium::Value::Array(vec![d.encode(), h.len.encode(), h.last.encode()]))
        .collect();
    let bytes = cbor::value_bytes(&ciborium::Value::Array(lines));
    Digest::of("kith/1/room-heads", &bytes)
}

/// Who writes: a person on a device.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    /// The person.
    pub person: PersonId,
    /// The device's key.
    pub key: &'a SigningKey,
}

impl Author<'_> {
    /// The device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.key.public().into()
    }
}

/// Why an entry can't be written. Ours, never a peer's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ComposeError {
    /// The person may not do this in this room, now.
    #[error("you may not do this in this room")]
    NotEntitled,
    /// Two entries of this device have the same number: its key or its data
    /// were copied, and it must not write here any more.
    #[error("this device's log has two versions; it can't be continued")]
    Forked,
    /// The log is full.
    #[error("the log is full")]
    Full,
    /// The content is beyond the bounds of its kind.
    #[error("this can't be sent: {0}")]
    Content(#[from] EntryError),
}

#[derive(Debug, Clone)]
struct DeviceLog {
    person: PersonId,
    rows: Vec<Row>,
    /// With how many changes it begins, before any talk; counted up to
    /// [`super::MAX_ANSWERS`].
    lead: u64,
}

/// The logs of one room.
#[derive(Debug, Clone)]
pub struct Log {
    room: RoomId,
    /// Our own device: its log is shortened by a fork only, after which it writes
    /// nothing more, or it would write the same numbers twice.
    me: DeviceId,
    devices: BTreeMap<DeviceId, DeviceLog>,
    ids: BTreeMap<EntryId, Pos>,
    changes: BTreeMap<EntryId, Change>,
    membership: Membership,
    held: held::Held,
    forks: BTreeMap<DeviceId, Fork>,
    behind: BTreeMap<Pos, behind::Behind>,
    ahead: BTreeMap<Pos, Vec<Pos>>,
    clamped: BTreeMap<Pos, OrderKey>,
    /// Erasures asked for: the target, and the entries that ask.
    erasures: BTreeMap<EntryId, BTreeSet<Pos>>,
    /// Erasures carried out: the asking entry, and the entries that say so.
    erased_by: BTreeMap<EntryId, BTreeSet<Pos>>,
}

impl Log {
    /// Which room.
    #[must_use]
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// Whose copy this is.
    #[must_use]
    pub fn me(&self) -> DeviceId {
        self.me
    }

    /// Who belongs, and how the room is run.
    #[must_use]
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    /// The heads of all logs.
    #[must_use]
    pub fn heads(&self) -> Heads {
        let head = |l: &DeviceLog| {
            l.rows.last().map(|r| Head {
                len: l.rows.len() as u64,
                last: r.id,
            })
        };
        self.devices
            .iter()
            .filter_map(|(d, l)| head(l).map(|h| (*d, h)))
            .collect()
    }

    /// How many entries of that device are here.
    #[must_use]
    pub fn len(&self, device: &DeviceId) -> u64 {
        self.devices.get(device).map_or(0, |l| l.rows.len() as u64)
    }

    /// Whether nothing is here at all; only an invited person's log is ever
    /// nearly so.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.devices.values().all(|l| l.rows.is_empty())
    }

    /// The first entry of that device that is neither here nor waiting.
    #[must_use]
    pub fn next_wanted(&self, device: &DeviceId) -> u64 {
        self.held.contiguous(device, self.len(device))
    }

    /// Whose device it is, as far as it wrote here.
    #[must_use]
    pub fn person_of(&self, device: &DeviceId) -> Option<PersonId> {
        self.devices.get(device).map(|l| l.person)
    }

    /// The author devices.
    pub fn devices(&self) -> impl Iterator<Item = (&DeviceId, PersonId)> {
        self.devices.iter().map(|(d, l)| (d, l.person))
    }

    /// What the index knows of the entry at `pos`.
    #[must_use]
    pub fn row(&self, pos: &Pos) -> Option<&Row> {
        let log = self.devices.get(&pos.device)?;
        log.rows.get(usize::try_from(pos.seq).ok()?)
    }

    /// Where an entry stands.
    #[must_use]
    pub fn find(&self, id: &EntryId) -> Option<Pos> {
        self.ids.get(id).copied()
    }

    /// All entries, by device.
    pub fn rows(&self) -> impl Iterator<Item = (Pos, &Row)> {
        self.devices.iter().flat_map(|(device, l)| {
            l.rows.iter().zip(0..).map(|(row, seq)| {
                let pos = Pos {
                    device: *device,
                    seq,
                };
                (pos, row)
            })
        })
    }

    /// The sort key of the entry at `pos`.
    #[must_use]
    pub fn key(&self, pos: &Pos) -> Option<OrderKey> {
        let row = self.row(pos)?;
        Some(match self.clamped.get(pos) {
            Some(key) => *key,
            None => OrderKey::plain(row.clock, *pos),
        })
    }

    /// All entries that are shown, in the order in which everybody sees them.
    #[must_use]
    pub fn ordered(&self) -> Vec<Pos> {
        let mut keys: Vec<OrderKey> = self
            .rows()
            .filter(|(pos, _)| self.shows(pos))
            .filter_map(|(pos, _)| self.key(&pos))
            .collect();
        keys.sort_unstable();
        keys.into_iter().map(|k| k.pos()).collect()
    }

    /// Whether the entry counts: what stands after a cut or a fork, or was
    /// said by somebody who hasn't agreed to be here (MSG-1), is kept only to
    /// be weighed, or where others refer to it, and isn't shown.
    #[must_use]
    pub fn shows(&self, pos: &Pos) -> bool {
        pos.seq < self.shown_of(&pos.device)
    }

    /// How many entries of the device count ([`Log::shows`]).
    #[must_use]
    pub fn shown_of(&self, device: &DeviceId) -> u64 {
        let Some(log) = self.devices.get(device) else {
            return 0;
        };
        let whole = self.forks.get(device).map_or(u64::MAX, |f| f.seq);
        (log.rows.len() as u64)
            .min(whole)
            .min(self.counting(&log.person, device, log.lead))
    }

    /// Devices of which two entries have the same number.
    pub fn forks(&self) -> impl Iterator<Item = &Fork> {
        self.forks.values()
    }

    /// How many entries wait for something.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Writes an entry. It isn't in the log yet: [`Log::insert`] it, as any
    /// other.
    ///
    /// # Errors
    /// See [`ComposeError`].
    pub fn compose(
        &self,
        author: Author<'_>,
        body: &Body,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Entry, ComposeError> {
        let device = author.device();
        let seq = self.len(&device);
        if self.forks.contains_key(&device) {
            return Err(ComposeError::Forked);
        }
        if seq >= MAX_SEQ - 1 {
            return Err(ComposeError::Full);
        }
        let entitled = match body {
            Body::Change(c) => self.membership.may(&author.person, &c.action),
            _ => {
                self.membership.standing(&author.person) == membership::Standing::Member
                    && self.membership.allowance(&author.person, &device) == Allowance::All
            }
        };
        if !entitled {
            return Err(ComposeError::NotEntitled);
        }
        let last = self.devices.get(&device).and_then(|l| l.rows.last());
        let others = self.devices.values().filter_map(|l| l.rows.last());
        let clock = Clock::tick(now, last.map(|r| r.clock), others.map(|r| r.clock));
        let pos = Pos { device, seq };
        let change = u64::from(matches!(body, Body::Change(_)));
        let mut salt = Salt([0; 16]);
        rng.fill_bytes(&mut salt.0);
        let body_bytes = body.to_bytes(salt);
        let header = EntryHeader {
            room: Some(self.room),
            person: author.person,
            device,
            seq,
            previous: last.map(|r| r.id),
            clock,
            seen: heads_digest(&self.heads()),
            epoch: self.membership.depth() + change,
            kind: body.kind(),
            body: BodyHash::of(&body_bytes),
            body_len: u32::try_from(body_bytes.len()).unwrap_or(u32::MAX),
            ahead: self.to_name(OrderKey::plain(clock, pos)),
        };
        Ok(Entry::sign(&header, body_bytes, author.key)?)
    }

    /// Whether this change is here, also as an invitation that came alone.
    #[must_use]
    pub fn has_change(&self, id: &EntryId) -> bool {
        self.changes.contains_key(id)
    }

    /// Whether an invitation is here without the log that leads to it.
    #[must_use]
    pub fn has_invitation_alone(&self) -> bool {
        self.changes.values().any(|c| c.footing == Footing::Alone)
    }

    /// Where the opening entry stands, and the newest invitation of that
    /// person that counts; empty if the person isn't invited.
    #[must_use]
    pub fn invitation_of(&self, person: &PersonId) -> Vec<Pos> {
        let opening = self.changes.values().find(|c| c.epoch == 0).map(|c| c.pos);
        let invites = |c: &&Change| match &c.action {
            Action::Invite { person: p, .. } | Action::Add { person: p, .. } => p == person,
            _ => false,
        };
        let newest = self
            .changes
            .values()
            .filter(invites)
            .filter(|c| c.footing == Footing::Logged && self.membership.counts(&c.id))
            .max_by_key(|c| (c.epoch, c.id))
            .map(|c| c.pos);
        match self.membership.standing(person) {
            membership::Standing::Invited => opening.into_iter().chain(newest).collect(),
            _ => Vec::new(),
        }
    }

    /// Who opened the room, and whose word counts in a moderated meeting.
    #[must_use]
    pub fn opener(&self) -> Option<PersonId> {
        let opening = self.changes.values().find(|c| c.epoch == 0);
        opening.map(|c| c.person)
    }

    /// A change that follows all that are here.
    #[must_use]
    pub fn change(&self, action: Action) -> Body {
        Body::Change(ChangeBody {
            parents: self.membership.heads().to_vec(),
            action,
        })
    }

    /// The cut that keeps of a person what is here.
    #[must_use]
    pub fn cut_of(&self, person: &PersonId) -> Vec<Pos> {
        self.devices
            .iter()
            .filter(|(_, l)| l.person == *person)
            .filter_map(|(d, l)| {
                (l.rows.len() as u64)
                    .checked_sub(1)
                    .map(|seq| Pos { device: *d, seq })
            })
            .take(super::MAX_CUT)
            .collect()
    }

    /// The heads that would be shown after an entry with this key, though its
    /// author has seen them.
    fn to_name(&self, key: OrderKey) -> Vec<Pos> {
        let mut later: Vec<OrderKey> = self
            .devices
            .iter()
            .filter(|(d, _)| **d != self.me)
            .filter_map(|(d, l)| {
                let seq = (l.rows.len() as u64).checked_sub(1)?;
                self.key(&Pos { device: *d, seq })
            })
            .filter(|k| *k > key)
            .collect();
        later.sort_unstable_by(|a, b| b.cmp(a));
        later.truncate(MAX_AHEAD_NAMED);
        let mut named: Vec<Pos> = later.iter().map(OrderKey::pos).collect();
        named.sort_unstable();
        named
    }

    fn reorder(&mut self) {
        let names = |(pos, at): (&Pos, &Vec<Pos>)| self.shows(pos).then(|| (*pos, at.clone()));
        let ahead = self.ahead.iter().filter_map(names).collect();
        self.clamped = order::clamped(
            self.devices.iter().flat_map(|(device, l)| {
                l.rows.iter().zip(0..).map(|(row, seq)| {
                    let device = *device;
                    (Pos { device, seq }, row.clock)
                })
            }),
            &ahead,
        );
    }

    /// Where the parents stand that the changes here name.
    fn references(&self) -> impl Iterator<Item = Pos> {
        self.changes
            .values()
            .filter(|c| c.footing == Footing::Logged)
            .flat_map(|c| c.parents.iter().map(|p| p.pos))
    }
}

/// Writes the entry that opens a room.
///
/// # Errors
/// The title is too long, or has control characters.
pub fn open(
    author: Author<'_>,
    action: Action,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Entry, EntryError> {
    let body = Body::Change(ChangeBody {
        parents: Vec::new(),
        action,
    });
    let mut salt = Salt([0; 16]);
    rng.fill_bytes(&mut salt.0);
    let bytes = body.to_bytes(salt);
    let header = EntryHeader {
        room: None,
        person: author.person,
        device: author.device(),
        seq: 0,
        previous: None,
        clock: Clock::tick(now, None, core::iter::empty()),
        seen: heads_digest(&Heads::new()),
        epoch: 0,
        kind: body.kind(),
        body: BodyHash::of(&bytes),
        body_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        ahead: Vec::new(),
    };
    Entry::sign(&header, bytes, author.key)
}

#[cfg(test)]
mod tests;
