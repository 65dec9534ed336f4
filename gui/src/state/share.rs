//! Showing somebody an application, and seeing one: what is asked, what runs,
//! and its end.

use std::collections::BTreeSet;

use kith_api::id::{PersonId, RoomId, SessionId};
use kith_api::{
    ApiError, ControlChange, Press, Reply, Request, ShareCase, ShareInfo, ShareLevel, SharePart,
    SharePhase, ShareRequest, ShareShow, ShareWhat, WindowRef,
};

use super::answering::Counts;
use super::bounds::{self, Bounds};
use super::dialog::Step;
use super::joining::See;
use super::part::{self, Area};
use super::server::{self, Server};
use super::windows::{self, Looking, Window, look};
use super::{Dialog, Effect, Model, Tag, agreed, ask, ask_aside, company, figures};

pub(crate) use super::shares::{
    Shares, controls, is_controlled, is_over, runs, waits_for_me, waits_for_them,
};

/// The field for the application or window.
pub(crate) const WHAT: &str = "share-what";

/// The answer "no" to the first who waits for one.
pub(crate) const DENY: &str = "ask-deny";

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
    /// A VNC server.
    Server,
}

/// Why the dialog is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// I invite somebody.
    Invite(PersonId),
    /// Somebody asked to see something.
    Allow(SessionId),
    /// Somebody who sees something asked for control.
    Control(SessionId, Counts),
    /// I ask somebody, who wants to know what for.
    Join(PersonId),
}

/// What may have to be said of a share (CASE-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// What it is for.
    Purpose,
    /// A case number or the like.
    Reference,
    /// Who obtained the patient's consent.
    PatientConsent,
}

impl Case {
    /// As a node calls it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Purpose => "purpose",
            Self::Reference => "reference",
            Self::PatientConsent => "patient-consent",
        }
    }
}

