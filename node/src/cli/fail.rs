//! How a command fails: a sentence, often advice, and an exit status.

use std::io;
use std::path::Path;

use kith_api::{ApiError, ClientError, Code};

use crate::account::AccountError;
use crate::backup::BackupError;
use crate::profile::{KeyError, KeyringError, ProfileError};
use crate::store::StoreError;

/// The exit status when no node runs for the profile.
const NOT_RUNNING: u8 = 15;

/// The exit status of a wrong command line, as clap's.
const USAGE: u8 = 2;

/// A command's failure.
#[derive(Debug)]
pub struct Fail {
    error: ApiError,
    status: u8,
}

impl Fail {
    /// A failure of the given kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        ApiError::new(code, message).into()
    }

    /// A failure of the command line: asked for in a way that can't be.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            status: USAGE,
            ..Self::new(Code::BadRequest, message)
        }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error.hint = Some(hint.into());
        self
    }

    pub(super) fn output(e: io::Error) -> Self {
        Self::new(Code::Storage, format!("the output can't be written: {e}"))
    }

    pub(super) fn file(path: &Path, e: &io::Error) -> Self {
        let code = match e.kind() {
            io::ErrorKind::NotFound => Code::NotFound,
            _ => Code::Storage,
        };
        Self::new(code, format!("{}: {e}", path.display()))
    }

    /// The failure as a face of a running node sees it.
    #[must_use]
    pub fn into_api(self) -> ApiError {
        self.error
    }

    pub(super) const fn exit_status(&self) -> u8 {
        self.status
    }

    /// Prints the failure to standard error: for people, or as JSON.
    pub(super) fn print(&self, json: bool) {
        if json && let Ok(text) = serde_json::to_string(&self.error) {
            super::note(&text);
            return;
        }
        super::note(&format!("kith: {}", self.error.message));
        if let Some(hint) = &self.error.hint {
            super::note(&format!("      {hint}"));
        }
    }
}

impl std::fmt::Display for Fail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error.message)
    }
}

impl From<ApiError> for Fail {
    fn from(error: ApiError) -> Self {
        let status = error.code.exit_status();
        Self { error, status }
    }
}

impl From<ClientError> for Fail {
    fn from(e: ClientError) -> Self {
        match e {
            ClientError::Refused(error) => error.into(),
            ClientError::NotRunning(_) => Self {
                status: NOT_RUNNING,
                ..Self::new(Code::Unreachable, "no node is running for this profile")
                    .hint("start it with “kith up” in another terminal")
            },
            ClientError::Version { .. } => Self::new(Code::Version, e.to_string())
                .hint("stop the running node with its own version, then start this one"),
            ClientError::Gone(_) | ClientError::Closed => Self::new(Code::Internal, e.to_string()),
        }
    }
}

impl From<ProfileError> for Fail {
    fn from(e: ProfileError) -> Self {
        let code = match &e {
            ProfileError::Missing(_) => Code::NotFound,
            ProfileError::Exists(_) | ProfileError::Exposed { .. } => Code::BadRequest,
            ProfileError::Busy(_) => Code::Denied,
            ProfileError::Key(KeyError::WrongPassphrase) => Code::WrongPassphrase,
            ProfileError::Key(KeyError::Damaged) => Code::Invalid,
            ProfileError::Key(KeyError::Memory) => Code::TooMuch,
            ProfileError::Keyring(KeyringError::Absent | KeyringError::Silent) => Code::Unreachable,
            ProfileError::Keyring(KeyringError::Locked) => Code::Denied,
            ProfileError::Keyring(KeyringError::Missing | KeyringError::NoCollection) => {
                Code::NotFound
            }
            ProfileError::Keyring(KeyringError::Failed(_)) | ProfileError::Io { .. } => {
                Code::Storage
            }
        };
        let hint = match &e {
            ProfileError::Missing(_) => "“kith init NAME” makes one; --profile names another",
            ProfileError::Exists(_) => "name another one with --profile NAME",
            ProfileError::Exposed { .. } => "chmod 700 makes it private",
            ProfileError::Busy(_) => "other commands speak to it; “kith down” ends it",
            ProfileError::Key(KeyError::WrongPassphrase) => {
                "try again; nobody can give back a forgotten one, but “kith restore” and “kith \
                 recover” make a new profile"
            }
            ProfileError::Key(KeyError::Damaged) => "“kith restore FILE” makes one from a backup",
            ProfileError::Keyring(KeyringError::NoCollection) => {
                "make a default one with the keyring’s own program, then try again"
            }
            ProfileError::Keyring(KeyringError::Missing) => {
                "log in as you did when it was put there; if it is lost, “kith restore FILE” makes \
                 a profile from a backup"
            }
            ProfileError::Keyring(KeyringError::Locked) => "unlock it, then try again",
            ProfileError::Keyring(_) => {
                "a desktop session has one: GNOME Keyring, KWallet, KeePassXC; see that it runs, \
                 then try again"
            }
            ProfileError::Key(KeyError::Memory) => "close other programs, then try again",
            ProfileError::Io { .. } => "see that the disk has space and may be written",
        };
        Self::new(code, e.to_string()).hint(hint)
    }
}

impl From<BackupError> for Fail {
    fn from(e: BackupError) -> Self {
        match e {
            BackupError::Store(e) => e.into(),
            BackupError::Account(AccountError::Sheet(why)) => {
                Self::new(e.code(), e.to_string()).hint(why.hint())
            }
            e => Self::new(e.code(), e.to_string()),
        }
    }
}

impl From<StoreError> for Fail {
    fn from(e: StoreError) -> Self {
        let code = match &e {
            StoreError::WrongKey | StoreError::Damaged(_) => Code::Invalid,
            StoreError::Newer { .. } => Code::Version,
            _ => Code::Storage,
        };
        let hint = match &e {
            StoreError::WrongKey | StoreError::Damaged(_) => {
                "“kith restore FILE” makes a profile from a backup; keep this one until then"
            }
            StoreError::Newer { .. } => "run the newer Kith that wrote it",
            _ => "see that the disk has space and may be written; nothing was half done",
        };
        Self::new(code, e.to_string()).hint(hint)
    }
}
