//! The model without a window: what comes in, what goes out.

use iced::widget::text_editor::{Action, Edit};
use kith_api::id::{PersonId, RoomId, SessionId};
use kith_api::*;

use super::dialog::{Accept, Message as DialogDo, Step};
use super::first::{Message as FirstDo, Wrong};
use super::home::{Chosen, Entry, Message as HomeDo};
use super::notice::Notices;
use super::prefs::Change;
use super::share::{Message as ShareDo, Offer, Purpose};
use super::steady::STANDS_MS;
use super::thread::{Load, Message as ThreadDo, Thread, Writing};
use super::{Dialog, Effect, Lane, Message, Model, News, Prefs, Stage, Tag, TimeZone};
use crate::widgets::feed::Stand;

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

pub(crate) fn contact(n: u8, name: &str, state: ContactState) -> Contact {
    let met = state == ContactState::Contact;
    Contact {
        person: person_ref(n, name),
        own_name: name.into(),
        warnings: Vec::new(),
        state,
        reach: match met {
            true => Reach::Online {
                presence: Presence::Available,
                via: "directly".into(),
            },
            false => Reach::Offline { why: String::new() },
        },
        room: met.then(|| room_ref(n, name)),
        devices: Vec::new(),
        features: Vec::new(),
    }
}

pub(crate) fn a_room(n: u8, title: &str, unread: u32, latest_ms: u64) -> Room {
    Room {
        room: room_ref(n, title),
        kind: "pair".into(),
        me: "member".into(),
        members: vec![person_ref(1, "Anna"), person_ref(n, title)],
        unread,
        latest_ms,
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
    }
}

/// A noon in October 2024, milliseconds since 1970.
pub(crate) const NOON: u64 = 20_000 * 86_400_000 + 43_200_000;

