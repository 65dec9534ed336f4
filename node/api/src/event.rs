//! What a node tells its subscribers.

use serde::{Deserialize, Serialize};

use crate::message::Message;
use crate::reply::{Contact, Room, Status};
use crate::request::{PersonRef, RoomRef};

/// One change. Between two events of a kind nothing of that kind was missed:
/// a subscriber that falls too far behind is disconnected instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Everything as it is when the subscription begins.
    Snapshot {
        /// The node.
        status: Status,
        /// The contacts.
        contacts: Vec<Contact>,
        /// The rooms.
        rooms: Vec<Room>,
    },
    /// The node's own state changed.
    Status(Status),
    /// A contact is new or changed.
    Contact(Contact),
    /// Somebody is no longer known.
    Forgotten(PersonRef),
    /// My presence or its rules have changed.
    Presence(crate::PresenceInfo),
    /// Somebody is there of whom I wanted to be told; told once.
    Arrived(PersonRef),
    /// Somebody nearby has come or gone, or this device's being open for
    /// meetings has changed.
    Nearby(crate::Nearby),
    /// A comparison of a spoken code is new or changed: perhaps begun by the
    /// other side.
    Meeting(crate::MeetingInfo),
    /// A room is new or changed.
    Room(Room),
    /// A message is new or changed (edited, erased, delivered, read).
    Message(Message),
    /// A file is on its way here; told at most a hundred times a file.
    Fetching {
        /// The room.
        room: RoomRef,
        /// The message that offers it.
        message: String,
        /// Bytes that are here and verified.
        bytes: u64,
        /// Bytes in all.
        size: u64,
    },
    /// An organisation's policy is new or changed, or what is to be said of it.
    Policy(crate::PolicyInfo),
    /// A share or a request for one is new or changed.
    Share(crate::ShareInfo),
    /// What is remembered of what viewers with control may not do has changed:
    /// all of it.
    Limits(Vec<crate::LimitInfo>),
    /// What can be shared with a contact has changed; see
    /// [`crate::Request::Features`].
    Features(crate::Features),
    /// What was asked on this connection waits for a person's answer in Kith's
    /// window on the screen. Told to whoever asked alone, subscribed or not.
    AtScreen {
        /// Until when, in milliseconds since 1970; then it is refused.
        until_ms: u64,
    },
    /// Somebody is typing in a room.
    Typing {
        /// The room.
        room: RoomRef,
        /// Who; escaped.
        name: String,
    },
}
