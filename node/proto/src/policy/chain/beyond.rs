use super::Unusable;
use crate::digest::Digest;

/// Whose signatures made a document count. Recovery keys have the last word
/// on a number, because administrators' keys are those that get stolen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Author {
    /// Administrators alone.
    Admins,
    /// As many recovery keys as are needed; or, where that can't be known,
    /// perhaps.
    Recovery,
}

/// One document on the way to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Stop {
    pub(super) digest: Digest,
    pub(super) by: Author,
}

/// A header that is signed well and newer, but can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Beyond {
    pub(super) seq: u64,
    pub(super) why: Unusable,
    pub(super) evidence: Vec<u8>,
    /// The headers that led there, this one last: those behind the newest
    /// document at the time. Another one in the place of any of them is a
    /// fork, though none of them is in force.
    pub(super) way: Vec<Stop>,
}

impl Beyond {
    /// The header of this number on the way there, where it is known.
    pub(super) fn stop(&self, seq: u64) -> Option<Stop> {
        let back = usize::try_from(self.seq.checked_sub(seq)?).ok()?;
        let at = self.way.len().checked_sub(back.checked_add(1)?)?;
        self.way.get(at).copied()
    }

    /// Whether it is this one, whoever else has signed it.
    pub(super) fn is(&self, digest: Digest) -> bool {
        self.way.last().is_some_and(|s| s.digest == digest)
    }
}
