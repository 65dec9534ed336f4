//! Who this node is: the person, this device, and their keys (ID-1).
//!
//! Everything here lies in the encrypted store. The person key is there only
//! on the device on which the person was made, or restored (DESIGN.md,
//! "Identity and records"); other devices have none.

use core::time::Duration;

use kith_api::Code;
use kith_proto::clock::{JudgedTime, Observed};
use kith_proto::device::DeviceCert;
use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::kem::{KemId, KemKey, KemKeys};
use kith_proto::keys::{PublicKey, SigningKey};
use kith_proto::names::Name;
use kith_proto::person::{Applied, Listing, PersonEntry, PersonError, PersonLog, Reason};
use kith_proto::seal::{Kem, KemKeyPair};
use kith_proto::signed::{Cosigned, Signed, Unverified};
use kith_proto::time::Timestamp;
use rusqlite::Transaction;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::store::{StoreError, own, people};

mod recovery;
mod upkeep;

pub use recovery::{Misfit, printed_sheet, read_sheet};
pub use upkeep::{Upkeep, put_backed_up};

/// For how long the person key certifies a device: one year. This device is renewed at
/// half of it, whenever the person key is at hand.
const CERTIFIED: Duration = Duration::from_secs(365 * 24 * 3600);

/// How far the newest signed time may lie behind what was signed: it is
/// stored no more often than that.
const SIGNED_STEP: Duration = Duration::from_secs(60);

/// The name under which the newest signed time is kept.
pub const NEWEST_SIGNED: &str = "newest-signed";

/// The name under which this device's certificate is kept.
pub const CERT: &str = "cert";

/// Why there is no account, or none can be made.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored part is missing or can't be read: the store is damaged.
    #[error("the profile's {0} can't be read")]
    Damaged(&'static str),
    /// The person's log, as it was kept, isn't a log that this key continues.
    #[error("the person’s log doesn’t fit the person’s key")]
    Log,
    /// Only the person key changes the list of devices.
    #[error("the person’s key isn’t on this device")]
    NoPersonKey,
    /// The recovery sheet can't be used with what was given.
    #[error("the recovery sheet doesn’t fit: {0}")]
    Sheet(Misfit),
    /// The sheet before the last still counts.
    #[error("the recovery sheet was replaced less than thirty days ago: try again later")]
    SheetTooSoon,
    /// An entry was made later than this machine's clock says it is.
    #[error("this machine’s clock is behind: set it, then try again")]
    Clock,
    /// Our own rules refuse what we made: a fault of Kith.
    #[error("an account can't be made: {0}")]
    Fault(String),
}

impl AccountError {
    /// What kind of failure it is, for faces and exit statuses.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Store(e) => e.code(),
            Self::Damaged(_) | Self::Log | Self::Sheet(_) => Code::Invalid,
            Self::Clock | Self::SheetTooSoon => Code::BadRequest,
            Self::NoPersonKey | Self::Fault(_) => Code::Internal,
        }
    }
}

fn fault(e: impl ToString) -> AccountError {
    AccountError::Fault(e.to_string())
}

/// The person's log with a new entry of ours.
#[derive(Debug)]
pub struct Grown {
    log: PersonLog,
    bytes: Vec<u8>,
    /// This device's certificate, which follows from it.
    cert: Signed<DeviceCert>,
}

impl Grown {
    /// The new entry, as it is stored and shown to others.
    #[must_use]
    pub fn entry(&self) -> &[u8] {
        &self.bytes
    }

    /// This device's certificate, as it is stored beside the entry.
    #[must_use]
    pub fn cert(&self) -> &[u8] {
        self.cert.bytes()
    }
}

/// The person and this device.
#[derive(Debug)]
pub struct Account {
    name: Name,
    device: SigningKey,
    log: PersonLog,
    entries: Vec<Vec<u8>>,
    cert: Signed<DeviceCert>,
    person_key: Option<SigningKey>,
    clock: JudgedTime,
    /// The newest entry of the log that a backup holds.
    backed_up: Option<Digest>,
}

impl Account {
    /// Makes a new person with this as the first device. `recovery` is the
    /// key of the recovery sheet that is printed now; without a sheet there is
    /// no such key, and so none that a later sheet would have to replace.
    ///
    /// # Errors
    /// Only faults of the disk and of Kith itself.
    pub fn create(
        tx: &Transaction<'_>,
        name: &Name,
        recovery: Option<PublicKey>,
        now: Timestamp,
    ) -> Result<PersonId, AccountError> {
        let mut rng = crate::random::system();
        let clock = JudgedTime::from_wall(now);
        let (person, device) = (
            SigningKey::generate(&mut rng),
            SigningKey::generate(&mut rng),
        );

        let mut genesis = PersonEntry::genesis(person.public(), recovery, now);
        let kem = kem_keys(tx, &mut rng)?;
        let id = DeviceId::from(device.public());
        genesis.list(Listing::new(id, kem, now, now.after(CERTIFIED)));
        let log =
            PersonLog::start(genesis.sign(&[&person]).map_err(fault)?, &clock).map_err(fault)?;
        keep(
            tx,
            name,
            (&person, &device),
            &log,
            &[log.head().to_bytes()],
            now,
        )?;
        Ok(log.id())
    }

