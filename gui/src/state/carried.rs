//! What travels as a file instead of by network (XFER-1): taken in here, or
//! written into the folder for downloads.

use std::path::PathBuf;

use kith_api::id::RoomId;
use kith_api::{ApiError, Joining, Package, PolicyLook, PolicyRequest, Reply, Request};

use super::first::Wrong;
use super::folder::Named;
use super::signing::{self, Signing};
use super::{Dialog, Effect, Model, Page, Tag, ask_aside, dialog, said};

/// The field for the file's path.
pub(crate) const CARRIED: &str = "carried-path";

/// A file that somebody gave.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// Where it is.
    pub(crate) path: Named,
    /// It is being read, or the node is at it.
    pub(crate) busy: bool,
    /// What was read, while it is found out what it is.
    pub(super) content: Vec<u8>,
    /// It is a policy that waits for signatures.
    pub(crate) signing: Option<Signing>,
    /// It is a policy of an organisation that our person doesn't belong to.
    pub(crate) policy: Option<PolicyLook>,
    /// What came of it, in words.
    pub(crate) said: Option<String>,
    /// Why nothing did.
    pub(crate) wrong: Option<Wrong>,
}

/// What a person does, and what came of it outside.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Wants to take in a file.
    Open,
    /// Names it.
    Path(String),
    /// Takes it in.
    TakeIn,
    /// Its content, or why it can't be read.
    Read(Result<Vec<u8>, Wrong>),
    /// Joins the organisation whose policy it is.
    Join,
    /// Signs it, or puts it in force.
    Sign(signing::Step),
    /// Wants what a room holds as a file.
    Room(RoomId),
    /// Wants this as a file of this name.
    Put(String, Vec<u8>),
    /// Where it was written, or why it couldn't be.
    Written(Result<PathBuf, Wrong>),
}

/// The dialog for a file whose path is known.
pub(super) fn of(path: PathBuf) -> Dialog {
    Dialog::Carried(Carried {
        path: Named::chosen(path),
        ..Carried::default()
    })
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match (message, &mut model.home.dialog) {
        (Message::Open, dialog) => {
            *dialog = Some(Dialog::Carried(Carried::default()));
            vec![Effect::Focus(CARRIED)]
        }
        (Message::Room(room), _) => {
            let room = room.to_string();
            vec![ask_aside(Tag::Package, Request::ExportRoom { room })]
        }
        (Message::Put(name, content), _) => vec![Effect::Put(Package { name, content })],
        (Message::Written(Ok(path)), _) => {
            let path = path.display().to_string();
            let note = model.words.with("carried-saved", &[("path", path.into())]);
            model.say(note)
        }
        (Message::Written(Err(why)), _) => {
            let words = model.words.t("no-downloads");
            let why = model.words.wrong(&why);
            model.say(format!("{words}: {why}"))
        }
        (message, Some(Dialog::Carried(carried))) => match message {
            Message::Path(path) => {
                carried.path = Named::typed(path);
                (carried.said, carried.policy, carried.signing) = (None, None, None);
                Vec::new()
            }
            Message::Join if carried.policy.take().is_some() => {
                carried.busy = true;
                let content = std::mem::take(&mut carried.content);
                let joining = Joining::Yes;
                let install = PolicyRequest::Install { content, joining };
                vec![ask_aside(Tag::Joined, Request::Policy(install))]
            }
            Message::Sign(step) => signing::update(carried, step),
            Message::TakeIn if !carried.busy => {
                let path = carried.path.path();
                carried.busy = path.is_some();
                (carried.said, carried.wrong) = (None, None);
                (carried.policy, carried.signing) = (None, None);
                path.map(Effect::Read).into_iter().collect()
            }
            Message::Read(Err(why)) => {
                carried.busy = false;
                carried.wrong = Some(why);
                Vec::new()
            }
            Message::Read(Ok(content)) => match invite(&content) {
                // It is looked at first, and answered by a person.
                Some(text) => {
                    let mut effects = dialog::update(model, dialog::Message::Accept);
                    effects.extend(dialog::update(model, dialog::Message::Text(text)));
                    effects
                }
                // A policy is signed, and an organisation joined, by a person.
                None => {
                    carried.content.clone_from(&content);
                    signing::look(content)
                }
            },
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// An invite is a text, also in a file.
fn invite(content: &[u8]) -> Option<String> {
    let text = str::from_utf8(content).ok()?.trim();
    text.get(..5)?
        .eq_ignore_ascii_case("kith:")
        .then(|| text.to_owned())
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: &Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    match (tag, result, &mut model.home.dialog) {
        (Tag::Proposed, result, Some(Dialog::Carried(carried))) => {
            signing::on_look(carried, result)
        }
        (Tag::Signed(step), result, Some(Dialog::Carried(carried))) => {
            let published = model.words.t("sign-published");
            signing::on_signed(carried, *step, result, published)
        }
        (Tag::Proposed, ..) => Vec::new(),
        (Tag::Policied, result, Some(Dialog::Carried(carried))) => match result {
            Ok(Reply::PolicyLook(look)) if look.joined == Joining::No => {
                carried.busy = false;
                carried.policy = Some(look);
                Vec::new()
            }
            // All else is taken in, or said why not.
            _ => {
                let content = std::mem::take(&mut carried.content);
                vec![ask_aside(Tag::Imported, Request::Import { content })]
            }
        },
        (Tag::Joined, result, dialog) => {
            let done = result.map_err(|e| said(&e)).map(|reply| match reply {
                Reply::Policy(full) => full.info.name,
                _ => String::new(),
            });
            let done = done.map(|name| model.words.with("policy-joined", &[("name", name.into())]));
            if let Some(Dialog::Carried(carried)) = dialog {
                carried.busy = false;
                match done {
                    Ok(said) => carried.said = Some(said),
                    Err(why) => carried.wrong = Some(Wrong::Said(why)),
                }
            }
            match model.home.page {
                Page::Rules => super::rules::open(model),
                _ => Vec::new(),
            }
        }
        (Tag::Imported, result, Some(Dialog::Carried(carried))) => {
            carried.busy = false;
            match result {
                Ok(Reply::Imported(imported)) => {
                    carried.said = Some(model.words.imported(&imported));
                }
                Ok(_) => {}
                Err(error) => carried.wrong = Some(Wrong::Said(said(&error))),
            }
            Vec::new()
        }
        // The dialog was closed meanwhile.
        (Tag::Imported, Ok(Reply::Imported(imported)), _) => {
            let said = model.words.imported(&imported);
            model.say(said)
        }
        (Tag::Decided(person), Ok(Reply::Package(package)), _) => {
            model.home.replies.insert(*person, package);
            Vec::new()
        }
        (_, Ok(Reply::Package(package)), _) => vec![Effect::Put(package)],
        (_, Err(error), _) => model.fail(&error),
        _ => Vec::new(),
    }
}
