//! Why a request wasn't done, as a code for scripts and a sentence for people.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of failure. Names are stable: scripts and translations use them
/// (UI-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The request itself is wrong: a malformed id, an empty text.
    BadRequest,
    /// What was named doesn't exist here.
    NotFound,
    /// What was named fits several; the message lists them.
    Ambiguous,
    /// The invite, answer, record or file from elsewhere isn't valid.
    Invalid,
    /// It was valid once and has expired or been revoked or used.
    Expired,
    /// Policy, membership or the other person forbids it.
    Denied,
    /// The profile is locked: unlock it first.
    Locked,
    /// The passphrase is wrong.
    WrongPassphrase,
    /// The other side can't be reached now.
    Unreachable,
    /// A limit of size or number is reached.
    TooMuch,
    /// The disk is full or can't be written. Nothing was half done.
    Storage,
    /// The face and the node are of versions that don't understand each other.
    Version,
    /// A fault of Kith itself.
    Internal,
}

impl Code {
    /// The exit status of a command that fails this way; documented in the
    /// manual page. 0 is success and 2 a wrong command line.
    #[must_use]
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::BadRequest => 3,
            Self::NotFound => 4,
            Self::Ambiguous => 5,
            Self::Invalid => 6,
            Self::Expired => 7,
            Self::Denied => 8,
            Self::Locked => 9,
            Self::WrongPassphrase => 10,
            Self::Unreachable => 11,
            Self::TooMuch => 12,
            Self::Storage => 13,
            Self::Version => 14,
        }
    }
}

/// A request that wasn't done; nothing of it was half done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// The kind of failure.
    pub code: Code,
    /// What happened, in plain words. Text from others in it is escaped.
    pub message: String,
    /// What to do about it, if there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl ApiError {
    /// A failure without advice.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
        }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
