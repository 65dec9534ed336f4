//! Everything without a pointer (UI-1).

use super::*;

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
pub(super) fn by_keyboard(model: &mut Model, wanted: impl Fn(&Message) -> bool) -> Vec<Effect> {
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
        if said.iter().any(&wanted) {
            drop(screen);
            return said
                .into_iter()
                .filter(&wanted)
                .flat_map(|m| model.update(m))
                .collect();
        }
        said.clear();
    }
    panic!("Tab doesn't come there");
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

/// UI-1: a moderated room from its making to what each may share in it, and joining
/// one, with no pointer.
#[test]
fn rooms_are_made_joined_and_moderated_by_keyboard_alone() {
    use dialog::Message as Do;
    let mut model = at_home();
    model.update(Message::Dialog(Do::Room));
    model.update(Message::Dialog(Do::Title("Ward 3".into())));
    by_keyboard(
        &mut model,
        |m| matches!(m, Message::Dialog(Do::Member(who)) if *who == person(2)),
    );
    by_keyboard(&mut model, |m| {
        matches!(
            m,
            Message::Dialog(Do::Moderated(Some(ModeratedLevel::View)))
        )
    });
    let made = by_keyboard(&mut model, |m| matches!(m, Message::Dialog(Do::Make)));
    let [
        Effect::Ask(
            _,
            Tag::RoomNew,
            Request::Moderated(ModeratedRequest::Open { members, level, .. }),
        ),
    ] = &made[..]
    else {
        panic!("{made:?}");
    };
    assert_eq!(members[..], [person(2).to_string()]);
    assert_eq!(*level, ModeratedLevel::View);

    // Whoever is invited joins, or doesn't.
    let mut model = at_home();
    let invited = Room {
        me: "invited".into(),
        kind: "meeting".into(),
        ..a_room(8, "Ward 3", 0, NOON)
    };
    event(&mut model, Event::Room(invited));
    model.update(Message::Home(HomeDo::Choose(Chosen::Room(room(8)))));
    model.now_ms += STANDS_MS;
    for decision in [Decision::Decline, Decision::Accept] {
        let says = match decision {
            Decision::Accept => {
                |m: &Message| matches!(m, Message::Home(HomeDo::DecideRoom(_, Decision::Accept)))
            }
            Decision::Decline => {
                |m: &Message| matches!(m, Message::Home(HomeDo::DecideRoom(_, Decision::Decline)))
            }
        };
        assert!(by_keyboard(&mut model, says).iter().any(is_asked));
    }

    // Whoever opened it chooses somebody, and says what everybody and they may.
    let mut model = in_company(person_ref(1, "Anna Berg"));
    by_keyboard(
        &mut model,
        |m| matches!(m, Message::Company(Company::With(_, who)) if *who == person(3)),
    );
    for to in [None, Some(person(3))] {
        let says = match to {
            None => |m: &Message| {
                matches!(
                    m,
                    Message::Company(Company::Allow(_, None, ModeratedLevel::Nothing))
                )
            },
            Some(_) => |m: &Message| {
                matches!(
                    m,
                    Message::Company(Company::Allow(_, Some(_), ModeratedLevel::Nothing))
                )
            },
        };
        let said = by_keyboard(&mut model, says);
        let [Effect::Ask(_, _, Request::Moderated(ModeratedRequest::Allow { who, .. }))] =
            &said[..]
        else {
            panic!("{said:?}");
        };
        assert_eq!(*who, to.map(|p| p.to_string()));
    }
}

/// UI-1, ID-1: a device is revoked with no pointer, and not before it was said why.
#[test]
fn a_device_is_revoked_by_keyboard_alone() {
    use dialog::Message as Do;
    let mut model = at_home();
    let device = |n| Device {
        id: DeviceId::from_bytes([n; 32]),
        state: "valid".into(),
        until_ms: NOON,
        forked_in: Vec::new(),
    };
    let me = Identity {
        person: person(1),
        device: DeviceId::from_bytes([9; 32]),
        name: "Anna Berg".into(),
        devices: vec![device(9), device(3)],
        old_sheet_until_ms: None,
        sheet: Sheet::Made,
    };
    answer(&mut model, Tag::Me, Ok(Reply::Identity(me)));
    model.update(Message::Home(HomeDo::Page(Page::Settings)));
    by_keyboard(&mut model, |m| matches!(m, Message::Dialog(Do::Device(_))));
    by_keyboard(&mut model, |m| {
        assert!(
            !matches!(m, Message::Dialog(Do::Revoke)),
            "it was not said why"
        );
        matches!(m, Message::Dialog(Do::Reason(RevokeReason::Lost)))
    });
    let effects = by_keyboard(&mut model, |m| matches!(m, Message::Dialog(Do::Revoke)));
    assert!(matches!(
        &effects[..],
        [Effect::Ask(
            _,
            Tag::Revoked,
            Request::DeviceRevoke {
                reason: RevokeReason::Lost,
                ..
            }
        )]
    ));
}

