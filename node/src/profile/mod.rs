//! A profile: one person's folder on this machine (ID-7: several may live on
//! one account). It holds the database, the wrapped key to it, received
//! files, and the local socket; only its owner may enter (rule R8).

mod keyfile;
pub mod keyring;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

pub(crate) use keyfile::Stretch;
pub use keyfile::{DbKey, KeyError, Protection, Wrapping};
pub use keyring::KeyringError;

use crate::control::SOCKET_PATH_MAX;
use crate::given::shown;

/// The longest path of a profile's folder, in bytes: the node's socket in it
/// must have a path that the system takes.
const DIR_MAX: usize = SOCKET_PATH_MAX - "/socket".len();

/// Why a profile can't be made or used.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// Nothing is there.
    #[error("no profile at {}", shown(.0))]
    Missing(PathBuf),
    /// Something is there already; it is left as it was.
    #[error("there is a profile at {} already", shown(.0))]
    Exists(PathBuf),
    /// A file is where the folder should be.
    #[error("{} is a file, and a profile is a folder", shown(.0))]
    NoFolder(PathBuf),
    /// The database is there, and its key isn't.
    #[error("the key of the profile at {} is gone: its file “key” is missing", shown(.0))]
    KeyGone(PathBuf),
    /// The node's socket in the folder couldn't be named.
    #[error("the path {} is too long for a profile: {DIR_MAX} bytes are allowed", shown(.0))]
    TooLong(PathBuf),
    /// The folder belongs to somebody else, or others may read it.
    #[error("{} is open to other users of this machine (mode {mode:o})", shown(.path))]
    Exposed {
        /// The folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Another process has the profile.
    #[error("another Kith is using the profile at {}", shown(.0))]
    Busy(PathBuf),
    /// The key file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The file system refuses.
    #[error("{}: {source}", shown(.path))]
    Io {
        /// What was being read or written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, ProfileError> {
    result.map_err(|source| ProfileError::Io {
        path: path.to_owned(),
        source,
    })
}

/// The folder of a profile and the names in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    dir: PathBuf,
}