    /// Makes a new device of a person whose key and log were kept (ID-5):
    /// the person key lists it in a new entry. No old device's key is needed,
    /// and none of its logs is continued.
    ///
    /// # Errors
    /// [`AccountError::Log`], [`AccountError::Clock`]; else faults of the disk
    /// and of Kith itself.
    pub fn restore(
        tx: &Transaction<'_>,
        name: &Name,
        person: &SigningKey,
        entries: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let clock = JudgedTime::from_wall(now);
        let mut log = judged(entries, &clock)?;
        if log.key() != person.public() {
            return Err(AccountError::Log);
        }
        let mut rng = crate::random::system();
        let device = SigningKey::generate(&mut rng);
        let id = DeviceId::from(device.public());
        let mut entry = log.draft(now).map_err(fault)?;
        let issued = entry.issued;
        let kem = kem_keys(tx, &mut rng)?;
        entry.list(Listing::new(id, kem, issued, issued.after(CERTIFIED)));
        let entry = entry.sign(&[person]).map_err(fault)?;
        let mut entries = entries.to_vec();
        entries.push(entry.to_bytes());
        let _ = log.apply(entry, &clock).map_err(fault)?;
        keep(tx, name, (person, &device), &log, &entries, now)
    }

    /// Reads the account.
    ///
    /// # Errors
    /// A part is missing or damaged.
    pub fn load(tx: &Transaction<'_>, now: Timestamp) -> Result<Self, AccountError> {
        let need = |name: &'static str| own::get(tx, name)?.ok_or(AccountError::Damaged(name));
        let clock = match own::get(tx, NEWEST_SIGNED)? {
            Some(stored) => JudgedTime::resume(now, &stored)
                .map_err(|_| AccountError::Damaged(NEWEST_SIGNED))?,
            None => JudgedTime::from_wall(now),
        };

        let name = String::from_utf8(need("name")?)
            .ok()
            .and_then(|n| Name::from_wire(&n).ok());
        let person = need("person")?;
        let person: [u8; 32] = person
            .try_into()
            .map_err(|_| AccountError::Damaged("person"))?;
        let person = PersonId::from_bytes(person);
        let entries = people::entries(tx, &person)?;
        let log = resume(person, &entries).ok_or(AccountError::Damaged("log"))?;
        let cert = Unverified::<DeviceCert>::parse(&need(CERT)?)
            .and_then(|c| c.verify(&log.key()))
            .map_err(|_| AccountError::Damaged(CERT))?;
        Ok(Self {
            name: name.ok_or(AccountError::Damaged("name"))?,
            device: seed(need("device-key")?).ok_or(AccountError::Damaged("device-key"))?,
            person_key: own::get(tx, "person-key")?
                .map(|b| seed(b).ok_or(AccountError::Damaged("person-key")))
                .transpose()?,
            log,
            entries,
            cert,
            clock,
            backed_up: upkeep::backed_up(tx)?,
        })
    }

