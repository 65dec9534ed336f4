//! What a node answers.

use kith_proto::id::{DeviceId, PersonId};
use serde::{Deserialize, Serialize};

use crate::message::{Message, Sent};
use crate::request::{PersonRef, PresenceState, RoomRef};

/// The answer to a [`crate::Request`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It is done.
    Done,
    /// How the node is.
    Status(Status),
    /// Who I am.
    Identity(Identity),
    /// A new invite.
    Invite(Invite),
    /// The open invites.
    Invites(Vec<Invite>),
    /// What an invite says.
    Invitation(Invitation),
    /// An invite was answered.
    Accepted(Accepted),
    /// Everyone I know.
    Contacts(Vec<Contact>),
    /// One contact.
    Contact(Contact),
    /// What can be shared with a contact.
    Features(crate::Features),
    /// A safety number.
    Safety(Safety),
    /// My own card.
    Card(Card),
    /// My presence and its rules.
    Presence(crate::PresenceInfo),
    /// Who is nearby.
    Nearby(crate::Nearby),
    /// A comparison of a spoken code.
    Meeting(crate::MeetingInfo),
    /// The comparisons under way.
    Meetings(Vec<crate::MeetingInfo>),
    /// The rooms.
    Rooms(Vec<Room>),
    /// One room.
    Room(Room),
    /// A message was written and stored here.
    Sent(Sent),
    /// Messages, oldest first.
    Messages(Vec<Message>),
    /// Bytes for a file.
    Package(Package),
    /// Text for a person.
    Text(String),
    /// What a file held.
    Imported(Imported),
    /// The settings.
    Config(Vec<Setting>),
    /// What works and what doesn't.
    Doctor(Vec<Finding>),
    /// What this machine can do.
    Environment(Box<crate::EnvironmentInfo>),
    /// The policies of my organisations.
    Policies(Vec<crate::PolicyInfo>),
    /// One policy in full.
    Policy(Box<crate::PolicyFull>),
    /// A policy that was looked at.
    PolicyLook(crate::PolicyLook),
    /// What policies come to with a contact.
    Explained(crate::Explained),
    /// My own rules about sharing.
    OwnRules(crate::OwnRules),
    /// What is allowed in a moderated room.
    Moderated(crate::Moderated),
    /// Members of my organisations.
    Directory(Vec<crate::DirectoryEntry>),
    /// My administrator's keys.
    OrgKeys(Vec<crate::OrgKey>),
    /// A policy that is being written or signed.
    OrgDraft(Box<crate::OrgDraft>),
    /// The policies that are being written.
    OrgDrafts(Vec<crate::OrgDraft>),
    /// A part of the audit log.
    Audit(crate::AuditPage),
    /// The audit log is sound.
    AuditSound(crate::AuditSound),
    /// One share or request.
    Share(crate::ShareInfo),
    /// Shares and requests.
    Shares(Vec<crate::ShareInfo>),
    /// What there is to show.
    Windows(Vec<crate::WindowChoice>),
    /// Where each screen is.
    Screens(Vec<crate::ScreenArea>),
    /// Not without a person's press at the screen, for which it wasn't to be asked:
    /// [`crate::Press::Spared`].
    MustBePressed,
    /// How a share that I see runs.
    ShareFigures(crate::ShareFigures),
    /// How a session came about here, and what is left of it.
    ShareTrace(crate::ShareTrace),
    /// Standing consents.
    Consents(Vec<crate::ConsentInfo>),
    /// Accounts for hosted sessions.
    Accounts(Vec<crate::AccountInfo>),
    /// Remembered limits.
    Limits(Vec<crate::LimitInfo>),
    /// Input devices.
    Inputs(crate::Inputs),
}

/// How the node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// Whether the profile is open.
    pub lock: LockState,
    /// My presence.
    pub presence: PresenceState,
    /// Where the node listens.
    pub listening: Vec<String>,
    /// How many contacts are connected now.
    pub connected: u32,
    /// How many contacts there are.
    pub contacts: u32,
    /// Messages of mine that nobody else holds yet.
    pub queued: u64,
    /// Whether the profile is encrypted at rest, and with what.
    pub encryption: Encryption,
    /// The policies of my organisations, with their age (POL-8).
    #[serde(default)]
    pub policies: Vec<crate::PolicyInfo>,
}

/// Whether the profile is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockState {
    /// Keys are in memory.
    Open,
    /// Keys are not in memory.
    Locked,
}

