use core::time::Duration;

use ciborium::Value;

use crate::canon::MAX_RECORD;
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::OrgId;
use crate::keys::PublicKey;
use crate::names::Name;
use crate::signed::{Cosigned, Kind, MAX_SIGNATURES, Payload, UnverifiedCosigned};
use crate::time::Timestamp;
use crate::validity::Validity;

/// The most keys in one set: as many as can sign one document.
pub const MAX_KEYS: usize = MAX_SIGNATURES;
/// The longest life of one document: ten years.
pub const MAX_LIFETIME: Duration = Duration::from_secs(3_653 * 86_400);
/// The longest age and the longest grace period: ten years as well, for
/// groups that are offline for long (POL-8).
pub const MAX_PERIOD: Duration = MAX_LIFETIME;

/// Keys, and how many of them must sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    needed: u8,
}

impl KeySet {
    /// `needed` of `keys`, which are sorted here.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: no key, one twice, more than
    /// [`MAX_KEYS`], or more needed than there are.
    pub fn new(mut keys: Vec<PublicKey>, needed: u8) -> Result<Self, DecodeError> {
        keys.sort();
        Self::sorted(keys, needed)
    }

    fn sorted(keys: Vec<PublicKey>, needed: u8) -> Result<Self, DecodeError> {
        let ascending = keys.windows(2).all(|w| w[0] < w[1]);
        let enough = needed > 0 && usize::from(needed) <= keys.len();
        match ascending && enough && keys.len() <= MAX_KEYS {
            true => Ok(Self { keys, needed }),
            false => Err(DecodeError::OutOfRange),
        }
    }

    /// The keys, sorted.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// How many of them must sign.
    #[must_use]
    pub fn needed(&self) -> u8 {
        self.needed
    }

    /// Whether enough of them signed `doc`.
    #[must_use]
    pub fn signed<T: Payload>(&self, doc: &Cosigned<T>) -> bool {
        doc.signed_by(&self.keys) >= usize::from(self.needed)
    }

    /// Whether enough of them are said to have signed `doc`: if not, its
    /// signatures needn't be checked.
    pub(in crate::policy) fn claimed<T: Payload>(&self, doc: &UnverifiedCosigned<T>) -> bool {
        doc.claimed_by(&self.keys) >= usize::from(self.needed)
    }
}

/// What is signed of a policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyHeader {
    /// The document before, and whose chain it is; `None` in the first one,
    /// whose digest becomes the organisation's id.
    pub previous: Option<Previous>,
    /// What the organisation calls itself.
    pub name: Name,
    /// When it was signed, and when it ends for good.
    pub validity: Validity,
    /// From this age on it is old, and the grace period runs (POL-8).
    pub max_age: Duration,
    /// How long it is still used after that.
    pub grace: Duration,
    /// Who signs the next document.
    pub admins: KeySet,
    /// Offline keys that can replace the administrators, if there are any.
    pub recovery: Option<KeySet>,
    /// The digest of the body, see [`super::PolicyBody::digest`].
    pub body: Digest,
}

/// Where a document stands in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Previous {
    /// The organisation.
    pub org: OrgId,
    /// The number of this document; the first one has 0.
    pub seq: u64,
    /// The digest of the header before.
    pub digest: Digest,
}

impl PolicyHeader {
    /// The number in the chain, from 0.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.previous.map_or(0, |p| p.seq)
    }

    /// Whether anybody has signed `doc` who signs nothing behind this document:
    /// neither an administrator nor a recovery key of it.
    pub(in crate::policy) fn strangers_signed<T: Payload>(
        &self,
        doc: &UnverifiedCosigned<T>,
    ) -> bool {
        let recovery = self.recovery.as_ref().map_or(&[][..], KeySet::keys);
        let known = |k: PublicKey| {
            self.admins.keys.binary_search(&k).is_ok() || recovery.binary_search(&k).is_ok()
        };
        !doc.claimed_signers().all(known)
    }

    /// Whether enough of the recovery keys are said to have signed `doc`.
    pub(in crate::policy) fn recovery_claimed<T: Payload>(
        &self,
        doc: &UnverifiedCosigned<T>,
    ) -> bool {
        self.recovery.as_ref().is_some_and(|r| r.claimed(doc))
    }
}

