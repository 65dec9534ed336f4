//! The reply to an answer: accepted, with the inviter's half, or declined.

use ciborium::Value;

use super::Met;
use super::answer::Pending;
use super::envelope::{Content, EnvelopeError};
use super::evidence::{Claim, Evidence};
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::DeviceId;
use crate::pair::{Half, PairSecret};
use crate::signed::{Kind, Payload, Signed};
use crate::time::Timestamp;

/// What the inviter decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Contacts from now on.
    Accepted = 1,
    /// Not contacts. The ticket is used up all the same.
    Declined = 2,
}

impl Encode for Decision {
    fn encode(&self) -> Value {
        (*self as u8).encode()
    }
}

impl Decode for Decision {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match u64::decode(value)? {
            1 => Ok(Self::Accepted),
            2 => Ok(Self::Declined),
            _ => Err(DecodeError::OutOfRange),
        }
    }
}

/// A reply's content, signed by the device that signed the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The digest of the ticket's content.
    pub ticket: Digest,
    /// The digest of the answer's content.
    pub answer: Digest,
    /// What was decided.
    pub decision: Decision,
    /// The digest of the half that comes with it; only when accepted.
    pub half: Option<Digest>,
    /// When, by the inviting device's clock.
    pub made: Timestamp,
}

impl Payload for Reply {
    const KIND: Kind = Kind {
        name: "ticket-reply",
        version: 1,
        max: 512,
    };
}

impl Encode for Reply {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u8)
            .put(1, &self.ticket)
            .put(2, &self.answer)
            .put(3, &self.decision)
            .put_opt(4, self.half.as_ref())
            .put(5, &self.made)
            .build()
    }
}

impl Decode for Reply {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let reply = Self {
            ticket: r.req(1)?,
            answer: r.req(2)?,
            decision: r.req(3)?,
            half: r.opt(4)?,
            made: r.req(5)?,
        };
        let _ = r.finish()?;
        match (reply.decision, reply.half) {
            (Decision::Accepted, None) => Err(DecodeError::Missing(4)),
            (Decision::Declined, Some(_)) => Err(DecodeError::OutOfRange),
            _ => Ok(reply),
        }
    }
}

/// What became of an answer.
#[derive(Debug)]
pub enum Outcome {
    /// Contacts, with the secret of the pair.
    Accepted {
        /// The inviter.
        met: Met,
        /// What both now share.
        secret: PairSecret,
    },
    /// The inviter declined.
    Declined,
}

/// A reply that opened and fits ticket, answer and half. Nobody has judged
/// yet whether the inviting device is its person's.
#[derive(Debug)]
pub struct OpenedReply<'a> {
    pending: &'a Pending,
    decision: Decision,
    half: Half,
    evidence: Evidence,
}

impl<'a> OpenedReply<'a> {
    pub(super) fn check(
        pending: &'a Pending,
        content: Content<Reply>,
    ) -> Result<Self, EnvelopeError> {
        let reply = content.record.payload();
        let fits = content.record.signer() == pending.ticket().signer()
            && reply.ticket == pending.ticket().digest()
            && reply.answer == pending.id()
            && reply.half.is_none_or(|d| d == content.half.digest());
        if !fits {
            return Err(EnvelopeError::Other);
        }
        Ok(Self {
            pending,
            decision: reply.decision,
            half: content.half,
            evidence: content.evidence,
        })
    }

    /// Lets `judge` decide whether the inviting device is the person's that
    /// the ticket names. A refusal widens nothing: that it comes from the device
    /// which signed the ticket is enough, and it brings no evidence.
    ///
    /// # Errors
    /// What `judge` says.
    pub fn judge<E>(self, judge: impl FnOnce(Claim<'_>) -> Result<(), E>) -> Result<Outcome, E> {
        if self.decision == Decision::Declined {
            return Ok(Outcome::Declined);
        }
        let ticket: &Signed<_> = self.pending.ticket();
        let inviter = ticket.payload();
        let device = DeviceId::from(ticket.signer());
        judge(Claim {
            person: &inviter.person,
            device: &device,
            evidence: &self.evidence,
        })?;
        let secret = PairSecret::agree(
            &ticket.digest(),
            (&self.pending.person(), self.pending.half()),
            (&inviter.person, &self.half),
        );
        Ok(match secret {
            Ok(secret) => Outcome::Accepted {
                met: Met {
                    person: inviter.person,
                    device,
                    name: inviter.name.clone(),
                    hints: inviter.hints.clone(),
                    ticket: ticket.digest(),
                },
                secret,
            },
            // The same person on both sides was refused when answering.
            Err(_) => Outcome::Declined,
        })
    }
}
