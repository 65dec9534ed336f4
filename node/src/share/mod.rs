//! Running shares: everything between two nodes that agreed and the first
//! and last pixel.
//!
//! [`Shares`] is the way in. The session machine gives it what a `Ready` says;
//! no call waits.
//!
//! Sharer:
//! 1. [`Shares::start_sharing`] with what opens the source (mostly
//!    [`Subject::open`]): a [`ShareId`].
//! 2. [`Shares::admit`] for each viewer: session, device, path nonce. The
//!    viewer's streams find their seat by nonce *and* device.
//! 3. [`ShareEvent::ControlAsked`] → ask the person → [`Shares::give_control`]
//!    or [`Shares::decline_control`]. [`Shares::take_control`] and
//!    [`Shares::panic`] end it at once.
//! 4. [`Shares::end`] for one viewer, [`Shares::stop_sharing`] for all,
//!    [`Shares::end_all`] for everything.
//!
//! Viewer: [`Shares::watch`] with session, device, nonce, the nominated
//! [`Path`] and a socket to the window's process; [`Shares::end`] to leave.
//!
//! Both: streams of [`protocols`] go to [`Shares::accept`], the swarm's news to
//! [`Shares::network`]; [`ShareEvent`]s come back, each session's last one
//! being [`ShareEvent::Ended`].
//!
//! Before: [`probe()`] tries all ways to a device at once and measures them; its
//! [`Table`] says which connection to nominate, and what to tell a person.
//!
//! How it works: one thread a share (`runner`) with source and encoder; one
//! task a session (`seat`, `watching`) with the two streams. Bounded lanes
//! lead from the thread to the tasks; when a lane is full nothing is made for
//! that viewer, and nobody else waits. Stopping is a state that is set, not a
//! message that queues (`mailbox`). Control and injection are under one
//! lock (`live`): whoever takes control away knows when it returns that
//! nothing is injected any more.
//!
//! Path: the viewer's node beats each second in the control lane, the
//! sharer's echoes, and beats in the picture lane when that is quiet. Nothing
//! for [`QUIET`]: the path is lost, held keys go up, both people are told. The
//! viewer's node looks for another connection and opens both lanes there, with
//! the same nonce and the next attempt's number; the picture begins anew. After
//! [`SILENCE`] the session ends.
//!
//! Specification: `protocol-spec/13-share-streams.md`.

mod back;
mod choose;
mod control;
mod desk;
mod enrolled;
mod event;
mod face;
mod foreknown;
mod gauge;
mod inject;
mod live;
mod mailbox;
mod orders;
mod own;
mod part;
mod pieces;
mod probe;
mod process;
mod runner;
mod seat;
mod speak;
mod subject;
mod trial;
mod warden;
mod watching;
mod wire;

use std::time::Duration;

pub(crate) use self::seat::path_kind;
pub use self::{
    choose::{Choice, ChooseError, Chosen, Listed, There, Wanted},
    desk::{Carrier, MAX_SESSIONS, MAX_SHARES, Overseen, Shares, has_display},
    enrolled::Enrolled,
    event::{Ending, PathKind, ShareEvent, ShareId},
    foreknown::{Cut, Foreknown},
    gauge::Figures,
    inject::{Given, Injector, Nothing, Offer, Put, SeatNumber, SyntheticInjector},
    orders::{Admission, InputTo, Opened, ShareFault, Watch},
    own::{Held, OwnProcesses},
    part::PartControl,
    pieces::Pieces,
    probe::{Row, Table, answers, close_dead, close_others, probe},
    process::{Program, Window},
    subject::{Lively, Subject, TOY_DESKTOP},
    trial::TrialFault,
    warden::Guarded,
    watching::{Path, path_over},
    wire::{Bye, PIECE_MAX, PREFACE_LEN, WireFault},
};
use crate::swarm::Protocol;
pub use kith_proto::session::PathNonce;
pub use kith_view::local::MayAsk;

/// How often there is a sign of life on each lane of a running share.
pub const HEARTBEAT: Duration = Duration::from_secs(1);
/// After so long without a byte a path counts as lost: two signs of life may
/// be late.
pub const QUIET: Duration = Duration::from_secs(3);
/// After so long without the other side a session ends: a laptop is carried to
/// another room with its lid closed, a router starts anew.
pub const SILENCE: Duration = kith_proto::session::RESUME;
/// How long opening both lanes may take, the sharer's first word included.
const ATTACH: Duration = Duration::from_secs(5);
/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_millis(500);

/// The protocols that the swarm serves for [`Shares`]: the share's lanes, the
/// probing of paths, and trial pictures.
#[must_use]
pub fn protocols() -> [Protocol; 3] {
    [Protocol::SHARE, Protocol::PATH, Protocol::TRIAL]
}
