//! Key encapsulation: which mechanisms, their keys, and HPKE itself (RFC 9180
//! base mode with HKDF-SHA256 and ChaCha20-Poly1305; X-Wing as in
//! draft-ietf-hpke-pq).

use core::fmt;

use ciborium::Value;
use hpke::aead::{AeadTag, ChaCha20Poly1305};
use hpke::inout::InOutBuf;
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable as _, HpkeError, OpModeR, OpModeS, Serializable as _};
use rand_core::CryptoRng;
use thiserror::Error;

use super::secret::Secret;
use crate::cbor::{self, Decode, DecodeError, Encode};
use crate::digest::Digest;
use crate::kem::{KemId, KemKey};
use crate::keys::PublicKey;

/// A mechanism that this program can run, in order of preference: the later
/// is stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kem {
    /// DHKEM(X25519, HKDF-SHA256): the floor. Nothing weaker will be added.
    X25519,
    /// X-Wing: X25519 and ML-KEM-768 together; holds if either does.
    XWing,
}

impl Kem {
    /// All that are known here, the weakest first.
    pub const ALL: &'static [Self] = &[Self::X25519, Self::XWing];

    /// The number on the wire.
    #[must_use]
    pub const fn id(self) -> KemId {
        match self {
            Self::X25519 => KemId::X25519,
            Self::XWing => KemId::X_WING,
        }
    }

    /// From the number on the wire; `None` if it can't be run here.
    #[must_use]
    pub fn from_id(id: KemId) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.id() == id)
    }

    /// The length of an encapsulated key in bytes.
    #[must_use]
    pub const fn encapsulated_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::XWing => 1120,
        }
    }
}

impl Encode for Kem {
    fn encode(&self) -> Value {
        self.id().encode()
    }
}

impl Decode for Kem {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::from_id(Decode::decode(value)?).ok_or(DecodeError::OutOfRange)
    }
}

/// The most mechanisms that a list may name.
pub const MAX_KEMS: usize = 8;

/// The mechanisms that a device offers, as it signed them: numbers in
/// ascending order, those included that mean nothing here, because both lists
/// are bound into every seal byte for byte.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KemList(Vec<KemId>);

impl KemList {
    /// What this program offers.
    #[must_use]
    pub fn supported() -> Self {
        Self::of(Kem::ALL)
    }

    /// Just these; a repeated one counts once.
    #[must_use]
    pub fn of(kems: &[Kem]) -> Self {
        let mut ids: Vec<KemId> = kems.iter().map(|k| k.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }

    /// Whether it names `kem`.
    #[must_use]
    pub fn contains(&self, kem: Kem) -> bool {
        self.0.contains(&kem.id())
    }
}

impl fmt::Debug for KemList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|id| format!("{:#06x}", id.0)))
            .finish()
    }
}

impl Encode for KemList {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for KemList {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let listed = <Vec<KemId>>::decode(value)?;
        cbor::sorted(&listed, |id| *id)?;
        if listed.is_empty() || listed.len() > MAX_KEMS {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self(listed))
    }
}

/// The strongest mechanism that both lists name, by the order of [`Kem`] and
/// nobody's own preference; `None` if there is none. Both sides compute it
/// and refuse any other: nobody can be talked down.
#[must_use]
pub fn best_common(a: &KemList, b: &KemList) -> Option<Kem> {
    let common = |k: &&Kem| a.contains(**k) && b.contains(**k);
    Kem::ALL.iter().rev().find(common).copied()
}

/// The short name of a key: 32 bytes that stand for it in `info`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyThumbprint(Digest);

impl KeyThumbprint {
    /// Of a signing key.
    #[must_use]
    pub fn of_signer(key: &PublicKey) -> Self {
        Self(Digest::of("kith/1/signing-key", key.as_bytes()))
    }

    /// Of a KEM key: its mechanism's number in two bytes, then the key.
    #[must_use]
    pub fn of_kem(key: &KemPublicKey) -> Self {
        let number = key.kem.id().0.to_be_bytes();
        Self(Digest::of(
            "kith/1/kem-key",
            &[&number, &*key.bytes].concat(),
        ))
    }
}

