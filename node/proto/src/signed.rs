//! Records that can be believed: COSE_Sign1 over canonical CBOR (rule R1;
//! spec 02, "Signed records"; RFC 9052).
//!
//! Bytes from outside become an [`Unverified`], which tells nothing of its
//! content; checked against a key they become a [`Signed`], which keeps the
//! received bytes, so that what is passed on is what was signed. Who may sign
//! what is decided by the caller: a valid signature is no permission.
//!
//! Documents that several keys must sign (policies, key rotations) are a
//! [`Cosigned`]: one payload, and a detached COSE_Sign1 a signer.

mod cosigned;

pub use cosigned::{Cosigned, MAX_SIGNATURES, UnverifiedCosigned};

use core::fmt;
use core::marker::PhantomData;

use ciborium::Value;
use coset::iana;
use coset::{
    AsCborValue as _, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable as _,
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::canon::{self, CanonError};
use crate::cbor::{self, Decode, DecodeError, Encode};
use crate::digest::Digest;
use crate::keys::{PublicKey, SigningKey};

/// What a kind of record is called on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Lower-case letters, digits and hyphens. The content type is
    /// `application/vnd.kith.NAME+cbor`.
    pub name: &'static str,
    /// The major version, part of the domain: two versions never share a
    /// signature.
    pub version: u32,
    /// The largest record in bytes, signature and headers included; at most
    /// [`canon::MAX_RECORD`].
    pub max: usize,
}

impl Kind {
    /// The string that separates this kind's signatures and digests from all
    /// others: `kith/VERSION/NAME`.
    #[must_use]
    pub fn domain(&self) -> String {
        format!("kith/{}/{}", self.version, self.name)
    }

    /// The content type in the protected header.
    #[must_use]
    pub fn content_type(&self) -> String {
        format!("application/vnd.kith.{}+cbor", self.name)
    }
}

/// The content of a kind of record.
pub trait Payload: Encode + Decode {
    /// The kind's name and limits.
    const KIND: Kind;
}

/// Why a record isn't believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The bytes aren't canonical CBOR: the sender's fault.
    #[error("the record is malformed: {0}")]
    Canon(#[from] CanonError),
    /// Canonical, but not a COSE_Sign1 in the one form we use: the sender's
    /// fault.
    #[error("the record's envelope is wrong: {0}")]
    Envelope(&'static str),
    /// A record of another kind or version than was expected here.
    #[error("a record of another kind")]
    OtherKind,
    /// Signed by another key than the one expected.
    #[error("signed by another key than expected")]
    OtherSigner,
    /// The signature doesn't fit: altered on the way, or forged.
    #[error("the signature is wrong: altered or forged")]
    BadSignature,
    /// Signed well, but the content isn't what this kind holds: the signer's
    /// fault, or the signer is newer than us.
    #[error("the record's content: {0}")]
    Content(#[from] DecodeError),
    /// The same key signed twice in a set of signatures.
    #[error("the same key signed twice")]
    RepeatedSigner,
    /// More signatures than [`MAX_SIGNATURES`], or none.
    #[error("no signature, or more than {MAX_SIGNATURES}")]
    SignatureCount,
    /// We tried to make a record larger than its kind allows: our fault, or
    /// our user's input is too long.
    #[error("the record would have {len} bytes; {max} are allowed")]
    TooLarge {
        /// How large it would be.
        len: usize,
        /// How large it may be.
        max: usize,
    },
}

/// Makes the protected header: algorithm, content type, key id; nothing else.
fn header(kind: &Kind, signer: &PublicKey) -> coset::Header {
    HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .content_type(kind.content_type())
        .key_id(signer.as_bytes().to_vec())
        .build()
}

/// The key that an envelope names, after a check that the envelope has the
/// one form we use: EdDSA, our content type, a usable key of 32 bytes as its
/// id, no other header, nothing unprotected, a signature of 64 bytes.
fn check_envelope(kind: &Kind, sign1: &CoseSign1) -> Result<PublicKey, RecordError> {
    let protected = &sign1.protected.header;
    if let Some(bytes) = &sign1.protected.original_data {
        canon::scan(bytes, kind.max)?;
    }
    let key: [u8; 32] = protected
        .key_id
        .as_slice()
        .try_into()
        .map_err(|_| RecordError::Envelope("the key id has not 32 bytes"))?;
    let signer =
        PublicKey::from_bytes(key).map_err(|_| RecordError::Envelope("the key id is no key"))?;
    let expected = header(kind, &signer);
    if protected.alg != expected.alg {
        return Err(RecordError::Envelope("the algorithm isn't EdDSA"));
    }
    if protected.content_type != expected.content_type {
        return Err(RecordError::OtherKind);
    }
    if *protected != expected || !sign1.unprotected.is_empty() {
        return Err(RecordError::Envelope("a header that isn't allowed"));
    }
    if sign1.signature.len() != crate::keys::SIGNATURE_LEN {
        return Err(RecordError::Envelope("the signature has not 64 bytes"));
    }
    Ok(signer)
}

/// Parses a tagged COSE_Sign1 of the given kind.
fn parse_sign1(kind: &Kind, bytes: &[u8]) -> Result<(CoseSign1, PublicKey), RecordError> {
    canon::scan(bytes, kind.max)?;
    let sign1 = CoseSign1::from_tagged_slice(bytes)
        .map_err(|_| RecordError::Envelope("not a tagged COSE_Sign1"))?;
    let signer = check_envelope(kind, &sign1)?;
    Ok((sign1, signer))
}

/// A record whose envelope has the right form and whose signature nobody has
/// checked. It tells only who claims to have signed it.
#[derive(Clone)]
pub struct Unverified<T> {
    bytes: Zeroizing<Vec<u8>>,
    sign1: CoseSign1,
    claimed: PublicKey,
    kind: PhantomData<T>,
}

impl<T: Payload> Unverified<T> {
    /// Reads the envelope.
    ///
    /// # Errors
    /// Not canonical, too long, another kind, or not the one form we use.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let (sign1, claimed) = parse_sign1(&T::KIND, bytes)?;
        if sign1.payload.is_none() {
            return Err(RecordError::Envelope("the payload is missing"));
        }
        Ok(Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            sign1,
            claimed,
            kind: PhantomData,
        })
    }

    /// The key that the record says signed it; not believed yet.
    #[must_use]
    pub fn claimed_signer(&self) -> PublicKey {
        self.claimed
    }

    /// Checks that `key` signed the record, then reads its content.
    ///
    /// # Errors
    /// Another signer, a bad signature, or content that isn't a `T`.
    pub fn verify(self, key: &PublicKey) -> Result<Signed<T>, RecordError> {
        if *key != self.claimed {
            return Err(RecordError::OtherSigner);
        }
        let domain = T::KIND.domain();
        self.sign1
            .verify_signature(domain.as_bytes(), |signature, message| {
                match key.verifies(message, signature) {
                    true => Ok(()),
                    false => Err(RecordError::BadSignature),
                }
            })?;
        let payload_bytes = Zeroizing::new(self.sign1.payload.unwrap_or_default());
        let payload = cbor::from_bytes(&payload_bytes, T::KIND.max)?;
        Ok(Signed {
            digest: Digest::of(&domain, &payload_bytes),
            bytes: self.bytes,
            payload,
            signer: self.claimed,
        })
    }

    /// As [`Unverified::verify`] with the key that the record itself names:
    /// then the record is whole, but the caller must still decide whether
    /// [`Signed::signer`] may say such a thing.
    ///
    /// # Errors
    /// A bad signature, or content that isn't a `T`.
    pub fn verify_claimed(self) -> Result<Signed<T>, RecordError> {
        let key = self.claimed;
        self.verify(&key)
    }

    /// Reads a record from our own store, where only records are kept that
    /// were verified when they came: the signature isn't checked again, which
    /// is most of the cost of starting with a long history. Never for bytes
    /// that came from outside.
    ///
    /// # Errors
    /// Content that isn't a `T`: the store is damaged.
    pub fn trust_own_store(self) -> Result<Signed<T>, RecordError> {
        let payload_bytes = Zeroizing::new(self.sign1.payload.unwrap_or_default());
        let payload = cbor::from_bytes(&payload_bytes, T::KIND.max)?;
        Ok(Signed {
            digest: Digest::of(&T::KIND.domain(), &payload_bytes),
            bytes: self.bytes,
            payload,
            signer: self.claimed,
        })
    }
}

