//! A session id is used once (SEAL-1, rule R3): the store that remembers.

use core::time::Duration;
use std::collections::BTreeMap;

use thiserror::Error;

use super::message::LIFETIME;
use crate::blame::Blame;
use crate::clock::MAX_SKEW;
use crate::id::SessionId;
use crate::time::Timestamp;

/// The proof that a session id was not used before and now is, durably. What
/// a seal held is released only against it. Made in one place: the store.
#[derive(Debug)]
#[must_use = "a claim that releases nothing has spent the session"]
pub struct Claimed(SessionId);

impl Claimed {
    /// For implementations of [`SessionUse`] alone: says that `session` was
    /// unused and is now committed to durable storage as used.
    pub fn durably(session: SessionId) -> Self {
        Self(session)
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.0
    }
}

/// Why a session can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClaimError {
    /// Used before: a replay, by the other side or by whoever carries its
    /// bytes. Nothing is launched.
    #[error("this session was used already")]
    Used,
    /// [`MAX_CLAIMS`] sessions are remembered: somebody is flooding.
    #[error("too many sessions in a short time")]
    Full,
    /// The store could not be written (a full disk, say): our own trouble.
    /// Nothing is launched, because a replay could not be told.
    #[error("the session could not be stored durably")]
    NotDurable,
}

impl ClaimError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(self) -> Blame {
        match self {
            Self::Used | Self::Full => Blame::Misbehaved,
            Self::NotDurable => Blame::Ours,
        }
    }
}

/// Remembers used sessions over restarts and crashes.
pub trait SessionUse {
    /// Marks `session` as used, in storage that outlives a crash *before*
    /// this returns. It may be forgotten once the wall clock has passed
    /// `until`: by then no message for it is accepted.
    ///
    /// # Errors
    /// It was used, or can't be stored. Then nothing may be launched.
    fn claim(&mut self, session: SessionId, until: Timestamp) -> Result<Claimed, ClaimError>;
}

/// How long a session is remembered that is claimed before its message is
/// there: until no message for it is accepted by the wall clock, whatever the
/// sender's clock says (spec 05, "Opening").
pub const CLAIM_KEPT: Duration = Duration::from_secs(2 * (MAX_SKEW.as_secs() + LIFETIME.as_secs()));

/// How many sessions are remembered at most: 65,536. They are forgotten after
/// two days ([`CLAIM_KEPT`]), and each was agreed to by a person.
pub const MAX_CLAIMS: usize = 1 << 16;

/// The rules of [`SessionUse`] in memory: the twin for tests and simulations,
/// and the index that a durable store keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryUse(BTreeMap<SessionId, Timestamp>);

impl MemoryUse {
    /// What is remembered, to be written down.
    pub fn entries(&self) -> impl Iterator<Item = (SessionId, Timestamp)> + '_ {
        self.0.iter().map(|(s, t)| (*s, *t))
    }

    /// Forgets what may be forgotten at `now`.
    pub fn prune(&mut self, now: Timestamp) {
        self.0.retain(|_, until| *until >= now);
    }
}

impl FromIterator<(SessionId, Timestamp)> for MemoryUse {
    fn from_iter<I: IntoIterator<Item = (SessionId, Timestamp)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl SessionUse for MemoryUse {
    fn claim(&mut self, session: SessionId, until: Timestamp) -> Result<Claimed, ClaimError> {
        if self.0.contains_key(&session) {
            return Err(ClaimError::Used);
        }
        if self.0.len() >= MAX_CLAIMS {
            return Err(ClaimError::Full);
        }
        self.0.insert(session, until);
        Ok(Claimed::durably(session))
    }
}
