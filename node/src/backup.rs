//! Backups (ID-5): the person's key and data under a passphrase. A backup
//! holds no key of a device, so a restore makes a new device, which the
//! person key lists; no log of an old device is continued.
//!
//! In it: person key, name, own log, people with their logs, devices and pair
//! secrets, rooms with their entries, settings; and all by which the person
//! has narrowed what others may do, so that nobody may do more afterwards: own
//! rules, limits, who sees their presence, policies of organisations. Not in
//! it: keys of devices and of administrators, invites and unanswered requests
//! to become a contact, and, since they widen and hang on a device, standing
//! consents.

mod content;
mod format;
mod large;
mod narrowed;
mod pieces;
#[cfg(test)]
mod tests;

use kith_api::{Code, Secret};
use kith_proto::cbor;
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::policy::profile::Profile;
use kith_proto::room::store::RoomStore as _;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;
use thiserror::Error;
use zeroize::Zeroizing;

use self::content::Content;
use self::large::Rest;
pub use self::large::Source;
use self::narrowed::Narrowed;
pub use self::pieces::Sealer;
use crate::account::{Account, AccountError};
use crate::own_profile::{self, KeepError};
use crate::profile::{KeyError, Stretch};
use crate::store::rooms::{Rooms, copy};
use crate::store::{StoreError, people};

/// The largest backup in one piece that is read, in bytes. It is held in memory
/// several times while it is worked on. One of [`Backup::write`] has no limit.
pub const LARGEST: u64 = 256 * 1024 * 1024;

/// The largest backup in one piece that is written, in bytes: what the local
/// socket takes in one frame, where a byte may need two. [`Backup::write`] has
/// no limit.
pub const LARGEST_WRITTEN: u64 = 31 * 1024 * 1024;

const SEED: usize = 32;

/// Person states that a backup leaves out: 0 waiting and 1 asks hang on
/// invites, which aren't in it.
const UNANSWERED: i64 = 1;

/// Why a backup can't be made or restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// Some other file.
    #[error("that isn’t a backup of Kith’s")]
    NotABackup,
    /// Parts are missing or altered.
    #[error("the backup is damaged: use another copy of it")]
    Damaged,
    /// Made by a newer Kith.
    #[error("the backup was made by a newer Kith (format {0})")]
    Newer(u64),
    /// The passphrase doesn't fit. Also what somebody's deliberate change of
    /// the file looks like.
    #[error("the passphrase of the backup is wrong")]
    WrongPassphrase,
    /// Too little memory for the key derivation.
    #[error("the passphrase can't be worked on: too little memory")]
    Memory,
    /// More data than a backup takes.
    #[error("there is more data than a backup takes")]
    TooLarge,
    /// Only the device that holds the person key can back it up.
    #[error("this device doesn’t hold your person key: make the backup on the one that does")]
    NoPersonKey,
    /// The account in it.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk on which the backup is.
    #[error("the backup’s disk refuses: {0}")]
    Disk(std::io::Error),
}

impl From<std::io::Error> for BackupError {
    fn from(e: std::io::Error) -> Self {
        match e.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Damaged,
            _ => Self::Disk(e),
        }
    }
}

impl From<KeyError> for BackupError {
    fn from(e: KeyError) -> Self {
        match e {
            KeyError::WrongPassphrase => Self::WrongPassphrase,
            KeyError::Damaged => Self::Damaged,
            KeyError::Memory => Self::Memory,
        }
    }
}

impl BackupError {
    /// What kind of failure it is, for faces and exit statuses.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::NotABackup | Self::Damaged => Code::Invalid,
            Self::Newer(_) => Code::Version,
            Self::WrongPassphrase => Code::WrongPassphrase,
            Self::Memory | Self::TooLarge => Code::TooMuch,
            Self::NoPersonKey => Code::Denied,
            Self::Disk(_) => Code::Storage,
            Self::Store(e) => e.code(),
            Self::Account(e) => e.code(),
        }
    }
}

/// Whether a backup knows by what its person had narrowed what others may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrowing {
    /// It comes back as it was.
    Held,
    /// An older Kith made the backup, and left it out. Nothing is allowed,
    /// then, until the person says otherwise.
    Unknown,
}

/// What a backup holds. Never printed: most of it is secret.
pub struct Backup {
    person: SigningKey,
    content: Content,
    /// Rooms that are still in the file; none, if all are in `content`.
    rest: Option<Rest>,
}

impl core::fmt::Debug for Backup {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Backup(…)")
    }
}

impl Backup {
    /// Takes everything out of the store; `settings` is the text of the
    /// settings file.
    ///
    /// # Errors
    /// [`BackupError::NoPersonKey`], [`BackupError::TooLarge`], or the store
    /// can't be read.
    pub fn take(
        tx: &Transaction<'_>,
        settings: String,
        now: Timestamp,
    ) -> Result<Self, BackupError> {
        if copy::size(tx)? > LARGEST_WRITTEN {
            return Err(BackupError::TooLarge);
        }
        let (person, mut content) = Self::without_rooms(tx, settings, now)?;
        let stored = Rooms(tx);
        for id in stored.rooms()? {
            content.rooms.extend(stored.copy(&id)?);
        }
        Ok(Self {
            person,
            content,
            rest: None,
        })
    }