impl<T> fmt::Debug for Unverified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Unverified({} bytes, claims {:?})",
            self.bytes.len(),
            self.claimed
        )
    }
}

/// A record whose signature fits its signer. Holds the received bytes; they
/// are erased on drop, for a ticket's hold its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed<T> {
    bytes: Zeroizing<Vec<u8>>,
    payload: T,
    signer: PublicKey,
    digest: Digest,
}

impl<T: Payload> Signed<T> {
    /// Signs `payload`.
    ///
    /// # Errors
    /// [`RecordError::TooLarge`]; or the payload is one that its own reader
    /// would refuse, which would make a record that nobody can read.
    pub fn sign(payload: &T, key: &SigningKey) -> Result<Self, RecordError> {
        let signer = key.public();
        let domain = T::KIND.domain();
        let sign1 = CoseSign1Builder::new()
            .protected(header(&T::KIND, &signer))
            .payload(cbor::to_bytes(payload))
            .create_signature(domain.as_bytes(), |message| key.sign(message).to_vec())
            .build();
        let bytes = tagged(sign1)?;
        let max = T::KIND.max;
        if bytes.len() > max {
            return Err(RecordError::TooLarge {
                len: bytes.len(),
                max,
            });
        }
        Unverified::parse(&bytes)?.verify(&signer)
    }

    /// The content.
    #[must_use]
    pub fn payload(&self) -> &T {
        &self.payload
    }

    /// The content, taken out.
    #[must_use]
    pub fn into_payload(self) -> T {
        self.payload
    }

    /// Who signed.
    #[must_use]
    pub fn signer(&self) -> PublicKey {
        self.signer
    }

    /// The bytes as received or made: what is stored and passed on.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of the payload's bytes under the kind's domain: what chains
    /// link to and ids are made of. The signature isn't part of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl<T: fmt::Debug> fmt::Debug for Signed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("payload", &self.payload)
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

fn tagged(sign1: CoseSign1) -> Result<Vec<u8>, RecordError> {
    let value = sign1
        .to_cbor_value()
        .map_err(|_| RecordError::Envelope("cannot be written"))?;
    Ok(cbor::value_bytes(&Value::Tag(
        canon::TAG_SIGN1,
        Box::new(value),
    )))
}

#[cfg(test)]
mod tests;
