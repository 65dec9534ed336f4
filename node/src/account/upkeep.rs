//! Entries of the person's log that time alone makes due (spec 01,
//! "Writing"): this device's listing is renewed at half of its time, and a
//! replaced recovery key is dropped when it counts no more.
//!
//! Nobody looks at these entries before they are signed, and two entries with
//! one number close the log to everybody. So none is made by a time that may
//! be the whim of a wrong clock, and none while a backup of the log's newest
//! entry may have been restored elsewhere, and the log be continued there.

use kith_proto::digest::Digest;
use kith_proto::id::DeviceId;
use kith_proto::person::{Listing, PersonEntry};
use kith_proto::time::Timestamp;
use rusqlite::Transaction;

use super::{Account, AccountError, CERTIFIED, Grown, fault};
use crate::store::{StoreError, own};

/// The name under which the digest of the newest entry that is in a backup is
/// kept.
const BACKED_UP: &str = "backed-up";

/// What becomes of an entry that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upkeep {
    /// Nothing is due, or the person's key isn't here.
    Nothing,
    /// It is written now.
    Due,
    /// A backup holds the newest entry: the person has to say that the log
    /// isn't continued elsewhere.
    Held,
}

impl Account {
    /// Whether an entry is due, by the newest signed time that is believed:
    /// what was written by a clock that had leapt would stay when the clock is
    /// mended.
    #[must_use]
    pub fn upkeep(&self) -> Upkeep {
        let due = self.due_since().is_some();
        match self.person_key {
            Some(_) if due && self.backed_up == Some(self.head()) => Upkeep::Held,
            Some(_) if due => Upkeep::Due,
            _ => Upkeep::Nothing,
        }
    }

    /// The first moment at which this device is no longer certified.
    #[must_use]
    pub fn certified_until(&self) -> Option<Timestamp> {
        self.listing().map(|l| l.expires)
    }

    /// Since when an entry is due: the first of what makes one so.
    fn due_since(&self) -> Option<Timestamp> {
        let now = self.clock.newest_signed();
        let renewal = self.listing().map(half_of);
        let outgoing = self.log.state().outgoing.map(|o| o.until);
        let due = [renewal, outgoing].into_iter().flatten();
        due.filter(|since| *since <= now).min()
    }

    /// The entry that is due ([`Self::upkeep`]), dated by what made it so.
    /// Another may be due after it.
    ///
    /// # Errors
    /// [`AccountError::NoPersonKey`]; else faults of Kith itself.
    pub fn maintained(&mut self) -> Result<Grown, AccountError> {
        let since = self.due_since().ok_or_else(|| fault("no entry is due"))?;
        let device = self.device();
        self.grow_at(since, |mut entry| {
            let issued = entry.issued;
            if entry.device(&device).is_some_and(|l| half_of(l) <= issued) {
                renew(&mut entry, device);
            }
            Ok(entry)
        })
    }

    /// The next entry, in which this device is certified for a year from
    /// `now` on: its person asks for it.
    ///
    /// # Errors
    /// [`AccountError::NoPersonKey`]; else faults of Kith itself.
    pub fn renewal(&mut self, now: Timestamp) -> Result<Grown, AccountError> {
        let device = self.device();
        self.grow(now, |mut entry| {
            renew(&mut entry, device);
            Ok(entry)
        })
    }

    /// The log's newest entry, as [`Self::in_backup`] takes it.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.log.head().digest()
    }

    /// A backup holds the log up to `head`, and that was stored.
    pub fn in_backup(&mut self, head: Digest) {
        self.backed_up = Some(head);
    }

    fn listing(&self) -> Option<&Listing> {
        self.log.state().device(&self.device())
    }
}

/// Stores that a backup holds the log up to `head`.
///
/// # Errors
/// The disk refuses.
pub fn put_backed_up(tx: &Transaction<'_>, head: &Digest) -> Result<(), StoreError> {
    own::put(tx, BACKED_UP, head.as_bytes())
}

/// The newest entry that a backup holds, if there is a backup.
///
/// # Errors
/// [`AccountError::Damaged`]; the disk refuses.
pub(super) fn backed_up(tx: &Transaction<'_>) -> Result<Option<Digest>, AccountError> {
    let stored = own::get(tx, BACKED_UP)?.map(<[u8; 32]>::try_from);
    let digest = stored.transpose();
    let digest = digest.map_err(|_| AccountError::Damaged(BACKED_UP))?;
    Ok(digest.map(Digest::from_bytes))
}

/// When half of a year or less is left of a listing.
fn half_of(listing: &Listing) -> Timestamp {
    listing.expires.before(CERTIFIED / 2)
}

/// Certifies a listed device for a year from the entry's time on.
fn renew(entry: &mut PersonEntry, device: DeviceId) {
    let until = entry.issued.after(CERTIFIED);
    if let Some(listing) = entry.devices.iter_mut().find(|l| l.device == device) {
        listing.expires = until;
    }
}

#[cfg(test)]
mod tests;
