//! One entry of a person's log: what it says, and its form on the wire. What
//! an entry may say is decided in [`super::rules`].

use core::time::Duration;

use ciborium::Value;

use crate::cbor::{self, Decode, DecodeError, Encode, Extra, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::{DeviceId, PersonId};
use crate::kem::KemKeys;
use crate::keys::{PublicKey, SigningKey};
use crate::names::Name;
use crate::signed::{Cosigned, Kind, Payload, RecordError};
use crate::time::Timestamp;

/// The most devices that a person has at once. More is not a person.
pub const MAX_DEVICES: usize = 32;

/// The most revocations an entry lists. They are never taken back, so this is
/// for a lifetime; see spec 01, "When the list is full", for the 257th.
pub const MAX_REVOKED: usize = 256;

/// From this many revocations on, a program tells its person that the list
/// fills up.
pub const WARN_REVOKED: usize = 224;

/// The longest name of a device in bytes: with more, 32 devices and 256
/// revocations would not fit in one record.
pub const MAX_DEVICE_NAME: usize = 128;

/// The longest time for which an entry may certify a device: two years. The
/// person key may be far away (it lives on one device), so this is long;
/// programs renew at half of it.
pub const MAX_CERTIFIED: Duration = Duration::from_secs(731 * 24 * 3600);

/// For how long programs certify a device unless told otherwise: one year.
pub const CERTIFIED: Duration = Duration::from_secs(365 * 24 * 3600);

/// How long a recovery key still counts after the person key alone has
/// replaced it: 30 days. Whoever stole the person key can't lock the owner of
/// the sheet out at once. Whoever found an old sheet can date a recovery back:
/// to be locked out takes an entry from after that time, so a program writes
/// one ([`PersonEntry::outgoing_over`]).
pub const OUTGOING: Duration = Duration::from_secs(30 * 24 * 3600);

/// The highest sequence number of a log. An honest one stays far below; the
/// bound keeps what a stranger has to fetch finite.
pub const MAX_SEQ: u64 = 65_535;

/// The state of a person, as of one entry.
///
/// Fields are public: an entry is only a proposal until it is signed, and
/// only a claim until a [`super::PersonLog`] has taken it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonEntry {
    /// Whose log; absent in the first entry, whose digest it is.
    pub person: Option<PersonId>,
    /// 0 for the first entry, then one more each.
    pub seq: u64,
    /// The digest of the entry before; absent in the first.
    pub previous: Option<Digest>,
    /// When it was signed, by the signer's clock; never before the previous.
    pub issued: Timestamp,
    /// The person key: signs the next entry, and device certificates.
    pub key: PublicKey,
    /// The key of the recovery sheet (ID-6), if there is one.
    pub recovery: Option<PublicKey>,
    /// A recovery key that was replaced and still counts for a while.
    pub outgoing: Option<Outgoing>,
    /// The devices, sorted by id.
    pub devices: Vec<Listing>,
    /// The devices that were revoked, sorted by id; never taken back.
    pub revoked: Vec<Revocation>,
    /// Whether the entry held fields that we don't know. Who writes the next
    /// one would lose them, so [`PersonEntry::next`] refuses.
    pub(crate) extra: Extra,
}

/// A recovery key on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgoing {
    /// The key.
    pub key: PublicKey,
    /// It still signs entries issued before this, as long as no entry from
    /// this time on is known.
    pub until: Timestamp,
}

/// A device in its person's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The device.
    pub device: DeviceId,
    /// What to seal to.
    pub kem: KemKeys,
    /// When it was first listed; never changes.
    pub added: Timestamp,
    /// The first moment at which it is no longer certified.
    pub expires: Timestamp,
    /// What its person calls it; at most [`MAX_DEVICE_NAME`] bytes.
    pub name: Option<Name>,
    pub(crate) extra: Extra,
}

impl Listing {
    /// A device certified from `added` on until `expires`.
    #[must_use]
    pub fn new(device: DeviceId, kem: KemKeys, added: Timestamp, expires: Timestamp) -> Self {
        Self {
            device,
            kem,
            added,
            expires,
            name: None,
            extra: Extra::None,
        }
    }

    /// With a name.
    #[must_use]
    pub fn named(mut self, name: Name) -> Self {
        self.name = Some(name);
        self
    }
}

/// A device that is no longer one of its person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The device.
    pub device: DeviceId,
    /// From when on nothing of it is to be believed; may lie before the entry.
    pub since: Timestamp,
    /// Why.
    pub reason: Reason,
    pub(crate) extra: Extra,
}

