//! Every screen, without a window: what is found on it, and what pressing and
//! typing say.

use std::borrow::Cow;

use iced::keyboard::key::Named;
use iced::{Size, Theme};
use iced_test::Simulator;
use iced_test::selector::id;
use kith_api::id::DeviceId;
use kith_api::*;

use super::view;
use crate::link::News;
use crate::state::agreed::Message as Agreeing;
use crate::state::bounds::Message as Bounding;
use crate::state::config::Message as Configure;
use crate::state::home::{Chosen, Message as HomeDo};
use crate::state::rules::Message as RulesDo;
use crate::state::share::Message as ShareDo;
use crate::state::steady::STANDS_MS;
use crate::state::tests::*;
use crate::state::thread::Message as ThreadDo;
use crate::state::{Dialog, Effect, Message, Model, Page, Tag, dialog, first, share};
use crate::theme::{FONT, FONTS, Scheme, size};

const PAGES: [Page; 7] = [
    Page::Talk,
    Page::Shares,
    Page::Agreed,
    Page::Rules,
    Page::Log,
    Page::Diagnosis,
    Page::Settings,
];

const SIZE: Size = Size::new(1080.0, 720.0);

fn ui(model: &Model) -> Simulator<'_, Message, Theme> {
    let settings = iced::Settings {
        fonts: FONTS.iter().map(|f| Cow::Borrowed(*f)).collect(),
        default_font: FONT,
        default_text_size: size::BODY.into(),
        ..iced::Settings::default()
    };
    Simulator::with_size(settings, SIZE, view(model))
}

fn shows(model: &Model, words: &[&str]) {
    let mut ui = ui(model);
    for text in words {
        assert!(ui.find(*text).is_ok(), "{text:?} isn't on the screen");
    }
}

fn lacks(model: &Model, words: &[&str]) {
    let mut ui = ui(model);
    for text in words {
        assert!(ui.find(*text).is_err(), "{text:?} is on the screen");
    }
}

/// Presses what has these words, and lets the model take in what it says.
fn press(model: &mut Model, words: &str) -> Vec<Effect> {
    let mut ui = ui(model);
    ui.click(words).unwrap_or_else(|e| panic!("{words:?}: {e}"));
    let said: Vec<Message> = ui.into_messages().collect();
    assert!(!said.is_empty(), "{words:?} says nothing");
    said.into_iter().flat_map(|m| model.update(m)).collect()
}

fn is_asked(effect: &Effect) -> bool {
    matches!(effect, Effect::Ask(..))
}

/// Types into the field with this id.
fn type_into(model: &mut Model, field: &'static str, text: &str) {
    let mut ui = ui(model);
    ui.click(id(field))
        .unwrap_or_else(|e| panic!("{field:?}: {e}"));
    ui.typewrite(text);
    let said: Vec<Message> = ui.into_messages().collect();
    for message in said {
        model.update(message);
    }
}

#[test]
fn the_first_run_is_filled_in_and_begun() {
    let mut model = fresh();
    shows(&model, &["Starting Kith …"]);
    model.update(Message::Link(News::NoProfile));
    shows(&model, &["Welcome to Kith", "Your name", "Passphrase"]);
    press(&mut model, "Begin");
    shows(&model, &["Please enter a name first."]);
    type_into(&mut model, first::NAME, "A");
    for field in [first::PASSPHRASE, first::AGAIN] {
        type_into(&mut model, field, "c");
    }
    press(&mut model, "Begin");
    shows(&model, &["The passphrase needs eight characters or more."]);
}

#[test]
fn a_closed_profile_and_a_broken_one_say_what_to_do() {
    let mut model = fresh();
    model.update(Message::Link(News::NeedsPassphrase { wrong: true }));
    shows(&model, &["Kith is locked", "That passphrase doesn’t fit."]);
    type_into(&mut model, first::PASSPHRASE, "o");
    let effects = press(&mut model, "Open");
    assert_eq!(effects, [Effect::Run(Some(Secret::new("o".into())))]);
    model.update(Message::Link(News::Failed("no space".into())));
    shows(&model, &["Kith can’t start", "no space"]);
    assert_eq!(press(&mut model, "Try again"), [Effect::Run(None)]);
}

#[test]
fn somebody_new_is_led_to_an_invite() {
    let mut model = fresh();
    model.update(Message::Link(News::Connected));
    shows(&model, &["One moment …"]);
    let (contacts, rooms) = (Vec::new(), Vec::new());
    let status = status();
    let snapshot = Event::Snapshot {
        status,
        contacts,
        rooms,
    };
    event(&mut model, snapshot);
    shows(&model, &["Nobody here yet", "Choose a conversation"]);
    press(&mut model, "I have an invite");
    shows(&model, &["Answer an invite"]);
    model.update(Message::Home(HomeDo::Escape));
    let effects = press(&mut model, "Invite somebody");
    assert!(matches!(effects[..], [Effect::Ask(_, Tag::Invite, _)]));
    answer(&mut model, Tag::Invite, Ok(Reply::Invite(an_invite())));
    shows(&model, &["kith:invite:abc", "Good until 2024-10-04 12:00"]);
    let effects = press(&mut model, "Copy the text");
    assert!(effects.contains(&Effect::Copy("kith:invite:abc".into())));
}

#[test]
fn people_who_ask_are_let_in_from_the_list() {
    let mut model = at_home();
    shows(
        &model,
        &[
            "Ben",
            "Cem",
            "Wants to talk with you",
            "Waiting for their answer",
        ],
    );
    assert!(!press(&mut model, "Accept").iter().any(is_asked));
    model.now_ms += STANDS_MS;
    let effects = press(&mut model, "Accept");
    let decided = |e: &Effect| {
        matches!(
            e,
            Effect::Ask(
                _,
                _,
                Request::ContactDecide {
                    decision: Decision::Accept,
                    ..
                }
            )
        )
    };
    assert!(effects.iter().any(decided), "{effects:?}");
}

