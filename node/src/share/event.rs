//! What running shares tell the node.

use std::time::Duration;

use kith_proto::id::SessionId;
use kith_proto::session::{Reason, Side};
use kith_screen::warden::protocol::Answer;

use super::trial::TrialFault;
use super::wire::Bye;
use crate::swarm::{DeviceId, Link, Via};

/// Names one share of this process: one source, however many viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShareId(pub(super) u64);

/// Something happened in a share. Sent through a bounded channel by the tasks
/// of single sessions: while the node doesn't take events, those sessions
/// wait, and stop orders still pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareEvent {
    /// Both lanes stand for the first time, and the other side spoke: the
    /// session runs.
    Running {
        /// Which session.
        session: SessionId,
        /// Over what.
        path: PathKind,
    },
    /// What shows it stands, and greeted: a window, on whichever side.
    Shown {
        /// Which session.
        session: SessionId,
    },
    /// Nothing comes from the other side any more. The session goes on by
    /// itself over another connection, or ends after [`super::SILENCE`].
    PathLost {
        /// Which session.
        session: SessionId,
    },
    /// It goes on, or moved to a better connection.
    Resumed {
        /// Which session.
        session: SessionId,
        /// Over what now.
        path: PathKind,
        /// How long nothing came; zero for a move.
        interrupted: Duration,
    },
    /// The viewer asks for control (ASK-2). Sharer's side only.
    ControlAsked {
        /// Which session.
        session: SessionId,
    },
    /// The viewer controls from now on. Sharer's side only.
    ControlGiven {
        /// Which session.
        session: SessionId,
    },
    /// Control was offered and a person at the screen said no, or it ended
    /// there: by the panic key, because its time is up, or because several had it
    /// and the sharer says that one may.
    ControlEnded {
        /// Which session.
        session: SessionId,
        /// Why.
        why: Reason,
    },
    /// A person at the screen answered whether this viewer may have control.
    Answered {
        /// Which session.
        session: SessionId,
        /// What. [`Answer::OnlyView`] also where control was offered.
        answer: Answer,
    },
    /// The same about a command.
    Commanded {
        /// Which, as it was numbered when it was asked about.
        command: u64,
        /// What.
        answer: Answer,
    },
    /// A person took control back from this viewer, in the frame.
    ControlTaken {
        /// Which session.
        session: SessionId,
    },
    /// The viewer asked and takes it back, or gave control back.
    ControlReturned {
        /// Which session.
        session: SessionId,
    },
    /// Input was dropped; at most five such events a second and session.
    InputRefused {
        /// Which session.
        session: SessionId,
        /// Why the last one was.
        why: kith_codec::input::Refusal,
        /// How many since the last such event.
        count: u16,
    },
    /// The sharer pressed the panic key: nobody controls anything, nothing
    /// that was queued is injected (GUARD-6).
    Panicked {
        /// Which share.
        share: ShareId,
    },
    /// The same in a hosted session of this side's.
    HandsTaken {
        /// Which session.
        session: SessionId,
    },
    /// A trial picture was tried out with a device, whoever began that.
    Pictured {
        /// With which.
        device: DeviceId,
        /// Which side we were.
        side: Side,
        /// What came of it.
        outcome: Result<(), TrialFault>,
    },
    /// The session is over here; nothing follows for it.
    Ended {
        /// Which session.
        session: SessionId,
        /// Why.
        why: Ending,
    },
    /// The share is over, all its sessions too.
    Closed {
        /// Which share.
        share: ShareId,
        /// Why.
        why: Ending,
    },
}

/// Over what a session runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathKind {
    /// Which transport.
    pub link: Option<Link>,
    /// Directly or through a relay.
    pub via: Via,
}

/// Why a session or share ended here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// We ended it, with the reason that was given.
    Here(Bye),
    /// The other side ended it, with the reason it said.
    There(Bye),
    /// The other side was silent for [`super::SILENCE`].
    Silent,
    /// The other side broke the protocol.
    PeerFault,
    /// The other side knows no such session.
    Refused,
    /// The source can't be opened, or failed.
    Source,
    /// The encoder failed.
    Encoder,
    /// The viewer's window was closed, or its process died.
    Window,
    /// The viewer's process can't be started, or its window not be opened.
    NoWindow,
    /// Our person's profile was locked. Said before the session is ended for it.
    Locked,
}