impl fmt::Debug for KeyThumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl Encode for KeyThumbprint {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

/// Why bytes aren't a public key: another mechanism than this program can run,
/// or not a key of theirs. The sender's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a usable key of a mechanism that is known here")]
pub struct KemKeyError;

/// The public key that a recipient's accept brings.
#[derive(Clone, PartialEq, Eq)]
pub struct KemPublicKey {
    kem: Kem,
    bytes: Box<[u8]>,
}

/// Runs `$body` with `$K` as HPKE's type of the mechanism `$kem`.
macro_rules! with_kem {
    ($kem:expr, $K:ident => $body:expr) => {
        match $kem {
            Kem::X25519 => {
                type $K = X25519HkdfSha256;
                $body
            }
            Kem::XWing => {
                type $K = XWing;
                $body
            }
        }
    };
}

type Private<K> = <K as hpke::Kem>::PrivateKey;
type Public<K> = <K as hpke::Kem>::PublicKey;
type Encapsulated<K> = <K as hpke::Kem>::EncappedKey;

/// The length of ChaCha20-Poly1305's tag in bytes (RFC 8439).
pub(super) const TAG_LEN: usize = 16;

impl KemPublicKey {
    /// From the mechanism's own bytes.
    ///
    /// # Errors
    /// Another length, or (X-Wing) coefficients that aren't reduced. An
    /// X25519 key of small order is found only when sealing to it.
    pub fn from_bytes(kem: Kem, bytes: &[u8]) -> Result<Self, KemKeyError> {
        with_kem!(kem, K => Public::<K>::from_bytes(bytes).map(|_| ())).map_err(|_| KemKeyError)?;
        Ok(Self {
            kem,
            bytes: bytes.into(),
        })
    }

    /// Which mechanism it is for.
    #[must_use]
    pub fn kem(&self) -> Kem {
        self.kem
    }

    /// The mechanism's own bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Encrypts `buffer` in place to this key; gives the encapsulated key and
    /// the tag.
    pub(super) fn encrypt(
        &self,
        info: &[u8],
        buffer: &mut [u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, [u8; TAG_LEN]), HpkeError> {
        with_kem!(self.kem, K => {
            let key = Public::<K>::from_bytes(&self.bytes)?;
            let (enc, tag) = hpke::single_shot_seal_inout_detached_with_rng::<
                ChaCha20Poly1305, HkdfSha256, K,
            >(&OpModeS::Base, &key, info, InOutBuf::from(buffer), &[], rng)?;
            let mut tag_bytes = [0; TAG_LEN];
            tag.write_exact(&mut tag_bytes);
            Ok((enc.to_bytes().to_vec(), tag_bytes))
        })
    }
}

impl fmt::Debug for KemPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.kem, KeyThumbprint::of_kem(self))
    }
}

impl Encode for KemPublicKey {
    fn encode(&self) -> Value {
        KemKey::from(self).encode()
    }
}

impl Decode for KemPublicKey {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::try_from(&KemKey::decode(value)?).map_err(|_| DecodeError::BadKey)
    }
}

impl From<&KemPublicKey> for KemKey {
    fn from(key: &KemPublicKey) -> Self {
        Self {
            kem: key.kem.id(),
            public: key.bytes.to_vec(),
        }
    }
}

impl TryFrom<&KemKey> for KemPublicKey {
    type Error = KemKeyError;

    fn try_from(key: &KemKey) -> Result<Self, KemKeyError> {
        let kem = Kem::from_id(key.kem).ok_or(KemKeyError)?;
        Self::from_bytes(kem, &key.public)
    }
}

/// A KEM key pair. The secret (32 bytes for both mechanisms) is wiped when
/// dropped; `Debug` shows the public half.
pub struct KemKeyPair {
    secret: Secret,
    public: KemPublicKey,
}

impl KemKeyPair {
    /// A fresh pair.
    #[must_use]
    pub fn generate(kem: Kem, rng: &mut impl CryptoRng) -> Self {
        let mut ikm = Secret::zeroed(32);
        rng.fill_bytes(ikm.bytes_mut());
        Self::derive(kem, ikm.bytes())
    }

