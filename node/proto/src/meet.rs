//! What two nodes say on a hello stream after their [`crate::hello::Hello`]s
//! (spec 07, "Meeting"): how an invite is answered, and what contacts tell
//! each other first. One message is one frame.
//!
//! Strangers may say [`Message::Answer`], and [`Message::Log`] when it shows
//! that they are a new device of a contact's. Between two who both want to be
//! met nearby, [`Message::Here`], [`Message::Code`], [`Message::Compared`] and
//! [`Message::Ticket`]; all else is for contacts.

use ciborium::Value;

use crate::cbor::{self, Bytes, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::PersonId;
use crate::policy::spread::{MAX_PIECE, MAX_PIECES, Newest, Piece};
use crate::presence::Presence;
use crate::ticket::{Evidence, MAX_EVIDENCE_PARTS};

/// The largest message in bytes (rule R7: frames of strangers).
pub const MAX_MESSAGE: usize = 64 * 1024;

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// 1: answers an invite. The content is sealed to the ticket.
    Answer {
        /// The ticket's digest.
        ticket: Digest,
        /// [`crate::ticket::Pending::sealed`].
        sealed: Vec<u8>,
    },
    /// 2: what the inviter decided. The content is sealed to the answer.
    Reply {
        /// The ticket's digest.
        ticket: Digest,
        /// [`crate::ticket::Accepted::reply`].
        sealed: Vec<u8>,
    },
    /// 3: the ticket takes no answer any more. A claim of the node, no proof.
    Refused {
        /// The ticket's digest.
        ticket: Digest,
        /// Why.
        why: Refused,
    },
    /// 4: the sender's own person log, first entry to last. For contacts, and
    /// from a new device of a contact's, which shows by it whose it is.
    Log(Evidence),
    /// 5: what the sender's person is (DISC-4). For contacts.
    Presence(Presence),
    /// 6: the log of somebody who shares a room with both, so that what that
    /// person's devices sign there can be judged. For contacts.
    Fellow {
        /// Whose log.
        person: PersonId,
        /// Entries, first to last.
        entries: Evidence,
        /// What that person shows of themselves: a signed
        /// [`crate::profile::Profile`], if the sender has it.
        profile: Option<Vec<u8>>,
    },
    /// 7: where the sender's device can be reached: a signed
    /// [`crate::address::AddressRecord`]. For contacts.
    Addresses(Vec<u8>),
    /// 8: what the sender's device can do (CAP-1): a signed
    /// [`crate::capability::Capability`]. For contacts.
    Capability(Vec<u8>),
    /// 9: which document of an organisation is the newest that the sender
    /// has. For contacts, members of it.
    PolicyNewest(Newest),
    /// 10: a part of a policy update. For contacts, members of the
    /// organisation.
    PolicyPiece(Piece),
    /// 11: who the sender is, said to strangers on the same local network
    /// while the sender wants to be met.
    Here {
        /// The sender's log, first entry to last.
        entries: Evidence,
        /// The name: a signed [`crate::profile::Profile`].
        profile: Vec<u8>,
    },
    /// 12: a step of the short code: a [`crate::sas::SasMessage`].
    Code(Vec<u8>),
    /// 13: what the sender's person said of the short code.
    Compared(Compared),
    /// 14: an invite ([`crate::ticket::Ticket`]) for whom the sender has just
    /// compared a short code with; it is answered without being asked.
    Ticket(Vec<u8>),
    /// 15: what the sender's person shows of themselves: a signed
    /// [`crate::profile::Profile`]. For contacts.
    Profile(Vec<u8>),
    /// 16: what the sender's person allows the receiver's at most (POL-4): a
    /// signed [`crate::policy::profile::Terms`]. For contacts.
    Terms(Vec<u8>),
}

/// What came of comparing the short code. Another number is read as
/// [`Compared::Ended`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// 1: both see the same digits.
    Same,
    /// 2: they differ, or the sender gave up.
    Ended,
}

impl Compared {
    const fn number(self) -> u64 {
        match self {
            Self::Same => 1,
            Self::Ended => 2,
        }
    }
}

/// Why a ticket takes no answer: a number, shown in the reader's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// 1: unknown here, or not said why.
    Unknown,
    /// 2: used by somebody, perhaps by the asker.
    Used,
    /// 3: taken back.
    Revoked,
    /// 4: too old.
    Expired,
    /// 5: who answers could not be believed.
    NotBelieved,
}

impl Refused {
    const fn number(self) -> u64 {
        match self {
            Self::Unknown => 1,
            Self::Used => 2,
            Self::Revoked => 3,
            Self::Expired => 4,
            Self::NotBelieved => 5,
        }
    }