const V: i64 = 0;
const ORG: i64 = 1;
const SEQ: i64 = 2;
const PREVIOUS: i64 = 3;
const NAME: i64 = 4;
const ISSUED: i64 = 5;
const EXPIRES: i64 = 6;
const MAX_AGE: i64 = 7;
const GRACE: i64 = 8;
const ADMINS: i64 = 9;
const NEEDED: i64 = 10;
const RECOVERY: i64 = 11;
const RECOVERY_NEEDED: i64 = 12;
const BODY: i64 = 13;

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

impl Encode for PolicyHeader {
    fn encode(&self) -> Value {
        let p = self.previous;
        let r = self.recovery.as_ref();
        MapBuilder::new()
            .put(V, &1u64)
            .put_opt(ORG, p.map(|p| p.org).as_ref())
            .put(SEQ, &self.seq())
            .put_opt(PREVIOUS, p.map(|p| p.digest).as_ref())
            .put(NAME, &self.name)
            .put(ISSUED, &self.validity.issued)
            .put(EXPIRES, &self.validity.expires)
            .put(MAX_AGE, &millis(self.max_age))
            .put(GRACE, &millis(self.grace))
            .put(ADMINS, &self.admins.keys)
            .put(NEEDED, &self.admins.needed)
            .put_list(RECOVERY, r.map_or(&[][..], KeySet::keys))
            .put_opt(RECOVERY_NEEDED, r.map(|r| r.needed).as_ref())
            .put(BODY, &self.body)
            .build()
    }
}

impl Decode for PolicyHeader {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(V, 1)?;
        let seq = r.req::<u64>(SEQ)?;
        let previous = match (seq, r.opt(ORG)?, r.opt(PREVIOUS)?) {
            (0, None, None) => None,
            (0, _, _) => return Err(DecodeError::OutOfRange),
            (_, None, _) => return Err(DecodeError::Missing(ORG)),
            (_, _, None) => return Err(DecodeError::Missing(PREVIOUS)),
            (seq, Some(org), Some(digest)) => Some(Previous { org, seq, digest }),
        };
        let name = r.req(NAME)?;
        let (issued, expires) = (r.req::<Timestamp>(ISSUED)?, r.req::<Timestamp>(EXPIRES)?);
        let validity = Validity { issued, expires };
        validity
            .check_span(MAX_LIFETIME)
            .map_err(|_| DecodeError::OutOfRange)?;
        let mut period = |key, least| match Duration::from_millis(r.req::<u64>(key)?) {
            d if d < least || d > MAX_PERIOD => Err(DecodeError::Field {
                key,
                source: Box::new(DecodeError::OutOfRange),
            }),
            d => Ok(d),
        };
        let max_age = period(MAX_AGE, Duration::from_millis(1))?;
        let grace = period(GRACE, Duration::ZERO)?;
        let admins = KeySet::sorted(r.list(ADMINS, MAX_KEYS)?, r.req(NEEDED)?)?;
        let offline = r.list(RECOVERY, MAX_KEYS)?;
        let recovery = match (offline.is_empty(), r.opt(RECOVERY_NEEDED)?) {
            (true, None) => None,
            (false, Some(needed)) => Some(KeySet::sorted(offline, needed)?),
            _ => return Err(DecodeError::OutOfRange),
        };
        let body = r.req(BODY)?;
        // What a later version adds to a header can't loosen anything by
        // being ignored, if its authors follow spec 04, "Growth": what must
        // be understood has a negative key.
        let _ = r.finish()?;
        Ok(Self {
            previous,
            name,
            validity,
            max_age,
            grace,
            admins,
            recovery,
            body,
        })
    }
}

impl Payload for PolicyHeader {
    const KIND: Kind = Kind {
        name: "policy",
        version: 1,
        max: MAX_RECORD,
    };
}
