//! Receipts: what a device has stored and its person has read (MSG-3, R10;
//! spec 08, "Receipts").
//!
//! They aren't entries: of each device only the newest counts. They are
//! signed, so that anybody may carry them: the author of a message learns
//! that it arrived even if the two were never online together.

use std::collections::BTreeMap;

use ciborium::Value;

use super::MAX_DEVICES;
use super::entry::seq_in_range;
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::{DeviceId, PersonId, RoomId};
use crate::signed::{Kind, Payload, RecordError, Signed, Unverified};
use crate::time::Timestamp;

/// How far one author's log has come on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptLine {
    /// The author device.
    pub author: DeviceId,
    /// How many of its entries are stored.
    pub held: u64,
    /// How many of them the person has read; not more than `held`.
    pub read: u64,
}

/// What a device signs about a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The room.
    pub room: RoomId,
    /// Whose device.
    pub person: PersonId,
    /// The device; it signs.
    pub device: DeviceId,
    /// The newest receipt of a device is the one with the highest number;
    /// from 1.
    pub number: u64,
    /// When it was made.
    pub at: Timestamp,
    /// Sorted by author.
    pub lines: Vec<ReceiptLine>,
}

impl Receipt {
    /// The receipt in these bytes, if the device that it names has signed it.
    ///
    /// # Errors
    /// Malformed, forged, or signed by another device: the fault of whoever made it.
    pub fn verify(bytes: &[u8]) -> Result<Signed<Self>, RecordError> {
        let receipt = Unverified::<Self>::parse(bytes)?.verify_claimed()?;
        match DeviceId::from(receipt.signer()) == receipt.payload().device {
            true => Ok(receipt),
            false => Err(RecordError::OtherSigner),
        }
    }

    /// The lines by author.
    #[must_use]
    pub fn by_author(&self) -> BTreeMap<DeviceId, ReceiptLine> {
        self.lines.iter().map(|l| (l.author, *l)).collect()
    }
}

impl Payload for Receipt {
    const KIND: Kind = Kind {
        name: "receipt",
        version: 1,
        max: crate::canon::MAX_RECORD,
    };
}

impl Encode for ReceiptLine {
    fn encode(&self) -> Value {
        Value::Array(vec![
            self.author.encode(),
            self.held.encode(),
            self.read.encode(),
        ])
    }
}

impl Decode for ReceiptLine {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let parts: [Value; 3] = <Vec<Value>>::decode(value)?
            .try_into()
            .map_err(|_| DecodeError::Type("a line of a receipt"))?;
        let [author, held, read] = parts;
        let (held, read) = (seq_in_range(u64::decode(held)?)?, u64::decode(read)?);
        if read > held {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self {
            author: DeviceId::decode(author)?,
            held,
            read,
        })
    }
}

impl Encode for Receipt {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.room)
            .put(2, &self.person)
            .put(3, &self.device)
            .put(4, &self.number)
            .put(5, &self.at)
            .put_list(6, &self.lines)
            .build()
    }
}

impl Decode for Receipt {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let receipt = Self {
            room: r.req(1)?,
            person: r.req(2)?,
            device: r.req(3)?,
            number: seq_in_range(r.req(4)?)?,
            at: r.req(5)?,
            lines: r.list(6, MAX_DEVICES)?,
        };
        let _ = r.finish()?;
        let sorted = receipt.lines.is_sorted_by(|a, b| a.author < b.author);
        match sorted && receipt.number > 0 {
            true => Ok(receipt),
            false => Err(DecodeError::OutOfRange),
        }
    }
}
