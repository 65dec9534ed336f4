//! A room of several: with whom of them something is shared, and what may be
//! shared there at all (POL-2, level C).

use std::collections::BTreeMap;

use kith_api::id::{PersonId, RoomId};
use kith_api::{
    ApiError, Moderated, ModeratedLevel, ModeratedRequest, Reply, Request, Room, ShareRequest,
};

use super::home::{Chosen, Home};
use super::pages::Asked;
use super::{Effect, Model, Tag, ask, ask_aside, said};

/// Rooms of several.
#[derive(Debug, Default)]
pub(crate) struct Company {
    /// Who was chosen, in which room.
    pub(crate) with: Option<(RoomId, PersonId)>,
    /// What is allowed in moderated rooms, as far as it was asked.
    pub(crate) moderated: BTreeMap<RoomId, Asked<Moderated>>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Chooses one of them.
    With(RoomId, PersonId),
    /// Asks again what may be shared in the open room.
    Again,
    /// Says what may be shared in a room; to one person, or to everybody.
    Allow(RoomId, Option<PersonId>, ModeratedLevel),
}

/// Whether somebody says what may be shared there. Who is only invited isn't told.
pub(crate) fn is_moderated(room: &Room) -> bool {
    room.kind == "meeting" && room.me != "invited"
}

impl Home {
    /// The room of several that is open.
    pub(crate) fn company_open(&self) -> Option<&Room> {
        let room = self.room(&self.open_room()?)?;
        self.person_of(&room.room.id).is_none().then_some(room)
    }

    /// Who of the open room was chosen.
    pub(crate) fn company_with(&self) -> Option<PersonId> {
        let (room, person) = self.company.with?;
        (self.chosen == Some(Chosen::Room(room))).then_some(person)
    }

    /// The most that may be shared with somebody in the open room, where somebody says
    /// that and it is known: what everybody, our person and they may.
    pub(crate) fn at_most_with(&self, person: PersonId) -> Option<ModeratedLevel> {
        let room = self.company_open()?.room.id;
        let said = self.company.moderated.get(&room)?.here()?;
        let me = self.me.as_ref().map(|me| me.person);
        let own = said.people.iter();
        let own = own.filter(|(p, _)| p.id == person || Some(p.id) == me);
        let all = own.map(|(_, level)| *level).chain([said.everybody]);
        all.min_by_key(|level| match level {
            ModeratedLevel::Nothing => 0,
            ModeratedLevel::View => 1,
            ModeratedLevel::Control => 2,
        })
    }

    /// Whether our person opened a moderated room, and so says what is allowed
    /// there.
    pub(crate) fn organises(&self, moderated: &Moderated) -> bool {
        self.me
            .as_ref()
            .is_some_and(|me| me.person == moderated.organiser.id)
    }
}

/// A request with somebody, in the open room of several if they were chosen
/// there: what is allowed there counts too.
pub(super) fn in_room(room: Option<RoomId>, request: ShareRequest) -> ShareRequest {
    match room {
        Some(room) => ShareRequest::InRoom {
            room: room.to_string(),
            request: Box::new(request),
        },
        None => request,
    }
}

/// Asks what is allowed in the open room, if somebody says that.
pub(super) fn anew(home: &Home) -> Option<Effect> {
    let room = home.company_open().filter(|r| is_moderated(r))?.room.id;
    let show = ModeratedRequest::Show {
        room: room.to_string(),
    };
    let show = Request::Moderated(show);
    home.panel.then(|| ask_aside(Tag::Moderated(room), show))
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::With(room, person) => {
            model.home.company.with = Some((room, person));
            super::home::person_anew(&model.home)
        }
        Message::Again => anew(&model.home).into_iter().collect(),
        Message::Allow(room, who, level) => {
            let allow = ModeratedRequest::Allow {
                room: room.to_string(),
                who: who.map(|who| who.to_string()),
                level,
            };
            vec![ask(Tag::Moderated(room), Request::Moderated(allow))]
        }
    }
}

pub(super) fn on_answer(
    model: &mut Model,
    room: RoomId,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    let known = model.home.company.moderated.entry(room).or_default();
    match result {
        Ok(Reply::Moderated(moderated)) => known.put(Ok(moderated)),
        // What is known stays so.
        Err(error) if known.here().is_some() => return model.fail(&error),
        Err(error) => known.put(Err(said(&error))),
        Ok(_) => {}
    }
    Vec::new()
}
