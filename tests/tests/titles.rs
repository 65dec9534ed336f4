//! What a person names on the command line: others choose the titles of rooms,
//! and get nothing by it that was meant for somebody else (ID-3).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use kith_api::{Decision, Event, Reply, Request};
use kith_tests::{Person, Program, Scratch};

/// Ben opens a room that is called as Anna's contact Cleo is, and another one
/// that is called by Cleo's id.
#[test]
fn a_rooms_title_takes_no_persons_place() {
    let folder = Scratch::new("titles");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    let mut cleo = Person::new("Cleo", folder.path());
    for person in [&mut anna, &mut ben, &mut cleo] {
        person.up();
    }
    anna.meet(&mut ben);
    anna.meet(&mut cleo);
    let Reply::Contacts(all) = anna.ask(Request::Contacts) else {
        panic!("no contacts")
    };
    let named = all.iter().find(|c| c.own_name == "Cleo");
    let id = named.unwrap().person.id.to_string();
    let mut rooms = Vec::new();
    for title in ["Cleo", &id] {
        ben.ask(Request::RoomNew {
            title: title.into(),
            members: vec!["Anna".into()],
        });
        rooms.push(anna.wait_for("the invitation", |e| match e {
            Event::Room(r) if r.me == "invited" && r.room.title == title => Some(r.room.id),
            _ => None,
        }));
    }
    // Invited only, Anna reaches Cleo as before.
    anna.send("Cleo", "before");
    cleo.wait_for_text("Anna", "before");
    for room in rooms {
        anna.ask(Request::RoomDecide {
            room: room.to_string(),
            decision: Decision::Accept,
        });
    }
    // Then the name alone says too little, and the id still means Cleo.
    let told = anna.kith(&["send", "Cleo", "whose?"]).code(5);
    assert!(told.stderr.contains("kith contacts"), "{}", told.stderr);
    anna.send(&id, "by id");
    cleo.wait_for_text("Anna", "by id");
    let Reply::Rooms(all) = ben.ask(Request::Rooms) else {
        panic!("no rooms")
    };
    for room in all {
        let texts = ben.all_texts(&room.room.id.to_string());
        assert!(!texts.iter().any(|t| t.contains("by id")), "{texts:?}");
    }
}

/// What isn't a file is named, and the node waits for nobody because of it.
#[test]
fn a_pipe_is_no_file_to_send() {
    let folder = Scratch::new("pipe");
    let mut anna = Person::new("Anna", folder.path());
    anna.up();
    anna.kith(&["rooms", "new", "Ward 3"]).ok();
    let pipe = folder.path().join("pipe");
    Program::new("mkfifo").arg(&pipe).ok();
    let send = anna.kith(&["send", "Ward 3", "--file"]).arg(&pipe);
    let told = send.code(3);
    assert!(told.stderr.contains("isn’t a file"), "{}", told.stderr);
    anna.down();
}
