//! What a face can ask of a node.

use core::fmt;
use std::path::PathBuf;

use kith_proto::id::{PersonId, RoomId};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A passphrase on its way to the node. Erased when dropped, never printed.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself; named so that each use is easy to find.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A contact or room as a person names it: a petname, a name, a title, an id,
/// or the unambiguous beginning of one of these. The node resolves it.
pub type Who = String;

/// A message: its room and the digest of its entry, as sixty-four
/// hexadecimal digits or an unambiguous beginning of at least six.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// The room.
    pub room: Who,
    /// The entry's digest or its beginning.
    pub message: String,
}

/// Why a device is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevokeReason {
    /// It was lost.
    Lost,
    /// It was stolen, or somebody else may have its keys.
    Stolen,
    /// It is no longer used.
    Retired,
}

/// One thing to do. Each variant names its reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    // The node itself.
    /// How the node is: [`crate::Reply::Status`].
    Status,
    /// Who I am: [`crate::Reply::Identity`].
    Identity,
    /// Revokes a device of mine for good (ID-1): [`crate::Reply::Identity`].
    DeviceRevoke {
        /// Its id, or the beginning of it.
        device: String,
        /// Why.
        reason: RevokeReason,
    },
    /// Replaces the recovery key (ID-6): [`crate::Reply::Identity`]. Whoever
    /// asks has made it (`kith_proto::person::sheet`) and keeps its secret,
    /// which the node never sees. The one before still counts for thirty days.
    RecoveryKey {
        /// The new public key.
        key: [u8; 32],
    },
    /// Certifies this device for a year from now on: [`crate::Reply::Identity`].
    /// The node does so by itself when half of the time is over, unless a
    /// backup holds the newest entry of the person's log: it may have been
    /// restored elsewhere, and two machines may not continue one log.
    DeviceRenew,
    /// Ends the node: [`crate::Reply::Done`], then the socket closes.
    Stop,
    /// Locks the profile (ID-7): keys leave memory, connections end.
    Lock,
    /// Opens a locked profile: [`crate::Reply::Done`].
    Unlock {
        /// The profile's passphrase.
        passphrase: Secret,
    },
    /// Sends events from now on: a [`crate::Event::Snapshot`] first.
    Subscribe,

    // Invites and contacts.
    /// Makes an invite (ID-2): [`crate::Reply::Invite`].
    InviteNew {
        /// How long it lasts, in seconds; at most thirty days.
        lifetime_secs: u64,
    },
    /// The invites that are still open: [`crate::Reply::Invites`].
    Invites,
    /// Makes an open invite worthless: [`crate::Reply::Done`].
    InviteRevoke {
        /// Its id or the beginning of it.
        invite: String,
    },
    /// Shows what an invite says, without using it: [`crate::Reply::Invitation`].
    InviteLook {
        /// The text, or the content of the file.
        invite: String,
    },
    /// Answers an invite: [`crate::Reply::Accepted`]. The contact is made as
    /// soon as the other side is reached.
    InviteAccept {
        /// The text, or the content of the file.
        invite: String,
        /// What I call this person.
        petname: Option<String>,
    },
    /// Lets somebody who answered my invite in, or not (MSG-1).
    ContactDecide {
        /// The person.
        who: Who,
        /// What is decided.
        decision: Decision,
    },
    /// Everyone I know: [`crate::Reply::Contacts`].
    Contacts,
    /// One contact in full: [`crate::Reply::Contact`].
    Contact {
        /// The person.
        who: Who,
    },
    /// What can be shared with a contact (CAP-2): [`crate::Reply::Features`].
    /// The ways to their devices are tried in the background (PORT-5), and for
    /// ten minutes [`crate::Event::Features`] tells every change: a face asks
    /// again while it shows the contact.
    Features {
        /// The person.
        who: Who,
    },
    /// The same, and all ways to their devices are tried now, whatever stands against
    /// sharing, unless that was begun less than two seconds ago:
    /// [`crate::Reply::Features`], in which they are being tried.
    Probe {
        /// The person.
        who: Who,
    },
    /// Removes a contact: what runs with them ends, and from now on their devices
    /// are strangers'. They aren't told, and what was said in the room of two stays
    /// readable. Asked once more, or for somebody with whom nothing came of an
    /// invite, it forgets them: what was said is erased on this device. Who shares
    /// a room with me stays known as a fellow.
    ContactRemove {
        /// The person.
        who: Who,
    },
    /// Changes what I call a person.
    ContactRename {
        /// The person.
        who: Who,
        /// The petname from now on.
        petname: String,
    },
    /// Says whether a contact may learn the addresses of this device (DISC-8):
    /// [`crate::Reply::Contact`].
    ContactRoutes {
        /// The contact.
        who: Who,
        /// From now on.
        routes: crate::Routes,
    },
    /// The safety number that I share with a person (ID-3):
    /// [`crate::Reply::Safety`].
    Safety {
        /// The person.
        who: Who,
    },
    /// My own card, to show or to print (ID-3): [`crate::Reply::Card`].
    Card,
    /// Says whether I have compared the safety number.
    Verify {
        /// The person.
        who: Who,
        /// The outcome.
        outcome: Verification,
    },

    /// Comparing a spoken code, and meeting somebody nearby.
    Meeting(crate::MeetingRequest),

    // Rooms and messages.
    /// The rooms I am in or invited to: [`crate::Reply::Rooms`].
    Rooms,
    /// Opens a room of several people: [`crate::Reply::Room`].
    RoomNew {
        /// What it is called.
        title: String,
        /// Who is invited.
        members: Vec<Who>,
    },
    /// Rooms in which whoever opened them says what may be shown there.
    Moderated(crate::ModeratedRequest),
    /// One room and its members: [`crate::Reply::Room`].
    Room {
        /// The room.
        room: Who,
    },
    /// Invites another person.
    RoomInvite {
        /// The room.
        room: Who,
        /// Who is invited.
        who: Who,
    },
    /// Accepts or declines an invitation to a room (MSG-1).
    RoomDecide {
        /// The room.
        room: Who,
        /// What is decided.
        decision: Decision,
    },
    /// Removes a person from a room.
    RoomRemove {
        /// The room.
        room: Who,
        /// Who must go.
        who: Who,
    },
    /// Leaves a room.
    RoomLeave {
        /// The room.
        room: Who,
    },
    /// Sets how long a room keeps messages (MSG-7).
    RoomRetention {
        /// The room.
        room: Who,
        /// Days; `None` keeps them.
        days: Option<u32>,
    },
    /// Sets or lifts a legal hold: while one is set, nothing that was said in
    /// the room is erased, whoever asks for it and however old it is (MSG-7).
    RoomHold {
        /// The room.
        room: Who,
        /// From now on.
        hold: crate::LegalHold,
    },
    /// Writes a message: [`crate::Reply::Sent`].
    Send {
        /// A room, or a contact (then our room of two).
        to: Who,
        /// The text.
        text: String,
        /// The message that this one answers.
        reply_to: Option<String>,
    },
    /// Changes the text of one of my messages: [`crate::Reply::Sent`].
    Edit {
        /// The message.
        of: MessageRef,
        /// The new text.
        text: String,
    },
    /// Deletes a message everywhere, where that may be ([`crate::Erasable`]):
    /// [`crate::Reply::Sent`].
    Delete {
        /// The message.
        of: MessageRef,
    },
    /// Puts a reaction to a message, or takes it back if it was there.
    React {
        /// The message.
        of: MessageRef,
        /// One emoji.
        emoji: String,
    },
    /// Says that I have read a room up to its newest message.
    MarkRead {
        /// The room.
        room: Who,
    },
    /// Messages of a room, newest last: [`crate::Reply::Messages`].
    History {
        /// The room.
        room: Who,
        /// Only messages before this one.
        before: Option<String>,
        /// How many at most; the node allows 500.
        limit: u32,
    },
    /// Messages that hold a text (MSG-5): [`crate::Reply::Messages`].
    Search {
        /// What to look for; two characters or more.
        text: String,
        /// Only in this room.
        room: Option<Who>,
        /// How many at most; the node allows 500.
        limit: u32,
    },
    /// Offers a file to a room (MSG-2): [`crate::Reply::Sent`].
    FileSend {
        /// A room, or a contact.
        to: Who,
        /// Where it lies on this machine.
        path: PathBuf,
    },
    /// Fetches an offered file: [`crate::Reply::Done`] when it is complete
    /// and verified.
    FileFetch {
        /// The message that offers it.
        of: MessageRef,
        /// Where to write it; must not exist.
        path: PathBuf,
    },

    // Presence.
    /// Sets my presence (DISC-4).
    Presence {
        /// What others may see.
        state: PresenceState,
    },

    /// Who may see it, and being told when somebody comes.
    PresenceRules(crate::PresenceRequest),

    // What travels as files (XFER-1), and safety.
    /// Entries of a room for a stick: [`crate::Reply::Package`].
    ExportRoom {
        /// The room.
        room: Who,
    },
    /// The list of my devices and revocations as a file, for whoever doesn't
    /// hear of them by network (ID-1): [`crate::Reply::Package`].
    ExportIdentity,
    /// History of a room as text or JSON for a person: [`crate::Reply::Text`].
    ExportHistory {
        /// The room.
        room: Who,
    },
    /// Takes in anything that came as a file: answer, room entries, person's
    /// log: [`crate::Reply::Imported`]. Harmless when repeated.
    Import {
        /// The file's content.
        content: Vec<u8>,
    },
    /// An encrypted backup (ID-5): [`crate::Reply::Package`]. For a profile of
    /// up to 31 MiB; [`Request::BackupTo`] has no limit.
    Backup {
        /// The backup's own passphrase.
        passphrase: Secret,
    },
    /// Writes an encrypted backup (ID-5) to a file: [`crate::Reply::Done`].
    BackupTo {
        /// The backup's own passphrase.
        passphrase: Secret,
        /// Where to write it on this machine, a whole path; must not exist.
        path: PathBuf,
    },

    // Settings and diagnosis.
    /// All settings: [`crate::Reply::Config`].
    Config,
    /// Changes a setting.
    ConfigSet {
        /// Its name.
        key: String,
        /// Its value; `None` returns to the default.
        value: Option<String>,
    },
    /// What works here and what doesn't (DISC-7): [`crate::Reply::Doctor`].
    Doctor,

    // Sharing.
    /// Something with shares.
    Share(crate::ShareRequest),
    /// Accounts for hosted sessions.
    Account(crate::AccountRequest),
    /// What is accepted in advance (ASK-3).
    Consent(crate::ConsentRequest),
    /// Input devices whose presses count (ASK-3).
    Input(crate::InputRequest),
    /// What is remembered of what viewers with control may not do (GUARD-8).
    Limits(crate::LimitsRequest),
    /// What this machine can do (ENV-1): [`crate::Reply::Environment`].
    Environment,
    /// The policies of organisations.
    Policy(crate::PolicyRequest),
    /// Writing, signing and publishing policies, for administrators.
    Org(crate::OrgRequest),
    /// The audit log (UI-4).
    Audit(crate::AuditRequest),
}

/// A person's answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Yes.
    Accept,
    /// No.
    Decline,
}

/// Whether a contact's safety number was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    /// Compared by both, and equal.
    Verified,
    /// Not compared, or taken back.
    Unverified,
}

/// What others see of a person (DISC-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PresenceState {
    /// Here and reachable.
    Available,
    /// Here, but not at the machine.
    Away,
    /// Here, and not to be disturbed.
    Busy,
    /// Sharing or seeing a screen: it says itself and can't be set.
    Sharing,
    /// Not to be found: no mDNS packet, no DHT record.
    Hidden,
}

/// A person in a reply: never a name alone (ID-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRef {
    /// The id.
    #[serde(with = "crate::text")]
    pub id: PersonId,
    /// What I call them, or else what they call themselves; escaped.
    pub name: String,
    /// Whether I compared the safety number.
    pub verified: Verification,
}

/// A room in a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRef {
    /// The id.
    #[serde(with = "crate::text")]
    pub id: RoomId,
    /// Its title; for a room of two, the other's name. Escaped.
    pub title: String,
}
