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
use crate::state::home::{Chosen, Message as HomeDo};
use crate::state::share::Message as ShareDo;
use crate::state::steady::STANDS_MS;
use crate::state::tests::*;
use crate::state::thread::Message as ThreadDo;
use crate::state::{Dialog, Effect, Message, Model, Page, Tag, dialog, first, share};
use crate::theme::{FONT, FONTS, Scheme, size};

const PAGES: [Page; 6] = [
    Page::Talk,
    Page::Shares,
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
    let invite = Invite {
        id: "1".into(),
        text: Some("kith:invite:abc".into()),
        qr: None,
        expires_ms: NOON,
        state: "open".into(),
    };
    answer(&mut model, Tag::Invite, Ok(Reply::Invite(invite)));
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

#[test]
fn what_is_impossible_says_why_and_what_would_help() {
    let mut model = talking();
    press(&mut model, "Share");
    let features = Features {
        person: person_ref(2, "Ben"),
        all: vec![
            feature("i-share", "enabled"),
            feature("they-share", "disabled"),
        ],
        devices: Vec::new(),
    };
    event(&mut model, Event::Features(features));
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
            // Enter is for the field below too, wherever the keyboard is.
            said.retain(|m| matches!(m, Message::Share(_)));
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
