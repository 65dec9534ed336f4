//! Ed25519 keys (RFC 8032): who signs. Secrets are erased when dropped and
//! never printed.

use core::fmt;

use ciborium::Value;
use ed25519_dalek as dalek;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::cbor::{Decode, DecodeError, Encode};

/// The length of an Ed25519 signature in bytes.
pub const SIGNATURE_LEN: usize = 64;

/// A public key whose point decodes and isn't of small order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(dalek::VerifyingKey);

impl PublicKey {
    /// From the 32 bytes of RFC 8032 §5.1.2.
    ///
    /// # Errors
    /// [`DecodeError::BadKey`] for bytes that aren't the canonical form of a
    /// point, and for points of small order (any signature would fit some
    /// message under those).
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, DecodeError> {
        let key = dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| DecodeError::BadKey)?;
        if key.is_weak() || !is_reduced(&bytes) {
            return Err(DecodeError::BadKey);
        }
        Ok(Self(key))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether `signature` over `message` was made by this key. Strict: the
    /// signature's own point may not be of small order, and its scalar must
    /// be reduced, so there is no second form of a valid signature.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        dalek::Signature::from_slice(signature)
            .is_ok_and(|s| self.0.verify_strict(message, &s).is_ok())
    }
}

/// Whether the y coordinate in these bytes is below 2^255 − 19. dalek keeps the
/// bytes it was given; a y that isn't reduced would give one key two names.
/// (So would an x of zero with a sign; both points that have it are weak.)
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = bytes;
    *lowest < 0xed || highest & 0x7f != 0x7f || middle.iter().any(|b| *b != 0xff)
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key:")?;
        self.as_bytes()[..5]
            .iter()
            .try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl Encode for PublicKey {
    fn encode(&self) -> Value {
        self.as_bytes().encode()
    }
}

impl Decode for PublicKey {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::from_bytes(Decode::decode(value)?)
    }
}

/// A signing key. Erased on drop; printed only as its public half.
pub struct SigningKey(dalek::SigningKey);

impl SigningKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_seed(&seed)
    }

    /// From the 32-byte seed of RFC 8032 §5.1.5.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, to be wrapped and stored.
    #[must_use]
    pub fn to_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs `message` (deterministic, RFC 8032).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        use dalek::Signer as _;
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(secret of {:?})", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;

    #[test]
    fn rfc8032_test_1() {
        // RFC 8032 §7.1, TEST 1: the empty message.
        let seed = crate::testing::hex::<32>(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        );
        let key = SigningKey::from_seed(&seed);
        assert_eq!(
            *key.public().as_bytes(),
            crate::testing::hex::<32>(
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
            )
        );
        let sig = key.sign(b"");
        assert_eq!(
            sig,
            crate::testing::hex::<64>(
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                 5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            )
        );
        assert!(key.public().verifies(b"", &sig));
        assert!(!key.public().verifies(b"x", &sig));
    }

    #[test]
    fn small_order_and_unreduced_points_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_bytes(identity), Err(DecodeError::BadKey));
        assert_eq!(PublicKey::from_bytes([0; 32]), Err(DecodeError::BadKey));
        // y = 2^255 − 19 + 3, the unreduced form of y = 3.
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xed + 3;
        unreduced[31] = 0x7f;
        let mut reduced = [0; 32];
        reduced[0] = 3;
        assert!(PublicKey::from_bytes(reduced).is_ok());
        assert_eq!(PublicKey::from_bytes(unreduced), Err(DecodeError::BadKey));
    }

    #[test]
    fn every_key_has_one_form() {
        // Whatever a point is written as, only what it compresses to is read.
        let two_forms = |bytes: [u8; 32]| {
            let key = dalek::VerifyingKey::from_bytes(&bytes);
            key.is_ok_and(|k| k.to_edwards().compress().to_bytes() != bytes)
        };
        let mut seen = 0;
        for low in 0..=0xff {
            for sign in [0, 0x80] {
                for y in [[0xff; 30], [0; 30]] {
                    let mut bytes = [0; 32];
                    bytes[0] = low;
                    bytes[1..31].copy_from_slice(&y);
                    for high in [0x7f, 0x7e] {
                        bytes[31] = high | sign;
                        seen += u32::from(two_forms(bytes));
                        assert!(!two_forms(bytes) || PublicKey::from_bytes(bytes).is_err());
                        let one = dalek::VerifyingKey::from_bytes(&bytes)
                            .is_ok_and(|k| !k.is_weak() && !two_forms(bytes));
                        assert_eq!(PublicKey::from_bytes(bytes).is_ok(), one);
                    }
                }
            }
        }
        assert!(seen > 4, "{seen}: else this tests nothing");
        for sign in [0, 0x80] {
            let mut identity = [0; 32];
            identity[0] = 1;
            identity[31] = sign;
            assert_eq!(PublicKey::from_bytes(identity), Err(DecodeError::BadKey));
        }
    }

    /// A signature whose point is the identity fits any message under the
    /// common equation, if its scalar is chosen so; only the strict check
    /// refuses it. Made here by the key's owner, who could then deny it.
    #[test]
    fn a_signature_with_a_point_of_small_order_is_refused() {
        use curve25519_dalek::scalar::Scalar;
        use dalek::Verifier as _;
        use sha2::{Digest as _, Sha512};
        let key = SigningKey::from_seed(&[5; 32]);
        let (message, public) = (b"message", key.public());
        let mut point = [0; 32];
        point[0] = 1;
        let hash = Sha512::new()
            .chain_update(point)
            .chain_update(public.as_bytes())
            .chain_update(message)
            .finalize();
        let scalar = Scalar::from_bytes_mod_order_wide(&hash.into()) * key.0.to_scalar();
        let signature = [point, scalar.to_bytes()].concat();
        let lax = dalek::Signature::from_slice(&signature).unwrap();
        assert!(
            key.0.verifying_key().verify(message, &lax).is_ok(),
            "else this tests nothing"
        );
        assert!(!public.verifies(message, &signature));
    }

    #[test]
    fn a_secret_is_never_printed() {
        let key = SigningKey::generate(&mut rng(1));
        let seed = key.to_seed();
        let shown = format!("{key:?} {key:#?}");
        let seed_hex: String = seed.iter().map(|b| format!("{b:02x}")).collect();
        assert!(!shown.contains(&seed_hex) && !shown.contains(&format!("{seed:?}")));
    }
}
