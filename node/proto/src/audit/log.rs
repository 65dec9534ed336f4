//! The chain: writing, heads, and what verification finds.

use ciborium::Value;
use thiserror::Error;

use super::entry::{AuditEntry, MAX_ENTRY, MAX_LENGTH, Position};
use super::event::Event;
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::DeviceId;
use crate::keys::SigningKey;
use crate::signed::{Kind, Payload, RecordError, Signed};
use crate::time::Timestamp;

/// What a device signs: so many entries, and this is the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Whose log; the signer.
    pub device: DeviceId,
    /// How many entries; at least one.
    pub length: u64,
    /// The digest of the last one.
    pub last: Digest,
    /// When it was signed.
    pub time: Timestamp,
}

impl AuditHead {
    /// How far the log went.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            length: self.length,
            last: Some(self.last),
        }
    }
}

impl Payload for AuditHead {
    const KIND: Kind = Kind {
        name: "audit-head",
        version: 1,
        max: 512,
    };
}

impl Encode for AuditHead {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.device)
            .put(2, &self.length)
            .put(3, &self.last)
            .put(4, &self.time)
            .build()
    }
}

impl Decode for AuditHead {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let head = Self {
            device: r.req(1)?,
            length: r.req(2)?,
            last: r.req(3)?,
            time: r.req(4)?,
        };
        let _ = r.finish()?;
        match head.length {
            1..=MAX_LENGTH => Ok(head),
            _ => Err(DecodeError::OutOfRange),
        }
    }
}

/// A log that is written to: where it stands. The entries themselves are the
/// store's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLog {
    device: DeviceId,
    at: Position,
}

impl AuditLog {
    /// A log of `device` that stands at `at`: [`Position::START`], or where
    /// [`verify`] has found the stored one to end.
    #[must_use]
    pub fn resume(device: DeviceId, at: Position) -> Self {
        Self { device, at }
    }

    /// How far it goes.
    #[must_use]
    pub fn position(&self) -> Position {
        self.at
    }

    /// Makes the next entry. It counts once it is stored: until then, keep
    /// the log as it was.
    ///
    /// # Errors
    /// [`RecordError::TooLarge`] for an entry that no reader would take.
    pub fn append(&mut self, time: Timestamp, event: Event) -> Result<AuditEntry, RecordError> {
        let entry = AuditEntry::new(self.device, self.at, time, event);
        let len = entry.bytes().len();
        if len > MAX_ENTRY || self.at.length >= MAX_LENGTH {
            let max = MAX_ENTRY;
            return Err(RecordError::TooLarge { len, max });
        }
        self.at = Position {
            length: self.at.length + 1,
            last: Some(entry.digest()),
        };
        Ok(entry)
    }

    /// Signs how far the log goes; `None` for a log without entries.
    ///
    /// # Errors
    /// [`RecordError::OtherSigner`] if `key` isn't the device's.
    pub fn head(
        &self,
        time: Timestamp,
        key: &SigningKey,
    ) -> Result<Option<Signed<AuditHead>>, RecordError> {
        if DeviceId::from(key.public()) != self.device {
            return Err(RecordError::OtherSigner);
        }
        let Some(last) = self.at.last else {
            return Ok(None);
        };
        let head = AuditHead {
            device: self.device,
            length: self.at.length,
            last,
            time,
        };
        Signed::sign(&head, key).map(Some)
    }
}

/// What is wrong with a chain, and where: altered in the store or on the way.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("entry {place}: {wrong}")]
pub struct ChainError {
    /// The place at which an entry was expected.
    pub place: u64,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Wrong {
    /// Not an entry.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// An entry of another device's log.
    #[error("of another log")]
    OtherLog,
    /// An entry of a later place: those between were taken out or moved.
    #[error("missing; entry {found} stands here")]
    Missing {
        /// The place of the entry that stands there.
        found: u64,
    },
    /// An entry of an earlier place: moved, or put in again.
    #[error("out of order; entry {found} stands here")]
    OutOfOrder {
        /// The place of the entry that stands there.
        found: u64,
    },
    /// It links to another entry than the one before: one of them was changed.
    #[error("doesn't link to the entry before")]
    BrokenLink,
}

/// Entries that form a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    device: DeviceId,
    from: Position,
    entries: Vec<AuditEntry>,
}

