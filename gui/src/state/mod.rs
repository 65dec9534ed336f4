//! What the program knows and does, without any window: a message comes in,
//! the model changes, effects come out. Nothing here reads a clock, a file or
//! a socket.

pub(crate) mod agreed;
pub(crate) mod answering;
pub(crate) mod bounds;
pub(crate) mod carried;
pub(crate) mod company;
pub(crate) mod config;
pub(crate) mod dialog;
pub(crate) mod figures;
pub(crate) mod first;
pub(crate) mod folder;
pub(crate) mod home;
pub(crate) mod joining;
pub(crate) mod keep;
pub(crate) mod known;
pub(crate) mod list;
pub(crate) mod meet;
pub(crate) mod members;
pub(crate) mod notice;
pub(crate) mod own;
pub(crate) mod pages;
pub(crate) mod part;
pub(crate) mod prefs;
pub(crate) mod presence;
pub(crate) mod rules;
pub(crate) mod server;
pub(crate) mod share;
pub(crate) mod shares;
pub(crate) mod signing;
pub(crate) mod standing;
pub(crate) mod steady;
pub(crate) mod sure;
mod tag;
pub(crate) mod thread;
pub(crate) mod windows;

use jiff::tz::TimeZone;
use kith_api::id::{RoomId, SessionId};
use kith_api::{ApiError, Encryption, LockState, Package, Request, Secret};

use crate::i18n::{LANGUAGES, Language, Words};
use crate::link::{Lane, News};
pub(crate) use dialog::Dialog;
pub(crate) use first::{Begin, First, Unlock};
pub(crate) use home::{Home, Node, Page};
pub(crate) use prefs::Prefs;
pub(crate) use tag::Tag;

/// Something that happened.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// The node, or the way to it.
    Link(News),
    /// The first run and the passphrase.
    First(first::Message),
    /// Everything else.
    Home(home::Message),
    /// A dialog.
    Dialog(dialog::Message),
    /// A message is to be deleted after all.
    Sure(sure::Sure),
    /// What travels as a file.
    Carried(carried::Message),
    /// What I keep outside of this device.
    Keep(keep::Message),
    /// What I keep about a contact.
    Known(known::Message),
    /// Who is in a room of several.
    Members(members::Message),
    /// Meeting somebody nearby.
    Meet(meet::Message),
    /// A conversation.
    Thread(thread::Message),
    /// Showing and seeing applications.
    Share(share::Message),
    /// The node's settings.
    Config(config::Message),
    /// Who may see when I am here.
    Presence(presence::Message),
    /// What was agreed on in advance.
    Agreed(agreed::Message),
    /// A consent that is given in advance.
    Standing(standing::Message),
    /// Rooms of several.
    Company(company::Message),
    /// What is allowed, and why not.
    Rules(rules::Message),
    /// Rules of one's own.
    Own(own::Message),
    /// How the program looks.
    Prefs(prefs::Change),
    /// Start the node again.
    Retry,
    /// The window is there, and not shown yet.
    Opened(iced::window::Id),
    /// The window has the keyboard, or not any more.
    Focused(bool),
    /// The next or the previous thing for the keyboard.
    Step {
        /// Backwards.
        back: bool,
    },
    /// A file was dropped on the window.
    Dropped(std::path::PathBuf),
    /// The passing note with this number has been seen long enough.
    Seen(u64),
    /// Something is to be copied.
    Copy(String),
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Show the window, marked as private.
    Show(iced::window::Id),
    /// Ask the node.
    Ask(Lane, Tag, Request),
    /// Take back what was asked so that it can be.
    TakeBack,
    /// Make a profile and run it.
    Create(Begin),
    /// Run the profile.
    Run(Option<Secret>),
    /// Give this field the keyboard.
    Focus(&'static str),
    /// Give the next or previous thing the keyboard.
    Step {
        /// Backwards.
        back: bool,
    },
    /// Copy a text.
    Copy(String),
    /// Fetch a file into the folder for downloads.
    Fetch {
        /// Its room.
        room: RoomId,
        /// The message that offers it.
        message: String,
        /// Its name.
        name: String,
    },
    /// See what there is in a folder, or in the one of the person at this
    /// computer.
    List(Option<std::path::PathBuf>),
    /// Read a file that somebody gave.
    Read(std::path::PathBuf),
    /// Write a file into the folder for downloads.
    Put(Package),
    /// Write a backup, under this passphrase, or a new recovery sheet; to this
    /// place, or into the folder for downloads.
    Keep(keep::What, String, Option<Secret>),
    /// Tell something outside of the window.
    Notify(notice::Notice),
    /// Take away what was told there.
    Hush,
    /// Keep how the program looks.
    Save(Prefs),
    /// End the passing note with this number in a while.
    Later(u64),
    /// Ask for the figures of this share again in a second.
    Measure(SessionId),
    /// Look at the windows again in a while, for the dialog that was opened then.
    LookAgain(u64),
}