#[test]
fn a_conversation_shows_its_messages_and_sends() {
    let mut model = talking();
    shows(
        &model,
        &[
            "Good morning",
            "Hello Ben",
            "Verified",
            "Today",
            "New",
            "Could you look at the report with me?",
        ],
    );
    type_into(&mut model, crate::state::thread::WRITE, "Yes");
    assert_eq!(model.home.threads[&room(2)].draft.text().trim(), "Yes");
    let mut ui = ui(&model);
    ui.click(id("send")).unwrap();
    let said: Vec<Message> = ui.into_messages().collect();
    assert!(
        matches!(said[..], [Message::Thread(ThreadDo::Send)]),
        "{said:?}"
    );
}

#[test]
fn a_conversation_has_its_empty_its_failed_and_its_offline_state() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Choose(Chosen::Room(room(2)))));
    shows(&model, &["One moment …"]);
    let error = ApiError::new(Code::Storage, "the disk can't be read");
    answer(&mut model, Tag::History(room(2), None), Err(error));
    shows(
        &model,
        &["The messages can’t be shown", "the disk can't be read"],
    );
    let effects = press(&mut model, "Try again");
    assert!(matches!(effects[..], [Effect::Ask(_, Tag::History(..), _)]));
    answer(
        &mut model,
        Tag::History(room(2), None),
        Ok(Reply::Messages(Vec::new())),
    );
    shows(&model, &["No messages yet"]);
    model.update(Message::Link(News::Lost));
    assert_eq!(press(&mut model, "Start again"), [Effect::Run(None)]);
}

#[test]
fn a_number_is_compared_in_its_dialog() {
    let mut model = talking();
    let effects = press(&mut model, "Verified");
    assert!(matches!(effects[..], [Effect::Ask(_, Tag::Safety, _)]));
    let safety = Safety {
        person: person_ref(3, "Cem"),
        number: "12345 67890".into(),
        card: String::new(),
    };
    answer(&mut model, Tag::Safety, Ok(Reply::Safety(safety)));
    shows(&model, &["12345 67890"]);
    let early = press(&mut model, "They are the same");
    assert!(!early.iter().any(is_asked) && model.home.dialog.is_some());
    model.now_ms += STANDS_MS;
    let effects = press(&mut model, "They are the same");
    let verified = Verification::Verified;
    assert!(
        matches!(&effects[..], [Effect::Ask(_, _, Request::Verify { outcome, .. })] if *outcome == verified)
    );
}

