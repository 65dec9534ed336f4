//! What node and warden say to each other, over a socketpair that the warden
//! inherits.
//!
//! A frame is its length (four bytes, little-endian, at most [`MAX_FRAME`]) and
//! canonical CBOR: a map whose key 0 is the kind. Both programs are the same
//! binary, so there is one version; [`VERSION`] is checked all the same. Rule
//! of this protocol: the node can take rights away by saying so; to give any,
//! it can only ask, and the person at the screen answers in a window of the
//! warden ([`ToWarden::Ask`]). The one exception is what that person said in
//! advance ([`Word::Advance`], ASK-3); while anybody has control, and for a
//! while after, it is a question all the same (GUARD-9).

mod from_warden;
mod to_warden;
mod values;

#[cfg(test)]
mod tests;

use kith_proto::cbor::{self, Decode, DecodeError, Encode};

pub use from_warden::{Answer, Bar, Change, Ended, FromWarden, PanicStage, Pause};
pub use to_warden::{Controllers, Note, Offer, Purpose, ToWarden, Watcher, Word};
pub use values::{
    AskId, MAX_LINE, MAX_LINES, MAX_NAME, MAX_WATCHERS, Verified, Who, fit, fit_lines,
};

/// The version of this protocol.
pub const VERSION: u64 = 1;

/// Longest frame in bytes: a share with all its windows and limits is 8 KiB.
pub const MAX_FRAME: usize = 64 * 1024;

/// Why the other process's bytes can't be read. It is of another version, or
/// broken.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// A frame longer than [`MAX_FRAME`].
    #[error("a frame of {0} bytes")]
    TooLong(usize),
    /// Not a message.
    #[error("a message that can't be read: {0}")]
    Message(#[from] DecodeError),
}

/// A message as a frame.
#[must_use]
pub fn frame(message: &impl Encode) -> Vec<u8> {
    let body = cbor::to_bytes(message);
    let mut out = Vec::with_capacity(4 + body.len());
    // Bodies are bounded far below 2^32 by the limits of their parts.
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(&body);
    out
}

/// Cuts messages out of a stream of bytes.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    at: usize,
}

impl Frames {
    /// Nothing received yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.at > 0 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message, if one is there.
    ///
    /// # Errors
    /// [`ProtocolError`]; the stream can't be read any further.
    pub fn take<T: Decode>(&mut self) -> Result<Option<T>, ProtocolError> {
        let rest = &self.bytes[self.at..];
        let Some((head, body)) = rest.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let len = u32::from_le_bytes(*head) as usize;
        if len > MAX_FRAME {
            return Err(ProtocolError::TooLong(len));
        }
        let Some(body) = body.get(..len) else {
            return Ok(None);
        };
        let message = cbor::from_bytes(body, MAX_FRAME)?;
        self.at += 4 + len;
        Ok(Some(message))
    }
}