    /// The person.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.log.id()
    }

    /// This device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device.public().into()
    }

    /// What the person calls themselves.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The key of this device, which signs what it says.
    #[must_use]
    pub const fn device_key(&self) -> &SigningKey {
        &self.device
    }

    /// The person key, if it is on this device.
    #[must_use]
    pub const fn person_key(&self) -> Option<&SigningKey> {
        self.person_key.as_ref()
    }

    /// The person's log.
    #[must_use]
    pub const fn log(&self) -> &PersonLog {
        &self.log
    }

    /// The entries of the person's log, first to last, to be shown to others.
    #[must_use]
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// The next entry of the person's log, which revokes a device of theirs
    /// for good (ID-1), and the log with it. Nothing is changed yet: first
    /// the entry must be stored, then [`Self::adopt`] takes it.
    ///
    /// # Errors
    /// [`AccountError::NoPersonKey`]; else faults of Kith itself.
    pub fn revocation(
        &mut self,
        device: DeviceId,
        reason: Reason,
        now: Timestamp,
    ) -> Result<Grown, AccountError> {
        self.grow(now, |mut entry| {
            let since = entry.issued;
            entry.revoke(device, since, reason);
            Ok(entry)
        })
    }

    /// The next entry of the person's log, drafted by `change`.
    fn grow(
        &mut self,
        now: Timestamp,
        change: impl FnOnce(PersonEntry) -> Result<PersonEntry, AccountError>,
    ) -> Result<Grown, AccountError> {
        self.clock.set_wall(now);
        self.grow_at(now, change)
    }

    fn grow_at(
        &self,
        now: Timestamp,
        change: impl FnOnce(PersonEntry) -> Result<PersonEntry, AccountError>,
    ) -> Result<Grown, AccountError> {
        let key = self.person_key.as_ref().ok_or(AccountError::NoPersonKey)?;
        let entry = change(self.log.draft(now).map_err(fault)?)?;
        let entry = entry.sign(&[key]).map_err(fault)?;
        let bytes = entry.to_bytes();
        let mut log = self.log.clone();
        match log.apply(entry, &self.clock).map_err(fault)? {
            Applied::Grown(_) => {}
            Applied::Known | Applied::Forked => return Err(fault("the log did not grow")),
        }
        let cert = certificate(&log, &self.device(), key, log.state().issued)?;
        Ok(Grown { log, bytes, cert })
    }

    /// Takes a log that has grown, after its new entry was stored.
    pub fn adopt(&mut self, grown: Grown) {
        self.log = grown.log;
        self.entries.push(grown.bytes);
        self.cert = grown.cert;
    }

    /// Who this is, for faces.
    #[must_use]
    pub fn identity(&self) -> kith_api::Identity {
        kith_api::Identity {
            person: self.person(),
            device: self.device(),
            name: self.name.as_str().to_owned(),
            devices: Vec::new(),
            old_sheet_until_ms: self.log.state().outgoing.map(|o| o.until.as_millis()),
            sheet: match self.log.state().recovery {
                Some(_) => kith_api::Sheet::Made,
                None => kith_api::Sheet::None,
            },
        }
    }

    /// This device's certificate.
    #[must_use]
    pub const fn cert(&self) -> &Signed<DeviceCert> {
        &self.cert
    }

    /// The time to judge by, with the wall clock at `now`; nothing is kept.
    #[must_use]
    pub fn judged(&self, now: Timestamp) -> JudgedTime {
        let mut clock = self.clock;
        clock.set_wall(now);
        clock
    }

    /// This device is at work at `now`, by the wall clock, and signs things
    /// with that time (POL-9). What must be stored before it counts, if
    /// anything.
    pub fn at_work(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        self.clock.set_wall(now);
        let signed = self.clock.newest_signed();
        if signed <= now && now.since(signed) < SIGNED_STEP {
            return None;
        }
        match self.clock.learn(now) {
            Ok(Observed::Store) => Some(self.clock.to_stored()),
            // Behind what was signed before: nothing is learnt from that.
            Ok(_) | Err(_) => None,
        }
    }

    /// The time to judge by, with the wall clock at `now`.
    pub fn judge(&mut self, now: Timestamp) -> &JudgedTime {
        self.clock.set_wall(now);
        &self.clock
    }
}

/// Stores an account: the person's key, this device's key and certificate,
/// and the person's log.
fn keep(
    tx: &Transaction<'_>,
    name: &Name,
    (person, device): (&SigningKey, &SigningKey),
    log: &PersonLog,
    entries: &[Vec<u8>],
    now: Timestamp,
) -> Result<(), AccountError> {
    let cert = certificate(log, &device.public().into(), person, now)?;
    own::put(tx, "name", name.as_str().as_bytes())?;
    own::put(tx, "person-key", &*person.to_seed())?;
    own::put(tx, "device-key", &*device.to_seed())?;
    own::put(tx, "person", log.id().as_bytes())?;
    people::put_entries(tx, &log.id(), entries)?;
    own::put(tx, CERT, cert.bytes())?;
    Ok(())
}

fn certificate(
    log: &PersonLog,
    device: &DeviceId,
    person: &SigningKey,
    now: Timestamp,
) -> Result<Signed<DeviceCert>, AccountError> {
    DeviceCert::from_log(log, device, now)
        .ok_or_else(|| fault("the device isn't in its own log"))?
        .sign(person)
        .map_err(fault)
}

/// A log from entries that were out of our hands: each is judged again.
fn judged(entries: &[Vec<u8>], clock: &JudgedTime) -> Result<PersonLog, AccountError> {
    let why = |e| match e {
        PersonError::FromFuture { .. } => AccountError::Clock,
        _ => AccountError::Log,
    };
    let mut log: Option<PersonLog> = None;
    for bytes in entries {
        let entry = Cosigned::<PersonEntry>::parse(bytes).map_err(|_| AccountError::Log)?;
        match &mut log {
            None => log = Some(PersonLog::start(entry, clock).map_err(why)?),
            Some(log) => match log.apply(entry, clock).map_err(why)? {
                Applied::Grown(_) => {}
                Applied::Known | Applied::Forked => return Err(AccountError::Log),
            },
        }
    }
    log.ok_or(AccountError::Log)
}

