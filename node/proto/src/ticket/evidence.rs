//! What shows that a device is a person's: entries of the person's log, as
//! bytes. Chapter 01 says what is in them, and module `person` judges them;
//! here they are only carried, so that two people can meet by files alone.

use crate::cbor::Bytes;
use crate::id::{DeviceId, PersonId};

/// The most entries carried.
pub const MAX_EVIDENCE_PARTS: usize = 64;

/// The most bytes of all entries together, so that a sealed answer stays
/// within what a stranger may send (rule R7). Who has more (dozens of devices
/// and of entries) meets online, where the log is fetched.
pub const MAX_EVIDENCE: usize = 48 * 1024;

/// Entries of a person's log, first to last; unjudged. May be empty: then
/// they must come another way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence(Vec<Vec<u8>>);

impl Evidence {
    /// `None` for more than [`MAX_EVIDENCE_PARTS`] or [`MAX_EVIDENCE`].
    #[must_use]
    pub fn new(parts: Vec<Vec<u8>>) -> Option<Self> {
        let bytes: usize = parts.iter().map(Vec::len).sum();
        let fits = parts.len() <= MAX_EVIDENCE_PARTS && bytes <= MAX_EVIDENCE;
        fits.then_some(Self(parts))
    }

    /// The entries.
    #[must_use]
    pub fn parts(&self) -> &[Vec<u8>] {
        &self.0
    }

    pub(super) fn from_wire(parts: impl Iterator<Item = Bytes>) -> Option<Self> {
        Self::new(parts.map(|b| b.0).collect())
    }
}

/// That `device` is one of `person`'s, with what was sent to show it. To be
/// judged by whoever knows people's logs.
#[derive(Debug)]
pub struct Claim<'a> {
    /// The person.
    pub person: &'a PersonId,
    /// The device, which signed the record that this comes with.
    pub device: &'a DeviceId,
    /// What was sent with it.
    pub evidence: &'a Evidence,
}
