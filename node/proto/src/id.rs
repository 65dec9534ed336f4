//! Newtypes for everything that has a name on the wire (spec 00, "Ids").
//!
//! Each id has three forms: bytes on the wire; text for people and files
//! (Bech32m with a prefix a kind, so that a mistyped or wrong-kind id is
//! noticed); and a short form in `Debug`, for logs only.

use core::fmt;
use core::str::FromStr;

use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use ciborium::Value;
use rand_core::CryptoRng;
use thiserror::Error;

use crate::cbor::{Decode, DecodeError, Encode};
use crate::digest::Digest;
use crate::keys::PublicKey;

/// Why a text isn't the id that was expected. The writer's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// Not Bech32m: a wrong character, length or checksum; usually a typing
    /// or copying mistake.
    #[error("not a Kith id: a character is wrong or missing")]
    Malformed,
    /// An id of another kind, or of another program.
    #[error(
        "this is an id that starts with “{found}”; one that starts with “{expected}” is needed"
    )]
    OtherKind {
        /// The prefix expected.
        expected: &'static str,
        /// The prefix found.
        found: String,
    },
    /// The right kind and checksum, but not the bytes of such an id.
    #[error("not the bytes of such an id")]
    BadBytes,
}

fn to_text(prefix: &'static str, bytes: &[u8]) -> String {
    // The prefixes are constants in this file, all valid (tested); and no id
    // is near Bech32m's length limit.
    Hrp::parse(prefix)
        .ok()
        .and_then(|hrp| bech32::encode_lower::<Bech32m>(hrp, bytes).ok())
        .unwrap_or_default()
}

fn from_text<const N: usize>(prefix: &'static str, text: &str) -> Result<[u8; N], IdError> {
    let checked = CheckedHrpstring::new::<Bech32m>(text).map_err(|_| IdError::Malformed)?;
    let found = checked.hrp().to_lowercase();
    if found != prefix {
        return Err(IdError::OtherKind {
            expected: prefix,
            found,
        });
    }
    let mut bytes = checked.byte_iter();
    let mut out = [0; N];
    for b in &mut out {
        *b = bytes.next().ok_or(IdError::BadBytes)?;
    }
    // Re-encoding refuses padding bits that aren't zero: one text an id.
    if bytes.next().is_some() || !to_text(prefix, &out).eq_ignore_ascii_case(text) {
        return Err(IdError::BadBytes);
    }
    Ok(out)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $n:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $n]);

        impl $name {
            /// The prefix of the text form.
            pub const PREFIX: &'static str = $prefix;
            /// How many bytes it has on the wire.
            pub const LEN: usize = $n;

            /// From the bytes on the wire.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $n]) -> Self {
                Self(bytes)
            }

            /// The bytes on the wire.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $n] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&to_text($prefix, &self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}:", $prefix)?;
                self.0[..5].iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                from_text($prefix, text).map(Self)
            }
        }

        impl Encode for $name {
            fn encode(&self) -> Value {
                self.0.encode()
            }
        }

        impl Decode for $name {
            fn decode(value: Value) -> Result<Self, DecodeError> {
                Decode::decode(value).map(Self)
            }
        }
    };
}

id! {
    /// A person (ID-1): the digest of the first entry of the person's log, so
    /// that it survives every change of keys. Text: `kithp1…`.
    PersonId, 32, "kithp"
}
id! {
    /// A device: its Ed25519 public key, which is also its libp2p identity.
    /// A usable point is checked where a record brings one
    /// ([`DeviceId::public_key`]). Text: `kithd1…`.
    DeviceId, 32, "kithd"
}
id! {
    /// An organisation (POL-1): the digest of its first policy document.
    /// Text: `kitho1…`.
    OrgId, 32, "kitho"
}
id! {
    /// A room: the digest of the entry that opened it. Text: `kithr1…`.
    RoomId, 32, "kithr"
}
id! {
    /// A key that signs policies (POL-1), an administrator's or a recovery
    /// key: its Ed25519 public key. On the wire it is a key; this is its form
    /// for people. Text: `kithk1…`.
    AdminKeyId, 32, "kithk"
}
id! {
    /// One share, from asking to destruction (SEAL-1): sixteen random bytes
    /// chosen by whoever asks. Text: `kiths1…`.
    SessionId, 16, "kiths"
}

