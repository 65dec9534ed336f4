//! What goes over a session stream (`/kith/session/1`; spec 09, "Messages").
//! One message is one frame. The connection says which device speaks; what
//! must be shown to others later, or decides about keys, is signed besides.

use ciborium::Value;

use super::Reason;
use super::reason::Wire;
use super::terms::Terms;
use super::tokens::{PathNonce, Side};
use crate::audit::{By, Extent, Position};
use crate::capability::Capability;
use crate::cbor::{self, Bytes, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::SessionId;
use crate::policy::rule::Direction;
use crate::signed::Payload as _;

/// The largest message in bytes: terms with all their lists, and a capability
/// record beside them.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// What is said. Records are the bytes as signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// 1: viewer to sharer: may I see this? With the viewer's capability.
    Ask {
        /// What is wished for at most.
        terms: Terms,
        /// `Signed<Capability>` of the viewer's device.
        capability: Vec<u8>,
    },
    /// 2: sharer to viewer: you may see this. With the sharer's capability.
    Offer {
        /// What is offered, definite.
        terms: Terms,
        /// `Signed<Capability>` of the sharer's device.
        capability: Vec<u8>,
    },
    /// 3: to whoever asked or offered: a person is being asked.
    Rings(SessionId),
    /// 4: viewer to sharer: `Signed<Accept>`.
    Accept(SessionId, Vec<u8>),
    /// 5: sharer to viewer: `Signed<SealedMessage>`.
    Sealed(SessionId, Vec<u8>),
    /// 6: sharer to viewer, on the connection it is about.
    Nominate(SessionId, PathNonce),
    /// 7: viewer to sharer, on that connection.
    Echo(SessionId, PathNonce),
    /// 8: no, or not any more; before the share ran.
    Leave(SessionId, Reason),
    /// 9: viewer to sharer: may I do this from here on? Also: less.
    More(SessionId, Extent),
    /// 10: sharer to viewer: this is allowed from here on; where that is less, who
    /// brought it about and why.
    Now(SessionId, Extent, Option<(By, Reason)>),
    /// 11: sharer to viewer: no more than now.
    NoMore(SessionId, Reason),
    /// 12: it is over.
    Over {
        /// Which.
        session: SessionId,
        /// Who ended it.
        by: By,
        /// Why.
        reason: Reason,
        /// How far the sender's audit log goes.
        log: Position,
    },
    /// 13: `Cosigned<EndRecord>`, with the sharer's signature or both.
    Record(SessionId, Vec<u8>),
    /// 14: sharer to viewer: the echo came, and the share is open for you.
    Start(SessionId),
}

const KIND: i64 = 0;
const SESSION: i64 = 1;
const TERMS: i64 = 2;
const RECORD: i64 = 3;
const NONCE: i64 = 4;
const REASON: i64 = 5;
const EXTENT: i64 = 6;
const BY: i64 = 7;
const LOG: i64 = 8;

impl Message {
    /// The session that it is about.
    #[must_use]
    pub fn session(&self) -> SessionId {
        match self {
            Self::Ask { terms, .. } | Self::Offer { terms, .. } => terms.session,
            Self::Rings(s)
            | Self::Accept(s, _)
            | Self::Sealed(s, _)
            | Self::Nominate(s, _)
            | Self::Echo(s, _)
            | Self::Leave(s, _)
            | Self::More(s, _)
            | Self::Now(s, ..)
            | Self::NoMore(s, _)
            | Self::Over { session: s, .. }
            | Self::Record(s, _)
            | Self::Start(s) => *s,
        }
    }

    /// What begins a session here, if this does: which side we would be, the
    /// terms, and the sender's signed capability. Of the terms only what is
    /// the sender's to say: which programs start no others, the sharer alone
    /// knows (GUARD-9), so a viewer's word on it is dropped; and somebody who
    /// asks can't pass for somebody who was invited, nor the other way round
    /// (POL-3).
    #[must_use]
    pub fn begins(self) -> Option<(Side, Terms, Vec<u8>)> {
        match self {
            Self::Ask {
                mut terms,
                capability,
            } if terms.direction == Direction::Request => {
                terms.harmless.clear();
                Some((Side::Sharer, terms, capability))
            }
            Self::Offer { terms, capability } if terms.direction == Direction::Invite => {
                Some((Side::Viewer, terms, capability))
            }
            _ => None,
        }
    }

