//! Why one can't talk to somebody, or in a room, yet: in plain words, with what
//! helps (UI-2).

use kith_api::{ApiError, Code, ContactState};
use kith_proto::id::RoomId;

use super::open::Open;
use super::people::Person;
use super::rooms::no_room;

impl Open {
    /// Nothing can be done in a room that our person isn't in.
    pub(super) fn not_in(&self, room: &RoomId) -> ApiError {
        match self.rooms.invitations.contains_key(room) {
            true => {
                let title = self.room_ref(room).title;
                let why = format!("you are invited to “{title}”, and haven’t joined it");
                ApiError::new(Code::Denied, why).hint("“kith rooms join ROOM” joins it")
            }
            false => no_room(),
        }
    }
}

/// With somebody there is no room of two yet.
pub(super) fn no_room_with(person: &Person) -> ApiError {
    const ANEW: &str = "ask them for a new invite";
    let (code, why, hint) = match person.state {
        ContactState::Contact => (
            Code::Unreachable,
            "the room of you two comes when your devices meet",
            "wait until they have; without a network it comes by a file: they make it with “kith export YOUR-NAME FILE”, \
             and you take it in with “kith import FILE”",
        ),
        ContactState::Waiting => (
            Code::Unreachable,
            "your answer hasn’t reached their device",
            "“kith contacts” says why. Without a network it goes as a file: “kith accept INVITE \
             --answer FILE”",
        ),
        ContactState::Answered => (
            Code::Denied,
            "they haven’t said yes to your answer",
            "they do so with “kith contacts YOUR-NAME --accept”",
        ),
        ContactState::Asks => (
            Code::Denied,
            "they wait for your yes",
            "“kith contacts NAME --accept” lets them in",
        ),
        ContactState::Declined => (
            Code::Denied,
            "you declined",
            "to change your mind, give them a new invite: “kith invite”",
        ),
        ContactState::Fellow => (
            Code::Denied,
            "you only share a room",
            "“kith invite” makes an invite for them; who is near can be met with “kith meet”",
        ),
        ContactState::Removed => (
            Code::Denied,
            "you removed them",
            "“kith invite” makes an invite for them; or you answer one of theirs",
        ),
        ContactState::TurnedAway => (Code::Denied, "they declined your answer", ANEW),
        ContactState::InviteUsed
        | ContactState::InviteRevoked
        | ContactState::InviteExpired
        | ContactState::InviteUnknown
        | ContactState::NotBelieved => (
            Code::Denied,
            "their device didn’t take your answer",
            "“kith contacts” says why; ask them for a new invite",
        ),
    };
    let name = person.shown();
    ApiError::new(code, format!("you and {name} can’t talk yet: {why}")).hint(hint)
}
