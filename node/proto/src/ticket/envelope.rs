//! How answers and replies are sealed (spec 03, "Sealing").
//!
//! An answer: HPKE (RFC 9180) in PSK mode to the ticket's one-time X25519
//! key, the ticket's secret as pre-shared key. PSK mode, where rule R3 has
//! base mode: there is no long-lived recipient key to steal, only who had
//! the ticket can seal at all, and a ticket that was handed over privately
//! protects the answer also against who breaks X25519 later.
//!
//! A reply: ChaCha20-Poly1305 with a key from the half that the answer
//! brought, which only its sender and the inviter know.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305 as Cipher, KeyInit as _};
use ciborium::Value;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256 as Kem;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, PskBundle, Serializable as _};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use super::evidence::Evidence;
use super::record::TicketSecret;
use crate::blame::Blame;
use crate::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::kdf;
use crate::pair::Half;
use crate::signed::{Payload as Record, RecordError, Signed, Unverified};

/// The largest sealed answer or reply in bytes: with its frame it stays
/// below the 64 KiB that a stranger may send (rule R7).
pub const MAX_SEALED: usize = 60 * 1024;

const ANSWER_INFO: &str = "kith/1/ticket-answer";

/// Why an envelope doesn't open, or what was in it isn't right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EnvelopeError {
    /// Not the form of an envelope, outside or inside.
    #[error("the envelope is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// It is for another ticket or another answer.
    #[error("this belongs to another invite")]
    Other,
    /// Sealed without the ticket, or altered.
    #[error("it does not open: it was made without the invite, or altered")]
    Sealed,
    /// More evidence than may be sent.
    #[error("it carries more than is allowed")]
    TooMuch,
    /// The record inside isn't right.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// We tried to make one that is too large: our fault.
    #[error("the envelope would have {0} bytes; {MAX_SEALED} are allowed")]
    TooLarge(usize),
    /// The ticket's key is none that can be sealed to: its maker's fault.
    #[error("the invite's key is unusable")]
    BadKey,
}

impl EnvelopeError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Other => Blame::Circumstance,
            Self::TooLarge(_) => Blame::Ours,
            Self::Malformed(DecodeError::Version(_) | DecodeError::Critical(_)) => {
                Blame::Incompatible
            }
            _ => Blame::Misbehaved,
        }
    }
}

/// What stands in an envelope: a half (zeros if none is given), a signed
/// record that names the half by its digest, and evidence. The half stays
/// out of the record, so that records can be kept and shown.
pub(super) struct Content<T> {
    pub(super) half: Half,
    pub(super) record: Signed<T>,
    pub(super) evidence: Evidence,
}

fn to_plain<T: Record>(content: &Content<T>) -> Zeroizing<Vec<u8>> {
    let parts = core::iter::once(content.record.bytes())
        .chain(content.evidence.parts().iter().map(Vec::as_slice))
        .map(|b| Bytes(b.to_vec()))
        .collect::<Vec<_>>();
    let list = cbor::to_bytes(&parts);
    let mut plain = Zeroizing::new(Vec::with_capacity(Half::LEN + list.len()));
    plain.extend_from_slice(content.half.as_bytes());
    plain.extend_from_slice(&list);
    plain
}

fn from_plain<T: Record>(plain: &[u8]) -> Result<Content<T>, EnvelopeError> {
    let (half, list) = plain
        .split_first_chunk::<{ Half::LEN }>()
        .ok_or(EnvelopeError::Malformed(DecodeError::OutOfRange))?;
    let mut parts = cbor::from_bytes::<Vec<Bytes>>(list, MAX_SEALED)?.into_iter();
    let record = parts
        .next()
        .ok_or(EnvelopeError::Malformed(DecodeError::OutOfRange))?;
    Ok(Content {
        half: Half::from_bytes(half),
        record: Unverified::parse(&record.0)?.verify_claimed()?,
        evidence: Evidence::from_wire(parts).ok_or(EnvelopeError::TooMuch)?,
    })
}

/// The outer form of both: version, to which ticket or answer it belongs,
/// 32 public bytes (encapsulated key or salt), ciphertext.
struct Outer {
    about: Digest,
    public: [u8; 32],
    sealed: Vec<u8>,
}

impl Outer {
    fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        let bytes = cbor::to_bytes(&self.encode());
        match bytes.len() {
            len if len > MAX_SEALED => Err(EnvelopeError::TooLarge(len)),
            _ => Ok(bytes),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        Ok(cbor::from_bytes(bytes, MAX_SEALED)?)
    }
}

impl Encode for Outer {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u8)
            .put(1, &self.about)
            .put(2, &self.public)
            .put(3, &Bytes(self.sealed.clone()))
            .build()
    }
}

