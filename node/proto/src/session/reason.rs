//! Why a session didn't come about, or is over: codes (UI-6).

use ciborium::Value;

use crate::audit::{By, Code};
use crate::cbor::{Decode, DecodeError, Encode};
use crate::registry::registry;

registry! {
    /// Why a session didn't come about, or is over. The number travels, the
    /// words are the reader's. A number that isn't known here is read as
    /// `Other`.
    enum Reason;
    /// Not one of these, or not said.
    Other = 1, "other";
    /// The person said no.
    Declined = 2, "declined";
    /// Nobody answered in time.
    NoAnswer = 3, "no-answer";
    /// Who asked took it back.
    Cancelled = 4, "cancelled";
    /// It was answered on another device of the same person.
    Taken = 5, "taken";
    /// Both asked for the same; the other request goes on.
    Crossed = 6, "crossed";
    /// A policy or profile of the side that says so denies it.
    Denied = 7, "denied";
    /// A purpose, reference or patient consent is demanded and missing.
    CaseMissing = 8, "case-missing";
    /// The devices can't do it.
    NotPossible = 9, "not-possible";
    /// More than was asked for or agreed on: an offer beyond the request, or
    /// a running share that is to show something else.
    MoreThanAsked = 10, "more-than-asked";
    /// The two sides decide by different documents of one policy: they must
    /// meet first.
    PoliciesDiffer = 11, "policies-differ";
    /// The parameters could not be sealed or opened.
    SealFailed = 12, "seal-failed";
    /// The session id was used before: a replay.
    SessionUsed = 13, "session-used";
    /// This side's store refused.
    Storage = 14, "storage";
    /// The path could not be confirmed.
    NoPath = 15, "no-path";
    /// The path was lost, and no other was found.
    PathLost = 16, "path-lost";
    /// A program didn't answer in time.
    Timeout = 17, "timeout";
    /// A person stopped it.
    Stopped = 18, "stopped";
    /// A person pressed the panic key, or said the same by a command.
    Panic = 19, "panic";
    /// Newer policy doesn't allow it any more (POL-7).
    PolicyChanged = 20, "policy-changed";
    /// It has lasted as long as it may.
    Expired = 21, "expired";
    /// The program ended while it ran.
    Crashed = 22, "crashed";
    /// The program was closed or locked.
    Closed = 23, "closed";
    /// The other side did what no honest program does.
    Misbehaved = 24, "misbehaved";
    /// Too many requests at once.
    TooMany = 25, "too-many";
    /// What was shared is gone: a window was closed.
    SourceEnded = 26, "source-ended";
    /// The share could not be started here.
    LaunchFailed = 27, "launch-failed";
    /// The person asked is not to be reached by this kind of request.
    Unwanted = 28, "unwanted";
    /// A trial picture is demanded, and none came through.
    NoTrial = 29, "no-trial";
    /// The room is named in which it is to be, and they aren't both in it.
    NotInRoom = 30, "not-in-room";
    /// Who asked has asked for the same again: that request goes on.
    AskedAgain = 31, "asked-again";
}

impl Reason {
    /// The code as it stands in an audit log.
    #[must_use]
    pub fn code(self) -> Code {
        Code::known(self.name())
    }

    /// Who brought it about, where the other side says so of something that doesn't
    /// run: `person` is theirs.
    pub(super) const fn brought_by(self, person: By) -> By {
        match self {
            Self::Other
            | Self::Declined
            | Self::Cancelled
            | Self::AskedAgain
            | Self::MoreThanAsked
            | Self::Stopped
            | Self::Panic
            | Self::Unwanted => person,
            Self::Denied
            | Self::CaseMissing
            | Self::PoliciesDiffer
            | Self::PolicyChanged
            | Self::NoTrial
            | Self::NotInRoom => By::Policy,
            Self::NoAnswer
            | Self::Taken
            | Self::Crossed
            | Self::NotPossible
            | Self::SealFailed
            | Self::SessionUsed
            | Self::Storage
            | Self::NoPath
            | Self::PathLost
            | Self::Timeout
            | Self::Expired
            | Self::Crashed
            | Self::Closed
            | Self::Misbehaved
            | Self::TooMany
            | Self::SourceEnded
            | Self::LaunchFailed => By::Program,
        }
    }

    /// The reason in an English sentence about "the other side" or "this
    /// side", whoever said it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Other => "for a reason that isn't known here",
            Self::Declined => "the person declined",
            Self::NoAnswer => "nobody answered in time",
            Self::Cancelled => "whoever asked took it back",
            Self::Taken => "it was answered on another device of the same person",
            Self::Crossed => "both asked for the same at once; the other request goes on",
            Self::Denied => "a policy or profile doesn't allow it",
            Self::CaseMissing => "a purpose, reference or patient consent is demanded",
            Self::NotPossible => "the two devices can't do this together",
            Self::MoreThanAsked => "that is more than was asked for or agreed on",
            Self::PoliciesDiffer => "the two sides have different versions of a policy",
            Self::SealFailed => "the parameters could not be sealed or opened",
            Self::SessionUsed => "the session was used before",
            Self::Storage => "the node could not write to its store",
            Self::NoPath => "the path between the two devices could not be confirmed",
            Self::PathLost => "the connection was lost",
            Self::Timeout => "the other program didn't answer in time",
            Self::Stopped => "a person stopped it",
            Self::Panic => "a person ended it at once, by the panic key or “kith panic”",
            Self::PolicyChanged => "a newer policy doesn't allow it any more",
            Self::Expired => "it has lasted as long as a share may",
            Self::Crashed => "the program of one side ended while it ran",
            Self::Closed => "Kith was closed or locked",
            Self::Misbehaved => "the other program broke the rules",
            Self::TooMany => "too many requests at once",
            Self::SourceEnded => "what was shared is gone",
            Self::LaunchFailed => "the share could not be started",
            Self::Unwanted => "the person doesn't take such requests",
            Self::NoTrial => "a trial picture is demanded first, and none came through",
            Self::NotInRoom => "the two of you aren’t both in that room",
            Self::AskedAgain => "the same was asked for again, and that request goes on",
        }
    }
}

/// A reason as it travels: one that isn't known here is `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wire(pub(super) Reason);

impl Encode for Wire {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for Wire {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let number = u16::decode(value)?;
        Ok(Self(Reason::from_number(number).unwrap_or(Reason::Other)))
    }
}
