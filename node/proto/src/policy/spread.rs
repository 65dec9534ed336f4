//! How policies spread between members when they meet (POL-1; spec 07,
//! "Policies"): each says which document of which organisation is its newest,
//! and whoever has more gives it, in pieces that fit a frame.
//!
//! Nothing that arrives is believed here: a whole update goes to
//! [`super::chain::PolicyChain::apply`].

use thiserror::Error;

use super::chain::{MAX_UPDATE, PolicyChain, PolicyUpdate};
use crate::blame::Blame;
use crate::cbor::DecodeError;
use crate::digest::Digest;
use crate::id::OrgId;

/// The largest piece in bytes: fits a frame of the hello stream, which
/// strangers may fill up to 64 KiB.
pub const MAX_PIECE: usize = 48 * 1024;

/// The most pieces of one update.
pub const MAX_PIECES: usize = MAX_UPDATE.div_ceil(MAX_PIECE);

/// Which document of an organisation somebody has as the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// The organisation.
    pub org: OrgId,
    /// The number of the document.
    pub seq: u64,
    /// The digest of its header.
    pub digest: Digest,
}

impl Newest {
    /// That of a chain.
    #[must_use]
    pub fn of(chain: &PolicyChain) -> Self {
        let head = chain.head();
        Self {
            org: chain.org(),
            seq: head.payload().seq(),
            digest: head.digest(),
        }
    }
}

/// A part of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The organisation.
    pub org: OrgId,
    /// Its place, from 0.
    pub index: u16,
    /// How many there are; at most [`MAX_PIECES`].
    pub count: u16,
    /// The bytes; at most [`MAX_PIECE`].
    pub bytes: Vec<u8>,
}

/// What to do about what the other has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Both have the same.
    Nothing,
    /// Give what comes after this number, which goes along: that shows a fork.
    Give {
        /// The number.
        after: u64,
    },
    /// Say what we have, so that the other gives more.
    Ask,
}

/// What to do about `theirs`, having `ours` of the same organisation.
#[must_use]
pub fn answer(ours: &Newest, theirs: &Newest) -> Answer {
    if theirs.seq > ours.seq {
        return Answer::Ask;
    }
    match theirs.seq == ours.seq && theirs.digest == ours.digest {
        true => Answer::Nothing,
        false => Answer::Give { after: theirs.seq },
    }
}

/// An update in pieces, in their order; none if it is too long for anybody.
#[must_use]
pub fn pieces(org: OrgId, update: &PolicyUpdate) -> Vec<Piece> {
    let bytes = update.to_bytes();
    if bytes.len() > MAX_UPDATE {
        return Vec::new();
    }
    let chunks = bytes.chunks(MAX_PIECE);
    let count = u16::try_from(chunks.len()).unwrap_or(u16::MAX);
    let piece = |(index, bytes): (u16, &[u8])| Piece {
        org,
        index,
        count,
        bytes: bytes.to_vec(),
    };
    (0..).zip(chunks).map(piece).collect()
}

/// Why pieces don't make an update: the sender's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpreadError {
    /// A piece that isn't the next one of the update that was begun.
    #[error("a piece of a policy out of order")]
    OutOfOrder,
    /// More pieces, or longer ones, than there may be.
    #[error("a policy in too many or too long pieces")]
    TooMuch,
    /// The pieces together aren't an update.
    #[error("not a policy update: {0}")]
    Malformed(#[from] DecodeError),
}

impl SpreadError {
    /// Whose fault it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Misbehaved
    }
}

/// Pieces of one update as they arrive; memory grows with what has arrived,
/// up to [`MAX_UPDATE`].
#[derive(Debug, Default)]
pub struct Assembly {
    begun: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    org: OrgId,
    next: u16,
    count: u16,
    bytes: Vec<u8>,
}