/// Choosing what to show.
#[derive(Debug)]
pub(crate) struct Offer {
    /// Why.
    pub(crate) purpose: Purpose,
    /// To whom.
    pub(crate) person: PersonId,
    /// In which room of several, if they were chosen there.
    pub(crate) room: Option<RoomId>,
    /// Their name.
    pub(crate) name: String,
    /// Up to what they asked, if they did.
    pub(crate) asked: Option<ShareLevel>,
    /// What it is for (CASE-1).
    pub(crate) case: ShareCase,
    /// What.
    pub(crate) kind: Kind,
    /// Which server, where one is shown.
    pub(crate) server: Server,
    /// What is asked for.
    pub(crate) see: See,
    /// The application's or window's name, or the area.
    pub(crate) text: String,
    /// What there is.
    pub(crate) windows: Step<Vec<Window>>,
    /// Where the screens are, once that is known.
    pub(crate) screens: Vec<Area>,
    /// When the dialog was opened: looks that were meant for an earlier one
    /// don't count. Milliseconds since 1970.
    pub(crate) opened_ms: u64,
    /// Whether the list can be had without being asked at the screen.
    pub(crate) looking: Looking,
    /// The next look is on its way.
    pub(crate) looks: bool,
    /// Which of it was chosen.
    pub(crate) picked: Option<WindowRef>,
    /// Up to what.
    pub(crate) level: ShareLevel,
    /// What is barred of it.
    pub(crate) bounds: Bounds,
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
    /// Says which server.
    Server(server::Message),
    /// Says what they ask for.
    See(See),
    /// Chooses a part of the screen on its picture.
    Part(Area),
    /// Chooses it in the list.
    Pick(WindowRef),
    /// Wants the list anew.
    Look,
    /// It is time for the next look, for the dialog that was opened then.
    LookAgain(u64),
    /// Up to what.
    Level(ShareLevel),
    /// What is barred.
    Bounds(bounds::Message),
    /// Says what it is for.
    Case(Case, String),
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
    /// Wants to show somebody a server.
    OfferServer(PersonId),
    /// Wants to say what they ask to see.
    JoinWhat(PersonId),
    /// Allows what was asked.
    Allow(SessionId),
    /// Chooses limits first, for somebody who asks for control.
    Within(SessionId),
    /// Takes control from whoever has it and gives it to this one, who asks.
    HandOver(SessionId),
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
    /// Looks at one: its window, and how it runs.
    Watch(figures::Message),
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let act = |request| vec![ask_aside(Tag::ShareDone, Request::Share(request))];
    match message {
        Message::Offer(person, level) => open(model, Purpose::Invite(person), person, level),
        Message::OfferServer(person) => {
            let mut effects = open(model, Purpose::Invite(person), person, ShareLevel::View);
            effects.extend(update(model, Message::Kind(Kind::Server)));
            effects
        }
        Message::JoinWhat(person) => open(model, Purpose::Join(person), person, ShareLevel::View),
        Message::OfferOpen | Message::JoinOpen if far(model).is_some() => {
            let name = [("name", far(model).unwrap_or_default().into())];
            let note = model.words.with("share-far", &name);
            model.say(note)
        }
        Message::OfferOpen => with_open(model, |id| Message::Offer(id, ShareLevel::View)),
        Message::JoinOpen => with_open(model, |id| Message::Join(id, ShareLevel::View)),
        Message::ToAsking => vec![Effect::Focus(DENY)],
        Message::Join(person, level) if !asked_for(model, person, "they-share").is_empty() => {
            open(model, Purpose::Join(person), person, level)
        }
        Message::Join(person, level) => {
            let join = ShareRequest::Join {
                who: person.to_string(),
                level,
                show: ShareShow::Window,
                case: ShareCase::default(),
            };
            act(company::in_room(room_with(model, person), join))
        }
        // Nothing is done for a press that was meant for what stood there.
        Message::Allow(session) | Message::Within(session) | Message::HandOver(session)
            if !model.home.steady.stands(session, model.now_ms) =>
        {
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
                    let kind = match s.technology.as_str() {
                        "vnc" => Kind::Server,
                        _ => Kind::Application,
                    };
                    // An application that was asked for by name.
                    let named = s.applications.first().cloned().unwrap_or_default();
                    let mut effects = open(model, Purpose::Allow(session), s.person.id, level);
                    effects.extend(update(model, Message::Kind(kind)));
                    effects.extend(update(model, Message::What(named)));
                    effects
                }
                Some(s) => act(Counts::of(s).yes(session)),
                None => Vec::new(),
            }
        }
        Message::Within(session) => {
            let asked = model.home.shares.current().find(|s| s.session == session);
            let Some(s) = asked else {
                return Vec::new();
            };
            let (who, purpose) = (s.person.id, Purpose::Control(session, Counts::of(s)));
            open(model, purpose, who, ShareLevel::Control)
        }
        Message::HandOver(session) => {
            let has = |s: &&ShareInfo| is_controlled(s) && s.session != session;
            let end = |s: &ShareInfo| ShareRequest::Control {
                which: s.session.to_string(),
                change: ControlChange::End,
            };
            let taken = model.home.shares.live().filter(has).map(end);
            let asked = model.home.shares.current().find(|s| s.session == session);
            let all = taken.chain(asked.map(|s| Counts::of(s).yes(session)));
            all.map(|request| ask(Tag::ShareDone, Request::Share(request)))
                .collect()
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
        Message::Watch(message) => figures::update(model, message),
        Message::LookAgain(opened) => windows::look_again(model, opened),
        message => match &mut model.home.dialog {
            Some(Dialog::Share(offer)) => offer.update(message),
            _ => Vec::new(),
        },
    }
}

/// The open room of several, if this person was chosen there.
fn room_with(model: &Model, person: PersonId) -> Option<RoomId> {
    let room = model.home.company_open()?.room.id;
    (model.home.company_with() == Some(person)).then_some(room)
}