    /// Everything but the rooms.
    fn without_rooms(
        tx: &Transaction<'_>,
        settings: String,
        now: Timestamp,
    ) -> Result<(SigningKey, Content), BackupError> {
        let account = Account::load(tx, now)?;
        let person = account.person_key().ok_or(BackupError::NoPersonKey)?;
        let mut people = people::all(tx)?;
        people.retain(|p| p.state > UNANSWERED);
        let mut devices = people::devices(tx)?;
        devices.retain(|(_, owner, _)| people.iter().any(|p| p.id == *owner));
        let content = Content {
            name: account.name().as_str().to_owned(),
            log: account.entries().to_vec(),
            people,
            devices,
            rooms: Vec::new(),
            settings,
            narrowed: Some(Narrowed::take(tx, &account, now)?),
        };
        Ok((SigningKey::from_seed(&person.to_seed()), content))
    }

    /// The file. Takes a moment: the passphrase is made costly to guess.
    ///
    /// # Errors
    /// [`BackupError::TooLarge`], [`BackupError::Memory`].
    pub fn seal(&self, passphrase: &Secret) -> Result<Vec<u8>, BackupError> {
        self.seal_with(passphrase, Stretch::fresh())
    }

    fn seal_with(&self, passphrase: &Secret, stretch: Stretch) -> Result<Vec<u8>, BackupError> {
        let content = Zeroizing::new(cbor::to_bytes(&self.content));
        let mut plain = Zeroizing::new(Vec::with_capacity(SEED + content.len()));
        plain.extend_from_slice(&*self.person.to_seed());
        plain.extend_from_slice(&content);
        let file = format::seal(&plain, passphrase, stretch)?;
        match file.len() as u64 > LARGEST_WRITTEN {
            true => Err(BackupError::TooLarge),
            false => Ok(file),
        }
    }

    /// Reads a file. Takes a moment, as [`Backup::seal`].
    ///
    /// # Errors
    /// What is wrong with the file or the passphrase.
    pub fn open(file: &[u8], passphrase: &Secret) -> Result<Self, BackupError> {
        if file.len() as u64 > LARGEST {
            return Err(BackupError::TooLarge);
        }
        let plain = format::open(file, passphrase)?;
        let (seed, content) = plain
            .split_first_chunk::<SEED>()
            .ok_or(BackupError::Damaged)?;
        Ok(Self {
            person: SigningKey::from_seed(seed),
            content: read_content(content)?,
            rest: None,
        })
    }

    /// The text of the settings file.
    #[must_use]
    pub fn settings(&self) -> &str {
        &self.content.settings
    }

    /// Puts everything into an empty store, with this as a new device.
    ///
    /// # Errors
    /// The content isn't what a backup holds, or the store refuses. Then the
    /// transaction must not be committed.
    pub fn restore(self, tx: &Transaction<'_>, now: Timestamp) -> Result<Account, BackupError> {
        let content = self.content;
        let name = Name::from_wire(&content.name).map_err(|_| BackupError::Damaged)?;
        Account::restore(tx, &name, &self.person, &content.log, now)?;
        put_data(tx, content, self.rest, now)?;
        Ok(Account::load(tx, now)?)
    }

    /// Whether rules, limits and policies are in it.
    #[must_use]
    pub const fn narrowing(&self) -> Narrowing {
        match self.content.narrowed {
            Some(_) => Narrowing::Held,
            None => Narrowing::Unknown,
        }
    }

    /// The person's log in it.
    #[must_use]
    pub fn log(&self) -> &[Vec<u8>] {
        &self.content.log
    }

    /// The person's name in it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.content.name
    }

    /// Puts people and rooms into a store whose account was made otherwise: by
    /// a recovery sheet.
    ///
    /// # Errors
    /// As [`Backup::restore`].
    pub fn restore_data(self, tx: &Transaction<'_>, now: Timestamp) -> Result<(), BackupError> {
        put_data(tx, self.content, self.rest, now)
    }
}

/// Where it isn't known what the person had forbidden, everything is: by a
/// rule of their own, which they can take back.
///
/// # Errors
/// The store refuses.
pub fn forbid_all(tx: &Transaction<'_>, now: Timestamp) -> Result<(), BackupError> {
    let account = Account::load(tx, now)?;
    let closed = own_profile::closed(account.person(), now);
    keep_rules(tx, &closed, &account)
}

fn keep_rules(tx: &Transaction<'_>, rules: &Profile, account: &Account) -> Result<(), BackupError> {
    own_profile::keep(tx, rules, account.device_key()).map_err(|e| match e {
        KeepError::Record(_) => BackupError::Damaged,
        KeepError::Store(e) => e.into(),
    })
}

fn read_content(bytes: &[u8]) -> Result<Content, BackupError> {
    cbor::from_bytes(bytes, bytes.len()).map_err(|e| match e {
        cbor::DecodeError::Version(v) => BackupError::Newer(v),
        _ => BackupError::Damaged,
    })
}

fn put_data(
    tx: &Transaction<'_>,
    content: Content,
    rest: Option<Rest>,
    now: Timestamp,
) -> Result<(), BackupError> {
    match &content.narrowed {
        Some(narrowed) => narrowed.put(tx, now)?,
        None => forbid_all(tx, now)?,
    }
    for row in &content.people {
        people::put(tx, row)?;
    }
    for (device, person, addresses) in &content.devices {
        people::put_device(tx, device, person, addresses)?;
    }
    for room in content.rooms {
        Rooms(tx).paste(room)?;
    }
    rest.map_or(Ok(()), |mut rest| large::put_rooms(tx, &mut rest))
}