pub(crate) fn status() -> Status {
    Status {
        version: "0.1.0".into(),
        lock: LockState::Open,
        presence: Presence::Available,
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
        part,
        phase,
        technology: "native".into(),
        view: "application".into(),
        control: control.into(),
        applications: vec!["xterm".into()],
        wanted: None,
        case: ShareCase::default(),
        ended_by: None,
        reason: None,
        words: None,
        without_panic_key: false,
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

fn thread(model: &Model) -> &Thread {
    &model.home.threads[&room(2)]
}

fn write(model: &mut Model, text: &str) {
    let paste = Action::Edit(Edit::Paste(std::sync::Arc::new(text.to_owned())));
    model.update(Message::Thread(ThreadDo::Write(paste)));
}

#[test]
fn the_first_run_asks_for_a_name_and_the_same_passphrase_twice() {
    let mut model = fresh();
    model.update(Message::Link(News::NoProfile));
    let wrong = |model: &mut Model| {
        model.update(Message::First(FirstDo::Go));
        let Stage::First(first) = &model.stage else {
            panic!("{:?}", model.stage)
        };
        first.wrong.clone()
    };
    let key = |key| Some(Wrong::Key(key));
    assert_eq!(wrong(&mut model), key("first-name-missing"));
    model.update(Message::First(FirstDo::Name(" Anna ".into())));
    assert_eq!(wrong(&mut model), key("first-too-short"));
    let typed = |t: &str| zeroize::Zeroizing::new(t.to_owned());
    model.update(Message::First(FirstDo::Passphrase(typed("correct horse"))));
    assert_eq!(wrong(&mut model), key("first-differ"));
    model.update(Message::First(FirstDo::Again(typed("correct horse"))));
    let effects = model.update(Message::First(FirstDo::Go));
    let secret = Secret::new("correct horse".into());
    assert_eq!(effects, [Effect::Create("Anna".into(), Some(secret))]);
    // Once is enough.
    assert!(model.update(Message::First(FirstDo::Go)).is_empty());
    // It failed: what was typed is still there.
    model.update(Message::Link(News::Failed("the disk is full".into())));
    assert!(matches!(&model.stage, Stage::First(f) if f.name == " Anna " && !f.busy));
}

#[test]
fn a_closed_profile_wants_its_passphrase_and_says_when_it_is_wrong() {
    let mut model = fresh();
    model.update(Message::Link(News::NeedsPassphrase { wrong: false }));
    assert!(
        model.update(Message::First(FirstDo::Go)).is_empty(),
        "nothing was typed"
    );
    let typed = zeroize::Zeroizing::new("open".to_owned());
    model.update(Message::First(FirstDo::Passphrase(typed)));
    let effects = model.update(Message::First(FirstDo::Go));
    assert_eq!(effects, [Effect::Run(Some(Secret::new("open".into())))]);
    model.update(Message::Link(News::NeedsPassphrase { wrong: true }));
    assert!(matches!(&model.stage, Stage::Unlock(u) if u.wrong && u.passphrase.is_empty()));
}

#[test]
fn a_node_that_is_locked_is_opened_through_its_socket() {
    let mut model = at_home();
    let locked = Status {
        lock: LockState::Locked,
        ..status()
    };
    event(&mut model, Event::Status(locked));
    let typed = zeroize::Zeroizing::new("open".to_owned());
    model.update(Message::First(FirstDo::Passphrase(typed)));
    let effects = model.update(Message::First(FirstDo::Go));
    assert!(matches!(asked(&effects)[..], [Request::Unlock { .. }]));
    event(&mut model, Event::Status(status()));
    assert!(matches!(model.stage, Stage::Home));
}

#[test]
fn who_waits_comes_first_and_rooms_by_their_latest() {
    let model = at_home();
    let names: Vec<_> = model
        .home
        .list()
        .iter()
        .map(|e| match e {
            Entry::Room(room, _) => room.room.title.clone(),
            Entry::Person(contact) => contact.person.name.clone(),
        })
        .collect();
    assert_eq!(names, ["Cem", "Ben", "Ward 3", "Dora"]);
}

#[test]
fn opening_a_room_asks_for_its_messages_and_says_they_were_read() {
    let mut model = at_home();
    let effects = model.update(Message::Home(HomeDo::Choose(Chosen::Room(room(2)))));
    let requests = asked(&effects);
    let history = |r: &&Request| matches!(r, Request::History { before: None, .. });
    assert!(requests.iter().any(history), "{requests:?}");
    assert!(
        requests
            .iter()
            .any(|r| matches!(r, Request::MarkRead { .. }))
    );
    // Not while the window is behind others.
    let mut model = at_home();
    model.update(Message::Focused(false));
    let effects = model.update(Message::Home(HomeDo::Choose(Chosen::Room(room(2)))));
    assert!(
        !asked(&effects)
            .iter()
            .any(|r| matches!(r, Request::MarkRead { .. }))
    );
    let effects = model.update(Message::Focused(true));
    assert!(matches!(asked(&effects)[..], [Request::MarkRead { .. }]));
}

#[test]
fn the_line_above_what_is_new_stands_where_it_was() {
    let mut model = talking();
    assert_eq!(thread(&model).unread_from, Some(format!("{:064x}", 3)));
    event(&mut model, Event::Room(a_room(2, "Ben", 0, NOON)));
    assert!(thread(&model).unread_from.is_some());
}

#[test]
fn what_is_sent_leaves_the_field_and_comes_back_when_it_fails() {
    let mut model = talking();
    write(&mut model, "  See you  ");
    let effects = model.update(Message::Thread(ThreadDo::Send));
    let [Request::Send { to, text, reply_to }] = asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(
        (to, text.as_str(), reply_to),
        (&room(2).to_string(), "See you", &None)
    );
    assert_eq!(thread(&model).draft.text().trim(), "");
    assert!(
        model.update(Message::Thread(ThreadDo::Send)).is_empty(),
        "nothing to send"
    );
    let error = ApiError::new(Code::Storage, "the disk is full");
    answer(&mut model, Tag::Sent(room(2), "See you".into()), Err(error));
    assert_eq!(thread(&model).draft.text().trim(), "See you");
    assert!(model.toast.is_some());
}

#[test]
fn answering_and_changing_name_their_message() {
    let mut model = talking();
    let id = |n: u32| format!("{n:064x}");
    model.update(Message::Thread(ThreadDo::Answer(id(3))));
    write(&mut model, "Yes");
    let effects = model.update(Message::Thread(ThreadDo::Send));
    assert!(
        matches!(asked(&effects)[..], [Request::Send { reply_to: Some(to), .. }] if *to == id(3))
    );
    model.update(Message::Thread(ThreadDo::Edit(id(2))));
    assert_eq!(thread(&model).draft.text().trim(), "Hello Ben");
    // Esc gives it up.
    model.update(Message::Home(HomeDo::Escape));
    assert_eq!(thread(&model).writing, Writing::New);
    assert_eq!(thread(&model).draft.text().trim(), "");
    // Another's can't be changed... the node refuses; the face offers none.
    assert!(!super::thread::is_editable(&message(2, 1, Mine::No, "x")));
}

#[test]
fn messages_are_put_in_their_place_and_move_nobody_who_reads() {
    let mut model = talking();
    model.update(Message::Thread(ThreadDo::Stand(Stand::At {
        item: 1,
        below: 4.0,
    })));
    let late = message(2, 0, Mine::No, "sent earlier, arrived later");
    event(&mut model, Event::Message(late));
    let ids: Vec<_> = thread(&model).messages.iter().map(|m| m.at_ms).collect();
    assert!(ids.is_sorted());
    assert_eq!(
        thread(&model).stand,
        Stand::At {
            item: 2,
            below: 4.0
        }
    );
    // A change takes the place of what it changes.
    let mut changed = message(2, 3, Mine::No, "Could you look?");
    changed.edited = Edited::Yes;
    event(&mut model, Event::Message(changed));
    assert_eq!(thread(&model).messages.len(), 4);
    assert!(super::thread::was_edited(&thread(&model).messages[3]));
}

#[test]
fn older_messages_are_asked_for_once_when_the_reader_comes_near() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Choose(Chosen::Room(room(2)))));
    let page: Vec<_> = (1000..1200).map(|n| message(2, n, Mine::No, "x")).collect();
    let tag = Tag::History(room(2), None);
    answer(&mut model, tag, Ok(Reply::Messages(page)));
    assert_eq!(thread(&model).load, Load::Part);
    let up = Stand::At {
        item: 60,
        below: 0.0,
    };
    let effects = model.update(Message::Thread(ThreadDo::Stand(up)));
    let before = format!("{:064x}", 1000);
    assert!(
        matches!(asked(&effects)[..], [Request::History { before: Some(b), .. }] if *b == before)
    );
    assert!(
        model
            .update(Message::Thread(ThreadDo::Stand(up)))
            .is_empty()
    );
    let older: Vec<_> = (900..1000).map(|n| message(2, n, Mine::No, "x")).collect();
    let tag = Tag::History(room(2), Some(before));
    answer(&mut model, tag, Ok(Reply::Messages(older)));
    assert_eq!(
        thread(&model).load,
        Load::All,
        "fewer came than were asked for"
    );
    assert_eq!(
        thread(&model).stand,
        Stand::At {
            item: 160,
            below: 0.0
        }
    );
}

