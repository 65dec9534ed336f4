//! Why a request wasn't done, as a code for scripts and a sentence for people.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of failure. Names are stable: scripts and translations use them
/// (UI-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The command line is wrong: an unknown option, a missing argument.
    Usage,
    /// The request itself is wrong: a malformed id, an empty or overlong text,
    /// something of another kind than is wanted.
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
    /// The other side, or the network here, can't be reached or used now.
    Unreachable,
    /// A limit is reached: a file's size, or how many of something there may be.
    TooMuch,
    /// The disk is full, or can't be read or written. Nothing was half done.
    Storage,
    /// The face and the node are of versions that don't understand each other.
    Version,
    /// No node runs for the profile.
    NotRunning,
    /// A fault of Kith itself.
    Internal,
}

impl Code {
    /// All of them, by their exit status.
    pub const ALL: [Self; 15] = [
        Self::Internal,
        Self::Usage,
        Self::BadRequest,
        Self::NotFound,
        Self::Ambiguous,
        Self::Invalid,
        Self::Expired,
        Self::Denied,
        Self::Locked,
        Self::WrongPassphrase,
        Self::Unreachable,
        Self::TooMuch,
        Self::Storage,
        Self::Version,
        Self::NotRunning,
    ];

    /// The exit status of a command that fails this way. 0 is success.
    #[must_use]
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Usage => 2,
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
            Self::NotRunning => 15,
        }
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Usage => "usage",
            Self::BadRequest => "bad-request",
            Self::NotFound => "not-found",
            Self::Ambiguous => "ambiguous",
            Self::Invalid => "invalid",
            Self::Expired => "expired",
            Self::Denied => "denied",
            Self::Locked => "locked",
            Self::WrongPassphrase => "wrong-passphrase",
            Self::Unreachable => "unreachable",
            Self::TooMuch => "too-much",
            Self::Storage => "storage",
            Self::Version => "version",
            Self::NotRunning => "not-running",
        }
    }

    /// What it means, in a few words; the help of the command line has them.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Internal => "a fault of Kith itself",
            Self::Usage => "the command line is wrong",
            Self::BadRequest => {
                "what was asked for can't be done so: malformed, too long, or of another kind"
            }
            Self::NotFound => "what was named isn't there: a person, a room, a file, a profile",
            Self::Ambiguous => "what was named fits several",
            Self::Invalid => {
                "an invite, a file or the profile's data is damaged, or something else"
            }
            Self::Expired => "it has expired, or was used or revoked",
            Self::Denied => "policy, membership, somebody or another program forbids it",
            Self::Locked => "the profile is locked",
            Self::WrongPassphrase => "the passphrase is wrong",
            Self::Unreachable => "the other side, the network or a port can't be reached or used",
            Self::TooMuch => "a limit of size or number is reached",
            Self::Storage => "the disk is full, or can't be read or written",
            Self::Version => "made by, or running, another version of Kith",
            Self::NotRunning => "no node is running for the profile",
        }
    }
}

/// A request that wasn't done; nothing of it was half done. Of a damaged file
/// what is whole is taken in all the same, and the message says so.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Scripts rely on both: each code has its own status, and its name is the
    /// one in JSON.
    #[test]
    fn each_code_has_a_status_and_a_name() {
        for (n, code) in (1..).zip(Code::ALL) {
            assert_eq!(code.exit_status(), n);
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{}\"", code.name()));
        }
    }
}
