//! Standing consent (ASK-3; spec 04, "Standing consent"): what a person has
//! accepted in advance. Policy may forbid it, never create it.

use core::time::Duration;

use ciborium::Value;

use super::application::{AppName, What};
use super::cap::{Cap, Duties};
use super::checked::{Checked, Said};
use super::decide::Ask;
use super::hosted::Target;
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::PersonId;
use crate::person::Purpose;
use crate::rights::Scope;
use crate::signed::{Kind, Payload};
use crate::technology::Technology;
use crate::time::Timestamp;
use crate::validity::Validity;

/// The longest standing consent: a year and a day. Nobody remembers longer
/// what they allowed.
pub const MAX_CONSENT: Duration = Duration::from_secs(366 * 86_400);

/// Whether two people have compared their keys (ID-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verification {
    /// They have.
    Verified,
    /// They haven't.
    Unverified,
}

/// One verified contact, one application, one level, until an end date.
/// Signed by a device of the sharer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingConsent {
    /// Who consents: the sharer.
    pub sharer: PersonId,
    /// To whom.
    pub viewer: PersonId,
    /// For which application; its windows included.
    pub application: AppName,
    /// Up to which level: at most that one application. Demands mean nothing
    /// here.
    pub allows: Cap,
    /// From when until when.
    pub validity: Validity,
    /// Which of the built-in duties it stands for: to accept, and if the
    /// person wants that, to be notified.
    pub waives: Duties,
}

impl StandingConsent {
    fn check(self) -> Result<Self, DecodeError> {
        let fine = self.allows.view <= Scope::Application
            && self.waives.is_subset(Duties::BUILT_IN)
            && self.validity.check_span(MAX_CONSENT).is_ok();
        match fine {
            true => Ok(self),
            false => Err(DecodeError::OutOfRange),
        }
    }
}

impl Encode for StandingConsent {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.sharer)
            .put(2, &self.viewer)
            .put(3, &self.application)
            .put(4, &self.allows)
            .put(5, &self.validity.issued)
            .put(6, &self.validity.expires)
            .put(7, &self.waives)
            .build()
    }
}

impl Decode for StandingConsent {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let consent = Self {
            sharer: r.req(1)?,
            viewer: r.req(2)?,
            application: r.req(3)?,
            allows: r.req(4)?,
            validity: Validity {
                issued: r.req(5)?,
                expires: r.req(6)?,
            },
            waives: r.req(7)?,
        };
        // An unknown field might narrow it: then it isn't understood here,
        // and the person is asked instead.
        if let Some(key) = r.unread().find(|k| *k < super::lenient::REMARKS_FROM) {
            return Err(DecodeError::Critical(key));
        }
        let _ = r.finish()?;
        consent.check()
    }
}

impl Payload for StandingConsent {
    const KIND: Kind = Kind {
        name: "consent",
        version: 1,
        max: 1024,
    };
}

/// The end of a standing consent before its time, signed by any device of the
/// sharer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentEnd {
    /// The digest of the consent's record.
    pub consent: Digest,
    /// When it was ended.
    pub issued: Timestamp,
}

impl Encode for ConsentEnd {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.consent)
            .put(2, &self.issued)
            .build()
    }
}

impl Decode for ConsentEnd {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let end = Self {
            consent: r.req(1)?,
            issued: r.req(2)?,
        };
        let _ = r.finish()?;
        Ok(end)
    }
}

impl Payload for ConsentEnd {
    const KIND: Kind = Kind {
        name: "consent-end",
        version: 1,
        max: 1024,
    };
}

impl Said for StandingConsent {
    const PURPOSE: Purpose = Purpose::Share;

    fn speaker(&self) -> Option<PersonId> {
        Some(self.sharer)
    }

    fn issued(&self) -> Timestamp {
        self.validity.issued
    }
}

impl Said for ConsentEnd {
    // An end only takes away.
    const PURPOSE: Purpose = Purpose::Talk;

    fn speaker(&self) -> Option<PersonId> {
        None
    }

    fn issued(&self) -> Timestamp {
        self.issued
    }
}

/// A standing consent that its owner still means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenConsent {
    id: Digest,
    consent: StandingConsent,
}

impl GivenConsent {
    /// From what the sharer said, unless one of `ended`, which the sharer
    /// said too, ends it.
    #[must_use]
    pub fn standing<'a>(
        said: &Checked<StandingConsent>,
        mut ended: impl Iterator<Item = &'a Checked<ConsentEnd>>,
    ) -> Option<Self> {
        let id = said.digest();
        let ends = |e: &Checked<ConsentEnd>| e.get().consent == id && e.person() == said.person();
        (!ended.any(ends)).then(|| Self {
            id,
            consent: said.get().clone(),
        })
    }

    /// The digest of its record: by it consents are listed and ended.
    #[must_use]
    pub fn id(&self) -> Digest {
        self.id
    }

    /// What it says.
    #[must_use]
    pub fn consent(&self) -> &StandingConsent {
        &self.consent
    }

    /// Whether it covers a question: this sharer and this verified viewer,
    /// exactly that one application, shared natively from the sharer's own
    /// device, a wish within its level, in its time.
    #[must_use]
    pub fn covers(&self, ask: &Ask, viewer: Verification, now: Timestamp) -> bool {
        let c = &self.consent;
        let one = match &ask.what {
            What::Applications(list) => list.len() == 1 && list[0].name == c.application,
            What::NotChosen | What::Anything => false,
        };
        // On a server an application of that name is another one, and the
        // account that it runs under somebody else's.
        let here = ask.technology == Technology::Native && ask.target == Target::Peer;
        let wish = ask.wish.cap().settled();
        one && here
            && viewer == Verification::Verified
            && ask.sharer == c.sharer
            && ask.viewer == c.viewer
            && wish.view <= c.allows.view
            && wish.control <= c.allows.control
            && wish.rights.is_subset(c.allows.rights)
            && (c.validity.issued..c.validity.expires).contains(&now)
    }

    /// See [`Checked::assumed`].
    #[cfg(test)]
    pub(crate) fn assumed(id: Digest, consent: StandingConsent) -> Self {
        Self { id, consent }
    }
}
