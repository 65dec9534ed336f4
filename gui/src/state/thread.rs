//! A conversation: its messages as far as they are here, where the reader
//! stands, and what is being written.

use core::fmt;
use std::collections::BTreeMap;

use iced::widget::text_editor::{Action, Content, Edit};
use kith_api::id::RoomId;
use kith_api::{
    ApiError, Content as Says, Edited, Message as Entry, MessageRef, Mine, Reply, Request, Room,
};

use super::home::{Home, Node};
use super::{Effect, Model, Tag, ask, ask_aside, said, sure};
use crate::widgets::feed::Stand;

/// The field for writing.
pub(crate) const WRITE: &str = "write";

/// The first tool of the message that the keyboard is at.
pub(crate) const TOOLS: &str = "picked-tools";

/// How many messages are asked for at once.
const PAGE: u32 = 200;
/// The same on the way to a search hit: as many as the node gives.
const LARGE_PAGE: u32 = 500;
/// How near to the oldest one the reader comes before older ones are asked
/// for, in messages.
const NEAR: usize = 120;
/// How far back a search hit is followed before it is given up, in messages.
const FARTHEST: usize = 100_000;

/// How much of a conversation is here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Load {
    /// Nothing was asked yet.
    #[default]
    Nothing,
    /// It is on its way.
    Coming,
    /// Older messages can be asked for.
    Part,
    /// All of it.
    All,
    /// It can't be had; why, in words.
    Failed(String),
}

/// What is being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Writing {
    /// Something new.
    #[default]
    New,
    /// An answer to this message.
    Answer(String),
    /// This message of mine anew.
    Edit(String),
}

/// A conversation.
#[derive(Default)]
pub(crate) struct Thread {
    /// The messages, oldest first.
    pub(crate) messages: Vec<Entry>,
    /// How much is here.
    pub(crate) load: Load,
    /// Where the reader stands.
    pub(crate) stand: Stand,
    /// The text being written.
    pub(crate) draft: Content,
    /// What it is.
    pub(crate) writing: Writing,
    /// The message that the keyboard is at.
    pub(crate) picked: Option<String>,
    /// The message whose reactions are being chosen.
    pub(crate) reacting: Option<String>,
    /// The first message that was unread when the room was opened.
    pub(crate) unread_from: Option<String>,
    /// Bytes of files on their way, by message.
    pub(crate) fetched: BTreeMap<String, u64>,
    /// A message to go to once it is here.
    wanted: Option<String>,
    /// How many were asked for with what is on its way.
    page: u32,
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Thread({}, {:?}, {:?})",
            self.messages.len(),
            self.load,
            self.stand
        )
    }
}

/// What a person does in a conversation.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Goes to another place in it.
    Stand(Stand),
    /// Goes by about a page.
    Page {
        /// Upwards.
        up: bool,
    },
    /// Writes.
    Write(Action),
    /// Sends.
    Send,
    /// Answers a message.
    Answer(String),
    /// Changes one of their own.
    Edit(String),
    /// Wants to delete one, where that may be.
    Delete(String),
    /// Opens or closes the choice of reactions.
    Reacting(String),
    /// Reacts.
    React(String, String),
    /// Fetches a file.
    Fetch(String, String),
    /// Goes to a message.
    GoTo(String),
    /// Moves the keyboard from message to message.
    Pick {
        /// Upwards.
        up: bool,
    },
    /// Writes something new after all.
    Leave,
    /// Asks for the messages once more.
    Again,
}

impl Thread {
    /// The reader sees what arrives.
    pub(crate) fn at_end(&self) -> bool {
        self.stand == Stand::End
    }

    /// Back to writing something new.
    pub(super) fn leave(&mut self) {
        if let Writing::Edit(_) = self.writing {
            self.draft = Content::new();
        }
        self.writing = Writing::New;
        self.reacting = None;
        self.picked = None;
    }

    fn place_of(&self, id: &str) -> Option<usize> {
        self.messages.iter().rposition(|m| m.id == id)
    }

