//! Sealing and opening (SEAL-1, rule R3; spec 05, "Messages").

use core::fmt;
use core::time::Duration;

use ciborium::Value;
use rand_core::CryptoRng;
use thiserror::Error;

use super::context::{Challenge, SealContext, VERSION};
use super::kem::{Kem, KemKeyPair, KemPublicKey, KeyThumbprint, TAG_LEN, best_common};
use super::parameters::{ParameterError, SharingParameters, SizeClass};
use super::secret::Secret;
use super::single_use::Claimed;
use crate::blame::Blame;
use crate::cbor::{Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::clock::MAX_SKEW;
use crate::id::{DeviceId, SessionId};
use crate::keys::SigningKey;
use crate::signed::{Kind, Payload, RecordError, Signed};
use crate::time::{Monotonic, Timestamp};

/// The longest time from accept to launch, on the recipient's monotonic
/// clock, and from sealing to expiry on the sender's own (rule R3). The first
/// is the limit that holds: wall clocks on a LAN without Internet may be off
/// by [`MAX_SKEW`], and must not end all sharing there.
pub const LIFETIME: Duration = Duration::from_secs(120);

/// Why something isn't sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    /// What was agreed on and what is at hand differ in this field: the
    /// message is for another occasion, or we mixed two sessions up.
    #[error("another {0} than agreed on")]
    Mismatch(WrongField),
    /// No mechanism is on both lists: the two are incompatible.
    #[error("no key mechanism in common")]
    NoCommonKem,
    /// Not the strongest mechanism that both lists name: a downgrade.
    #[error("a weaker key mechanism than both sides have")]
    WeakerKem,
    /// The recipient's key is one that nobody can seal to (of small order):
    /// the recipient's fault.
    #[error("the recipient's key is unusable")]
    RecipientKey,
    /// Longer than [`LIFETIME`] ahead: our own mistake.
    #[error("the expiry is more than {} seconds ahead", LIFETIME.as_secs())]
    TooLong,
    /// Expired when sealing; or, when opening, by more than [`MAX_SKEW`]:
    /// late, or a clock is wrong.
    #[error("expired")]
    Expired,
    /// Further ahead than [`LIFETIME`] and [`MAX_SKEW`] together: the
    /// sender's clock is ahead of ours, or ours behind.
    #[error("the expiry is too far ahead: a clock is wrong")]
    ClockAhead,
    /// More than [`LIFETIME`] since the accept on our own monotonic clock.
    #[error("more than {} seconds since the accept", LIFETIME.as_secs())]
    TooLate,
    /// HPKE could not open it: sealed under other terms or to another key.
    #[error("it does not open: sealed under other terms, or to another key")]
    Closed,
    /// It opened, but holds something else than parameters: the sender's
    /// fault, or the sender is newer.
    #[error("the parameters: {0}")]
    Content(#[from] DecodeError),
    /// The parameters to seal are not in order: our user's input.
    #[error("the parameters: {0}")]
    Parameters(#[from] ParameterError),
    /// The signed message could not be made: our fault.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl SealError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::WeakerKem | Self::RecipientKey => Blame::Misbehaved,
            // Two who mean different things by one session: the terms may
            // have changed while the message was under way.
            Self::Mismatch(_) | Self::Closed => Blame::Circumstance,
            Self::Expired | Self::ClockAhead | Self::TooLate => Blame::Circumstance,
            Self::NoCommonKem => Blame::Incompatible,
            Self::Content(DecodeError::Version(_) | DecodeError::Critical(_)) => {
                Blame::Incompatible
            }
            Self::Content(_) => Blame::Misbehaved,
            Self::TooLong | Self::Parameters(_) | Self::Record(_) => Blame::Ours,
        }
    }
}

/// What differs, in a [`SealError::Mismatch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongField {
    /// The session.
    Session,
    /// The sending device.
    Sender,
    /// The receiving device.
    Recipient,
    /// The challenge.
    Challenge,
    /// The mechanism of the key.
    Kem,
}

impl fmt::Display for WrongField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "session",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Challenge => "challenge",
            Self::Kem => "key mechanism",
        })
    }
}

fn same<T: PartialEq>(a: T, b: T, field: WrongField) -> Result<(), SealError> {
    if a == b {
        Ok(())
    } else {
        Err(SealError::Mismatch(field))
    }
}

/// Sealed parameters as they travel, signed by the sender's device: a
/// `Signed<SealedMessage>`. Verify first, then
/// [`open`](Signed::<SealedMessage>::open).
#[derive(Clone, PartialEq, Eq)]
pub struct SealedMessage {
    session: SessionId,
    recipient: DeviceId,
    kem: Kem,
    expires: Timestamp,
    encapsulated: Vec<u8>,
    ciphertext: Vec<u8>,
}