impl Profile {
    /// The profile in `dir`, whether it exists or not.
    #[must_use]
    pub const fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The encrypted database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.dir.join("kith.db")
    }

    /// The local socket of the running node.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        kith_api::place::socket(&self.dir)
    }

    /// Where files of rooms are kept, encrypted ([`crate::blob`]).
    #[must_use]
    pub fn files(&self) -> PathBuf {
        self.dir.join("files")
    }

    /// The settings that a person may edit.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.join("config.toml")
    }

    fn key_file(&self) -> PathBuf {
        self.dir.join("key")
    }

    /// Whether a profile can be made here.
    ///
    /// # Errors
    /// One is there, whole or not, or something else; or the path is too long.
    pub fn vacant(&self) -> Result<(), ProfileError> {
        let dir = self.dir.clone();
        match self.there() {
            Ok(()) => Err(ProfileError::Exists(dir)),
            Err(ProfileError::Missing(_)) if dir.as_os_str().len() > DIR_MAX => {
                Err(ProfileError::TooLong(dir))
            }
            Err(ProfileError::Missing(_)) => Ok(()),
            Err(e) => Err(e),
        }
    }

    /// Whether a profile is here.
    ///
    /// # Errors
    /// None is, or its key is gone.
    pub fn there(&self) -> Result<(), ProfileError> {
        let dir = self.dir.clone();
        if self.key_file().exists() {
            Ok(())
        } else if self.database().exists() {
            Err(ProfileError::KeyGone(dir))
        } else if dir.is_file() {
            Err(ProfileError::NoFolder(dir))
        } else {
            Err(ProfileError::Missing(dir))
        }
    }

    /// Makes the folder and a fresh database key in it.
    ///
    /// # Errors
    /// A profile is there already, or the folder can't be made. Then nothing
    /// that was there is changed.
    pub fn create(&self, wrapping: &Wrapping) -> Result<DbKey, ProfileError> {
        self.vacant()?;
        if let Some(parent) = self.dir.parent() {
            at(parent, fs::create_dir_all(parent))?;
        }
        if !self.dir.exists() {
            at(&self.dir, DirBuilder::new().mode(0o700).create(&self.dir))?;
        }
        self.check_private()?;
        let key = DbKey::generate();
        self.write_key(&keyfile::wrap(&key, wrapping)?)?;
        Ok(key)
    }

    /// Removes what [`Profile::create`] and the opening of the database made,
    /// for a profile that couldn't be finished. The folder goes if nothing
    /// else is in it.
    pub fn discard(&self) {
        let beside = |end: &str| {
            let mut name = self.database().into_os_string();
            name.push(end);
            PathBuf::from(name)
        };
        for path in [
            self.database(),
            beside("-wal"),
            beside("-shm"),
            self.key_file(),
        ] {
            // What was never made can't be removed, and nothing hangs on it.
            let _ = fs::remove_file(path);
        }
        let _ = fs::remove_dir(&self.dir);
    }

    /// Reads and unwraps the database key.
    ///
    /// # Errors
    /// No profile, a wrong passphrase, or a damaged key file.
    pub fn unlock(&self, wrapping: &Wrapping) -> Result<DbKey, ProfileError> {
        Ok(keyfile::unwrap(&self.read_key()?, wrapping)?)
    }

    /// What is needed to open it.
    ///
    /// # Errors
    /// No profile, or a damaged key file.
    pub fn protection(&self) -> Result<Protection, ProfileError> {
        Ok(keyfile::protection(&self.read_key()?)?)
    }

    /// Wraps the key in another way. The old wrapping is
    /// replaced in one step: a crash leaves one of the two.
    ///
    /// # Errors
    /// As [`Profile::create`].
    pub fn rewrap(&self, key: &DbKey, wrapping: &Wrapping) -> Result<(), ProfileError> {
        self.write_key(&keyfile::wrap(key, wrapping)?)
    }

    fn read_key(&self) -> Result<Vec<u8>, ProfileError> {
        match fs::read(self.key_file()) {
            Ok(bytes) => {
                self.check_private()?;
                Ok(bytes)
            }
            Err(e) => {
                self.there()?;
                at(&self.key_file(), Err(e))
            }
        }
    }

    fn write_key(&self, bytes: &[u8]) -> Result<(), ProfileError> {
        write_durably(&self.key_file(), bytes)
    }

    /// Refuses a folder that other users of the machine may look into.
    fn check_private(&self) -> Result<(), ProfileError> {
        let meta = at(&self.dir, fs::metadata(&self.dir))?;
        let mode = meta.mode() & 0o777;
        let mine = meta.uid() == rustix::process::geteuid().as_raw();
        match mine && mode & 0o077 == 0 {
            true => Ok(()),
            false => Err(ProfileError::Exposed {
                path: self.dir.clone(),
                mode,
            }),
        }
    }

    /// Claims the profile for this process, until the claim is dropped or the
    /// process ends, however it ends.
    ///
    /// # Errors
    /// [`ProfileError::Busy`], or no profile is there.
    pub fn claim(&self) -> Result<Claim, ProfileError> {
        self.there()?;
        self.check_private()?;
        let path = self.dir.join("lock");
        let file = at(
            &path,
            OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .mode(0o600)
                .open(&path),
        )?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Claim { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(ProfileError::Busy(self.dir.clone())),
            Err(e) => at(&path, Err(e.into())),
        }
    }
}

/// The right of this process to use a profile; see [`Profile::claim`].
#[derive(Debug)]
pub struct Claim {
    _file: File,
}

