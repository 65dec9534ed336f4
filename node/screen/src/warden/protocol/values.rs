//! The parts that messages are made of.

use ciborium::Value;
use kith_proto::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use std::num::NonZeroU32;

use super::super::hands::Origin;
use crate::guard::{
    ClientId, MAX_CUTS, MAX_SHARED, Owner, Part, ProcessId, Shared, What, WindowId,
};
use crate::source::Placement;

/// Longest name in bytes of UTF-8: 64 characters, as names may have.
pub const MAX_NAME: usize = 256;
/// Longest line of a consent window in bytes.
pub const MAX_LINE: usize = 512;
/// Most lines that say what is granted.
pub const MAX_LINES: usize = 16;
/// Most viewers that indicators name.
pub const MAX_WATCHERS: usize = 256;

/// A question, numbered by the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u32);

/// Whether the person was verified (ID-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verified {
    /// The safety number was compared, or the organisation vouches.
    Yes,
    /// It wasn't.
    No,
}

/// Whom a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// What the sharer calls them, or their own name; checked by the name
    /// rules (R9).
    pub name: String,
    /// Whether they were verified.
    pub verified: Verified,
    /// Their organisation.
    pub organisation: Option<String>,
}

impl Who {
    /// As the warden takes it: one refused message is the end of it, and so of
    /// everybody's control.
    #[must_use]
    pub fn fitted(&self) -> Self {
        let fit_name = |text: &String| fit(text, MAX_NAME);
        Self {
            name: fit_name(&self.name),
            verified: self.verified,
            organisation: self.organisation.as_ref().map(fit_name),
        }
    }
}

/// A text as the warden takes it: of at most `max` bytes, cut between two
/// characters with an ellipsis at its end; never empty, without control
/// characters. What others write is of any length.
#[must_use]
pub fn fit(text: &str, max: usize) -> String {
    const MORE: char = '…';
    let plain = |c: char| match c.is_control() {
        true => char::REPLACEMENT_CHARACTER,
        false => c,
    };
    let mut fitted: String = text.chars().map(plain).collect();
    if fitted.len() > max {
        let end = fitted.floor_char_boundary(max.saturating_sub(MORE.len_utf8()));
        fitted.truncate(end);
        fitted.push(MORE);
    }
    match fitted.is_empty() {
        true => MORE.into(),
        false => fitted,
    }
}

/// The lines of a question as the warden takes them; see [`fit`].
#[must_use]
pub fn fit_lines(lines: &[String]) -> Vec<String> {
    let lines = lines.iter().take(MAX_LINES);
    lines.map(|line| fit(line, MAX_LINE)).collect()
}

/// Text that is shown: bounded, without control characters.
pub(super) fn line(text: String, max: usize) -> Result<String, DecodeError> {
    if text.is_empty() || text.len() > max || text.chars().any(char::is_control) {
        return Err(DecodeError::OutOfRange);
    }
    Ok(text)
}

impl Encode for Who {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.name)
            .put(1, &(self.verified == Verified::Yes))
            .put_opt(2, self.organisation.as_ref())
            .build()
    }
}

impl Decode for Who {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        let who = Self {
            name: line(m.req(0)?, MAX_NAME)?,
            verified: if m.req(1)? {
                Verified::Yes
            } else {
                Verified::No
            },
            organisation: m.opt(2)?.map(|o| line(o, MAX_NAME)).transpose()?,
        };
        let _ = m.finish()?;
        Ok(who)
    }
}

/// An owner, as two numbers.
pub(super) struct OwnerParts(pub(super) Owner);

impl Encode for OwnerParts {
    fn encode(&self) -> Value {
        vec![self.0.client.0, self.0.process.0.get()].encode()
    }
}

impl Decode for OwnerParts {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let [client, process] = <[u32; 2]>::try_from(<Vec<u32>>::decode(value)?)
            .map_err(|_| DecodeError::OutOfRange)?;
        let process = NonZeroU32::new(process).ok_or(DecodeError::OutOfRange)?;
        Ok(Self(Owner {
            client: ClientId(client),
            process: ProcessId(process),
        }))
    }
}

/// A shared window, as three numbers.
pub(super) struct SharedParts(pub(super) Shared);

impl Encode for SharedParts {
    fn encode(&self) -> Value {
        let s = &self.0;
        vec![s.id.0, s.owner.client.0, s.owner.process.0.get()].encode()
    }
}

impl Decode for SharedParts {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let [id, client, process] = <[u32; 3]>::try_from(<Vec<u32>>::decode(value)?)
            .map_err(|_| DecodeError::OutOfRange)?;
        let process = NonZeroU32::new(process).ok_or(DecodeError::OutOfRange)?;
        Ok(Self(Shared {
            id: WindowId(id),
            owner: Owner {
                client: ClientId(client),
                process: ProcessId(process),
            },
        }))
    }
}

impl Encode for Part {
    fn encode(&self) -> Value {
        let m = MapBuilder::new().put(0, &self.area());
        m.put_list(1, self.cuts()).build()
    }
}

impl Decode for Part {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        let (area, cuts) = (m.req(0)?, m.list(1, MAX_CUTS)?);
        let _ = m.finish()?;
        Self::new(area, cuts).ok_or(DecodeError::OutOfRange)
    }
}

impl Encode for What {
    fn encode(&self) -> Value {
        let m = MapBuilder::new();
        match self {
            Self::Windows(list) => {
                let parts: Vec<_> = list.iter().copied().map(SharedParts).collect();
                m.put(0, &1u8).put_list(1, &parts)
            }
            Self::Applications(list) => {
                let parts: Vec<_> = list.iter().copied().map(OwnerParts).collect();
                m.put(0, &2u8).put_list(1, &parts)
            }
            Self::Region(part) => m.put(0, &3u8).put(1, part),
            Self::Desktop => m.put(0, &4u8),
        }
        .build()
    }
}

impl Decode for What {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        let what = match m.req::<u8>(0)? {
            1 => Self::Windows(
                m.list::<SharedParts>(1, MAX_SHARED)?
                    .into_iter()
                    .map(|p| p.0)
                    .collect(),
            ),
            2 => Self::Applications(
                m.list::<OwnerParts>(1, MAX_SHARED)?
                    .into_iter()
                    .map(|p| p.0)
                    .collect(),
            ),
            3 => Self::Region(m.req(1)?),
            4 => Self::Desktop,
            _ => return Err(DecodeError::OutOfRange),
        };
        let _ = m.finish()?;
        Ok(what)
    }
}

impl Encode for Origin {
    fn encode(&self) -> Value {
        match self {
            Self::Screen(p) => vec![i64::from(p.x), i64::from(p.y)].encode(),
            Self::Window(w) => w.0.encode(),
        }
    }
}

impl Decode for Origin {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        if let Value::Integer(_) = value {
            return Ok(Self::Window(WindowId(u32::decode(value)?)));
        }
        let [x, y] = <[i64; 2]>::try_from(<Vec<i64>>::decode(value)?)
            .map_err(|_| DecodeError::OutOfRange)?;
        let fit = |v: i64| i32::try_from(v).map_err(|_| DecodeError::OutOfRange);
        Ok(Self::Screen(Placement {
            x: fit(x)?,
            y: fit(y)?,
        }))
    }
}
