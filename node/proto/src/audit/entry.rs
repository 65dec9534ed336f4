//! One entry: its place in the chain, its time, and what it says.

use super::event::Event;
use crate::cbor::{self, DecodeError, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::DeviceId;
use crate::time::Timestamp;

/// The largest entry in bytes: 64 names of applications, three case fields
/// and eight policies stay below it.
pub const MAX_ENTRY: usize = 16 * 1024;

/// The most entries of a log: far more than a device can make in its life,
/// small enough that sums never overflow.
pub const MAX_LENGTH: u64 = 1 << 40;

const DOMAIN: &str = "kith/1/audit-entry";
const VERSION: u64 = 1;

/// How far a log goes: how many entries, and the digest of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Position {
    /// How many entries there are.
    pub length: u64,
    /// The digest of the last one; none where there is no entry.
    pub last: Option<Digest>,
}

impl Position {
    /// Before the first entry.
    pub const START: Self = Self {
        length: 0,
        last: None,
    };
}

/// An entry, with the bytes it was read from or written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    bytes: Vec<u8>,
    digest: Digest,
    device: DeviceId,
    place: u64,
    previous: Option<Digest>,
    time: Timestamp,
    event: Event,
}

impl AuditEntry {
    pub(super) fn new(device: DeviceId, at: Position, time: Timestamp, event: Event) -> Self {
        let map = MapBuilder::new()
            .put(0, &VERSION)
            .put(1, &device)
            .put(2, &at.length)
            .put_opt(3, at.last.as_ref())
            .put(4, &time);
        let bytes = cbor::value_bytes(&event.put(map).build());
        Self {
            digest: Digest::of(DOMAIN, &bytes),
            bytes,
            device,
            place: at.length,
            previous: at.last,
            time,
            event,
        }
    }

    /// Reads an entry. Its place in a chain is judged by
    /// [`verify`](super::verify).
    ///
    /// # Errors
    /// Not an entry, or larger than [`MAX_ENTRY`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(cbor::value_from_bytes(bytes, MAX_ENTRY)?)?;
        r.version(0, VERSION)?;
        let entry = Self {
            device: r.req(1)?,
            place: r.req(2)?,
            previous: r.opt(3)?,
            time: r.req(4)?,
            event: Event::read(&mut r)?,
            digest: Digest::of(DOMAIN, bytes),
            bytes: bytes.to_vec(),
        };
        let _ = r.finish()?;
        if entry.place >= MAX_LENGTH || (entry.place == 0) != entry.previous.is_none() {
            return Err(DecodeError::OutOfRange);
        }
        Ok(entry)
    }

    /// The bytes: what is stored and exported.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest, to which the next entry links.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whose log it is of.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// Its place: how many entries stand before it.
    #[must_use]
    pub fn place(&self) -> u64 {
        self.place
    }

    /// The digest of the entry before.
    #[must_use]
    pub fn previous(&self) -> Option<Digest> {
        self.previous
    }

    /// When it was written, by the clock of that time. Order comes from the
    /// chain and never from this: clocks are set.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// What it says.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }
}
