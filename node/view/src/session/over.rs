//! Why a view is over, or stands still, in types and in plain words.

use kith_codec::decoder::DecodeError;
use kith_codec::message::{EndReason, MessageError, SourceState};
use kith_codec::{FilmError, StreamError};

use super::Session;
use crate::frame::FrameError;
use crate::local::{Cause, LocalError, PathKind};

/// What came in that cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Our own node sent no frames.
    #[error("node: {0}")]
    Frame(#[from] FrameError),
    /// Our own node sent a local message we don't know.
    #[error("node: {0}")]
    Local(#[from] LocalError),
    /// The sharer sent no message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The sharer sent what is no picture; or this machine ran out of memory.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The sharer sent a message in the wrong lane.
    #[error("a message in the wrong lane")]
    Lane,
    /// The sharer greeted twice, or not first.
    #[error("no greeting, or a second one")]
    Greeting,
    /// The sharer speaks no version that we speak.
    #[error("no common version")]
    Version,
}

impl Fault {
    /// Whether our own side is to blame and not the sharer's program.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(
            self,
            Self::Frame(_)
                | Self::Local(_)
                | Self::Decode(
                    DecodeError::Film(FilmError::Library)
                        | DecodeError::Stream(StreamError::Library)
                )
        )
    }
}

/// Why a view is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The sharer ended it.
    Sharer(EndReason),
    /// Our node ended it.
    Node(Cause),
    /// Our node is gone.
    NodeGone,
    /// What came in cannot be shown.
    Fault(Fault),
}

impl Over {
    /// For the person in front of it.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Sharer(EndReason::Stopped) => "Sharing was stopped on the other side.",
            Self::Sharer(EndReason::SourceGone) => "The shared window was closed.",
            Self::Sharer(EndReason::Revoked) => "You may no longer watch this.",
            Self::Sharer(EndReason::Failed) => "Sharing failed on the other side.",
            Self::Node(Cause::PathLost) => "The connection was lost and did not come back.",
            Self::Node(Cause::Policy) => "Your organisation's rules no longer allow this.",
            Self::Node(Cause::Stopping) => "Kith was stopped on this computer.",
            Self::Node(Cause::Locked) => "Kith was locked on this computer.",
            Self::Node(Cause::Failed) => "Kith failed on this computer.",
            Self::NodeGone => "Kith is no longer running on this computer.",
            Self::Fault(Fault::Version) => {
                "The other side's Kith is too old or too new for this one."
            }
            Self::Fault(fault) if fault.is_ours() => "Watching failed on this computer.",
            Self::Fault(_) => "The other side sent something that can't be shown.",
        }
    }
}

impl Session {
    /// Why the picture, if there is one, isn't what there is now; for the person
    /// in front of it.
    #[must_use]
    pub fn still(&self) -> Option<&'static str> {
        match (self.path().0, self.source(), self.picture()) {
            (PathKind::Interrupted, ..) => Some("The connection is interrupted. Trying again…"),
            (_, _, None) => Some("Waiting for the first picture…"),
            (_, SourceState::Minimised, _) => Some("The shared window is minimised."),
            (_, SourceState::Paused, _) => Some("The sharer has paused."),
            _ => None,
        }
    }
}
