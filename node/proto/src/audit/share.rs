//! Which share an entry is about.

use core::num::NonZeroU16;

use ciborium::Value;

use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::{DeviceId, PersonId, SessionId};
use crate::policy::rule::Capacity;
use crate::technology::Technology;

/// Which share, and with whom. Each entry says it in full, so that it can be
/// read without the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The session.
    pub session: SessionId,
    /// The part that the log's own device had in it.
    pub role: Capacity,
    /// The other person.
    pub person: PersonId,
    /// The other device.
    pub device: DeviceId,
    /// The technology.
    pub technology: Technology,
    /// The part of the own screen that is shown; only the sharer knows one.
    pub part: Option<Part>,
}

/// The size of a part of the screen, in pixels; neither side is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    width: NonZeroU16,
    height: NonZeroU16,
}

impl Part {
    /// Of this size; `None` where a side is 0.
    #[must_use]
    pub fn new(width: u16, height: u16) -> Option<Self> {
        let (width, height) = (NonZeroU16::new(width)?, NonZeroU16::new(height)?);
        Some(Self { width, height })
    }

    /// Width and height.
    #[must_use]
    pub const fn size(self) -> (u16, u16) {
        (self.width.get(), self.height.get())
    }
}

impl Encode for Part {
    fn encode(&self) -> Value {
        let (width, height) = self.size();
        Value::Array(vec![width.encode(), height.encode()])
    }
}

impl Decode for Part {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match <[u16; 2]>::try_from(Vec::<u16>::decode(value)?) {
            Ok([width, height]) => Self::new(width, height).ok_or(DecodeError::OutOfRange),
            Err(_) => Err(DecodeError::OutOfRange),
        }
    }
}

impl Encode for Share {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.session)
            .put(1, &self.role)
            .put(2, &self.person)
            .put(3, &self.device)
            .put(4, &self.technology)
            .put_opt(5, self.part.as_ref())
            .build()
    }
}

impl Decode for Share {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let share = Self {
            session: r.req(0)?,
            role: r.req(1)?,
            person: r.req(2)?,
            device: r.req(3)?,
            technology: r.req(4)?,
            part: r.opt(5)?,
        };
        let _ = r.finish()?;
        Ok(share)
    }
}