#[test]
fn a_search_shows_only_its_own_hits() {
    let mut model = at_home();
    assert!(
        model
            .update(Message::Home(HomeDo::Search("r".into())))
            .is_empty()
    );
    let first = model.update(Message::Home(HomeDo::Search("re".into())));
    let second = model.update(Message::Home(HomeDo::Search("rep".into())));
    let tag = |effects: &[Effect]| match &effects[0] {
        Effect::Ask(_, tag, _) => tag.clone(),
        other => panic!("{other:?}"),
    };
    let hits = |n| {
        Ok(Reply::Messages(vec![
            message(2, n, Mine::No, "report");
            n as usize
        ]))
    };
    answer(&mut model, tag(&second), hits(2));
    answer(&mut model, tag(&first), hits(1));
    assert_eq!(model.home.found.as_ref().map(Vec::len), Some(2));
    let names = model.home.list().len();
    assert_eq!(names, 0, "no name holds it");
}

#[test]
fn an_invite_is_looked_at_before_it_is_answered() {
    let mut model = at_home();
    model.update(Message::Dialog(DialogDo::Accept));
    assert!(model.update(Message::Dialog(DialogDo::Answer)).is_empty());
    let effects = model.update(Message::Dialog(DialogDo::Text("kith:invite:x".into())));
    assert!(matches!(asked(&effects)[..], [Request::InviteLook { .. }]));
    let says = Invitation {
        person: person(4),
        name: "Eva".into(),
        warnings: vec!["looks like Eve".into()],
        expires_ms: NOON,
    };
    answer(&mut model, Tag::Look, Ok(Reply::Invitation(says)));
    let effects = model.update(Message::Dialog(DialogDo::Answer));
    let [Request::InviteAccept { petname, .. }] = asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(petname.as_deref(), Some("Eva"));
    let error = ApiError::new(Code::Expired, "it was used");
    answer(&mut model, Tag::Accept, Err(error));
    let is_wrong =
        |d: &Option<Dialog>| matches!(d, Some(Dialog::Accept(Accept { wrong: Some(_), .. })));
    assert!(is_wrong(&model.home.dialog));
    model.update(Message::Home(HomeDo::Escape));
    assert!(model.home.dialog.is_none());
}