impl Revocation {
    /// Revokes `device` from `since` on.
    #[must_use]
    pub fn new(device: DeviceId, since: Timestamp, reason: Reason) -> Self {
        Self {
            device,
            since,
            reason,
            extra: Extra::None,
        }
    }
}

/// Why a device was revoked: a number, shown in the reader's words. Unknown
/// numbers are kept and mean [`Reason::UNSPECIFIED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reason(pub u16);

impl Reason {
    /// Not said.
    pub const UNSPECIFIED: Self = Self(0);
    /// It was lost.
    pub const LOST: Self = Self(1);
    /// It was stolen.
    pub const STOLEN: Self = Self(2);
    /// It is no longer used.
    pub const RETIRED: Self = Self(3);
    /// Somebody else may have its keys.
    pub const COMPROMISED: Self = Self(4);
    /// Revoked with the others by the recovery sheet.
    pub const RECOVERY: Self = Self(5);
}

impl Encode for Reason {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for Reason {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        u16::decode(value).map(Self)
    }
}

/// Why a next entry can't be drafted. Ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// A newer version of Kith wrote the last entry: an entry written here
    /// would lose what it said.
    #[error("the log was last written by a newer Kith: change it from that device")]
    WrittenByNewer,
    /// The log has reached [`MAX_SEQ`].
    #[error("the log is full")]
    Full,
}

impl PersonEntry {
    /// The first entry of a new person, without devices.
    #[must_use]
    pub fn genesis(key: PublicKey, recovery: Option<PublicKey>, now: Timestamp) -> Self {
        Self {
            person: None,
            seq: 0,
            previous: None,
            issued: now,
            key,
            recovery,
            outgoing: None,
            devices: Vec::new(),
            revoked: Vec::new(),
            extra: Extra::None,
        }
    }

    /// A draft of the entry after `last`, which belongs to `person`: the same
    /// state, linked, issued at `now` or at the last entry's time if `now` is
    /// earlier, and without an outgoing recovery key whose time is over.
    ///
    /// # Errors
    /// See [`DraftError`].
    pub fn next(
        person: PersonId,
        last: &Cosigned<Self>,
        now: Timestamp,
    ) -> Result<Self, DraftError> {
        let p = last.payload();
        let newer = p.extra == Extra::Ignored
            || p.devices.iter().any(|d| d.extra == Extra::Ignored)
            || p.revoked.iter().any(|r| r.extra == Extra::Ignored);
        if newer {
            return Err(DraftError::WrittenByNewer);
        }
        if p.seq >= MAX_SEQ {
            return Err(DraftError::Full);
        }
        let issued = now.max(p.issued);
        Ok(Self {
            person: Some(person),
            seq: p.seq + 1,
            previous: Some(last.digest()),
            issued,
            outgoing: p.outgoing.filter(|o| issued < o.until),
            ..p.clone()
        })
    }

    /// The device's place in the list.
    #[must_use]
    pub fn device(&self, device: &DeviceId) -> Option<&Listing> {
        let at = self.devices.binary_search_by_key(device, |d| d.device);
        at.ok().map(|at| &self.devices[at])
    }

    /// The device's revocation, if it was revoked.
    #[must_use]
    pub fn revocation(&self, device: &DeviceId) -> Option<&Revocation> {
        let at = self.revoked.binary_search_by_key(device, |r| r.device);
        at.ok().map(|at| &self.revoked[at])
    }

    /// Lists a device, or replaces its listing.
    pub fn list(&mut self, listing: Listing) {
        match self
            .devices
            .binary_search_by_key(&listing.device, |d| d.device)
        {
            Ok(at) => self.devices[at] = listing,
            Err(at) => self.devices.insert(at, listing),
        }
    }

    /// Takes a device off the list and revokes it for good; a device that is
    /// revoked already stays as it is. Where [`MAX_REVOKED`] are listed, it
    /// is only taken off (spec 01, "When the list is full").
    pub fn revoke(&mut self, device: DeviceId, since: Timestamp, reason: Reason) {
        self.devices.retain(|d| d.device != device);
        let at = self.revoked.binary_search_by_key(&device, |r| r.device);
        if let Err(at) = at
            && self.revoked.len() < MAX_REVOKED
        {
            let since = since.min(self.issued);
            self.revoked
                .insert(at, Revocation::new(device, since, reason));
        }
    }

    /// Replaces the recovery key under the person key alone: the old one
    /// still counts for [`OUTGOING`]. `None` if an older one is on its way
    /// out still; then wait until that time is over.
    #[must_use]
    pub fn replace_recovery(mut self, key: Option<PublicKey>) -> Option<Self> {
        if let Some(old) = self.recovery {
            if self.outgoing.is_some() {
                return None;
            }
            let until = self.issued.after(OUTGOING);
            self.outgoing = Some(Outgoing { key: old, until });
        }
        self.recovery = key;
        Some(self)
    }