impl SealedMessage {
    /// The session that it says it is for: which accept to look up.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// When it ends on the sender's clock.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Encapsulated key and ciphertext, for tests that go past the checks.
    #[cfg(test)]
    pub(super) fn parts(&self) -> (Vec<u8>, Vec<u8>) {
        (self.encapsulated.clone(), self.ciphertext.clone())
    }
}

impl fmt::Debug for SealedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedMessage")
            .field("session", &self.session)
            .field("recipient", &self.recipient)
            .field("kem", &self.kem)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl Payload for SealedMessage {
    /// The largest message is X-Wing's key, the largest class, and headers.
    const KIND: Kind = Kind {
        name: "sealed-parameters",
        version: 1,
        max: 10 * 1024,
    };
}

impl Encode for SealedMessage {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &VERSION)
            .put(1, &self.session)
            .put(2, &self.recipient)
            .put(3, &self.kem)
            .put(4, &self.expires)
            .put(5, &Bytes(self.encapsulated.clone()))
            .put(6, &Bytes(self.ciphertext.clone()))
            .build()
    }
}

impl Decode for SealedMessage {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, VERSION)?;
        let message = Self {
            session: r.req(1)?,
            recipient: r.req(2)?,
            kem: r.req(3)?,
            expires: r.req(4)?,
            encapsulated: r.req::<Bytes>(5)?.0,
            ciphertext: r.req::<Bytes>(6)?.0,
        };
        let _ = r.finish()?;
        let lengths = message.encapsulated.len() == message.kem.encapsulated_len()
            && SizeClass::of_ciphertext(message.ciphertext.len()).is_some();
        if !lengths {
            return Err(DecodeError::OutOfRange);
        }
        Ok(message)
    }
}

/// Seals `parameters` to the key that the recipient's accept brought, and
/// signs. The parameters are consumed: what was sealed is gone here.
///
/// `expires` is at most [`LIFETIME`] after `now`, both on our wall clock.
///
/// # Errors
/// We are not `context.sender`; the key isn't of the strongest common
/// mechanism; the expiry is past or too far; the parameters break a bound; or
/// the recipient's key is unusable. Nothing was sealed then.
#[allow(clippy::too_many_arguments)] // each is of another type; a struct would only rename them
pub fn seal(
    context: &SealContext,
    to: &KemPublicKey,
    parameters: SharingParameters,
    key: &SigningKey,
    now: Timestamp,
    expires: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Signed<SealedMessage>, SealError> {
    let signer = key.public();
    same(DeviceId::from(signer), context.sender, WrongField::Sender)?;
    check_kem(context, to.kem())?;
    if expires <= now {
        return Err(SealError::Expired);
    }
    if expires > now.after(LIFETIME) {
        return Err(SealError::TooLong);
    }
    let mut buffer = parameters.to_plaintext()?;
    parameters.destroy();
    let info = context.info(
        KeyThumbprint::of_signer(&signer),
        KeyThumbprint::of_kem(to),
        expires,
    );
    let (encapsulated, tag) = to
        .encrypt(&info, buffer.bytes_mut(), rng)
        .map_err(|_| SealError::RecipientKey)?;
    let message = SealedMessage {
        session: context.session,
        recipient: context.recipient,
        kem: to.kem(),
        expires,
        encapsulated,
        ciphertext: [buffer.bytes(), &tag].concat(),
    };
    Ok(Signed::sign(&message, key)?)
}

/// Both sides refuse any mechanism but the strongest that both lists name.
fn check_kem(context: &SealContext, kem: Kem) -> Result<(), SealError> {
    match best_common(&context.sender_kems, &context.recipient_kems) {
        None => Err(SealError::NoCommonKem),
        Some(best) if best > kem => Err(SealError::WeakerKem),
        Some(best) => same(best, kem, WrongField::Kem),
    }
}

/// What a recipient keeps for one accept: a fresh key pair and challenge.
/// Consumed by opening; gone after a restart; wiped when dropped.
pub struct AcceptKey {
    session: SessionId,
    challenge: Challenge,
    pair: KemKeyPair,
    made: Monotonic,
}

impl AcceptKey {
    /// A fresh key of mechanism `kem` for `session`, at `clock`.
    #[must_use]
    pub fn generate(
        kem: Kem,
        session: SessionId,
        clock: Monotonic,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let pair = KemKeyPair::generate(kem, rng);
        Self::from_parts(session, Challenge::random(rng), pair, clock)
    }

    /// From a pair and a challenge that are given: for vectors and tests,
    /// where they must be the same each time.
    #[must_use]
    pub fn from_parts(
        session: SessionId,
        challenge: Challenge,
        pair: KemKeyPair,
        made: Monotonic,
    ) -> Self {
        Self {
            session,
            challenge,
            pair,
            made,
        }
    }

    /// The public key that the accept brings to the sharer.
    #[must_use]
    pub fn public(&self) -> &KemPublicKey {
        self.pair.public()
    }

    /// The challenge that the accept brings to the sharer.
    #[must_use]
    pub fn challenge(&self) -> Challenge {
        self.challenge
    }

    /// When what is sealed to it can be launched at the latest.
    #[must_use]
    pub fn deadline(&self) -> Monotonic {
        self.made.after(LIFETIME)
    }
}

impl fmt::Debug for AcceptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptKey")
            .field("session", &self.session)
            .field("pair", &self.pair)
            .finish_non_exhaustive()
    }
}

