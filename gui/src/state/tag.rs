//! What an answer of the node is for.

use kith_api::id::{OrgId, PersonId, RoomId, SessionId};

use super::home::Page;
use super::signing;

/// What an answer is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Who I am.
    Me,
    /// Messages of a room; those before a message, or the newest.
    History(RoomId, Option<String>),
    /// What was written in a room; the text comes back when it fails.
    Sent(RoomId, String),
    /// What was looked for; a newer search makes it void.
    Found(u64),
    /// What can be shared with a contact.
    Features,
    /// The invite that I make.
    Invite,
    /// What an invite says.
    Look,
    /// My answer to an invite.
    Accept,
    /// A safety number.
    Safety,
    /// A new room.
    RoomNew,
    /// Sending a file.
    FileSent,
    /// Fetching a file to this place.
    Fetched(std::path::PathBuf),
    /// A device of mine was to be revoked.
    Revoked,
    /// A meeting with somebody nearby, or a spoken code.
    Meet,
    /// The passphrase of a locked profile.
    Unlock,
    /// What a page shows.
    Page(Page),
    /// What the policy of an organisation says.
    Policy(OrgId),
    /// My own rules.
    OwnRules,
    /// A rule was to be added to them.
    OwnRule,
    /// What is allowed with somebody.
    Explained(PersonId),
    /// Whether the log is sound.
    Sound,
    /// The node's settings.
    Config,
    /// A change of one of them.
    ConfigSet(String),
    /// Who may see when I am here.
    Presence,
    /// The standing consents.
    Consents,
    /// A consent was to be given in advance.
    Given,
    /// The applications that are open, to name one.
    Applications,
    /// For which VNC servers a password is kept.
    Accounts,
    /// One was to be kept, for the dialog that was opened then.
    AccountKept(u64),
    /// The limits that are remembered.
    Limits,
    /// The input devices.
    Inputs,
    /// What is allowed in a moderated room.
    Moderated(RoomId),
    /// A change of one of these, by its name.
    Agreed(String),
    /// What there is to show.
    Windows,
    /// Where the screens are.
    Screens,
    /// The shares.
    Shares,
    /// Something with a share that a person pressed.
    ShareDone,
    /// How a share runs.
    Figures(SessionId),
    /// What a file held that was taken in.
    Imported,
    /// Something to be kept as a file.
    Package,
    /// What I said to somebody who answered my invite.
    Decided(PersonId),
    /// The invites of mine that are open.
    Invites,
    /// What I keep about a contact.
    Known,
    /// A backup, written here.
    Kept(std::path::PathBuf),
    /// My own card.
    Card,
    /// A change of who is in a room.
    Members,
    /// What a file is that somebody gave, before it is taken in.
    Policied,
    /// A policy was to be taken in.
    Joined,
    /// Whether a file is a policy to be signed.
    Proposed,
    /// It was to be signed, or put in force.
    Signed(signing::Step),
    /// Only a failure is of interest.
    Done,
}
