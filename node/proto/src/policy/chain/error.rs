use core::time::Duration;

use thiserror::Error;

use crate::blame::Blame;
use crate::signed::RecordError;

/// Why an organisation's policy can't be used, so that no new share begins;
/// talk goes on (rule R2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Unusable {
    /// Its time is over, with any grace period.
    #[error("the policy has expired: an administrator must renew it")]
    Expired,
    /// There are two documents with one number.
    #[error("there are two different policies with one number: only recovery keys settle it")]
    Forked,
    /// The newest document needs a newer Kith.
    #[error("the newest policy needs a newer version of Kith")]
    NeedsUpdate,
    /// The newest document is signed, but broken.
    #[error("the newest policy is broken: the administrators must mend it")]
    Broken,
    /// There is no room for the newest document: the chain has
    /// [`super::MAX_CHAIN`] documents, or [`super::MAX_HEADERS`] bytes.
    #[error("the policy's history is full: the organisation must begin a new one")]
    Full,
}

/// Why an update isn't taken over.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChainError {
    /// A header that isn't a signed header at all.
    #[error("a header: {0}")]
    Record(#[from] RecordError),
    /// No header in it.
    #[error("no header in the update")]
    Empty,
    /// More than an update may be, see [`super::MAX_UPDATE`].
    #[error("the update is larger than any may be")]
    TooLarge,
    /// Of another organisation.
    #[error("a policy of another organisation")]
    WrongOrganisation,
    /// It doesn't begin at the first document, or leaves some out.
    #[error("documents in between are missing")]
    Gap,
    /// It names another document as the one before.
    #[error("it doesn't follow the newest policy known")]
    NotLinked,
    /// It differs from what has its number, which isn't the newest any more.
    #[error("an old document: number {newest} is known already")]
    Rollback {
        /// The newest number known.
        newest: u64,
    },
    /// Not enough of the keys that had to sign.
    #[error("{have} of those who must sign have signed; {needed} are needed")]
    TooFewSigners {
        /// How many of them signed.
        have: usize,
        /// How many must.
        needed: usize,
    },
    /// Somebody signed it who is neither an administrator nor a recovery key
    /// of the document before: nobody's signature pads what all must keep.
    #[error("somebody signed it who isn't among those who may")]
    ExtraSignature,
    /// There are two documents with one number, and nothing has healed that.
    #[error("there are two different policies with one number")]
    Forked,
    /// Signed in the future: one of the clocks is wrong (POL-9).
    #[error("signed {} days in the future: this clock is behind, or the administrator's is ahead", ahead.as_secs() / 86_400)]
    FromTheFuture {
        /// How far ahead of the time judged by.
        ahead: Duration,
    },
    /// The body isn't the one that the header names.
    #[error("the body isn't the one that was signed")]
    OtherBody,
    /// Signed well, but it can't be used here.
    #[error("{0}")]
    Unusable(Unusable),
}

impl ChainError {
    /// The stable code (spec 04, "Errors").
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Record(_) => "record",
            Self::Empty => "empty",
            Self::TooLarge => "too-large",
            Self::WrongOrganisation => "wrong-organisation",
            Self::Gap => "gap",
            Self::NotLinked => "not-linked",
            Self::Rollback { .. } => "rollback",
            Self::TooFewSigners { .. } => "too-few-signers",
            Self::ExtraSignature => "extra-signature",
            Self::Forked => "policy-forked",
            Self::FromTheFuture { .. } => "from-the-future",
            Self::OtherBody => "other-body",
            Self::Unusable(why) => why.code(),
        }
    }

    /// Whose fault it is: that of whoever sent the update, unless there are
    /// other explanations.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Unusable(Unusable::NeedsUpdate) => Blame::Incompatible,
            Self::Record(_)
            | Self::Empty
            | Self::TooLarge
            | Self::WrongOrganisation
            | Self::TooFewSigners { .. }
            | Self::ExtraSignature
            | Self::OtherBody => Blame::Misbehaved,
            // An honest peer may have an older chain, or the other branch.
            Self::Gap
            | Self::NotLinked
            | Self::Rollback { .. }
            | Self::Forked
            | Self::FromTheFuture { .. }
            | Self::Unusable(_) => Blame::Circumstance,
        }
    }
}