    const fn from_number(n: u64) -> Self {
        match n {
            2 => Self::Used,
            3 => Self::Revoked,
            4 => Self::Expired,
            5 => Self::NotBelieved,
            _ => Self::Unknown,
        }
    }
}

impl Message {
    /// The bytes of a frame.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads a frame. `None` for a message of a kind, or a presence with a
    /// state, that isn't known here: newer programs may say more, and it is
    /// passed over.
    ///
    /// # Errors
    /// Malformed, or beyond a bound: the sender's fault.
    pub fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let mut r = MapReader::new(cbor::value_from_bytes(bytes, MAX_MESSAGE)?)?;
        let message = match r.req::<u64>(0)? {
            1 => Self::Answer {
                ticket: r.req(1)?,
                sealed: r.req::<Bytes>(2)?.0,
            },
            2 => Self::Reply {
                ticket: r.req(1)?,
                sealed: r.req::<Bytes>(2)?.0,
            },
            3 => Self::Refused {
                ticket: r.req(1)?,
                why: Refused::from_number(r.req(2)?),
            },
            4 => Self::Log(entries(&mut r)?),
            6 => Self::Fellow {
                person: r.req(2)?,
                entries: entries(&mut r)?,
                profile: r.opt::<Bytes>(3)?.map(|b| b.0),
            },
            7 => Self::Addresses(r.req::<Bytes>(1)?.0),
            8 => Self::Capability(r.req::<Bytes>(1)?.0),
            9 => Self::PolicyNewest(Newest {
                org: r.req(1)?,
                seq: r.req(2)?,
                digest: r.req(3)?,
            }),
            10 => Self::PolicyPiece(piece(&mut r)?),
            11 => Self::Here {
                entries: entries(&mut r)?,
                profile: r.req::<Bytes>(2)?.0,
            },
            12 => Self::Code(r.req::<Bytes>(1)?.0),
            13 => Self::Compared(match r.req::<u64>(1)? {
                1 => Compared::Same,
                _ => Compared::Ended,
            }),
            14 => Self::Ticket(r.req::<Bytes>(1)?.0),
            15 => Self::Profile(r.req::<Bytes>(1)?.0),
            16 => Self::Terms(r.req::<Bytes>(1)?.0),
            5 => match Presence::take(&mut r)? {
                Some(p) => Self::Presence(p),
                None => return r.finish().map(|_| None),
            },
            _ => return Ok(None),
        };
        let _ = r.finish()?;
        Ok(Some(message))
    }
}

fn entries(r: &mut MapReader) -> Result<Evidence, DecodeError> {
    let parts: Vec<Bytes> = r.list(1, MAX_EVIDENCE_PARTS)?;
    let parts = parts.into_iter().map(|b| b.0).collect();
    Evidence::new(parts).ok_or(DecodeError::OutOfRange)
}

fn piece(r: &mut MapReader) -> Result<Piece, DecodeError> {
    let piece = Piece {
        org: r.req(1)?,
        index: r.req(2)?,
        count: r.req(3)?,
        bytes: r.req::<Bytes>(4)?.0,
    };
    let fits = usize::from(piece.count) <= MAX_PIECES
        && piece.index < piece.count
        && piece.bytes.len() <= MAX_PIECE;
    match fits {
        true => Ok(piece),
        false => Err(DecodeError::OutOfRange),
    }
}

fn parts(entries: &Evidence) -> Vec<Bytes> {
    entries.parts().iter().map(|b| Bytes(b.clone())).collect()
}

