//! What entries say (spec 08, "Bodies").
//!
//! A body of content begins with sixteen random bytes: its digest stays in
//! the header after the body is erased, and must not let anybody guess a
//! short text ("yes") by trying.

use ciborium::Value;

use super::change::{ChangeBody, decode_change, encode_change};
use super::entry::{EntryId, Pos};
use super::kind::{Class, KindCode};
use super::{
    MAX_BODY, MAX_ERASED, MAX_FILE_CHUNKS, MAX_FILE_NAME, MAX_MEETING_SETTINGS, MAX_REACTION,
    MAX_SHARE_LABEL, MAX_TEXT,
};
use crate::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::SessionId;

/// The random bytes at the head of a content's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

/// A change that a change follows. Wire form: an array of device, number, id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parent {
    /// Where it stands.
    pub pos: Pos,
    /// Which it is.
    pub id: EntryId,
}

impl Encode for Parent {
    fn encode(&self) -> Value {
        Value::Array(vec![
            self.pos.device.encode(),
            self.pos.seq.encode(),
            self.id.encode(),
        ])
    }
}

impl Decode for Parent {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let parts: [Value; 3] = <Vec<Value>>::decode(value)?
            .try_into()
            .map_err(|_| DecodeError::Type("a parent"))?;
        let [device, seq, id] = parts;
        Ok(Self {
            pos: Pos::decode(Value::Array(vec![device, seq]))?,
            id: EntryId::decode(id)?,
        })
    }
}

/// A file that can be fetched from whoever has it (MSG-2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOffer {
    /// A name without any path, at most [`MAX_FILE_NAME`] bytes.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The BLAKE3 hash of the whole content.
    pub hash: [u8; 32],
    /// The size of a chunk as a power of two: 16 to 19 (64 to 512 KiB).
    pub chunk_log2: u8,
}

impl FileOffer {
    /// The chunk sizes allowed, as powers of two.
    pub const CHUNK_LOG2: core::ops::RangeInclusive<u8> = 16..=19;

    /// The size of a chunk in bytes; the last one may be shorter.
    #[must_use]
    pub fn chunk_size(&self) -> u64 {
        1 << self.chunk_log2
    }

    /// How many chunks there are; an empty file has one, empty.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        self.size.div_ceil(self.chunk_size()).max(1)
    }

    /// The smallest chunk size that keeps a file of `size` bytes within
    /// [`MAX_FILE_CHUNKS`]; `None` if it is too large for any.
    #[must_use]
    pub fn chunk_log2_for(size: u64) -> Option<u8> {
        Self::CHUNK_LOG2
            .into_iter()
            .find(|log2| size.div_ceil(1 << log2) <= MAX_FILE_CHUNKS)
    }

    fn is_valid(&self) -> bool {
        let name = &self.name;
        Self::CHUNK_LOG2.contains(&self.chunk_log2)
            && self.chunks() <= MAX_FILE_CHUNKS
            && !name.is_empty()
            && name.len() <= MAX_FILE_NAME
            && name != "."
            && name != ".."
            && !name.contains(|c: char| c == '/' || c == '\\' || c.is_control())
    }
}

/// Whether something is set or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toggle {
    /// Set.
    Set,
    /// Taken back.
    Clear,
}

impl Encode for Toggle {
    fn encode(&self) -> Value {
        (*self == Self::Set).encode()
    }
}

impl Decode for Toggle {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(match bool::decode(value)? {
            true => Self::Set,
            false => Self::Clear,
        })
    }
}

/// What people say. These bodies may be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text.
    Text {
        /// At most [`MAX_TEXT`] bytes, not empty.
        text: String,
        /// The message that this answers.
        reply_to: Option<EntryId>,
    },
    /// New text of one's own message.
    Edit {
        /// The message.
        target: EntryId,
        /// At most [`MAX_TEXT`] bytes, not empty.
        text: String,
    },
    /// A reaction to a message.
    Reaction {
        /// The message.
        target: EntryId,
        /// Usually one emoji; at most [`MAX_REACTION`] bytes.
        what: String,
        /// Set or taken back.
        toggle: Toggle,
    },
    /// A file.
    File(FileOffer),
    /// A share has begun.
    ShareStarted {
        /// Which.
        session: SessionId,
        /// What is shown, for people; at most [`MAX_SHARE_LABEL`] bytes.
        label: String,
    },
    /// A share has ended.
    ShareEnded {
        /// Which.
        session: SessionId,
    },
}

impl Content {
    fn kind(&self) -> KindCode {
        match self {
            Self::Text { .. } => KindCode::TEXT,
            Self::Edit { .. } => KindCode::EDIT,
            Self::Reaction { .. } => KindCode::REACTION,
            Self::File(_) => KindCode::FILE,
            Self::ShareStarted { .. } => KindCode::SHARE_STARTED,
            Self::ShareEnded { .. } => KindCode::SHARE_ENDED,
        }
    }

    fn is_valid(&self) -> bool {
        let text = |t: &str, max: usize| !t.is_empty() && t.len() <= max;
        match self {
            Self::Text { text: t, .. } | Self::Edit { text: t, .. } => text(t, MAX_TEXT),
            Self::Reaction { what, .. } => {
                text(what, MAX_REACTION) && !what.contains(char::is_control)
            }
            Self::File(offer) => offer.is_valid(),
            Self::ShareStarted { label, .. } => label.len() <= MAX_SHARE_LABEL,
            Self::ShareEnded { .. } => true,
        }
    }

