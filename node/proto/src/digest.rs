//! SHA-256 digests with a domain: the links of every chain and the ids that
//! are made from content (spec 02, "Digests").

use core::fmt;

use ciborium::Value;
use sha2::{Digest as _, Sha256};

use crate::cbor::{Decode, DecodeError, Encode};

/// A SHA-256 digest, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `content` under `domain`: SHA-256 of the domain's bytes,
    /// one zero byte, and the content. Domains hold no zero byte, so two
    /// domains never give the same input.
    #[must_use]
    pub fn of(domain: &str, content: &[u8]) -> Self {
        let mut h = Sha256::new();
        h.update(domain.as_bytes());
        h.update([0]);
        h.update(content);
        Self(h.finalize().into())
    }

    /// Begins a digest of content that comes in parts.
    #[must_use]
    pub fn begin(domain: &str) -> Running {
        let mut h = Sha256::new();
        h.update(domain.as_bytes());
        h.update([0]);
        Running(h)
    }

    /// From the 32 bytes themselves.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A digest under way: what [`Digest::of`] gives for all parts together.
#[derive(Clone)]
pub struct Running(Sha256);

impl Running {
    /// The next part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The digest of all parts.
    #[must_use]
    pub fn end(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Running(…)")
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for b in &self.0[..6] {
            write!(f, "{b:02x}")?;
        }
        write!(f, "…")
    }
}

impl Encode for Digest {
    fn encode(&self) -> Value {
        Value::Bytes(self.0.to_vec())
    }
}

impl Decode for Digest {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        <[u8; 32]>::decode(value).map(Self)
    }
}
