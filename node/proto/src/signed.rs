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

use core::fmt;
use core::marker::PhantomData;

use ciborium::Value;
use coset::iana;
use coset::{
    AsCborValue as _, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable as _,
};
use thiserror::Error;

use crate::canon::{self, CanonError};
use crate::cbor::{self, Bytes, Decode, DecodeError, Encode};
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
    bytes: Vec<u8>,
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
            bytes: bytes.to_vec(),
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
        let payload_bytes = self.sign1.payload.unwrap_or_default();
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
        let payload_bytes = self.sign1.payload.unwrap_or_default();
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

/// A record whose signature fits its signer. Holds the received bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed<T> {
    bytes: Vec<u8>,
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

/// The most signatures that a [`Cosigned`] document may carry: more admins
/// than that is no longer a committee, and each costs a verification.
pub const MAX_SIGNATURES: usize = 32;

/// A document and the valid signatures of one or more keys over it.
///
/// Wire form: an array of the payload's bytes and a list of tagged COSE_Sign1
/// with detached (nil) payload, each a byte string, sorted by key id. Every
/// signature in a `Cosigned` is valid; whether they are enough is the
/// caller's question.
#[derive(Clone, PartialEq, Eq)]
pub struct Cosigned<T> {
    payload: T,
    payload_bytes: Vec<u8>,
    signatures: Vec<(PublicKey, Vec<u8>)>,
    digest: Digest,
}

impl<T: Payload> Cosigned<T> {
    /// Starts a document with its first signature.
    ///
    /// # Errors
    /// As [`Signed::sign`].
    pub fn new(payload: T, key: &SigningKey) -> Result<Self, RecordError> {
        let payload_bytes = cbor::to_bytes(&payload);
        // A payload that its own reader refuses must not be signed.
        let payload = cbor::from_bytes::<T>(&payload_bytes, T::KIND.max)?;
        let digest = Digest::of(&T::KIND.domain(), &payload_bytes);
        let mut doc = Self {
            payload,
            payload_bytes,
            signatures: Vec::new(),
            digest,
        };
        doc.add_signature(key)?;
        Ok(doc)
    }

    /// Adds a signature; signing again with the same key changes nothing.
    ///
    /// # Errors
    /// Too many signatures, or the document would become too large.
    pub fn add_signature(&mut self, key: &SigningKey) -> Result<(), RecordError> {
        let signer = key.public();
        let sign1 = CoseSign1Builder::new()
            .protected(header(&T::KIND, &signer))
            .create_detached_signature(
                &self.payload_bytes,
                T::KIND.domain().as_bytes(),
                |message| key.sign(message).to_vec(),
            )
            .build();
        self.insert(signer, tagged(sign1)?)
    }

    /// Takes over the signatures of `other`, which must be of the same
    /// document: so that several admins can sign copies side by side.
    ///
    /// # Errors
    /// [`RecordError::OtherKind`] if it is another document; too many
    /// signatures. Then nothing is changed.
    pub fn merge(&mut self, other: &Self) -> Result<(), RecordError> {
        if self.payload_bytes != other.payload_bytes {
            return Err(RecordError::OtherKind);
        }
        let before = self.signatures.clone();
        for (signer, bytes) in &other.signatures {
            if let Err(e) = self.insert(*signer, bytes.clone()) {
                self.signatures = before;
                return Err(e);
            }
        }
        Ok(())
    }

    fn insert(&mut self, signer: PublicKey, bytes: Vec<u8>) -> Result<(), RecordError> {
        let Err(at) = self.signatures.binary_search_by_key(&signer, |(k, _)| *k) else {
            return Ok(());
        };
        if self.signatures.len() >= MAX_SIGNATURES {
            return Err(RecordError::SignatureCount);
        }
        self.signatures.insert(at, (signer, bytes));
        let (len, max) = (self.to_bytes().len(), T::KIND.max);
        if len > max {
            self.signatures.remove(at);
            return Err(RecordError::TooLarge { len, max });
        }
        Ok(())
    }

    /// Reads a document and checks every signature in it.
    ///
    /// # Errors
    /// Malformed, another kind, a repeated or unsorted signer, a signature
    /// that doesn't fit, or content that isn't a `T`. One bad signature
    /// refuses the whole: an honest collector never passes one on.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let value = cbor::value_from_bytes(bytes, T::KIND.max)?;
        let parts: [Value; 2] = <Vec<Value>>::decode(value)
            .ok()
            .and_then(|v| v.try_into().ok())
            .ok_or(RecordError::Envelope("not a document and its signatures"))?;
        let [payload, signatures] = parts;
        let payload_bytes = Bytes::decode(payload)?.0;
        let signatures = <Vec<Bytes>>::decode(signatures)?;
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(RecordError::SignatureCount);
        }
        let domain = T::KIND.domain();
        let mut checked: Vec<(PublicKey, Vec<u8>)> = Vec::with_capacity(signatures.len());
        for Bytes(bytes) in signatures {
            let (sign1, signer) = parse_sign1(&T::KIND, &bytes)?;
            match checked.last() {
                Some((last, _)) if *last == signer => return Err(RecordError::RepeatedSigner),
                Some((last, _)) if *last > signer => {
                    return Err(RecordError::Envelope("signatures are not sorted by key"));
                }
                _ => {}
            }
            // coset panics when a detached signature carries a payload.
            if sign1.payload.is_some() {
                return Err(RecordError::Envelope(
                    "a signature with a payload of its own",
                ));
            }
            let message = sign1.tbs_detached_data(&payload_bytes, domain.as_bytes());
            if !signer.verifies(&message, &sign1.signature) {
                return Err(RecordError::BadSignature);
            }
            checked.push((signer, bytes));
        }
        let payload = cbor::from_bytes(&payload_bytes, T::KIND.max)?;
        let digest = Digest::of(&domain, &payload_bytes);
        Ok(Self {
            payload,
            payload_bytes,
            signatures: checked,
            digest,
        })
    }

    /// The wire form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let signatures = self
            .signatures
            .iter()
            .map(|(_, b)| Value::Bytes(b.clone()))
            .collect::<Vec<_>>();
        cbor::value_bytes(&Value::Array(vec![
            Value::Bytes(self.payload_bytes.clone()),
            Value::Array(signatures),
        ]))
    }

    /// The content.
    #[must_use]
    pub fn payload(&self) -> &T {
        &self.payload
    }

    /// Who signed; sorted, each once.
    pub fn signers(&self) -> impl ExactSizeIterator<Item = PublicKey> + '_ {
        self.signatures.iter().map(|(k, _)| *k)
    }

    /// How many of `keys` signed; a key that is listed twice counts once.
    #[must_use]
    pub fn signed_by(&self, keys: &[PublicKey]) -> usize {
        self.signers().filter(|s| keys.contains(s)).count()
    }

    /// The digest of the payload under the kind's domain, as
    /// [`Signed::digest`].
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl<T: fmt::Debug> fmt::Debug for Cosigned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cosigned")
            .field("payload", &self.payload)
            .field("signatures", &self.signatures.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