/// How the profile's database key is kept (rule R11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// Under a passphrase (Argon2id).
    Passphrase,
    /// Under a key that the keyring of the desktop keeps.
    Keyring,
    /// Beside the database: whoever can read the disk can read everything.
    None,
}

/// Who I am.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// My person id.
    #[serde(with = "crate::text")]
    pub person: PersonId,
    /// This device.
    #[serde(with = "crate::text")]
    pub device: DeviceId,
    /// What I call myself.
    pub name: String,
    /// My devices.
    pub devices: Vec<Device>,
    /// Until when a recovery sheet that was replaced still counts (ID-6), in
    /// milliseconds since 1970; nothing if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_sheet_until_ms: Option<u64>,
    /// Whether a recovery sheet counts (ID-6).
    #[serde(default)]
    pub sheet: Sheet,
}

/// Whether there is a recovery sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sheet {
    /// There is one: whoever has it can bring the person back.
    Made,
    /// There is none.
    None,
    /// The node doesn't say.
    #[default]
    #[serde(other)]
    Unknown,
}

/// One device of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The id.
    #[serde(with = "crate::text")]
    pub id: DeviceId,
    /// valid, expired, revoked.
    pub state: String,
    /// When its certificate ends, milliseconds since 1970.
    pub until_ms: u64,
    /// The rooms in which its log has two versions (spec 08, "Forks"): somebody
    /// may have a copy of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forked_in: Vec<RoomRef>,
}

/// An invite of mine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Its id.
    pub id: String,
    /// The text to pass on; only when just made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The same as a QR code drawn in text; only when just made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr: Option<String>,
    /// When it ends, milliseconds since 1970.
    pub expires_ms: u64,
    /// open, answered, …
    pub state: String,
}

/// Something suspicious about a name or a title (ID-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable code, for translations (UI-6).
    pub code: String,
    /// In plain words.
    pub words: String,
    /// Whom or what it looks like; escaped. Nothing for most codes.
    #[serde(default)]
    pub about: String,
}

impl Warning {
    /// One that is about the name or title alone.
    #[must_use]
    pub fn new(code: &str, words: &str) -> Self {
        Self {
            code: code.to_owned(),
            words: words.to_owned(),
            about: String::new(),
        }
    }
}

impl core::fmt::Display for Warning {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.words)
    }
}

/// What somebody's invite says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Who invites.
    #[serde(with = "crate::text")]
    pub person: PersonId,
    /// The signed name; escaped.
    pub name: String,
    /// What is suspicious about the name.
    pub warnings: Vec<Warning>,
    /// When it ends, milliseconds since 1970.
    pub expires_ms: u64,
}

/// An invite was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Who invited.
    pub person: PersonRef,
    /// Whether the contact exists already, or waits for the other side.
    pub state: ContactState,
    /// The answer as a file's content, for when no network joins the two; in JSON as
    /// Base64. The command line leaves it out where it wrote it to a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::bytes")]
    pub answer: Vec<u8>,
}

/// How far a contact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactState {
    /// I answered; their device hasn't been reached.
    Waiting,
    /// I answered, and it was sent to their device; the person there hasn't
    /// decided.
    Answered,
    /// They answered; I must decide.
    Asks,
    /// Both agreed.
    Contact,
    /// I declined.
    Declined,
    /// I answered, and they declined.
    TurnedAway,
    /// Known only because we share a room.
    Fellow,
    /// Their device refused my answer: their invite was used by somebody, perhaps me.
    InviteUsed,
    /// Their device refused my answer: they took the invite back.
    InviteRevoked,
    /// Their device refused my answer: the invite is too old.
    InviteExpired,
    /// Their device refused my answer: it doesn't know the invite.
    InviteUnknown,
    /// Their device refused my answer: it doesn't believe who I am. It is
    /// asked again when this node starts.
    NotBelieved,
    /// They were my contact, and I removed them: what was said is still here.
    Removed,
}

impl ContactState {
    /// Whether I answered an invite and nothing will come of it.
    #[must_use]
    pub const fn is_refused(self) -> bool {
        match self {
            Self::TurnedAway
            | Self::InviteUsed
            | Self::InviteRevoked
            | Self::InviteExpired
            | Self::InviteUnknown
            | Self::NotBelieved => true,
            Self::Waiting
            | Self::Answered
            | Self::Asks
            | Self::Contact
            | Self::Declined
            | Self::Removed
            | Self::Fellow => false,
        }
    }
}

