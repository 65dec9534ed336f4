use super::Unusable;
use crate::digest::Digest;

/// A header that is signed well and newer, but can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Beyond {
    pub(super) seq: u64,
    pub(super) why: Unusable,
    pub(super) evidence: Vec<u8>,
    /// The digests of the headers that led there, this one last: those behind
    /// the newest document at the time. Another one in the place of any of
    /// them is a fork, though none of them is in force.
    pub(super) way: Vec<Digest>,
}

impl Beyond {
    /// The header of this number on the way there, where it is known.
    pub(super) fn digest_of(&self, seq: u64) -> Option<Digest> {
        let back = usize::try_from(self.seq.checked_sub(seq)?).ok()?;
        let at = self.way.len().checked_sub(back.checked_add(1)?)?;
        self.way.get(at).copied()
    }

    /// Whether it is this one, whoever else has signed it.
    pub(super) fn is(&self, digest: Digest) -> bool {
        self.way.last() == Some(&digest)
    }
}
