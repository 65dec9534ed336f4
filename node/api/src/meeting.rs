//! Comparing a spoken code (ID-2, ID-3): with a contact, or with somebody
//! nearby who isn't one yet.

use kith_proto::id::{DeviceId, PersonId};
use serde::{Deserialize, Serialize};

use crate::request::{PersonRef, Who};

/// What is asked about meetings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeetingRequest {
    /// Who on this local network wants to be met: [`crate::Reply::Nearby`].
    /// Only those are found who say so themselves.
    Nearby {
        /// For so many seconds from now, at most 3600, this device tells its
        /// person's name to Kith on this network, and hears theirs; 0 ends
        /// that, `None` leaves it as it is.
        open_secs: Option<u32>,
    },
    /// Begins to compare a code with a contact who is there, or joins in if
    /// they began: [`crate::Reply::Meeting`].
    Verify {
        /// The contact.
        who: Who,
    },
    /// The same with somebody nearby; when both say that the codes are equal,
    /// they are contacts, and verified: [`crate::Reply::Meeting`].
    Meet {
        /// The name, device or person id, or the beginning of one of these,
        /// of somebody nearby.
        who: Who,
    },
    /// Says what the comparison came to: [`crate::Reply::Meeting`].
    Confirm {
        /// The meeting's id, or the beginning of it.
        meeting: String,
        /// What it came to.
        outcome: CodeOutcome,
    },
    /// The comparisons under way: [`crate::Reply::Meetings`].
    List,
}

/// What two people found when they compared a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeOutcome {
    /// Both see the same.
    Same,
    /// The other's digits, as they read them aloud: the node compares.
    Typed(String),
    /// They differ, or I don't want to.
    Different,
}

/// Who is nearby.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Nearby {
    /// Until when this device tells its person's name, milliseconds since
    /// 1970; `None`: it doesn't.
    pub open_until_ms: Option<u64>,
    /// Those who want to be met, and aren't contacts.
    pub people: Vec<NearbyPerson>,
}

/// Somebody nearby. The name is only what they say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearbyPerson {
    /// Who they say they are; not verified.
    pub person: PersonRef,
    /// Their device.
    #[serde(with = "crate::text")]
    pub device: DeviceId,
    /// What is suspicious about the name.
    pub warnings: Vec<crate::Warning>,
}

/// A comparison of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingInfo {
    /// Its id.
    pub id: String,
    /// With whom, as they say; a contact by my name for them. Escaped.
    pub name: String,
    /// The person that they say they are.
    #[serde(with = "crate::text")]
    pub person: PersonId,
    /// Whether they are a contact already.
    pub with: MeetingWith,
    /// The six digits, as soon as both sides have them.
    pub code: Option<String>,
    /// How far it is.
    pub state: MeetingState,
    /// Why it failed.
    pub why: Option<crate::Sentence>,
    /// What is suspicious about the name.
    pub warnings: Vec<crate::Warning>,
}

/// With whom a code is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeetingWith {
    /// With a contact, who becomes verified.
    Contact,
    /// With somebody nearby, who becomes a contact, and verified.
    Nearby,
}

/// How far a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeetingState {
    /// The two devices make the code.
    Begun,
    /// The code is there: compare it, then say what it came to.
    Compare,
    /// I said that it is the same; the other side hasn't yet.
    Waiting,
    /// Both said so.
    Done,
    /// It came to nothing.
    Failed,
}
