use core::fmt;

use ciborium::Value;
use coset::CoseSign1Builder;

use super::{Payload, RecordError, header, parse_sign1, tagged};
use crate::cbor::{self, Bytes, Decode};
use crate::digest::Digest;
use crate::keys::{PublicKey, SigningKey};

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
    pub(super) payload_bytes: Vec<u8>,
    pub(super) signatures: Vec<(PublicKey, Vec<u8>)>,
    digest: Digest,
}

impl<T: Payload> Cosigned<T> {
    /// Starts a document with its first signature.
    ///
    /// # Errors
    /// As [`super::Signed::sign`].
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
    /// As [`UnverifiedCosigned::parse`] and [`UnverifiedCosigned::verify`].
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        UnverifiedCosigned::parse(bytes)?.verify()
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
    /// [`super::Signed::digest`].
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

/// A document in the one form we use, with signatures that nobody has checked.
/// A signature costs far more to check than all else, so whoever is sent many
/// documents looks first whether this one is of any use.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedCosigned<T>(Cosigned<T>);

impl<T: Payload> UnverifiedCosigned<T> {
    /// Reads a document: its form, its claimed signers, its content.
    ///
    /// # Errors
    /// Malformed, another kind, a repeated or unsorted signer, or content
    /// that isn't a `T`.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let max = T::KIND.max;
        let value = cbor::value_from_bytes(bytes, max)?;
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
        let mut claimed: Vec<(PublicKey, Vec<u8>)> = Vec::with_capacity(signatures.len());
        for Bytes(bytes) in signatures {
            let (sign1, signer) = parse_sign1(&T::KIND, &bytes)?;
            match claimed.last() {
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
            claimed.push((signer, bytes));
        }
        let payload = cbor::from_bytes(&payload_bytes, max)?;
        let digest = Digest::of(&T::KIND.domain(), &payload_bytes);
        Ok(Self(Cosigned {
            payload,
            payload_bytes,
            signatures: claimed,
            digest,
        }))
    }

    /// The content and its digest, without a look at who signed: unpacking
    /// their keys costs far more. Nothing of it may be believed.
    pub(crate) fn glance(bytes: &[u8]) -> Result<(T, Digest), RecordError> {
        let max = T::KIND.max;
        let parts = <Vec<Value>>::decode(cbor::value_from_bytes(bytes, max)?)?;
        let Ok([payload, _]) = <[Value; 2]>::try_from(parts) else {
            return Err(RecordError::Envelope("not a document and its signatures"));
        };
        let payload = Bytes::decode(payload)?.0;
        let digest = Digest::of(&T::KIND.domain(), &payload);
        Ok((cbor::from_bytes(&payload, max)?, digest))
    }

    /// Checks every signature.
    ///
    /// # Errors
    /// A signature that doesn't fit. One refuses the whole: an honest
    /// collector never passes a bad one on.
    pub fn verify(self) -> Result<Cosigned<T>, RecordError> {
        let domain = T::KIND.domain();
        let doc = self.0;
        for (signer, bytes) in &doc.signatures {
            let (sign1, _) = parse_sign1(&T::KIND, bytes)?;
            let message = sign1.tbs_detached_data(&doc.payload_bytes, domain.as_bytes());
            if !signer.verifies(&message, &sign1.signature) {
                return Err(RecordError::BadSignature);
            }
        }
        Ok(doc)
    }

    /// The content; not believed yet.
    #[must_use]
    pub fn claimed_payload(&self) -> &T {
        &self.0.payload
    }

    /// Who is said to have signed, sorted by key; not believed yet.
    pub fn claimed_signers(&self) -> impl ExactSizeIterator<Item = PublicKey> + '_ {
        self.0.signers()
    }

    /// How many of `keys` are said to have signed; not believed yet.
    #[must_use]
    pub fn claimed_by(&self, keys: &[PublicKey]) -> usize {
        self.0.signed_by(keys)
    }

    /// The digest of the payload, as [`Cosigned::digest`].
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }
}

impl<T> fmt::Debug for UnverifiedCosigned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "UnverifiedCosigned({} signatures, {:?})",
            self.0.signatures.len(),
            self.0.digest
        )
    }
}
