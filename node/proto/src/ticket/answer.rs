//! The answer to a ticket, and the side that answers.

use ciborium::Value;
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use super::envelope::{self, Content, EnvelopeError, ReplyKeys};
use super::evidence::{Claim, Evidence};
use super::invite::Believed;
use super::record::{Hints, LONGEST, Ticket, TicketSecret};
use super::reply::{OpenedReply, Reply};
use super::{Introduction, Met};
use crate::blame::Blame;
use crate::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::clock::JudgedTime;
use crate::digest::Digest;
use crate::id::{DeviceId, PersonId};
use crate::kdf;
use crate::names::Name;
use crate::pair::Half;
use crate::signed::{Kind, Payload, RecordError, Signed, Unverified};
use crate::time::Timestamp;
use crate::validity::ValidityError;

/// An answer's content. The answering device is the record's signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The digest of the ticket's content.
    pub ticket: Digest,
    /// Who answers.
    pub person: PersonId,
    /// What they call themselves.
    pub name: Name,
    /// The digest of the half that comes with the record.
    pub half: Digest,
    /// When, by the answering device's clock.
    pub made: Timestamp,
    /// Proves that whoever signed knew the ticket's secret.
    pub proof: [u8; 32],
    /// Where the answering device might be reached.
    pub hints: Hints,
}

impl Payload for Answer {
    const KIND: Kind = Kind {
        name: "ticket-answer",
        version: 1,
        max: 1024,
    };
}

impl Encode for Answer {
    fn encode(&self) -> Value {
        let map = MapBuilder::new()
            .put(0, &1u8)
            .put(1, &self.ticket)
            .put(2, &self.person)
            .put(3, &self.name)
            .put(4, &self.half)
            .put(5, &self.made)
            .put(6, &self.proof);
        self.hints.put(map, 7).build()
    }
}

impl Decode for Answer {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let answer = Self {
            ticket: r.req(1)?,
            person: r.req(2)?,
            name: r.req(3)?,
            half: r.req(4)?,
            made: r.req(5)?,
            proof: r.req(6)?,
            hints: Hints::take(&mut r, 7)?,
        };
        let _ = r.finish()?;
        Ok(answer)
    }
}

impl Answer {
    /// What the proof covers: all parts have fixed lengths but the last.
    fn transcript<'a>(&'a self, device: &'a DeviceId) -> [&'a [u8]; 5] {
        [
            self.ticket.as_bytes(),
            self.person.as_bytes(),
            device.as_bytes(),
            self.half.as_bytes(),
            self.name.as_str().as_bytes(),
        ]
    }

    fn prove(&mut self, secret: &TicketSecret, device: &DeviceId) {
        let key = secret.key("kith/1/ticket-proof");
        self.proof = kdf::mac(&key, &self.transcript(device));
    }

    pub(super) fn is_proven(&self, secret: &TicketSecret, device: &DeviceId) -> bool {
        let key = secret.key("kith/1/ticket-proof");
        kdf::mac_fits(&key, &self.transcript(device), &self.proof)
    }
}

/// Why a ticket can't be answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TicketError {
    /// Its time is over, or the clock is wrong.
    #[error("the invite: {0}")]
    Validity(#[from] ValidityError),
    /// It is one's own: nobody is a contact of themselves.
    #[error("this is an invite of your own")]
    Own,
    /// Sealing failed.
    #[error("{0}")]
    Envelope(#[from] EnvelopeError),
    /// The answer's record can't be made.
    #[error("{0}")]
    Record(#[from] RecordError),
}

impl TicketError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Validity(e) => e.blame(),
            Self::Envelope(e) => e.blame(),
            Self::Own | Self::Record(_) => Blame::Ours,
        }
    }
}

/// The answering side between answer and reply. To be stored before the
/// answer leaves: who loses it can't read the reply.
#[derive(Debug)]
pub struct Pending {
    ticket: Signed<Ticket>,
    answer: Signed<Answer>,
    half: Half,
    sealed: Vec<u8>,
}

/// A [`Pending`] as stored: a public part, and a secret one for the encrypted
/// store.
pub struct StoredPending {
    /// Records.
    pub public: Vec<u8>,
    /// The half given.
    pub secret: Zeroizing<[u8; 32]>,
}

impl core::fmt::Debug for StoredPending {
    /// As [`super::StoredInvite`]'s.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("StoredPending(secret)")
    }
}

