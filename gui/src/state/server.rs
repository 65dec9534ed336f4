//! A VNC server that is shown (HOST-1): where it is, and what opens it. Its password
//! goes to the node alone, and is never shown.

use kith_api::{
    AccountInfo, AccountRequest, ApiError, Remember, Reply, Request, Secret, ShareWhat,
};

use super::pages::Asked;
use super::{Dialog, Effect, Model, Tag, ask_aside, said};

/// The field for the server's place.
pub(crate) const PLACE: &str = "server-place";
/// The field for its password.
pub(crate) const PASSWORD: &str = "server-password";

/// What is said of a server.
#[derive(Debug, Default)]
pub(crate) struct Server {
    /// A port of this machine, or an address and a port.
    pub(crate) place: String,
    /// Opens it; none where nothing is typed. Erased when dropped, never printed.
    pub(crate) password: Option<Secret>,
    /// Whether the node keeps it for the next time.
    pub(crate) remember: Remember,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Says where it is.
    Place(String),
    /// Types the password.
    Password(Secret),
    /// Wants it to be kept, or not.
    Remember,
}

/// Asks for which servers a password is kept.
pub(super) fn accounts() -> Effect {
    ask_aside(Tag::Accounts, Request::Account(AccountRequest::List))
}

impl Server {
    pub(super) fn update(&mut self, message: Message) {
        match message {
            Message::Place(place) => self.place = place,
            Message::Password(typed) => {
                self.password = Some(typed).filter(|p| !p.expose().is_empty());
            }
            Message::Remember => {
                self.remember = match self.remember {
                    Remember::Once => Remember::Always,
                    Remember::Always => Remember::Once,
                }
            }
        }
    }

    /// The server; `None` while nothing is said.
    pub(super) fn what(&self) -> Option<ShareWhat> {
        let server = self.place.trim();
        (!server.is_empty()).then(|| ShareWhat::VncServer {
            server: server.to_owned(),
            password: self.password.clone(),
        })
    }

    /// What keeps its password, if that is wanted.
    pub(super) fn keep(&self) -> Option<Request> {
        let password = self.password.clone();
        let password = password.filter(|_| self.remember == Remember::Always)?;
        let server = self.place.trim().to_owned();
        Some(Request::Account(AccountRequest::Keep { server, password }))
    }

    /// Whether a password is kept for it already.
    pub(crate) fn is_kept(&self, accounts: &Asked<Vec<AccountInfo>>) -> bool {
        let place = self.place.trim();
        let place = place.strip_prefix("127.0.0.1:").unwrap_or(place);
        let all = accounts.here();
        all.is_some_and(|all| all.iter().any(|a| a.server == place))
    }
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: &Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    let accounts = &mut model.home.agreed.accounts;
    match (tag, result) {
        (Tag::Accounts, Err(error)) => accounts.put(Err(said(&error))),
        (Tag::AccountKept(opened), result) => {
            let offer = match &mut model.home.dialog {
                Some(Dialog::Share(offer)) if offer.opened_ms == *opened => Some(offer),
                _ => None,
            };
            match (offer, result) {
                (offer, Ok(Reply::Accounts(all))) => {
                    accounts.put(Ok(all));
                    return offer.map_or_else(Vec::new, |offer| {
                        // From now on the node has it.
                        offer.server.password = None;
                        offer.send()
                    });
                }
                (Some(offer), Err(error)) => {
                    offer.busy = false;
                    offer.wrong = Some(said(&error));
                }
                (None, Err(error)) => return model.fail(&error),
                (_, Ok(_)) => {}
            }
        }
        (_, Ok(Reply::Accounts(all))) => accounts.put(Ok(all)),
        _ => {}
    }
    Vec::new()
}
