//! Entries: a signed header, and a body that can be erased while the header
//! stays (MSG-2, MSG-7; spec 08, "Entries").

use core::fmt;

use ciborium::Value;
use thiserror::Error;

use super::body::{Body, Parent};
use super::clock::Clock;
use super::kind::{Class, KindCode};
use super::{MAX_AHEAD_NAMED, MAX_BODY, MAX_EPOCH, MAX_SEQ};
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::{DeviceId, PersonId, RoomId};
use crate::keys::SigningKey;
use crate::signed::{Kind, Payload, RecordError, Signed, Unverified};

/// The domain of the digest of a body.
const BODY_DOMAIN: &str = "kith/1/entry-body";

macro_rules! digest_id {
    ($(#[$doc:meta])* $name:ident, $short:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Digest);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}:{:?}", $short, self.0)
            }
        }

        impl Encode for $name {
            fn encode(&self) -> Value {
                self.0.encode()
            }
        }

        impl Decode for $name {
            fn decode(value: Value) -> Result<Self, DecodeError> {
                Digest::decode(value).map(Self)
            }
        }
    };
}

digest_id! {
    /// An entry: the digest of its header. What replies, edits, reactions and
    /// the next entry of the log refer to.
    EntryId, "entry"
}
digest_id! {
    /// The digest of a body's bytes.
    BodyHash, "body"
}

impl BodyHash {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(Digest::of(BODY_DOMAIN, body))
    }
}

impl From<EntryId> for RoomId {
    fn from(id: EntryId) -> Self {
        id.0.into()
    }
}

/// Where an entry stands: in whose log, and the how manieth it is (from 0).
/// Wire form: an array of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos {
    /// The author device.
    pub device: DeviceId,
    /// Its number in that device's log, from 0.
    pub seq: u64,
}

impl Encode for Pos {
    fn encode(&self) -> Value {
        Value::Array(vec![self.device.encode(), self.seq.encode()])
    }
}

impl Decode for Pos {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let parts: [Value; 2] = <Vec<Value>>::decode(value)?
            .try_into()
            .map_err(|_| DecodeError::Type("a position"))?;
        let [device, seq] = parts;
        Ok(Self {
            device: DeviceId::decode(device)?,
            seq: seq_in_range(u64::decode(seq)?)?,
        })
    }
}

pub(crate) fn seq_in_range(seq: u64) -> Result<u64, DecodeError> {
    match seq < MAX_SEQ {
        true => Ok(seq),
        false => Err(DecodeError::OutOfRange),
    }
}

/// What an author's device signs (spec 08, "Entries").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryHeader {
    /// The room; absent in the entry that opens it.
    pub room: Option<RoomId>,
    /// The person who speaks.
    pub person: PersonId,
    /// The device whose log this is; it signs.
    pub device: DeviceId,
    /// The number in that log, from 0.
    pub seq: u64,
    /// The entry before in that log; absent in the first.
    pub previous: Option<EntryId>,
    /// When, for order and for people.
    pub clock: Clock,
    /// The digest of the heads that the author had ([`super::log::heads_digest`]):
    /// a commitment to what the author had seen, for disputes.
    pub seen: Digest,
    /// The depth of membership changes that the author had seen; a change's
    /// own depth is one more than its parents'.
    pub epoch: u64,
    /// The kind.
    pub kind: KindCode,
    /// The digest of the body.
    pub body: BodyHash,
    /// The length of the body in bytes.
    pub body_len: u32,
    /// Entries that the author had seen though their clocks run too far
    /// ahead: they and what their logs have before count as earlier than this
    /// entry. Sorted by device, one a device.
    pub ahead: Vec<Pos>,
}

impl Payload for EntryHeader {
    const KIND: Kind = Kind {
        name: "entry",
        version: 1,
        max: 4096,
    };
}

impl Encode for EntryHeader {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put_opt(1, self.room.as_ref())
            .put(2, &self.person)
            .put(3, &self.device)
            .put(4, &self.seq)
            .put_opt(5, self.previous.as_ref())
            .put(6, &self.clock)
            .put(7, &self.seen)
            .put(8, &self.epoch)
            .put(9, &self.kind)
            .put(10, &self.body)
            .put(11, &self.body_len)
            .put_list(12, &self.ahead)
            .build()
    }
}

impl Decode for EntryHeader {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let header = Self {
            room: r.opt(1)?,
            person: r.req(2)?,
            device: r.req(3)?,
            seq: seq_in_range(r.req(4)?)?,
            previous: r.opt(5)?,
            clock: r.req(6)?,
            seen: r.req(7)?,
            epoch: r.req(8)?,
            kind: r.req(9)?,
            body: r.req(10)?,
            body_len: r.req(11)?,
            ahead: r.list(12, MAX_AHEAD_NAMED)?,
        };
        let _ = r.finish()?;
        let opens = header.kind == KindCode::OPEN;
        let consistent = (header.seq == 0) == header.previous.is_none()
            && opens == header.room.is_none()
            && (!opens || (header.seq == 0 && header.epoch == 0))
            && header.epoch <= MAX_EPOCH
            && header.body_len as usize <= MAX_BODY
            && header.ahead.is_sorted_by(|a, b| a.device < b.device);
        match consistent {
            true => Ok(header),
            false => Err(DecodeError::OutOfRange),
        }
    }
}

