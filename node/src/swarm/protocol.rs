//! Names of stream protocols: `/kith/<part>/<major>`.

use std::{borrow::Cow, fmt};

use libp2p::StreamProtocol;

/// Longest part name, in bytes.
const MAX_PART: usize = 24;

/// A stream protocol, named `/kith/<part>/<major>`.
///
/// Specification: `06-transports.md`, "Protocols".
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol(Cow<'static, str>);

/// The name is not of the form `/kith/<part>/<major>`: we misused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a protocol part is 1 to 24 lower-case letters or hyphens")]
pub struct BadProtocol;

impl Protocol {
    /// What a stranger may say: `/kith/hello/1` (THREATS R7).
    pub const HELLO: Self = Self(Cow::Borrowed("/kith/hello/1"));

    /// The lanes of a share: `/kith/share/1`.
    pub const SHARE: Self = Self(Cow::Borrowed("/kith/share/1"));
    /// Hosted sessions, carried to the viewer: `/kith/hosted/1`.
    pub const HOSTED: Self = Self(Cow::Borrowed("/kith/hosted/1"));
    /// Probing of paths: `/kith/path/1`.
    pub const PATH: Self = Self(Cow::Borrowed("/kith/path/1"));
    /// Trial pictures: `/kith/trial/1`.
    pub const TRIAL: Self = Self(Cow::Borrowed("/kith/trial/1"));

    /// Protocol `part` in its version `major`.
    ///
    /// # Errors
    /// [`BadProtocol`] when `part` is empty, too long or has other characters
    /// than `a` to `z` and `-`.
    pub fn new(part: &str, major: u16) -> Result<Self, BadProtocol> {
        let sound = (1..=MAX_PART).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !sound {
            return Err(BadProtocol);
        }
        Ok(Self(Cow::Owned(format!("/kith/{part}/{major}"))))
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn to_stream(&self) -> StreamProtocol {
        match &self.0 {
            Cow::Borrowed(name) => StreamProtocol::new(name),
            // The name begins with a slash by construction, which is all that is asked.
            Cow::Owned(name) => StreamProtocol::try_from_owned(name.clone())
                .unwrap_or(StreamProtocol::new("/kith/invalid")),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(Protocol::new("share", 1).unwrap().as_str(), "/kith/share/1");
        assert_eq!(Protocol::new("hello", 1), Ok(Protocol::HELLO));
        assert_eq!(Protocol::HELLO.to_stream().as_ref(), "/kith/hello/1");
        for bad in ["", "Share", "a/b", "ümlaut", &"x".repeat(25)] {
            assert_eq!(Protocol::new(bad, 1), Err(BadProtocol), "{bad}");
        }
    }
}
