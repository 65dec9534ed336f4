//! What two nodes say to each other about a file: frames of a
//! `/kith/file/1` stream.

use ciborium::Value;

use super::tree::ChunkHash;
use crate::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::RoomId;
use crate::room::MAX_FILE_CHUNKS;
use crate::room::body::FileOffer;
use crate::room::entry::EntryId;

/// The longest message in bytes: the largest chunk and what is around it.
pub const MAX_FILE_MESSAGE: usize = 512 * 1024 + 1024;
/// The most values in one message (256 KiB).
pub const MAX_HASHES: u64 = 8192;

/// What is asked of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// The values of chunks.
    Hashes {
        /// The first.
        from: u64,
        /// How many; at most [`MAX_HASHES`].
        count: u64,
    },
    /// A chunk.
    Chunk(u64),
}

/// Why a file isn't given. A claim, no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneCode {
    /// 1: it isn't here, or not all of it.
    NotHere,
    /// 2: the asker doesn't belong to the room, or the message was erased.
    NotForYou,
}

/// A message about the file that an entry offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileMessage {
    /// 1 and 3: asks.
    Want {
        /// The room.
        room: RoomId,
        /// The entry that offers the file.
        offer: EntryId,
        /// What is asked for.
        what: Request,
    },
    /// 2: the values of chunks.
    Hashes {
        /// The entry that offers the file.
        offer: EntryId,
        /// The first.
        from: u64,
        /// The values.
        hashes: Vec<ChunkHash>,
    },
    /// 4: a chunk.
    Chunk {
        /// The entry that offers the file.
        offer: EntryId,
        /// Which.
        index: u64,
        /// Its bytes.
        data: Vec<u8>,
    },
    /// 5: can't or won't.
    Gone {
        /// The entry that offers the file.
        offer: EntryId,
        /// Why.
        code: GoneCode,
    },
}

impl FileMessage {
    /// The bytes of a frame.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// Malformed, or beyond a bound: the sender's fault.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        cbor::from_bytes(bytes, MAX_FILE_MESSAGE)
    }
}

impl Encode for FileMessage {
    fn encode(&self) -> Value {
        let m = MapBuilder::new();
        match self {
            Self::Want { room, offer, what } => {
                let m = m.put(1, offer).put(2, room);
                match what {
                    Request::Hashes { from, count } => m.put(0, &1u8).put(3, from).put(4, count),
                    Request::Chunk(index) => m.put(0, &3u8).put(3, index),
                }
            }
            Self::Hashes {
                offer,
                from,
                hashes,
            } => m
                .put(0, &2u8)
                .put(1, offer)
                .put(3, from)
                .put(4, &Bytes(hashes.concat())),
            Self::Chunk { offer, index, data } => m
                .put(0, &4u8)
                .put(1, offer)
                .put(3, index)
                .put(4, &Bytes(data.clone())),
            Self::Gone { offer, code } => m.put(0, &5u8).put(1, offer).put(
                3,
                &match code {
                    GoneCode::NotHere => 1u8,
                    GoneCode::NotForYou => 2,
                },
            ),
        }
        .build()
    }
}

impl Decode for FileMessage {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let number: u8 = r.req(0)?;
        let offer = r.req(1)?;
        let at = |r: &mut MapReader| match r.req::<u64>(3)? {
            n if n < MAX_FILE_CHUNKS => Ok(n),
            _ => Err(DecodeError::OutOfRange),
        };
        let message = match number {
            1 => Self::Want {
                offer,
                room: r.req(2)?,
                what: Request::Hashes {
                    from: at(&mut r)?,
                    count: match r.req::<u64>(4)? {
                        n @ 1..=MAX_HASHES => n,
                        _ => return Err(DecodeError::OutOfRange),
                    },
                },
            },
            2 => {
                let from = at(&mut r)?;
                let bytes = r.req::<Bytes>(4)?.0;
                let (hashes, rest) = bytes.as_chunks::<32>();
                if !rest.is_empty() || hashes.is_empty() || hashes.len() as u64 > MAX_HASHES {
                    return Err(DecodeError::OutOfRange);
                }
                let hashes = hashes.to_vec();
                Self::Hashes {
                    offer,
                    from,
                    hashes,
                }
            }
            3 => Self::Want {
                offer,
                room: r.req(2)?,
                what: Request::Chunk(at(&mut r)?),
            },
            4 => Self::Chunk {
                offer,
                index: at(&mut r)?,
                data: r.req::<Bytes>(4)?.0,
            },
            5 => Self::Gone {
                offer,
                code: match r.req::<u8>(3)? {
                    2 => GoneCode::NotForYou,
                    _ => GoneCode::NotHere,
                },
            },
            _ => return Err(DecodeError::OutOfRange),
        };
        let _ = r.finish()?;
        Ok(message)
    }
}

/// What to read to answer a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serve {
    /// Values of chunks, from the list kept with the file.
    Hashes {
        /// The first.
        from: u64,
        /// How many.
        count: u64,
    },
    /// Bytes of the file.
    Bytes {
        /// From where.
        offset: u64,
        /// How many.
        len: u64,
    },
}

/// What to read to answer a request about a file that is here; `None` if it
/// asks for more than there is. Whether the asker may have it is the
/// caller's question: he must be a member, and the offer not erased.
#[must_use]
pub fn serve(offer: &FileOffer, request: Request) -> Option<Serve> {
    match request {
        Request::Hashes { from, count } if from < offer.chunks() => Some(Serve::Hashes {
            from,
            count: count.min(MAX_HASHES).min(offer.chunks() - from),
        }),
        Request::Chunk(index) if index < offer.chunks() => {
            let offset = index * offer.chunk_size();
            let len = offer.chunk_size().min(offer.size - offset);
            Some(Serve::Bytes { offset, len })
        }
        _ => None,
    }
}