#[test]
fn a_room_is_made_with_those_who_were_picked() {
    let mut model = at_home();
    model.update(Message::Dialog(dialog::Message::Room));
    type_into(&mut model, dialog::TITLE, "W");
    model.update(Message::Dialog(dialog::Message::Member(person(2))));
    let effects = press(&mut model, "Make the room");
    let [Effect::Ask(_, Tag::RoomNew, Request::RoomNew { title, members })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((title.as_str(), members.len()), ("W", 1));
}

fn feature(direction: &str, state: &str) -> FeatureState {
    FeatureState {
        means: "native".into(),
        direction: direction.into(),
        state: state.into(),
        step: None,
        reason: None,
        text: None,
        reasons: match state {
            "disabled" => vec![FeatureReason {
                step: "their-device".into(),
                code: "x".into(),
                text: "Ben’s machine has no screen".into(),
                hint: Some("Ben could use another machine".into()),
            }],
            _ => Vec::new(),
        },
        rights: Vec::new(),
        view: "desktop".into(),
        control: "desktop".into(),
        begins: Vec::new(),
        duties: Vec::new(),
    }
}

/// Ben may be shown something, and can show nothing; two ways lead to him.
pub(super) fn features() -> Features {
    let way = |course: &str, transport: &str, outcome: &str, trip| PathWay {
        address: "192.168.1.7:4001".into(),
        transport: transport.into(),
        course: course.into(),
        from: "lan".into(),
        outcome: outcome.into(),
        text: "nothing answers".into(),
        round_trip_us: trip,
        rate: trip.map(|_| 11_000_000),
        chosen: if trip == Some(840) { "yes" } else { "no" }.into(),
    };
    Features {
        person: person_ref(2, "Ben"),
        all: vec![
            feature("i-share", "enabled"),
            feature("they-share", "disabled"),
        ],
        devices: vec![DeviceFeatures {
            device: DeviceId::from_bytes([2; 32]),
            path: PathInfo {
                state: "works".into(),
                verdict: "direct".into(),
                text: "There is a direct way".into(),
                at_ms: Some(NOON),
                ways: vec![
                    way("direct", "quic", "works", Some(840)),
                    way("direct", "tcp", "works", Some(1_320)),
                    way("relayed", "quic", "works", Some(48_900)),
                    way("direct", "quic", "no-answer", None),
                ],
            },
            features: Vec::new(),
        }],
    }
}

pub(super) fn an_invite() -> Invite {
    Invite {
        id: "1".into(),
        text: Some("kith:invite:abc".into()),
        qr: None,
        expires_ms: NOON,
        state: "open".into(),
    }
}

/// An editor and a terminal.
pub(super) fn windows() -> Vec<WindowChoice> {
    let window = |number, title: &str, application: &str| WindowChoice {
        number,
        title: title.into(),
        application: application.into(),
        process: number,
        x: 0,
        y: 0,
        width: 800,
        height: 600,
        state: "shown".into(),
        thumbnail: Some(Thumbnail {
            width: 160,
            height: 120,
            pixels: (0..160 * 120_u32).map(|n| 0x0020_3040 + n / 160).collect(),
        }),
    };
    vec![
        window(1, "Report.odt – LibreOffice Writer", "libreoffice"),
        window(2, "anna@desk: ~", "xterm"),
    ]
}

#[test]
fn what_is_impossible_says_why_and_what_would_help() {
    let mut model = talking();
    press(&mut model, "Share");
    event(&mut model, Event::Features(features()));
    shows(
        &model,
        &[
            "Ben’s machine has no screen",
            "Ben could use another machine",
        ],
    );
    let mut screen = ui(&model);
    screen.click("Ask to see something").unwrap();
    assert_eq!(screen.into_messages().count(), 0, "it is disabled");
    press(&mut model, "Show something");
    assert!(matches!(model.home.dialog, Some(Dialog::Share(_))));
    shows(
        &model,
        &["Name, or choose below", "Only see", "See and control"],
    );
    press(&mut model, "Desktop");
    shows(
        &model,
        &[
            "Everything on your screen will be seen, whatever comes up on it. An application is safer.",
        ],
    );
    let effects = press(&mut model, "Invite");
    assert!(matches!(
        &effects[..],
        [Effect::Ask(
            _,
            Tag::ShareDone,
            Request::Share(ShareRequest::Invite {
                what: ShareWhat::Desktop,
                ..
            })
        )]
    ));
}

#[test]
fn the_way_to_stop_is_on_every_screen() {
    let mut model = talking();
    let running = a_share(SharePart::Sharer, SharePhase::Running, "application");
    event(&mut model, Event::Share(running));
    let stop = |model: &mut Model| {
        let mut screen = ui(model);
        screen.click(id("stop-all")).expect("the red stop");
        let said: Vec<Message> = screen.into_messages().collect();
        assert!(
            matches!(said[..], [Message::Share(ShareDo::StopAll)]),
            "{said:?}"
        );
    };
    for page in PAGES {
        model.update(Message::Home(HomeDo::Page(page)));
        stop(&mut model);
    }
    // Also above a closed profile, and without the node.
    event(
        &mut model,
        Event::Status(Status {
            lock: LockState::Locked,
            ..status()
        }),
    );
    stop(&mut model);
    shows(&model, &["Kith is locked", "Ben sees and controls xterm"]);
}

#[test]
fn no_red_where_nobody_sees() {
    let mut model = talking();
    for (part, phase) in [
        (SharePart::Sharer, SharePhase::Waiting),
        (SharePart::Sharer, SharePhase::Over),
        (SharePart::Viewer, SharePhase::Running),
    ] {
        event(
            &mut model,
            Event::Share(a_share(part, phase, "application")),
        );
        assert!(
            ui(&model).find(id("stop-all")).is_err(),
            "{part:?} {phase:?}"
        );
    }
}

#[test]
fn somebody_who_asks_is_answered_on_every_page() {
    for page in PAGES {
        let mut model = at_home();
        let invites = a_share(SharePart::Viewer, SharePhase::Asked, "nothing");
        event(&mut model, Event::Share(invites));
        model.update(Message::Home(HomeDo::Page(page)));
        shows(&model, &["Ben wants to show you xterm."]);
        model.now_ms += STANDS_MS;
        let effects = press(&mut model, "Allow");
        assert!(matches!(
            &effects[..],
            [Effect::Ask(
                _,
                _,
                Request::Share(ShareRequest::Allow { what: None, .. })
            )]
        ));
    }
}

#[test]
fn the_shares_page_has_what_runs_and_what_is_over() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Shares)));
    shows(&model, &["Nothing is shared"]);
    let mut over = a_share(SharePart::Viewer, SharePhase::Over, "nothing");
    over.words = Some("Ben ended it".into());
    event(&mut model, Event::Share(over));
    shows(&model, &["Over", "With Ben: Ben ended it."]);
    lacks(&model, &["Now"]);
}

#[test]
fn settings_change_looks_and_language() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Settings)));
    press(&mut model, "Dark");
    assert_eq!(model.prefs.scheme, Scheme::Dark);
    press(&mut model, "Deutsch");
    shows(&model, &["Aussehen", "Sprache"]);
    let effects = press(&mut model, "Verborgen");
    let hidden = Presence::Hidden;
    assert!(
        matches!(&effects[..], [Effect::Ask(_, _, Request::Presence { state })] if *state == hidden)
    );
}

/// UI-1: everything without a pointer. Tab goes from thing to thing, Enter
/// presses it.
#[test]
fn a_share_is_allowed_stopped_and_control_taken_back_by_keyboard_alone() {
    let mut model = talking();
    event(
        &mut model,
        Event::Share(a_share(SharePart::Viewer, SharePhase::Asked, "nothing")),
    );
    model.now_ms += STANDS_MS;
    let effects = by_keyboard(&mut model, |m| {
        matches!(m, Message::Share(ShareDo::Allow(_)))
    });
    assert!(!effects.is_empty());
    event(
        &mut model,
        Event::Share(a_share(
            SharePart::Sharer,
            SharePhase::Running,
            "application",
        )),
    );
    by_keyboard(&mut model, |m| matches!(m, Message::Share(ShareDo::Panic)));
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Share(ShareDo::StopAll))
    });
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Home(HomeDo::Page(Page::Settings)))
    });
}

