//! A device certificate: what somebody who doesn't hold the person's whole
//! log needs to know about one device (spec 01, "Device certificates").

use ciborium::Value;
use thiserror::Error;

use crate::blame::Blame;
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::clock::JudgedTime;
use crate::id::{DeviceId, PersonId};
use crate::kem::KemKeys;
use crate::keys::{PublicKey, SigningKey};
use crate::names::Name;
use crate::person::entry::{MAX_CERTIFIED, device_name};
use crate::person::{Denial, Permit, PersonLog, Purpose};
use crate::signed::{Kind, Payload, RecordError, Signed, Unverified};
use crate::time::Timestamp;
use crate::validity::{Validity, ValidityError};

/// What a person says of one device; signed by the person key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCert {
    /// Whose device.
    pub person: PersonId,
    /// Which device.
    pub device: DeviceId,
    /// What to seal to.
    pub kem: KemKeys,
    /// What its person calls it.
    pub name: Option<Name>,
    /// The number of the log's entry that it was made from.
    pub seq: u64,
    /// From when until when it holds; no longer than the log's listing.
    pub validity: Validity,
}

/// Why a certificate isn't believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CertError {
    /// Malformed, forged, or not signed by the person key in force.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Of another person than expected.
    #[error("a certificate of another person")]
    OtherPerson,
    /// Not in force now.
    #[error("the certificate: {0}")]
    Validity(#[from] ValidityError),
    /// Made from a newer entry than is known here: fetch the log first.
    #[error("made from entry {offered} of the log; {have} is known here")]
    LogBehind {
        /// The newest entry that is known.
        have: u64,
        /// The one that the certificate was made from.
        offered: u64,
    },
    /// The log doesn't let the device in.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// It says otherwise than the log: older than the newest listing.
    #[error("the certificate is older than the log's listing of the device")]
    Outdated,
}

impl CertError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            // After a rotation, an honest old certificate has another signer.
            Self::Record(RecordError::OtherSigner)
            | Self::LogBehind { .. }
            | Self::Denied(_)
            | Self::Outdated => Blame::Circumstance,
            Self::Record(RecordError::Content(
                DecodeError::Critical(_) | DecodeError::Version(_),
            )) => Blame::Incompatible,
            Self::Record(_) | Self::OtherPerson => Blame::Misbehaved,
            Self::Validity(e) => e.blame(),
        }
    }
}

/// A certificate that was signed by the right key and is in force; made only
/// by [`DeviceCert::check`] and [`DeviceCert::check_alone`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    record: Signed<DeviceCert>,
    until: Timestamp,
}

impl Certified {
    /// The certificate.
    #[must_use]
    pub fn cert(&self) -> &DeviceCert {
        self.record.payload()
    }

    /// The record, to be stored and passed on.
    #[must_use]
    pub fn record(&self) -> &Signed<DeviceCert> {
        &self.record
    }

    /// Until just before when it was found to hold; then check again.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }
}

impl DeviceCert {
    /// What `log` says of `device`, as of `now`; to be signed with the person
    /// key. `None` if the device isn't listed or its time is over.
    #[must_use]
    pub fn from_log(log: &PersonLog, device: &DeviceId, now: Timestamp) -> Option<Self> {
        let listing = log.state().device(device)?;
        let issued = now.max(log.state().issued);
        let validity = Validity {
            issued,
            expires: listing.expires,
        };
        validity.check_span(MAX_CERTIFIED).ok()?;
        Some(Self {
            person: log.id(),
            device: *device,
            kem: listing.kem.clone(),
            name: listing.name.clone(),
            seq: log.seq(),
            validity,
        })
    }

    /// Signs it with the person key.
    ///
    /// # Errors
    /// As [`Signed::sign`].
    pub fn sign(&self, key: &SigningKey) -> Result<Signed<Self>, RecordError> {
        Signed::sign(self, key)
    }

    /// Checks a certificate against its person's log.
    ///
    /// # Errors
    /// See [`CertError`].
    pub fn check(
        record: Unverified<Self>,
        log: &PersonLog,
        now: &JudgedTime,
    ) -> Result<Certified, CertError> {
        let certified = Self::check_alone(record, &log.id(), &log.key(), now)?;
        let cert = certified.cert();
        let (have, offered) = (log.seq(), cert.seq);
        if offered > have {
            return Err(CertError::LogBehind { have, offered });
        }
        let until = match log.permits(&cert.device, Purpose::Meet, now)? {
            Permit::Certified { until } => until.min(certified.until),
            // Only for `Purpose::Talk`.
            Permit::Lapsed { .. } | Permit::Contested => return Err(CertError::Outdated),
        };
        let listing = log.state().device(&cert.device).ok_or(Denial::Unknown)?;
        if listing.kem != cert.kem || listing.name != cert.name {
            return Err(CertError::Outdated);
        }
        Ok(Certified { until, ..certified })
    }

    /// Checks a certificate where the log isn't at hand, but the person and
    /// the person key are known from a source that is believed (an invite).
    /// A revocation can't be seen this way: fetch the log before sharing.
    ///
    /// # Errors
    /// See [`CertError`].
    pub fn check_alone(
        record: Unverified<Self>,
        person: &PersonId,
        key: &PublicKey,
        now: &JudgedTime,
    ) -> Result<Certified, CertError> {
        let record = record.verify(key)?;
        let cert = record.payload();
        if cert.person != *person {
            return Err(CertError::OtherPerson);
        }
        cert.validity.check(MAX_CERTIFIED, now)?;
        let until = cert.validity.expires;
        Ok(Certified { record, until })
    }
}

impl Payload for DeviceCert {
    const KIND: Kind = Kind {
        name: "device-cert",
        version: 1,
        // KEM keys take 1280, a name 256, the rest and the envelope 400.
        max: 2048,
    };
}

impl Encode for DeviceCert {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.person)
            .put(2, &self.device)
            .put(3, &self.kem)
            .put_opt(4, self.name.as_ref())
            .put(5, &self.seq)
            .put(6, &self.validity.issued)
            .put(7, &self.validity.expires)
            .build()
    }
}

impl Decode for DeviceCert {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let cert = Self {
            person: r.req(1)?,
            device: r.req(2)?,
            kem: r.req(3)?,
            name: device_name(&mut r, 4)?,
            seq: r.req(5)?,
            validity: Validity {
                issued: r.req(6)?,
                expires: r.req(7)?,
            },
        };
        let _ = r.finish()?;
        cert.device.public_key()?;
        Ok(cert)
    }
}

#[cfg(test)]
mod tests;
