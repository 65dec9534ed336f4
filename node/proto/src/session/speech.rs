//! Between what is said and what it means: messages of the wire, and what the
//! machine takes and gives.

use thiserror::Error;

use super::effect::Told;
use super::machine::Session;
use super::office::Real;
use super::{Message, Terms};
use crate::id::DeviceId;
use crate::signed::{Cosigned, RecordError, Unverified};

/// Why a message isn't believed. The sender's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unheard {
    /// A record in it isn't what it should be, or signed by another device.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It is of another session, or this one is over.
    #[error("a message of another session")]
    OtherSession,
    /// Nobody could mean the extent that it names.
    #[error("an extent that nobody could mean")]
    Extent,
}

impl Session<Real> {
    /// What a message of `from` means here. Signatures are checked.
    ///
    /// # Errors
    /// [`Unheard`].
    pub fn hear(&self, message: Message, from: DeviceId) -> Result<Told<Real>, Unheard> {
        if message.session() != self.who().session {
            return Err(Unheard::OtherSession);
        }
        let with = |extent| {
            let terms = self.terms().ok_or(Unheard::OtherSession)?;
            let terms = terms.with(extent);
            match terms.is_sound() {
                true => Ok(terms),
                false => Err(Unheard::Extent),
            }
        };
        let key = || from.public_key().map_err(RecordError::Content);
        Ok(match message {
            Message::Ask { terms, .. } => Told::Ask(terms),
            Message::Offer { terms, .. } => Told::Offer(terms),
            Message::Rings(_) => Told::Rings,
            Message::Accept(_, bytes) => Told::Accept(Unverified::parse(&bytes)?.verify(&key()?)?),
            Message::Sealed(_, bytes) => Told::Sealed(Unverified::parse(&bytes)?.verify(&key()?)?),
            Message::Nominate(_, nonce) => Told::Nominate(nonce),
            Message::Echo(_, nonce) => Told::Echo(nonce),
            Message::Start(_) => Told::Start,
            Message::Leave(_, reason) => Told::Leave(reason),
            Message::More(_, extent) => Told::More(with(extent)?),
            Message::Now(_, extent, why) => Told::Now(with(extent)?, why),
            Message::NoMore(_, reason) => Told::NoMore(reason),
            Message::Over {
                by, reason, log, ..
            } => Told::Over(by, reason, log),
            Message::Record(_, bytes) => Told::Record(Cosigned::parse(&bytes)?),
        })
    }

    /// The message that says it. `capability` is our own signed record, which
    /// goes with what begins a session.
    #[must_use]
    pub fn say(&self, told: Told<Real>, capability: &[u8]) -> Message {
        let id = self.who().session;
        let capability = capability.to_vec();
        match told {
            Told::Ask(terms) => Message::Ask { terms, capability },
            Told::Offer(terms) => Message::Offer { terms, capability },
            Told::Rings => Message::Rings(id),
            Told::Accept(accept) => Message::Accept(id, accept.bytes().to_vec()),
            Told::Sealed(sealed) => Message::Sealed(id, sealed.bytes().to_vec()),
            Told::Nominate(nonce) => Message::Nominate(id, nonce),
            Told::Echo(nonce) => Message::Echo(id, nonce),
            Told::Start => Message::Start(id),
            Told::Leave(reason) => Message::Leave(id, reason),
            Told::More(Terms { extent, .. }) => Message::More(id, extent),
            Told::Now(Terms { extent, .. }, why) => Message::Now(id, extent, why),
            Told::NoMore(reason) => Message::NoMore(id, reason),
            Told::Over(by, reason, log) => Message::Over {
                session: id,
                by,
                reason,
                log,
            },
            Told::Record(record) => Message::Record(id, record.to_bytes()),
        }
    }
}