impl Pending {
    /// Answers a ticket. Nothing is consumed until the inviter takes it.
    ///
    /// # Errors
    /// See [`TicketError`].
    pub fn answer(
        ticket: Signed<Ticket>,
        me: Introduction<'_>,
        evidence: Evidence,
        now: &JudgedTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, TicketError> {
        let content = ticket.payload();
        content.validity.check(LONGEST, now)?;
        let device = DeviceId::from(me.device.public());
        if content.person == me.person || ticket.signer() == me.device.public() {
            return Err(TicketError::Own);
        }
        let half = Half::random(rng);
        let mut answer = Answer {
            ticket: ticket.digest(),
            person: me.person,
            name: me.name,
            half: half.digest(),
            made: now.now(),
            proof: [0; 32],
            hints: me.hints,
        };
        answer.prove(&content.secret, &device);
        let record = Signed::sign(&answer, me.device)?;
        let inside = Content {
            half,
            record,
            evidence,
        };
        let sealed = envelope::seal_answer(
            &ticket.digest(),
            &content.key,
            &content.secret,
            &inside,
            rng,
        )?;
        Ok(Self {
            ticket,
            answer: inside.record,
            half: inside.half,
            sealed,
        })
    }

    /// The sealed answer, to be sent or written to a file, any number of
    /// times.
    #[must_use]
    pub fn sealed(&self) -> &[u8] {
        &self.sealed
    }

    /// The ticket answered.
    #[must_use]
    pub fn ticket(&self) -> &Signed<Ticket> {
        &self.ticket
    }

    /// The digest by which a reply names this answer.
    #[must_use]
    pub fn id(&self) -> Digest {
        self.answer.digest()
    }

    /// Opens the reply.
    ///
    /// # Errors
    /// See [`EnvelopeError`]; then this stays pending.
    pub fn finish<'a>(&'a self, reply: &[u8]) -> Result<OpenedReply<'a>, EnvelopeError> {
        let keys = ReplyKeys {
            ticket: &self.ticket.digest(),
            answer: &self.answer.digest(),
            half: &self.half,
        };
        let content = keys.open::<Reply>(reply)?;
        OpenedReply::check(self, content)
    }

    pub(super) fn half(&self) -> &Half {
        &self.half
    }

    pub(super) fn person(&self) -> PersonId {
        self.answer.payload().person
    }

    /// For the store.
    #[must_use]
    pub fn to_stored(&self) -> StoredPending {
        let parts = [
            Bytes(self.ticket.bytes().to_vec()),
            Bytes(self.answer.bytes().to_vec()),
            Bytes(self.sealed.clone()),
        ];
        StoredPending {
            public: cbor::to_bytes(&parts.to_vec()),
            secret: Zeroizing::new(*self.half.as_bytes()),
        }
    }

    /// From the store.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn from_stored(stored: &StoredPending) -> Result<Self, RecordError> {
        let parts = cbor::from_bytes::<Vec<Bytes>>(&stored.public, crate::canon::MAX_RECORD)?;
        let [ticket, answer, sealed]: [Bytes; 3] =
            parts.try_into().map_err(|_| DecodeError::OutOfRange)?;
        let answer: Signed<Answer> = Unverified::parse(&answer.0)?.verify_claimed()?;
        let half = Half::from_bytes(&stored.secret);
        if half.digest() != answer.payload().half {
            return Err(DecodeError::OutOfRange.into());
        }
        Ok(Self {
            ticket: super::record::read(&ticket.0)?,
            answer,
            half,
            sealed: sealed.0,
        })
    }
}

/// An answer that opened, names its half and proves knowledge of the ticket.
/// Nobody has judged yet whether its device is its person's.
pub struct Opened {
    pub(super) record: Signed<Answer>,
    pub(super) half: Half,
    pub(super) evidence: Evidence,
    pub(super) envelope: Digest,
}

impl Opened {
    /// Who says that they answer; to be shown only as a claim.
    #[must_use]
    pub fn claimed(&self) -> Met {
        met(&self.record)
    }

    /// Lets `judge` decide whether the device is the person's. It is the
    /// only way to a [`Believed`] answer.
    ///
    /// # Errors
    /// What `judge` says.
    pub fn judge<E>(self, judge: impl FnOnce(Claim<'_>) -> Result<(), E>) -> Result<Believed, E> {
        let device = DeviceId::from(self.record.signer());
        judge(Claim {
            person: &self.record.payload().person,
            device: &device,
            evidence: &self.evidence,
        })?;
        Ok(Believed {
            record: self.record,
            half: self.half,
            envelope: self.envelope,
        })
    }
}

impl core::fmt::Debug for Opened {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Opened").field(&self.record).finish()
    }
}

pub(super) fn met(record: &Signed<Answer>) -> Met {
    let answer = record.payload();
    Met {
        person: answer.person,
        device: DeviceId::from(record.signer()),
        name: answer.name.clone(),
        hints: answer.hints.clone(),
        ticket: answer.ticket,
    }
}