/// R5: one request goes, another slides up into its place; what was meant for
/// the first, a focus or a press that has begun, says nothing to the second.
#[test]
fn what_was_meant_for_one_request_never_answers_another() {
    use iced::mouse::{Button, Cursor, Event as Mouse};
    use iced_test::core::clipboard;
    use iced_test::runtime::user_interface::{Cache, UserInterface};
    let mouse = |event| vec![iced::Event::Mouse(event)];
    let down = || mouse(Mouse::ButtonPressed(Button::Left));
    let up = || mouse(Mouse::ButtonReleased(Button::Left));
    let enter = || iced_test::simulator::tap_key(Named::Enter, None).collect();
    let place = |model: &Model| {
        let found = ui(model).find("Allow").expect("a yes");
        found.visible_bounds().expect("on the screen").center()
    };
    for by_key in [true, false] {
        let mut model = talking();
        let ben = a_share(SharePart::Viewer, SharePhase::Asked, "nothing");
        let mallory = ShareInfo {
            session: session(8),
            person: person_ref(4, "Mallory"),
            ..ben.clone()
        };
        event(&mut model, Event::Share(ben.clone()));
        event(&mut model, Event::Share(mallory));
        let at = place(&model);
        let mut renderer = iced::Renderer::new(FONT, size::BODY.into());
        let mut said = Vec::new();
        let mut screen = UserInterface::build(view(&model), SIZE, Cache::default(), &mut renderer);
        let mut does = |screen: &mut UserInterface<'_, _, _, _>,
                        events: Vec<iced::Event>,
                        renderer: &mut iced::Renderer| {
            let cursor = match by_key {
                true => Cursor::Unavailable,
                false => Cursor::Available(at),
            };
            let _ = screen.update(&events, cursor, renderer, &mut clipboard::Null, &mut said);
            std::mem::take(&mut said)
        };
        let says = |said: &[Message], n| matches!(said, [Message::Share(ShareDo::Allow(s))] if *s == session(n));
        match by_key {
            true => {
                let there = (0..60).any(|_| {
                    tab(&mut screen, &renderer);
                    says(&does(&mut screen, enter(), &mut renderer), 7)
                });
                assert!(there, "Tab doesn't come to the yes");
            }
            false => assert!(does(&mut screen, down(), &mut renderer).is_empty()),
        }
        let cache = screen.into_cache();
        let over = ShareInfo {
            phase: SharePhase::Over,
            ..ben
        };
        event(&mut model, Event::Share(over));
        assert_eq!(place(&model), at, "the other stands in its place");
        let mut screen = UserInterface::build(view(&model), SIZE, cache, &mut renderer);
        let end = if by_key { enter() } else { up() };
        let late = does(&mut screen, end, &mut renderer);
        assert!(late.is_empty(), "{late:?}");
        if !by_key {
            let whole = [down(), up()].concat();
            assert!(says(&does(&mut screen, whole, &mut renderer), 8));
        }
    }
}

/// The next thing for the keyboard.
fn tab<M>(
    screen: &mut iced_test::runtime::UserInterface<'_, M, Theme, iced::Renderer>,
    renderer: &iced::Renderer,
) {
    use iced_test::core::widget::operation::{Operation, Outcome, focusable};
    let mut next: Box<dyn Operation> = Box::new(focusable::focus_next());
    loop {
        screen.operate(renderer, next.as_mut());
        match next.finish() {
            Outcome::Chain(chained) => next = chained,
            _ => break,
        }
    }
}

/// Goes on with Tab until Enter says what is wanted.
fn by_keyboard(model: &mut Model, wanted: fn(&Message) -> bool) -> Vec<Effect> {
    use iced_test::core::clipboard;
    use iced_test::runtime::user_interface::{Cache, UserInterface};
    let mut renderer = iced::Renderer::new(FONT, size::BODY.into());
    let mut said = Vec::new();
    let mut screen = UserInterface::build(view(model), SIZE, Cache::default(), &mut renderer);
    for _ in 0..60 {
        tab(&mut screen, &renderer);
        let enter: Vec<_> = iced_test::simulator::tap_key(Named::Enter, None).collect();
        let nowhere = iced::mouse::Cursor::Unavailable;
        let (renderer, clipboard) = (&mut renderer, &mut clipboard::Null);
        let _ = screen.update(&enter, nowhere, renderer, clipboard, &mut said);
        if said.iter().any(wanted) {
            drop(screen);
            return said
                .into_iter()
                .filter(wanted)
                .flat_map(|m| model.update(m))
                .collect();
        }
        said.clear();
    }
    panic!("Tab doesn't come there");
}

#[test]
fn an_offer_says_why_it_failed() {
    let mut model = talking();
    model.update(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    type_into(&mut model, share::WHAT, "x");
    press(&mut model, "Invite");
    let error = ApiError::new(Code::NotFound, "no such application runs");
    answer(&mut model, Tag::ShareDone, Err(error));
    shows(&model, &["no such application runs"]);
}

#[test]
fn rules_log_and_diagnosis_are_asked_for_when_they_are_opened() {
    for page in [Page::Rules, Page::Log, Page::Diagnosis] {
        let mut model = at_home();
        let effects = model.update(Message::Home(HomeDo::Page(page)));
        assert!(
            effects
                .iter()
                .any(|e| matches!(e, Effect::Ask(_, Tag::Page(p), _) if *p == page))
        );
        shows(&model, &["One moment …"]);
        let error = ApiError::new(Code::Locked, "locked");
        answer(&mut model, Tag::Page(page), Err(error));
        shows(&model, &["locked"]);
    }
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Diagnosis)));
    let finding = Finding {
        code: "udp".into(),
        level: Level::Limited,
        message: "UDP is blocked here".into(),
        hint: Some("a contact could relay".into()),
    };
    answer(
        &mut model,
        Tag::Page(Page::Diagnosis),
        Ok(Reply::Doctor(vec![finding])),
    );
    shows(&model, &["UDP is blocked here", "a contact could relay"]);
    model.update(Message::Home(HomeDo::Page(Page::Rules)));
    answer(
        &mut model,
        Tag::Page(Page::Rules),
        Ok(Reply::Policies(Vec::new())),
    );
    shows(&model, &["You belong to no organisation"]);
    model.update(Message::Home(HomeDo::Page(Page::Log)));
    let (length, entries) = (0, Vec::new());
    answer(
        &mut model,
        Tag::Page(Page::Log),
        Ok(Reply::Audit(AuditPage { length, entries })),
    );
    shows(&model, &["Nothing was shared or asked for yet."]);
    press(&mut model, "Check the log");
    answer(
        &mut model,
        Tag::Sound,
        Err(ApiError::new(Code::Invalid, "entry 3 was changed")),
    );
    shows(&model, &["entry 3 was changed"]);
}

