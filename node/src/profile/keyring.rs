//! The keyring of the desktop (the Secret Service: GNOME Keyring, KWallet,
//! KeePassXC and others), where the key that wraps a profile's database key
//! can lie instead of a passphrase in a head (rule R11).
//!
//! The keyring gets a key of its own making, never the database key: whoever
//! takes a copy of the keyring still needs the profile, and the reverse.

use core::fmt;
use std::collections::HashMap;
use std::error::Error as _;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rand_core::Rng as _;
use secret_service::blocking::{Item, SecretService};
use secret_service::{EncryptionType, Error};
use thiserror::Error as ThisError;
use zeroize::Zeroizing;

/// How long the keyring may take: a person may have to type its password.
const PATIENCE: Duration = Duration::from_secs(120);

/// What an item of ours is known by, beside its number.
const APPLICATION: (&str, &str) = ("application", "kith");

/// Why the keyring didn't give or take a key. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum KeyringError {
    /// This session has no keyring, or no bus to reach it by.
    #[error("there is no keyring in this session")]
    Absent,
    /// There is one, with nowhere to keep anything for longer than a session.
    #[error("the keyring has no default collection to keep a key in")]
    NoCollection,
    /// It is locked and the person didn't open it.
    #[error("the keyring stayed locked")]
    Locked,
    /// It knows nothing of this profile.
    #[error("this keyring has no key for the profile")]
    Missing,
    /// It didn't answer within two minutes.
    #[error("the keyring doesn't answer")]
    Silent,
    /// It failed; in its own words.
    #[error("the keyring failed: {0}")]
    Failed(String),
}

impl From<Error> for KeyringError {
    fn from(e: Error) -> Self {
        match e {
            Error::Unavailable => Self::Absent,
            Error::Locked | Error::Prompt => Self::Locked,
            Error::NoResult => Self::Missing,
            Error::PromptDisconnected => Self::Silent,
            e if no_bus(&e) => Self::Absent,
            e => {
                // Names of errors are fixed by D-Bus; the library's types for
                // them are of its own bus library.
                let said = e.to_string();
                match said {
                    _ if said.contains("Error.ServiceUnknown") => Self::Absent,
                    _ if said.contains("Error.IsLocked") => Self::Locked,
                    _ if said.contains("Error.NoReply") => Self::Silent,
                    _ => Self::Failed(said.escape_default().take(200).collect()),
                }
            }
        }
    }
}

/// Whether the bus itself couldn't be reached: a dead address, or nobody there.
fn no_bus(e: &Error) -> bool {
    let cause = e.source().and_then(std::error::Error::source);
    cause.is_some_and(|c| c.is::<Arc<io::Error>>())
}

/// By what a profile's key is found in a keyring: random, and no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemId(pub(super) [u8; 16]);

impl ItemId {
    fn text(self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// A key that a keyring keeps. Erased on drop, never printed.
#[derive(Clone)]
pub struct Kept {
    id: ItemId,
    key: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Kept {
    pub(super) fn generate() -> Self {
        let mut rng = crate::random::system();
        let (mut id, mut key) = ([0; 16], Zeroizing::new([0; 32]));
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut *key);
        Self {
            id: ItemId(id),
            key,
        }
    }

    /// By what it is found again.
    #[must_use]
    pub const fn id(&self) -> ItemId {
        self.id
    }

    pub(super) fn key(&self) -> Zeroizing<[u8; 32]> {
        self.key.clone()
    }
}

/// Makes a key and puts it into the keyring; `label` is what the keyring's own
/// program shows for it. What can't be read back wasn't kept.
///
/// # Errors
/// There is no keyring, or it refuses.
pub fn keep(label: &str) -> Result<Kept, KeyringError> {
    let kept = Kept::generate();
    let (new, label) = (kept.clone(), label.to_owned());
    patiently(move |service| {
        let collection =
            service
                .get_default_collection()
                .map_err(|e| match KeyringError::from(e) {
                    KeyringError::Missing => KeyringError::NoCollection,
                    e => e,
                })?;
        if collection.is_locked()? {
            collection.unlock()?;
        }
        let id = new.id.text();
        collection.create_item(&label, attributes(&id), &*new.key, true, BYTES)?;
        Ok(())
    })?;
    match find(kept.id) {
        Ok(found) if found.key == kept.key => Ok(kept),
        Ok(_) => Err(KeyringError::Failed("another key came back".into())),
        Err(e) => Err(e),
    }
}

/// What kind of thing a key is.
const BYTES: &str = "application/octet-stream";

/// The key with this number.
///
/// # Errors
/// There is no keyring, it stays locked, or it hasn't this key.
pub fn find(id: ItemId) -> Result<Kept, KeyringError> {
    patiently(move |service| {
        with_item(service, id, |item| {
            let bytes = Zeroizing::new(item.get_secret()?);
            let key = bytes.as_slice().try_into().map(Zeroizing::new);
            let key = key.map_err(|_| KeyringError::Missing)?;
            Ok(Kept { id, key })
        })
    })
}

/// Takes the key with this number out of the keyring.
///
/// # Errors
/// As [`find`].
pub fn forget(id: ItemId) -> Result<(), KeyringError> {
    patiently(move |service| with_item(service, id, |item| Ok(item.delete()?)))
}

fn attributes(id: &str) -> HashMap<&str, &str> {
    HashMap::from([APPLICATION, ("profile", id)])
}

fn with_item<T>(
    service: &SecretService<'_>,
    id: ItemId,
    act: impl FnOnce(&Item<'_>) -> Result<T, KeyringError>,
) -> Result<T, KeyringError> {
    let id = id.text();
    let found = service.search_items(attributes(&id))?;
    if let Some(item) = found.unlocked.first() {
        return act(item);
    }
    let item = found.locked.first().ok_or(KeyringError::Missing)?;
    item.unlock()?;
    act(item)
}

/// Asks the keyring on a thread of its own: the bus has a runtime of its own,
/// and a person who never answers a prompt must not hold us for ever.
fn patiently<T: Send + 'static>(
    act: impl FnOnce(&SecretService<'_>) -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let (done, result) = mpsc::sync_channel(1);
    thread::spawn(move || {
        // The key goes over the bus encrypted.
        let service = SecretService::connect(EncryptionType::Dh);
        let answer = service.map_err(KeyringError::from).and_then(|s| act(&s));
        // Nobody waits any more: it came too late.
        let _ = done.send(answer);
    });
    result
        .recv_timeout(PATIENCE)
        .unwrap_or(Err(KeyringError::Silent))
}