/// Which part of the program is there.
#[derive(Debug)]
pub(crate) enum Stage {
    /// A node is looked for or started.
    Opening,
    /// There is no profile.
    First(First),
    /// There is one, and it is closed.
    Unlock(Unlock),
    /// No node can be had.
    Broken(String),
    /// Everything else.
    Home,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Model {
    /// The reader's language.
    pub(crate) words: Words,
    /// The languages that can be chosen.
    pub(crate) languages: &'static [Language],
    /// How the program looks.
    pub(crate) prefs: Prefs,
    /// Which part is there.
    pub(crate) stage: Stage,
    /// What the node says; kept while it is away.
    pub(crate) home: Home,
    /// The time of the message that is handled; milliseconds since 1970.
    pub(crate) now_ms: u64,
    /// Where this machine is, for hours and days.
    pub(crate) zone: TimeZone,
    /// A passing note and its number.
    pub(crate) toast: Option<(u64, String)>,
    /// The program's window has the keyboard.
    pub(crate) focused: bool,
    toasts: u64,
}

impl Model {
    /// Before anything is known.
    pub(crate) fn new(prefs: Prefs, zone: TimeZone) -> Self {
        let words = match &prefs.language {
            Some(code) => Words::for_wish(code),
            None => Words::for_environment(),
        };
        Self {
            words,
            languages: &LANGUAGES,
            prefs,
            stage: Stage::Opening,
            home: Home::default(),
            now_ms: 0,
            zone,
            toast: None,
            focused: true,
            toasts: 0,
        }
    }

    /// Only these languages can be read here; English, the first, always can.
    pub(crate) fn only(&mut self, readable: &'static [Language]) {
        self.languages = readable;
        if readable.iter().all(|(code, ..)| *code != self.words.code()) {
            self.words = Words::for_wish(LANGUAGES[0].0);
        }
    }

    /// Takes in what happened.
    pub(crate) fn update(&mut self, message: Message) -> Vec<Effect> {
        let dialog = self.home.dialog.is_some();
        let asked = windows::at_screen(self.home.dialog.as_ref());
        let mut effects = self.take(message);
        if asked.is_some_and(|offer| !windows::is_open(self.home.dialog.as_ref(), offer)) {
            effects.push(Effect::TakeBack);
        }
        if dialog && self.home.dialog.is_none() {
            effects.extend(home::back(&self.home));
        }
        steady::note(self);
        effects
    }

