//! What the warden says.

use ciborium::Value;
use kith_proto::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};

use super::VERSION;
use super::values::{AskId, SharedParts};
use crate::guard::{Part, Reason, ShareId, Shared, ViewerId};

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$vdoc])* $variant = $code,)*
        }

        impl Encode for $name {
            fn encode(&self) -> Value {
                Value::from(*self as u8)
            }
        }

        impl Decode for $name {
            fn decode(value: Value) -> Result<Self, DecodeError> {
                match u8::decode(value)? {
                    $($code => Ok(Self::$variant),)*
                    _ => Err(DecodeError::OutOfRange),
                }
            }
        }
    };
}

pub(super) use codes;

codes! {
    /// What became of a question. Never "yes" by a timeout.
    Answer {
        /// A person said yes, at this screen.
        Allowed = 1,
        /// A person said no, or closed the window.
        Denied = 2,
        /// It was withdrawn before anybody answered.
        Withdrawn = 3,
        /// It could not be put: too many at once, no such share, no screen.
        Impossible = 4,
        /// A person said: no control. They go on seeing, and don't ask again
        /// in this share.
        OnlyView = 5,
        /// A program pressed on a device that is for hands, while it was asked: it
        /// is nobody's answer.
        Pretended = 6,
        /// A program closed the window, or hid it: nobody could answer.
        Closed = 7,
    }
}

codes! {
    /// Why control ended.
    Ended {
        /// The node said so.
        Revoked = 1,
        /// The panic key.
        Panic = 2,
        /// The share is over.
        Closed = 3,
        /// The time that was granted is up.
        Expired = 4,
        /// Another viewer was given it.
        HandedOver = 5,
        /// The stop button in the frame.
        Stopped = 6,
    }
}

codes! {
    /// How far the panic key has gone (GUARD-6).
    PanicStage {
        /// All control has ended.
        Control = 1,
        /// All sharing is to end, now.
        Everything = 2,
    }
}

codes! {
    /// Whether viewers' input waits for the sharer's own.
    Pause {
        /// It is taken.
        Over = 0,
        /// It waits.
        Paused = 1,
    }
}

codes! {
    /// What a person did to a window by clicking it (GUARD-2).
    Change {
        /// It is to be shown.
        Add = 1,
        /// It is to be shown no more.
        Remove = 2,
    }
}

codes! {
    /// What the frame's menu bars for all who control a share (GUARD-4).
    Bar {
        /// Menus and pop-ups.
        Menus = 1,
        /// Dialogs that open or save files.
        FileDialogs = 2,
        /// The button for menus.
        RightClick = 3,
        /// Borders and title bars.
        Borders = 4,
        /// Shortcuts with Control or Alt, and function keys.
        Shortcuts = 5,
    }
}

impl Bar {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Menus,
        Self::FileDialogs,
        Self::RightClick,
        Self::Borders,
        Self::Shortcuts,
    ];
}

/// A message of the warden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromWarden {
    /// It works on the screen: the answer to `Hello`.
    Ready,
    /// A question was answered.
    Answer(AskId, Answer),
    /// A viewer has control from now on.
    Granted(ShareId, ViewerId),
    /// A viewer's control has ended.
    Ended(ShareId, ViewerId, Ended),
    /// Input was refused; at most five times a second for each viewer.
    Refused {
        /// In which share.
        share: ShareId,
        /// Whose.
        viewer: ViewerId,
        /// Why the last one was.
        why: Reason,
        /// How many since the last such message.
        count: u32,
    },
    /// Input of this viewer takes effect; at most five times a second.
    Acting(ShareId, ViewerId),
    /// The sharer uses mouse or keyboard, or no longer.
    Local(Pause),
    /// The panic key was pressed.
    Panic(PanicStage),
    /// The stop button in a share's frame was pressed.
    Stop(ShareId),
    /// None of the shared windows is left.
    Gone(ShareId),
    /// A person clicked a window in choosing mode, or took it out in the menu.
    /// What to show is the node's to decide; it says so by
    /// [`super::ToWarden::Change`].
    Choose {
        /// In which share.
        share: ShareId,
        /// The window, and whose it is.
        window: Shared,
        /// What was chosen.
        change: Change,
    },
    /// A person chose in the menu to show nothing more to this viewer.
    SendAway(ShareId, ViewerId),
    /// A person barred this in the menu. It counts already.
    Barred(ShareId, Bar),
    /// A person moved, resized or cut the frame of a part of the screen. Until
    /// [`super::ToWarden::Change`] says what is shown, only what both have in
    /// common takes input.
    Place(ShareId, Part),
}

