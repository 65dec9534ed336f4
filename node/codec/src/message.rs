//! The view protocol: messages between a share and one viewer.
//!
//! A message is a kind (one byte), the length of its body (three bytes,
//! little-endian) and the body. Kinds below 128 are critical: one that is not
//! known ends the connection. Kinds from 128 on may be skipped. See
//! `protocol-spec/11-share-codec.md`.

mod to_sharer;
mod to_viewer;

pub use to_sharer::{Report, ToSharer};
pub(crate) use to_viewer::UpdateWriter;
pub use to_viewer::{
    CursorShape, EndReason, FilmAction, FilmPiece, MAX_CURSOR_SIDE, MAX_CURSORS, MAX_MASKS,
    SourceState, ToViewer, Update,
};

use crate::chunk::MAX_CHUNK;
use crate::film::{MAX_FILM_BYTES, MAX_FILMS};
use crate::wire::{Put, Reader, WireError};

/// The version of the protocol that this crate speaks.
pub const VERSION: u8 = 1;

/// Bytes before the body of a message.
pub const HEAD: usize = 4;

/// Longest body of an update in bytes: what fits its three-byte length.
/// Other kinds have smaller limits of their own.
pub const MAX_BODY: usize = (1 << 24) - 1;

/// Longest body of a skippable message of unknown kind, bytes.
pub const MAX_UNKNOWN: usize = 64 * 1024;

/// Updates of at most so many bytes, head included, may be acknowledged late:
/// a key typed makes such a one, and would cost the sharer a packet only to
/// say that the acknowledgement came.
pub const LATE_UPDATE: usize = 256;

/// Most bytes of updates that a viewer leaves without acknowledgement in that
/// way: a quarter of the credit that there always is.
pub const LATE_BYTES: usize = 1024;

/// Most compressed bytes of an update's chunk: what zstd needs at worst for
/// [`MAX_CHUNK`].
pub(crate) const MAX_PACKED: usize = MAX_CHUNK + MAX_CHUNK / 256 + 1024;

const _: () = assert!(MAX_PACKED + MAX_FILM_BYTES + 64 * MAX_FILMS < MAX_BODY);

/// Numbers of the kinds of messages. 0x30 to 0x3f are those of
/// [`crate::input`]. Ranges without a name here are reserved: 0x40 clipboard,
/// 0x50 audio, 0x60 recording, 0x68 pointing.
pub(crate) mod kind {
    pub(crate) const HELLO: u8 = 0x01;
    pub(crate) const UPDATE: u8 = 0x02;
    pub(crate) const CURSOR_SHAPE: u8 = 0x03;
    pub(crate) const CURSOR: u8 = 0x04;
    pub(crate) const MASKS: u8 = 0x05;
    pub(crate) const SOURCE: u8 = 0x06;
    pub(crate) const END: u8 = 0x07;
    pub(crate) const ACK: u8 = 0x20;
    pub(crate) const RESET: u8 = 0x21;
    pub(crate) const SHOWN: u8 = 0x22;
    pub(crate) const REPORT: u8 = 0xa0;
    /// From here on, unknown kinds are skipped.
    pub(crate) const SKIPPABLE: u8 = 0x80;
}

/// Why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The peer sent bytes that are no message of the kind they name.
    #[error("message: {0}")]
    Wire(#[from] WireError),
    /// The peer sent a message longer than its kind allows.
    #[error("a message of kind {0:#04x} is too long")]
    TooLong(u8),
    /// The peer sent a message of a kind that must be understood, and is not.
    /// It is incompatible, or sent what belongs to the other direction.
    #[error("unknown critical message of kind {0:#04x}")]
    Unknown(u8),
    /// The peer sent a value outside its range.
    #[error("a value is out of range in a message of kind {0:#04x}")]
    Range(u8),
}

/// A message cut out of a byte stream, not looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// What kind of message.
    pub kind: u8,
    /// Its body.
    pub body: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Whether it is one of input and control, to be read by
    /// [`crate::input`] and not by [`ToSharer`] or [`ToViewer`].
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(self.kind, 0x30..=0x3f)
    }

    /// Takes the first message off `bytes`: it and how many bytes it took, or
    /// `None` if more bytes are needed. Lengths beyond the limit of the kind
    /// are refused from the first four bytes, before a reader has to buffer.
    ///
    /// # Errors
    /// [`MessageError::TooLong`], [`MessageError::Unknown`].
    pub fn split(bytes: &'a [u8]) -> Result<Option<(Self, usize)>, MessageError> {
        let mut r = Reader::new(bytes);
        let (Ok(kind), Ok(len)) = (r.u8(), r.u24()) else {
            return Ok(None);
        };
        let len = len as usize;
        if len > limit(kind)? {
            return Err(MessageError::TooLong(kind));
        }
        match r.bytes(len) {
            Ok(body) => Ok(Some((Self { kind, body }, HEAD + len))),
            Err(_) => Ok(None),
        }
    }
}

/// Longest body of a kind.
fn limit(of: u8) -> Result<usize, MessageError> {
    Ok(match of {
        kind::HELLO => 256,
        kind::UPDATE => MAX_BODY,
        kind::CURSOR_SHAPE => 16 + 4 * MAX_CURSOR_SIDE as usize * MAX_CURSOR_SIDE as usize,
        kind::CURSOR => 16,
        kind::MASKS => 2 + 8 * MAX_MASKS,
        kind::SOURCE | kind::END | kind::RESET | kind::SHOWN => 1,
        kind::ACK => 8,
        kind::REPORT => 256,
        k if k >= kind::SKIPPABLE => MAX_UNKNOWN,
        k => crate::input::limit(k).ok_or(MessageError::Unknown(k))?,
    })
}

/// The first message of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Oldest version the sender speaks.
    pub min: u8,
    /// Newest version the sender speaks.
    pub max: u8,
    /// Bits for what it can do beyond; unknown ones are ignored. None so far.
    pub features: u32,
}

impl Hello {
    /// What this crate says.
    #[must_use]
    pub const fn ours() -> Self {
        Self {
            min: VERSION,
            max: VERSION,
            features: 0,
        }
    }

    /// The newest version both speak, if any.
    #[must_use]
    pub fn agree(self, other: Self) -> Option<u8> {
        let v = self.max.min(other.max);
        (v >= self.min.max(other.min)).then_some(v)
    }

    fn put(self, out: &mut Vec<u8>) {
        out.put_u8(self.min);
        out.put_u8(self.max);
        out.put_u32(self.features);
    }

    /// Later versions may append; what follows is ignored.
    fn get(r: &mut Reader<'_>) -> Result<Self, MessageError> {
        let hello = Self {
            min: r.u8()?,
            max: r.u8()?,
            features: r.u32()?,
        };
        if hello.min == 0 || hello.min > hello.max {
            return Err(MessageError::Range(kind::HELLO));
        }
        Ok(hello)
    }
}

/// The number after `n`; 0 is never used.
pub(crate) const fn next_sequence(n: u32) -> u32 {
    if n == u32::MAX { 1 } else { n + 1 }
}

/// Puts head and body together.
pub(crate) fn message(kind: u8, body: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![kind, 0, 0, 0];
    body(&mut out);
    let len = (out.len() - HEAD) as u32;
    out[1..HEAD].copy_from_slice(&len.to_le_bytes()[..3]);
    out
}

#[cfg(test)]
mod tests;
