//! Who may see when I am here (DISC-4): people and rooms by their ids, as several
//! may be called the same.

use kith_api::{ApiError, Audience, ContactState, PresenceInfo, PresenceRequest, Reply, Request};

use super::home::Home;
use super::{Effect, Model, Tag, ask, ask_aside, said};

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Every contact may see it.
    Everybody,
    /// Only some: those that may see it now, until others are chosen.
    Only,
    /// Nobody.
    Nobody,
    /// Lets this one see it.
    Show(String),
    /// Doesn't.
    Hide(String),
}

/// Asks who may.
pub(super) fn open() -> Effect {
    ask_aside(Tag::Presence, Request::PresenceRules(PresenceRequest::Show))
}

/// As a node tells it.
pub(super) fn by_ids(info: PresenceInfo) -> Audience {
    match info.audience {
        Audience::Only(_) => Audience::Only(info.ids),
        Audience::Except(_) => Audience::Except(info.ids),
        all => all,
    }
}

/// The same with one more who may see it, or who may not.
pub(super) fn with(before: Audience, who: String, shown: bool) -> Audience {
    let without = |ids: Vec<String>| ids.into_iter().filter(|id| *id != who).collect();
    let and = |ids: Vec<String>| {
        let mut all: Vec<String> = without(ids);
        all.push(who.clone());
        all
    };
    let after = match (before, shown) {
        (Audience::Contacts, true) => Audience::Contacts,
        (Audience::Contacts, false) => Audience::Except(vec![who]),
        (Audience::Except(ids), true) => Audience::Except(without(ids)),
        (Audience::Except(ids), false) => Audience::Except(and(ids)),
        (Audience::Only(ids), true) => Audience::Only(and(ids)),
        (Audience::Only(ids), false) => Audience::Only(without(ids)),
        (Audience::Nobody, true) => Audience::Only(vec![who]),
        (Audience::Nobody, false) => Audience::Nobody,
    };
    match after {
        Audience::Except(ids) if ids.is_empty() => Audience::Contacts,
        Audience::Only(ids) if ids.is_empty() => Audience::Nobody,
        other => other,
    }
}

/// Whether this one may see it.
pub(crate) fn sees(audience: &Audience, id: &String) -> bool {
    match audience {
        Audience::Contacts => true,
        Audience::Except(ids) => !ids.contains(id),
        Audience::Only(ids) => ids.contains(id),
        Audience::Nobody => false,
    }
}

/// Everybody who can be chosen, with their names: contacts, and rooms that were
/// named elsewhere.
pub(crate) fn all(home: &Home, audience: &Audience) -> Vec<(String, String)> {
    let is = |c: &&kith_api::Contact| c.state == ContactState::Contact;
    let contacts = home.contacts.iter().filter(is);
    let mut all: Vec<(String, String)> = contacts
        .map(|c| (c.person.id.to_string(), c.person.name.clone()))
        .collect();
    if let Audience::Only(ids) | Audience::Except(ids) = audience {
        let rooms = home.rooms.iter();
        let rooms = rooms.map(|r| (r.room.id.to_string(), r.room.title.clone()));
        all.extend(rooms.filter(|(id, _)| ids.contains(id)));
    }
    all
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let Some(before) = model.home.audience.here().cloned() else {
        return Vec::new();
    };
    let audience = match message {
        Message::Everybody => Audience::Contacts,
        Message::Nobody => Audience::Nobody,
        Message::Only => {
            let all = all(&model.home, &before).into_iter().map(|(id, _)| id);
            Audience::Only(all.filter(|id| sees(&before, id)).collect())
        }
        Message::Show(who) => with(before, who, true),
        Message::Hide(who) => with(before, who, false),
    };
    let request = PresenceRequest::Audience(audience);
    vec![ask(Tag::Presence, Request::PresenceRules(request))]
}

pub(super) fn on_answer(model: &mut Model, result: Result<Reply, ApiError>) -> Vec<Effect> {
    let audience = &mut model.home.audience;
    match result {
        Ok(Reply::Presence(info)) => audience.put(Ok(by_ids(info))),
        Ok(_) => {}
        // It is shown; only the change failed.
        Err(error) if audience.here().is_some() => return model.fail(&error),
        Err(error) => audience.put(Err(said(&error))),
    }
    Vec::new()
}
