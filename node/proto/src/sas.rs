//! The short code that two people compare aloud (ID-2 on a LAN, ID-3; spec
//! 03, "Short code"): six digits by commit and reveal.
//!
//! ```text
//! initiator                              responder
//!   commit: digest of own nonce ──────▶
//!          ◀────── nonce
//!   reveal: own nonce ────────────────▶
//!   both show six digits; the people compare them
//! ```
//!
//! The initiator is bound to its nonce before it sees the other's, and the
//! responder chooses without knowing the initiator's. So somebody in the
//! middle can't steer the digits: they agree by chance once in a million
//! attempts, and attempts are limited ([`Attempts`]). The digits cover both
//! persons, both devices, and what the caller binds besides.

use core::fmt;
use core::time::Duration;

use ciborium::Value;
use rand_core::CryptoRng;
use thiserror::Error;

use crate::blame::Blame;
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::{DeviceId, PersonId};
use crate::time::Timestamp;

/// The largest message in bytes; all have 39 to 41.
pub const MAX_MESSAGE: usize = 256;

/// How many digits the code has: an attack succeeds once in 10^6 attempts.
pub const DIGITS: usize = 6;

/// One side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    /// The person that the side says it is.
    pub person: PersonId,
    /// The device, as the connection proved it.
    pub device: DeviceId,
}

/// What the code is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// Who began.
    pub initiator: Party,
    /// The other.
    pub responder: Party,
    /// A digest of what else must be the same on both sides: of the hello
    /// messages, and of a ticket if there is one.
    pub context: Digest,
}

impl Binding {
    fn digest(&self, domain: &str, nonces: &[&Nonce]) -> Digest {
        let mut all = Vec::with_capacity(224);
        for party in [&self.initiator, &self.responder] {
            all.extend_from_slice(party.person.as_bytes());
            all.extend_from_slice(party.device.as_bytes());
        }
        all.extend_from_slice(self.context.as_bytes());
        nonces.iter().for_each(|n| all.extend_from_slice(*n));
        Digest::of(domain, &all)
    }

    fn commitment(&self, initiator: &Nonce) -> Digest {
        self.digest("kith/1/sas-commit", &[initiator])
    }

    fn code(&self, initiator: &Nonce, responder: &Nonce) -> Code {
        let digest = self.digest("kith/1/sas-code", &[initiator, responder]);
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        // 2^64 isn't a multiple of 10^6; the excess is one in 10^13.
        let n = u64::from_be_bytes(first) % 1_000_000;
        Code(format!("{n:0width$}", width = DIGITS))
    }

    fn check(&self) -> Result<(), SasError> {
        if self.initiator.device == self.responder.device {
            return Err(SasError::SameDevice);
        }
        Ok(())
    }
}

type Nonce = [u8; 32];

fn nonce(rng: &mut impl CryptoRng) -> Nonce {
    let mut n = [0; 32];
    rng.fill_bytes(&mut n);
    n
}

/// What goes over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SasMessage {
    /// The initiator's commitment.
    Commit(Digest),
    /// The responder's nonce.
    Nonce([u8; 32]),
    /// The initiator's nonce.
    Reveal([u8; 32]),
}

impl Encode for SasMessage {
    fn encode(&self) -> Value {
        let (kind, bytes) = match self {
            Self::Commit(d) => (1u8, *d.as_bytes()),
            Self::Nonce(n) => (2, *n),
            Self::Reveal(n) => (3, *n),
        };
        MapBuilder::new()
            .put(0, &1u8)
            .put(1, &kind)
            .put(2, &bytes)
            .build()
    }
}

impl Decode for SasMessage {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let kind: u64 = r.req(1)?;
        let bytes: [u8; 32] = r.req(2)?;
        let _ = r.finish()?;
        match kind {
            1 => Ok(Self::Commit(Digest::from_bytes(bytes))),
            2 => Ok(Self::Nonce(bytes)),
            3 => Ok(Self::Reveal(bytes)),
            _ => Err(DecodeError::OutOfRange),
        }
    }
}

/// Why there is no code. The run is over; whatever went wrong counts as a
/// failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SasError {
    /// A message that isn't the next one: the peer misbehaved.
    #[error("a message out of order")]
    Order,
    /// The nonce isn't the one committed to: the peer, or somebody between,
    /// tried to steer the code.
    #[error("the other side did not keep to its commitment")]
    Commitment,
    /// Both sides are the same device: our mistake, or our own messages
    /// came back.
    #[error("both sides are the same device")]
    SameDevice,
    /// The digits typed are others: they were mistyped, or somebody is
    /// between the two.
    #[error("the codes differ")]
    Mismatch,
}

impl SasError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Order | Self::Commitment => Blame::Misbehaved,
            Self::SameDevice => Blame::Ours,
            Self::Mismatch => Blame::Circumstance,
        }
    }
}

/// The side that began, waiting for the other's nonce.
pub struct Initiator {
    binding: Binding,
    own: Nonce,
}