/// A log from its stored entries: the last two are judged again, the ones
/// before are believed as history. Where the last two don't follow on each
/// other (a fork, or a recovery that undid an entry), all are judged again.
#[must_use]
pub fn resume(id: PersonId, entries: &[Vec<u8>]) -> Option<PersonLog> {
    let parse = |b: &Vec<u8>| Cosigned::<PersonEntry>::parse(b).ok();
    let (head, before) = entries.split_last()?;
    let before = match before.last() {
        Some(b) => Some(parse(b)?),
        None => None,
    };
    PersonLog::resume(id, before, parse(head)?, None)
        .ok()
        .or_else(|| replay(id, entries))
}

fn replay(id: PersonId, entries: &[Vec<u8>]) -> Option<PersonLog> {
    // They were judged by the clock when they came.
    let clock = JudgedTime::from_wall(Timestamp::MAX);
    let mut entries = entries
        .iter()
        .map(|b| Cosigned::<PersonEntry>::parse(b).ok());
    let mut log = PersonLog::start(entries.next()??, &clock).ok()?;
    for entry in entries {
        let _ = log.apply(entry?, &clock).ok()?;
    }
    (log.id() == id).then_some(log)
}

/// Makes and stores this device's keys to seal to, and gives the public ones.
fn kem_keys(
    tx: &Transaction<'_>,
    rng: &mut impl rand_core::CryptoRng,
) -> Result<KemKeys, AccountError> {
    let mut keys = Vec::new();
    for (name, kem, id) in [
        ("kem-x25519", Kem::X25519, KemId::X25519),
        ("kem-x-wing", Kem::XWing, KemId::X_WING),
    ] {
        let mut ikm = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *ikm);
        let pair = KemKeyPair::derive(kem, &*ikm);
        own::put(tx, name, &*ikm)?;
        keys.push(KemKey {
            kem: id,
            public: pair.public().as_bytes().to_vec(),
        });
    }
    KemKeys::new(keys).map_err(fault)
}

fn seed(bytes: Vec<u8>) -> Option<SigningKey> {
    let bytes = Zeroizing::new(bytes);
    let seed: &[u8; 32] = bytes.as_slice().try_into().ok()?;
    Some(SigningKey::from_seed(seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    /// POL-9: a clock that is set back, also between two runs, doesn't bring
    /// back what has expired.
    #[tokio::test]
    async fn a_clock_that_is_set_back_is_not_believed() {
        let store = Store::in_memory().unwrap();
        let before = Timestamp::from_secs(1_790_000_000);
        let later = before.after(Duration::from_secs(20 * 24 * 3600));
        let name = Name::from_typed("Anna").unwrap();
        let judged = store
            .write(move |tx| {
                Account::create(tx, &name, None, before).unwrap();
                let mut account = Account::load(tx, before).unwrap();
                assert!(account.at_work(before).is_some());
                // Not for every moment.
                let soon = before.after(Duration::from_secs(1));
                assert!(account.at_work(soon).is_none());
                let stored = account.at_work(later).unwrap();
                own::put(tx, NEWEST_SIGNED, &stored)?;
                assert_eq!(account.judged(before).now(), later);
                let again = Account::load(tx, before).unwrap();
                Ok(again.judged(before).now())
            })
            .await
            .unwrap();
        assert_eq!(judged, later);
    }

    #[tokio::test]
    async fn an_account_comes_back_as_it_was_made() {
        let store = Store::in_memory().unwrap();
        let now = Timestamp::from_secs(1_790_000_000);
        let name = Name::from_typed("Anna").unwrap();
        let recovery = SigningKey::from_seed(&[5; 32]).public();
        let person = store
            .write(move |tx| Ok(Account::create(tx, &name, Some(recovery), now).unwrap()))
            .await
            .unwrap();
        let account = store
            .read(move |tx| Ok(Account::load(tx, now).unwrap()))
            .await
            .unwrap();
        assert_eq!(account.person(), person);
        assert_eq!(account.name().as_str(), "Anna");
        assert_eq!(account.cert().payload().device, account.device());
        assert!(account.person_key().is_some());
        assert_eq!(account.log().state().recovery, Some(recovery));
    }

    #[tokio::test]
    async fn a_missing_part_is_named() {
        let store = Store::in_memory().unwrap();
        let now = Timestamp::from_secs(1_790_000_000);
        for part in ["name", "device-key", "person", "cert"] {
            let told = store
                .write(move |tx| {
                    let name = Name::from_typed("Anna").unwrap();
                    Account::create(tx, &name, None, now).unwrap();
                    own::remove(tx, part)?;
                    Ok(Account::load(tx, now).err())
                })
                .await
                .unwrap();
            assert!(
                matches!(told, Some(AccountError::Damaged(p)) if p == part),
                "{part}"
            );
        }
    }
}
