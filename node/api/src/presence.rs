//! Who may see my presence, and being told when somebody comes (DISC-4).

use serde::{Deserialize, Serialize};

use crate::request::{PersonRef, PresenceState, Who};

/// What is asked about presence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PresenceRequest {
    /// My presence and its rules: [`crate::Reply::Presence`].
    Show,
    /// Says who may see my presence: [`crate::Reply::Presence`].
    Audience(Audience),
    /// Asks to be told once, by [`crate::Event::Arrived`], when somebody is
    /// there; at once if they are already: [`crate::Reply::Presence`].
    TellMe {
        /// The contact.
        who: Who,
    },
    /// Takes that back: [`crate::Reply::Presence`].
    DontTellMe {
        /// The contact.
        who: Who,
    },
}

/// Who may see my presence. A room stands for its members, as they are at
/// any time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Every contact.
    #[default]
    Contacts,
    /// Only these people, and the members of these rooms.
    Only(Vec<Who>),
    /// Every contact but these.
    Except(Vec<Who>),
    /// Nobody: this device isn't announced on the local network nor in the DHT.
    Nobody,
}

/// My presence, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceInfo {
    /// What is said to those who may see it.
    pub state: PresenceState,
    /// Who may see it; names and titles, escaped.
    pub audience: Audience,
    /// The people and rooms of that, by their ids, in the same order: several may be
    /// called the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Of whom I want to be told when they come.
    pub tell_me: Vec<PersonRef>,
}
