//! What my organisations and I allow, and why not (POL-4, POL-8).

use std::collections::BTreeMap;

use kith_api::id::{OrgId, PersonId};
use kith_api::{
    ApiError, Explained, OwnRules, OwnRulesRequest, PolicyFull, PolicyInfo, PolicyRequest,
    Question, Reply, Request,
};

use super::pages::Asked;
use super::{Effect, Model, Page, Tag, ask, ask_aside, own, said};

/// What the page shows.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// The policies of my organisations.
    pub(crate) all: Asked<Vec<PolicyInfo>>,
    /// What each of them says.
    pub(crate) full: BTreeMap<OrgId, Asked<PolicyFull>>,
    /// My own.
    pub(crate) mine: Asked<OwnRules>,
    /// What all of them come to with somebody.
    pub(crate) with: Option<(PersonId, Asked<Explained>)>,
    /// Which organisation is about to be left.
    pub(crate) leaving: Option<OrgId>,
    /// Which of my own is being taken back: Kith may ask for that at the screen.
    pub(crate) taking_back: Option<u32>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Asks what is allowed with somebody, and why not.
    With(PersonId),
    /// Takes back a rule of their own.
    Remove(u32),
    /// Wants the policy as a file.
    Export(OrgId),
    /// Wants to leave the organisation.
    Leave(OrgId),
    /// Leaves it.
    LeaveNow(OrgId),
}

/// The page is opened.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.home.rules.leaving = None;
    let mine = PolicyRequest::Mine(OwnRulesRequest::Show);
    let mut effects = vec![
        ask_aside(Tag::Page(Page::Rules), Request::Policy(PolicyRequest::List)),
        ask_aside(Tag::OwnRules, Request::Policy(mine)),
    ];
    // What is shown of somebody may have changed too.
    effects.extend(model.home.rules.with.as_ref().map(|(id, _)| explain(*id)));
    effects
}

/// Of one application in full: that is what is shown most, and the answer
/// says how far less or more goes.
fn explain(id: PersonId) -> Effect {
    let question = Question {
        part: None,
        direction: None,
        technology: "native".into(),
        applications: Vec::new(),
        view: "application".into(),
        control: "application".into(),
        room: None,
    };
    let who = id.to_string();
    let request = PolicyRequest::Explain { who, question };
    ask_aside(Tag::Explained(id), Request::Policy(request))
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::With(id) => {
            model.home.rules.with = Some((id, Asked::Coming));
            vec![explain(id)]
        }
        Message::Remove(number) => {
            model.home.rules.taking_back = Some(number);
            vec![own::remove(number)]
        }
        Message::Export(org) => {
            let org = Some(org.to_string());
            let request = PolicyRequest::Export { org };
            vec![ask_aside(Tag::Package, Request::Policy(request))]
        }
        Message::Leave(org) => {
            model.home.rules.leaving = Some(org);
            Vec::new()
        }
        Message::LeaveNow(org) => {
            model.home.rules.leaving = None;
            let leave = PolicyRequest::Leave {
                org: org.to_string(),
            };
            let list = ask(Tag::Page(Page::Rules), Request::Policy(PolicyRequest::List));
            vec![ask(Tag::Done, Request::Policy(leave)), list]
        }
    }
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    let rules = &mut model.home.rules;
    match (tag, result) {
        (Tag::Page(_), Ok(Reply::Policies(all))) => {
            let show = |info: &PolicyInfo| {
                let org = Some(info.org.to_string());
                let request = Request::Policy(PolicyRequest::Show { org });
                ask_aside(Tag::Policy(info.org), request)
            };
            let effects = all.iter().map(show).collect();
            rules.all.put(Ok(all));
            return effects;
        }
        (Tag::Page(_), Err(error)) => rules.all.put(Err(said(&error))),
        (Tag::Policy(org), Ok(Reply::Policy(full))) => {
            rules.full.entry(org).or_default().put(Ok(*full));
        }
        (Tag::Policy(org), Err(error)) => {
            rules.full.entry(org).or_default().put(Err(said(&error)));
        }
        (Tag::OwnRules, Ok(Reply::OwnRules(mine))) => {
            let gone = |n: &mut u32| mine.rules.iter().all(|(number, _)| number != n);
            rules.taking_back.take_if(gone);
            rules.mine.put(Ok(mine));
        }
        (Tag::OwnRules, Err(error)) => {
            rules.taking_back = None;
            match rules.mine.here() {
                // They are shown; only the change failed.
                Some(_) => return model.fail(&error),
                None => rules.mine.put(Err(said(&error))),
            }
        }
        (Tag::Explained(id), result) => {
            if let Some((about, asked)) = &mut rules.with
                && *about == id
            {
                match result {
                    Ok(Reply::Explained(explained)) => asked.put(Ok(explained)),
                    Ok(_) => {}
                    Err(error) => asked.put(Err(said(&error))),
                }
            }
        }
        _ => {}
    }
    Vec::new()
}
