//! The inviting side of a ticket: what state it is in, and who may change it.

use core::time::Duration;

use ciborium::Value;
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use super::answer::{self, Answer, Opened};
use super::envelope::{self, Content, EnvelopeError, ReplyKeys};
use super::evidence::Evidence;
use super::record::{self, Purpose, Ticket, TicketSecret};
use super::reply::{Decision, Reply};
use super::{Introduction, Met};
use crate::blame::Blame;
use crate::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::clock::JudgedTime;
use crate::digest::Digest;
use crate::id::{DeviceId, PersonId};
use crate::kdf;
use crate::keys::SigningKey;
use crate::pair::{Half, PairSecret};
use crate::signed::{RecordError, Signed, Unverified};
use crate::validity::Validity;

/// Where a ticket is in its life. All but the first two are final: a clock
/// set back, a repeated message or a restart never leads out of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody has answered.
    Open = 0,
    /// Somebody has; the person hasn't decided.
    Answered = 1,
    /// Accepted.
    Accepted = 2,
    /// Declined.
    Declined = 3,
    /// Taken back before it was decided.
    Revoked = 4,
    /// Nobody answered in time.
    Expired = 5,
}

impl State {
    /// What became of the invite, in words.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Open => "wasn't answered yet",
            Self::Answered => "was answered, and is to be decided",
            Self::Accepted => "was answered and accepted already",
            Self::Declined => "was answered and declined already",
            Self::Revoked => "was revoked already",
            Self::Expired => "has expired",
        }
    }

    /// Nothing leads out of it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Open | Self::Answered)
    }
}

impl Encode for State {
    fn encode(&self) -> Value {
        (*self as u8).encode()
    }
}

impl Decode for State {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(match u64::decode(value)? {
            0 => Self::Open,
            1 => Self::Answered,
            2 => Self::Accepted,
            3 => Self::Declined,
            4 => Self::Revoked,
            5 => Self::Expired,
            _ => return Err(DecodeError::OutOfRange),
        })
    }
}

/// Why an invite can't be made or read back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InviteError {
    /// A life of nothing, or longer than [`record::LONGEST`].
    #[error("an invite lasts for some time, and for 30 days at most")]
    Lifetime,
    /// The record can't be made, or isn't one: too large, or a damaged store.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// Its key can't be made.
    #[error("{0}")]
    Envelope(#[from] EnvelopeError),
}

/// Why a person's decision about an invite comes too late, or too early.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StateError {
    /// The ticket's state doesn't allow it: our own face's mistake, or
    /// another of the person's devices was faster.
    #[error("the invite {}", .0.told())]
    State(State),
    /// The reply can't be made.
    #[error("{0}")]
    Envelope(#[from] EnvelopeError),
    /// Another device than the one that signed the ticket.
    #[error("another device issued this invite")]
    OtherDevice,
}

impl From<RecordError> for StateError {
    fn from(e: RecordError) -> Self {
        Self::Envelope(e.into())
    }
}

/// Why a believed answer isn't taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Somebody else was first: two had the ticket. To be shown.
    #[error("somebody else has answered this invite already")]
    Second,
    /// It was decided for another answer.
    #[error("the invite is used up")]
    Used,
    /// It was taken back.
    #[error("the invite was revoked")]
    Revoked,
    /// Its time is over.
    #[error("the invite has expired")]
    Expired,
}

impl Refusal {
    /// Whose fault it is. A second answer is nobody's for certain: the
    /// invited person may have passed the ticket on.
    #[must_use]
    pub fn blame(&self) -> Blame {
        Blame::Circumstance
    }
}

/// An answer whose device was judged to be its person's. Made only by
/// [`Opened::judge`].
#[derive(Debug)]
pub struct Believed {
    pub(super) record: Signed<Answer>,
    pub(super) half: Half,
    pub(super) envelope: Digest,
}

/// What looking at an answer shows.
#[derive(Debug)]
pub enum Reading {
    /// One that was not seen before: to be judged, then taken.
    Fresh(Opened),
    /// The very bytes of the answer that holds the ticket. If it was
    /// decided, send this reply again.
    Known(Option<Vec<u8>>),
    /// The ticket is in a final state, and takes nothing more.
    Closed(Refusal),
}

