//! Our person's own rules as they are kept: a signed profile (POL-3; spec 04,
//! “Profiles”). What can't be read forbids.

use kith_proto::id::PersonId;
use kith_proto::keys::{PublicKey, SigningKey};
use kith_proto::policy::cap::{Cap, Duties};
use kith_proto::policy::profile::Profile;
use kith_proto::policy::rule::{Party, Rule};
use kith_proto::signed::{RecordError, Signed, Unverified};
use kith_proto::time::Timestamp;
use rusqlite::Transaction;

use crate::store::{StoreError, own};

/// The name under which it is kept.
pub const NAME: &str = "sharing-profile";

/// What stands for a profile that can't be read, or of which it isn't known
/// what it said: it allows nothing, until the person takes its rule back.
#[must_use]
pub fn closed(person: PersonId, issued: Timestamp) -> Profile {
    let off = Rule::new(1, Party::Everybody, Cap::OFF);
    Profile::new(person, issued, Vec::new(), vec![off], Duties::NONE)
        .unwrap_or_else(|_| Profile::open(person, issued))
}

/// What was kept, if this device signed it for `person`; else a closed one.
#[must_use]
pub fn read(bytes: &[u8], key: &PublicKey, person: PersonId, now: Timestamp) -> Profile {
    Unverified::<Profile>::parse(bytes)
        .and_then(|said| said.verify(key))
        .ok()
        .map(Signed::into_payload)
        .filter(|p| p.person() == person)
        .unwrap_or_else(|| closed(person, now))
}

/// Why a profile wasn't kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// It can't be signed: a fault of ours.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The disk refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs a profile with this device's key, and keeps it.
///
/// # Errors
/// See [`KeepError`].
pub fn keep(tx: &Transaction<'_>, profile: &Profile, key: &SigningKey) -> Result<(), KeepError> {
    let said = Signed::sign(profile, key)?;
    Ok(own::put(tx, NAME, said.bytes())?)
}
