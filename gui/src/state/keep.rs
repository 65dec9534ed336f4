//! What a person keeps outside of this device: a backup (ID-5), the recovery
//! sheet (ID-6), and the card by which others verify them (ID-3).

use std::path::PathBuf;

use iced::widget::qr_code;
use kith_api::{ApiError, Card, Reply, Request, Secret};
use zeroize::Zeroizing;

use super::dialog::Step;
use super::first::{SHORTEST, Wrong};
use super::{Dialog, Effect, Model, Tag, ask_aside, said};

/// The field for the place.
pub(crate) const WHERE: &str = "keep-where";
/// The field for a backup's passphrase.
pub(crate) const PASSPHRASE: &str = "keep-passphrase";
/// The field for the same again.
pub(crate) const AGAIN: &str = "keep-again";

/// What is written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Everything but this device's own keys, under a passphrase.
    Backup,
    /// The paper that brings a person back.
    Sheet,
}

impl What {
    /// How its file is called where nobody says it.
    pub(crate) const fn file(self) -> &'static str {
        match self {
            Self::Backup => "kith-backup.kith",
            Self::Sheet => "kith-recovery-sheet.txt",
        }
    }
}

/// Writing it.
#[derive(Debug)]
pub(crate) struct Keep {
    /// What.
    pub(crate) what: What,
    /// Where to; empty: the folder for downloads.
    pub(crate) path: String,
    /// The backup's passphrase as it is typed; erased when dropped.
    pub(crate) passphrase: Zeroizing<String>,
    /// The same again.
    pub(crate) again: Zeroizing<String>,
    /// It is being written.
    pub(crate) busy: bool,
    /// Where it is.
    pub(crate) done: Option<PathBuf>,
    /// Why it isn't.
    pub(crate) wrong: Option<Wrong>,
}

/// My card, and its code as a picture.
#[derive(Debug)]
pub(crate) struct MyCard {
    /// What stands on it.
    pub(crate) card: Card,
    /// Its code.
    pub(crate) picture: Option<qr_code::Data>,
}

/// What a person does, and what came of it outside.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Wants to keep something.
    Open(What),
    /// Wants to see their card.
    Card,
    /// Wants the list of their devices as a file.
    Identity,
    /// Says where to.
    Path(String),
    /// Types the passphrase.
    Passphrase(Zeroizing<String>),
    /// Types it again.
    Again(Zeroizing<String>),
    /// Goes on.
    Go,
    /// Where it was written, or why it couldn't be.
    Kept(Result<PathBuf, Wrong>),
}

impl Keep {
    pub(super) fn new(what: What) -> Self {
        Self {
            what,
            path: String::new(),
            passphrase: Zeroizing::default(),
            again: Zeroizing::default(),
            busy: false,
            done: None,
            wrong: None,
        }
    }

    fn go(&mut self) -> Vec<Effect> {
        let wrong = match self.what {
            _ if self.busy => return Vec::new(),
            What::Sheet => None,
            What::Backup if self.passphrase.chars().count() < SHORTEST => {
                Some(("first-too-short", PASSPHRASE))
            }
            What::Backup if self.passphrase != self.again => Some(("first-differ", AGAIN)),
            What::Backup => None,
        };
        if let Some((why, field)) = wrong {
            self.wrong = Some(Wrong::Key(why));
            return vec![Effect::Focus(field)];
        }
        self.busy = true;
        let secret = || Secret::new(self.passphrase.to_string());
        let secret = (self.what == What::Backup).then(secret);
        vec![Effect::Keep(self.what, self.path.trim().to_owned(), secret)]
    }
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let dialog = &mut model.home.dialog;
    match message {
        Message::Open(what) => {
            *dialog = Some(Dialog::Keep(Keep::new(what)));
            vec![Effect::Focus(match what {
                What::Backup => PASSPHRASE,
                What::Sheet => WHERE,
            })]
        }
        Message::Card => {
            *dialog = Some(Dialog::Card(Step::Coming));
            vec![ask_aside(Tag::Card, Request::Card)]
        }
        Message::Identity => vec![ask_aside(Tag::Package, Request::ExportIdentity)],
        message => {
            let Some(Dialog::Keep(keep)) = dialog else {
                // The dialog was closed meanwhile.
                return match message {
                    Message::Kept(done) => told(model, done),
                    _ => Vec::new(),
                };
            };
            keep.wrong = None;
            match message {
                Message::Path(path) => keep.path = path,
                Message::Passphrase(typed) => keep.passphrase = typed,
                Message::Again(typed) => keep.again = typed,
                Message::Go => return keep.go(),
                Message::Kept(done) => {
                    keep.busy = false;
                    match done {
                        Ok(path) => keep.done = Some(path),
                        Err(why) => keep.wrong = Some(why),
                    }
                    // Whether there is a sheet has changed.
                    return vec![ask_aside(Tag::Me, Request::Identity)];
                }
                Message::Open(_) | Message::Card | Message::Identity => {}
            }
            Vec::new()
        }
    }
}

fn told(model: &mut Model, done: Result<PathBuf, Wrong>) -> Vec<Effect> {
    match done {
        Ok(path) => {
            let path = path.display().to_string();
            let note = model.words.with("carried-saved", &[("path", path.into())]);
            model.say(note)
        }
        Err(why) => {
            let why = model.words.wrong(&why);
            model.say(why)
        }
    }
}

/// The first run wrote a sheet: where, is said until it was read.
pub(super) fn written(model: &mut Model, path: PathBuf) {
    let mut keep = Keep::new(What::Sheet);
    keep.done = Some(path);
    model.home.dialog = Some(Dialog::Keep(keep));
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    match (tag, result) {
        (Tag::Kept(path), result) => {
            let done = result.map(|_| path).map_err(|e| Wrong::Said(said(&e)));
            return update(model, Message::Kept(done));
        }
        (_, result) => {
            if let Some(Dialog::Card(step)) = &mut model.home.dialog {
                *step = match result {
                    Ok(Reply::Card(card)) => {
                        let level = qr_code::ErrorCorrection::Low;
                        let picture = qr_code::Data::with_error_correction(&card.code, level).ok();
                        Step::Here(MyCard { card, picture })
                    }
                    Ok(_) => return Vec::new(),
                    Err(error) => Step::Failed(said(&error)),
                };
            }
        }
    }
    Vec::new()
}