    /// Whether an outgoing key is still there though its time is over at
    /// `now`: then the next entry is due, which drops it.
    #[must_use]
    pub fn outgoing_over(&self, now: Timestamp) -> bool {
        self.outgoing.is_some_and(|o| now >= o.until)
    }

    /// Which keys may sign a recovery on top of this state, at `issued`.
    pub fn recovery_keys(&self, issued: Timestamp) -> impl Iterator<Item = PublicKey> {
        let outgoing = self.outgoing.filter(|o| issued < o.until).map(|o| o.key);
        self.recovery.into_iter().chain(outgoing)
    }

    /// Signs with `keys`: one for a first or an ordinary entry; the old and
    /// the new person key for a rotation; the recovery key and the new person
    /// key for a recovery.
    ///
    /// # Errors
    /// As [`Cosigned::new`]; no key at all is [`RecordError::SignatureCount`].
    pub fn sign(self, keys: &[&SigningKey]) -> Result<Cosigned<Self>, RecordError> {
        let (first, more) = keys.split_first().ok_or(RecordError::SignatureCount)?;
        let mut doc = Cosigned::new(self, first)?;
        more.iter().try_for_each(|k| doc.add_signature(k))?;
        Ok(doc)
    }
}

impl Payload for PersonEntry {
    const KIND: Kind = Kind {
        name: "person",
        version: 1,
        max: crate::canon::MAX_RECORD,
    };
}

impl Encode for PersonEntry {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put_opt(1, self.person.as_ref())
            .put(2, &self.seq)
            .put_opt(3, self.previous.as_ref())
            .put(4, &self.issued)
            .put(5, &self.key)
            .put_opt(6, self.recovery.as_ref())
            .put_opt(7, self.outgoing.as_ref())
            .put_list(8, &self.devices)
            .put_list(9, &self.revoked)
            .build()
    }
}

impl Decode for PersonEntry {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let mut entry = Self {
            person: r.opt(1)?,
            seq: r.req(2)?,
            previous: r.opt(3)?,
            issued: r.req(4)?,
            key: r.req(5)?,
            recovery: r.opt(6)?,
            outgoing: r.opt(7)?,
            devices: r.list(8, MAX_DEVICES)?,
            revoked: r.list(9, MAX_REVOKED)?,
            extra: Extra::None,
        };
        entry.extra = r.finish()?;
        cbor::sorted(&entry.devices, |d| d.device)?;
        cbor::sorted(&entry.revoked, |d| d.device)?;
        if entry.seq > MAX_SEQ {
            return Err(DecodeError::OutOfRange);
        }
        Ok(entry)
    }
}

impl Encode for Outgoing {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.key)
            .put(1, &self.until)
            .build()
    }
}

impl Decode for Outgoing {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let outgoing = Self {
            key: r.req(0)?,
            until: r.req(1)?,
        };
        let _ = r.finish()?;
        Ok(outgoing)
    }
}

impl Encode for Listing {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.device)
            .put(1, &self.kem)
            .put(2, &self.added)
            .put(3, &self.expires)
            .put_opt(4, self.name.as_ref())
            .build()
    }
}

impl Decode for Listing {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let mut listing = Self {
            device: r.req(0)?,
            kem: r.req(1)?,
            added: r.req(2)?,
            expires: r.req(3)?,
            name: device_name(&mut r, 4)?,
            extra: Extra::None,
        };
        listing.extra = r.finish()?;
        listing.device.public_key()?;
        Ok(listing)
    }
}

/// Reads a device's name, shorter than other names may be.
pub(crate) fn device_name(r: &mut MapReader, key: i64) -> Result<Option<Name>, DecodeError> {
    let name = r.opt::<Name>(key)?;
    match name {
        Some(n) if n.as_str().len() > MAX_DEVICE_NAME => Err(DecodeError::Field {
            key,
            source: Box::new(DecodeError::OutOfRange),
        }),
        _ => Ok(name),
    }
}

impl Encode for Revocation {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.device)
            .put(1, &self.since)
            .put(2, &self.reason)
            .build()
    }
}

impl Decode for Revocation {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let mut revocation = Self {
            device: r.req(0)?,
            since: r.req(1)?,
            reason: r.req(2)?,
            extra: Extra::None,
        };
        revocation.extra = r.finish()?;
        Ok(revocation)
    }
}