#[test]
fn a_spoken_code_is_compared_when_the_other_side_begins() {
    let mut model = at_home();
    let meeting = |state, code: Option<&str>| MeetingInfo {
        id: "m".into(),
        name: "Ben".into(),
        person: person(2),
        with: MeetingWith::Contact,
        code: code.map(Into::into),
        state,
        why: None,
        warnings: Vec::new(),
    };
    event(
        &mut model,
        Event::Meeting(meeting(MeetingState::Compare, Some("482 913"))),
    );
    shows(
        &model,
        &[
            "482 913",
            "Read this code to Ben. Do both of you see the same?",
        ],
    );
    assert!(!press(&mut model, "They are the same").iter().any(is_asked));
    model.now_ms += STANDS_MS;
    let effects = press(&mut model, "They are the same");
    assert!(matches!(
        &effects[..],
        [Effect::Ask(
            _,
            _,
            Request::Meeting(MeetingRequest::Confirm {
                outcome: CodeOutcome::Same,
                ..
            })
        )]
    ));
    event(
        &mut model,
        Event::Meeting(meeting(MeetingState::Done, None)),
    );
    shows(&model, &["You and Ben know each other now, verified."]);
    press(&mut model, "Close");
    event(
        &mut model,
        Event::Meeting(meeting(MeetingState::Done, None)),
    );
    assert!(
        model.home.dialog.is_none(),
        "what is over doesn't come up again"
    );
}

#[test]
fn somebody_nearby_is_one_press_away() {
    let mut model = at_home();
    model.update(Message::Meet(crate::state::meet::Message::Look));
    shows(
        &model,
        &["Nobody yet. The other person opens this in their Kith too."],
    );
    let people = vec![NearbyPerson {
        person: person_ref(4, "Eva"),
        device: DeviceId::from_bytes([4; 32]),
        warnings: Vec::new(),
    }];
    let open_until_ms = None;
    event(
        &mut model,
        Event::Nearby(Nearby {
            open_until_ms,
            people,
        }),
    );
    let effects = press(&mut model, "Eva");
    assert!(matches!(
        &effects[..],
        [Effect::Ask(
            _,
            Tag::Meet,
            Request::Meeting(MeetingRequest::Meet { .. })
        )]
    ));
}

#[test]
fn the_keyboard_stays_in_a_dialog_and_reaches_the_stop() {
    let mut model = talking();
    event(
        &mut model,
        Event::Share(a_share(SharePart::Sharer, SharePhase::Running, "nothing")),
    );
    model.update(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Share(ShareDo::StopAll))
    });
    by_keyboard(&mut model, |m| {
        assert!(
            !matches!(m, Message::Home(_)),
            "the page behind was pressed: {m:?}"
        );
        matches!(m, Message::Dialog(dialog::Message::Close))
    });
}

pub(super) fn a_consent(held: Option<&str>) -> ConsentInfo {
    ConsentInfo {
        id: "c0ffee".into(),
        person: person_ref(2, "Ben"),
        application: "libreoffice".into(),
        view: "application".into(),
        control: "nothing".into(),
        issued_ms: NOON,
        until_ms: NOON + 86_400_000,
        held: held.map(Into::into),
    }
}

pub(super) fn a_limit(number: u32) -> LimitInfo {
    LimitInfo {
        number,
        person: (number > 1).then(|| person_ref(2, "Ben")),
        device: (number > 2).then(|| "d".repeat(64)),
        application: Some("xterm".into()),
        limits: LimitSet {
            barred: vec!["menus".into(), "shortcuts".into()],
            keys: vec!["Delete".into()],
            per_second: Some(20),
        },
        changed_ms: NOON,
    }
}

#[test]
fn what_was_agreed_is_listed_taken_back_and_let_count_again() {
    let mut model = at_home();
    let asked = |effects: &[Effect]| -> Vec<Request> {
        let request = |e: &Effect| match e {
            Effect::Ask(_, _, request) => Some(request.clone()),
            _ => None,
        };
        effects.iter().filter_map(request).collect()
    };
    let effects = model.update(Message::Home(HomeDo::Page(Page::Agreed)));
    assert_eq!(
        asked(&effects),
        [
            Request::Consent(ConsentRequest::List),
            Request::Limits(LimitsRequest::List)
        ]
    );
    shows(&model, &["Agreed in advance", "One moment …"]);
    let lost = ApiError::new(Code::Storage, "the disk can't be read");
    answer(&mut model, Tag::Limits, Err(lost));
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(Vec::new())));
    shows(
        &model,
        &[
            "the disk can't be read",
            "Nobody may see anything without asking you.",
        ],
    );
    let held = a_consent(Some("panic"));
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(vec![held])));
    event(&mut model, Event::Limits(vec![a_limit(1)]));
    shows(
        &model,
        &[
            "Ben may see libreoffice",
            "Held since you pressed the panic key. It doesn’t count.",
            "Everybody, with xterm",
            "no menus · no shortcuts · not the keys Delete · at most 20 inputs a second",
        ],
    );
    let consent = || "c0ffee".to_owned();
    let effects = press(&mut model, "Let it count again");
    let resume = ConsentRequest::Resume { consent: consent() };
    assert_eq!(asked(&effects), [Request::Consent(resume)]);
    let mut screen = ui(&model);
    screen.click("Let it count again").unwrap();
    assert_eq!(screen.into_messages().count(), 0, "it is under way");
    let tag = Tag::Agreed(consent());
    // Whatever came of it, what counts now is asked for.
    let effects = answer(&mut model, tag, Ok(Reply::Done));
    assert_eq!(asked(&effects).len(), 2);
    let counts = a_consent(None);
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(vec![counts])));
    lacks(&model, &["Let it count again"]);
    let effects = press(&mut model, "Take it back");
    let end = ConsentRequest::End { consent: consent() };
    assert_eq!(asked(&effects), [Request::Consent(end)]);
    let effects = press(&mut model, "Forget it");
    let number = 1;
    assert_eq!(
        asked(&effects),
        [Request::Limits(LimitsRequest::Revoke { number })]
    );
}