    fn encode(&self, salt: Salt) -> Value {
        let m = MapBuilder::new().put(0, &salt.0);
        match self {
            Self::Text { text, reply_to } => m.put(1, text).put_opt(2, reply_to.as_ref()),
            Self::Edit { target, text } => m.put(1, text).put(2, target),
            Self::Reaction {
                target,
                what,
                toggle,
            } => m.put(1, what).put(2, target).put(3, toggle),
            Self::File(f) => m
                .put(1, &f.name)
                .put(2, &f.size)
                .put(3, &f.hash)
                .put(4, &f.chunk_log2),
            Self::ShareStarted { session, label } => m.put(1, label).put(2, session),
            Self::ShareEnded { session } => m.put(2, session),
        }
        .build()
    }

    /// `None` for a kind that isn't known here.
    fn decode(kind: KindCode, value: Value) -> Result<Option<Self>, DecodeError> {
        let mut r = MapReader::new(value)?;
        let _: [u8; 16] = r.req(0)?;
        let content = match kind {
            KindCode::TEXT => Self::Text {
                text: r.req(1)?,
                reply_to: r.opt(2)?,
            },
            KindCode::EDIT => Self::Edit {
                text: r.req(1)?,
                target: r.req(2)?,
            },
            KindCode::REACTION => Self::Reaction {
                what: r.req(1)?,
                target: r.req(2)?,
                toggle: r.req(3)?,
            },
            KindCode::FILE => Self::File(FileOffer {
                name: r.req(1)?,
                size: r.req(2)?,
                hash: r.req(3)?,
                chunk_log2: r.req(4)?,
            }),
            KindCode::SHARE_STARTED => Self::ShareStarted {
                label: r.req(1)?,
                session: r.req(2)?,
            },
            KindCode::SHARE_ENDED => Self::ShareEnded { session: r.req(2)? },
            _ => return Ok(None),
        };
        let _ = r.finish()?;
        match content.is_valid() {
            true => Ok(Some(content)),
            false => Err(DecodeError::OutOfRange),
        }
    }
}

/// A body of a known kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Who belongs to the room and how it is run.
    Change(ChangeBody),
    /// Asks everybody to erase the bodies of these entries: one's own, or
    /// anybody's if one is an admin.
    Erase(Vec<EntryId>),
    /// These erasures ([`Body::Erase`] entries) have been carried out on this
    /// device.
    Erased(Vec<EntryId>),
    /// What the opener of a meeting allows there: the record of
    /// [`crate::policy::meeting::MeetingTerms`], at most
    /// [`MAX_MEETING_SETTINGS`] bytes. Whoever decides by it verifies it.
    MeetingSettings(Vec<u8>),
    /// What people say.
    Content(Content),
}

impl Body {
    /// The kind that goes into the header.
    #[must_use]
    pub fn kind(&self) -> KindCode {
        match self {
            Self::Change(c) => c.action.kind(),
            Self::Erase(_) => KindCode::ERASE,
            Self::Erased(_) => KindCode::ERASED,
            Self::MeetingSettings(_) => KindCode::MEETING_SETTINGS,
            Self::Content(c) => c.kind(),
        }
    }

    /// The bytes; content is made unguessable by `salt`.
    #[must_use]
    pub fn to_bytes(&self, salt: Salt) -> Vec<u8> {
        let value = match self {
            Self::Change(c) => encode_change(c),
            Self::Erase(ids) | Self::Erased(ids) => MapBuilder::new().put_list(1, ids).build(),
            Self::MeetingSettings(record) => {
                MapBuilder::new().put(1, &Bytes(record.clone())).build()
            }
            Self::Content(c) => c.encode(salt),
        };
        cbor::value_bytes(&value)
    }

    /// Reads the bytes of a body of the given kind.
    ///
    /// # Errors
    /// Not what the kind holds, beyond its bounds, or of an unknown kind
    /// ([`DecodeError::Type`]).
    pub fn decode(kind: KindCode, bytes: &[u8]) -> Result<Self, DecodeError> {
        let value = cbor::value_from_bytes(bytes, MAX_BODY)?;
        match (kind.class(), kind) {
            (Class::Change, _) => decode_change(kind, value).map(Self::Change),
            (Class::Record, KindCode::ERASE) => ids(value).map(Self::Erase),
            (Class::Record, KindCode::MEETING_SETTINGS) => settings(value),
            (Class::Record, _) => ids(value).map(Self::Erased),
            (Class::Content, _) => Content::decode(kind, value)?
                .map(Self::Content)
                .ok_or(DecodeError::Type("a body of a known kind")),
        }
    }
}

fn settings(value: Value) -> Result<Body, DecodeError> {
    let mut r = MapReader::new(value)?;
    let Bytes(record) = r.req(1)?;
    let _ = r.finish()?;
    match record.len() {
        1..=MAX_MEETING_SETTINGS => Ok(Body::MeetingSettings(record)),
        _ => Err(DecodeError::OutOfRange),
    }
}

fn ids(value: Value) -> Result<Vec<EntryId>, DecodeError> {
    let mut r = MapReader::new(value)?;
    let ids = r.list(1, MAX_ERASED)?;
    let _ = r.finish()?;
    match ids.is_empty() {
        true => Err(DecodeError::Missing(1)),
        false => Ok(ids),
    }
}