#[test]
fn a_failed_step_is_said_in_its_dialog() {
    let mut model = at_home();
    model.update(Message::Dialog(DialogDo::Invite));
    let error = ApiError::new(Code::TooMuch, "too many invites are open");
    answer(&mut model, Tag::Invite, Err(error));
    assert!(matches!(
        &model.home.dialog,
        Some(Dialog::Invite(Step::Failed(_)))
    ));
}

#[test]
fn a_request_to_see_something_asks_what_before_anything_is_allowed() {
    let mut model = at_home();
    let share = a_share(SharePart::Sharer, SharePhase::Asked, "nothing");
    event(&mut model, Event::Share(share));
    assert_eq!(model.home.shares.asking().count(), 1);
    model.now_ms += STANDS_MS;
    let effects = model.update(Message::Share(ShareDo::Allow(session(7))));
    let looks = |r: &&Request| {
        matches!(
            r,
            Request::Share(ShareRequest::Windows { .. }) | Request::Limits(LimitsRequest::List)
        )
    };
    assert!(asked(&effects).iter().all(looks), "{effects:?}");
    model.update(Message::Share(ShareDo::What("xterm".into())));
    let effects = model.update(Message::Share(ShareDo::Go));
    let [Request::Share(ShareRequest::Allow { what, .. })] = asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*what, Some(ShareWhat::Application("xterm".into())));
    assert!(
        model.update(Message::Share(ShareDo::Go)).is_empty(),
        "once is enough"
    );
}

/// R5: a yes is taken only for a request that has stood in its place for a
/// while; a no always.
#[test]
fn a_request_that_just_came_or_moved_is_not_allowed_yet() {
    let asks = |n| ShareInfo {
        session: session(n),
        ..a_share(SharePart::Viewer, SharePhase::Asked, "nothing")
    };
    let over = |n| ShareInfo {
        phase: SharePhase::Over,
        ..asks(n)
    };
    let counts = |model: &mut Model, n| {
        let effects = model.update(Message::Share(ShareDo::Allow(session(n))));
        let allows = |r: &&Request| matches!(r, Request::Share(ShareRequest::Allow { .. }));
        let allowed = asked(&effects).iter().any(allows);
        assert_ne!(
            allowed,
            effects.iter().any(|e| matches!(e, Effect::Later(_)))
        );
        allowed
    };
    let mut model = at_home();
    for n in [1, 2, 3] {
        event(&mut model, Event::Share(asks(n)));
    }
    model.now_ms += STANDS_MS - 1;
    assert!(!counts(&mut model, 1), "it just came");
    model.now_ms += 1;
    assert!(counts(&mut model, 1) && counts(&mut model, 3));
    // What comes below moves nothing; what goes above moves what is below.
    event(&mut model, Event::Share(asks(4)));
    assert!(counts(&mut model, 3) && !counts(&mut model, 4));
    event(&mut model, Event::Share(over(2)));
    assert!(counts(&mut model, 1) && !counts(&mut model, 3));
    let no = model.update(Message::Share(ShareDo::Deny(session(3))));
    let no = asked(&no);
    assert!(matches!(
        no[..],
        [Request::Share(ShareRequest::Deny { .. })]
    ));
    model.now_ms += STANDS_MS;
    assert!(counts(&mut model, 3) && counts(&mut model, 4));
    // The same session with another question.
    let more = ShareInfo {
        control: "application".into(),
        ..asks(4)
    };
    event(&mut model, Event::Share(more));
    assert!(counts(&mut model, 3) && !counts(&mut model, 4));
    // A bar above comes or goes; another page.
    type Change = fn(&mut Model);
    let changes: [Change; 3] = [
        |m| drop(m.update(Message::Link(News::Lost))),
        |m| drop(m.update(Message::Home(HomeDo::Page(super::Page::Shares)))),
        |m| {
            let runs = a_share(SharePart::Sharer, SharePhase::Running, "nothing");
            event(m, Event::Share(runs));
        },
    ];
    for change in changes {
        model.now_ms += STANDS_MS;
        assert!(counts(&mut model, 1));
        change(&mut model);
        assert!(!counts(&mut model, 1));
    }
    // A clock that is set back delays nothing.
    model.now_ms -= 3_600_000;
    assert!(counts(&mut model, 1));
}

