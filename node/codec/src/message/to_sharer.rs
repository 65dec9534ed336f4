//! What a viewer says.

use super::{Envelope, Hello, MessageError, kind, message};
use crate::wire::{Put, Reader};

/// A message of the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToSharer {
    /// Begins the conversation.
    Hello(Hello),
    /// Every update up to and including this one is painted. Gives credit for
    /// the next.
    Ack {
        /// The update's number.
        sequence: u32,
        /// Microseconds from its last byte to its last pixel.
        spent: u32,
    },
    /// The viewer lost its state: everything anew, please.
    Reset,
    /// Whether anybody can see the viewer's window; while not, nothing is
    /// sent.
    Shown(bool),
    /// For statistics only.
    Report(Report),
}

/// What a viewer tells about itself. Never used to decide anything that
/// matters to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Report {
    /// Updates painted so far.
    pub painted: u32,
    /// Median microseconds to decode an update lately.
    pub decode: u32,
    /// Median microseconds to paint it.
    pub paint: u32,
}

impl ToSharer {
    /// Reads a message; `None` if it is of a kind that may be skipped.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(envelope: Envelope<'_>) -> Result<Option<Self>, MessageError> {
        let k = envelope.kind;
        let mut r = Reader::new(envelope.body);
        let message = match k {
            kind::HELLO => return Ok(Some(Self::Hello(Hello::get(&mut r)?))),
            kind::ACK => Self::Ack {
                sequence: r.u32()?,
                spent: r.u32()?,
            },
            kind::RESET => Self::Reset,
            kind::SHOWN => match r.u8()? {
                0 => Self::Shown(false),
                1 => Self::Shown(true),
                _ => return Err(MessageError::Range(k)),
            },
            // Later versions may append to a report.
            kind::REPORT => {
                let report = Report {
                    painted: r.u32()?,
                    decode: r.u32()?,
                    paint: r.u32()?,
                };
                return Ok(Some(Self::Report(report)));
            }
            k if k >= kind::SKIPPABLE => return Ok(None),
            k => return Err(MessageError::Unknown(k)),
        };
        r.finish()?;
        Ok(Some(message))
    }

    /// The message as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Hello(h) => message(kind::HELLO, |o| h.put(o)),
            Self::Ack { sequence, spent } => message(kind::ACK, |o| {
                o.put_u32(*sequence);
                o.put_u32(*spent);
            }),
            Self::Reset => message(kind::RESET, |_| ()),
            Self::Shown(shown) => message(kind::SHOWN, |o| o.put_u8(u8::from(*shown))),
            Self::Report(r) => message(kind::REPORT, |o| {
                o.put_u32(r.painted);
                o.put_u32(r.decode);
                o.put_u32(r.paint);
            }),
        }
    }
}
