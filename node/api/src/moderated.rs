//! Rooms in which whoever opened them says what may be shown there (POL-2,
//! level C).

use serde::{Deserialize, Serialize};

use crate::request::{PersonRef, Who};

/// What a face asks about moderated rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModeratedRequest {
    /// Opens one: [`crate::Reply::Room`].
    Open {
        /// What it is called.
        title: String,
        /// Who is invited.
        members: Vec<Who>,
        /// What is allowed there to everybody.
        level: ModeratedLevel,
    },
    /// What is allowed there: [`crate::Reply::Moderated`].
    Show {
        /// The room.
        room: Who,
    },
    /// Says what is allowed from now on, by whoever opened the room; what runs
    /// beyond it ends: [`crate::Reply::Moderated`].
    Allow {
        /// The room.
        room: Who,
        /// To whom, beside what is allowed to everybody; `None` for everybody.
        who: Option<Who>,
        /// What.
        level: ModeratedLevel,
    },
}

/// What may be shared in a moderated room, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModeratedLevel {
    /// Nothing.
    Nothing,
    /// To show and to see, without control.
    View,
    /// Control as well.
    Control,
}

/// What is allowed in a moderated room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderated {
    /// Who says so.
    pub organiser: PersonRef,
    /// The number of what was said last; the highest counts.
    pub number: Option<u64>,
    /// What everybody may.
    pub everybody: ModeratedLevel,
    /// What some people may.
    pub people: Vec<(PersonRef, ModeratedLevel)>,
    /// Why nothing is allowed, where nothing was said that counts.
    pub gap: Option<String>,
}
