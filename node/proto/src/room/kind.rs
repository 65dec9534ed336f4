//! Which kinds of entries there are (spec 08, "Kinds").

use core::fmt;

use ciborium::Value;

use crate::cbor::{Decode, DecodeError, Encode};

/// The number of an entry's kind. Numbers are never reused.
///
/// | numbers | for |
/// |---|---|
/// | 1–15 | changes: who belongs to the room and its settings. An unknown one is refused: who can't read it can't know who belongs |
/// | 16–31 | talk and files |
/// | 32–39 | shares |
/// | 64–71 | reserved: checkpoints |
/// | 72–79 | reserved: retention |
/// | 80–87 | reserved: calls |
/// | 88–95 | reserved: queues |
/// | 96–103 | meetings |
/// | others | free; unknown ones ≥ 16 are kept and passed on |
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindCode(u16);

/// What a kind's body is, as far as erasing it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Decides who belongs to the room or how it is run. The body is part of
    /// the skeleton: it travels with the header and is never erased.
    Change,
    /// Says what was erased, or what is allowed. Never erased itself.
    Record,
    /// What people said. May be erased while the header stays (MSG-7).
    Content,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $n:literal, $text:literal;)*) => {
        impl KindCode {
            $($(#[$doc])* pub const $name: Self = Self($n);)*

            /// The kind's name in the specification, if it is known here.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($n => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// Opens the room; its digest is the room's id.
    OPEN = 1, "open";
    /// Invites a person (MSG-1).
    INVITE = 2, "invite";
    /// Accepts an invitation, or joins a room open to the organisation.
    ACCEPT = 3, "accept";
    /// Declines an invitation.
    DECLINE = 4, "decline";
    /// Leaves.
    LEAVE = 5, "leave";
    /// Changes a member's role, or takes a removed person back.
    ADD = 6, "add";
    /// Removes a person, with a cut.
    REMOVE = 7, "remove";
    /// Ends the log of one device, which its person has revoked.
    CUT_DEVICE = 8, "cut-device";
    /// Sets how long bodies are kept (MSG-7).
    RETENTION = 9, "retention";
    /// Sets or lifts a legal hold (MSG-7).
    HOLD = 10, "hold";
    /// Renames the room.
    TITLE = 11, "title";
    /// Text.
    TEXT = 16, "text";
    /// Replaces the text of one's own message.
    EDIT = 17, "edit";
    /// Has the body of a message erased.
    ERASE = 18, "erase";
    /// Sets or takes back a reaction.
    REACTION = 19, "reaction";
    /// Offers a file.
    FILE = 20, "file";
    /// Says which erasures this device has carried out.
    ERASED = 21, "erased";
    /// A share has begun.
    SHARE_STARTED = 32, "share-started";
    /// A share has ended.
    SHARE_ENDED = 33, "share-ended";
    /// What the opener of a meeting allows there (POL-2).
    MEETING_SETTINGS = 96, "meeting-settings";
}

impl KindCode {
    /// From the number on the wire; 0 is no kind.
    #[must_use]
    pub const fn from_number(n: u16) -> Option<Self> {
        match n {
            0 => None,
            n => Some(Self(n)),
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// What the body is. Unknown kinds above 15 count as content.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self(..16) => Class::Change,
            Self::ERASE | Self::ERASED | Self::MEETING_SETTINGS => Class::Record,
            _ => Class::Content,
        }
    }
}

impl fmt::Debug for KindCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "kind {}", self.0),
        }
    }
}

impl Encode for KindCode {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for KindCode {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::from_number(u16::decode(value)?).ok_or(DecodeError::OutOfRange)
    }
}