    fn take(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Link(news) => self.on_link(news),
            Message::First(message) => first::update(self, message),
            Message::Home(message) => home::update(self, message),
            Message::Dialog(message) => dialog::update(self, message),
            Message::Sure(what) => sure::yes(self, what),
            Message::Carried(message) => carried::update(self, message),
            Message::Keep(message) => keep::update(self, message),
            Message::Known(message) => known::update(self, message),
            Message::Members(message) => members::update(self, message),
            Message::Meet(message) => meet::update(self, message),
            Message::Thread(message) => thread::update(self, message),
            Message::Share(message) => share::update(self, message),
            Message::Company(message) => company::update(self, message),
            Message::Rules(message) => rules::update(self, message),
            Message::Own(message) => own::update(self, message),
            Message::Config(message) => config::update(self, message),
            Message::Presence(message) => presence::update(self, message),
            Message::Agreed(message) => agreed::update(self, message),
            Message::Standing(message) => standing::update(self, message),
            Message::Prefs(change) => prefs::update(self, change),
            Message::Retry => {
                self.stage = Stage::Opening;
                vec![Effect::Run(None)]
            }
            Message::Opened(window) => vec![Effect::Show(window)],
            Message::Focused(focused) => {
                self.focused = focused;
                let mut effects = home::read_now(self);
                effects.extend(focused.then_some(Effect::Hush));
                effects
            }
            Message::Step { back } => vec![Effect::Step { back }],
            Message::Dropped(path) => dialog::dropped(self, path),
            Message::Seen(number) => {
                self.toast.take_if(|(n, _)| *n == number);
                Vec::new()
            }
            Message::Copy(text) => {
                let note = self.words.t("copied");
                let mut effects = self.say(note);
                effects.push(Effect::Copy(text));
                effects
            }
        }
    }

    fn on_link(&mut self, news: News) -> Vec<Effect> {
        match news {
            News::Ready(_) => Vec::new(),
            News::NoProfile => {
                self.stage = Stage::First(First::default());
                vec![Effect::Focus(first::NAME)]
            }
            News::NeedsPassphrase { wrong } => {
                self.stage = Stage::Unlock(Unlock::closed(wrong));
                vec![Effect::Focus(first::PASSPHRASE)]
            }
            News::Starting => {
                if let Stage::Broken(_) = self.stage {
                    self.stage = Stage::Opening;
                }
                Vec::new()
            }
            News::Connected => {
                self.home.node = Node::Here;
                self.stage = Stage::Home;
                let mut effects = vec![ask(Tag::Me, Request::Identity)];
                if self.prefs.language.is_some() || self.prefs.scale != prefs::Scale::default() {
                    effects.push(config::open());
                }
                effects
            }
            News::Lost => self.without_node(),
            News::Silent => {
                if self.home.node == Node::Here {
                    self.home.node = Node::Silent;
                }
                Vec::new()
            }
            News::Answers => {
                if self.home.node == Node::Silent {
                    self.home.node = Node::Here;
                }
                Vec::new()
            }
            News::Printed(path) => {
                keep::written(self, path);
                Vec::new()
            }
            News::Refused(mut error) => {
                self.words.translate(&mut error);
                self.on_link(News::Failed(said(&error)))
            }
            News::Failed(why) => {
                match &mut self.stage {
                    Stage::First(first) => first.failed(why),
                    // What is open stays, with the way to start it again.
                    Stage::Home => return self.without_node(),
                    _ => self.stage = Stage::Broken(why),
                }
                Vec::new()
            }
            News::Event(event) => home::on_event(self, *event),
            News::Answer(tag, result) => self.on_answer(tag, *result),
        }
    }

