//! What was agreed on in advance: standing consents and input devices that were
//! enrolled (ASK-3), and limits that are remembered (GUARD-8).

use std::collections::BTreeSet;

use kith_api::{
    AccountInfo, AccountRequest, ApiError, ConsentInfo, ConsentRequest, InputKind, InputRequest,
    Inputs, LimitInfo, LimitsRequest, Reply, Request,
};

use super::pages::Asked;
use super::{Effect, Model, Tag, ask, ask_aside, said, server};

/// What the page shows.
#[derive(Debug, Default)]
pub(crate) struct Agreed {
    /// The standing consents.
    pub(crate) consents: Asked<Vec<ConsentInfo>>,
    /// The limits.
    pub(crate) limits: Asked<Vec<LimitInfo>>,
    /// The input devices.
    pub(crate) inputs: Asked<Inputs>,
    /// The VNC servers whose password is kept.
    pub(crate) accounts: Asked<Vec<AccountInfo>>,
    /// What is being changed: it isn't pressed twice.
    pub(crate) busy: BTreeSet<String>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Lets a consent that is held count again.
    Resume(String),
    /// Takes one back.
    End(String),
    /// Forgets limits, by their number.
    Forget(u32),
    /// Forgets the password of a VNC server.
    ForgetServer(String),
    /// Lets what programs press count as the person's.
    Enrol(InputKind),
    /// Lets it count no more.
    Remove(InputKind),
}

impl Agreed {
    /// How many consents don't count until the person says so.
    pub(crate) fn held(&self) -> usize {
        let held = |all: &Vec<ConsentInfo>| all.iter().filter(|c| c.held.is_some()).count();
        self.consents.here().map_or(0, held)
    }
}

/// By which name limits are known to be changing.
pub(crate) fn of_limit(number: u32) -> String {
    format!("limit {number}")
}

/// By which name an input device is known to be changing.
pub(crate) fn of_input(kind: InputKind) -> String {
    format!("input {kind:?}")
}

/// By which name the password of a server is known to be changing.
pub(crate) fn of_server(server: &str) -> String {
    format!("server {server}")
}

/// Asks for the standing consents: also behind the page, because one that is
/// held is to be seen.
pub(super) fn consents() -> Effect {
    ask_aside(Tag::Consents, Request::Consent(ConsentRequest::List))
}

/// Asks for the limits: they come back by themselves in the next share, which
/// says so.
pub(super) fn limits() -> Effect {
    ask_aside(Tag::Limits, Request::Limits(LimitsRequest::List))
}

/// The page is opened.
pub(super) fn open() -> Vec<Effect> {
    let inputs = Request::Input(InputRequest::List);
    vec![
        consents(),
        limits(),
        ask_aside(Tag::Inputs, inputs),
        server::accounts(),
    ]
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let busy = &mut model.home.agreed.busy;
    let (name, request) = match message {
        Message::Resume(consent) => (
            consent.clone(),
            Request::Consent(ConsentRequest::Resume { consent }),
        ),
        Message::End(consent) => (
            consent.clone(),
            Request::Consent(ConsentRequest::End { consent }),
        ),
        Message::Forget(number) => (
            of_limit(number),
            Request::Limits(LimitsRequest::Revoke { number }),
        ),
        Message::ForgetServer(server) => (
            of_server(&server),
            Request::Account(AccountRequest::Remove { server }),
        ),
        // That waits for a press in Kith's window, and nothing waits behind it.
        Message::Enrol(kind) => (of_input(kind), Request::Input(InputRequest::Enrol { kind })),
        Message::Remove(kind) => (
            of_input(kind),
            Request::Input(InputRequest::Remove { kind }),
        ),
    };
    let aside = matches!(request, Request::Input(_));
    match busy.insert(name.clone()) {
        true if aside => vec![ask_aside(Tag::Agreed(name), request)],
        true => vec![ask(Tag::Agreed(name), request)],
        false => Vec::new(),
    }
}

/// All limits that are remembered, as they are now.
pub(super) fn on_limits(model: &mut Model, limits: Vec<LimitInfo>) {
    model.home.agreed.limits.put(Ok(limits));
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    let agreed = &mut model.home.agreed;
    match (tag, result) {
        (Tag::Consents, Ok(Reply::Consents(all))) => agreed.consents.put(Ok(all)),
        (Tag::Consents, Err(error)) => agreed.consents.put(Err(said(&error))),
        (Tag::Limits, Ok(Reply::Limits(all))) => agreed.limits.put(Ok(all)),
        (Tag::Limits, Err(error)) => agreed.limits.put(Err(said(&error))),
        (Tag::Inputs, Ok(Reply::Inputs(inputs))) => agreed.inputs.put(Ok(inputs)),
        (Tag::Inputs, Err(error)) => agreed.inputs.put(Err(said(&error))),
        (Tag::Agreed(name), result) => {
            agreed.busy.remove(&name);
            let mut effects = open();
            if let Err(error) = result {
                effects.extend(model.fail(&error));
            }
            return effects;
        }
        _ => {}
    }
    Vec::new()
}
