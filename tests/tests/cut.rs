//! What somebody said after the end that a removal sets isn't there for
//! anybody: not shown, found, fetched, answered, counted or carried (MSG-4).
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic here is a failed test"
)]

use kith_api::{ClientError, Code, Content, Event, MessageRef, Reply, Request, Room};
use kith_tests::{Person, Scratch};

const ROOM: &str = "Ward 3";
const LATE: &str = "said after the end";

fn room(person: &mut Person) -> Room {
    let Reply::Rooms(all) = person.ask(Request::Rooms) else {
        panic!("no rooms")
    };
    all.into_iter().find(|r| r.room.title == ROOM).unwrap()
}

fn found(person: &mut Person) -> usize {
    let Reply::Messages(all) = person.ask(Request::Search {
        text: LATE.into(),
        room: None,
        limit: 10,
    }) else {
        panic!("no messages")
    };
    all.len()
}

fn is_carried(person: &mut Person) -> bool {
    let Reply::Package(package) = person.ask(Request::ExportRoom { room: ROOM.into() }) else {
        panic!("no package")
    };
    let mut at = package.content.windows(LATE.len());
    at.any(|part| part == LATE.as_bytes())
}

#[test]
fn what_was_said_after_a_removal_is_nowhere() {
    let folder = Scratch::new("cut");
    let [mut anna, mut ben, mut cleo] = ["Anna", "Ben", "Cleo"].map(|name| {
        let mut person = Person::new(name, folder.path());
        person.up();
        person
    });
    anna.meet(&mut ben);
    anna.meet(&mut cleo);
    ben.meet(&mut cleo);
    anna.opens(ROOM, &["Ben", "Cleo"]);
    for person in [&mut ben, &mut cleo] {
        person.joins(ROOM);
    }
    ben.send(ROOM, "before");
    for person in [&mut anna, &mut cleo] {
        person.wait_for_text(ROOM, "before");
    }
    anna.kill();
    cleo.ask(Request::MarkRead { room: ROOM.into() });
    let latest = room(&mut cleo).latest_ms;

    // Anna hears nothing of this.
    ben.send(ROOM, LATE);
    cleo.wait_for_text(ROOM, LATE);
    let file = folder.path().join("late.png");
    std::fs::write(&file, b"something").unwrap();
    let Reply::Sent(sent) = ben.ask(Request::FileSend {
        to: ROOM.into(),
        path: file,
    }) else {
        panic!("not sent")
    };
    cleo.wait(
        "the offer",
        |e| matches!(e, Event::Message(m) if matches!(m.content, Content::File { .. })),
    );
    assert_eq!((room(&mut cleo).unread, found(&mut cleo)), (2, 1));
    assert!(is_carried(&mut cleo) && room(&mut cleo).latest_ms > latest);
    ben.kill();
    cleo.kill();

    anna.up();
    anna.ask(Request::RoomRemove {
        room: ROOM.into(),
        who: "Ben".into(),
    });
    let removed = room(&mut anna).latest_ms;
    cleo.up();
    while room(&mut cleo).members.len() != 2 {
        cleo.wait("the removal", |e| matches!(e, Event::Room(_)));
    }
    let now = room(&mut cleo);
    assert_eq!((now.unread, now.latest_ms), (0, removed));
    assert!(cleo.texts(ROOM).iter().all(|(_, text)| text != LATE));
    assert_eq!(found(&mut cleo), 0);
    assert!(!is_carried(&mut cleo));
    let of = MessageRef {
        room: ROOM.into(),
        message: sent.message,
    };
    let path = folder.path().join("fetched.png");
    for request in [
        Request::FileFetch {
            of: of.clone(),
            path,
        },
        Request::React {
            of,
            emoji: "👍".into(),
        },
    ] {
        match cleo.try_ask(request) {
            Err(ClientError::Refused(e)) => assert_eq!(e.code, Code::NotFound),
            other => panic!("not refused: {other:?}"),
        }
    }
}
