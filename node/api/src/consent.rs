//! Standing consents (ASK-3): what a person has accepted in advance.

use serde::{Deserialize, Serialize};

use crate::request::{PersonRef, Who};
use crate::share::ShareLevel;

/// What is asked about standing consents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentRequest {
    /// Lets a verified contact see one application without asking again:
    /// [`crate::Reply::Consents`], of the new one. A policy may forbid that it
    /// counts; it never gives more than the policy allows.
    Give {
        /// To whom.
        who: Who,
        /// Which application, as this system calls it.
        application: String,
        /// Up to what.
        level: ShareLevel,
        /// For how many days; at most 366.
        days: u32,
    },
    /// Those that stand: [`crate::Reply::Consents`].
    List,
    /// Lets one that is held count again: [`crate::Reply::Consents`], of it.
    Resume {
        /// Its id, or the beginning of it.
        consent: String,
    },
    /// Takes one back: it counts no more, and what runs by it goes on until
    /// somebody stops it.
    End {
        /// Its id, or the beginning of it.
        consent: String,
    },
}

/// A standing consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentInfo {
    /// The digest of its record, in hexadecimal; audits name it by this.
    pub id: String,
    /// To whom.
    pub person: PersonRef,
    /// Which application; escaped.
    pub application: String,
    /// How much is seen.
    pub view: String,
    /// How much is controlled.
    pub control: String,
    /// From when, milliseconds since 1970.
    pub issued_ms: u64,
    /// Until when, milliseconds since 1970.
    pub until_ms: u64,
    /// Why it doesn't count until the person says so: `panic`, `stopped`.
    /// Absent where it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}