impl DeviceId {
    /// The device's key.
    ///
    /// # Errors
    /// The bytes aren't a usable Ed25519 public key.
    pub fn public_key(&self) -> Result<PublicKey, DecodeError> {
        PublicKey::from_bytes(self.0)
    }
}

impl AdminKeyId {
    /// The key.
    ///
    /// # Errors
    /// The bytes aren't a usable Ed25519 public key.
    pub fn public_key(&self) -> Result<PublicKey, DecodeError> {
        PublicKey::from_bytes(self.0)
    }
}

impl From<PublicKey> for AdminKeyId {
    fn from(key: PublicKey) -> Self {
        Self(*key.as_bytes())
    }
}

impl From<PublicKey> for DeviceId {
    fn from(key: PublicKey) -> Self {
        Self(*key.as_bytes())
    }
}

macro_rules! from_digest {
    ($($name:ident),*) => {$(
        impl From<Digest> for $name {
            fn from(d: Digest) -> Self {
                Self(*d.as_bytes())
            }
        }
    )*};
}
from_digest!(PersonId, OrgId, RoomId);

impl SessionId {
    /// A fresh session id.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_has_the_prefix_and_comes_back() {
        let p = PersonId::from_bytes([7; 32]);
        let text = p.to_string();
        assert!(text.starts_with("kithp1"), "{text}");
        assert_eq!(text.parse::<PersonId>().unwrap(), p);
        assert_eq!(text.to_uppercase().parse::<PersonId>().unwrap(), p);
        let s = SessionId::from_bytes([9; 16]);
        assert_eq!(s.to_string().parse::<SessionId>().unwrap(), s);
    }

    #[test]
    fn another_kind_is_named() {
        let text = DeviceId::from_bytes([7; 32]).to_string();
        assert_eq!(
            text.parse::<PersonId>(),
            Err(IdError::OtherKind {
                expected: "kithp",
                found: "kithd".into()
            })
        );
    }

    #[test]
    fn wrong_length_is_refused() {
        let short = to_text("kithp", &[7; 31]);
        let long = to_text("kithp", &[7; 33]);
        assert_eq!(short.parse::<PersonId>(), Err(IdError::BadBytes));
        assert_eq!(long.parse::<PersonId>(), Err(IdError::BadBytes));
    }

    #[test]
    fn padding_that_is_not_zero_is_refused() {
        // 32 bytes fill 51.2 characters: the last one has four padding bits.
        use bech32::primitives::iter::{ByteIterExt as _, Fe32IterExt as _};
        let hrp = Hrp::parse("kithp").unwrap();
        let mut fes: Vec<bech32::Fe32> = [7u8; 32].iter().copied().bytes_to_fes().collect();
        let last = fes.last_mut().unwrap();
        *last = bech32::Fe32::try_from(last.to_u8() | 1).unwrap();
        let text: String = fes
            .into_iter()
            .with_checksum::<Bech32m>(&hrp)
            .chars()
            .collect();
        assert_eq!(text.parse::<PersonId>(), Err(IdError::BadBytes));
    }

    proptest! {
        #[test]
        fn one_changed_character_is_noticed(
            bytes in any::<[u8; 32]>(), at in 6usize..64, to in 0usize..32,
        ) {
            let text = RoomId::from_bytes(bytes).to_string();
            let mut chars: Vec<char> = text.chars().collect();
            let at = at.min(chars.len() - 1);
            let to = "qpzry9x8gf2tvdw0s3jn54khce6mua7l".chars().nth(to).unwrap();
            prop_assume!(chars[at] != to);
            chars[at] = to;
            let changed: String = chars.into_iter().collect();
            prop_assert_eq!(changed.parse::<RoomId>(), Err(IdError::Malformed));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,120}") {
            let _ = text.parse::<SessionId>();
        }
    }
}