/// Why an entry isn't believed. Whoever passed it on is at fault: nobody
/// honest passes on what he hasn't checked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EntryError {
    /// The header isn't a well-signed record.
    #[error("the entry's header: {0}")]
    Header(#[from] RecordError),
    /// Signed by a key other than the device that it names.
    #[error("the entry isn't signed by the device that it names")]
    OtherDevice,
    /// The body has another length or digest than the header says.
    #[error("the body isn't the one that the header names")]
    OtherBody,
    /// The kind's body belongs to the skeleton, and isn't there.
    #[error("the body of a kind that is never erased is missing")]
    BodyMissing,
    /// A change whose body can't be read: malformed, or of a newer version.
    #[error("the body of a change: {0}")]
    Change(DecodeError),
}

/// An entry as it came: nothing checked.
#[derive(Clone, PartialEq, Eq)]
pub struct EntryIn {
    /// The tagged COSE_Sign1 of the header.
    pub header: Vec<u8>,
    /// The body, if it came along.
    pub body: Option<Vec<u8>>,
}

impl fmt::Debug for EntryIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_ref().map(Vec::len);
        write!(f, "EntryIn({} bytes, body {body:?})", self.header.len())
    }
}

impl EntryIn {
    /// Checks signature and body. Whether the author may say this in this
    /// room is for [`super::log::Log::insert`].
    ///
    /// # Errors
    /// Malformed, altered or forged.
    pub fn verify(self) -> Result<Entry, EntryError> {
        let header = Unverified::<EntryHeader>::parse(&self.header)?.verify_claimed()?;
        Entry::new(header, self.body)
    }

    /// Reads an entry from our own store without checking its signature
    /// again ([`Unverified::trust_own_store`]).
    ///
    /// # Errors
    /// The store is damaged.
    pub fn trust_own_store(self) -> Result<Entry, EntryError> {
        let header = Unverified::<EntryHeader>::parse(&self.header)?.trust_own_store()?;
        Entry::new(header, self.body)
    }
}

/// An entry whose signature and body fit.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    header: Signed<EntryHeader>,
    body: Option<Vec<u8>>,
}

impl Entry {
    fn new(header: Signed<EntryHeader>, body: Option<Vec<u8>>) -> Result<Self, EntryError> {
        let h = header.payload();
        if DeviceId::from(header.signer()) != h.device {
            return Err(EntryError::OtherDevice);
        }
        match &body {
            Some(b) if b.len() != h.body_len as usize || BodyHash::of(b) != h.body => {
                return Err(EntryError::OtherBody);
            }
            Some(b) if h.kind.class() == Class::Change => {
                Body::decode(h.kind, b).map_err(EntryError::Change)?;
            }
            None if h.kind.class() != Class::Content => return Err(EntryError::BodyMissing),
            _ => {}
        }
        Ok(Self { header, body })
    }

    /// Signs an entry. [`super::log::Log::compose`] fills the header in.
    ///
    /// # Errors
    /// The header or body is one that readers would refuse: our fault.
    pub fn sign(header: &EntryHeader, body: Vec<u8>, key: &SigningKey) -> Result<Self, EntryError> {
        Self::new(Signed::sign(header, key)?, Some(body))
    }

    /// The entry's id.
    #[must_use]
    pub fn id(&self) -> EntryId {
        EntryId(self.header.digest())
    }

    /// Where it stands.
    #[must_use]
    pub fn pos(&self) -> Pos {
        let h = self.header();
        Pos {
            device: h.device,
            seq: h.seq,
        }
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &EntryHeader {
        self.header.payload()
    }

    /// The signed bytes of the header: what is stored and passed on.
    #[must_use]
    pub fn header_bytes(&self) -> &[u8] {
        self.header.bytes()
    }

    /// The bytes of the body, if it is here.
    #[must_use]
    pub fn body_bytes(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// The body, if it is here and of a kind and form that is known.
    #[must_use]
    pub fn body(&self) -> Option<Body> {
        Body::decode(self.header().kind, self.body.as_deref()?).ok()
    }

    /// The parents of a change; empty for other kinds.
    #[must_use]
    pub fn parents(&self) -> Vec<Parent> {
        match self.body() {
            Some(Body::Change(c)) => c.parents,
            _ => Vec::new(),
        }
    }

    /// The same entry without its body, where the body may be erased.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        if self.header().kind.class() == Class::Content {
            self.body = None;
        }
        self
    }

    /// How many bytes it takes on the wire, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.header.bytes().len() + self.body.as_ref().map_or(0, Vec::len) + 16
    }

    /// The wire form.
    #[must_use]
    pub fn to_wire(&self) -> EntryIn {
        EntryIn {
            header: self.header.bytes().to_vec(),
            body: self.body.clone(),
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let h = self.header();
        write!(f, "Entry({:?} {:?} #{})", h.kind, h.device, h.seq)
    }
}
