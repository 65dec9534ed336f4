//! The first run (UI-1), and the passphrase of a closed profile (ID-7).

use std::path::PathBuf;

use kith_api::{ApiError, Code, Encryption, Reply, Request, Secret};
use zeroize::Zeroizing;

use super::folder::Named;
use super::{Effect, Model, Stage, Tag, ask_aside};

/// The field for the name.
pub(crate) const NAME: &str = "first-name";
/// The field for the passphrase.
pub(crate) const PASSPHRASE: &str = "passphrase";
/// The field for the same again.
pub(crate) const AGAIN: &str = "passphrase-again";

/// The field for a backup, or what knows the person.
pub(crate) const FILE: &str = "first-file";
/// The field for the recovery sheet.
pub(crate) const SHEET: &str = "first-sheet";

/// The shortest passphrase that a new profile takes, in characters; the same
/// as on the command line.
pub(crate) const SHORTEST: usize = 8;

/// What is to protect a new profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Protect {
    /// A passphrase.
    #[default]
    Passphrase,
    /// The keyring of the desktop.
    Keyring,
}

/// Out of what a profile is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Source {
    /// Nothing: the person is new here.
    #[default]
    Nothing,
    /// A backup (ID-5).
    Backup,
    /// The recovery sheet, and a file that knows the person (ID-6).
    Sheet,
}

/// Whether a recovery sheet is made too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Paper {
    /// Not now.
    #[default]
    Later,
    /// Into the folder for downloads.
    Now,
}

/// A profile that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Begin {
    /// A new one; without a passphrase, the keyring is to keep its key.
    New(String, Option<Secret>, Paper),
    /// Out of a backup, under the backup's passphrase.
    Restored(PathBuf, Secret),
    /// By the recovery sheet.
    Recovered {
        /// Where the sheet is.
        sheet: PathBuf,
        /// A backup, or a file from a contact.
        from: PathBuf,
        /// The name; a backup has it.
        name: Option<String>,
        /// The backup's passphrase, or a new one.
        passphrase: Secret,
    },
}

impl Begin {
    /// What opens the profile.
    pub(crate) const fn passphrase(&self) -> Option<&Secret> {
        match self {
            Self::New(_, passphrase, _) => passphrase.as_ref(),
            Self::Restored(_, passphrase) | Self::Recovered { passphrase, .. } => Some(passphrase),
        }
    }
}

/// Making a profile.
#[derive(Debug, Default)]
pub(crate) struct First {
    /// Out of what.
    pub(crate) from: Source,
    /// Where the backup is, or what knows the person.
    pub(crate) path: Named,
    /// Where the recovery sheet is.
    pub(crate) sheet: Named,
    /// Whether a sheet is made too.
    pub(crate) paper: Paper,
    /// What others see.
    pub(crate) name: String,
    /// What is to protect it.
    pub(crate) protect: Protect,
    /// The passphrase as it is typed; erased when dropped.
    pub(crate) passphrase: Zeroizing<String>,
    /// The same again.
    pub(crate) again: Zeroizing<String>,
    /// It is being made.
    pub(crate) busy: bool,
    /// What is wrong, as the key of a sentence or in the node's words.
    pub(crate) wrong: Option<Wrong>,
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// A sentence of ours.
    Key(&'static str),
    /// The program's own.
    Said(String),
}

impl First {
    pub(super) fn failed(&mut self, why: String) {
        self.busy = false;
        self.wrong = Some(Wrong::Said(why));
    }
}

/// Opening a profile.
#[derive(Debug)]
pub(crate) struct Unlock {
    /// The passphrase as it is typed; erased when dropped.
    pub(crate) passphrase: Zeroizing<String>,
    /// It is being tried.
    pub(crate) busy: bool,
    /// The last one didn't fit.
    pub(crate) wrong: bool,
    /// A node runs and is locked, as against no node at all.
    pub(crate) running: bool,
    /// What opens it.
    pub(crate) under: Encryption,
}

impl Unlock {
    /// No node runs.
    pub(super) fn closed(wrong: bool) -> Self {
        Self {
            passphrase: Zeroizing::default(),
            busy: false,
            wrong,
            running: false,
            under: Encryption::Passphrase,
        }
    }

    /// The node runs and is locked.
    pub(super) fn locked(under: Encryption) -> Self {
        Self {
            running: true,
            under,
            ..Self::closed(false)
        }
    }

