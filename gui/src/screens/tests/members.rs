//! Who is in a room of several.

use super::*;

fn asks(effects: &[Effect]) -> Vec<&Request> {
    let of = |e| match e {
        &Effect::Ask(_, Tag::Members, ref request) => Some(request),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

/// MSG-1: who runs a room invites and removes, with who is meant and whether
/// they were verified in sight.
#[test]
fn who_runs_a_room_says_who_is_in_it() {
    let mut model = in_company(person_ref(1, "Anna Berg"));
    shows(&model, &["Members", "runs the room", "invited"]);
    press(&mut model, "Invite …");
    shows(&model, &["All your contacts are in it."]);
    let emma = contact(6, "Emma", ContactState::Contact);
    event(&mut model, Event::Contact(emma));
    press(&mut model, "Emma");
    let go = press(&mut model, "Invite");
    let (room, who) = (room(8).to_string(), person(6).to_string());
    let invite = Request::RoomInvite {
        room: room.clone(),
        who,
    };
    assert_eq!(asks(&go), [&invite]);
    let denied = ApiError::new(Code::Denied, "the room is full");
    answer(&mut model, Tag::Members, Err(denied));
    shows(&model, &["the room is full"]);
    press(&mut model, "Invite");
    answer(&mut model, Tag::Members, Ok(Reply::Done));
    lacks(&model, &["Invite into the room"]);

    press(&mut model, "Remove Ben …");
    let go = press(&mut model, "Remove");
    let who = person(2).to_string();
    assert_eq!(asks(&go), [&Request::RoomRemove { room, who }]);
}

#[test]
fn who_does_not_run_a_room_may_only_leave_it() {
    let mut model = in_company(person_ref(3, "Cem"));
    lacks(&model, &["Invite …", "Remove Ben …"]);
    press(&mut model, "Leave …");
    let go = press(&mut model, "Leave it");
    let room = room(8).to_string();
    assert_eq!(asks(&go), [&Request::RoomLeave { room }]);
}

/// ID-2: a contact is removed after a question; what was said stays readable, and is
/// erased after another.
#[test]
fn a_contact_is_removed_and_what_was_said_stays_until_it_is_erased() {
    let remove = |effects: &[Effect]| {
        let who = person(2).to_string();
        let removes = Request::ContactRemove { who };
        let does = |e: &Effect| matches!(e, Effect::Ask(_, _, request) if *request == removes);
        assert!(effects.iter().any(does), "{effects:?}");
    };
    let mut model = talking();
    model.update(Message::Known(crate::state::known::Message::Open(person(
        2,
    ))));
    press(&mut model, "Remove from contacts …");
    shows(&model, &["Remove this contact?"]);
    remove(&press(&mut model, "Remove"));
    let mut model = parted();
    shows(&model, &["Good morning", "You removed them"]);
    lacks(&model, &["Write a message"]);
    // Nothing is shared with them, also where the panel was open before.
    let mut ui = ui(&model);
    ui.click(id("share")).unwrap();
    assert_eq!(ui.into_messages().count(), 0);
    model.home.panel = true;
    lacks(
        &model,
        &["Show something", "Ask to see something", "More …"],
    );
    model.home.panel = false;
    press(&mut model, "Erase what was said …");
    remove(&press(&mut model, "Erase it here"));
    // Nothing is left to look at.
    let mut ben = contact(2, "Ben", ContactState::Fellow);
    ben.room = Some(room_ref(2, "Ben"));
    event(&mut model, Event::Contact(ben));
    lacks(&model, &["Ben"]);
}
