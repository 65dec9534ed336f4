//! What people say of themselves that a decision rests on, and the proof that
//! they said it (POL-5; rule R1; spec 04, "Records of people").
//!
//! [`Checked`] is made by verification alone: a good signature, by a device
//! that its person's log lets speak, of what that person may say. So nothing
//! that merely came along can get into a decision.

use thiserror::Error;

use crate::blame::Blame;
use crate::clock::{JudgedTime, MAX_SKEW};
use crate::digest::Digest;
use crate::id::{DeviceId, PersonId};
use crate::keys::SigningKey;
use crate::person::{Denial, PersonLog, Purpose};
use crate::signed::{Payload, RecordError, Signed, Unverified};
use crate::time::Timestamp;

/// A record by which a device speaks for its person.
pub trait Said: Payload {
    /// What a device must be trusted for to say this. What only ever takes
    /// away is heard from lapsed devices too.
    const PURPOSE: Purpose;

    /// Who says it; `None` where the record doesn't tell: then whoever the
    /// device belongs to.
    fn speaker(&self) -> Option<PersonId>;

    /// When it was said.
    fn issued(&self) -> Timestamp;
}

/// Why a record isn't believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckError {
    /// Malformed, or the signature is wrong.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The device that signed may not speak for this person.
    #[error("its signer: {0}")]
    Signer(#[from] Denial),
    /// A device of one person speaks for another.
    #[error("a device speaks for another person")]
    OtherPerson,
    /// Said more than [`MAX_SKEW`] in the future: the signer's clock is
    /// wrong, or ours.
    #[error("said in the future: its signer's clock or ours is wrong")]
    FromTheFuture,
}

impl CheckError {
    /// The stable code (spec 04, "Errors").
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Record(_) => "record",
            Self::Signer(_) => "signer",
            Self::OtherPerson => "other-person",
            Self::FromTheFuture => "from-the-future",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Record(RecordError::TooLarge { .. }) => Blame::Ours,
            Self::Record(_) | Self::OtherPerson => Blame::Misbehaved,
            // The log known here may be older than the record.
            Self::Signer(_) | Self::FromTheFuture => Blame::Circumstance,
        }
    }
}

/// Something that a person said: signed by one of their devices, which their
/// log let speak when it was checked.
///
/// Whether it is over is asked at each decision. Whether the device may still
/// speak is to be asked again when the log has grown ([`Checked::still`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked<T> {
    payload: T,
    bytes: Vec<u8>,
    digest: Digest,
    device: DeviceId,
    person: PersonId,
}

impl<T: Said> Checked<T> {
    /// Checks a record against the log of the person who is said to speak.
    ///
    /// # Errors
    /// See [`CheckError`].
    pub fn check(
        record: Unverified<T>,
        log: &PersonLog,
        now: &JudgedTime,
    ) -> Result<Self, CheckError> {
        let device = DeviceId::from(record.claimed_signer());
        // Before the signature, which costs more.
        log.permits(&device, T::PURPOSE, now)?;
        Self::judge(record.verify_claimed()?, log, now)
    }

    /// Signs with the key of an own device, and checks as others will.
    ///
    /// # Errors
    /// See [`CheckError`].
    pub fn sign(
        payload: &T,
        key: &SigningKey,
        log: &PersonLog,
        now: &JudgedTime,
    ) -> Result<Self, CheckError> {
        let record = Signed::sign(payload, key)?;
        log.permits(&DeviceId::from(record.signer()), T::PURPOSE, now)?;
        Self::judge(record, log, now)
    }

    fn judge(record: Signed<T>, log: &PersonLog, now: &JudgedTime) -> Result<Self, CheckError> {
        let payload = record.payload();
        if payload.speaker().is_some_and(|p| p != log.id()) {
            return Err(CheckError::OtherPerson);
        }
        if payload.issued() > now.now().after(MAX_SKEW) {
            return Err(CheckError::FromTheFuture);
        }
        Ok(Self {
            bytes: record.bytes().to_vec(),
            digest: record.digest(),
            device: DeviceId::from(record.signer()),
            person: log.id(),
            payload: record.into_payload(),
        })
    }

    /// Whether the device that signed may still speak for its person.
    ///
    /// # Errors
    /// [`CheckError::Signer`]; [`CheckError::OtherPerson`] for the log of
    /// somebody else.
    pub fn still(&self, log: &PersonLog, now: &JudgedTime) -> Result<(), CheckError> {
        if log.id() != self.person {
            return Err(CheckError::OtherPerson);
        }
        log.permits(&self.device, T::PURPOSE, now)?;
        Ok(())
    }

    /// What was said.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.payload
    }

    /// By whom.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// By which of their devices.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// The digest of the payload under the kind's domain.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The record, to be stored and passed on.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Tests of decisions, which sign nothing, take a payload at its word.
    #[cfg(test)]
    pub(crate) fn assumed(payload: T, person: PersonId) -> Self {
        let bytes = crate::cbor::to_bytes(&payload);
        Self {
            digest: Digest::of(&T::KIND.domain(), &bytes),
            bytes,
            device: DeviceId::from(crate::testing::key(1).public()),
            person,
            payload,
        }
    }
}

#[cfg(test)]
mod tests;
