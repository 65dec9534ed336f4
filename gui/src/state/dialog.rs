//! What comes up above the page: inviting, answering an invite, comparing the
//! safety number, a new room, sending a file, the keys.

use std::collections::BTreeSet;
use std::path::PathBuf;

use iced::widget::qr_code;
use kith_api::id::{DeviceId, PersonId};
use kith_api::{
    Accepted, ApiError, Invitation, Invite, ModeratedLevel, ModeratedRequest, Reply, Request,
    RevokeReason, Safety, Verification,
};

use super::carried;
use super::first::Wrong;
use super::folder::{Folder, Named};
use super::home::{self, Chosen, Page};
use super::steady::{self, Yes};
use super::{Effect, Message as Any, Model, Stage, Tag, ask, ask_aside, said};

/// The field for an invite.
pub(crate) const INVITE: &str = "invite-text";
/// The field for a room's title.
pub(crate) const TITLE: &str = "room-title";
/// The field for a file's path.
pub(crate) const PATH: &str = "file-path";

/// How long an invite lasts, in seconds: three days, as on the command line.
const LIFETIME: u64 = 72 * 3600;

/// A dialog.
#[derive(Debug)]
pub(crate) enum Dialog {
    /// My invite, as text and picture.
    Invite(Step<Made>),
    /// Somebody's invite.
    Accept(Accept),
    /// Comparing the safety number.
    Safety(PersonId, Step<Safety>),
    /// Somebody nearby, or a spoken code.
    Meet(super::meet::Meet),
    /// A new room.
    Room(NewRoom),
    /// A file for the open room.
    File(Sending),
    /// A file that somebody gave.
    Carried(carried::Carried),
    /// What I keep outside of this device.
    Keep(super::keep::Keep),
    /// My own card.
    Card(Step<super::keep::MyCard>),
    /// What I keep about a contact.
    Known(super::known::Known),
    /// A change of who is in a room.
    Members(super::members::Members),
    /// Showing somebody something.
    Share(super::share::Offer),
    /// A rule of one's own.
    Own(super::own::Own),
    /// Giving a consent in advance.
    Standing(super::standing::Standing),
    /// Revoking a device of mine.
    Device(Revoke),
    /// Whether a message is to be deleted.
    Sure(super::sure::Sure),
    /// What the keys do.
    Keys,
}

/// A device of mine that is to be revoked (ID-1).
#[derive(Debug)]
pub(crate) struct Revoke {
    /// Which.
    pub(crate) device: DeviceId,
    /// Why; nothing is done before that is said.
    pub(crate) reason: Option<RevokeReason>,
    /// The node is at it.
    pub(crate) busy: bool,
    /// Why not.
    pub(crate) wrong: Option<String>,
}

/// Something that the node is asked for.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// It is on its way.
    Coming,
    /// It is here.
    Here(T),
    /// It can't be had; why, in words.
    Failed(String),
}

/// An invite of mine that was just made.
#[derive(Debug)]
pub(crate) struct Made {
    /// The invite.
    pub(crate) invite: Invite,
    /// Its text as a picture, if it fits into one.
    pub(crate) picture: Option<qr_code::Data>,
    /// Others of mine that nobody has answered yet.
    pub(crate) others: Vec<Invite>,
}

/// Answering an invite.
#[derive(Debug, Default)]
pub(crate) struct Accept {
    /// What was pasted.
    pub(crate) text: String,
    /// What it says.
    pub(crate) says: Option<Invitation>,
    /// What I call this person.
    pub(crate) petname: String,
    /// The node is at it.
    pub(crate) busy: bool,
    /// It was answered.
    pub(crate) done: Option<Accepted>,
    /// Why not.
    pub(crate) wrong: Option<String>,
}