/// The name of the person whose conversation is open, if they can't be reached.
fn far(model: &Model) -> Option<String> {
    let person = model.home.open_person()?;
    let here = model.home.is_here(person) || model.home.dialog.is_some();
    (!here).then(|| person.person.name.clone())
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

/// What must be said of a share with somebody (CASE-1), in one direction, as
/// far as that is known.
pub(crate) fn asked_for(model: &Model, person: PersonId, direction: &str) -> Vec<Case> {
    let known = model.home.features.get(&person);
    // By whatever means: rules seldom tell them apart, and what was said is kept alone.
    let all = known.into_iter().flat_map(|f| &f.all);
    let duties: BTreeSet<&str> = all
        .filter(|f| f.direction == direction)
        .flat_map(|f| &f.duties)
        .map(String::as_str)
        .collect();
    let all = [Case::Purpose, Case::Reference, Case::PatientConsent];
    all.into_iter()
        .filter(|c| duties.contains(c.code()))
        .collect()
}

fn open(model: &mut Model, purpose: Purpose, person: PersonId, level: ShareLevel) -> Vec<Effect> {
    let name = model.home.contact(&person).map(|c| c.person.name.clone());
    let asked = match purpose {
        Purpose::Allow(_) | Purpose::Control(..) => Some(level),
        Purpose::Invite(_) | Purpose::Join(_) => None,
    };
    let chooses = matches!(purpose, Purpose::Invite(_) | Purpose::Allow(_));
    let bounds = Bounds {
        open: matches!(purpose, Purpose::Control(..)),
        ..Bounds::default()
    };
    let room = match purpose {
        Purpose::Invite(_) | Purpose::Join(_) => room_with(model, person),
        // Whoever began has said where.
        Purpose::Allow(_) | Purpose::Control(..) => None,
    };
    model.home.dialog = Some(Dialog::Share(Offer {
        purpose,
        person,
        room,
        name: name.unwrap_or_default(),
        asked,
        case: ShareCase::default(),
        bounds,
        kind: Kind::default(),
        server: Server::default(),
        see: See::default(),
        text: String::new(),
        windows: Step::Coming,
        screens: Vec::new(),
        opened_ms: model.now_ms,
        looking: Looking::default(),
        looks: false,
        picked: None,
        level,
        busy: false,
        wrong: None,
    }));
    let mut effects = match chooses {
        true => vec![Effect::Focus(WHAT), look(Press::Spared)],
        false => Vec::new(),
    };
    effects.push(agreed::limits());
    effects
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

    /// What was chosen is chosen no more if the list hasn't it, nor what was
    /// typed to find it: it could fit something else.
    pub(super) fn keep_picked(&mut self, gone: String) {
        let there = match &self.windows {
            Step::Here(all) => all.iter().any(|w| Some(w.is.to_ref()) == self.picked),
            _ => false,
        };
        if self.picked.is_some() && !there {
            self.picked = None;
            self.text.clear();
            self.wrong = Some(gone);
        }
    }

    fn update(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Kind(kind) => {
                self.kind = kind;
                self.picked = None;
                self.wrong = None;
                return match kind {
                    Kind::Region => vec![part::screens()],
                    Kind::Server => vec![Effect::Focus(server::PLACE), server::accounts()],
                    Kind::Application | Kind::Window | Kind::Desktop => Vec::new(),
                };
            }
            Message::Server(message) => {
                self.server.update(message);
                self.wrong = None;
            }
            Message::See(see) => {
                self.see = see;
                if see == See::Application {
                    return vec![Effect::Focus(WHAT)];
                }
            }
            Message::What(text) => {
                self.text = text;
                self.picked = None;
            }
            Message::Part(area) => {
                self.text = part::written(area);
                self.wrong = None;
            }
            Message::Pick(window) => {
                self.picked = Some(window);
                self.wrong = None;
            }
            Message::Look => return self.look(),
            Message::Level(level) => self.level = level,
            Message::Bounds(message) => self.bounds.update(message),
            Message::Case(which, text) => {
                let text = Some(text).filter(|t| !t.is_empty());
                match which {
                    Case::Purpose => self.case.purpose = text,
                    Case::Reference => self.case.reference = text,
                    Case::PatientConsent => self.case.patient_consent = text,
                }
            }
            Message::Go if !self.busy => {
                if let Some(keep) = self.server.keep().filter(|_| self.kind == Kind::Server) {
                    self.busy = true;
                    self.wrong = None;
                    return vec![ask_aside(Tag::AccountKept(self.opened_ms), keep)];
                }
                return self.send();
            }
            _ => {}
        }
        Vec::new()
    }

    /// Asks the node for it.
    pub(super) fn send(&mut self) -> Vec<Effect> {
        let Some(request) = self.request() else {
            let field = match self.kind {
                Kind::Server => server::PLACE,
                _ => WHAT,
            };
            return vec![Effect::Focus(field)];
        };
        self.busy = true;
        self.wrong = None;
        vec![ask(Tag::ShareDone, Request::Share(request))]
    }

    /// What is asked of the node; `None` while something is missing.
    fn request(&self) -> Option<ShareRequest> {
        let request = match self.purpose {
            Purpose::Invite(person) => ShareRequest::Invite {
                who: person.to_string(),
                what: self.what()?,
                level: self.level,
                case: self.case.clone(),
            },
            Purpose::Allow(session) => ShareRequest::Allow {
                which: session.to_string(),
                what: Some(self.what()?),
                show: ShareShow::Window,
            },
            Purpose::Control(session, counts) => counts.yes(session),
            Purpose::Join(person) => {
                return Some(company::in_room(self.room, self.join(person)?));
            }
        };
        // Less than was asked for must be said: otherwise all of it is given.
        let less = (self.asked == Some(ShareLevel::Control) && self.level == ShareLevel::View)
            .then_some(ShareLevel::View);
        // What happens at a server nobody could keep within limits (GUARD-4).
        let none = Bounds::default();
        let bounds = match self.kind {
            Kind::Server => &none,
            _ => &self.bounds,
        };
        let request = bounds.around(request, self.level, less);
        Some(company::in_room(self.room, request))
    }

    /// Whether nothing is missing.
    pub(crate) fn ready(&self) -> bool {
        !self.busy && self.request().is_some()
    }

    /// The application that was chosen or named, if that is known.
    pub(crate) fn application(&self) -> Option<&str> {
        let Step::Here(all) = &self.windows else {
            return None;
        };
        let picked = all.iter().find(|w| Some(w.is.to_ref()) == self.picked)?;
        Some(&picked.is.application)
    }

    /// What is chosen; `None` while something is missing.
    pub(crate) fn what(&self) -> Option<ShareWhat> {
        let text = self.text.trim();
        match (self.kind, self.picked) {
            (Kind::Application, Some(window)) => return Some(ShareWhat::ApplicationOf(window)),
            (Kind::Window, Some(window)) => return Some(ShareWhat::WindowOf(window)),
            _ => {}
        }
        match self.kind {
            Kind::Desktop => Some(ShareWhat::Desktop),
            Kind::Server => self.server.what(),
            Kind::Region => {
                let (area, cuts) = (self.part()?, Vec::new());
                Some(ShareWhat::Region { area, cuts })
            }
            _ if text.is_empty() => None,
            Kind::Application => Some(ShareWhat::Application(text.to_owned())),
            Kind::Window => Some(ShareWhat::Window(text.to_owned())),
        }
    }
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: &Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    match (tag, result) {
        (Tag::Shares, Ok(Reply::Shares(shares))) => {
            model.home.shares.anew(shares);
            Vec::new()
        }
        (Tag::Windows, result) => windows::on_answer(model, result),
        (Tag::Screens, result) => part::on_answer(model, result),
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
