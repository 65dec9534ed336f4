//! Why a view is over, or stands still, in types and in plain words.

use kith_codec::decoder::DecodeError;
use kith_codec::message::{EndReason, MessageError, SourceState};
use kith_codec::{FilmError, StreamError};
use kith_display::look::Language;

use super::Session;
use crate::frame::FrameError;
use crate::local::{Cause, LocalError, PathKind};
use crate::words::{Texts, texts};

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
    /// For the person in front of it, in English.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        self.said(texts(Language::English))
    }

    pub(crate) const fn said(&self, t: &'static Texts) -> &'static str {
        match self {
            Self::Sharer(EndReason::Stopped) => t.over_stopped,
            Self::Sharer(EndReason::SourceGone) => t.over_source,
            Self::Sharer(EndReason::Revoked) => t.over_revoked,
            Self::Sharer(EndReason::Failed) => t.over_failed,
            Self::Node(Cause::PathLost) => t.over_path,
            Self::Node(Cause::Policy) => t.over_policy,
            Self::Node(Cause::Stopping) => t.over_stopping,
            Self::Node(Cause::Locked) => t.over_locked,
            Self::Node(Cause::Failed) => t.over_failed_here,
            Self::NodeGone => t.over_node_gone,
            Self::Fault(Fault::Version) => t.over_version,
            Self::Fault(fault) if fault.is_ours() => t.over_fault_here,
            Self::Fault(_) => t.over_fault,
        }
    }
}

impl Session {
    /// Why the picture, if there is one, isn't what there is now; for the person
    /// in front of it, in English.
    #[must_use]
    pub fn still(&self) -> Option<&'static str> {
        self.still_in(texts(Language::English))
    }

    pub(crate) fn still_in(&self, t: &'static Texts) -> Option<&'static str> {
        match (self.path().0, self.source(), self.picture()) {
            (PathKind::Interrupted, ..) => Some(t.still_interrupted),
            (_, _, None) => Some(t.still_waiting),
            (_, SourceState::Minimised, _) => Some(t.still_minimised),
            (_, SourceState::Paused, _) => Some(t.still_paused),
            _ => None,
        }
    }
}