/// Checks that `entries` form the chain of `device` from `from` on
/// ([`Position::START`], or an earlier head's). What was cut off at the end
/// shows only against a head: [`Verified::against`].
///
/// # Errors
/// The first entry that is wrong.
pub fn verify<'a>(
    device: DeviceId,
    from: Position,
    entries: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Verified, ChainError> {
    let mut verified = Verified {
        device,
        from,
        entries: Vec::new(),
    };
    for bytes in entries {
        let at = verified.position();
        let wrong = |wrong| ChainError {
            place: at.length,
            wrong,
        };
        let entry = AuditEntry::from_bytes(bytes).map_err(|e| wrong(e.into()))?;
        let found = entry.place();
        if entry.device() != device {
            return Err(wrong(Wrong::OtherLog));
        }
        if found > at.length {
            return Err(wrong(Wrong::Missing { found }));
        }
        if found < at.length {
            return Err(wrong(Wrong::OutOfOrder { found }));
        }
        if entry.previous() != at.last {
            return Err(wrong(Wrong::BrokenLink));
        }
        verified.entries.push(entry);
    }
    Ok(verified)
}

/// Why a head isn't one of this log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HeadError {
    /// Of another device's log, or signed by another key than the device's.
    #[error("the head is of another log")]
    OtherLog,
    /// The head knows more entries: the log was cut off.
    #[error("{missing} entries are missing at the end")]
    Truncated {
        /// How many.
        missing: u64,
    },
    /// The head is older than where the entries begin: it says nothing here.
    #[error("the head is older than the first of these entries")]
    Older,
    /// At the head's place stands another entry: the log was rewritten, or
    /// the device has signed two histories.
    #[error("the head names another entry at its place")]
    OtherHistory,
}

impl Verified {
    /// Whose log.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// The entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[AuditEntry] {
        &self.entries
    }

    /// Where they begin: [`Position::START`], or behind what isn't here.
    #[must_use]
    pub fn from(&self) -> Position {
        self.from
    }

    /// Where the entries end.
    #[must_use]
    pub fn position(&self) -> Position {
        match self.entries.last() {
            Some(last) => Position {
                length: last.place() + 1,
                last: Some(last.digest()),
            },
            None => self.from,
        }
    }

    /// Compares with a head of the same log; gives the number of entries
    /// after it, which nothing protects against being cut off yet.
    ///
    /// # Errors
    /// Something is missing or different; or the head is of another log or
    /// too old to tell.
    pub fn against(&self, head: &Signed<AuditHead>) -> Result<u64, HeadError> {
        let said = head.payload();
        if said.device != self.device || DeviceId::from(head.signer()) != self.device {
            return Err(HeadError::OtherLog);
        }
        let have = self.position();
        if said.length > have.length {
            let missing = said.length - have.length;
            return Err(HeadError::Truncated { missing });
        }
        if said.length < self.from.length {
            return Err(HeadError::Older);
        }
        match self.goes_through(said.position()) {
            true => Ok(have.length - said.length),
            false => Err(HeadError::OtherHistory),
        }
    }

    /// Whether the log went as far as `at` and had just these entries then. A
    /// position before [`Self::from`] says nothing here, and isn't contradicted.
    #[must_use]
    pub fn goes_through(&self, at: Position) -> bool {
        let last = match at.length.checked_sub(self.from.length) {
            None => return true,
            Some(0) => self.from.last,
            Some(n) => usize::try_from(n - 1)
                .ok()
                .and_then(|n| self.entries.get(n))
                .map(AuditEntry::digest),
        };
        last == at.last
    }
}

/// Whether two heads prove that a device signed two histories: the same
/// length, another entry. Such a pair is evidence, and is kept.
#[must_use]
pub fn conflict(a: &Signed<AuditHead>, b: &Signed<AuditHead>) -> bool {
    let (x, y) = (a.payload(), b.payload());
    let own = |h: &Signed<AuditHead>| DeviceId::from(h.signer()) == h.payload().device;
    own(a) && own(b) && x.device == y.device && x.length == y.length && x.last != y.last
}