/// A file that is to be sent.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// Where it is.
    pub(crate) path: Named,
    /// Which folder was asked for last; `None` for the person's own.
    asked: Option<PathBuf>,
    /// The folder that is seen; `None` while it comes.
    pub(crate) folder: Option<Folder>,
    /// The node is at it.
    pub(crate) busy: bool,
    /// Why not.
    pub(crate) wrong: Option<Wrong>,
}

/// A room that is being made.
#[derive(Debug, Default)]
pub(crate) struct NewRoom {
    /// What it is called.
    pub(crate) title: String,
    /// Who is to be in it.
    pub(crate) members: BTreeSet<PersonId>,
    /// What may be shared there, where our person says that.
    pub(crate) moderated: Option<ModeratedLevel>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Opens the invite.
    Invite,
    /// Makes an open invite worthless (ID-2).
    InviteBack(String),
    /// Opens the answer to one.
    Accept,
    /// Opens the safety number of somebody.
    Safety(PersonId),
    /// Says whether it is equal.
    Verify(PersonId, Verification),
    /// Opens the new room.
    Room,
    /// Opens the list of keys.
    Keys,
    /// Wants to revoke a device.
    Device(DeviceId),
    /// Says why.
    Reason(RevokeReason),
    /// Revokes it.
    Revoke,
    /// Opens the sending of a file.
    File,
    /// Types or pastes an invite.
    Text(String),
    /// Looks at it.
    Look,
    /// Types the petname.
    Petname(String),
    /// Answers it.
    Answer,
    /// Types the title.
    Title(String),
    /// Takes somebody in, or out again.
    Member(PersonId),
    /// Chooses whether our person says what may be shared there, and what.
    Moderated(Option<ModeratedLevel>),
    /// Makes the room.
    Make,
    /// Types the path.
    Path(String),
    /// Goes to a folder.
    Folder(PathBuf),
    /// What there is in the one that was asked for, or why that can't be seen.
    Listed(Option<PathBuf>, Result<Folder, Wrong>),
    /// Chooses a file in it.
    Choose(PathBuf),
    /// Sends the file.
    Send,
    /// Closes the dialog.
    Close,
}

/// A file was dropped on the window.
pub(super) fn dropped(model: &mut Model, path: PathBuf) -> Vec<Effect> {
    match &mut model.stage {
        Stage::Home => {}
        Stage::First(first) => {
            super::first::dropped(first, path);
            return Vec::new();
        }
        _ => return Vec::new(),
    }
    let talking = model.home.page == Page::Talk;
    if path.extension().is_some_and(|e| e == "kith") {
        model.home.dialog = Some(carried::of(path));
    } else if talking && model.home.open_room().is_some() {
        let asked: Option<PathBuf> = path.parent().map(Into::into);
        model.home.dialog = Some(Dialog::File(Sending {
            path: Named::chosen(path),
            asked: asked.clone(),
            ..Sending::default()
        }));
        return vec![Effect::List(asked)];
    }
    Vec::new()
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let dialog = &mut model.home.dialog;
    match message {
        Message::Invite => {
            *dialog = Some(Dialog::Invite(Step::Coming));
            let lifetime_secs = LIFETIME;
            vec![ask_aside(Tag::Invite, Request::InviteNew { lifetime_secs })]
        }
        Message::InviteBack(invite) => {
            let back = Request::InviteRevoke { invite };
            vec![ask(Tag::Done, back), ask(Tag::Invites, Request::Invites)]
        }
        Message::Accept => {
            *dialog = Some(Dialog::Accept(Accept::default()));
            vec![Effect::Focus(INVITE)]
        }
        Message::Safety(id) => {
            *dialog = Some(Dialog::Safety(id, Step::Coming));
            let who = id.to_string();
            vec![ask_aside(Tag::Safety, Request::Safety { who })]
        }
        Message::Verify(id, outcome) => {
            if outcome == Verification::Verified
                && let Some(early) = steady::too_early(model, &Yes::Safety(id))
            {
                return early;
            }
            model.home.dialog = None;
            let who = id.to_string();
            vec![ask(Tag::Done, Request::Verify { who, outcome })]
        }
        Message::Room => {
            *dialog = Some(Dialog::Room(NewRoom::default()));
            vec![Effect::Focus(TITLE)]
        }
        Message::Device(device) => {
            *dialog = Some(Dialog::Device(Revoke {
                device,
                reason: None,
                busy: false,
                wrong: None,
            }));
            Vec::new()
        }
        Message::Keys => {
            *dialog = Some(Dialog::Keys);
            Vec::new()
        }
        Message::File => {
            *dialog = Some(Dialog::File(Sending::default()));
            vec![Effect::Focus(PATH), Effect::List(None)]
        }
        Message::Close => {
            *dialog = None;
            Vec::new()
        }
        message => match dialog {
            Some(Dialog::Accept(accept)) => accept.update(message),
            Some(Dialog::Room(room)) => room.update(message),
            Some(Dialog::Device(revoke)) => revoke.update(message),
            Some(Dialog::File(file)) => match file.update(message) {
                Ok(effects) => effects,
                Err(path) => send_file(model, path),
            },
            _ => Vec::new(),
        },
    }
}

