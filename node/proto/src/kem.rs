//! Public keys for sealing, and the numbers of their kinds (rule R3; RFC 9180
//! §7.1). What is sealed to them, and how, is module `seal`.

use ciborium::Value;

use crate::cbor::{Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};

/// The number of a KEM in the HPKE registry (IANA, "HPKE KEM Identifiers").
/// Unknown numbers are kept: a list of them is signed, and both lists are
/// bound into what is sealed, so nobody can take one away unnoticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KemId(pub u16);

impl KemId {
    /// DHKEM(X25519, HKDF-SHA256): the floor that every device has.
    pub const X25519: Self = Self(0x0020);
    /// X-Wing: X25519 with ML-KEM-768. Preferred.
    pub const X_WING: Self = Self(0x647a);

    /// How long a public key of this kind is, if we know the kind.
    #[must_use]
    pub const fn public_len(self) -> Option<usize> {
        match self {
            Self::X25519 => Some(32),
            Self::X_WING => Some(1216),
            _ => None,
        }
    }
}

impl Encode for KemId {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for KemId {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        u16::decode(value).map(Self)
    }
}

/// The most KEM keys of one device: what is in use, and one to move to.
pub const MAX_KEM_KEYS: usize = 3;

/// The most bytes that the KEM keys of one device may have together. X-Wing
/// and X25519 take 1248. With 32 devices this keeps a person's entry within
/// the size of a record.
pub const MAX_KEM_BYTES: usize = 1280;

/// A public key to seal to. That a key of a kind we know has the right length
/// is checked here; whether it is a usable key shows when it is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KemKey {
    /// What kind of key.
    pub kem: KemId,
    /// The public key as the KEM serializes it.
    pub public: Vec<u8>,
}

impl Encode for KemKey {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.kem)
            .put(1, &Bytes(self.public.clone()))
            .build()
    }
}

impl Decode for KemKey {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let kem: KemId = r.req(0)?;
        let public = r.req::<Bytes>(1)?.0;
        let _ = r.finish()?;
        let good = match kem.public_len() {
            Some(len) => public.len() == len,
            None => !public.is_empty(),
        };
        if !good {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self { kem, public })
    }
}

/// The KEM keys of one device: one to [`MAX_KEM_KEYS`], sorted by kind, each
/// kind once, [`KemId::X25519`] among them, together at most
/// [`MAX_KEM_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KemKeys(Vec<KemKey>);

impl KemKeys {
    /// Sorts and checks the keys.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: none, too many, too long, or the floor is
    /// missing; [`DecodeError::Unsorted`]: a kind twice.
    pub fn new(mut keys: Vec<KemKey>) -> Result<Self, DecodeError> {
        keys.sort();
        Self::checked(keys)
    }

    fn checked(keys: Vec<KemKey>) -> Result<Self, DecodeError> {
        crate::cbor::sorted(&keys, |k| k.kem)?;
        let bytes: usize = keys.iter().map(|k| k.public.len()).sum();
        let floor = keys.iter().any(|k| k.kem == KemId::X25519);
        if keys.len() > MAX_KEM_KEYS || bytes > MAX_KEM_BYTES || !floor {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self(keys))
    }

    /// The keys, sorted by kind.
    #[must_use]
    pub fn as_slice(&self) -> &[KemKey] {
        &self.0
    }

    /// The key of one kind.
    #[must_use]
    pub fn get(&self, kem: KemId) -> Option<&KemKey> {
        self.0.iter().find(|k| k.kem == kem)
    }
}

impl Encode for KemKeys {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for KemKeys {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::checked(Decode::decode(value)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    fn key(kem: u16, len: usize) -> KemKey {
        KemKey {
            kem: KemId(kem),
            public: vec![7; len],
        }
    }

    #[test]
    fn the_floor_is_always_there() {
        let both = KemKeys::new(vec![key(0x647a, 1216), key(0x20, 32)]).unwrap();
        assert_eq!(both.as_slice()[0].kem, KemId::X25519);
        assert_eq!(both.get(KemId::X_WING).unwrap().public.len(), 1216);
        assert_eq!(
            cbor::from_bytes::<KemKeys>(&cbor::to_bytes(&both), 2000),
            Ok(both)
        );
        let none = KemKeys::new(vec![key(0x647a, 1216)]);
        assert_eq!(none, Err(DecodeError::OutOfRange));
        assert_eq!(KemKeys::new(vec![]), Err(DecodeError::OutOfRange));
    }

    #[test]
    fn unknown_kinds_are_kept_within_bounds() {
        let floor = key(0x20, 32);
        assert!(KemKeys::new(vec![floor.clone(), key(0x9999, 100)]).is_ok());
        assert!(KemKeys::new(vec![floor.clone(), key(0x9999, 1248)]).is_ok());
        for bad in [
            vec![floor.clone(), key(0x9999, 1249)],
            vec![floor.clone(), key(1, 1), key(2, 1), key(3, 1)],
            vec![floor.clone(), floor],
        ] {
            assert!(KemKeys::new(bad).is_err());
        }
    }

    #[test]
    fn lengths_of_known_kinds_are_checked() {
        for (kem, len, ok) in [
            (0x20, 32, true),
            (0x20, 31, false),
            (0x647a, 1215, false),
            (9, 0, false),
        ] {
            let bytes = cbor::to_bytes(&key(kem, len));
            assert_eq!(
                cbor::from_bytes::<KemKey>(&bytes, 2000).is_ok(),
                ok,
                "{kem} {len}"
            );
        }
    }
}
