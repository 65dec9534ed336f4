//! People, rooms and messages.

use super::*;
use crate::state::thread::WRITE;
use crate::state::{Page, dialog};

fn write(model: &mut Model, text: &str) {
    let paste = Action::Edit(Edit::Paste(std::sync::Arc::new(text.to_owned())));
    model.update(Message::Thread(ThreadDo::Write(paste)));
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
    assert!(!crate::state::thread::is_editable(&message(
        2,
        1,
        Mine::No,
        "x"
    )));
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
    assert!(crate::state::thread::was_edited(
        &thread(&model).messages[3]
    ));
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
        warnings: vec![Warning::new("look-alike", "looks like Eve")],
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

/// A dialog takes the keyboard; when it has gone, one goes on writing.
#[test]
fn a_closed_dialog_gives_the_keyboard_back() {
    let mut model = talking();
    let writes = |effects: &[Effect]| effects.contains(&Effect::Focus(WRITE));
    let open = Message::Dialog(dialog::Message::Keys);
    for close in [
        Message::Dialog(dialog::Message::Close),
        Message::Home(HomeDo::Escape),
    ] {
        assert!(!writes(&model.update(open.clone())));
        assert!(writes(&model.update(close)));
    }
    model.update(Message::Home(HomeDo::Page(Page::Log)));
    model.update(open);
    let close = Message::Dialog(dialog::Message::Close);
    assert!(!writes(&model.update(close)), "nothing is written there");
}