/// Replaces a file with `bytes` (mode 0600) so that a crash at any moment
/// leaves either the old or the new content, whole.
///
/// # Errors
/// The file system refuses; then the old content is still there.
pub fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), ProfileError> {
    let new = path.with_extension("new");
    let mut file = at(
        &new,
        OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&new),
    )?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    at(&new, written)?;
    at(path, fs::rename(&new, path))?;
    let dir = path.parent().unwrap_or(Path::new("."));
    at(dir, File::open(dir).and_then(|d| d.sync_all()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_api::Secret;

    fn passphrase(text: &str) -> Wrapping {
        Wrapping::Passphrase(Secret::new(text.into()))
    }

    #[test]
    fn a_profile_opens_with_its_passphrase_only() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::at(dir.path().join("a"));
        assert!(matches!(
            profile.unlock(&Wrapping::None),
            Err(ProfileError::Missing(_))
        ));
        let key = profile.create(&passphrase("correct horse")).unwrap();
        assert_eq!(profile.unlock(&passphrase("correct horse")).unwrap(), key);
        for wrong in [passphrase("correct horsf"), passphrase(""), Wrapping::None] {
            let refused = profile.unlock(&wrong);
            assert!(matches!(
                refused,
                Err(ProfileError::Key(KeyError::WrongPassphrase))
            ));
        }
        assert_eq!(profile.protection().unwrap(), Protection::Passphrase);
        profile.rewrap(&key, &passphrase("new")).unwrap();
        assert_eq!(profile.unlock(&passphrase("new")).unwrap(), key);
        assert!(profile.unlock(&passphrase("correct horse")).is_err());
    }

    #[test]
    fn a_profile_opens_with_its_key_from_the_keyring_only() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::at(dir.path().join("a"));
        let kept = keyring::Kept::generate();
        let wrapping = Wrapping::Keyring(kept.clone());
        let key = profile.create(&wrapping).unwrap();
        let protection = profile.protection().unwrap();
        assert_eq!(protection, Protection::Keyring(kept.id()));
        assert_eq!(profile.unlock(&wrapping).unwrap(), key);
        let other = Wrapping::Keyring(keyring::Kept::generate());
        for wrong in [other, passphrase("correct horse"), Wrapping::None] {
            assert!(profile.unlock(&wrong).is_err());
        }
        assert!(!format!("{wrapping:?}").contains(&format!("{:?}", &kept.key()[..2])));
        // From the keyring to a passphrase; then the keyring is of no use.
        profile.rewrap(&key, &passphrase("correct horse")).unwrap();
        assert_eq!(profile.unlock(&passphrase("correct horse")).unwrap(), key);
        assert!(profile.unlock(&wrapping).is_err());
    }

    #[test]
    fn a_second_profile_in_the_same_folder_is_refused_and_harmless() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::at(dir.path().join("a"));
        let key = profile.create(&Wrapping::None).unwrap();
        assert!(matches!(
            profile.create(&Wrapping::None),
            Err(ProfileError::Exists(_))
        ));
        assert_eq!(profile.unlock(&Wrapping::None).unwrap(), key);
        assert_eq!(profile.protection().unwrap(), Protection::None);
    }

    /// Whoever loses the key hears that, and makes no second profile there.
    #[test]
    fn what_is_no_whole_profile_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| Profile::at(dir.path().join(name));
        let profile = at("a");
        profile.create(&Wrapping::None).unwrap();
        fs::write(profile.database(), b"x").unwrap();
        fs::remove_file(profile.key_file()).unwrap();
        let gone = |e: ProfileError| matches!(e, ProfileError::KeyGone(_));
        assert!(gone(profile.claim().unwrap_err()));
        assert!(gone(profile.protection().unwrap_err()));
        assert!(gone(profile.create(&Wrapping::None).unwrap_err()));
        assert_eq!(fs::read(profile.database()).unwrap(), b"x");

        fs::write(dir.path().join("file"), b"").unwrap();
        let file = at("file").create(&Wrapping::None);
        assert!(matches!(file, Err(ProfileError::NoFolder(_))));

        // The socket's path decides, also for a node that is started later.
        let room = DIR_MAX - dir.path().as_os_str().len() - 1;
        let fits = at(&"x".repeat(room));
        fits.create(&Wrapping::None).unwrap();
        std::os::unix::net::UnixListener::bind(fits.socket()).unwrap();
        let long = at(&"x".repeat(room + 1));
        let refused = long.create(&Wrapping::None);
        assert!(matches!(refused, Err(ProfileError::TooLong(_))));
        assert!(!long.dir().exists());
    }

    #[test]
    fn only_one_process_has_a_profile() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::at(dir.path().join("a"));
        assert!(matches!(profile.claim(), Err(ProfileError::Missing(_))));
        profile.create(&Wrapping::None).unwrap();
        let claim = profile.claim().unwrap();
        assert!(matches!(profile.claim(), Err(ProfileError::Busy(_))));
        drop(claim);
        profile.claim().unwrap();
    }

    #[test]
    fn a_folder_open_to_others_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::at(dir.path().join("a"));
        profile.create(&Wrapping::None).unwrap();
        fs::set_permissions(profile.dir(), fs::Permissions::from_mode(0o750)).unwrap();
        let refused = profile.unlock(&Wrapping::None);
        assert!(matches!(
            refused,
            Err(ProfileError::Exposed { mode: 0o750, .. })
        ));
        assert!(matches!(profile.claim(), Err(ProfileError::Exposed { .. })));
    }

    #[test]
    fn a_damaged_key_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::at(dir.path().join("a"));
        profile.create(&passphrase("x")).unwrap();
        let file = profile.key_file();
        let good = fs::read(&file).unwrap();
        for n in 0..good.len() {
            fs::write(&file, &good[..n]).unwrap();
            assert!(profile.unlock(&passphrase("x")).is_err(), "{n} bytes");
        }
        // A flipped bit isn't the passphrase's fault; in the number of the
        // digest it does no harm. What is no key file costs no derivation.
        let mut flipped = good.clone();
        for n in 0..good.len() {
            flipped[n] ^= 1;
            fs::write(&file, &flipped).unwrap();
            flipped[n] = good[n];
            match profile.unlock(&passphrase("x")) {
                Ok(_) if good[n] == 8 => {}
                Err(ProfileError::Key(KeyError::Damaged)) => {}
                other => panic!("byte {n}: {other:?}"),
            }
        }
        fs::write(&file, b"").unwrap();
        assert!(matches!(
            profile.unlock(&passphrase("x")),
            Err(ProfileError::Key(KeyError::Damaged))
        ));
    }
}