impl Assembly {
    /// Takes the next piece; gives the update with its last one. The first
    /// piece of another update takes the place of an unfinished one.
    ///
    /// # Errors
    /// See [`SpreadError`]; what was begun is forgotten.
    pub fn take(&mut self, piece: &Piece) -> Result<Option<(OrgId, PolicyUpdate)>, SpreadError> {
        let begun = self.begun.take();
        let fits = usize::from(piece.count) <= MAX_PIECES
            && piece.index < piece.count
            && piece.bytes.len() <= MAX_PIECE;
        if !fits {
            return Err(SpreadError::TooMuch);
        }
        let mut begun = match (piece.index, begun) {
            (0, _) => Begun {
                org: piece.org,
                next: 0,
                count: piece.count,
                bytes: Vec::new(),
            },
            (_, Some(b)) if b.org == piece.org && b.count == piece.count => b,
            _ => return Err(SpreadError::OutOfOrder),
        };
        if begun.next != piece.index {
            return Err(SpreadError::OutOfOrder);
        }
        if begun.bytes.len() + piece.bytes.len() > MAX_UPDATE {
            return Err(SpreadError::TooMuch);
        }
        begun.bytes.extend_from_slice(&piece.bytes);
        begun.next += 1;
        if begun.next < begun.count {
            self.begun = Some(begun);
            return Ok(None);
        }
        let update = PolicyUpdate::from_bytes(&begun.bytes)?;
        Ok(Some((begun.org, update)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn org(n: u8) -> OrgId {
        OrgId::from_bytes([n; 32])
    }

    fn newest(seq: u64, digest: u8) -> Newest {
        Newest {
            org: org(1),
            seq,
            digest: Digest::from_bytes([digest; 32]),
        }
    }

    fn update(len: usize) -> PolicyUpdate {
        PolicyUpdate {
            headers: vec![vec![1; 200]; 3],
            body: vec![7; len],
        }
    }

    #[test]
    fn whoever_has_more_gives_and_two_of_one_number_show_each_other() {
        assert_eq!(answer(&newest(3, 1), &newest(3, 1)), Answer::Nothing);
        assert_eq!(answer(&newest(3, 1), &newest(5, 2)), Answer::Ask);
        assert_eq!(
            answer(&newest(5, 2), &newest(3, 1)),
            Answer::Give { after: 3 }
        );
        assert_eq!(
            answer(&newest(3, 1), &newest(3, 2)),
            Answer::Give { after: 3 }
        );
    }

    #[test]
    fn pieces_out_of_order_or_too_many_are_refused() {
        let all = pieces(org(1), &update(200_000));
        assert!(all.len() > 3);
        let mut a = Assembly::default();
        assert_eq!(a.take(&all[1]), Err(SpreadError::OutOfOrder));
        assert_eq!(a.take(&all[0]), Ok(None));
        assert_eq!(a.take(&all[2]), Err(SpreadError::OutOfOrder));
        // Forgotten: the one that was next isn't any more.
        assert_eq!(a.take(&all[1]), Err(SpreadError::OutOfOrder));
        assert_eq!(a.take(&all[0]), Ok(None));
        let other = Piece {
            org: org(2),
            ..all[1].clone()
        };
        assert_eq!(a.take(&other), Err(SpreadError::OutOfOrder));
        let many = u16::try_from(MAX_PIECES + 1).unwrap();
        for wrong in [
            Piece {
                count: many,
                ..all[0].clone()
            },
            Piece {
                index: 1,
                count: 1,
                ..all[0].clone()
            },
            Piece {
                count: 0,
                ..all[0].clone()
            },
            Piece {
                bytes: vec![0; MAX_PIECE + 1],
                ..all[0].clone()
            },
        ] {
            assert_eq!(a.take(&wrong), Err(SpreadError::TooMuch));
        }
        let junk = Piece {
            index: 0,
            count: 1,
            bytes: vec![0xff; 9],
            org: org(1),
        };
        assert!(matches!(a.take(&junk), Err(SpreadError::Malformed(_))));
    }

    #[test]
    fn one_that_nobody_could_take_is_not_sent() {
        assert_eq!(pieces(org(1), &update(MAX_UPDATE)), []);
    }

    proptest! {
        #[test]
        fn an_update_comes_back(len in 0usize..200_000) {
            let update = update(len);
            let mut a = Assembly::default();
            let mut done = None;
            for p in pieces(org(1), &update) {
                prop_assert!(done.is_none());
                done = a.take(&p).unwrap();
            }
            prop_assert_eq!(done, Some((org(1), update)));
        }
    }
}
