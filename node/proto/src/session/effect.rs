//! What happens to a session, and what a session wants done.

use super::Reason;
use super::state::Ready;
use super::tokens::{PathId, PathNonce, Tokens};
use crate::audit::{By, Said};
use crate::id::DeviceId;

/// What one side says to the other, judged: signatures were checked where
/// there are any, and it came over a connection to that device.
#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord))]
#[derive(Debug)]
pub enum Told<T: Tokens> {
    /// Viewer to sharer: may I see this?
    Ask(T::Terms),
    /// Sharer to viewer: you may see this.
    Offer(T::Terms),
    /// To whoever asked or offered: the person here is being asked.
    Rings,
    /// Viewer to sharer: I accept, seal to this key.
    Accept(T::Accept),
    /// Sharer to viewer: the parameters.
    Sealed(T::Sealed),
    /// Sharer to viewer, on the path it is about: let us take this one.
    Nominate(PathNonce),
    /// Viewer to sharer, on that path.
    Echo(PathNonce),
    /// Sharer to viewer: the echo came, and the share is open for you.
    Start,
    /// No, or not any more, before it ran.
    Leave(Reason),
    /// Viewer to sharer, while it runs: may I do this? Also: less.
    More(T::Terms),
    /// Sharer to viewer: this is what you may do from here on; where that is less,
    /// who brought it about and why.
    Now(T::Terms, Option<(By, Reason)>),
    /// Sharer to viewer: no more than now.
    NoMore(Reason),
    /// It is over: who ended it and why, and how far my log goes.
    Over(By, Reason, T::Mark),
    /// The end record, for signing or signed.
    Record(T::Record),
}

/// One message, with where it came from.
#[derive(Debug)]
pub struct Received<T: Tokens> {
    /// The device at the other end of the connection.
    pub from: DeviceId,
    /// Which connection.
    pub path: PathId,
    /// What it says.
    pub told: Told<T>,
}

/// What happened.
#[derive(Debug)]
pub enum Event<T: Tokens> {
    /// The other side said something.
    Received(Received<T>),
    /// Our person allows this, and nothing beyond it (ASK-2). A sharer who
    /// was asked says here what it is that will be shown.
    Consent(T::Terms, T::Consent),
    /// Our person, or our program for them, says no.
    Refuse(Reason),
    /// The session id is stored; or it isn't, and why.
    Claimed(Result<T::Claim, Reason>),
    /// Our person ends it, or our program.
    Stop(By, Reason),
    /// Viewer: our person wants these terms from here on.
    WantMore(T::Terms),
    /// Sharer: our person wants to give these terms unasked. They are asked whether
    /// they mean it, as if the viewer had asked.
    Give(T::Terms),
    /// Sharer: our person allows less from here on.
    Reduce(T::Terms, By, Reason),
    /// Sharer: the control that was agreed on with the share counts from here on.
    Counts(Said),
    /// A policy, profile or list of people has changed (POL-7).
    PolicyNews,
    /// A device can't be reached any more.
    Gone(DeviceId),
    /// The connection in use is gone.
    PathLost(PathId),
    /// Sharer: there is a connection to the other device.
    PathFound(PathId),
    /// Time passes.
    Tick,
    /// Nobody waits any longer for the other side to sign the end.
    Unsigned,
}

/// What an audit log is to hold (UI-4).
#[derive(Debug)]
pub enum Fact<T: Tokens> {
    /// Somebody asked or offered; or asked for more.
    Asked(T::Terms),
    /// The policy was asked for these terms, and answered.
    Decided(T::Terms, Result<(), Reason>),
    /// Somebody refused.
    Refused(By, Reason),
    /// Our person allowed these terms.
    Granted(T::Terms),
    /// The share runs.
    Started(T::Terms),
    /// The viewer may do more.
    Escalated(T::Terms, By),
    /// The viewer may do less.
    Reduced(T::Terms, By, Reason),
    /// The control that was agreed on with the share counts; on the sharer's side
    /// with how that was said.
    Counts(T::Terms, Option<Said>),
}

/// What is to be done, in this order.
#[derive(Debug)]
pub enum Effect<T: Tokens> {
    /// Tell a device, over any connection; a nomination and an echo over the
    /// one that is named.
    Tell {
        /// Whom.
        to: DeviceId,
        /// On which connection.
        path: Option<PathId>,
        /// What.
        told: Told<T>,
    },
    /// Put it to our person: may this be?
    Ring(T::Terms),
    /// Take that back from the person's eyes.
    Unring,
    /// Store the session durably as used and open, then say
    /// [`Event::Claimed`].
    Claim,
    /// Begin the share.
    Launch(Ready<T>),
    /// What the viewer may do has changed: this counts from here on.
    Regrant(T::Grant),
    /// The share goes on over another path.
    Move(PathId, PathNonce),
    /// Stop everything of the share, wipe its parameters, end its paths.
    /// Harmless when there is nothing.
    Destroy,
    /// Keep it in the audit log.
    Audit(Fact<T>),
    /// It is over; forget the session. The audit log holds it with the end
    /// record, as far as that was signed.
    Over {
        /// Who ended it.
        by: By,
        /// Why.
        reason: Reason,
        /// The end record.
        record: Option<T::Record>,
        /// Whether pictures ever went over.
        ran: Ran,
    },
}

/// Whether a share ever ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ran {
    /// Not at all.
    Never,
    /// It did.
    Yes,
}