    /// A message with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Entry> {
        self.place_of(id).and_then(|at| self.messages.get(at))
    }

    /// A message is new or changed.
    fn put(&mut self, message: Entry) {
        if let Some(at) = self.place_of(&message.id) {
            self.messages[at] = message;
            return;
        }
        let at = self
            .messages
            .iter()
            .rposition(|m| m.at_ms <= message.at_ms)
            .map_or(0, |at| at + 1);
        self.messages.insert(at, message);
        self.moved(at, 1);
    }

    /// So many messages came before number `at`.
    fn moved(&mut self, at: usize, by: usize) {
        if let Stand::At { item, .. } = &mut self.stand
            && *item >= at
        {
            *item += by;
        }
    }

    /// Goes to a message that is here, or keeps looking.
    fn seek(&mut self, room: RoomId) -> Vec<Effect> {
        let Some(id) = self.wanted.clone() else {
            return Vec::new();
        };
        match self.place_of(&id) {
            Some(at) => {
                self.wanted = None;
                self.picked = Some(id);
                let item = (at + 3).min(self.messages.len().saturating_sub(1));
                self.stand = Stand::At { item, below: 0.0 };
                Vec::new()
            }
            None if self.load == Load::Part && self.messages.len() < FARTHEST => self.older(room),
            None => {
                if self.load != Load::Coming {
                    self.wanted = None;
                }
                Vec::new()
            }
        }
    }

    fn older(&mut self, room: RoomId) -> Vec<Effect> {
        self.load = Load::Coming;
        let before = self.messages.first().map(|m| m.id.clone());
        // The answer is judged by this number too.
        self.page = match self.wanted {
            Some(_) if before.is_some() => LARGE_PAGE,
            _ => PAGE,
        };
        let request = Request::History {
            room: room.to_string(),
            before: before.clone(),
            limit: self.page,
        };
        vec![ask_aside(Tag::History(room, before), request)]
    }
}

/// A room is opened.
pub(super) fn open(model: &mut Model, room: RoomId) -> Vec<Effect> {
    let thread = model.home.threads.entry(room).or_default();
    match thread.load {
        Load::Nothing | Load::Failed(_) => thread.older(room),
        _ => Vec::new(),
    }
}

/// After the node was away: what is open is asked for again, the rest when it
/// is opened.
pub(super) fn anew(model: &mut Model) -> Vec<Effect> {
    let open = model.home.open_room();
    let mut effects = Vec::new();
    model.home.threads.retain(|room, thread| {
        if Some(*room) == open {
            let request = Request::History {
                room: room.to_string(),
                before: None,
                limit: PAGE,
            };
            effects.push(ask_aside(Tag::History(*room, None), request));
        } else {
            thread.messages.clear();
            thread.load = Load::Nothing;
            thread.stand = Stand::End;
        }
        true
    });
    effects
}

/// Goes to a message of a room.
pub(super) fn go_to(model: &mut Model, room: RoomId, message: String) -> Vec<Effect> {
    let thread = model.home.threads.entry(room).or_default();
    thread.wanted = Some(message);
    thread.seek(room)
}

/// A message is new or changed.
pub(super) fn on_message(home: &mut Home, message: Entry) {
    if let Some(thread) = home.threads.get_mut(&message.room.id)
        && thread.load != Load::Nothing
    {
        thread.put(message);
    }
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let Some(room) = model.home.open_room() else {
        return Vec::new();
    };
    let Some(thread) = model.home.threads.get_mut(&room) else {
        return Vec::new();
    };
    let of = |message: String| MessageRef {
        room: room.to_string(),
        message,
    };
    match message {
        Message::Stand(stand) => {
            thread.stand = stand;
            let mut effects = super::home::read_now(model);
            effects.extend(older_if_near(model, room));
            effects
        }
        Message::Page { up } => {
            let last = thread.messages.len().saturating_sub(1);
            let item = match thread.stand {
                Stand::End => last,
                Stand::At { item, .. } => item,
            };
            thread.stand = match up {
                true => Stand::At {
                    item: item.saturating_sub(8),
                    below: 0.0,
                },
                false if item + 8 >= last => Stand::End,
                false => Stand::At {
                    item: item + 8,
                    below: 0.0,
                },
            };
            older_if_near(model, room)
        }
        Message::Write(action) => {
            thread.draft.perform(action);
            Vec::new()
        }
        // It stays where it was written.
        Message::Send if model.home.node == Node::Away => {
            let note = model.words.t("not-sent");
            model.say(note)
        }
        Message::Send => send(thread, room),
        Message::Answer(id) => {
            thread.writing = Writing::Answer(id);
            vec![Effect::Focus(WRITE)]
        }
        Message::Edit(id) => {
            let text = match thread.get(&id).map(|m| &m.content) {
                Some(Says::Text(text)) => text.clone(),
                _ => return Vec::new(),
            };
            thread.draft = Content::with_text(&text);
            thread
                .draft
                .perform(Action::Move(iced::widget::text_editor::Motion::DocumentEnd));
            thread.writing = Writing::Edit(id);
            vec![Effect::Focus(WRITE)]
        }
        Message::Delete(id) => {
            let what = thread.get(&id).map(sure::of);
            what.map_or_else(Vec::new, |what| sure::open(model, what))
        }
        Message::Reacting(id) => {
            thread.reacting = match thread.reacting.as_deref() == Some(&id) {
                true => None,
                false => Some(id),
            };
            Vec::new()
        }
        Message::React(id, emoji) => {
            thread.reacting = None;
            vec![ask(Tag::Done, Request::React { of: of(id), emoji })]
        }
        Message::Fetch(message, name) => vec![Effect::Fetch {
            room,
            message,
            name,
        }],
        Message::GoTo(id) => {
            thread.wanted = Some(id);
            thread.seek(room)
        }
        Message::Pick { up } => pick(thread, up),
        Message::Leave => {
            thread.leave();
            vec![Effect::Focus(WRITE)]
        }
        Message::Again => thread.older(room),
    }
}