    fn on_answer(
        &mut self,
        tag: Tag,
        mut result: Result<kith_api::Reply, ApiError>,
    ) -> Vec<Effect> {
        if let Err(error) = &mut result
            && error.message.is_empty()
        {
            error.message = self.words.t("node-gone");
        } else if let Err(error) = &mut result {
            self.words.translate(error);
        }
        match tag {
            Tag::Me | Tag::Found(_) | Tag::Features => home::on_answer(self, tag, result),
            Tag::History(..) | Tag::Sent(..) => thread::on_answer(self, tag, result),
            Tag::Invite
            | Tag::Invites
            | Tag::Look
            | Tag::Accept
            | Tag::Safety
            | Tag::RoomNew
            | Tag::FileSent
            | Tag::Revoked => dialog::on_answer(self, tag, result),
            Tag::Shares | Tag::ShareDone | Tag::Windows | Tag::Screens => {
                share::on_answer(self, &tag, result)
            }
            Tag::Page(Page::Rules) | Tag::Policy(_) | Tag::OwnRules | Tag::Explained(_) => {
                rules::on_answer(self, tag, result)
            }
            Tag::OwnRule => own::on_answer(self, result),
            Tag::Figures(session) => figures::on_answer(self, session, result),
            Tag::Page(_) | Tag::Sound => pages::on_answer(self, &tag, result),
            Tag::Config | Tag::ConfigSet(_) => config::on_answer(self, tag, result),
            Tag::Presence => presence::on_answer(self, result),
            Tag::Consents | Tag::Limits | Tag::Inputs | Tag::Agreed(_) => {
                agreed::on_answer(self, tag, result)
            }
            Tag::Given | Tag::Applications => standing::on_answer(self, &tag, result),
            Tag::Accounts | Tag::AccountKept(_) => server::on_answer(self, &tag, result),
            Tag::Moderated(room) => company::on_answer(self, room, result),
            Tag::Imported
            | Tag::Policied
            | Tag::Proposed
            | Tag::Signed(_)
            | Tag::Joined
            | Tag::Package
            | Tag::Decided(_) => carried::on_answer(self, &tag, result),
            Tag::Kept(_) | Tag::Card => keep::on_answer(self, tag, result),
            Tag::Members => members::on_answer(self, result),
            Tag::Known => known::on_answer(self, result),
            Tag::Meet => meet::on_answer(self, result),
            Tag::Unlock => first::on_answer(self, result),
            Tag::Fetched(path) => match result {
                Ok(_) => {
                    let path = [("path", path.display().to_string().into())];
                    self.say(self.words.with("carried-saved", &path))
                }
                Err(error) => self.fail(&error),
            },
            Tag::Done => match result {
                Ok(_) => Vec::new(),
                Err(error) => self.fail(&error),
            },
        }
    }

    /// Shows a passing note.
    pub(crate) fn say(&mut self, words: String) -> Vec<Effect> {
        self.toasts += 1;
        self.toast = Some((self.toasts, words));
        vec![Effect::Later(self.toasts)]
    }

    /// Shows why something wasn't done.
    pub(crate) fn fail(&mut self, error: &ApiError) -> Vec<Effect> {
        self.say(said(error))
    }

    /// The node has gone.
    fn without_node(&mut self) -> Vec<Effect> {
        self.home.away();
        self.all_ended()
    }

    /// No share outlives its node, nor a lock: who saw something sees it no
    /// more, and that is said.
    fn all_ended(&mut self) -> Vec<Effect> {
        match self.home.shares.end_all() {
            true => self.say(self.words.t("shares-ended")),
            false => Vec::new(),
        }
    }

    /// The node's lock changed: the keyboard goes where it is needed next.
    fn locked(&mut self, lock: LockState) -> Vec<Effect> {
        match (lock, &self.stage) {
            (LockState::Locked, Stage::Home | Stage::Opening | Stage::Broken(_)) => {
                let status = self.home.status.as_ref();
                let under = status.map_or(Encryption::Passphrase, |s| s.encryption);
                self.stage = Stage::Unlock(Unlock::locked(under));
                // Nothing goes on in it, and nobody is to read it meanwhile.
                self.home.dialog = None;
                let mut effects = self.all_ended();
                effects.push(Effect::Focus(first::PASSPHRASE));
                effects
            }
            (LockState::Open, Stage::Unlock(_)) => {
                self.stage = Stage::Home;
                home::back(&self.home).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What went wrong, with what to do about it.
pub(crate) fn said(error: &ApiError) -> String {
    match &error.hint {
        Some(hint) => format!("{} – {hint}", error.message),
        None => error.message.clone(),
    }
}

/// A request in order.
pub(crate) const fn ask(tag: Tag, request: Request) -> Effect {
    Effect::Ask(Lane::InOrder, tag, request)
}

/// A request beside everything else.
pub(crate) const fn ask_aside(tag: Tag, request: Request) -> Effect {
    Effect::Ask(Lane::Aside, tag, request)
}

#[cfg(test)]
pub(crate) mod tests;
