//! What the node orders of its shares, and why an order is refused.

use std::fmt;

use kith_proto::id::SessionId;
use kith_proto::session::PathNonce;
use kith_screen::source::Source;

use super::MayAsk;
use super::inject::Injector;
use super::part::PartControl;
use super::pieces::Pieces;
use super::process::Window;
use super::warden::Guarded;
use super::watching::Path;
use crate::swarm::{Candidate, DeviceId};

/// What opening a source gives.
pub struct Opened {
    /// Pixels.
    pub source: Box<dyn Source>,
    /// Where input goes.
    pub input: InputTo,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// Where a share's input goes.
pub enum InputTo {
    /// Nowhere: nobody can control it.
    Nobody,
    /// To this, within the node: for what has no screen.
    Injector(Box<dyn Injector>),
    /// To the warden of this display, which guards this.
    Warden(Guarded),
    /// The same, where a person adds windows and takes them out.
    WardenOf(Guarded, Pieces),
    /// The same, where a person moves the frame.
    WardenIn(Guarded, PartControl),
}

impl fmt::Debug for InputTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Injector(_) => "Injector",
            Self::Warden(_) | Self::WardenOf(..) | Self::WardenIn(..) => "Warden",
        })
    }
}

/// Why an order was refused: we misused it, or the session just ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareFault {
    /// No share of that name runs.
    #[error("no such share")]
    NoShare,
    /// No session of that name runs here, or not on this side.
    #[error("no such session")]
    NoSession,
    /// That session, or that nonce, is in use already: a session begins once.
    #[error("this session has begun already")]
    Known,
    /// [`super::MAX_SHARES`], [`super::MAX_SESSIONS`] or the codec's limit on viewers.
    #[error("too many at once")]
    TooMany,
    /// Rights without any right to control.
    #[error("no right of control is given")]
    NoRight,
    /// A picture of that size can't be.
    #[error("no part of the screen has that size")]
    NoPart,
    /// The system gives no thread or socket.
    #[error("the system refuses a thread or socket")]
    System,
}

/// A viewer that the session machine admits: its `Ready`, as far as the share
/// needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The session.
    pub session: SessionId,
    /// The viewer's device; streams of another are refused.
    pub viewer: DeviceId,
    /// Names the path.
    pub nonce: PathNonce,
    /// What the sharer calls the viewer, for indicators on the screen.
    pub name: String,
    /// What the viewer calls itself: what other viewers are told.
    pub own_name: String,
    /// Whether it may ask for control.
    pub may_ask: MayAsk,
}

/// A share that is to be watched: the viewer's `Ready`.
#[derive(Debug)]
pub struct Watch {
    /// The session.
    pub session: SessionId,
    /// The sharer's device.
    pub sharer: DeviceId,
    /// Names the path.
    pub nonce: PathNonce,
    /// The sharer, as this user knows them, for the window's title.
    pub person: String,
    /// What is shared, likewise.
    pub what: String,
    /// The nominated connections.
    pub path: Path,
    /// Addresses to try when the path is lost.
    pub ways: Vec<Candidate>,
    /// What shows it.
    pub window: Window,
}