    /// The pair that HPKE's `DeriveKeyPair` makes of `ikm` (at least 32
    /// random bytes). Sharing uses [`KemKeyPair::generate`]; this is for
    /// vectors and tests, where the pair must be the same each time.
    #[must_use]
    pub fn derive(kem: Kem, ikm: &[u8]) -> Self {
        with_kem!(kem, K => {
            let (private, public) = <K as hpke::Kem>::derive_keypair(ikm);
            let mut secret = Secret::zeroed(Private::<K>::size());
            private.write_exact(secret.bytes_mut());
            Self {
                secret,
                public: KemPublicKey { kem, bytes: public.to_bytes().as_slice().into() },
            }
        })
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &KemPublicKey {
        &self.public
    }

    /// Decrypts `buffer` in place. After an error its content is undefined.
    pub(super) fn decrypt(
        &self,
        info: &[u8],
        encapsulated: &[u8],
        buffer: &mut [u8],
        tag: &[u8],
    ) -> Result<(), HpkeError> {
        with_kem!(self.public.kem, K => {
            let key = Private::<K>::from_bytes(self.secret.bytes())?;
            let enc = Encapsulated::<K>::from_bytes(encapsulated)?;
            let tag = AeadTag::<ChaCha20Poly1305>::from_bytes(tag)?;
            hpke::single_shot_open_inout_detached::<ChaCha20Poly1305, HkdfSha256, K>(
                &OpModeR::Base, &key, &enc, info, InOutBuf::from(buffer), &[], &tag,
            )
        })
    }
}

impl fmt::Debug for KemKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemKeyPair(secret of {:?})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor::{from_bytes, to_bytes};
    use crate::testing::rng;

    fn list(numbers: &[u16]) -> KemList {
        KemList(numbers.iter().map(|n| KemId(*n)).collect())
    }

    #[test]
    fn the_strongest_common_mechanism_is_taken() {
        let both = KemList::supported();
        let x25519 = KemList::of(&[Kem::X25519]);
        let newer = list(&[0x0020, 0x0051, 0x647a, 0xf000]);
        let unknown = list(&[0xf000]);
        assert_eq!(best_common(&both, &both), Some(Kem::XWing));
        assert_eq!(best_common(&both, &newer), Some(Kem::XWing));
        assert_eq!(best_common(&newer, &x25519), Some(Kem::X25519));
        assert_eq!(best_common(&both, &unknown), None);
        assert_eq!(best_common(&unknown, &unknown), None);
    }

    #[test]
    fn a_list_keeps_what_it_does_not_know_and_has_one_form() {
        let newer = list(&[0x0020, 0x0051, 0xf000]);
        assert_eq!(from_bytes::<KemList>(&to_bytes(&newer), 100), Ok(newer));
        for bad in [&[][..], &[2, 1], &[1, 1], &[1, 2, 3, 4, 5, 6, 7, 8, 9]] {
            let bytes = to_bytes(&list(bad));
            assert!(from_bytes::<KemList>(&bytes, 100).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_the_mechanism() {
        for kem in Kem::ALL {
            let (public, enc) =
                with_kem!(*kem, K => (Public::<K>::size(), Encapsulated::<K>::size()));
            assert_eq!(kem.id().public_len(), Some(public));
            assert_eq!(kem.encapsulated_len(), enc);
            let number = with_kem!(*kem, K => <K as hpke::Kem>::KEM_ID);
            assert_eq!(Kem::from_id(KemId(number)), Some(*kem));
        }
        assert_eq!(AeadTag::<ChaCha20Poly1305>::size(), TAG_LEN);
    }

    #[test]
    fn a_public_key_comes_back_and_a_bad_one_is_refused() {
        for kem in Kem::ALL {
            let pair = KemKeyPair::generate(*kem, &mut rng(3));
            let bytes = to_bytes(pair.public());
            assert_eq!(
                from_bytes::<KemPublicKey>(&bytes, 2000).as_ref(),
                Ok(pair.public())
            );
            let short = &pair.public().as_bytes()[1..];
            assert_eq!(KemPublicKey::from_bytes(*kem, short), Err(KemKeyError));
        }
        // Twelve bits of ones are no reduced coefficient of ML-KEM.
        let unreduced = vec![0xff; 1216];
        assert_eq!(
            KemPublicKey::from_bytes(Kem::XWing, &unreduced),
            Err(KemKeyError)
        );
    }

    #[test]
    fn thumbprints_tell_mechanisms_and_keys_apart() {
        let a = KemKeyPair::generate(Kem::X25519, &mut rng(1));
        let b = KemKeyPair::generate(Kem::X25519, &mut rng(2));
        assert_ne!(
            KeyThumbprint::of_kem(a.public()),
            KeyThumbprint::of_kem(b.public())
        );
    }

    #[test]
    fn a_key_pair_shows_only_its_public_half() {
        let pair = KemKeyPair::generate(Kem::XWing, &mut rng(1));
        let hex: String = pair
            .secret
            .bytes()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let shown = format!("{pair:?} {pair:#?}");
        assert!(!shown.contains(&hex[..8]));
        assert!(!shown.contains(&format!("{:?}", pair.secret.bytes())));
    }
}
