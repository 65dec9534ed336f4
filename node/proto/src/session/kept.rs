//! What the store holds of a share that runs, so that both can sign its end
//! also after a crash (UI-4; spec 09, "Crash"). It never leaves the device.

use ciborium::Value;

use super::{Course, Terms};
use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder, MapReader};

/// The largest in bytes: terms with all their lists, and an extent besides.
const MAX: usize = 64 * 1024;

/// What the end record of a share is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Under which terms it runs.
    pub terms: Terms,
    /// How it went so far.
    pub course: Course,
}

impl Kept {
    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads them.
    ///
    /// # Errors
    /// Not what [`Self::to_bytes`] makes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(cbor::value_from_bytes(bytes, MAX)?)
    }
}

impl Encode for Kept {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.terms)
            .put(2, &self.course.started)
            .put(3, &self.course.most)
            .build()
    }
}

impl Decode for Kept {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let kept = Self {
            terms: r.req(1)?,
            course: Course {
                started: r.req(2)?,
                most: r.req(3)?,
            },
        };
        let _ = r.finish()?;
        Ok(kept)
    }
}