    /// The bytes of a frame.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads a frame. `None` for a message of a kind that isn't known here:
    /// newer programs may say more, and it is passed over.
    ///
    /// # Errors
    /// Not canonical, longer than [`MAX_MESSAGE`], or not such a message.
    pub fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let value = cbor::value_from_bytes(bytes, MAX_MESSAGE)?;
        let mut r = MapReader::new(value)?;
        let kind: u64 = r.req(KIND)?;
        let s = |r: &mut MapReader| r.req::<SessionId>(SESSION);
        let message = match kind {
            1 | 2 => {
                let terms: Terms = r.req(TERMS)?;
                let capability = record(&mut r, Capability::KIND.max)?;
                if kind == 2 && !terms.definite() {
                    return Err(DecodeError::OutOfRange);
                }
                match kind {
                    1 => Self::Ask { terms, capability },
                    _ => Self::Offer { terms, capability },
                }
            }
            3 => Self::Rings(s(&mut r)?),
            4 => Self::Accept(s(&mut r)?, record(&mut r, super::Accept::KIND.max)?),
            5 => {
                let max = crate::seal::SealedMessage::KIND.max;
                Self::Sealed(s(&mut r)?, record(&mut r, max)?)
            }
            6 => Self::Nominate(s(&mut r)?, r.req(NONCE)?),
            7 => Self::Echo(s(&mut r)?, r.req(NONCE)?),
            8 => Self::Leave(s(&mut r)?, r.req::<Wire>(REASON)?.0),
            9 => Self::More(s(&mut r)?, r.req(EXTENT)?),
            10 => {
                let (session, extent) = (s(&mut r)?, r.req(EXTENT)?);
                let why = r.opt::<By>(BY)?.zip(r.opt::<Wire>(REASON)?.map(|w| w.0));
                Self::Now(session, extent, why)
            }
            11 => Self::NoMore(s(&mut r)?, r.req::<Wire>(REASON)?.0),
            12 => Self::Over {
                session: s(&mut r)?,
                by: r.req(BY)?,
                reason: r.req::<Wire>(REASON)?.0,
                log: r.req(LOG)?,
            },
            13 => {
                let max = crate::audit::EndRecord::KIND.max;
                Self::Record(s(&mut r)?, record(&mut r, max)?)
            }
            14 => Self::Start(s(&mut r)?),
            _ => return Ok(None),
        };
        let _ = r.finish()?;
        Ok(Some(message))
    }
}

fn record(r: &mut MapReader, max: usize) -> Result<Vec<u8>, DecodeError> {
    let Bytes(bytes) = r.req(RECORD)?;
    match bytes.len() <= max {
        true => Ok(bytes),
        false => Err(DecodeError::OutOfRange),
    }
}

impl Encode for Message {
    fn encode(&self) -> Value {
        let map = |kind: u64| MapBuilder::new().put(KIND, &kind);
        let about = |kind, session: &SessionId| map(kind).put(SESSION, session);
        let bytes = |b: &[u8]| Bytes(b.to_vec());
        match self {
            Self::Ask { terms, capability } => {
                map(1).put(TERMS, terms).put(RECORD, &bytes(capability))
            }
            Self::Offer { terms, capability } => {
                map(2).put(TERMS, terms).put(RECORD, &bytes(capability))
            }
            Self::Rings(s) => about(3, s),
            Self::Accept(s, b) => about(4, s).put(RECORD, &bytes(b)),
            Self::Sealed(s, b) => about(5, s).put(RECORD, &bytes(b)),
            Self::Nominate(s, n) => about(6, s).put(NONCE, n),
            Self::Echo(s, n) => about(7, s).put(NONCE, n),
            Self::Leave(s, why) => about(8, s).put(REASON, &Wire(*why)),
            Self::More(s, e) => about(9, s).put(EXTENT, e),
            Self::Now(s, e, why) => about(10, s)
                .put_opt(REASON, why.map(|(_, reason)| Wire(reason)).as_ref())
                .put(EXTENT, e)
                .put_opt(BY, why.as_ref().map(|(by, _)| by)),
            Self::NoMore(s, why) => about(11, s).put(REASON, &Wire(*why)),
            Self::Over {
                session,
                by,
                reason,
                log,
            } => about(12, session)
                .put(BY, by)
                .put(REASON, &Wire(*reason))
                .put(LOG, log),
            Self::Record(s, b) => about(13, s).put(RECORD, &bytes(b)),
            Self::Start(s) => about(14, s),
        }
        .build()
    }
}