/// What taking an answer did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It holds the ticket now: ask the person.
    New(Met),
    /// The answer that holds the ticket came again, sealed anew.
    Repeated,
    /// Not taken. With [`Refusal::Second`], report who else had the ticket.
    Refused(Refusal, Met),
}

/// What accepting made.
#[derive(Debug)]
pub struct Accepted {
    /// The new contact.
    pub met: Met,
    /// What both now share.
    pub secret: PairSecret,
    /// The sealed reply, to be sent or written to a file; kept in the invite.
    pub reply: Vec<u8>,
}

/// A ticket on the side that issued it.
#[derive(Debug)]
pub struct Invite {
    ticket: Signed<Ticket>,
    keys: Option<Seed>,
    state: State,
    held: Option<Held>,
    reply: Option<Vec<u8>>,
    contested: Option<PersonId>,
}

/// The answer that holds the ticket; its half is gone once decided.
#[derive(Debug)]
struct Held {
    record: Signed<Answer>,
    half: Option<Half>,
    envelope: Digest,
}

/// From which a ticket's secret and one-time key are made; erased when the
/// state is final.
struct Seed(Zeroizing<[u8; 32]>);

impl core::fmt::Debug for Seed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Seed(secret)")
    }
}

impl Seed {
    fn secret(&self) -> TicketSecret {
        TicketSecret::new(*kdf::derive(&[], &*self.0, "kith/1/ticket-secret", &[]))
    }

    fn key(&self) -> kdf::Key {
        kdf::derive(&[], &*self.0, "kith/1/ticket-key", &[])
    }
}

/// An [`Invite`] as stored: a public part, and a secret one for the encrypted
/// store (the seed and the half that was received; zeros where there is none).
pub struct StoredInvite {
    /// State and records.
    pub public: Vec<u8>,
    /// Seed and half.
    pub secret: Zeroizing<[u8; 64]>,
}

impl core::fmt::Debug for StoredInvite {
    /// The public part, too, holds the ticket's record with its secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("StoredInvite(secret)")
    }
}

