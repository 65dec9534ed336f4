//! What two nodes say to each other about a room (spec 08, "Messages").
//!
//! One message is one frame of a `/kith/room/1` stream: a map with the
//! message's number at key 0 and the room at key 1.

use ciborium::Value;

use super::entry::{EntryId, EntryIn, Pos, seq_in_range};
use super::log::Head;
use super::{MAX_BODY, MAX_DEVICES};
use crate::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::{DeviceId, RoomId};

/// The longest message in bytes. The heads of [`MAX_DEVICES`] devices fit,
/// and so does a full batch of entries.
pub const MAX_MESSAGE: usize = 256 * 1024;
/// The most entries in one message.
pub const MAX_BATCH: usize = 128;
/// The most bytes of entries in one message; one entry always fits.
pub const MAX_BATCH_BYTES: usize = 192 * 1024;
/// The most ranges that are asked for at once.
pub const MAX_RANGES: usize = 64;
/// The most entries that one range asks for.
pub const MAX_RANGE: u64 = 256;
/// The most bodies that are asked for at once.
pub const MAX_BODIES: usize = 64;
/// The most receipts in one message.
pub const MAX_RECEIPTS: usize = 16;

/// One device in the heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadLine {
    /// The device.
    pub device: DeviceId,
    /// The end of its log; absent if it wrote nothing that is here.
    pub head: Option<Head>,
    /// The number of its newest receipt that is here; 0 for none.
    pub receipt: u64,
}

/// How much of the sender's state heads tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of it: what isn't listed isn't there.
    Full,
    /// Only what has changed.
    Changed,
}

/// Entries of one device: from a number up to another, without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The device.
    pub device: DeviceId,
    /// The first.
    pub from: u64,
    /// The one after the last; at most [`MAX_RANGE`] after `from`.
    pub to: u64,
}

/// Why entries come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Asked for; more may be asked for now.
    Asked,
    /// New, or proof of a fork: nobody asked.
    Pushed,
}

/// Why a node doesn't talk about a room. A claim of that node, no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedCode {
    /// 1: it doesn't know the room, or doesn't say.
    Unknown,
    /// 2: the other isn't a member, as far as it knows.
    NotMember,
    /// 3: the other was removed, or has left.
    Gone,
}

/// A message about a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncMessage {
    /// The room.
    pub room: RoomId,
    /// What is said.
    pub part: Part,
}

/// What is said about a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// 1: what the sender has stored. This is the acknowledgement (R10).
    Heads {
        /// All of it, or what changed.
        scope: Scope,
        /// Sorted by device.
        lines: Vec<HeadLine>,
    },
    /// 2: asks for entries.
    Want(Vec<Range>),
    /// 3: entries, in the order in which they should go in.
    Entries {
        /// Asked for, or not.
        why: Why,
        /// At most [`MAX_BATCH`]; none says: nothing of that is here.
        entries: Vec<EntryIn>,
    },
    /// 4: asks for bodies of entries whose headers are there.
    WantBodies(Vec<Pos>),
    /// 5: bodies.
    Bodies(Vec<(Pos, Vec<u8>)>),
    /// 6: signed receipts, of anybody.
    Receipts(Vec<Vec<u8>>),
    /// 7: invites (MSG-1): the opening entry, and the invitation, unless the
    /// room is a pair or open to the organisation.
    Invitation {
        /// The entry that opened the room.
        opening: EntryIn,
        /// The entry that invites.
        invite: Option<EntryIn>,
    },
    /// 8: says that the sender doesn't talk about the room with the other.
    Refused(RefusedCode),
}

impl SyncMessage {
    /// The bytes of a frame.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// Malformed, or beyond a bound: the sender's fault.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        cbor::from_bytes(bytes, MAX_MESSAGE)
    }
}

fn parts<const N: usize>(value: Value) -> Result<[Value; N], DecodeError> {
    <Vec<Value>>::decode(value)?
        .try_into()
        .map_err(|_| DecodeError::OutOfRange)
}

/// `null` or the value.
fn nullable<T: Decode>(value: Value) -> Result<Option<T>, DecodeError> {
    match value {
        Value::Null => Ok(None),
        v => T::decode(v).map(Some),
    }
}

fn or_null(value: Option<Value>) -> Value {
    value.unwrap_or(Value::Null)
}

impl Encode for HeadLine {
    fn encode(&self) -> Value {
        let (len, last) = match self.head {
            Some(h) => (h.len, Some(h.last.encode())),
            None => (0, None),
        };
        Value::Array(vec![
            self.device.encode(),
            len.encode(),
            or_null(last),
            self.receipt.encode(),
        ])
    }
}

impl Decode for HeadLine {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let [device, len, last, receipt] = parts(value)?;
        let head = match (seq_in_range(u64::decode(len)?)?, nullable::<EntryId>(last)?) {
            (0, None) => None,
            (len @ 1.., Some(last)) => Some(Head { len, last }),
            _ => return Err(DecodeError::OutOfRange),
        };
        Ok(Self {
            device: DeviceId::decode(device)?,
            head,
            receipt: seq_in_range(u64::decode(receipt)?)?,
        })
    }
}