/// GUARD-6: what the panic key holds is seen without looking for it.
#[test]
fn a_consent_that_is_held_shows_on_every_page() {
    let mut model = at_home();
    let over = a_share(SharePart::Sharer, SharePhase::Over, "nothing");
    let effects = event(&mut model, Event::Share(over));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Ask(_, Tag::Consents, _)))
    );
    let held = a_consent(Some("stopped"));
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(vec![held])));
    assert_eq!(model.home.agreed.held(), 1);
    for page in PAGES {
        model.update(Message::Home(HomeDo::Page(page)));
        let mut screen = ui(&model);
        screen.click("Agreed").expect("the way there");
        let said: Vec<Message> = screen.into_messages().collect();
        assert!(matches!(
            said[..],
            [Message::Home(HomeDo::Page(Page::Agreed))]
        ));
    }
}

/// The shares that are asked for, of what is to be done.
fn of_share(effects: &[Effect]) -> Vec<ShareRequest> {
    let request = |e: &Effect| match e {
        Effect::Ask(_, Tag::ShareDone, Request::Share(request)) => Some(request.clone()),
        _ => None,
    };
    effects.iter().filter_map(request).collect()
}

/// GUARD-4, GUARD-8: what is barred goes with the share, and into the next.
#[test]
fn limits_are_chosen_with_control_and_remembered() {
    let mut model = talking();
    let open = Message::Share(ShareDo::Offer(person(2), ShareLevel::View));
    let effects = model.update(open);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Ask(_, Tag::Limits, _)))
    );
    event(&mut model, Event::Limits(vec![a_limit(2)]));
    assert!(ui(&model).find(id("bounds")).is_err(), "nothing to limit");
    press(&mut model, "See and control");
    press(&mut model, "Limits");
    shows(&model, &["Remembered from before:"]);
    lacks(&model, &["Remember it for the next time"]);
    press(&mut model, "no menus");
    press(&mut model, "no right click");
    press(&mut model, "no menus");
    press(&mut model, "Remember it for the next time");
    shows(&model, &["Limits: 1"]);
    type_into(&mut model, share::WHAT, "x");
    let [ShareRequest::Limited { limits, request }] = &of_share(&press(&mut model, "Invite"))[..]
    else {
        panic!("no limits")
    };
    assert_eq!(limits.set.barred, ["right-click"]);
    assert_eq!((limits.remember, limits.level), (Remember::Always, None));
    let level = ShareLevel::Control;
    assert!(matches!(&**request, ShareRequest::Invite { level: l, .. } if *l == level));
}

/// Whoever asks for control and is to see only must not get what they asked.
#[test]
fn less_than_was_asked_for_is_given_and_more_is_not_offered() {
    let asked = |control| {
        let mut model = talking();
        let asks = a_share(SharePart::Sharer, SharePhase::Asked, control);
        event(&mut model, Event::Share(asks));
        model.now_ms += STANDS_MS;
        press(&mut model, "Choose what to show");
        type_into(&mut model, share::WHAT, "x");
        model
    };
    let mut model = asked("application");
    press(&mut model, "Only see");
    let [ShareRequest::Limited { limits, request }] =
        &of_share(&press(&mut model, "Show this"))[..]
    else {
        panic!("all of it is given")
    };
    assert_eq!(limits.level, Some(ShareLevel::View));
    assert!(matches!(**request, ShareRequest::Allow { .. }));
    let mut model = asked("application");
    let all = of_share(&press(&mut model, "Show this"));
    assert!(matches!(all[..], [ShareRequest::Allow { .. }]), "{all:?}");
    let model = asked("nothing");
    lacks(&model, &["See and control"]);
}

#[test]
fn whoever_asks_for_control_gets_it_within_limits_or_from_somebody_else() {
    let mut model = talking();
    let mut ben = a_share(SharePart::Sharer, SharePhase::RunningAsked, "nothing");
    ben.wanted = Some("application".into());
    event(&mut model, Event::Share(ben));
    lacks(&model, &["Hand it over"]);
    model.now_ms += STANDS_MS;
    press(&mut model, "With limits …");
    shows(&model, &["What they may not do"]);
    lacks(&model, &["What", "Only see"]);
    press(&mut model, "no keys at all");
    let all = of_share(&press(&mut model, "Allow"));
    let [ShareRequest::Limited { request, .. }] = &all[..] else {
        panic!("{all:?}")
    };
    assert!(matches!(**request, ShareRequest::Allow { what: None, .. }));
    model.update(Message::Home(HomeDo::Escape));
    let eva = ShareInfo {
        session: session(9),
        person: person_ref(4, "Eva"),
        ..a_share(SharePart::Sharer, SharePhase::Running, "application")
    };
    event(&mut model, Event::Share(eva));
    model.now_ms += STANDS_MS;
    let all = of_share(&press(&mut model, "Hand it over"));
    let [
        ShareRequest::Control {
            which: from,
            change: ControlChange::End,
        },
        ShareRequest::Allow { which: to, .. },
    ] = &all[..]
    else {
        panic!("{all:?}")
    };
    assert_eq!(
        (from, to),
        (&session(9).to_string(), &session(7).to_string())
    );
}

/// CASE-1: what a policy demands to be said can be said.
#[test]
fn what_it_is_for_is_asked_where_somebody_demands_it() {
    let mut model = talking();
    model.update(Message::Home(HomeDo::Panel));
    let mut known = features();
    known.all = ["i-share", "they-share"]
        .map(|d| feature(d, "enabled"))
        .into();
    for feature in &mut known.all {
        feature.duties = vec!["accept".into(), "purpose".into(), "patient-consent".into()];
    }
    event(&mut model, Event::Features(known));
    assert!(of_share(&press(&mut model, "Ask to see something")).is_empty());
    shows(&model, &["What for", "Who obtained the patient’s consent"]);
    lacks(&model, &["Case number or reference", "Application"]);
    let say = |case, text: &str| Message::Share(ShareDo::Case(case, text.into()));
    model.update(say(share::Case::Purpose, "Second opinion"));
    let all = of_share(&press(&mut model, "Ask"));
    let [ShareRequest::Join { case, .. }] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(case.purpose.as_deref(), Some("Second opinion"));
    model.update(Message::Home(HomeDo::Escape));
    press(&mut model, "Show something");
    shows(&model, &["What for"]);
}

