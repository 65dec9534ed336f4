//! Reasons and ways as words that programs know.

use ciborium::Value;

use crate::cbor::{Decode, DecodeError, Encode};

/// A stable code of a reason (UI-6): 1 to 48 lower-case ASCII letters, digits
/// and hyphens, beginning with a letter. No free text gets into a log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

impl Code {
    /// The most bytes.
    pub const MAX: usize = 48;

    /// From text.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`] for anything but a code.
    pub fn new(text: &str) -> Result<Self, DecodeError> {
        let fine = text.len() <= Self::MAX
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        match fine {
            true => Ok(Self(text.to_owned())),
            false => Err(DecodeError::OutOfRange),
        }
    }

    /// From one of our own constants, whose form tests have looked at.
    pub(crate) fn known(text: &'static str) -> Self {
        debug_assert!(Self::new(text).is_ok(), "{text}");
        Self(text.to_owned())
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Encode for Code {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for Code {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::new(&String::decode(value)?)
    }
}