impl Encode for Range {
    fn encode(&self) -> Value {
        Value::Array(vec![
            self.device.encode(),
            self.from.encode(),
            self.to.encode(),
        ])
    }
}

impl Decode for Range {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let [device, from, to] = parts(value)?;
        let (from, to) = (u64::decode(from)?, seq_in_range(u64::decode(to)?)?);
        if from >= to || to - from > MAX_RANGE {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self {
            device: DeviceId::decode(device)?,
            from,
            to,
        })
    }
}

impl Encode for EntryIn {
    fn encode(&self) -> Value {
        let body = self.body.as_ref().map(|b| Value::Bytes(b.clone()));
        Value::Array(vec![Value::Bytes(self.header.clone()), or_null(body)])
    }
}

impl Decode for EntryIn {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let [header, body] = parts(value)?;
        let body = nullable::<Bytes>(body)?.map(|b| b.0);
        if body.as_ref().is_some_and(|b| b.len() > MAX_BODY) {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self {
            header: Bytes::decode(header)?.0,
            body,
        })
    }
}

struct BodyLine(Pos, Vec<u8>);

impl Encode for BodyLine {
    fn encode(&self) -> Value {
        Value::Array(vec![self.0.encode(), Value::Bytes(self.1.clone())])
    }
}

impl Decode for BodyLine {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let [pos, body] = parts(value)?;
        Ok(Self(Pos::decode(pos)?, Bytes::decode(body)?.0))
    }
}

impl Encode for SyncMessage {
    fn encode(&self) -> Value {
        let m = MapBuilder::new().put(1, &self.room);
        match &self.part {
            Part::Heads { scope, lines } => m
                .put(0, &1u8)
                .put(2, &(*scope == Scope::Full))
                .put_list(3, lines),
            Part::Want(ranges) => m.put(0, &2u8).put_list(3, ranges),
            Part::Entries { why, entries } => m
                .put(0, &3u8)
                .put(2, &(*why == Why::Asked))
                .put_list(3, entries),
            Part::WantBodies(at) => m.put(0, &4u8).put_list(3, at),
            Part::Bodies(bodies) => {
                let lines: Vec<_> = bodies
                    .iter()
                    .map(|(p, b)| BodyLine(*p, b.clone()))
                    .collect();
                m.put(0, &5u8).put_list(3, &lines)
            }
            Part::Receipts(receipts) => {
                let lines: Vec<_> = receipts.iter().map(|r| Bytes(r.clone())).collect();
                m.put(0, &6u8).put_list(3, &lines)
            }
            Part::Invitation { opening, invite } => {
                m.put(0, &7u8).put(2, opening).put_opt(3, invite.as_ref())
            }
            Part::Refused(code) => m.put(0, &8u8).put(
                2,
                &match code {
                    RefusedCode::Unknown => 1u8,
                    RefusedCode::NotMember => 2,
                    RefusedCode::Gone => 3,
                },
            ),
        }
        .build()
    }
}

impl Decode for SyncMessage {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let number: u8 = r.req(0)?;
        let room = r.req(1)?;
        let flag = |r: &mut MapReader| r.req::<bool>(2);
        let part = match number {
            1 => Part::Heads {
                scope: match flag(&mut r)? {
                    true => Scope::Full,
                    false => Scope::Changed,
                },
                lines: r.list::<HeadLine>(3, MAX_DEVICES)?,
            },
            2 => Part::Want(r.list(3, MAX_RANGES)?),
            3 => Part::Entries {
                why: match flag(&mut r)? {
                    true => Why::Asked,
                    false => Why::Pushed,
                },
                entries: r.list(3, MAX_BATCH)?,
            },
            4 => Part::WantBodies(r.list(3, MAX_BODIES)?),
            5 => Part::Bodies(
                r.list::<BodyLine>(3, MAX_BODIES)?
                    .into_iter()
                    .map(|l| (l.0, l.1))
                    .collect(),
            ),
            6 => Part::Receipts(
                r.list::<Bytes>(3, MAX_RECEIPTS)?
                    .into_iter()
                    .map(|b| b.0)
                    .collect(),
            ),
            7 => Part::Invitation {
                opening: r.req(2)?,
                invite: r.opt(3)?,
            },
            8 => Part::Refused(match r.req::<u8>(2)? {
                2 => RefusedCode::NotMember,
                3 => RefusedCode::Gone,
                // Later reasons mean no less than this one.
                _ => RefusedCode::Unknown,
            }),
            _ => return Err(DecodeError::OutOfRange),
        };
        let _ = r.finish()?;
        if let Part::Heads { lines, .. } = &part
            && !lines.is_sorted_by(|a, b| a.device < b.device)
        {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self { room, part })
    }
}
