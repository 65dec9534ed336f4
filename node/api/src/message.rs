//! A message of a room: what a person sees of it, and how far it is.

use serde::{Deserialize, Serialize};

use crate::request::{PersonRef, RoomRef};

/// A message was stored here and is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The room.
    pub room: RoomRef,
    /// The entry's digest in hexadecimal.
    pub message: String,
    /// How far it is.
    pub delivery: Delivery,
}

/// How far a message is (MSG-3): the true state, never a guess.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Only here.
    Queued,
    /// Held by these, who aren't all of the recipients.
    Held(Vec<String>),
    /// Every recipient's device has stored it.
    Delivered,
    /// Every recipient has read it.
    Read,
}

/// One message as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The entry's digest in hexadecimal.
    pub id: String,
    /// The room.
    pub room: RoomRef,
    /// Who wrote it.
    pub author: PersonRef,
    /// Whether I wrote it.
    pub mine: Mine,
    /// When, by the author's clock, milliseconds since 1970.
    pub at_ms: u64,
    /// What it says; escaped.
    pub content: Content,
    /// Of a [`Content::Notice`]: what happened, for faces that say it in another
    /// language (UI-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<Happened>,
    /// The message that it answers.
    pub reply_to: Option<String>,
    /// Whether its text was changed later.
    pub edited: Edited,
    /// Reactions: emoji and who.
    pub reactions: Vec<(String, Vec<String>)>,
    /// How far it is, for mine.
    pub delivery: Option<Delivery>,
    /// Whether I may have it deleted, everywhere (spec 08, "Erasure and retention").
    #[serde(default)]
    pub erasable: Erasable,
    /// Who had it deleted. Of what is erased and has none, the time was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_by: Option<PersonRef>,
    /// Whether it may be somebody else's.
    #[serde(default, skip_serializing_if = "Doubt::is_none")]
    pub doubt: Doubt,
}

/// Whether a message may be somebody else's than it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// It is its author's.
    #[default]
    None,
    /// It stands behind the point from which the log of a device has two
    /// versions (spec 08, "Forks"): whoever has a copy of that device may have
    /// written it, or have let its author in. It counts for nothing, and is
    /// passed on to nobody.
    Fork,
    /// Something that a newer program says.
    #[serde(other)]
    Unknown,
}

impl Doubt {
    const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// Something that happened in a room; its message's author did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// A stable code, for translations.
    pub code: String,
    /// To whom, the new title, or how many days; escaped. Nothing for some codes.
    #[serde(default)]
    pub about: String,
}

/// Whether a message can be deleted by who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Erasable {
    /// It can't: it is somebody else's, is deleted already, or is no message.
    #[default]
    No,
    /// It is theirs, or they are an admin of the room.
    Yes,
}

/// Whose message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mine {
    /// Mine.
    Yes,
    /// Another's.
    No,
}

/// Whether a message was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edited {
    /// As first written.
    No,
    /// Changed later.
    Yes,
}

/// How much of an offered file is on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// Nothing: it can be fetched.
    Offered,
    /// It is being fetched.
    Coming,
    /// All of it, verified.
    Here,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// Text.
    Text(String),
    /// It was deleted or erased.
    Erased,
    /// Its text hasn't arrived yet.
    Missing,
    /// A file is offered.
    File {
        /// Its name; escaped, without folders.
        name: String,
        /// Its size in bytes.
        size: u64,
        /// How much of it is on this device.
        state: FileState,
    },
    /// Something happened in the room: joined, left, removed, renamed.
    Notice(String),
}