fn older_if_near(model: &mut Model, room: RoomId) -> Vec<Effect> {
    let Some(thread) = model.home.threads.get_mut(&room) else {
        return Vec::new();
    };
    match (thread.stand, &thread.load) {
        (Stand::At { item, .. }, Load::Part) if item < NEAR => thread.older(room),
        _ => Vec::new(),
    }
}

fn pick(thread: &mut Thread, up: bool) -> Vec<Effect> {
    let all = thread.messages.len();
    let last = all.saturating_sub(1);
    let at = thread.picked.as_deref().and_then(|id| thread.place_of(id));
    // Nothing can be done with what the program itself says.
    let said = |n: &usize| {
        let message = thread.messages.get(*n);
        message.is_some_and(|m| !matches!(m.content, Says::Notice(_)))
    };
    let next = match (at, up) {
        (_, true) => (0..at.unwrap_or(all)).rev().find(said).or(at),
        (Some(at), false) => (at + 1..all).find(said),
        (None, false) => return Vec::new(),
    };
    let Some(next) = next else {
        thread.picked = None;
        thread.stand = Stand::End;
        return vec![Effect::Focus(WRITE)];
    };
    thread.picked = thread.messages.get(next).map(|m| m.id.clone());
    thread.reacting = None;
    thread.stand = match next + 2 >= last {
        true => Stand::End,
        false => Stand::At {
            item: next + 2,
            below: 0.0,
        },
    };
    // What is pressed next is done to this one.
    vec![Effect::Focus(TOOLS)]
}

fn send(thread: &mut Thread, room: RoomId) -> Vec<Effect> {
    let text = thread.draft.text().trim().to_owned();
    if text.is_empty() {
        return Vec::new();
    }
    thread.draft = Content::new();
    thread.picked = None;
    thread.unread_from = None;
    let to = room.to_string();
    let request = match core::mem::take(&mut thread.writing) {
        Writing::Edit(message) => Request::Edit {
            of: MessageRef { room: to, message },
            text: text.clone(),
        },
        writing => {
            thread.stand = Stand::End;
            let reply_to = match writing {
                Writing::Answer(id) => Some(id),
                _ => None,
            };
            Request::Send {
                to,
                text: text.clone(),
                reply_to,
            }
        }
    };
    vec![ask(Tag::Sent(room, text), request)]
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    match (tag, result) {
        (Tag::History(room, before), Ok(Reply::Messages(page))) => {
            let unread = model.home.room(&room).map_or(0, |r| r.unread);
            let Some(thread) = model.home.threads.get_mut(&room) else {
                return Vec::new();
            };
            let asked = match before {
                Some(_) => thread.page,
                None => PAGE,
            };
            let whole = page.len() < asked as usize;
            match before {
                Some(_) => {
                    let n = page.len();
                    thread.messages.splice(0..0, page);
                    thread.moved(0, n);
                }
                None => {
                    thread.unread_from = first_unread(&page, unread);
                    thread.messages = page;
                    thread.stand = Stand::End;
                }
            }
            thread.load = if whole { Load::All } else { Load::Part };
            let mut effects = thread.seek(room);
            effects.extend(super::home::read_now(model));
            effects
        }
        (Tag::History(room, _), Err(error)) => {
            if let Some(thread) = model.home.threads.get_mut(&room) {
                thread.load = Load::Failed(said(&error));
            }
            Vec::new()
        }
        (Tag::Sent(room, text), Err(error)) => {
            if let Some(thread) = model.home.threads.get_mut(&room)
                && thread.draft.text().trim().is_empty()
            {
                let text = std::sync::Arc::new(text);
                thread.draft.perform(Action::Edit(Edit::Paste(text)));
            }
            model.fail(&error)
        }
        _ => Vec::new(),
    }
}

/// The message that the line “new” stands above.
fn first_unread(messages: &[Entry], unread: u32) -> Option<String> {
    let theirs = messages.iter().rev().filter(|m| m.mine == Mine::No);
    let n = usize::try_from(unread).ok()?.checked_sub(1)?;
    theirs.take(n + 1).last().map(|m| m.id.clone())
}

/// Whether a message can be changed by me.
pub(crate) const fn is_editable(message: &Entry) -> bool {
    matches!(
        (&message.mine, &message.content),
        (Mine::Yes, Says::Text(_))
    )
}

/// Whether it was changed.
pub(crate) fn was_edited(message: &Entry) -> bool {
    message.edited == Edited::Yes
}

/// Whether one can write in a room.
pub(crate) fn can_write(room: &Room) -> bool {
    room.me == "member"
}
