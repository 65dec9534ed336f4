//! Showing somebody an application, and seeing one: what is asked, what runs,
//! and its end.

use std::collections::BTreeSet;

use iced::widget::image::Handle;
use kith_api::id::{PersonId, SessionId};
use kith_api::{
    ApiError, ControlChange, Reply, Request, ShareCase, ShareInfo, ShareLevel, SharePart,
    SharePhase, ShareRequest, ShareShow, ShareWhat, Thumbnail, WindowChoice,
};

use super::dialog::Step;
use super::{Dialog, Effect, Model, Tag, ask, ask_aside};

/// The field for the application or window.
pub(crate) const WHAT: &str = "share-what";

/// The answer "no" to the first who waits for one.
pub(crate) const DENY: &str = "ask-deny";

/// How many shares that are over are kept to be seen.
const OVER_KEPT: usize = 20;

/// Shares and requests for them, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Shares(Vec<ShareInfo>);

impl Shares {
    /// One is new or changed.
    pub(super) fn on_share(&mut self, share: ShareInfo) -> Vec<Effect> {
        match self.0.iter_mut().find(|s| s.session == share.session) {
            Some(known) => *known = share,
            None => self.0.push(share),
        }
        while self.0.iter().filter(|s| is_over(s)).count() > OVER_KEPT {
            match self.0.iter().position(is_over) {
                Some(oldest) => drop(self.0.remove(oldest)),
                None => break,
            }
        }
        Vec::new()
    }

    /// Those that aren't over.
    pub(crate) fn current(&self) -> impl Iterator<Item = &ShareInfo> {
        self.0.iter().filter(|s| !is_over(s))
    }

    /// Those that are, the newest first.
    pub(crate) fn over(&self) -> impl Iterator<Item = &ShareInfo> {
        self.0.iter().rev().filter(|s| is_over(s))
    }

    /// Somebody sees my screen now, or will in a moment.
    pub(crate) fn live(&self) -> impl Iterator<Item = &ShareInfo> {
        self.current()
            .filter(|s| s.part == SharePart::Sharer && runs(s))
    }

    /// Those that wait for me.
    pub(crate) fn asking(&self) -> impl Iterator<Item = &ShareInfo> {
        self.current()
            .filter(|s| matches!(s.phase, SharePhase::Asked | SharePhase::RunningAsked))
    }

    /// Those with a person.
    pub(crate) fn with(&self, person: PersonId) -> impl Iterator<Item = &ShareInfo> {
        self.current().filter(move |s| s.person.id == person)
    }
}

/// It is over.
pub(crate) fn is_over(share: &ShareInfo) -> bool {
    matches!(share.phase, SharePhase::Over | SharePhase::Ending)
}

/// Something is seen, or will be in a moment.
pub(crate) const fn runs(share: &ShareInfo) -> bool {
    matches!(
        share.phase,
        SharePhase::Settling | SharePhase::Running | SharePhase::RunningAsked
    )
}

/// The viewer may control.
pub(crate) fn is_controlled(share: &ShareInfo) -> bool {
    share.control != "nothing"
}

/// What is to be shown, as it is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    /// All windows of an application.
    #[default]
    Application,
    /// One window.
    Window,
    /// A part of the desktop.
    Region,
    /// All of it.
    Desktop,
}

/// Why the dialog is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// I invite somebody.
    Invite(PersonId),
    /// Somebody asked to see something.
    Allow(SessionId),
}

/// A window that can be shown, with its picture.
#[derive(Debug)]
pub(crate) struct Window {
    /// What the node says of it.
    pub(crate) is: WindowChoice,
    /// How it looks.
    pub(crate) picture: Option<Handle>,
}

impl Window {
    fn new(mut is: WindowChoice) -> Self {
        let whole = |t: &Thumbnail| {
            t.pixels.len() == usize::from(t.width) * usize::from(t.height) && t.width > 0
        };
        let picture = is.thumbnail.take().filter(whole).map(|t| {
            let rgba = |p: &u32| {
                let [blue, green, red, _] = p.to_le_bytes();
                [red, green, blue, u8::MAX]
            };
            let pixels: Vec<u8> = t.pixels.iter().flat_map(rgba).collect();
            Handle::from_rgba(t.width.into(), t.height.into(), pixels)
        });
        Self { is, picture }
    }
}

/// The longest side of their pictures, in pixels.
const PICTURE: u16 = 200;

