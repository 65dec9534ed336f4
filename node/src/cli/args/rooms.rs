//! Arguments of commands about rooms and messages.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::SwitchArg;

/// What may be shared in a moderated room, at most.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Allowed {
    /// Nothing.
    Nothing,
    /// To show and to see, without control.
    View,
    /// Control as well.
    Control,
}

/// What to do with rooms.
#[derive(Debug, Subcommand)]
pub enum RoomAction {
    /// Open a room and invite people.
    New {
        /// What it is called, in at most 256 bytes on one line.
        title: String,
        /// Who is invited.
        members: Vec<String>,
        /// You say what may be shared in the room, by either of two people: this
        /// at most. Whatever policies forbid stays forbidden.
        #[arg(long, value_name = "LEVEL")]
        moderated: Option<Allowed>,
    },
    /// Show what may be shared in a moderated room; or say so, if you opened it.
    Moderate {
        /// The room.
        room: String,
        /// What is allowed from now on; what runs beyond it ends.
        level: Option<Allowed>,
        /// Only for this person (“me”: yourself), beside what is allowed to
        /// everybody.
        #[arg(long = "for", value_name = "WHO", requires = "level")]
        who: Option<String>,
    },
    /// Show one room and its members.
    Show {
        /// The room.
        room: String,
    },
    /// Invite another person.
    Invite {
        /// The room.
        room: String,
        /// Who.
        who: String,
    },
    /// Accept an invitation.
    Join {
        /// The room.
        room: String,
    },
    /// Decline an invitation.
    Decline {
        /// The room.
        room: String,
    },
    /// Remove a person.
    Remove {
        /// The room.
        room: String,
        /// Who.
        who: String,
    },
    /// Leave.
    Leave {
        /// The room.
        room: String,
    },
    /// Keep messages for so many days, or for ever (0).
    Keep {
        /// The room.
        room: String,
        /// Days.
        days: u32,
    },
    /// Set a legal hold, or lift it: while it is on, nothing that was said is erased
    /// in this room, on any member’s device. What was deleted meanwhile is hidden,
    /// and goes when the hold is lifted. Only who runs the room can do this.
    Hold {
        /// The room.
        room: String,
        /// On or off.
        state: SwitchArg,
    },
}

/// What to do with a message.
#[derive(Debug, Subcommand)]
pub enum MessageAction {
    /// Change its text, if it is yours.
    Edit {
        /// The new text.
        text: String,
    },
    /// Delete it everywhere, if it is yours; in a room of several, an admin deletes
    /// anybody’s.
    Delete,
    /// Put a reaction to it, or take it back.
    React {
        /// An emoji, or a short word; at most 64 bytes.
        emoji: String,
    },
    /// Fetch the file that it offers.
    Fetch {
        /// Where to.
        path: PathBuf,
    },
}
