//! Giving a standing consent (ASK-3): whom, which application, up to what, and
//! until when. On a screen the person confirms it in Kith's window.

use std::collections::BTreeSet;

use kith_api::id::PersonId;
use kith_api::{
    ApiError, ConsentRequest, ContactState, Press, Reply, Request, ShareLevel, ShareRequest,
    Verification, WindowsOf,
};

use super::{Dialog, Effect, Model, Tag, agreed, ask_aside, said};
use crate::when;

/// The field for the application.
pub(crate) const APPLICATION: &str = "standing-application";

/// For how many days it can be given; a node takes 366 at most.
pub(crate) const DAYS: [u32; 5] = [1, 7, 30, 90, 366];

/// What a day is, in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// How many applications that are open now are offered.
const MOST: usize = 12;

/// Giving one.
#[derive(Debug)]
pub(crate) struct Standing {
    /// To whom.
    pub(crate) person: Option<PersonId>,
    /// Which application, as this system calls it.
    pub(crate) application: String,
    /// The applications that are open now, as far as they may be listed.
    pub(crate) open: Vec<String>,
    /// Up to what.
    pub(crate) level: ShareLevel,
    /// For how many days.
    pub(crate) days: u32,
    /// The node is at it, or asks at the screen.
    pub(crate) busy: bool,
    /// Why not.
    pub(crate) wrong: Option<String>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Wants to give one; to this person.
    Open(Option<PersonId>),
    /// Says to whom.
    Whom(PersonId),
    /// Names the application.
    Application(String),
    /// Up to what.
    Level(ShareLevel),
    /// For how many days.
    Days(u32),
    /// Gives it.
    Go,
}

impl Standing {
    /// Until when it would count, in milliseconds since 1970.
    pub(crate) fn until_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add(u64::from(self.days) * DAY_MS)
    }

    /// Whether nothing is missing.
    pub(crate) fn ready(&self, model: &Model) -> bool {
        let person = self.person.and_then(|id| model.home.contact(&id));
        let trusted = person.is_some_and(|c| {
            c.state == ContactState::Contact && c.person.verified == Verification::Verified
        });
        trusted && !self.busy && !self.application.trim().is_empty()
    }
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    if let Message::Open(person) = message {
        model.home.dialog = Some(Dialog::Standing(Standing {
            person,
            application: String::new(),
            open: Vec::new(),
            level: ShareLevel::View,
            days: 30,
            busy: false,
            wrong: None,
        }));
        // Their names alone; nobody is asked at the screen for a help.
        let windows = ShareRequest::Windows {
            thumbnail: 0,
            of: WindowsOf::Shareable,
            press: Press::Spared,
        };
        let windows = ask_aside(Tag::Applications, Request::Share(windows));
        return vec![Effect::Focus(APPLICATION), windows];
    }
    let ready = match &model.home.dialog {
        Some(Dialog::Standing(standing)) => standing.ready(model),
        _ => return Vec::new(),
    };
    let Some(Dialog::Standing(standing)) = &mut model.home.dialog else {
        return Vec::new();
    };
    standing.wrong = None;
    match message {
        Message::Whom(person) => standing.person = Some(person),
        Message::Application(name) => standing.application = name,
        Message::Level(level) => standing.level = level,
        Message::Days(days) => standing.days = days,
        Message::Go if ready => {
            standing.busy = true;
            let give = ConsentRequest::Give {
                who: standing.person.map_or_else(String::new, |p| p.to_string()),
                application: standing.application.trim().to_owned(),
                level: standing.level,
                days: standing.days,
            };
            // It may wait for a press at the screen, and nothing waits behind it.
            return vec![ask_aside(Tag::Given, Request::Consent(give))];
        }
        Message::Go | Message::Open(_) => {}
    }
    Vec::new()
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: &Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    let dialog = match &mut model.home.dialog {
        Some(Dialog::Standing(standing)) => Some(standing),
        _ => None,
    };
    match (tag, result, dialog) {
        (Tag::Applications, Ok(Reply::Windows(all)), Some(standing)) => {
            let mut seen = BTreeSet::new();
            let names = all.into_iter().map(|w| w.application);
            let names = names.filter(|n| !n.is_empty() && seen.insert(n.clone()));
            standing.open = names.take(MOST).collect();
            Vec::new()
        }
        (Tag::Given, Ok(Reply::Consents(given)), dialog) => {
            if dialog.is_some_and(|d| d.busy) {
                model.home.dialog = None;
            }
            let note = given.first().map(|c| {
                let until = when::full(c.until_ms, &model.zone);
                let name = ("name", c.person.name.as_str().into());
                let what = ("what", c.application.as_str().into());
                let args = [name, what, ("when", until.into())];
                model.words.with("standing-given", &args)
            });
            let mut effects = note.map_or_else(Vec::new, |note| model.say(note));
            effects.push(agreed::consents());
            effects
        }
        (Tag::Given, Err(error), Some(standing)) => {
            standing.busy = false;
            standing.wrong = Some(said(&error));
            Vec::new()
        }
        (Tag::Given, Err(error), None) => model.fail(&error),
        _ => Vec::new(),
    }
}
