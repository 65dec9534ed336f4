//! Records by which two contacts find each other through strangers' nodes, and
//! by which whoever holds an invite finds the inviter (DISC-2; spec 03,
//! "Rendezvous"): under which key, and how sealed. Chapter 07 says when they
//! are published and looked up.
//!
//! A key lasts one [`Period`], and only who has the secret can tell that two
//! keys, or a key and a person, belong together. Every value has the same
//! length.

use core::fmt;
use core::time::Duration;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use super::Direction;
use crate::id::DeviceId;
use crate::kdf::{self, Key};
use crate::time::Timestamp;

/// How long a record key lasts: one day. Shorter would hide more from the
/// nodes that store; but readers look up the period before and the one
/// after, so a day lets a clock be wrong by the longest time-zone mistake.
pub const PERIOD: Duration = Duration::from_secs(24 * 60 * 60);

/// The length of every sealed value in bytes: the nonce, [`MAX_CONTENT`] and
/// its length, the tag. Room for a signed address record; one length, so
/// that it tells nothing.
pub const VALUE_LEN: usize = 1024;

const NONCE: usize = 12;
const TAG: usize = 16;
const PLAIN: usize = VALUE_LEN - NONCE - TAG;

/// The longest content in bytes.
pub const MAX_CONTENT: usize = PLAIN - 2;

/// A period in the life of one secret, counted from the epoch. They begin
/// their periods at different times of the day: nodes that store many
/// records must not see all keys of a device change at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(u64);

impl Period {
    /// The period's number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// From its number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The period before, this, and the next: what a reader looks up. At
    /// the epoch there is none before, and this one stands twice.
    #[must_use]
    pub const fn around(self) -> [Self; 3] {
        [
            Self(self.0.saturating_sub(1)),
            self,
            Self(self.0.saturating_add(1)),
        ]
    }
}

/// Where records for each other are left by those who share one secret: a
/// pair's ([`PairSecret::rendezvous`](super::PairSecret::rendezvous)) or an
/// invite's ([`TicketSecret::rendezvous`](crate::ticket::TicketSecret::rendezvous)).
pub struct Rendezvous(Key);

impl Rendezvous {
    /// Of the keys that follow from `secret`.
    pub(crate) const fn new(secret: Key) -> Self {
        Self(secret)
    }

    fn key(&self, label: &str, context: &[&[u8]]) -> Key {
        kdf::derive(&[], &*self.0, label, context)
    }

    /// How far this secret's periods begin after midnight UTC, in ms.
    fn phase(&self) -> u64 {
        let key = self.key("kith/1/rendezvous-phase", &[]);
        let mut first = [0; 8];
        first.copy_from_slice(&key[..8]);
        u64::from_be_bytes(first) % period_ms()
    }

    /// The period that holds `now`.
    #[must_use]
    pub fn period_at(&self, now: Timestamp) -> Period {
        Period((now.as_millis() + self.phase()) / period_ms())
    }

    /// When `period` ends, and with it the use of its key: publish under
    /// the next one then.
    #[must_use]
    pub fn period_end(&self, period: Period) -> Timestamp {
        let end = period
            .0
            .saturating_add(1)
            .saturating_mul(period_ms())
            .saturating_sub(self.phase());
        Timestamp::from_millis(end).unwrap_or(Timestamp::MAX)
    }

    /// Where and under which keys `device` puts its record in `period`.
    #[must_use]
    pub fn slot(&self, period: Period, direction: Direction, device: &DeviceId) -> Slot {
        let names = self.key("kith/1/rendezvous-name", &[]);
        let period = period.0.to_be_bytes();
        let about: [&[u8]; 3] = [&period, &[direction as u8], device.as_bytes()];
        Slot {
            name: RecordKey(kdf::mac(&names, &about)),
            seal: self.key("kith/1/rendezvous-seal", &about),
        }
    }
}

fn period_ms() -> u64 {
    PERIOD.as_secs() * 1000
}

impl fmt::Debug for Rendezvous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rendezvous(secret)")
    }
}

/// The key of a record in the DHT: 32 bytes that look random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey([u8; 32]);

impl RecordKey {
    /// The bytes on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record:")?;
        self.0[..5].iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// Why a value is no record of this slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RendezvousError {
    /// We tried to seal more than [`MAX_CONTENT`]: our fault.
    #[error("{0} bytes don't fit into a rendezvous record of {MAX_CONTENT}")]
    TooLong(usize),
    /// Another length than [`VALUE_LEN`]: the storing node's fault.
    #[error("a rendezvous value has {VALUE_LEN} bytes, not {0}")]
    Length(usize),
    /// Not sealed with this secret, period, direction and device, or altered:
    /// the storing node's fault, or somebody filled the slot with noise.
    #[error("the rendezvous value does not open")]
    Sealed,
    /// Opened, but wrongly padded: the contact's fault.
    #[error("the rendezvous value is wrongly padded")]
    Padding,
}

/// One place for one record: whose, when, under which keys.
pub struct Slot {
    name: RecordKey,
    seal: Key,
}

impl Slot {
    /// Where the record is stored.
    #[must_use]
    pub fn record_key(&self) -> RecordKey {
        self.name
    }

    /// Pads and seals `content`; the result has [`VALUE_LEN`] bytes.
    ///
    /// # Errors
    /// [`RendezvousError::TooLong`].
    pub fn seal(
        &self,
        content: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, RendezvousError> {
        let too_long = RendezvousError::TooLong(content.len());
        let len = u16::try_from(content.len()).map_err(|_| too_long)?;
        if content.len() > MAX_CONTENT {
            return Err(too_long);
        }
        let mut plain = Zeroizing::new(vec![0; PLAIN]);
        plain[..2].copy_from_slice(&len.to_be_bytes());
        plain[2..2 + content.len()].copy_from_slice(content);
        // Random nonces: a key seals a few dozen values in its period.
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let sealed = self
            .cipher()
            .encrypt(&nonce.into(), self.payload(&plain))
            .map_err(|_| too_long)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens a value found under [`Slot::record_key`]. Its content is as
    /// unvalidated as before: only that who has the secret sealed it, for
    /// this slot, is known.
    ///
    /// # Errors
    /// Another length, not for this slot, altered, or wrongly padded.
    pub fn open(&self, value: &[u8]) -> Result<Vec<u8>, RendezvousError> {
        if value.len() != VALUE_LEN {
            return Err(RendezvousError::Length(value.len()));
        }
        let (nonce, sealed) = value
            .split_first_chunk::<NONCE>()
            .ok_or(RendezvousError::Length(value.len()))?;
        let plain = self
            .cipher()
            .decrypt(nonce.into(), self.payload(sealed))
            .map_err(|_| RendezvousError::Sealed)?;
        let plain = Zeroizing::new(plain);
        let (len, rest) = plain
            .split_first_chunk::<2>()
            .ok_or(RendezvousError::Padding)?;
        let (content, padding) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(*len)))
            .ok_or(RendezvousError::Padding)?;
        if padding.iter().any(|b| *b != 0) {
            return Err(RendezvousError::Padding);
        }
        Ok(content.to_vec())
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&*self.seal).into())
    }

    /// The place is authenticated too: a value doesn't open elsewhere.
    fn payload<'a>(&'a self, msg: &'a [u8]) -> Payload<'a, 'a> {
        Payload {
            msg,
            aad: &self.name.0,
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({:?})", self.name)
    }
}
