//! What two contacts share and nobody else knows: the pair secret (DESIGN.md,
//! "Identity and records"; spec 03, "Pair secret").
//!
//! At acceptance each side gives a [`Half`] of 32 random bytes, so that
//! neither side's broken generator alone makes it guessable. The secret
//! belongs to two persons, not devices, and is synced to own devices. Keys
//! for single uses are derived from it, never the secret itself used.

mod rendezvous;

use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::id::PersonId;
use crate::kdf::{self, Key};

pub use rendezvous::{
    MAX_CONTENT, PERIOD, Period, RecordKey, Rendezvous, RendezvousError, Slot, VALUE_LEN,
};

/// One side's contribution to a [`PairSecret`]: 32 random bytes.
pub struct Half(Zeroizing<[u8; 32]>);

impl Half {
    /// How many bytes it has.
    pub const LEN: usize = 32;

    /// A fresh half.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// From the bytes received.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The bytes, to be sealed and sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What a signed record says of a half that it must not contain. Hides
    /// it, because the half is random.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of("kith/1/pair-half", &*self.0)
    }
}

impl fmt::Debug for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Half(secret)")
    }
}

/// The two sides are the same person: no contact of oneself. Our fault; what
/// comes from outside is checked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("both sides are the same person")]
pub struct SamePerson;

/// The secret of two contacts. Erased on drop, never printed, not cloned:
/// to store or sync it, [`PairSecret::to_bytes`].
pub struct PairSecret(Key);

impl PairSecret {
    /// What both sides get from both halves, whichever side computes it: the
    /// order is that of the person ids. Bound to the ticket it came by, so
    /// that adding each other anew makes another secret.
    ///
    /// # Errors
    /// [`SamePerson`].
    pub fn agree(
        ticket: &Digest,
        mine: (&PersonId, &Half),
        theirs: (&PersonId, &Half),
    ) -> Result<Self, SamePerson> {
        let (low, high) = match mine.0.cmp(theirs.0) {
            core::cmp::Ordering::Less => (mine, theirs),
            core::cmp::Ordering::Greater => (theirs, mine),
            core::cmp::Ordering::Equal => return Err(SamePerson),
        };
        let mut halves = Zeroizing::new([0; 64]);
        halves[..32].copy_from_slice(low.1.as_bytes());
        halves[32..].copy_from_slice(high.1.as_bytes());
        Ok(Self(kdf::derive(
            ticket.as_bytes(),
            &*halves,
            "kith/1/pair",
            &[low.0.as_bytes(), high.0.as_bytes()],
        )))
    }

    /// From the store, or from another device of the same person.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// For the encrypted store and for own devices; for nothing else.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    /// Where the two leave records for each other (DISC-2).
    #[must_use]
    pub fn rendezvous(&self) -> Rendezvous {
        Rendezvous::new(self.0.clone())
    }
}

impl fmt::Debug for PairSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairSecret(secret)")
    }
}

/// Who of those that share a secret a thing comes from, said without naming
/// anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the person with the lower id.
    FromLower = 0,
    /// From the person with the higher id.
    FromHigher = 1,
    /// From whoever made the invite, to whoever holds it.
    FromInviter = 2,
}

impl Direction {
    /// The direction of what `from` gives to `to`.
    #[must_use]
    pub fn between(from: &PersonId, to: &PersonId) -> Self {
        if from < to {
            Self::FromLower
        } else {
            Self::FromHigher
        }
    }
}

#[cfg(test)]
mod tests;
