//! The states, a type each: what a session knows at that point, and no more.

use super::Reason;
use super::tokens::{PathId, PathNonce, Tokens};
use crate::audit::By;
use crate::id::DeviceId;
use crate::time::Monotonic;

/// Makes the enum of all states. Tests also need to compare and copy the
/// states of a model, which real ones must never allow.
macro_rules! states {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Where a session stands.
        #[derive(Debug)]
        pub(super) enum State<T: Tokens> {
            $($(#[$doc])* $name($name<T>),)*
        }

        $(impl<T: Tokens> From<$name<T>> for State<T> {
            fn from(state: $name<T>) -> Self {
                Self::$name(state)
            }
        })*

        #[cfg(test)]
        impl Clone for State<super::model::Toy> {
            fn clone(&self) -> Self {
                match self { $(Self::$name(s) => Self::$name(s.clone()),)* }
            }
        }

        #[cfg(test)]
        impl PartialEq for State<super::model::Toy> {
            fn eq(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$name(a), Self::$name(b)) => a == b,)*
                    _ => false,
                }
            }
        }

        #[cfg(test)]
        impl Eq for State<super::model::Toy> {}

        #[cfg(test)]
        impl core::hash::Hash for State<super::model::Toy> {
            fn hash<H: core::hash::Hasher>(&self, h: &mut H) {
                core::mem::discriminant(self).hash(h);
                match self { $(Self::$name(s) => s.hash(h),)* }
            }
        }
    };
}

states! {
    /// Viewer: has asked, and waits for an offer.
    Asking,
    /// Either: the person here is asked.
    Ringing,
    /// Sharer: has offered, and waits for the acceptance.
    Offered,
    /// Viewer: will accept, and waits until the session id is stored.
    Claiming,
    /// Viewer: has accepted, and waits for the parameters.
    Accepted,
    /// Sharer: waits until the session id is stored.
    Sealing,
    /// Sharer: has sealed and nominated a path, and waits for the echo.
    Nominated,
    /// Viewer: has the parameters, and waits for a path.
    Confirming,
    /// Viewer: has echoed, and waits until the sharer lets it in.
    Echoed,
    /// Either: the share runs.
    Running,
    /// Either: everything is destroyed; the end record is being signed.
    Ending,
    /// Either: nothing is left.
    Ended,
}

/// What a face is told of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// We have asked or offered; the other person is to answer.
    Waiting,
    /// Our person is to answer.
    Ringing,
    /// The two programs settle the rest.
    Settling,
    /// The share runs.
    Running,
    /// It is over and destroyed; both sides sign that.
    Ending,
    /// It is over.
    Over,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Asking<T: Tokens> {
    pub(super) terms: T::Terms,
    /// Our person asked: that is the consent.
    pub(super) consent: T::Consent,
    /// The devices that ring.
    pub(super) rung: Vec<DeviceId>,
    pub(super) until: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Ringing<T: Tokens> {
    pub(super) terms: T::Terms,
    pub(super) until: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Offered<T: Tokens> {
    pub(super) terms: T::Terms,
    pub(super) consent: T::Consent,
    pub(super) rung: Vec<DeviceId>,
    pub(super) until: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Accepted<T: Tokens> {
    pub(super) terms: T::Terms,
    pub(super) grant: T::Grant,
    pub(super) key: T::Key,
    pub(super) accept: T::Accept,
    pub(super) claim: T::Claim,
    pub(super) until: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Sealing<T: Tokens> {
    pub(super) terms: T::Terms,
    pub(super) grant: T::Grant,
    pub(super) accept: T::Accept,
    /// Where the acceptance came from: the first path to be nominated.
    pub(super) path: PathId,
    pub(super) until: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Claiming<T: Tokens> {
    pub(super) terms: T::Terms,
    pub(super) grant: T::Grant,
    pub(super) key: T::Key,
    pub(super) accept: T::Accept,
    pub(super) until: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Nominated<T: Tokens> {
    pub(super) terms: T::Terms,
    pub(super) grant: T::Grant,
    pub(super) params: T::Params,
    pub(super) path: PathId,
    pub(super) nonce: PathNonce,
    pub(super) until: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Confirming<T: Tokens> {
    pub(super) terms: T::Terms,
    pub(super) grant: T::Grant,
    pub(super) params: T::Params,
    pub(super) until: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Echoed<T: Tokens> {
    pub(super) terms: T::Terms,
    pub(super) grant: T::Grant,
    pub(super) params: T::Params,
    pub(super) path: PathId,
    pub(super) nonce: PathNonce,
    pub(super) until: Monotonic,
}

/// Everything a share needs, all of it proven: what is launched from. Made
/// where the sharer believes an echo, and where the viewer hears that; nowhere
/// else.
#[derive(Debug)]
pub struct Ready<T: Tokens> {
    /// What the viewer may do.
    pub grant: T::Grant,
    /// The path that was agreed on, here.
    pub path: PathId,
    /// And to both.
    pub nonce: PathNonce,
    /// The parameters. Who launches owns them, and wipes them on
    /// [`Effect::Destroy`](super::Effect::Destroy).
    pub params: T::Params,
}

/// What our person said in advance, in a share that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum InAdvance {
    /// It counts.
    Counts,
    /// Our person has taken control back since: it counts no more in this
    /// session, whatever they have said before.
    TakenBack,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Running<T: Tokens> {
    pub(super) terms: T::Terms,
    /// Sharer: whether a standing consent counts for more.
    pub(super) in_advance: InAdvance,
    /// Under which terms more was asked for, and until when that holds.
    pub(super) more: Option<(T::Terms, Monotonic)>,
    /// Sharer: a path that was nominated and not echoed yet.
    pub(super) nominated: Option<(PathId, PathNonce)>,
    /// The path in use; `None` while it is lost.
    pub(super) path: Option<PathId>,
    /// The end: of the longest share, or of waiting for a path.
    pub(super) until: Monotonic,
    pub(super) longest: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Ending<T: Tokens> {
    pub(super) terms: T::Terms,
    pub(super) by: By,
    pub(super) reason: Reason,
    pub(super) record: Option<T::Record>,
    pub(super) until: Monotonic,
}

#[cfg_attr(test, derive(Clone, PartialEq, Eq, Hash))]
#[derive(Debug)]
pub(super) struct Ended<T: Tokens> {
    pub(super) by: By,
    pub(super) reason: Reason,
    pub(super) tokens: core::marker::PhantomData<T>,
}
