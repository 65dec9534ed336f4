//! What I keep about a contact: what I call them, whether I am told when they
//! come (DISC-4), and whether they may learn where I am (DISC-8).

use kith_api::id::PersonId;
use kith_api::{ApiError, PresenceRequest, Reply, Request, Routes};

use super::{Dialog, Effect, Model, Tag, ask, ask_aside, said};

/// The field for the name.
pub(crate) const PETNAME: &str = "known-petname";

/// The dialog.
#[derive(Debug)]
pub(crate) struct Known {
    /// Who.
    pub(crate) person: PersonId,
    /// What I am about to call them.
    pub(crate) petname: String,
    /// Of whom I want to be told when they come; `None` until that is known.
    pub(crate) told_of: Option<Vec<PersonId>>,
    /// Why something wasn't done.
    pub(crate) wrong: Option<String>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Opens the dialog.
    Open(PersonId),
    /// Types another name.
    Petname(String),
    /// Calls them so.
    Rename,
    /// Wants to be told when they come.
    Tell,
    /// Not any more.
    DontTell,
    /// Says by which ways they may come.
    Routes(Routes),
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    if let Message::Open(person) = message {
        let contact = model.home.contact(&person);
        let petname = contact.map_or_else(String::new, |c| c.person.name.clone());
        model.home.dialog = Some(Dialog::Known(Known {
            person,
            petname,
            told_of: None,
            wrong: None,
        }));
        let show = Request::PresenceRules(PresenceRequest::Show);
        return vec![Effect::Focus(PETNAME), ask_aside(Tag::Known, show)];
    }
    let Some(Dialog::Known(known)) = &mut model.home.dialog else {
        return Vec::new();
    };
    let who = known.person.to_string();
    known.wrong = None;
    let request = match message {
        Message::Petname(petname) => {
            known.petname = petname;
            return Vec::new();
        }
        Message::Rename if known.petname.trim().is_empty() => return Vec::new(),
        Message::Rename => {
            let petname = known.petname.trim().to_owned();
            Request::ContactRename { who, petname }
        }
        Message::Tell => Request::PresenceRules(PresenceRequest::TellMe { who }),
        Message::DontTell => Request::PresenceRules(PresenceRequest::DontTellMe { who }),
        Message::Routes(routes) => Request::ContactRoutes { who, routes },
        Message::Open(_) => return Vec::new(),
    };
    vec![ask(Tag::Known, request)]
}

pub(super) fn on_answer(model: &mut Model, result: Result<Reply, ApiError>) -> Vec<Effect> {
    let Some(Dialog::Known(known)) = &mut model.home.dialog else {
        return result
            .err()
            .map_or_else(Vec::new, |error| model.fail(&error));
    };
    match result {
        Ok(Reply::Presence(presence)) => {
            known.told_of = Some(presence.tell_me.iter().map(|p| p.id).collect());
        }
        // What changed of the contact comes by itself.
        Ok(_) => {}
        Err(error) => known.wrong = Some(said(&error)),
    }
    Vec::new()
}