/// One contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who.
    pub person: PersonRef,
    /// The name they give themselves; escaped.
    pub own_name: String,
    /// What is suspicious about that name.
    pub warnings: Vec<Warning>,
    /// How far the contact is.
    pub state: ContactState,
    /// Reachability now.
    pub reach: Reach,
    /// Our room of two.
    pub room: Option<RoomRef>,
    /// Their devices that I know.
    pub devices: Vec<Device>,
    /// What can be shared with them, each way, and why not (CAP-2); only of
    /// one contact and in events, not in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<crate::FeatureState>,
    /// Whether they may learn the addresses of this device.
    #[serde(default)]
    pub routes: Routes,
}

/// Whether a contact may learn the addresses of this device (DISC-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Routes {
    /// They may: direct connections are made, too.
    #[default]
    Any,
    /// They are told of relays only, and no direct connection is made with
    /// them or accepted from them.
    RelayOnly,
    /// Something that a newer program says.
    #[serde(other)]
    Unknown,
}

/// Whether a contact can be reached now, and how (DISC-4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Not connected, with a reason.
    Offline {
        /// Why, in plain words.
        why: String,
        /// The same as a stable code (UI-6).
        #[serde(default)]
        code: String,
    },
    /// Connected.
    Online {
        /// What they say of themselves.
        presence: PresenceState,
        /// directly, or through whom.
        via: String,
        /// Whose device is in between: the name, escaped; empty where that
        /// isn't known. `None`: none is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        relay: Option<String>,
    },
}

/// What two people compare to verify each other (ID-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Safety {
    /// With whom.
    pub person: PersonRef,
    /// Digits in groups; both sides see the same.
    pub number: String,
    /// A card to print.
    pub card: String,
}

/// My own card: by it others verify me (ID-3). Nothing on it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Six groups of five digits.
    pub digits: String,
    /// The same in seven words.
    pub words: String,
    /// What its QR code holds.
    pub code: String,
    /// All of it with the QR code drawn in text, to print.
    pub text: String,
}

/// One room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Which.
    pub room: RoomRef,
    /// pair or group.
    pub kind: String,
    /// My own state in it: member, invited, left, removed.
    pub me: String,
    /// Its members.
    pub members: Vec<PersonRef>,
    /// Who was invited and hasn't answered.
    #[serde(default)]
    pub invited: Vec<PersonRef>,
    /// Which of the members run it: they invite and remove people.
    #[serde(default)]
    pub admins: Vec<PersonRef>,
    /// Messages I haven't read.
    pub unread: u32,
    /// When something last happened, milliseconds since 1970.
    pub latest_ms: u64,
    /// Whether a legal hold keeps what was said.
    #[serde(default)]
    pub hold: LegalHold,
    /// For how many seconds texts and files are kept (MSG-7); absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_s: Option<u64>,
    /// What is suspicious about its title: of invitations, and of what was
    /// asked for; not in events about other rooms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// Whether a legal hold stops erasures in a room (MSG-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalHold {
    /// It doesn't: erasures and the room's retention are carried out.
    #[default]
    Lifted,
    /// Nothing is erased. What was asked to be is hidden.
    Set,
    /// Something that a newer program says.
    #[serde(other)]
    Unknown,
}

/// Bytes for a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// A fitting file name.
    pub name: String,
    /// The content; in JSON as Base64.
    #[serde(with = "crate::bytes")]
    pub content: Vec<u8>,
}

/// What an imported file held, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// answer, room entries, …
    pub kind: String,
    /// How many items were new.
    pub new: u64,
    /// How many were known already.
    pub known: u64,
    /// What it means, in plain words.
    pub message: String,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name.
    pub key: String,
    /// Its value now.
    pub value: String,
    /// Where the value comes from: default, file, environment, flag, policy.
    pub from: String,
    /// What it does.
    pub help: String,
}

/// One finding of the diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable code.
    pub code: String,
    /// Whether it is a fault.
    pub level: Level,
    /// What was found, in plain words.
    pub message: String,
    /// What would help.
    pub hint: Option<String>,
    /// The names and numbers in it, for faces that say it in another language
    /// (UI-6); escaped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
}

impl Finding {
    /// The same, with the names and numbers in it.
    #[must_use]
    pub fn about(mut self, about: impl IntoIterator<Item = String>) -> Self {
        self.about = about.into_iter().collect();
        self
    }

    /// The same, with what would help.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It works.
    Good,
    /// It works with limits.
    Limited,
    /// It doesn't work.
    Bad,
}