#[test]
fn an_area_is_understood_or_not_offered() {
    let offer = |text: &str| Offer {
        purpose: Purpose::Invite(person(2)),
        person: person(2),
        asked: None,
        case: ShareCase::default(),
        bounds: super::bounds::Bounds::default(),
        name: String::new(),
        kind: super::share::Kind::Region,
        text: text.into(),
        windows: Step::Coming,
        picked: None,
        level: ShareLevel::View,
        busy: false,
        wrong: None,
    };
    let area = Some(ShareWhat::Region(10, 20, 800, 600));
    assert_eq!(offer("800x600+10+20").what(), area);
    for wrong in ["", "800x600", "800x600+1", "-1x5+0+0", "99999x1+0+0"] {
        assert_eq!(offer(wrong).what(), None, "{wrong}");
    }
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

#[test]
fn what_there_is_is_chosen_by_number_and_process() {
    let mut model = at_home();
    let effects = model.update(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    assert!(matches!(
        asked(&effects)[..],
        [
            Request::Share(ShareRequest::Windows { thumbnail: 1.. }),
            Request::Limits(LimitsRequest::List)
        ]
    ));
    let all = vec![
        window(0x11, 1, "writer", "Letter"),
        window(0x12, 1, "writer", "Report"),
        window(0x21, 2, "xterm", "top"),
    ];
    let answer = Ok(Reply::Windows(all));
    model.update(Message::Link(News::Answer(Tag::Windows, Box::new(answer))));
    let choices = |model: &Model| -> Vec<u32> {
        let Some(Dialog::Share(offer)) = &model.home.dialog else {
            panic!("no dialog")
        };
        offer.choices().iter().map(|w| w.is.number).collect()
    };
    assert_eq!(choices(&model), [0x11, 0x21], "one of each application");
    model.update(Message::Share(ShareDo::What("rep".into())));
    assert_eq!(choices(&model), [0x12]);
    model.update(Message::Share(ShareDo::What(String::new())));
    model.update(Message::Share(ShareDo::Kind(super::share::Kind::Window)));
    assert_eq!(choices(&model), [0x11, 0x12, 0x21]);
    let report = WindowRef {
        number: 0x12,
        process: 1,
    };
    model.update(Message::Share(ShareDo::Pick(report)));
    let effects = model.update(Message::Share(ShareDo::Go));
    let [Request::Share(ShareRequest::Invite { what, .. })] = asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*what, ShareWhat::WindowOf(report));
}

/// The number of a window that was closed may be another program's in the next
/// list.
#[test]
fn what_was_chosen_and_is_gone_is_chosen_no_more() {
    let mut model = at_home();
    model.update(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    let lists = |model: &mut Model, all| {
        answer(model, Tag::Windows, Ok(Reply::Windows(all)));
        match &model.home.dialog {
            Some(Dialog::Share(offer)) => (offer.what(), offer.wrong.is_some()),
            other => panic!("{other:?}"),
        }
    };
    let report = window(0x12, 1, "writer", "Report");
    lists(&mut model, vec![report.clone()]);
    model.update(Message::Share(ShareDo::What("rep".into())));
    model.update(Message::Share(ShareDo::Pick(report.to_ref())));
    let chosen = Some(ShareWhat::ApplicationOf(report.to_ref()));
    let again = vec![window(0x21, 2, "xterm", "report"), report];
    assert_eq!(lists(&mut model, again), (chosen, false));
    let other = vec![window(0x12, 2, "xterm", "report")];
    assert_eq!(lists(&mut model, other), (None, true));
}

#[test]
fn stopping_never_waits_behind_anything() {
    let mut model = at_home();
    for press in [ShareDo::StopAll, ShareDo::Panic, ShareDo::Stop(session(7))] {
        let effects = model.update(Message::Share(press));
        assert!(
            matches!(effects[..], [Effect::Ask(Lane::Aside, ..)]),
            "{effects:?}"
        );
    }
}

#[test]
fn what_is_over_is_kept_for_a_while() {
    let mut model = at_home();
    for n in 0..40 {
        let mut share = a_share(SharePart::Sharer, SharePhase::Over, "nothing");
        share.session = session(n);
        event(&mut model, Event::Share(share));
    }
    assert_eq!(model.home.shares.over().count(), 20);
    assert_eq!(
        model.home.shares.over().next().unwrap().session,
        session(39)
    );
}

#[test]
fn a_node_that_went_away_leaves_everything_to_be_seen() {
    let mut model = talking();
    model.update(Message::Link(News::Lost));
    assert!(!model.home.online);
    assert_eq!(thread(&model).messages.len(), 3);
    assert_eq!(model.update(Message::Retry), [Effect::Run(None)]);
}

#[test]
fn looks_are_kept_as_text() {
    let mut model = fresh();
    model.update(Message::Prefs(Change::Flip));
    model.update(Message::Prefs(Change::Scale(-500)));
    model.update(Message::Prefs(Change::Language("de")));
    assert_eq!(Prefs::read(&model.prefs.write()), model.prefs);
    assert_eq!(model.prefs.scale.get(), 70);
    assert_eq!(model.words.code(), "de");
    assert_eq!(
        Prefs::read("scale = lots\nlanguage = tlh\n=\n"),
        Prefs::default()
    );
}

fn told(effects: &[Effect]) -> Vec<&str> {
    let words = |e: &&Effect| matches!(e, Effect::Notify(_));
    let notices = effects.iter().filter(words).map(|e| match e {
        Effect::Notify(notice) => notice.words.as_str(),
        _ => unreachable!(),
    });
    notices.collect()
}

/// Nothing secret outside of the window, and nothing at all while somebody sees
/// this screen.
#[test]
fn notices_say_who_and_never_what_and_rest_while_sharing() {
    let mut model = at_home();
    let unread = |n, unread| Event::Room(a_room(n, "Operation of Mr. Smith", unread, NOON));
    assert!(
        told(&event(&mut model, unread(8, 1))).is_empty(),
        "it is looked at"
    );
    model.update(Message::Focused(false));
    let effects = event(&mut model, unread(8, 2));
    assert_eq!(told(&effects), ["A message in one of your rooms"]);
    let effects = event(&mut model, unread(8, 2));
    assert!(told(&effects).is_empty(), "nothing is new");
    let effects = event(&mut model, unread(2, 3));
    assert_eq!(told(&effects), ["A message from Ben"]);
    let asks = contact(6, "Eve <script>", ContactState::Asks);
    let effects = event(&mut model, Event::Contact(asks));
    assert_eq!(told(&effects), ["Somebody wants to talk with you"]);
    let invites = a_share(SharePart::Viewer, SharePhase::Asked, "nothing");
    let effects = event(&mut model, Event::Share(invites.clone()));
    assert_eq!(told(&effects), ["Ben wants to show you something"]);
    assert!(told(&event(&mut model, Event::Share(invites))).is_empty());
    // Whoever sees the screen sees no notice, old or new.
    let mut running = a_share(SharePart::Sharer, SharePhase::Running, "nothing");
    let effects = event(&mut model, Event::Share(running.clone()));
    assert!(effects.contains(&Effect::Hush));
    assert!(told(&event(&mut model, unread(2, 4))).is_empty());
    running.phase = SharePhase::Over;
    event(&mut model, Event::Share(running));
    assert_eq!(told(&event(&mut model, unread(2, 5))).len(), 1);
    let busy = Status {
        presence: Presence::Busy,
        ..status()
    };
    event(&mut model, Event::Status(busy));
    assert!(told(&event(&mut model, unread(2, 6))).is_empty());
    event(&mut model, Event::Status(status()));
    model.update(Message::Prefs(Change::Notices(Notices::Off)));
    assert!(told(&event(&mut model, unread(2, 7))).is_empty());
    let kept = Prefs::read(&model.prefs.write());
    assert_eq!(kept.notices, Notices::Off);
    assert!(model.update(Message::Focused(true)).contains(&Effect::Hush));
}
