//! Frames and envelopes of the local socket: a length of four bytes, big
//! endian, then one CBOR item of that length.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{ApiError, Event, Reply, Request};

/// The version of this API. A node serves exactly the faces that greet with
/// the same number; the packages are installed together.
pub const VERSION: u32 = 1;

/// The largest frame in bytes. A package of entries or a backup may be large;
/// the socket is our own user's.
pub const MAX_FRAME: usize = 64 * 1024 * 1024;

/// Frames up to this many bytes have their place from the beginning.
const SMALL: usize = 16 * 1024;

/// The first frame in each direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// [`VERSION`] of the sender.
    pub api: u32,
    /// The sender's program and version, for messages only.
    pub software: String,
    /// From a node: why it doesn't serve this face. It closes the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<ApiError>,
}

impl Greeting {
    /// The greeting of `software`, in this version of the API.
    #[must_use]
    pub fn of(software: &str) -> Self {
        Self {
            api: VERSION,
            software: software.to_owned(),
            refused: None,
        }
    }
}

/// From a face.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Chosen by the face; the answer repeats it.
    pub id: u64,
    /// What is asked.
    pub request: Request,
}

/// From the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tell {
    /// The answer to the request with this number.
    Reply {
        /// The number.
        id: u64,
        /// The answer.
        result: Result<Reply, ApiError>,
    },
    /// Something changed.
    Event(Event),
}

/// Why a frame can't be read or written.
#[derive(Debug, Error)]
pub enum FrameError {
    /// The connection failed or ended inside a frame.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The other side announced a frame beyond [`MAX_FRAME`].
    #[error("a frame of {0} bytes is too large")]
    TooLarge(usize),
    /// The frame isn't what was expected here.
    #[error("a frame that can't be understood: {0}")]
    Malformed(String),
}

/// The frame of a message.
///
/// # Errors
/// Too large, or not representable.
pub fn frame<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    // Room enough that what holds a secret doesn't grow and leave a copy.
    let mut out = Vec::with_capacity(SMALL);
    out.extend_from_slice(&[0; 4]);
    ciborium::into_writer(message, &mut out).map_err(|e| FrameError::Malformed(e.to_string()))?;
    let len = out.len() - 4;
    match u32::try_from(len) {
        Ok(n) if len <= MAX_FRAME => out[..4].copy_from_slice(&n.to_be_bytes()),
        _ => return Err(FrameError::TooLarge(len)),
    }
    Ok(out)
}

/// The length that a frame's head announces.
///
/// # Errors
/// Larger than [`MAX_FRAME`].
pub fn length(head: [u8; 4]) -> Result<usize, FrameError> {
    match usize::try_from(u32::from_be_bytes(head)) {
        Ok(n) if n <= MAX_FRAME => Ok(n),
        n => Err(FrameError::TooLarge(n.unwrap_or(usize::MAX))),
    }
}

/// Where the content of a frame is read to. It grows as bytes arrive, so a
/// lying head costs nothing; the frames that hold secrets are small, don't
/// grow, and are wiped.
#[must_use]
pub fn room(len: usize) -> Zeroizing<Vec<u8>> {
    // A little more than needed: whoever reads to the end must see it.
    Zeroizing::new(Vec::with_capacity(len.min(SMALL) + 64))
}

/// Reads the content of a frame.
///
/// # Errors
/// Not a `T`.
pub fn parse<T: DeserializeOwned>(content: &[u8]) -> Result<T, FrameError> {
    // Texts pass through it, passwords among them.
    let mut scratch = Zeroizing::new([0; 4096]);
    ciborium::de::from_reader_with_buffer(content, &mut *scratch)
        .map_err(|e| FrameError::Malformed(e.to_string()))
}

/// Writes one message.
///
/// # Errors
/// As [`frame`], or the connection fails.
pub fn write<T: Serialize>(to: &mut impl Write, message: &T) -> Result<(), FrameError> {
    to.write_all(&Zeroizing::new(frame(message)?))?;
    to.flush()?;
    Ok(())
}

/// Reads one message; `None` when the other side has closed in good order.
///
/// # Errors
/// The connection fails, or the frame is too large or not a `T`.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> Result<Option<T>, FrameError> {
    let mut head = [0; 4];
    // A signal is no end: std itself goes on in `read_exact`, not in `read`.
    let first = loop {
        match from.read(&mut head[..1]) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    match first {
        0 => return Ok(None),
        _ => from.read_exact(&mut head[1..])?,
    }
    let len = length(head)?;
    let mut content = room(len);
    from.take(len as u64).read_to_end(&mut content)?;
    if content.len() < len {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    parse(&content).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Secret};
    use proptest::prelude::*;

    fn ask() -> Ask {
        Ask {
            id: 7,
            request: Request::Unlock {
                passphrase: Secret::new("open".into()),
            },
        }
    }

    /// Every second read is interrupted by a signal.
    struct Signals<'a>(&'a [u8], bool);

    impl Read for Signals<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            match self.1 {
                true => Err(io::ErrorKind::Interrupted.into()),
                false => self.0.read(to),
            }
        }
    }

    #[test]
    fn a_signal_ends_no_connection() {
        let mut wire = Vec::new();
        write(&mut wire, &ask()).unwrap();
        let mut from = Signals(&wire, false);
        assert_eq!(read::<Ask>(&mut from).unwrap(), Some(ask()));
        assert!(read::<Ask>(&mut from).unwrap().is_none());
    }

    #[test]
    fn messages_come_back() {
        let mut wire = Vec::new();
        write(&mut wire, &ask()).unwrap();
        let tell = Tell::Reply {
            id: 7,
            result: Err(ApiError::new(Code::Locked, "locked")),
        };
        write(&mut wire, &tell).unwrap();
        let mut from = &wire[..];
        assert_eq!(read::<Ask>(&mut from).unwrap(), Some(ask()));
        assert_eq!(read::<Tell>(&mut from).unwrap(), Some(tell));
        assert!(read::<Tell>(&mut from).unwrap().is_none());
    }

    #[test]
    fn a_cut_frame_and_a_lying_head_are_errors() {
        let whole = frame(&ask()).unwrap();
        for n in 1..whole.len() {
            assert!(
                read::<Ask>(&mut &whole[..n]).is_err(),
                "{n} of {}",
                whole.len()
            );
        }
        let lying = [&u32::MAX.to_be_bytes()[..], &[0; 9]].concat();
        assert!(matches!(
            read::<Ask>(&mut &lying[..]),
            Err(FrameError::TooLarge(_))
        ));
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", ask()).contains("open"));
    }

    #[test]
    fn ids_are_text_in_json() {
        let room = crate::RoomRef {
            id: kith_proto::id::RoomId::from_bytes([1; 32]),
            title: "Ward 3".into(),
        };
        let json = serde_json::to_string(&room).unwrap();
        assert!(json.contains("\"kithr1"), "{json}");
        assert_eq!(serde_json::from_str::<crate::RoomRef>(&json).unwrap(), room);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Ask>(&mut &bytes[..]);
            let _ = read::<Tell>(&mut &bytes[..]);
        }
    }
}