fn look() -> Effect {
    let thumbnail = PICTURE;
    ask_aside(
        Tag::Windows,
        Request::Share(ShareRequest::Windows { thumbnail }),
    )
}

/// Choosing what to show.
#[derive(Debug)]
pub(crate) struct Offer {
    /// Why.
    pub(crate) purpose: Purpose,
    /// To whom; their name.
    pub(crate) name: String,
    /// What.
    pub(crate) kind: Kind,
    /// The application's or window's name, or the area.
    pub(crate) text: String,
    /// What there is.
    pub(crate) windows: Step<Vec<Window>>,
    /// Which of it was chosen, by its number.
    pub(crate) picked: Option<u32>,
    /// Up to what.
    pub(crate) level: ShareLevel,
    /// The node is at it.
    pub(crate) busy: bool,
    /// Why not.
    pub(crate) wrong: Option<String>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Wants to show somebody something.
    Offer(PersonId, ShareLevel),
    /// Chooses what.
    Kind(Kind),
    /// Names it.
    What(String),
    /// Chooses it in the list.
    Pick(u32),
    /// Wants the list anew.
    Look,
    /// Up to what.
    Level(ShareLevel),
    /// Goes on.
    Go,
    /// Wants to show something to the person whose conversation is open.
    OfferOpen,
    /// Asks the same person to see something.
    JoinOpen,
    /// Goes to the answer that somebody waits for.
    ToAsking,
    /// Asks to see something.
    Join(PersonId, ShareLevel),
    /// Allows what was asked.
    Allow(SessionId),
    /// Refuses it.
    Deny(SessionId),
    /// Ends one.
    Stop(SessionId),
    /// Ends all.
    StopAll,
    /// Asks for control, or gives it back or takes it.
    Control(SessionId, ControlChange),
    /// Takes control from everybody.
    Panic,
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let act = |request| vec![ask_aside(Tag::ShareDone, Request::Share(request))];
    match message {
        Message::Offer(person, level) => {
            let name = model.home.contact(&person).map(|c| c.person.name.clone());
            let purpose = Purpose::Invite(person);
            open(model, purpose, name.unwrap_or_default(), level)
        }
        Message::OfferOpen => with_open(model, |id| Message::Offer(id, ShareLevel::View)),
        Message::JoinOpen => with_open(model, |id| Message::Join(id, ShareLevel::View)),
        Message::ToAsking => vec![Effect::Focus(DENY)],
        Message::Join(person, level) => act(ShareRequest::Join {
            who: person.to_string(),
            level,
            show: ShareShow::Window,
            case: ShareCase::default(),
        }),
        // Nothing is done for a press that was meant for what stood there.
        Message::Allow(session) if !model.home.steady.stands(session, model.now_ms) => {
            let note = model.words.t("ask-just-came");
            model.say(note)
        }
        Message::Allow(session) => {
            let asked = model.home.shares.current().find(|s| s.session == session);
            match asked {
                Some(s) if s.part == SharePart::Sharer && s.phase == SharePhase::Asked => {
                    let level = match is_controlled(s) {
                        true => ShareLevel::Control,
                        false => ShareLevel::View,
                    };
                    let name = s.person.name.clone();
                    open(model, Purpose::Allow(session), name, level)
                }
                _ => act(ShareRequest::Allow {
                    which: session.to_string(),
                    what: None,
                    show: ShareShow::Window,
                }),
            }
        }
        Message::Deny(session) => act(ShareRequest::Deny {
            which: session.to_string(),
        }),
        Message::Stop(session) => act(ShareRequest::Stop {
            which: Some(session.to_string()),
        }),
        Message::StopAll => act(ShareRequest::Stop { which: None }),
        Message::Panic => act(ShareRequest::Panic),
        Message::Control(session, change) => act(ShareRequest::Control {
            which: session.to_string(),
            change,
        }),
        message => match &mut model.home.dialog {
            Some(Dialog::Share(offer)) => offer.update(message),
            _ => Vec::new(),
        },
    }
}

/// What is done with the person whose conversation is open; nothing while a
/// dialog is.
fn with_open(model: &mut Model, what: impl Fn(PersonId) -> Message) -> Vec<Effect> {
    let person = model.home.open_person().map(|c| c.person.id);
    match person.filter(|_| model.home.dialog.is_none()) {
        Some(id) => update(model, what(id)),
        None => Vec::new(),
    }
}

