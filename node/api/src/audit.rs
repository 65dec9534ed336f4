//! The audit log for faces (UI-4).

use kith_proto::id::{DeviceId, SessionId};
use serde::{Deserialize, Serialize};

use crate::request::PersonRef;

/// What a face asks about the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditRequest {
    /// The newest entries: [`crate::Reply::Audit`].
    Show {
        /// How many at most; the node allows 1000.
        limit: u32,
        /// Only of this session: its id.
        session: Option<String>,
    },
    /// Checks the chain, its head and every end record:
    /// [`crate::Reply::AuditSound`], or a refusal that says what is wrong.
    Verify,
    /// The log as a file (XFER-1): [`crate::Reply::Package`].
    Export {
        /// From this entry on; 0 is the first.
        from: u64,
    },
}

/// A part of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// How many entries the whole log has.
    pub length: u64,
    /// The entries, oldest first.
    pub entries: Vec<AuditLine>,
}

/// One entry. All words but `text` are stable codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// How many entries stand before it.
    pub place: u64,
    /// Its digest, in hexadecimal.
    pub digest: String,
    /// When it was written, by the clock of that time; milliseconds since 1970.
    pub at_ms: u64,
    /// What kind it is: asked, decided, granted, …
    pub kind: String,
    /// The whole entry in one sentence.
    pub text: String,
    /// The share that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<AuditShare>,
    /// How much may be seen and done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<AuditExtent>,
    /// What else it says, by name: reason, stage, by, direction, policy,
    /// consent, record, purpose, reference, patient-consent, count; moment:
    /// “again” where rules were asked once more before it took effect,
    /// “running” where more was asked for in a share that ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<(String, String)>,
}

/// Which share, and with whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditShare {
    /// The session.
    #[serde(with = "crate::text")]
    pub session: SessionId,
    /// My part in it: sharer or viewer.
    pub role: String,
    /// The other person.
    pub person: PersonRef,
    /// The other device.
    #[serde(with = "crate::text")]
    pub device: DeviceId,
    /// The technology.
    pub technology: String,
    /// Width and height of the part of the own screen that is shown, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<(u16, u16)>,
}

/// How much may be seen and done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditExtent {
    /// How much is seen.
    pub view: String,
    /// How much is controlled.
    pub control: String,
    /// The rights.
    pub rights: Vec<String>,
    /// The applications; none for regions and desktops.
    pub applications: Vec<String>,
}

/// An audit log that was checked and found sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditSound {
    /// Whose log.
    #[serde(with = "crate::text")]
    pub device: DeviceId,
    /// How many entries stand before the first that was checked, and aren't
    /// there: 0 for a whole log.
    #[serde(default)]
    pub before: u64,
    /// The digest of the last of those, in hexadecimal: the file that ends
    /// with it is the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// How many entries were checked.
    pub entries: u64,
    /// How many end records were checked.
    pub end_records: u64,
    /// How many of these both sides signed.
    pub signed_by_both: u64,
    /// The digest of the last entry, in hexadecimal: to compare with a copy.
    pub last: Option<String>,
}
