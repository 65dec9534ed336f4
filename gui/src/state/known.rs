//! What I keep about a contact: what I call them, whether I am told when they
//! come (DISC-4), and whether they may learn where I am (DISC-8).

use kith_api::id::PersonId;
use kith_api::{
    ApiError, Audience, OwnRulesRequest, PolicyRequest, PresenceRequest, Reply, Request, Routes,
    RuleSpec,
};

use super::presence;
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
    /// Who may see when I am here, by their ids; `None` until that is known.
    pub(crate) audience: Option<Audience>,
    /// A rule was just added by which nothing is shared with them.
    pub(crate) barred: bool,
    /// Why something wasn't done.
    pub(crate) wrong: Option<String>,
}

impl Known {
    /// Whether this contact may see when I am here; `None` as long as that isn't
    /// known, and where nobody may.
    pub(crate) fn sees(&self) -> Option<bool> {
        let audience = self.audience.as_ref()?;
        (*audience != Audience::Nobody).then(|| presence::sees(audience, &self.person.to_string()))
    }
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
    /// Lets them see when I am here.
    Show,
    /// Doesn't.
    Hide,
    /// Shares nothing with them from now on.
    Bar,
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    if let Message::Open(person) = message {
        let contact = model.home.contact(&person);
        let petname = contact.map_or_else(String::new, |c| c.person.name.clone());
        model.home.dialog = Some(Dialog::Known(Known {
            person,
            petname,
            told_of: None,
            audience: None,
            barred: false,
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
        Message::Show | Message::Hide => {
            let shown = matches!(message, Message::Show);
            let Some(before) = known.audience.take() else {
                return Vec::new();
            };
            let audience = presence::with(before, who, shown);
            Request::PresenceRules(PresenceRequest::Audience(audience))
        }
        // Neither as who shows nor as who sees, whoever begins.
        Message::Bar => {
            let rule = RuleSpec {
                subject: format!("person:{who}"),
                parts: Vec::new(),
                towards: None,
                technologies: Vec::new(),
                directions: Vec::new(),
                applications: Vec::new(),
                view: "nothing".into(),
                control: "nothing".into(),
                without: Vec::new(),
                demands: Vec::new(),
            };
            let add = OwnRulesRequest::Add(Box::new(rule));
            Request::Policy(PolicyRequest::Mine(add))
        }
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
            known.audience = Some(presence::by_ids(presence));
        }
        Ok(Reply::OwnRules(_)) => known.barred = true,
        // What changed of the contact comes by itself.
        Ok(_) => {}
        Err(error) => known.wrong = Some(said(&error)),
    }
    Vec::new()
}