impl Encode for Message {
    fn encode(&self) -> Value {
        let bytes = |b: &Vec<u8>| Bytes(b.clone());
        let m = MapBuilder::new();
        match self {
            Self::Answer { ticket, sealed } => {
                m.put(0, &1u64).put(1, ticket).put(2, &bytes(sealed))
            }
            Self::Reply { ticket, sealed } => m.put(0, &2u64).put(1, ticket).put(2, &bytes(sealed)),
            Self::Refused { ticket, why } => m.put(0, &3u64).put(1, ticket).put(2, &why.number()),
            Self::Log(entries) => m.put(0, &4u64).put_list(1, &parts(entries)),
            Self::Fellow {
                person,
                entries,
                profile,
            } => m
                .put(0, &6u64)
                .put_list(1, &parts(entries))
                .put(2, person)
                .put_opt(3, profile.as_ref().map(bytes).as_ref()),
            Self::Addresses(record) => m.put(0, &7u64).put(1, &bytes(record)),
            Self::Capability(record) => m.put(0, &8u64).put(1, &bytes(record)),
            Self::PolicyNewest(n) => m
                .put(0, &9u64)
                .put(1, &n.org)
                .put(2, &n.seq)
                .put(3, &n.digest),
            Self::PolicyPiece(p) => m
                .put(0, &10u64)
                .put(1, &p.org)
                .put(2, &p.index)
                .put(3, &p.count)
                .put(4, &bytes(&p.bytes)),
            Self::Here { entries, profile } => m
                .put(0, &11u64)
                .put_list(1, &parts(entries))
                .put(2, &bytes(profile)),
            Self::Code(step) => m.put(0, &12u64).put(1, &bytes(step)),
            Self::Compared(c) => m.put(0, &13u64).put(1, &c.number()),
            Self::Ticket(record) => m.put(0, &14u64).put(1, &bytes(record)),
            Self::Profile(record) => m.put(0, &15u64).put(1, &bytes(record)),
            Self::Terms(record) => m.put(0, &16u64).put(1, &bytes(record)),
            Self::Presence(p) => p.put(m.put(0, &5u64)),
        }
        .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn messages() -> Vec<Message> {
        let ticket = Digest::of("test", b"ticket");
        let mut all = vec![
            Message::Answer {
                ticket,
                sealed: vec![1; 900],
            },
            Message::Reply {
                ticket,
                sealed: vec![],
            },
            Message::Log(Evidence::new(vec![vec![1], vec![2; 300]]).unwrap()),
            Message::Log(Evidence::default()),
            Message::Addresses(vec![5; 60]),
            Message::Capability(vec![6; 60]),
            Message::PolicyNewest(Newest {
                org: crate::id::OrgId::from_bytes([3; 32]),
                seq: 7,
                digest: ticket,
            }),
            Message::PolicyPiece(Piece {
                org: crate::id::OrgId::from_bytes([3; 32]),
                index: 1,
                count: 2,
                bytes: vec![8; 90],
            }),
            Message::Fellow {
                person: PersonId::from_bytes([7; 32]),
                entries: Evidence::new(vec![vec![9; 40]]).unwrap(),
                profile: None,
            },
            Message::Fellow {
                person: PersonId::from_bytes([7; 32]),
                entries: Evidence::new(vec![vec![9; 40]]).unwrap(),
                profile: Some(vec![4; 100]),
            },
            Message::Here {
                entries: Evidence::new(vec![vec![9; 40]]).unwrap(),
                profile: vec![4; 100],
            },
            Message::Code(vec![3; 40]),
            Message::Compared(Compared::Same),
            Message::Compared(Compared::Ended),
            Message::Ticket(vec![2; 300]),
            Message::Profile(vec![4; 100]),
            Message::Terms(vec![4; 100]),
        ];
        for n in 1..=5 {
            all.push(Message::Refused {
                ticket,
                why: Refused::from_number(n),
            });
        }
        use crate::presence::{Reason, State};
        for state in [
            State::Available,
            State::Away,
            State::Busy,
            State::Sharing,
            State::Hidden,
        ] {
            all.push(Message::Presence(Presence::of(state)));
        }
        all.push(Message::Presence(Presence {
            state: State::Busy,
            reason: Reason::CALL,
            since: Some(crate::time::Timestamp::from_secs(100)),
        }));
        all
    }

    #[test]
    fn messages_come_back() {
        for m in messages() {
            assert_eq!(Message::from_bytes(&m.to_bytes()), Ok(Some(m)));
        }
    }

    #[test]
    fn an_unknown_kind_is_passed_over_and_a_malformed_one_is_refused() {
        let unknown = cbor::value_bytes(&MapBuilder::new().put(0, &99u64).put(1, &1u64).build());
        assert_eq!(Message::from_bytes(&unknown), Ok(None));
        let critical = MapBuilder::new()
            .put(0, &5u64)
            .put(1, &1u64)
            .put(-1, &1u64)
            .build();
        assert_eq!(
            Message::from_bytes(&cbor::value_bytes(&critical)),
            Err(DecodeError::Critical(-1))
        );
        let many = vec![Bytes(vec![0]); MAX_EVIDENCE_PARTS + 1];
        let long = MapBuilder::new().put(0, &4u64).put_list(1, &many).build();
        assert!(Message::from_bytes(&cbor::value_bytes(&long)).is_err());
        for m in messages() {
            let bytes = m.to_bytes();
            for n in 0..bytes.len() {
                assert!(Message::from_bytes(&bytes[..n]).is_err());
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = Message::from_bytes(&bytes);
        }
    }
}