impl Sending {
    /// What is to be done, or which file is to be sent.
    fn update(&mut self, message: Message) -> Result<Vec<Effect>, PathBuf> {
        match message {
            Message::Path(typed) => self.path = Named::typed(typed),
            Message::Folder(path) => {
                self.asked = Some(path.clone());
                self.wrong = None;
                return Ok(vec![Effect::List(Some(path))]);
            }
            // One that comes late is not the one that is wanted.
            Message::Listed(asked, found) if asked == self.asked => match found {
                Ok(folder) => self.folder = Some(folder),
                Err(why) => self.wrong = Some(why),
            },
            Message::Choose(path) => self.path = Named::chosen(path),
            Message::Send if !self.busy => {
                if let Some(path) = self.path.path() {
                    self.busy = true;
                    self.wrong = None;
                    return Err(path);
                }
            }
            _ => {}
        }
        Ok(Vec::new())
    }
}

fn send_file(model: &Model, path: PathBuf) -> Vec<Effect> {
    let Some(room) = model.home.open_room() else {
        return Vec::new();
    };
    let to = room.to_string();
    vec![ask_aside(Tag::FileSent, Request::FileSend { to, path })]
}

impl Accept {
    fn update(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Text(text) => {
                // What is pasted is looked at at once: looking never uses it.
                let pasted = text.len() > self.text.len() + 8;
                self.text = text;
                self.says = None;
                self.wrong = None;
                match pasted {
                    true => self.look(),
                    false => Vec::new(),
                }
            }
            Message::Look => self.look(),
            Message::Petname(name) => {
                self.petname = name;
                Vec::new()
            }
            Message::Answer if !self.busy && self.says.is_some() => {
                self.busy = true;
                let petname = Some(self.petname.trim())
                    .filter(|p| !p.is_empty())
                    .map(str::to_owned);
                let invite = self.text.trim().to_owned();
                vec![ask_aside(
                    Tag::Accept,
                    Request::InviteAccept { invite, petname },
                )]
            }
            _ => Vec::new(),
        }
    }

    fn look(&mut self) -> Vec<Effect> {
        let invite = self.text.trim().to_owned();
        self.busy = !invite.is_empty();
        match self.busy {
            false => Vec::new(),
            true => vec![ask(Tag::Look, Request::InviteLook { invite })],
        }
    }
}

impl Revoke {
    fn update(&mut self, message: Message) -> Vec<Effect> {
        match (message, self.reason) {
            (Message::Reason(reason), _) => self.reason = Some(reason),
            (Message::Revoke, Some(reason)) if !self.busy => {
                self.busy = true;
                self.wrong = None;
                let device = self.device.to_string();
                let request = Request::DeviceRevoke { device, reason };
                return vec![ask_aside(Tag::Revoked, request)];
            }
            _ => {}
        }
        Vec::new()
    }
}

