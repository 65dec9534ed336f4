//! Writing, signing and publishing policies (POL-1), for faces.

use serde::{Deserialize, Serialize};

use crate::request::{Secret, Who};

/// What an administrator asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrgRequest {
    /// My administrator's keys: [`crate::Reply::OrgKeys`].
    Keys,
    /// Makes an administrator's key, to be told to whoever founds or changes
    /// an organisation: [`crate::Reply::OrgKeys`].
    KeyNew {
        /// What I call it.
        label: String,
    },
    /// Begins a new organisation, with a fresh key of mine as its
    /// administrator: [`crate::Reply::OrgDraft`].
    New {
        /// What it calls itself.
        name: String,
    },
    /// The documents that are being written: [`crate::Reply::OrgDrafts`].
    List,
    /// One of them: [`crate::Reply::OrgDraft`].
    Show {
        /// The organisation.
        org: Who,
    },
    /// Changes a document that is being written, or begins the next one of an
    /// organisation of mine: [`crate::Reply::OrgDraft`]. Signatures that it
    /// had no longer count.
    Edit {
        /// The organisation.
        org: Who,
        /// What is changed.
        edit: OrgEdit,
    },
    /// Gives up a document that is being written.
    Discard {
        /// The organisation.
        org: Who,
    },
    /// What a document that came as a file would change:
    /// [`crate::Reply::OrgDraft`].
    Look {
        /// The file's content.
        content: Vec<u8>,
    },
    /// Signs: [`crate::Reply::Package`], the file for the next administrator.
    Sign {
        /// What is signed.
        what: Signable,
        /// The seed of a recovery key, as hexadecimal; else my own key signs.
        recovery: Option<Secret>,
    },
    /// Puts a document that enough have signed in force here, and gives the
    /// file for the members: [`crate::Reply::Package`].
    Publish {
        /// What is published.
        what: Signable,
    },
}

/// A document that is to be signed or published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signable {
    /// The one that is being written here.
    Draft(Who),
    /// One that came as a file.
    File(Vec<u8>),
}

/// Keys that were replaced, or taken out: whoever got at one may still have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retired {
    /// They are refused.
    #[default]
    Refused,
    /// They are taken back.
    TakenBack,
}

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrgEdit {
    /// Nothing: the document is only renewed.
    Renew,
    /// What it calls itself.
    Rename(String),
    /// How many administrators must sign.
    Needed(u8),
    /// Another administrator.
    AdminAdd {
        /// The key, `kithk1…`.
        key: String,
        /// Whose it is.
        label: Option<String>,
    },
    /// One less.
    AdminRemove {
        /// The key, or whose it is.
        who: String,
    },
    /// A fresh key of mine in the place of my old one.
    Rotate,
    /// Other recovery keys; none gives them up.
    Recovery {
        /// The keys, `kithk1…`.
        keys: Vec<String>,
        /// How many must sign.
        needed: u8,
    },
    /// Other administrators all at once: what recovery keys sign.
    Recover {
        /// The new administrators' keys.
        admins: Vec<String>,
        /// How many must sign.
        needed: u8,
        /// What becomes of keys that were administrators' before.
        #[serde(default)]
        retired: Retired,
    },
    /// Its times, in days; `None` leaves one as it is.
    Times {
        /// From which age on it is old.
        max_age: Option<u32>,
        /// How long it may be used after that.
        grace: Option<u32>,
        /// When it ends for good.
        lifetime: Option<u32>,
    },
    /// A new member, or changes one.
    Member {
        /// A contact, an id, “me”, or somebody listed.
        who: Who,
        /// By which name they are listed.
        name: Option<String>,
        /// participant, sharer, organiser, administrator.
        role: Option<String>,
        /// Groups to be in.
        join: Vec<String>,
        /// Groups to leave.
        leave: Vec<String>,
    },
    /// One member less.
    MemberRemove {
        /// By name or id.
        who: Who,
    },
    /// A new group.
    GroupAdd(String),
    /// One group less; its members stay in the organisation.
    GroupRemove(String),
    /// A new rule.
    RuleAdd(Box<RuleSpec>),
    /// One rule less.
    RuleRemove(u32),
    /// What is demanded of every share; none: nothing.
    Demands(Vec<String>),
    /// What is allowed with people outside: off, view-only, one-application,
    /// everything.
    Outsiders(String),
    /// A network whose servers may host sessions.
    HostAdd {
        /// `10.20.0.0/16`.
        network: String,
        /// rdp, vnc, x11, ica.
        technologies: Vec<String>,
        /// `3389` or `5900-5999`.
        ports: Vec<String>,
    },
    /// One network less.
    HostRemove(String),
}

/// A rule as an administrator says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSpec {
    /// Whom it is about: everybody, outsiders, group:NAME, not-group:NAME,
    /// role:ROLE, person:WHO, not-person:WHO.
    pub subject: String,
    /// In which parts: sharer, viewer, organiser; none: all.
    pub parts: Vec<String>,
    /// Towards whom; as `subject`.
    pub towards: Option<String>,
    /// For which technologies; none: all.
    pub technologies: Vec<String>,
    /// In which directions: invite, request; none: both.
    pub directions: Vec<String>,
    /// For which applications (patterns with `*`); none: all.
    pub applications: Vec<String>,
    /// How much may be seen: nothing, window, application, applications,
    /// desktop.
    pub view: String,
    /// How much may be controlled.
    pub control: String,
    /// Rights that are taken away.
    pub without: Vec<String>,
    /// What is demanded.
    pub demands: Vec<String>,
}

/// A key that signs policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgKey {
    /// The key, `kithk1…`.
    pub key: String,
    /// What I call it; escaped.
    pub label: String,
    /// Since when I have it, milliseconds since 1970.
    pub added_ms: u64,
}

/// A document that is being written or signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgDraft {
    /// What the organisation calls itself; escaped.
    pub name: String,
    /// The organisation's id; a new one has it once it is signed.
    pub org: Option<String>,
    /// The document's number.
    pub number: u64,
    /// What it changes, a sentence a line.
    pub changes: Vec<String>,
    /// The administrators from then on: keys and whose they are.
    pub admins: Vec<(String, String)>,
    /// How many of them must sign later changes.
    pub needed: u8,
    /// Who has signed this one.
    pub signed: Vec<String>,
    /// How many signatures count so far, and how many must.
    pub progress: (u32, u32),
    /// Who could still sign.
    pub missing: Vec<String>,
    /// A short word for exactly this document, to compare by voice; once it
    /// is signed.
    pub fingerprint: Option<String>,
    /// What to be careful about.
    pub warnings: Vec<String>,
}