/// GUARD-6: where nobody could hear the panic key that is said, before it is
/// allowed and while it runs.
#[test]
fn without_a_panic_key_that_is_said() {
    let says = "No panic key: this machine has no screen on which Esc could be heard. Only this program and “kith panic” take control back.";
    let mut model = talking();
    let mut asks = a_share(SharePart::Sharer, SharePhase::Asked, "desktop");
    asks.without_panic_key = true;
    event(&mut model, Event::Share(asks.clone()));
    shows(&model, &[says]);
    asks.phase = SharePhase::Running;
    event(&mut model, Event::Share(asks.clone()));
    for page in PAGES {
        model.update(Message::Home(HomeDo::Page(page)));
        shows(
            &model,
            &["Esc isn’t heard here: end it with these buttons."],
        );
        lacks(&model, &["Press Esc to take control back"]);
    }
    model.update(Message::Home(HomeDo::Page(Page::Shares)));
    shows(&model, &[says]);
    asks.phase = SharePhase::Over;
    event(&mut model, Event::Share(asks));
    lacks(&model, &[says]);
}

fn a_policy() -> PolicyInfo {
    PolicyInfo {
        org: id::OrgId::from_bytes([6; 32]),
        name: "Clinic".into(),
        number: 3,
        state: "in-force".into(),
        age_secs: 60,
        issued_ms: NOON,
        old_from_ms: NOON,
        usable_until_ms: NOON,
        warnings: vec!["it ends in 7 days".into()],
        my_role: Some("sharer".into()),
        admins: (2, 3),
        recovery: None,
        members: 12,
    }
}

/// The rules of an organisation, one own rule, and what is allowed with Ben.
pub(super) fn with_rules() -> Model {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Rules)));
    let policies = Reply::Policies(vec![a_policy()]);
    let effects = answer(&mut model, Tag::Page(Page::Rules), Ok(policies));
    let org = a_policy().org;
    assert!(matches!(&effects[..], [Effect::Ask(_, Tag::Policy(o), _)] if *o == org));
    let full = PolicyFull {
        info: a_policy(),
        news: None,
        says: vec!["Nobody controls a desktop.".into()],
        directory: Vec::new(),
        refused: Vec::new(),
    };
    answer(
        &mut model,
        Tag::Policy(org),
        Ok(Reply::Policy(Box::new(full))),
    );
    let own = OwnRules {
        rules: vec![(4, "Cem may not ask to see anything.".into())],
        demands: vec!["purpose".into()],
    };
    answer(&mut model, Tag::OwnRules, Ok(Reply::OwnRules(own)));
    model.update(Message::Rules(RulesDo::With(person(2))));
    let case = |direction: &str, outcome: &str, reason: Option<&str>| ExplainedCase {
        part: "sharer".into(),
        direction: direction.into(),
        outcome: outcome.into(),
        step: reason.map(|_| "policy".into()),
        reason: reason.map(Into::into),
        view: "application".into(),
        control: "nothing".into(),
        rights: Vec::new(),
        duties: vec!["purpose".into()],
        lines: vec![format!("Clinic: {outcome}")],
    };
    let explained = Explained {
        person: person_ref(2, "Ben"),
        cases: vec![
            case("invite", "allowed", None),
            case("request", "denied", Some("role")),
        ],
    };
    let explained = Ok(Reply::Explained(explained));
    answer(&mut model, Tag::Explained(person(2)), explained);
    model
}

/// POL-4: what is allowed, and why not, in plain words.
#[test]
fn rules_say_what_is_allowed_with_whom_and_why_not() {
    let mut model = with_rules();
    shows(
        &model,
        &[
            "Clinic",
            "In force",
            "Nobody controls a desktop.",
            "it ends in 7 days",
            "Cem may not ask to see anything.",
            "It demands: what for",
            "You show Ben something",
            "Allowed: one application, only to see.",
            "Ben asks to see something of yours",
            "Clinic: denied",
        ],
    );
    // An answer about somebody who is no longer chosen is dropped.
    let lost = ApiError::new(Code::NotFound, "nobody of that name");
    answer(&mut model, Tag::Explained(person(5)), Err(lost));
    lacks(&model, &["nobody of that name"]);
    let effects = press(&mut model, "Take it back");
    let mine = Request::Policy(PolicyRequest::Mine(OwnRulesRequest::Remove(4)));
    assert!(matches!(&effects[..], [Effect::Ask(_, Tag::OwnRules, r)] if *r == mine));
    let why = ApiError::new(Code::Denied, "somebody controls your screen");
    answer(&mut model, Tag::OwnRules, Err(why));
    shows(
        &model,
        &[
            "somebody controls your screen",
            "Cem may not ask to see anything.",
        ],
    );
}