impl Encode for FromWarden {
    fn encode(&self) -> Value {
        let m = |kind: u8| MapBuilder::new().put(0, &kind);
        match self {
            Self::Ready => m(1).put(1, &VERSION),
            Self::Answer(ask, answer) => m(2).put(1, &ask.0).put(2, answer),
            Self::Granted(share, viewer) => m(3).put(1, &share.0).put(2, &viewer.0),
            Self::Ended(share, viewer, why) => m(4).put(1, &share.0).put(2, &viewer.0).put(3, why),
            Self::Refused {
                share,
                viewer,
                why,
                count,
            } => m(5)
                .put(1, &share.0)
                .put(2, &viewer.0)
                .put(3, &why.code())
                .put(4, count),
            Self::Acting(share, viewer) => m(6).put(1, &share.0).put(2, &viewer.0),
            Self::Local(pause) => m(7).put(1, pause),
            Self::Panic(stage) => m(8).put(1, stage),
            Self::Stop(share) => m(9).put(1, &share.0),
            Self::Gone(share) => m(10).put(1, &share.0),
            Self::Choose {
                share,
                window,
                change,
            } => m(11)
                .put(1, &share.0)
                .put(2, &SharedParts(*window))
                .put(3, change),
            Self::SendAway(share, viewer) => m(12).put(1, &share.0).put(2, &viewer.0),
            Self::Barred(share, bar) => m(13).put(1, &share.0).put(2, bar),
            Self::Place(share, part) => m(14).put(1, &share.0).put(2, part),
        }
        .build()
    }
}

impl Decode for FromWarden {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        let share = |m: &mut MapReader| m.req(1).map(ShareId);
        let viewer = |m: &mut MapReader| m.req(2).map(ViewerId);
        let message = match m.req::<u8>(0)? {
            1 => {
                m.version(1, VERSION)?;
                Self::Ready
            }
            2 => Self::Answer(AskId(m.req(1)?), m.req(2)?),
            3 => Self::Granted(share(&mut m)?, viewer(&mut m)?),
            4 => Self::Ended(share(&mut m)?, viewer(&mut m)?, m.req(3)?),
            5 => Self::Refused {
                share: share(&mut m)?,
                viewer: viewer(&mut m)?,
                why: Reason::from_code(m.req(3)?).ok_or(DecodeError::OutOfRange)?,
                count: m.req(4)?,
            },
            6 => Self::Acting(share(&mut m)?, viewer(&mut m)?),
            7 => Self::Local(m.req(1)?),
            8 => Self::Panic(m.req(1)?),
            9 => Self::Stop(share(&mut m)?),
            10 => Self::Gone(share(&mut m)?),
            11 => Self::Choose {
                share: share(&mut m)?,
                window: m.req::<SharedParts>(2)?.0,
                change: m.req(3)?,
            },
            12 => Self::SendAway(share(&mut m)?, viewer(&mut m)?),
            13 => Self::Barred(share(&mut m)?, m.req(2)?),
            14 => Self::Place(share(&mut m)?, m.req(2)?),
            _ => return Err(DecodeError::OutOfRange),
        };
        let _ = m.finish()?;
        Ok(message)
    }
}