impl Invite {
    /// Issues a ticket that lasts for `lasts`.
    ///
    /// # Errors
    /// See [`InviteError`].
    pub fn issue(
        me: Introduction<'_>,
        purpose: Purpose,
        lasts: Duration,
        now: &JudgedTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, InviteError> {
        let validity = Validity::starting(now.now(), lasts);
        validity
            .check_span(record::LONGEST)
            .map_err(|_| InviteError::Lifetime)?;
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        let seed = Seed(bytes);
        let ticket = Ticket {
            person: me.person,
            name: me.name,
            secret: seed.secret(),
            key: envelope::public_of(&seed.key())?,
            validity,
            purpose,
            hints: me.hints,
        };
        Ok(Self {
            ticket: Signed::sign(&ticket, me.device)?,
            keys: Some(seed),
            state: State::Open,
            held: None,
            reply: None,
            contested: None,
        })
    }

    /// The ticket, to be handed over.
    #[must_use]
    pub fn ticket(&self) -> &Signed<Ticket> {
        &self.ticket
    }

    /// The digest by which answers name the ticket.
    #[must_use]
    pub fn id(&self) -> Digest {
        self.ticket.digest()
    }

    /// Where it is in its life, as far as [`Invite::expire`] was told.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Who holds the ticket.
    #[must_use]
    pub fn answered_by(&self) -> Option<Met> {
        self.held.as_ref().map(|h| answer::met(&h.record))
    }

    /// Who else tried to use it: then the ticket went through other hands,
    /// and the person is told before they decide.
    #[must_use]
    pub fn contested_by(&self) -> Option<PersonId> {
        self.contested
    }

    /// Opens an answer. Changes nothing.
    ///
    /// # Errors
    /// See [`EnvelopeError`].
    pub fn open(&self, sealed: &[u8]) -> Result<Reading, EnvelopeError> {
        let envelope = envelope_id(sealed);
        if self.held.as_ref().is_some_and(|h| h.envelope == envelope) {
            return Ok(Reading::Known(self.reply.clone()));
        }
        let Some(seed) = &self.keys else {
            return Ok(Reading::Closed(self.closed()));
        };
        let ticket = self.ticket.digest();
        let content =
            envelope::open_answer::<Answer>(&ticket, &seed.key(), &seed.secret(), sealed)?;
        let answer = content.record.payload();
        let device = DeviceId::from(content.record.signer());
        let own = answer.person == self.ticket.payload().person
            || content.record.signer() == self.ticket.signer();
        let fits = answer.ticket == ticket && answer.half == content.half.digest() && !own;
        if !fits {
            return Err(EnvelopeError::Other);
        }
        if !answer.is_proven(&seed.secret(), &device) {
            return Err(EnvelopeError::Sealed);
        }
        Ok(Reading::Fresh(Opened {
            record: content.record,
            half: content.half,
            evidence: content.evidence,
            envelope,
        }))
    }

    /// Why nothing more is taken in a final state.
    fn closed(&self) -> Refusal {
        match self.state {
            State::Revoked => Refusal::Revoked,
            State::Expired => Refusal::Expired,
            _ => Refusal::Used,
        }
    }

    /// Takes a believed answer: the first one holds the ticket.
    pub fn take(&mut self, answer: Believed, now: &JudgedTime) -> Taken {
        self.expire(now);
        let who = answer::met(&answer.record);
        if self.state.is_final() {
            return Taken::Refused(self.closed(), who);
        }
        if answer.record.payload().ticket != self.ticket.digest() {
            return Taken::Refused(Refusal::Used, who);
        }
        match &self.held {
            Some(held) if held.record.digest() == answer.record.digest() => Taken::Repeated,
            Some(_) => {
                self.contested.get_or_insert(who.person);
                Taken::Refused(Refusal::Second, who)
            }
            None => {
                self.state = State::Answered;
                self.held = Some(Held {
                    record: answer.record,
                    half: Some(answer.half),
                    envelope: answer.envelope,
                });
                Taken::New(who)
            }
        }
    }

    /// Accepts whoever holds the ticket. The state and the secret are stored
    /// before the reply leaves.
    ///
    /// # Errors
    /// See [`StateError`]; then nothing has changed.
    pub fn accept(
        &mut self,
        device: &SigningKey,
        evidence: Evidence,
        now: &JudgedTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Accepted, StateError> {
        let half = Half::random(rng);
        let held = self.held(device)?;
        let answer = held.record.payload();
        let theirs = held.half.as_ref().ok_or(StateError::State(self.state))?;
        let secret = PairSecret::agree(
            &self.ticket.digest(),
            (&self.ticket.payload().person, &half),
            (&answer.person, theirs),
        )
        .map_err(|_| EnvelopeError::Other)?;
        let met = answer::met(&held.record);
        let reply = self.reply_with(device, Decision::Accepted, Some(half), evidence, now, rng)?;
        self.end(State::Accepted);
        self.reply = Some(reply.clone());
        Ok(Accepted { met, secret, reply })
    }

    /// Declines whoever holds the ticket; returns the sealed reply.
    ///
    /// # Errors
    /// See [`StateError`]; then nothing has changed.
    pub fn decline(
        &mut self,
        device: &SigningKey,
        now: &JudgedTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, StateError> {
        self.held(device)?;
        let none = Evidence::default();
        let reply = self.reply_with(device, Decision::Declined, None, none, now, rng)?;
        self.end(State::Declined);
        self.reply = Some(reply.clone());
        Ok(reply)
    }

    /// Takes the ticket back.
    ///
    /// # Errors
    /// It is decided or over already.
    pub fn revoke(&mut self) -> Result<(), StateError> {
        if self.state.is_final() {
            return Err(StateError::State(self.state));
        }
        self.held = None;
        self.end(State::Revoked);
        Ok(())
    }

    /// Lets the time pass: an open ticket expires. One that was answered in
    /// time waits for its decision. Returns whether it expired now.
    pub fn expire(&mut self, now: &JudgedTime) -> bool {
        let over = self.state == State::Open && now.now() >= self.ticket.payload().validity.expires;
        if over {
            self.end(State::Expired);
        }
        over
    }

    fn held(&self, device: &SigningKey) -> Result<&Held, StateError> {
        if device.public() != self.ticket.signer() {
            return Err(StateError::OtherDevice);
        }
        match &self.held {
            Some(held) if self.state == State::Answered => Ok(held),
            _ => Err(StateError::State(self.state)),
        }
    }

    fn reply_with(
        &self,
        device: &SigningKey,
        decision: Decision,
        half: Option<Half>,
        evidence: Evidence,
        now: &JudgedTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, StateError> {
        let held = self.held(device)?;
        let theirs = held.half.as_ref().ok_or(StateError::State(self.state))?;
        let record = Reply {
            ticket: self.ticket.digest(),
            answer: held.record.digest(),
            decision,
            half: half.as_ref().map(Half::digest),
            made: now.now(),
        };
        let keys = ReplyKeys {
            ticket: &record.ticket,
            answer: &record.answer,
            half: theirs,
        };
        let content = Content {
            half: half.unwrap_or_else(|| Half::from_bytes(&[0; 32])),
            record: Signed::sign(&record, device)?,
            evidence,
        };
        Ok(keys.seal(&content, rng)?)
    }

    /// The one way into a final state: what could open or seal is erased.
    fn end(&mut self, state: State) {
        self.state = state;
        self.keys = None;
        if let Some(held) = &mut self.held {
            held.half = None;
        }
    }

    /// For the store.
    #[must_use]
    pub fn to_stored(&self) -> StoredInvite {
        let bytes = |b: &[u8]| Bytes(b.to_vec());
        let held = self.held.as_ref();
        let map = MapBuilder::new()
            .put(0, &1u8)
            .put(1, &bytes(self.ticket.bytes()))
            .put(2, &self.state)
            .put_opt(3, held.map(|h| bytes(h.record.bytes())).as_ref())
            .put_opt(4, held.map(|h| h.envelope).as_ref())
            .put_opt(5, self.reply.as_deref().map(bytes).as_ref())
            .put_opt(6, self.contested.as_ref());
        let mut secret = Zeroizing::new([0; 64]);
        if let Some(seed) = &self.keys {
            secret[..32].copy_from_slice(&*seed.0);
        }
        if let Some(half) = held.and_then(|h| h.half.as_ref()) {
            secret[32..].copy_from_slice(half.as_bytes());
        }
        StoredInvite {
            public: cbor::to_bytes(&map.build()),
            secret,
        }
    }

    /// From the store.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn from_stored(stored: &StoredInvite) -> Result<Self, InviteError> {
        let value = cbor::value_from_bytes(&stored.public, crate::canon::MAX_RECORD)
            .map_err(RecordError::from)?;
        let damaged = || RecordError::from(DecodeError::OutOfRange);
        let read = |value| -> Result<Self, RecordError> {
            let mut r = MapReader::new(value)?;
            r.version(0, 1)?;
            let ticket = record::read(&r.req::<Bytes>(1)?.0)?;
            let state: State = r.req(2)?;
            let (seed, half) = stored.secret.split_at(32);
            let seed: [u8; 32] = seed.try_into().map_err(|_| damaged())?;
            let half: [u8; 32] = half.try_into().map_err(|_| damaged())?;
            let record = r.opt::<Bytes>(3)?;
            let envelope = r.opt::<Digest>(4)?;
            let held = match (record, envelope) {
                (Some(record), Some(envelope)) => Some(Held {
                    record: Unverified::parse(&record.0)?.verify_claimed()?,
                    half: (state == State::Answered).then(|| Half::from_bytes(&half)),
                    envelope,
                }),
                (None, None) => None,
                _ => return Err(damaged()),
            };
            let invite = Self {
                ticket,
                keys: (!state.is_final()).then(|| Seed(Zeroizing::new(seed))),
                state,
                held,
                reply: r.opt::<Bytes>(5)?.map(|b| b.0),
                contested: r.opt(6)?,
            };
            let _ = r.finish()?;
            Ok(invite)
        };
        let invite = read(value)?;
        let fits = match (&invite.keys, &invite.held) {
            (Some(seed), _) if seed.secret() != invite.ticket.payload().secret => false,
            (_, Some(held)) => held
                .half
                .as_ref()
                .is_none_or(|h| h.digest() == held.record.payload().half),
            (_, None) => !matches!(
                invite.state,
                State::Answered | State::Accepted | State::Declined
            ),
        };
        if fits {
            Ok(invite)
        } else {
            Err(damaged().into())
        }
    }
}

/// By which an envelope that comes again is recognised, also when the keys
/// that opened it are gone.
fn envelope_id(sealed: &[u8]) -> Digest {
    Digest::of("kith/1/envelope", sealed)
}
