//! Accounts for hosted sessions (ENV-1, HOST-4): the node keeps what opens a
//! server, so that it needn't be said for each share. No reply ever holds it.

use serde::{Deserialize, Serialize};

use crate::request::Secret;

/// What a face asks about accounts: [`crate::Reply::Accounts`], as they are then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountRequest {
    /// Which there are.
    List,
    /// Keeps one, in the place of what was kept for that server; the next
    /// session uses it. On this machine it must open the server now.
    Keep {
        /// A port of this machine, or an address and a port.
        server: String,
        /// Opens it.
        password: Secret,
    },
    /// Forgets one.
    Remove {
        /// As it was kept, or as it is listed.
        server: String,
    },
}

/// An account that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountInfo {
    /// For which technology: `vnc`.
    pub technology: String,
    /// The port, on this machine; else address and port.
    pub server: String,
}