impl Initiator {
    /// Begins; the message is to be sent.
    ///
    /// # Errors
    /// [`SasError::SameDevice`].
    pub fn start(
        binding: Binding,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, SasMessage), SasError> {
        binding.check()?;
        let own = nonce(rng);
        let commit = SasMessage::Commit(binding.commitment(&own));
        Ok((Self { binding, own }, commit))
    }

    /// Both began at once: the one with the lower device id goes on, the
    /// other gives up its own run and answers.
    #[must_use]
    pub fn keeps_on_crossing(&self) -> bool {
        self.binding.initiator.device < self.binding.responder.device
    }

    /// Takes the responder's nonce; the message is to be sent.
    ///
    /// # Errors
    /// [`SasError::Order`].
    pub fn take(self, message: SasMessage) -> Result<(Comparison, SasMessage), SasError> {
        let SasMessage::Nonce(theirs) = message else {
            return Err(SasError::Order);
        };
        let comparison = Comparison {
            code: self.binding.code(&self.own, &theirs),
            peer: self.binding.responder,
        };
        Ok((comparison, SasMessage::Reveal(self.own)))
    }
}

/// The side that answers, waiting for the reveal.
pub struct Responder {
    binding: Binding,
    commitment: Digest,
    own: Nonce,
}

impl Responder {
    /// Answers a commitment; the message is to be sent.
    ///
    /// # Errors
    /// [`SasError::Order`], [`SasError::SameDevice`].
    pub fn start(
        binding: Binding,
        message: SasMessage,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, SasMessage), SasError> {
        binding.check()?;
        let SasMessage::Commit(commitment) = message else {
            return Err(SasError::Order);
        };
        let own = nonce(rng);
        let responder = Self {
            binding,
            commitment,
            own,
        };
        Ok((responder, SasMessage::Nonce(own)))
    }

    /// Takes the initiator's nonce.
    ///
    /// # Errors
    /// [`SasError::Order`], [`SasError::Commitment`].
    pub fn take(self, message: SasMessage) -> Result<Comparison, SasError> {
        let SasMessage::Reveal(theirs) = message else {
            return Err(SasError::Order);
        };
        if self.binding.commitment(&theirs) != self.commitment {
            return Err(SasError::Commitment);
        }
        Ok(Comparison {
            code: self.binding.code(&theirs, &self.own),
            peer: self.binding.initiator,
        })
    }
}

// The nonces of a run that isn't over must not reach a log.
impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Initiator").field(&self.binding).finish()
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Responder").field(&self.binding).finish()
    }
}

/// Six digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// The digits without a space.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, b) = self.0.split_at(DIGITS / 2);
        write!(f, "{a} {b}")
    }
}

/// The code is there; two people have to compare it.
#[derive(Debug)]
#[must_use = "a comparison that is dropped is a failed attempt"]
pub struct Comparison {
    code: Code,
    peer: Party,
}

/// Who was verified: the only thing that a good comparison gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    peer: Party,
}

impl Verified {
    /// The person and device verified.
    #[must_use]
    pub fn peer(&self) -> Party {
        self.peer
    }
}

impl Comparison {
    /// The code, to be shown and read aloud.
    #[must_use]
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// Who is being verified.
    #[must_use]
    pub fn peer(&self) -> Party {
        self.peer
    }

    /// The person said that the other sees the same digits.
    #[must_use]
    pub fn confirm(self) -> Verified {
        Verified { peer: self.peer }
    }

    /// The person typed the digits that the other read aloud, which nobody
    /// does without looking. Only the digits in `typed` count.
    ///
    /// # Errors
    /// [`SasError::Mismatch`].
    pub fn confirm_typed(self, typed: &str) -> Result<Verified, SasError> {
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        if digits == self.code.0 {
            Ok(self.confirm())
        } else {
            Err(SasError::Mismatch)
        }
    }
}

/// How many failed attempts are allowed in [`Attempts::WINDOW`]: with each
/// contact, so that none of them keeps the others from it; and with all
/// strangers together, since one in the middle can pretend to be many.
pub const MAX_FAILED: usize = 3;

/// Counts failed attempts with one contact, or with all strangers: everything that was begun and didn't end in
/// [`Verified`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attempts(Vec<Timestamp>);

impl Attempts {
    /// How long a failed attempt counts: an hour.
    pub const WINDOW: Duration = Duration::from_secs(3600);

    /// Whether another attempt may begin.
    #[must_use]
    pub fn may_begin(&self, now: Timestamp) -> bool {
        // A clock set back makes them recent: the safe side.
        let recent = |at: &&Timestamp| now.since(**at) < Self::WINDOW;
        self.0.iter().filter(recent).count() < MAX_FAILED
    }

    /// An attempt failed.
    pub fn failed(&mut self, now: Timestamp) {
        self.0.push(now);
        let over = self.0.len().saturating_sub(MAX_FAILED);
        self.0.drain(..over);
    }
}

#[cfg(test)]
mod tests;
