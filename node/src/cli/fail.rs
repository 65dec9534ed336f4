//! How a command fails: a sentence, often advice, and an exit status.

use std::io;
use std::path::Path;

use clap::error::ErrorKind;
use kith_api::wire::FrameError;
use kith_api::{ApiError, ClientError, Code};
use serde::Serialize;

use crate::backup::BackupError;
use crate::given;
use crate::profile::{KeyError, KeyringError, ProfileError};
use crate::store::StoreError;

/// How clap begins the paragraph about the form of a command.
const USAGE: &str = "Usage: ";

/// A command's failure.
#[derive(Debug, Serialize)]
pub struct Fail {
    #[serde(flatten)]
    error: ApiError,
    /// How a mistyped command is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
}

impl Fail {
    /// A failure of the given kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        ApiError::new(code, message).into()
    }

    /// A failure of the command line: asked for in a way that can't be.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// The same from clap's text. Its first paragraph says what is wrong; one
    /// says how the command is written; the others give advice.
    pub(super) fn mistyped(e: &clap::Error) -> Self {
        let text = e.render().to_string();
        let flat = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut parts: Vec<String> = text.split("\n\n").map(flat).collect();
        let usage = parts.iter().position(|p| p.starts_with(USAGE));
        let usage = usage.map(|at| parts.remove(at)[USAGE.len()..].to_owned());
        // What clap shows then is the whole help.
        if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            parts = ["what to do is missing", "“--help” says what there is"]
                .map(str::to_owned)
                .to_vec();
        }
        let message = parts.first().map(String::as_str).unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let hint = parts.get(1..).unwrap_or_default().join(" ");
        Self {
            usage,
            ..Self::usage(message).hint(hint)
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

    /// The file system refuses.
    pub(super) fn file(path: &Path, e: &io::Error) -> Self {
        Self::new(given::code(e), format!("{}: {e}", given::shown(path)))
    }

    /// The failure as a face of a running node sees it.
    #[must_use]
    pub fn into_api(self) -> ApiError {
        self.error
    }

    pub(super) const fn exit_status(&self) -> u8 {
        self.error.code.exit_status()
    }

    /// Prints the failure to standard error: for people, or as JSON.
    pub(super) fn print(&self, json: bool) {
        if json && let Ok(text) = serde_json::to_string(self) {
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
        Self { error, usage: None }
    }
}

impl From<ClientError> for Fail {
    fn from(e: ClientError) -> Self {
        match e {
            ClientError::Refused(error) => error.into(),
            ClientError::NotRunning(_) => {
                Self::new(Code::NotRunning, "no node is running for this profile")
                    .hint("start it with “kith up” in another terminal")
            }
            ClientError::OthersProfile => Self::new(Code::Denied, e.to_string())
                .hint("--profile names one of your own; “kith init NAME” makes one"),
            ClientError::Version { .. } => Self::new(Code::Version, e.to_string())
                .hint("stop the running node with its own version, then start this one"),
            ClientError::Gone(FrameError::Io(_)) | ClientError::Closed => {
                Self::new(Code::NotRunning, e.to_string()).hint("start it again with “kith up”")
            }
            ClientError::Gone(_) => Self::new(Code::Internal, e.to_string()),
        }
    }
}

impl From<ProfileError> for Fail {
    fn from(e: ProfileError) -> Self {
        let code = match &e {
            ProfileError::Missing(_) => Code::NotFound,
            ProfileError::Exists(_)
            | ProfileError::NoFolder(_)
            | ProfileError::TooLong(_)
            | ProfileError::Exposed { .. } => Code::BadRequest,
            ProfileError::KeyGone(_) => Code::Invalid,
            ProfileError::Busy(_) => Code::Denied,
            ProfileError::Key(KeyError::WrongPassphrase) => Code::WrongPassphrase,
            ProfileError::Key(KeyError::Damaged) => Code::Invalid,
            ProfileError::Key(KeyError::Memory) => Code::TooMuch,
            ProfileError::Keyring(KeyringError::Absent | KeyringError::Silent) => Code::Unreachable,
            ProfileError::Keyring(KeyringError::Locked) => Code::Denied,
            ProfileError::Keyring(KeyringError::Missing | KeyringError::NoCollection) => {
                Code::NotFound
            }
            ProfileError::Keyring(KeyringError::Failed(_)) => Code::Storage,
            ProfileError::Io { source, .. } => given::code(source),
        };
        let hint = match &e {
            ProfileError::Missing(_) => "“kith init NAME” makes one; --profile names another",
            ProfileError::Exists(_) => "“kith up” runs it; --profile NAME names another",
            ProfileError::NoFolder(_) => {
                "--profile takes a profile’s name or its folder; a backup is for “kith restore FILE”"
            }
            ProfileError::TooLong(_) => "name a shorter one with --profile",
            ProfileError::KeyGone(_) => {
                "put that file back from a copy of the folder, if there is one: without it nobody \
                 can open the data. Else “kith restore FILE --profile NEW” makes a profile from a \
                 backup, and “kith recover” by your recovery sheet; what only this profile had is \
                 lost then. Nothing was changed; keep the folder"
            }
            ProfileError::Exposed { .. } => "chmod 700 makes it private",
            ProfileError::Busy(_) => "other commands speak to it; “kith down” ends it",
            ProfileError::Key(KeyError::WrongPassphrase) => {
                "try again; nobody can give back a forgotten one, but “kith restore” and “kith \
                 recover” make a new profile (--profile NEW)"
            }
            ProfileError::Key(KeyError::Damaged) => {
                "put the file “key” back from a copy of the folder, if there is one; else “kith \
                 restore FILE --profile NEW” makes a profile from a backup"
            }
            ProfileError::Keyring(KeyringError::NoCollection) => {
                "make a default one with the keyring’s own program, then try again"
            }
            ProfileError::Keyring(KeyringError::Missing) => {
                "log in as you did when it was put there; if it is lost, “kith restore FILE --profile \
                 NEW” makes a profile from a backup"
            }
            ProfileError::Keyring(KeyringError::Locked) => "unlock it, then try again",
            ProfileError::Keyring(_) => {
                "a desktop session has one: GNOME Keyring, KWallet, KeePassXC; see that it runs, \
                 then try again"
            }
            ProfileError::Key(KeyError::Memory) => "close other programs, then try again",
            ProfileError::Io { source, .. } if given::code(source) != Code::Storage => {
                "name another folder with --profile"
            }
            ProfileError::Io { .. } => "see that the disk has space and may be written",
        };
        Self::new(code, e.to_string()).hint(hint)
    }
}

impl From<BackupError> for Fail {
    fn from(e: BackupError) -> Self {
        ApiError::from(e).into()
    }
}

impl From<StoreError> for Fail {
    fn from(e: StoreError) -> Self {
        ApiError::from(e).into()
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::account::AccountError;

    /// The same thing has the same code, and so the same status, by whatever
    /// way it comes to light (the help lists them).
    #[test]
    fn one_thing_has_one_code() {
        let io = |kind: ErrorKind| io::Error::from(kind);
        let damaged = || StoreError::Damaged("x".into());
        let full = || StoreError::Full;
        let place = || std::path::PathBuf::from("/p");
        let on_disk = |kind| ProfileError::Io {
            path: place(),
            source: io(kind),
        };
        let table: &[(Code, Vec<Fail>)] = &[
            (
                Code::NotRunning,
                vec![
                    ClientError::NotRunning(io(ErrorKind::NotFound)).into(),
                    ClientError::Gone(FrameError::Io(io(ErrorKind::BrokenPipe))).into(),
                    ClientError::Closed.into(),
                ],
            ),
            (
                Code::Invalid,
                vec![
                    damaged().into(),
                    StoreError::WrongKey.into(),
                    StoreError::Gone.into(),
                    StoreError::Content("x".into()).into(),
                    ApiError::from(damaged()).into(),
                    BackupError::Store(damaged()).into(),
                    BackupError::Account(AccountError::Store(damaged())).into(),
                    BackupError::Account(AccountError::Damaged("name")).into(),
                    BackupError::Damaged.into(),
                    ProfileError::Key(KeyError::Damaged).into(),
                    ProfileError::KeyGone(place()).into(),
                    given::damaged("an invite", "x").into(),
                ],
            ),
            (
                Code::Storage,
                vec![
                    full().into(),
                    ApiError::from(full()).into(),
                    BackupError::Store(full()).into(),
                    BackupError::Disk(io(ErrorKind::StorageFull)).into(),
                    on_disk(ErrorKind::StorageFull).into(),
                    given::unwritable(&place(), &io(ErrorKind::StorageFull)).into(),
                    given::unreadable(&place(), &io(ErrorKind::PermissionDenied)).into(),
                    Fail::output(io(ErrorKind::StorageFull)),
                ],
            ),
            (
                Code::Denied,
                vec![StoreError::Busy.into(), ProfileError::Busy(place()).into()],
            ),
            (
                Code::BadRequest,
                vec![
                    ProfileError::NoFolder(place()).into(),
                    ProfileError::TooLong(place()).into(),
                    on_disk(ErrorKind::AlreadyExists).into(),
                ],
            ),
            (
                Code::NotFound,
                vec![
                    ProfileError::Missing(place()).into(),
                    given::unwritable(&place(), &io(ErrorKind::NotFound)).into(),
                ],
            ),
        ];
        for (code, fails) in table {
            for fail in fails {
                assert_eq!(fail.error.code, *code, "{fail:?}");
            }
        }
    }

    /// What clap says of a wrong command line is one object as any other; its
    /// usage stands apart, and a whole page of help isn't taken for advice.
    #[test]
    fn a_wrong_command_line_is_told_in_parts() {
        use clap::Parser as _;
        const MORE: &str = "For more information, try '--help'.";
        for (args, message, hint, usage) in [
            (
                &["kith", "send"][..],
                "the following required arguments were not provided: <TO> <TEXT>",
                MORE,
                "kith send <TO> <TEXT>",
            ),
            (
                &["kith", "account"],
                "what to do is missing",
                "“--help” says what there is",
                "kith account [OPTIONS] <COMMAND>",
            ),
        ] {
            let fail = Fail::mistyped(&crate::cli::Cli::try_parse_from(args).unwrap_err());
            assert_eq!((fail.error.code, fail.exit_status()), (Code::Usage, 2));
            assert_eq!(fail.error.message, message);
            assert_eq!(fail.error.hint.as_deref(), Some(hint));
            assert_eq!(fail.usage.as_deref(), Some(usage));
        }
    }
}
