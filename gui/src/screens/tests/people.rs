//! The first run, people, conversations and rooms.

use super::*;
use crate::state::Begin;

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
    // Or the keyring: nothing more is typed.
    press(&mut model, "Use this computer’s keyring instead");
    lacks(&model, &["Passphrase", "The same once more"]);
    let effects = press(&mut model, "Begin");
    assert_eq!(
        effects,
        [Effect::Create(Begin::New(
            "A".into(),
            None,
            first::Paper::Later
        ))]
    );
    let why = "there is no keyring in this session";
    model.update(Message::Link(News::Failed(why.into())));
    shows(&model, &[why]);
    press(&mut model, "Use a passphrase instead");
    shows(&model, &["Passphrase", "The same once more"]);
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

/// What no passphrase protects asks for none.
#[test]
fn a_locked_profile_asks_for_a_passphrase_only_if_it_has_one() {
    for (under, says) in [
        (Encryption::Keyring, "Your keyring opens it."),
        (Encryption::None, "It is not under a passphrase."),
    ] {
        let mut model = at_home();
        let locked = Status {
            lock: LockState::Locked,
            encryption: under,
            ..status()
        };
        event(&mut model, Event::Status(locked));
        shows(&model, &["Kith is locked", says]);
        lacks(&model, &["Passphrase"]);
        let effects = press(&mut model, "Open");
        assert!(
            matches!(effects[..], [Effect::Ask(_, Tag::Unlock, _)]),
            "{effects:?}"
        );
    }
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
    shows(&model, &["Nobody here yet"]);
    lacks(&model, &["Choose a conversation"]);
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

/// ID-2: who answered an invite in vain sees why, and can forget it.
#[test]
fn an_invite_in_vain_is_told_and_goes() {
    let mut model = at_home();
    let refused = contact(5, "Dora", ContactState::InviteUsed);
    event(&mut model, Event::Contact(refused));
    shows(&model, &["Their invite can’t be used"]);
    press(&mut model, "Dora");
    let why = "It was used already. Ask for a new invite.";
    shows(&model, &["Nothing came of Dora’s invite", why]);
    let effects = press(&mut model, "Remove from this list");
    assert!(matches!(
        &effects[..],
        [Effect::Ask(_, _, Request::ContactRemove { .. })]
    ));
    event(&mut model, Event::Forgotten(person_ref(5, "Dora")));
    lacks(&model, &["Dora", why]);
}

/// Where a message was, it says who deleted it, if that isn't its author.
#[test]
fn a_deleted_message_names_who_deleted_it() {
    let mut model = talking();
    let deleted = kith_api::Message {
        content: Content::Erased,
        deleted_by: Some(person_ref(3, "Cem")),
        ..message(2, 1, Mine::No, "Good morning")
    };
    event(&mut model, Event::Message(deleted));
    shows(&model, &["Cem deleted this message."]);
    lacks(&model, &["Good morning"]);
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
    type_into(&mut model, thread::WRITE, "Yes");
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
    let silent = "Kith doesn’t answer. It may be halted, or this computer is very busy. \
                  What you see may be old, and what you do waits.";
    model.update(Message::Link(News::Silent));
    shows(&model, &[silent]);
    model.update(Message::Link(News::Answers));
    lacks(&model, &[silent]);
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
        matches!(&effects[..], [Effect::Ask(_, _, Request::Verify { outcome, .. }), ..] if *outcome == verified)
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

/// UI-1: whom one has met nearby one talks with, without a press more.
#[test]
fn after_meeting_somebody_nearby_the_conversation_is_open() {
    let mut model = at_home();
    let meeting = |state| MeetingInfo {
        id: "m".into(),
        name: "Ben".into(),
        person: person(9),
        with: MeetingWith::Nearby,
        code: None,
        state,
        why: None,
        warnings: Vec::new(),
    };
    event(&mut model, Event::Meeting(meeting(MeetingState::Waiting)));
    assert!(model.home.chosen.is_none(), "nothing was begun here");
    event(&mut model, Event::Meeting(meeting(MeetingState::Compare)));
    event(&mut model, Event::Meeting(meeting(MeetingState::Done)));
    shows(&model, &["You and Ben know each other now, verified."]);
    lacks(&model, &["Close"]);
    let mut ben = contact(9, "Ben", ContactState::Contact);
    ben.room = Some(room_ref(9, "Ben"));
    let effects = event(&mut model, Event::Contact(ben));
    assert!(
        effects.contains(&Effect::Focus(thread::WRITE)),
        "{effects:?}"
    );
    assert_eq!(model.home.chosen, Some(Chosen::Room(room(9))));
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
    model.update(Message::Meet(meet::Message::Look));
    let nobody = Nearby {
        open_until_ms: None,
        people: Vec::new(),
    };
    answer(&mut model, Tag::Meet, Ok(Reply::Nearby(nobody)));
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

/// What a dialog waits for is said to be on its way, and why it didn't come; without
/// a node, in the words of the program.
#[test]
fn dialogs_say_that_they_wait_and_why_it_failed() {
    use dialog::Message as Do;
    let dialogs: [(_, &[Message]); 5] = [
        (Tag::Invite, &[Message::Dialog(Do::Invite)]),
        (Tag::Safety, &[Message::Dialog(Do::Safety(person(2)))]),
        (
            Tag::Look,
            &[
                Message::Dialog(Do::Accept),
                Message::Dialog(Do::Text("kith:invite:abcd".into())),
            ],
        ),
        (
            Tag::FileSent,
            &[
                Message::Dialog(Do::File),
                Message::Dialog(Do::Path("/home/anna/report.pdf".into())),
                Message::Dialog(Do::Send),
            ],
        ),
        (Tag::Meet, &[Message::Meet(meet::Message::Look)]),
    ];
    for (tag, steps) in dialogs {
        let opened = || {
            let mut model = talking();
            for step in steps {
                model.update(step.clone());
            }
            model
        };
        let mut model = opened();
        shows(&model, &["One moment …"]);
        lacks(
            &model,
            &["Nobody yet. The other person opens this in their Kith too."],
        );
        let why = ApiError::new(Code::Storage, "the disk can’t be read");
        answer(&mut model, tag.clone(), Err(why));
        shows(&model, &["the disk can’t be read"]);
        lacks(&model, &["One moment …"]);
        let mut model = opened();
        answer(&mut model, tag, Err(ApiError::new(Code::Unreachable, "")));
        shows(
            &model,
            &["Kith isn’t running in the background. Nothing is sent or received."],
        );
    }
}

/// A file that couldn't be sent is still there to be sent again; one that is sent
/// is out of the way.
#[test]
fn a_file_that_was_not_sent_is_not_forgotten() {
    use dialog::Message as Do;
    let mut model = talking();
    for step in [Do::File, Do::Path("/home/anna/report.pdf".into()), Do::Send] {
        model.update(Message::Dialog(step));
    }
    assert!(model.update(Message::Dialog(Do::Send)).is_empty(), "twice");
    let why = ApiError::new(Code::Storage, "the disk can’t be read");
    answer(&mut model, Tag::FileSent, Err(why));
    let again = model.update(Message::Dialog(Do::Send));
    assert!(matches!(
        &again[..],
        [Effect::Ask(_, Tag::FileSent, Request::FileSend { path, .. })]
            if path.ends_with("report.pdf")
    ));
    answer(&mut model, Tag::FileSent, Ok(Reply::Done));
    assert!(model.home.dialog.is_none());
}

/// Nothing is said in a room that one is only invited to.
#[test]
fn who_is_only_invited_is_not_told_to_say_hello() {
    for (me, says) in [("invited", "Join"), ("member", "No messages yet")] {
        let mut model = at_home();
        let ward = Room {
            me: me.into(),
            ..a_room(8, "Ward 3", 0, NOON)
        };
        event(&mut model, Event::Room(ward));
        model.update(Message::Home(HomeDo::Choose(Chosen::Room(room(8)))));
        let none = Ok(Reply::Messages(Vec::new()));
        answer(&mut model, Tag::History(room(8), None), none);
        shows(&model, &[says]);
        if me == "invited" {
            lacks(&model, &["No messages yet"]);
        }
    }
}