impl NewRoom {
    fn update(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Title(title) => self.title = title,
            Message::Moderated(level) => self.moderated = level,
            Message::Member(id) => match self.members.take(&id) {
                Some(_) => {}
                None => drop(self.members.insert(id)),
            },
            Message::Make if !self.title.trim().is_empty() => {
                let title = self.title.trim().to_owned();
                let members = self.members.iter().map(ToString::to_string).collect();
                let request = match self.moderated {
                    None => Request::RoomNew { title, members },
                    Some(level) => Request::Moderated(ModeratedRequest::Open {
                        title,
                        members,
                        level,
                    }),
                };
                return vec![ask(Tag::RoomNew, request)];
            }
            _ => {}
        }
        Vec::new()
    }
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    if tag == Tag::RoomNew {
        return match result {
            Ok(Reply::Room(room)) => {
                model.home.dialog = None;
                let id = room.room.id;
                model.home.rooms.retain(|r| r.room.id != id);
                model.home.rooms.push(room);
                model.update(Any::Home(home::Message::Choose(Chosen::Room(id))))
            }
            Ok(_) => Vec::new(),
            Err(error) => model.fail(&error),
        };
    }
    match (&mut model.home.dialog, tag, result) {
        (Some(Dialog::Device(_)), Tag::Revoked, Ok(Reply::Identity(me))) => {
            model.home.dialog = None;
            model.home.me = Some(me);
        }
        (Some(Dialog::Device(revoke)), Tag::Revoked, Err(error)) => {
            revoke.busy = false;
            revoke.wrong = Some(said(&error));
        }
        (Some(Dialog::File(_)), Tag::FileSent, Ok(_)) => model.home.dialog = None,
        (Some(Dialog::File(file)), Tag::FileSent, Err(error)) => {
            file.busy = false;
            file.wrong = Some(Wrong::Said(said(&error)));
        }
        (_, Tag::FileSent, Err(error)) => return model.fail(&error),
        (None, Tag::Revoked, Ok(Reply::Identity(me))) => model.home.me = Some(me),
        (None, Tag::Revoked, Err(error)) => return model.fail(&error),
        (Some(Dialog::Invite(step)), Tag::Invite, result) => {
            *step = match result {
                Ok(Reply::Invite(invite)) => {
                    let text = invite.text.as_deref().unwrap_or_default();
                    let level = qr_code::ErrorCorrection::Low;
                    let picture = qr_code::Data::with_error_correction(text, level).ok();
                    *step = Step::Here(Made {
                        invite,
                        picture,
                        others: Vec::new(),
                    });
                    return vec![ask_aside(Tag::Invites, Request::Invites)];
                }
                Ok(_) => return Vec::new(),
                Err(error) => Step::Failed(said(&error)),
            };
        }
        (Some(Dialog::Invite(Step::Here(made))), Tag::Invites, Ok(Reply::Invites(mut all))) => {
            all.retain(|i| i.id != made.invite.id);
            made.others = all;
        }
        (Some(Dialog::Safety(_, step)), Tag::Safety, result) => {
            *step = match result {
                Ok(Reply::Safety(safety)) => Step::Here(safety),
                Ok(_) => return Vec::new(),
                Err(error) => Step::Failed(said(&error)),
            };
        }
        (Some(Dialog::Accept(accept)), _, result) => {
            accept.busy = false;
            match result {
                Ok(Reply::Invitation(says)) => {
                    if accept.petname.is_empty() {
                        accept.petname.clone_from(&says.name);
                    }
                    accept.says = Some(says);
                    accept.wrong = None;
                }
                Ok(Reply::Accepted(done)) => accept.done = Some(done),
                Ok(_) => {}
                Err(error) => accept.wrong = Some(said(&error)),
            }
        }
        _ => {}
    }
    Vec::new()
}
