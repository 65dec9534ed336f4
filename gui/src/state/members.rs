//! Who is in a room of several: letting somebody in, removing somebody, and
//! leaving (MSG-1).

use kith_api::id::{PersonId, RoomId};
use kith_api::{ApiError, Contact, ContactState, Reply, Request, Room};

use super::home::Home;
use super::{Dialog, Effect, Model, Tag, ask, said};

/// A change of who is in a room, before it is made.
#[derive(Debug)]
pub(crate) struct Members {
    /// Which room.
    pub(crate) room: RoomId,
    /// What is to be done.
    pub(crate) deed: Deed,
    /// The node is at it.
    pub(crate) busy: bool,
    /// Why not.
    pub(crate) wrong: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Invite somebody; whom, once that was chosen.
    Invite(Option<PersonId>),
    /// Remove this one.
    Remove(PersonId),
    /// Leave.
    Leave,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Wants to do that in a room.
    Open(RoomId, Deed),
    /// Chooses whom to invite.
    Choose(PersonId),
    /// Does it.
    Go,
}

impl Home {
    /// Whether I run a room: who is in it is mine to say.
    pub(crate) fn runs(&self, room: &Room) -> bool {
        let me = self.me.as_ref().map(|me| me.person);
        room.me == "member" && room.admins.iter().any(|a| Some(a.id) == me)
    }

    /// Contacts who could be invited to a room.
    pub(crate) fn invitable<'a>(&'a self, room: &'a Room) -> impl Iterator<Item = &'a Contact> {
        let there = |id: PersonId| {
            let mut all = room.members.iter().chain(&room.invited);
            all.any(|p| p.id == id)
        };
        self.contacts
            .iter()
            .filter(move |c| c.state == ContactState::Contact && !there(c.person.id))
    }
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match (message, &mut model.home.dialog) {
        (Message::Open(room, deed), dialog) => {
            *dialog = Some(Dialog::Members(Members {
                room,
                deed,
                busy: false,
                wrong: None,
            }));
        }
        (Message::Choose(person), Some(Dialog::Members(members))) => {
            members.deed = Deed::Invite(Some(person));
        }
        (Message::Go, Some(Dialog::Members(members))) if !members.busy => {
            let room = members.room.to_string();
            let request = match members.deed {
                Deed::Invite(None) => return Vec::new(),
                Deed::Invite(Some(who)) => Request::RoomInvite {
                    room,
                    who: who.to_string(),
                },
                Deed::Remove(who) => Request::RoomRemove {
                    room,
                    who: who.to_string(),
                },
                Deed::Leave => Request::RoomLeave { room },
            };
            members.busy = true;
            members.wrong = None;
            return vec![ask(Tag::Members, request)];
        }
        _ => {}
    }
    Vec::new()
}

pub(super) fn on_answer(model: &mut Model, result: Result<Reply, ApiError>) -> Vec<Effect> {
    match (&mut model.home.dialog, result) {
        // The room itself comes as an event.
        (Some(Dialog::Members(_)), Ok(_)) => model.home.dialog = None,
        (Some(Dialog::Members(members)), Err(error)) => {
            members.busy = false;
            members.wrong = Some(said(&error));
        }
        (_, Ok(_)) => {}
        (_, Err(error)) => return model.fail(&error),
    }
    Vec::new()
}
