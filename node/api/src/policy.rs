//! Policies for faces (POL-1 to POL-9, DISC-5).

use kith_proto::id::OrgId;
use serde::{Deserialize, Serialize};

use crate::request::{PersonRef, RoomRef, Who};

/// What a face asks about policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyRequest {
    /// The policies of my organisations: [`crate::Reply::Policies`].
    List,
    /// One policy in full: [`crate::Reply::Policy`].
    Show {
        /// The organisation: its name, its id, or the beginning of one;
        /// `None` where there is only one.
        org: Option<Who>,
    },
    /// What a policy is that came as a file, before it is taken in:
    /// [`crate::Reply::PolicyLook`].
    Look {
        /// The file's content.
        content: Vec<u8>,
    },
    /// Takes in a policy that came as a file: [`crate::Reply::Policy`].
    Install {
        /// The file's content.
        content: Vec<u8>,
        /// Whether to join an organisation that isn't known here yet.
        joining: Joining,
    },
    /// The newest policy with its history as a file (XFER-1):
    /// [`crate::Reply::Package`].
    Export {
        /// The organisation, as in `Show`.
        org: Option<Who>,
    },
    /// Leaves an organisation: its policy binds no longer. What was seen of
    /// it is kept, so that nobody can bring an old policy later.
    Leave {
        /// The organisation.
        org: Who,
    },
    /// The clock was wrong when it showed that the policy is over, and is
    /// right now (POL-9): the policy counts again until its end. Audited.
    ClockWasWrong {
        /// The organisation.
        org: Who,
    },
    /// What the policies come to between a contact and me (POL-4):
    /// [`crate::Reply::Explained`].
    Explain {
        /// The contact.
        who: Who,
        /// What is asked.
        question: Question,
    },
    /// Members of my organisations whose name holds a text (DISC-5):
    /// [`crate::Reply::Directory`].
    Directory {
        /// The text; empty for everybody.
        part: String,
    },
    /// My own rules about sharing: [`crate::Reply::OwnRules`].
    Mine(OwnRulesRequest),
}

/// What a face asks about a person's own rules (POL-3, POL-4). Like those of a
/// policy they only take away; contacts are told what concerns them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnRulesRequest {
    /// Shows them.
    Show,
    /// Adds one, about people or everybody.
    Add(Box<crate::RuleSpec>),
    /// Takes the one of this number back.
    Remove(u32),
    /// Says what is demanded of every share; nothing for nothing.
    Demand(Vec<String>),
}

/// A person's own rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRules {
    /// Each with its number.
    pub rules: Vec<(u32, crate::Sentence)>,
    /// What is demanded of every share.
    pub demands: Vec<String>,
}

/// Whether an organisation is to be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Joining {
    /// Only a newer policy of an organisation that I belong to is taken.
    No,
    /// The person has seen its name and wants to join.
    Yes,
}

/// A policy in a file that was only looked at: what a person must know before
/// joining.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLook {
    /// The organisation: to be compared with what its administrator says.
    #[serde(with = "crate::text")]
    pub org: OrgId,
    /// What it calls itself; escaped.
    pub name: String,
    /// Whether I belong to it already.
    pub joined: Joining,
    /// The role that the policy gives me; `None`: it doesn't list me, or it
    /// wasn't looked for because I belong to it.
    pub my_role: Option<String>,
}

/// What a dry run of the decision is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// My part: “sharer” or “viewer”; `None` for both.
    pub part: Option<String>,
    /// Who begins: “invite” (the sharer) or “request” (the viewer); `None`
    /// for both.
    pub direction: Option<String>,
    /// The technology: “native”, “rdp”, “vnc”, “x11”, “ica”.
    pub technology: String,
    /// The applications to be shared; none: not chosen yet.
    pub applications: Vec<String>,
    /// How much to see: “window”, “application”, “applications”, “desktop”.
    pub view: String,
    /// How much to control: the same, or “nothing”.
    pub control: String,
    /// In which room; what is allowed there counts too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Who>,
}

/// One organisation's policy, as it always is to be seen (POL-8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInfo {
    /// The organisation.
    #[serde(with = "crate::text")]
    pub org: OrgId,
    /// What it calls itself; escaped.
    pub name: String,
    /// The number of the newest document.
    pub number: u64,
    /// in-force, grace, policy-expired, policy-forked, policy-needs-update,
    /// policy-broken, …
    pub state: String,
    /// How old it is, in seconds.
    pub age_secs: u64,
    /// When it was signed, milliseconds since 1970.
    pub issued_ms: u64,
    /// When it becomes old and its grace period begins.
    pub old_from_ms: u64,
    /// When it can't be used any more.
    pub usable_until_ms: u64,
    /// What to be careful about.
    pub warnings: Vec<crate::Sentence>,
    /// My role; `None` if the policy doesn't list me.
    pub my_role: Option<String>,
    /// How many administrators must sign, of how many.
    pub admins: (u8, u8),
    /// How many recovery keys must sign, of how many.
    pub recovery: Option<(u8, u8)>,
    /// How many members it lists.
    pub members: u32,
}

/// A policy in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFull {
    /// The short form.
    pub info: PolicyInfo,
    /// Whether it was new here: joined, advanced, known; only after an
    /// installation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<String>,
    /// What the policy says, a sentence a line.
    pub says: Vec<crate::Sentence>,
    /// The members.
    pub directory: Vec<DirectoryEntry>,
    /// Updates that were refused, newest last.
    pub refused: Vec<RefusedUpdate>,
}

/// A member of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryEntry {
    /// The organisation; escaped name.
    pub organisation: String,
    /// The member, as I know them; the id where I don't.
    pub person: PersonRef,
    /// By which name the organisation lists them; escaped.
    pub listed_as: String,
    /// The role.
    pub role: String,
    /// The groups; escaped.
    pub groups: Vec<String>,
    /// contact, me, or unknown.
    pub known: String,
}

/// An update of a policy that was refused: evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedUpdate {
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// Why, as a code.
    pub code: String,
    /// The person whose device brought it; `None`: it came as a file.
    pub from: Option<PersonRef>,
    /// The device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The digest of what was refused, in hexadecimal.
    pub digest: String,
}

/// What policies come to, case by case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// With whom.
    pub person: PersonRef,
    /// In which room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// What to be careful about with the policies that were asked, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Each case.
    pub cases: Vec<ExplainedCase>,
}

/// One case of a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedCase {
    /// My part: sharer or viewer.
    pub part: String,
    /// Who begins: invite or request.
    pub direction: String,
    /// allowed or denied.
    pub outcome: String,
    /// Where it is denied: the step (POL-4).
    pub step: Option<String>,
    /// Where it is denied: the reason's code.
    pub reason: Option<String>,
    /// How much may be seen.
    pub view: String,
    /// How much may be controlled.
    pub control: String,
    /// The rights.
    pub rights: Vec<String>,
    /// What must happen.
    pub duties: Vec<String>,
    /// The whole derivation, a line a step, the outcome last.
    pub lines: Vec<crate::Sentence>,
}