impl Signed<SealedMessage> {
    /// Whether this message is the one that `key` waits for: all that can be
    /// told without opening. Who isn't sure that the signer is the expected
    /// sender asks this first, so that nobody else spends the key.
    ///
    /// # Errors
    /// Another session, sender, recipient, challenge or mechanism than agreed
    /// on; or too late.
    pub fn fits(
        &self,
        key: &AcceptKey,
        context: &SealContext,
        now: Timestamp,
        clock: Monotonic,
    ) -> Result<(), SealError> {
        let message = self.payload();
        same(message.session, context.session, WrongField::Session)?;
        same(key.session, context.session, WrongField::Session)?;
        same(self.signer().into(), context.sender, WrongField::Sender)?;
        same(message.recipient, context.recipient, WrongField::Recipient)?;
        same(key.challenge, context.challenge, WrongField::Challenge)?;
        same(message.kem, key.public().kem(), WrongField::Kem)?;
        check_kem(context, message.kem)?;
        if now > message.expires.after(MAX_SKEW) {
            return Err(SealError::Expired);
        }
        if message.expires > now.after(LIFETIME + MAX_SKEW) {
            return Err(SealError::ClockAhead);
        }
        if clock > key.deadline() {
            return Err(SealError::TooLate);
        }
        Ok(())
    }

    /// Opens a message whose signature was verified. The accept's key is
    /// consumed, whatever comes of it: a sender has one try a session.
    ///
    /// `context` is what *we* know of the session, `now` our wall clock and
    /// `clock` our monotonic one.
    ///
    /// # Errors
    /// It doesn't [fit](Self::fits); or it doesn't open, which is all that
    /// can be told when any other field of the context differs.
    pub fn open(
        self,
        key: AcceptKey,
        context: &SealContext,
        now: Timestamp,
        clock: Monotonic,
    ) -> Result<Opened, SealError> {
        self.fits(&key, context, now, clock)?;
        let signer = self.signer();
        let message = self.into_payload();
        let deadline = key.deadline();
        let info = context.info(
            KeyThumbprint::of_signer(&signer),
            KeyThumbprint::of_kem(key.public()),
            message.expires,
        );
        // The length was checked when the message was read.
        let at = message.ciphertext.len().saturating_sub(TAG_LEN);
        let (ciphertext, tag) = message.ciphertext.split_at(at);
        let mut buffer = Secret::copy_of(ciphertext);
        key.pair
            .decrypt(&info, &message.encapsulated, buffer.bytes_mut(), tag)
            .map_err(|_| SealError::Closed)?;
        Ok(Opened {
            parameters: SharingParameters::from_plaintext(buffer.bytes())?,
            session: message.session,
            deadline,
            claim_until: message.expires.after(LIFETIME + MAX_SKEW),
        })
    }
}

/// Parameters that were opened and that nobody can see yet: they come out
/// once, against the proof that the session was claimed.
pub struct Opened {
    parameters: SharingParameters,
    session: SessionId,
    deadline: Monotonic,
    claim_until: Timestamp,
}

impl Opened {
    /// The session to claim in the [`SessionUse`](super::SessionUse) store.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// How long the store must remember the claim.
    #[must_use]
    pub fn claim_until(&self) -> Timestamp {
        self.claim_until
    }

    /// Gives the parameters out, for launching now.
    ///
    /// # Errors
    /// The claim is of another session, or the time is up. The parameters are
    /// wiped then.
    pub fn release(
        self,
        claimed: Claimed,
        clock: Monotonic,
    ) -> Result<SharingParameters, SealError> {
        same(claimed.session(), self.session, WrongField::Session)?;
        if clock > self.deadline {
            return Err(SealError::TooLate);
        }
        Ok(self.parameters)
    }

    /// Wipes the parameters now. Dropping does the same; this says so.
    pub fn destroy(self) {
        self.parameters.destroy();
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