impl Decode for Outer {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let outer = Self {
            about: r.req(1)?,
            public: r.req(2)?,
            sealed: r.req::<Bytes>(3)?.0,
        };
        let _ = r.finish()?;
        Ok(outer)
    }
}

/// The public half of a ticket's one-time key.
pub(super) fn public_of(secret: &[u8; 32]) -> Result<[u8; 32], EnvelopeError> {
    let private =
        <Kem as hpke::Kem>::PrivateKey::from_bytes(secret).map_err(|_| EnvelopeError::BadKey)?;
    Ok(Kem::sk_to_pk(&private).to_bytes().into())
}

pub(super) fn seal_answer<T: Record>(
    ticket: &Digest,
    key: &[u8; 32],
    secret: &TicketSecret,
    content: &Content<T>,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, EnvelopeError> {
    let key = <Kem as hpke::Kem>::PublicKey::from_bytes(key).map_err(|_| EnvelopeError::BadKey)?;
    let psk = secret.key("kith/1/ticket-psk");
    let bundle = PskBundle::new(&*psk, ticket.as_bytes()).map_err(|_| EnvelopeError::BadKey)?;
    let info = info(ticket);
    let (public, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeS::Psk(bundle),
        &key,
        &info,
        &to_plain(content),
        &[],
        rng,
    )
    .map_err(|_| EnvelopeError::BadKey)?;
    Outer {
        about: *ticket,
        public: public.to_bytes().into(),
        sealed,
    }
    .to_bytes()
}

/// What a sealed answer or reply belongs to, before anything is opened: the
/// digest of the ticket, or of the answer. Not believed yet.
///
/// # Errors
/// Not the form of an envelope.
pub fn envelope_about(bytes: &[u8]) -> Result<Digest, EnvelopeError> {
    Ok(Outer::from_bytes(bytes)?.about)
}

pub(super) fn open_answer<T: Record>(
    ticket: &Digest,
    key: &[u8; 32],
    secret: &TicketSecret,
    bytes: &[u8],
) -> Result<Content<T>, EnvelopeError> {
    let outer = Outer::from_bytes(bytes)?;
    if outer.about != *ticket {
        return Err(EnvelopeError::Other);
    }
    let sealed = |_| EnvelopeError::Sealed;
    let key = <Kem as hpke::Kem>::PrivateKey::from_bytes(key).map_err(sealed)?;
    let public = <Kem as hpke::Kem>::EncappedKey::from_bytes(&outer.public).map_err(sealed)?;
    let psk = secret.key("kith/1/ticket-psk");
    let bundle = PskBundle::new(&*psk, ticket.as_bytes()).map_err(sealed)?;
    let plain = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeR::Psk(bundle),
        &key,
        &public,
        &info(ticket),
        &outer.sealed,
        &[],
    )
    .map_err(sealed)?;
    from_plain(&Zeroizing::new(plain))
}

fn info(ticket: &Digest) -> Vec<u8> {
    [ANSWER_INFO.as_bytes(), &[0], ticket.as_bytes()].concat()
}

/// Ticket, answer, and the half that the answer brought.
pub(super) struct ReplyKeys<'a> {
    pub(super) ticket: &'a Digest,
    pub(super) answer: &'a Digest,
    pub(super) half: &'a Half,
}

impl ReplyKeys<'_> {
    /// A key for one reply: its salt is fresh, so the nonce may be zero.
    fn cipher(&self, salt: &[u8; 32]) -> Cipher {
        let key = kdf::derive(
            salt,
            self.half.as_bytes(),
            "kith/1/ticket-reply",
            &[self.ticket.as_bytes(), self.answer.as_bytes()],
        );
        Cipher::new((&*key).into())
    }

    pub(super) fn seal<T: Record>(
        &self,
        content: &Content<T>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        let plain = to_plain(content);
        let payload = Payload {
            msg: &plain,
            aad: self.answer.as_bytes(),
        };
        let sealed = self
            .cipher(&salt)
            .encrypt(&[0; 12].into(), payload)
            .map_err(|_| EnvelopeError::TooLarge(plain.len()))?;
        Outer {
            about: *self.answer,
            public: salt,
            sealed,
        }
        .to_bytes()
    }

    pub(super) fn open<T: Record>(&self, bytes: &[u8]) -> Result<Content<T>, EnvelopeError> {
        let outer = Outer::from_bytes(bytes)?;
        if outer.about != *self.answer {
            return Err(EnvelopeError::Other);
        }
        let payload = Payload {
            msg: &outer.sealed,
            aad: self.answer.as_bytes(),
        };
        let plain = self
            .cipher(&outer.public)
            .decrypt(&[0; 12].into(), payload)
            .map_err(|_| EnvelopeError::Sealed)?;
        from_plain(&Zeroizing::new(plain))
    }
}
