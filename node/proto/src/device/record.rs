//! What all records have in common that a device signs about itself: profile,
//! addresses, capabilities (spec 02, "Records of devices").

use core::time::Duration;

use thiserror::Error;

use crate::blame::Blame;
use crate::cbor::DecodeError;
use crate::clock::JudgedTime;
use crate::id::{DeviceId, PersonId};
use crate::keys::SigningKey;
use crate::signed::{Payload, RecordError, Signed, Unverified};
use crate::time::Timestamp;
use crate::validity::{Validity, ValidityError};

/// A record that a device signs about itself.
pub trait ByDevice: Payload {
    /// For how long such a record may hold.
    const LONGEST: Duration;

    /// The device that speaks.
    fn device(&self) -> DeviceId;

    /// The person that the device says it belongs to, where the record says so.
    fn person(&self) -> Option<PersonId>;

    /// From when until when it holds.
    fn validity(&self) -> Validity;
}

/// Why a device's record isn't believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LiveError {
    /// Malformed, forged, or of another signer.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Signed by one device about another.
    #[error("a device speaks for another")]
    OtherDevice,
    /// It names another person than the one that the device is known under.
    #[error("the device names another person")]
    OtherPerson,
    /// Not in force now.
    #[error("the record: {0}")]
    Validity(#[from] ValidityError),
}

impl LiveError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Record(RecordError::Content(
                DecodeError::Critical(_) | DecodeError::Version(_),
            )) => Blame::Incompatible,
            Self::Record(RecordError::TooLarge { .. }) => Blame::Ours,
            Self::Record(_) | Self::OtherDevice | Self::OtherPerson => Blame::Misbehaved,
            Self::Validity(e) => e.blame(),
        }
    }
}

/// A device's record, signed by that device and in force when it was checked.
///
/// Whether the device may be trusted is a question to its person's log
/// ([`crate::person::PersonLog::permits`]), asked anew each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live<T> {
    record: Signed<T>,
}

impl<T: ByDevice> Live<T> {
    /// Checks a record of `device`, and that it names `person` if it names
    /// any.
    ///
    /// # Errors
    /// See [`LiveError`].
    pub fn check(
        record: Unverified<T>,
        device: &DeviceId,
        person: &PersonId,
        now: &JudgedTime,
    ) -> Result<Self, LiveError> {
        let key = device.public_key().map_err(RecordError::Content)?;
        Self::judge(record.verify(&key)?, Some(person), now)
    }

    /// Checks a record of whatever device signed it, where nobody is known
    /// yet; the device and person are only what it says.
    ///
    /// # Errors
    /// See [`LiveError`].
    pub fn check_claimed(record: Unverified<T>, now: &JudgedTime) -> Result<Self, LiveError> {
        Self::judge(record.verify_claimed()?, None, now)
    }

    /// Signs a record of our own device. It is checked as others will.
    ///
    /// # Errors
    /// See [`LiveError`]: the payload isn't one of this key, or lasts too long.
    pub fn sign(payload: &T, key: &SigningKey) -> Result<Self, LiveError> {
        let record = Signed::sign(payload, key)?;
        let now = JudgedTime::from_wall(payload.validity().issued);
        Self::judge(record, None, &now)
    }

    fn judge(
        record: Signed<T>,
        person: Option<&PersonId>,
        now: &JudgedTime,
    ) -> Result<Self, LiveError> {
        let payload = record.payload();
        if payload.device() != DeviceId::from(record.signer()) {
            return Err(LiveError::OtherDevice);
        }
        if let (Some(expected), Some(named)) = (person, payload.person())
            && *expected != named
        {
            return Err(LiveError::OtherPerson);
        }
        payload.validity().check(T::LONGEST, now)?;
        Ok(Self { record })
    }

    /// Whether it still is in force; to be asked before each use.
    ///
    /// # Errors
    /// See [`ValidityError`].
    pub fn still(&self, now: &JudgedTime) -> Result<&T, ValidityError> {
        let payload = self.record.payload();
        payload.validity().check(T::LONGEST, now)?;
        Ok(payload)
    }

    /// The content, whether in force or not.
    #[must_use]
    pub fn get(&self) -> &T {
        self.record.payload()
    }

    /// The record, to be stored and passed on.
    #[must_use]
    pub fn record(&self) -> &Signed<T> {
        &self.record
    }

    /// The first moment at which it no longer holds.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.get().validity().expires
    }
}