/// UI-1: the mark brings the keyboard to the tools of that message, and nothing is
/// deleted before it was asked.
#[test]
fn the_marked_message_and_no_other_is_deleted_and_only_after_a_question() {
    let mut model = talking();
    model.update(Message::Thread(ThreadDo::Pick { up: true }));
    let effects = model.update(Message::Thread(ThreadDo::Pick { up: true }));
    let own = message(2, 2, Mine::Yes, "").id;
    assert_eq!(effects, [Effect::Focus(thread::TOOLS)]);
    let said = from(&mut model, thread::TOOLS, 5);
    let [.., Message::Thread(ThreadDo::Delete(of))] = &said[..] else {
        panic!("{said:?}");
    };
    assert_eq!(*of, own);
    let effects = model.update(Message::Thread(ThreadDo::Delete(own)));
    assert_eq!(effects, [Effect::Focus(sure::NO)]);
    shows(&model, &["Delete this message?", "Hello Ben"]);
    let said = from(&mut model, sure::NO, 2);
    let [no, Message::Sure(of)] = &said[..] else {
        panic!("{said:?}");
    };
    assert!(matches!(no, Message::Dialog(dialog::Message::Close)));
    let effects = model.update(Message::Sure(of.clone()));
    let deletes = |e: &Effect| matches!(e, Effect::Ask(_, _, Request::Delete { .. }));
    assert!(effects.iter().any(deletes), "{effects:?}");
}

/// What Enter says at this thing and at those after it.
fn from(model: &mut Model, begin: &'static str, count: usize) -> Vec<Message> {
    use iced_test::core::clipboard;
    use iced_test::core::widget::operation::focusable;
    use iced_test::runtime::user_interface::{Cache, UserInterface};
    let mut renderer = iced::Renderer::new(FONT, size::BODY.into());
    let mut said = Vec::new();
    let mut screen = UserInterface::build(view(model), SIZE, Cache::default(), &mut renderer);
    screen.operate(&renderer, &mut focusable::focus::<()>(begin.into()));
    for n in 0..count {
        if n > 0 {
            tab(&mut screen, &renderer);
        }
        let enter: Vec<_> = iced_test::simulator::tap_key(Named::Enter, None).collect();
        let nowhere = iced::mouse::Cursor::Unavailable;
        let (renderer, clipboard) = (&mut renderer, &mut clipboard::Null);
        let _ = screen.update(&enter, nowhere, renderer, clipboard, &mut said);
    }
    said
}

/// What makes everything larger or smaller writes no sign, in no field.
#[test]
fn keys_with_ctrl_write_nothing() {
    use crate::keys::pressed;
    use crate::state::prefs::Change;
    use iced::event::Status;
    use iced::keyboard::{self, Key, Location, Modifiers, key};
    let shifted = Modifiers::CTRL | Modifiers::SHIFT;
    for (sign, modifiers, by) in [
        ("=", Modifiers::CTRL, 10),
        ("+", Modifiers::CTRL, 10),
        ("=", shifted, 10),
        ("-", Modifiers::CTRL, -10),
    ] {
        let key = Key::Character(sign.into());
        let does = pressed(&key, modifiers, false, Status::Ignored);
        assert!(matches!(does, Some(Message::Prefs(Change::Scale(n))) if n == by));
        for field in [thread::WRITE, home::SEARCH] {
            let model = talking();
            let mut ui = ui(&model);
            ui.click(id(field)).unwrap();
            let press = |modifiers| {
                iced::Event::Keyboard(keyboard::Event::KeyPressed {
                    key: key.clone(),
                    modified_key: key.clone(),
                    physical_key: key::Physical::Unidentified(key::NativeCode::Unidentified),
                    location: Location::Standard,
                    modifiers,
                    text: Some(sign.into()),
                    repeat: false,
                })
            };
            ui.simulate([press(modifiers), press(Modifiers::empty())]);
            let written = |m: &Message| {
                matches!(
                    m,
                    Message::Thread(ThreadDo::Write(iced::widget::text_editor::Action::Edit(_)))
                        | Message::Home(HomeDo::Search(_))
                )
            };
            let said: Vec<Message> = ui.into_messages().filter(written).collect();
            assert_eq!(said.len(), 1, "{field}: {said:?}");
        }
    }
}

/// XFER-1, UI-1: a file is found and sent without typing where it is.
#[test]
fn a_file_is_chosen_in_a_list_by_keyboard_alone() {
    use dialog::Message as Do;
    let mut model = talking();
    let lists = |all: &[Effect], of: Option<&str>| {
        let wanted = Effect::List(of.map(Into::into));
        assert!(all.contains(&wanted), "{all:?}");
    };
    lists(&model.update(Message::Dialog(Do::File)), None);
    model.update(Message::Dialog(Do::Listed(None, Ok(a_folder()))));
    let into = by_keyboard(
        &mut model,
        |m| matches!(m, Message::Dialog(Do::Folder(p)) if p.ends_with("Letters")),
    );
    lists(&into, Some("/home/anna/Letters"));
    let up = by_keyboard(
        &mut model,
        |m| matches!(m, Message::Dialog(Do::Folder(p)) if p.ends_with("home")),
    );
    lists(&up, Some("/home"));
    // The folder from before comes late: it isn’t the one that is wanted now.
    let late = Folder {
        path: "/home/anna/Letters".into(),
        items: Vec::new(),
    };
    model.update(Message::Dialog(Do::Listed(
        Some("/home/anna/Letters".into()),
        Ok(late),
    )));
    by_keyboard(
        &mut model,
        |m| matches!(m, Message::Dialog(Do::Choose(p)) if p.ends_with("Report.pdf")),
    );
    let sent = by_keyboard(&mut model, |m| matches!(m, Message::Dialog(Do::Send)));
    let [Effect::Ask(_, Tag::FileSent, Request::FileSend { path, .. })] = &sent[..] else {
        panic!("{sent:?}");
    };
    assert_eq!(path.to_str(), Some("/home/anna/Report.pdf"));
    // Why a folder can't be seen is said.
    let mut model = talking();
    model.update(Message::Dialog(Do::File));
    model.update(Message::Dialog(Do::Listed(
        None,
        Err(first::Wrong::Key("trouble-not-allowed")),
    )));
    shows(&model, &["Reading or writing there isn’t allowed."]);
}
