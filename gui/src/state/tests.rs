//! The model without a window: what comes in, what goes out.

use iced::widget::text_editor::{Action, Edit};
use kith_api::id::{PersonId, RoomId, SessionId};
use kith_api::*;

use super::dialog::{Accept, Message as DialogDo, Step};
use super::first::{Message as FirstDo, PASSPHRASE, Wrong};
use super::home::{Chosen, Message as HomeDo, Node};
use super::list::Entry;
use super::notice::Notices;
use super::prefs::Change;
use super::share::{Message as ShareDo, Offer, Purpose};
use super::steady::STANDS_MS;
use super::thread::{Load, Message as ThreadDo, Thread, Writing};
use super::{Dialog, Effect, Lane, Message, Model, News, Prefs, Stage, Tag, TimeZone};
use crate::widgets::feed::Stand;

mod profile;
mod sharing;
mod talk;

pub(crate) fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 32])
}

pub(crate) fn room(n: u8) -> RoomId {
    RoomId::from_bytes([n; 32])
}

pub(crate) fn session(n: u8) -> SessionId {
    SessionId::from_bytes([n; 16])
}

pub(crate) fn person_ref(n: u8, name: &str) -> PersonRef {
    PersonRef {
        id: person(n),
        name: name.into(),
        verified: if n.is_multiple_of(2) {
            Verification::Verified
        } else {
            Verification::Unverified
        },
    }
}

pub(crate) fn room_ref(n: u8, title: &str) -> RoomRef {
    RoomRef {
        id: room(n),
        title: title.into(),
    }
}

pub(crate) fn offline(code: &str) -> Reach {
    Reach::Offline {
        why: String::new(),
        code: code.into(),
    }
}

pub(crate) fn contact(n: u8, name: &str, state: ContactState) -> Contact {
    let met = state == ContactState::Contact;
    Contact {
        person: person_ref(n, name),
        own_name: name.into(),
        warnings: Vec::new(),
        state,
        reach: match met {
            true => Reach::Online {
                presence: PresenceState::Available,
                via: "directly".into(),
                relay: None,
            },
            false => offline(""),
        },
        room: met.then(|| room_ref(n, name)),
        devices: Vec::new(),
        features: Vec::new(),
        routes: Routes::Any,
    }
}

pub(crate) fn a_room(n: u8, title: &str, unread: u32, latest_ms: u64) -> Room {
    Room {
        room: room_ref(n, title),
        kind: "pair".into(),
        me: "member".into(),
        members: vec![person_ref(1, "Anna"), person_ref(n, title)],
        invited: Vec::new(),
        admins: vec![person_ref(1, "Anna")],
        unread,
        latest_ms,
        hold: LegalHold::Lifted,
        retention_s: None,
        warnings: Vec::new(),
    }
}

pub(crate) fn message(n: u8, id: u32, mine: Mine, text: &str) -> kith_api::Message {
    kith_api::Message {
        id: format!("{id:064x}"),
        room: room_ref(n, "Ben"),
        author: match mine {
            Mine::Yes => person_ref(1, "Anna"),
            Mine::No => person_ref(n, "Ben"),
        },
        mine,
        at_ms: NOON + u64::from(id) * 60_000,
        content: Content::Text(text.into()),
        reply_to: None,
        edited: Edited::No,
        reactions: Vec::new(),
        delivery: (mine == Mine::Yes).then_some(Delivery::Delivered),
        happened: None,
        erasable: match mine {
            Mine::Yes => Erasable::Yes,
            Mine::No => Erasable::No,
        },
        deleted_by: None,
        doubt: Doubt::None,
    }
}

/// A noon in October 2024, milliseconds since 1970.
pub(crate) const NOON: u64 = 20_000 * 86_400_000 + 43_200_000;

pub(crate) fn status() -> Status {
    Status {
        version: "0.1.0".into(),
        lock: LockState::Open,
        presence: PresenceState::Available,
        listening: Vec::new(),
        connected: 1,
        contacts: 2,
        queued: 0,
        encryption: Encryption::Passphrase,
        policies: Vec::new(),
    }
}

pub(crate) fn a_share(part: SharePart, phase: SharePhase, control: &str) -> ShareInfo {
    ShareInfo {
        session: session(7),
        person: person_ref(2, "Ben"),
        organisation: None,
        part,
        phase,
        technology: "native".into(),
        view: "application".into(),
        area: None,
        cuts: Vec::new(),
        control: control.into(),
        control_state: None,
        applications: vec!["xterm".into()],
        wanted: None,
        room: None,
        refused: None,
        case: ShareCase::default(),
        ended_by: None,
        reason: None,
        words: None,
        ended_at_ms: None,
        without_panic_key: false,
        answered_at_screen: false,
        controllers: None,
    }
}

pub(crate) fn event(model: &mut Model, event: Event) -> Vec<Effect> {
    model.update(Message::Link(News::Event(Box::new(event))))
}

pub(crate) fn answer(model: &mut Model, tag: Tag, result: Result<Reply, ApiError>) -> Vec<Effect> {
    model.update(Message::Link(News::Answer(tag, Box::new(result))))
}

/// Nothing is known yet.
pub(crate) fn fresh() -> Model {
    let prefs = Prefs {
        language: Some("en".into()),
        ..Prefs::default()
    };
    let mut model = Model::new(prefs, TimeZone::UTC);
    model.now_ms = NOON + 3_600_000;
    model
}

/// Anna, with Ben (verified, a room with three messages, one unread), Cem who
/// asks and Dora who is waited for.
pub(crate) fn at_home() -> Model {
    let mut model = fresh();
    model.update(Message::Link(News::Connected));
    let me = Identity {
        person: person(1),
        device: id::DeviceId::from_bytes([9; 32]),
        name: "Anna Berg".into(),
        devices: Vec::new(),
        old_sheet_until_ms: None,
        sheet: Sheet::Made,
    };
    answer(&mut model, Tag::Me, Ok(Reply::Identity(me)));
    let snapshot = Event::Snapshot {
        status: status(),
        contacts: vec![
            contact(2, "Ben", ContactState::Contact),
            contact(3, "Cem", ContactState::Asks),
            contact(5, "Dora", ContactState::Waiting),
        ],
        rooms: vec![
            a_room(2, "Ben", 1, NOON + 180_000),
            a_room(8, "Ward 3", 0, NOON),
        ],
    };
    event(&mut model, snapshot);
    model
}

/// The same, with the room with Ben open.
pub(crate) fn talking() -> Model {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Choose(Chosen::Room(room(2)))));
    let page = vec![
        message(2, 1, Mine::No, "Good morning"),
        message(2, 2, Mine::Yes, "Hello Ben"),
        message(2, 3, Mine::No, "Could you look at the report with me?"),
    ];
    answer(
        &mut model,
        Tag::History(room(2), None),
        Ok(Reply::Messages(page)),
    );
    model
}

fn asked(effects: &[Effect]) -> Vec<&Request> {
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::Ask(_, _, request) => Some(request),
            _ => None,
        })
        .collect()
}

pub(crate) fn window(number: u32, process: u32, application: &str, title: &str) -> WindowChoice {
    WindowChoice {
        number,
        title: title.into(),
        application: application.into(),
        process,
        x: 0,
        y: 0,
        width: 640,
        height: 400,
        state: "shown".into(),
        thumbnail: Some(Thumbnail {
            width: 2,
            height: 1,
            pixels: vec![0x00ff_ffff, 0x0020_4060],
        }),
    }
}

fn thread(model: &Model) -> &Thread {
    &model.home.threads[&room(2)]
}
