//! What a share tells a viewer about control.

use super::kind;
use crate::message::{Envelope, MessageError, message};
use crate::wire::{Put, Reader};

/// Who controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Controller {
    /// Nobody but the sharer.
    #[default]
    Nobody,
    /// The viewer that is told.
    You,
    /// Another viewer. Its name is not told here: the room says it.
    Somebody,
}

impl Controller {
    const ALL: [Self; 3] = [Self::Nobody, Self::You, Self::Somebody];
}

/// Whether the viewer that is told may ask for control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Asking {
    /// No: the share, the policy or the machine does not allow it.
    #[default]
    Barred,
    /// It may.
    Open,
    /// It has asked; the sharer has not answered yet.
    Waiting,
    /// The sharer said no; it may ask again.
    Declined,
}

impl Asking {
    const ALL: [Self; 4] = [Self::Barred, Self::Open, Self::Waiting, Self::Declined];
}

/// How control stands, for one viewer. Only the latest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Status {
    /// Who controls.
    pub controller: Controller,
    /// Whether this viewer may ask.
    pub asking: Asking,
    /// The sharer uses mouse or keyboard: input is dropped for the moment.
    pub paused: bool,
    /// How many watch, this viewer included; 255 means that or more.
    pub watchers: u8,
}

/// Whose input reaches the shared windows right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The viewer that is told.
    You,
    /// Another viewer.
    Somebody,
}

impl Actor {
    const ALL: [Self; 2] = [Self::You, Self::Somebody];
}

/// Why input was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// This viewer does not control.
    NoControl,
    /// The place is outside what is shared, or a foreign window lies there.
    Outside,
    /// The place is masked or barred: a menu, a border, a button.
    Barred,
    /// This button is not allowed.
    Button,
    /// This key is not allowed.
    Key,
    /// Too much in too short a time, or too many keys held.
    Rate,
    /// The sharer's own mouse or keyboard goes first.
    Paused,
    /// The sharer's machine cannot type this.
    Untypable,
    /// The windows changed in that moment.
    Unsure,
}

impl Refusal {
    const ALL: [Self; 9] = [
        Self::NoControl,
        Self::Outside,
        Self::Barred,
        Self::Button,
        Self::Key,
        Self::Rate,
        Self::Paused,
        Self::Untypable,
        Self::Unsure,
    ];
}

/// What a viewer is told about control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// How control stands.
    Status(Status),
    /// Input is taking effect now; sent at most five times a second.
    Activity(Actor),
    /// Input of this viewer was dropped; sent at most five times a second.
    Refused {
        /// Why the last one was.
        why: Refusal,
        /// How many since the last such message; 65535 means that or more.
        count: u16,
    },
}

fn pick<T: Copy>(all: &[T], r: &mut Reader<'_>, k: u8) -> Result<T, MessageError> {
    all.get(usize::from(r.u8()?))
        .copied()
        .ok_or(MessageError::Range(k))
}

impl Notice {
    /// Reads a message to a viewer.
    ///
    /// # Errors
    /// What is wrong with it; [`MessageError::Unknown`] for a kind that is
    /// none of these.
    pub fn parse(envelope: Envelope<'_>) -> Result<Self, MessageError> {
        let k = envelope.kind;
        let mut r = Reader::new(envelope.body);
        let notice = match k {
            kind::STATUS => Self::Status(Status {
                controller: pick(&Controller::ALL, &mut r, k)?,
                asking: pick(&Asking::ALL, &mut r, k)?,
                paused: pick(&[false, true], &mut r, k)?,
                watchers: r.u8()?,
            }),
            kind::ACTIVITY => Self::Activity(pick(&Actor::ALL, &mut r, k)?),
            kind::REFUSED => Self::Refused {
                why: pick(&Refusal::ALL, &mut r, k)?,
                count: r.u16()?,
            },
            k => return Err(MessageError::Unknown(k)),
        };
        r.finish()?;
        Ok(notice)
    }

    /// The message as bytes.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Status(s) => message(kind::STATUS, |o| {
                o.put_u8(s.controller as u8);
                o.put_u8(s.asking as u8);
                o.put_u8(u8::from(s.paused));
                o.put_u8(s.watchers);
            }),
            Self::Activity(actor) => message(kind::ACTIVITY, |o| o.put_u8(actor as u8)),
            Self::Refused { why, count } => message(kind::REFUSED, |o| {
                o.put_u8(why as u8);
                o.put_u16(count);
            }),
        }
    }
}