fn open(model: &mut Model, purpose: Purpose, name: String, level: ShareLevel) -> Vec<Effect> {
    model.home.dialog = Some(Dialog::Share(Offer {
        purpose,
        name,
        kind: Kind::default(),
        text: String::new(),
        windows: Step::Coming,
        picked: None,
        level,
        busy: false,
        wrong: None,
    }));
    vec![Effect::Focus(WHAT), look()]
}

impl Offer {
    /// What of the list fits what was typed: every window, or of every
    /// application the topmost one.
    pub(crate) fn choices(&self) -> Vec<&Window> {
        let Step::Here(all) = &self.windows else {
            return Vec::new();
        };
        let part = self.text.trim().to_lowercase();
        let fits = |w: &&Window| {
            let holds = |text: &str| text.to_lowercase().contains(&part);
            part.is_empty() || holds(&w.is.title) || holds(&w.is.application)
        };
        let mut seen = BTreeSet::new();
        let first = |w: &&Window| self.kind != Kind::Application || seen.insert(w.is.process);
        all.iter().filter(fits).filter(first).collect()
    }

    fn update(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Kind(kind) => {
                self.kind = kind;
                self.picked = None;
                self.wrong = None;
            }
            Message::What(text) => {
                self.text = text;
                self.picked = None;
            }
            Message::Pick(number) => {
                self.picked = Some(number);
                self.wrong = None;
            }
            Message::Look => {
                self.windows = Step::Coming;
                return vec![look()];
            }
            Message::Level(level) => self.level = level,
            Message::Go if !self.busy => {
                let Some(what) = self.what() else {
                    return vec![Effect::Focus(WHAT)];
                };
                self.busy = true;
                self.wrong = None;
                let request = match &self.purpose {
                    Purpose::Invite(person) => ShareRequest::Invite {
                        who: person.to_string(),
                        what,
                        level: self.level,
                        case: ShareCase::default(),
                    },
                    Purpose::Allow(session) => ShareRequest::Allow {
                        which: session.to_string(),
                        what: Some(what),
                        show: ShareShow::Window,
                    },
                };
                return vec![ask(Tag::ShareDone, Request::Share(request))];
            }
            _ => {}
        }
        Vec::new()
    }

    /// What is chosen; `None` while something is missing.
    pub(crate) fn what(&self) -> Option<ShareWhat> {
        let text = self.text.trim();
        match (self.kind, self.picked) {
            (Kind::Application, Some(number)) => return Some(ShareWhat::ApplicationOf(number)),
            (Kind::Window, Some(number)) => return Some(ShareWhat::Window(format!("{number:#x}"))),
            _ => {}
        }
        match self.kind {
            Kind::Desktop => Some(ShareWhat::Desktop),
            Kind::Region => area(text),
            _ if text.is_empty() => None,
            Kind::Application => Some(ShareWhat::Application(text.to_owned())),
            Kind::Window => Some(ShareWhat::Window(text.to_owned())),
        }
    }
}

/// WIDTHxHEIGHT+LEFT+TOP, as X11 programs write it.
fn area(text: &str) -> Option<ShareWhat> {
    let (size, at) = text.split_once('+')?;
    let (width, height) = size.split_once('x')?;
    let (left, top) = at.split_once('+')?;
    let n = |text: &str| text.trim().parse::<u16>().ok();
    Some(ShareWhat::Region(n(left)?, n(top)?, n(width)?, n(height)?))
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: &Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    match (tag, result) {
        (Tag::Shares, Ok(Reply::Shares(shares))) => {
            model.home.shares = Shares(shares);
            Vec::new()
        }
        (Tag::Windows, result) => {
            if let Some(Dialog::Share(offer)) = &mut model.home.dialog {
                offer.windows = match result {
                    Ok(Reply::Windows(all)) => {
                        Step::Here(all.into_iter().map(Window::new).collect())
                    }
                    Ok(_) => return Vec::new(),
                    Err(error) => Step::Failed(super::said(&error)),
                };
            }
            Vec::new()
        }
        (Tag::ShareDone, Ok(reply)) => {
            if let Some(Dialog::Share(_)) = model.home.dialog {
                model.home.dialog = None;
            }
            match reply {
                Reply::Share(share) => model.home.shares.on_share(share),
                _ => Vec::new(),
            }
        }
        (Tag::ShareDone, Err(error)) => match &mut model.home.dialog {
            Some(Dialog::Share(offer)) => {
                offer.busy = false;
                offer.wrong = Some(super::said(&error));
                Vec::new()
            }
            _ => model.fail(&error),
        },
        _ => Vec::new(),
    }
}