/// ID-1: a device that is gone is revoked, for a reason; never this one.
#[test]
fn another_device_is_revoked_for_a_reason() {
    let mut model = at_home();
    let device = |n, state: &str| Device {
        id: DeviceId::from_bytes([n; 32]),
        state: state.into(),
        until_ms: NOON,
    };
    let me = |third: &str| Identity {
        person: person(1),
        device: DeviceId::from_bytes([9; 32]),
        name: "Anna Berg".into(),
        devices: vec![device(9, "valid"), device(3, third)],
        old_sheet_until_ms: None,
    };
    answer(&mut model, Tag::Me, Ok(Reply::Identity(me("valid"))));
    model.update(Message::Home(HomeDo::Page(Page::Settings)));
    shows(&model, &["This device", "Another device"]);
    press(&mut model, "Revoke …");
    let mut screen = ui(&model);
    screen.click(id("revoke-go")).unwrap();
    assert_eq!(screen.into_messages().count(), 0, "it was not said why");
    press(&mut model, "It was stolen");
    let effects = press(&mut model, "Revoke it");
    let [
        Effect::Ask(
            _,
            Tag::Revoked,
            Request::DeviceRevoke {
                device: which,
                reason,
            },
        ),
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    let third = DeviceId::from_bytes([3; 32]).to_string();
    assert_eq!((which, *reason), (&third, RevokeReason::Stolen));
    let why = ApiError::new(Code::Denied, "this device can't say that");
    answer(&mut model, Tag::Revoked, Err(why));
    shows(&model, &["this device can't say that"]);
    answer(&mut model, Tag::Revoked, Ok(Reply::Identity(me("revoked"))));
    shows(&model, &["Revoked"]);
    lacks(&model, &["Revoke …"]);
}

/// UI-1: sharing from the first key to the last, on both sides, with no
/// pointer: what is shown, its limits, control asked for and released, panic,
/// and what was agreed.
#[test]
fn a_share_is_begun_limited_released_and_held_by_keyboard_alone() {
    use crate::keys::pressed;
    use iced::event::Status;
    use iced::keyboard::{Key, Modifiers};
    let mut model = talking();
    let key = |c: &str| {
        pressed(
            &Key::Character(c.into()),
            Modifiers::CTRL,
            false,
            Status::Ignored,
        )
    };
    model.update(key("s").expect("Ctrl+S shows something"));
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Share(ShareDo::Level(ShareLevel::Control)))
    });
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Share(ShareDo::Bounds(Bounding::Open)))
    });
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Share(ShareDo::Bounds(Bounding::Bar("borders"))))
    });
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Share(ShareDo::Bounds(Bounding::Remember)))
    });
    model.update(Message::Share(ShareDo::What("xterm".into())));
    let effects = by_keyboard(&mut model, |m| matches!(m, Message::Share(ShareDo::Go)));
    assert!(matches!(
        of_share(&effects)[..],
        [ShareRequest::Limited { .. }]
    ));
    answer(&mut model, Tag::ShareDone, Ok(Reply::Done));

    // On the other side: control is asked for, and released.
    let mut model = talking();
    model.update(key("i").expect("Ctrl+I opens the panel"));
    let end = |m: &Message| matches!(m, Message::Share(ShareDo::Control(_, ControlChange::End)));
    let asks = |m: &Message| matches!(m, Message::Share(ShareDo::Control(_, ControlChange::Ask)));
    let seen = a_share(SharePart::Viewer, SharePhase::Running, "nothing");
    event(&mut model, Event::Share(seen));
    assert!(!by_keyboard(&mut model, asks).is_empty());
    let controls = a_share(SharePart::Viewer, SharePhase::Running, "application");
    event(&mut model, Event::Share(controls));
    assert!(!by_keyboard(&mut model, end).is_empty());

    // Somebody who asks for control is refused or given it; it is taken back.
    let mut model = talking();
    let wants = a_share(SharePart::Sharer, SharePhase::RunningAsked, "nothing");
    event(&mut model, Event::Share(wants));
    model.now_ms += STANDS_MS;
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Share(ShareDo::Deny(_)))
    });
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Share(ShareDo::Within(_)))
    });
    model.update(Message::Home(HomeDo::Escape));
    let controls = a_share(SharePart::Sharer, SharePhase::Running, "application");
    event(&mut model, Event::Share(controls));
    by_keyboard(&mut model, |m| matches!(m, Message::Share(ShareDo::Panic)));

    // What the panic holds is let count again.
    model.update(key("6").expect("Ctrl+6 is the page"));
    let held = vec![a_consent(Some("panic"))];
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(held)));
    by_keyboard(&mut model, |m| {
        matches!(m, Message::Agreed(Agreeing::Resume(_)))
    });
}

#[test]
fn settings_of_the_node_are_shown_and_changed() {
    let mut model = at_home();
    let effects = model.update(Message::Home(HomeDo::Page(Page::Settings)));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Ask(_, Tag::Config, Request::Config)))
    );
    let setting = |key: &str, value: &str, from: &str| Setting {
        key: key.into(),
        value: value.into(),
        from: from.into(),
        help: format!("What {key} does"),
    };
    let all = vec![
        setting("dht", "on", "default"),
        setting("mdns", "off", "flag"),
        setting("port", "0", "file"),
    ];
    answer(&mut model, Tag::Config, Ok(Reply::Config(all)));
    shows(
        &model,
        &[
            "What dht does",
            "off – said by flag, and not changed here",
            "Use the default",
        ],
    );
    let set = |effects: &[Effect]| match effects {
        [Effect::Ask(_, Tag::ConfigSet(_), Request::ConfigSet { key, value })] => {
            (key.clone(), value.clone())
        }
        other => panic!("{other:?}"),
    };
    let off = model.update(Message::Config(Configure::To(
        "dht".into(),
        Some("off".into()),
    )));
    assert_eq!(set(&off), ("dht".into(), Some("off".into())));
    model.update(Message::Config(Configure::Typed(
        "port".into(),
        "4001 ".into(),
    )));
    shows(&model, &["Set"]);
    let port = model.update(Message::Config(Configure::Set("port".into())));
    assert_eq!(set(&port), ("port".into(), Some("4001".into())));
    let why = ApiError::new(Code::Invalid, "port can't be that");
    answer(&mut model, Tag::ConfigSet("port".into()), Err(why));
    shows(&model, &["port can't be that", "Set"]);
    let effects = answer(&mut model, Tag::ConfigSet("port".into()), Ok(Reply::Done));
    assert!(matches!(effects[..], [Effect::Ask(_, Tag::Config, _)]));
    lacks(&model, &["Set"]);
}