    /// Whether everything is there that opens it.
    pub(crate) fn complete(&self) -> bool {
        self.under != Encryption::Passphrase || !self.passphrase.is_empty()
    }
}

/// What a person does here.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Types the name.
    Name(String),
    /// Chooses out of what it is made.
    From(Source),
    /// Says where the backup is, or what knows the person.
    Path(String),
    /// Says where the recovery sheet is.
    Sheet(String),
    /// Chooses whether a sheet is made too.
    Paper(Paper),
    /// Chooses what is to protect it.
    Protect(Protect),
    /// Types the passphrase.
    Passphrase(Zeroizing<String>),
    /// Types it again.
    Again(Zeroizing<String>),
    /// Goes on.
    Go,
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match &mut model.stage {
        Stage::First(first) => {
            first.wrong = None;
            match message {
                Message::Name(name) => first.name = name,
                Message::From(from) => {
                    first.from = from;
                    return vec![Effect::Focus(match from {
                        Source::Nothing => NAME,
                        Source::Backup => FILE,
                        Source::Sheet => SHEET,
                    })];
                }
                Message::Path(path) => first.path = Named::typed(path),
                Message::Sheet(path) => first.sheet = Named::typed(path),
                Message::Paper(paper) => first.paper = paper,
                Message::Protect(protect) => first.protect = protect,
                Message::Passphrase(typed) => first.passphrase = typed,
                Message::Again(typed) => first.again = typed,
                Message::Go => return create(first),
            }
        }
        Stage::Unlock(unlock) => match message {
            Message::Passphrase(typed) => {
                unlock.passphrase = typed;
                unlock.wrong = false;
            }
            Message::Go if !unlock.busy && unlock.complete() => {
                unlock.busy = true;
                let passphrase = Secret::new(unlock.passphrase.to_string());
                return vec![match unlock.running {
                    true => ask_aside(Tag::Unlock, Request::Unlock { passphrase }),
                    false => Effect::Run(Some(passphrase)),
                }];
            }
            _ => {}
        },
        _ => {}
    }
    Vec::new()
}

fn create(first: &mut First) -> Vec<Effect> {
    if first.busy {
        return Vec::new();
    }
    match first.from {
        Source::Nothing => {}
        Source::Backup | Source::Sheet => return again(first),
    }
    let name = first.name.trim().to_owned();
    let paper = first.paper;
    let made = |secret| vec![Effect::Create(Begin::New(name, secret, paper))];
    let (wrong, field) = match first.protect {
        _ if first.name.trim().is_empty() => ("first-name-missing", NAME),
        Protect::Keyring => {
            first.busy = true;
            return made(None);
        }
        Protect::Passphrase if first.passphrase.chars().count() < SHORTEST => {
            ("first-too-short", PASSPHRASE)
        }
        Protect::Passphrase if first.passphrase != first.again => ("first-differ", AGAIN),
        Protect::Passphrase => {
            first.busy = true;
            return made(Some(Secret::new(first.passphrase.to_string())));
        }
    };
    first.wrong = Some(Wrong::Key(wrong));
    vec![Effect::Focus(field)]
}

/// Out of a backup, or by the recovery sheet.
fn again(first: &mut First) -> Vec<Effect> {
    let (sheet, from) = (first.sheet.path(), first.path.path());
    let wrong = match first.from {
        Source::Sheet if sheet.is_none() => Some(("first-sheet-missing", SHEET)),
        _ if from.is_none() => Some(("first-file-missing", FILE)),
        _ if first.passphrase.chars().count() < SHORTEST => Some(("first-too-short", PASSPHRASE)),
        Source::Sheet if first.passphrase != first.again => Some(("first-differ", AGAIN)),
        _ => None,
    };
    if let Some((key, field)) = wrong {
        first.wrong = Some(Wrong::Key(key));
        return vec![Effect::Focus(field)];
    }
    first.busy = true;
    let passphrase = Secret::new(first.passphrase.to_string());
    let from = from.unwrap_or_default();
    vec![Effect::Create(match first.from {
        Source::Nothing | Source::Backup => Begin::Restored(from, passphrase),
        Source::Sheet => Begin::Recovered {
            sheet: sheet.unwrap_or_default(),
            from,
            name: Some(first.name.trim().to_owned()).filter(|n| !n.is_empty()),
            passphrase,
        },
    })]
}

/// A file was dropped on the window.
pub(super) fn dropped(first: &mut First, path: PathBuf) {
    let path = Named::chosen(path);
    match first.from {
        Source::Nothing => {}
        Source::Sheet if first.sheet.path().is_none() => first.sheet = path,
        Source::Backup | Source::Sheet => first.path = path,
    }
}

pub(super) fn on_answer(model: &mut Model, result: Result<Reply, ApiError>) -> Vec<Effect> {
    match result {
        Ok(_) => {
            model.stage = Stage::Home;
            Vec::new()
        }
        Err(error) if error.code == Code::WrongPassphrase => {
            if let Stage::Unlock(unlock) = &mut model.stage {
                unlock.busy = false;
                unlock.wrong = true;
                unlock.passphrase = Zeroizing::default();
            }
            vec![Effect::Focus(PASSPHRASE)]
        }
        Err(error) => {
            if let Stage::Unlock(unlock) = &mut model.stage {
                unlock.busy = false;
            }
            model.fail(&error)
        }
    }
}
