//! What a person sets up on this machine for sharing: accounts of servers
//! (HOST-4), and input devices whose presses count (ASK-3).

use core::net::IpAddr;

use ciborium::Value;

use super::Code;
use crate::cbor::{Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::registry::registry;
use crate::technology::Technology;

registry! {
    /// What programs press that counts as the person's.
    enum Presses;
    /// A set of those.
    set AllPresses;
    /// Keys.
    Keyboard = 1, "keyboard";
    /// The pointer and its buttons.
    Pointer = 2, "pointer";
}

/// How a person said it to their own node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// By the command line or a program, whoever typed there.
    Typed,
    /// The same, and then pressed in Kith's own window at the screen.
    Pressed,
    /// When the node was started.
    AtStart,
    /// Before anybody asked: by a standing consent, or a policy that demands
    /// no consent.
    InAdvance,
    /// On the other side, which told us.
    Told,
}

impl Said {
    /// The code.
    #[must_use]
    pub fn code(self) -> Code {
        Code::known(match self {
            Self::Typed => "typed",
            Self::Pressed => "pressed",
            Self::AtStart => "at-start",
            Self::InAdvance => "in-advance",
            Self::Told => "told",
        })
    }
}

/// What came of a question in the own window at the screen about a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pressed {
    /// A person allowed it.
    Yes,
    /// A person refused it.
    No,
    /// Nobody answered in time.
    NoAnswer,
    /// Whoever asked didn't wait for an answer, or everything was stopped or locked.
    TakenBack,
    /// A program pressed as if it were the person.
    Pretended,
    /// A program closed the window.
    WindowClosed,
    /// The window could not be shown.
    NotShown,
}

impl Pressed {
    /// The code.
    #[must_use]
    pub fn code(self) -> Code {
        Code::known(match self {
            Self::Yes => "pressed",
            Self::No => "declined",
            Self::NoAnswer => "no-answer",
            Self::TakenBack => "taken-back",
            Self::Pretended => "pretended",
            Self::WindowClosed => "window-closed",
            Self::NotShown => "not-shown",
        })
    }

    /// Whether a person answered, or their time was over: programs can bring about
    /// the others as often as they like.
    #[must_use]
    pub const fn is_a_person_s(self) -> bool {
        matches!(self, Self::Yes | Self::No | Self::NoAnswer)
    }
}

/// A server of hosted sessions, without anything that opens it. On the wire
/// like an endpoint (spec 05).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// What is spoken there.
    pub technology: Technology,
    /// Its address.
    pub address: IpAddr,
    /// Its port; never 0.
    pub port: u16,
}

impl Encode for Server {
    fn encode(&self) -> Value {
        let address = match self.address {
            IpAddr::V4(a) => a.octets().to_vec(),
            IpAddr::V6(a) => a.octets().to_vec(),
        };
        MapBuilder::new()
            .put(0, &self.technology)
            .put(1, &Bytes(address))
            .put(2, &self.port)
            .build()
    }
}

impl Decode for Server {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let (technology, Bytes(address), port) = (r.req(0)?, r.req(1)?, r.req(2)?);
        let _ = r.finish()?;
        let v4 = <[u8; 4]>::try_from(&address[..]).map(IpAddr::from);
        let v6 = <[u8; 16]>::try_from(&address[..]).map(IpAddr::from);
        match (v4.or(v6), port) {
            (Ok(address), 1..) => Ok(Self {
                technology,
                address,
                port,
            }),
            _ => Err(DecodeError::OutOfRange),
        }
    }
}
