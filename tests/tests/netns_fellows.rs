//! Members of a room who aren't contacts of each other pass its messages on
//! where they share a network, and nothing else. MSG-3.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a panic is a failed test"
)]

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kith_api::{
    Client, ClientError, Content, Delivery, Event, FileState, MessageRef, Reach, Reply, Request,
};
use kith_tests::{PATIENCE, Person, Scratch, World, public};

const WARD: &str = "Ward 3";
const NIGHT: &str = "Night shift";

/// Waits until a message of a person's own is held by somebody else, whose names
/// it gives.
fn wait_until_held(person: &mut Person, text: &str) -> Vec<String> {
    loop {
        let Reply::Messages(all) = person.ask(Request::History {
            room: WARD.into(),
            before: None,
            limit: 50,
        }) else {
            panic!("no messages")
        };
        let said = all
            .into_iter()
            .find(|m| m.content == Content::Text(text.into()));
        match said.unwrap().delivery {
            Some(Delivery::Held(by)) => return by,
            Some(Delivery::Queued) => {}
            other => panic!("{other:?}"),
        }
        person.wait("another state of it", |e| matches!(e, Event::Message(_)));
    }
}

/// Of several chunks, and each another.
fn file(nth: usize) -> Vec<u8> {
    (0..300_000).map(|i| ((i + nth) % 251) as u8).collect()
}

/// Offers a file to the ward: how the other names it.
fn offered(folder: &Path, from: &mut Person, to: &mut Person, nth: usize) -> MessageRef {
    let name = format!("scan {nth}");
    let path = folder.join(&name);
    std::fs::write(&path, file(nth)).unwrap();
    let room = WARD.to_owned();
    from.ask(Request::FileSend { to: room, path });
    to.wait_for("the offer", |e| match e {
        Event::Message(m) => match &m.content {
            Content::File { name: n, .. } if *n == name => Some(MessageRef {
                room: m.room.id.to_string(),
                message: m.id.clone(),
            }),
            _ => None,
        },
        _ => None,
    })
}

/// Asks for a file beside whatever else is asked.
fn fetch(person: &Person, of: MessageRef, path: PathBuf) -> JoinHandle<Result<Reply, ClientError>> {
    let socket = person.profile().join("socket");
    std::thread::spawn(move || {
        Client::connect(&socket, "test")?.ask(Request::FileFetch { of, path })
    })
}

fn on_their_way(person: &mut Person) -> usize {
    let (room, before, limit) = (WARD.into(), None, 50);
    let history = Request::History {
        room,
        before,
        limit,
    };
    let Reply::Messages(all) = person.ask(history) else {
        panic!("no messages")
    };
    let coming = FileState::Coming;
    let is = |c: &Content| matches!(c, Content::File { state, .. } if *state == coming);
    all.iter().filter(|m| is(&m.content)).count()
}

/// Ben gives Cleo as many files at once as may be fetched. MSG-7.
fn many_files(folder: &Path, ben: &mut Person, cleo: &mut Person) {
    let of: Vec<_> = (0..17).map(|nth| offered(folder, ben, cleo, nth)).collect();
    let to: Vec<_> = (0..17)
        .map(|nth| folder.join(format!("copy {nth}")))
        .collect();
    let all = |cleo: &Person, which: std::ops::Range<usize>| -> Vec<_> {
        which
            .map(|nth| fetch(cleo, of[nth].clone(), to[nth].clone()))
            .collect()
    };
    for asked in all(cleo, 0..8) {
        asked.join().unwrap().unwrap();
    }
    // Nobody has the next eight; over a restart they hold no place of another's,
    // and come when somebody does.
    ben.kill();
    let in_vain = all(cleo, 8..16);
    let until = Instant::now() + PATIENCE;
    while on_their_way(cleo) < 8 {
        assert!(Instant::now() < until, "not on their way");
        std::thread::sleep(Duration::from_millis(50));
    }
    cleo.kill();
    for asked in in_vain {
        asked.join().unwrap().unwrap_err();
    }
    cleo.up_with(&[]);
    let ninth = fetch(cleo, of[16].clone(), to[16].clone());
    ben.up_with(&[]);
    ninth.join().unwrap().unwrap();
    while !to.iter().all(|path| path.exists()) {
        assert!(Instant::now() < until + PATIENCE, "not fetched");
        std::thread::sleep(Duration::from_millis(50));
    }
    for (nth, path) in to.iter().enumerate() {
        assert!(std::fs::read(path).unwrap() == file(nth), "another file");
    }
}

/// Anna knows Ben, Cleo and Dora, who don't know each other; Dora is in no room.
#[test]
fn netns_members_who_are_no_contacts_pass_messages_on() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    let folder = Scratch::new("fellows");
    world.add_switch("lan");
    let [mut anna, mut ben, mut cleo, mut dora] = ["Anna", "Ben", "Cleo", "Dora"].map(|name| {
        let host = name.to_lowercase();
        world.add(&host);
        let nth = u32::from(name.as_bytes()[0] - b'A') + 1;
        world.plug("lan", &host, "eth0", &format!("10.77.0.{nth}/24"));
        let mut person = Person::inside(world.full(&host), name, folder.path());
        person.up_with(&[]);
        person
    });
    for other in [&mut ben, &mut cleo, &mut dora] {
        anna.meet(other);
    }
    for room in [WARD, NIGHT] {
        anna.opens(room, &["Ben", "Cleo"]);
        for person in [&mut ben, &mut cleo] {
            person.joins(room);
        }
        ben.send(room, "Ben is here");
        cleo.wait_for_text(room, "Ben is here");
        cleo.send(room, "Cleo is here");
        ben.wait_for_text(room, "Cleo is here");
    }

    // The one whom both know is away; and both begin anew, so that nothing of
    // what was before helps.
    for person in [&mut anna, &mut ben, &mut cleo] {
        person.kill();
    }
    ben.up_with(&[]);
    ben.send(WARD, "while Anna is away");
    cleo.up_with(&[]);
    cleo.wait_for_text(WARD, "while Anna is away");
    let by = wait_until_held(&mut ben, "while Anna is away");
    assert!(by.len() == 1 && by[0].starts_with("Cleo (kithp"), "{by:?}");
    many_files(folder.path(), &mut ben, &mut cleo);
    // They are no contacts by it, and don't see when the other is there.
    for (person, other) in [(&mut ben, "Cleo"), (&mut cleo, "Ben")] {
        let Reply::Contacts(all) = person.ask(Request::Contacts) else {
            panic!("no contacts")
        };
        let other = all.iter().find(|c| c.own_name == other).unwrap();
        assert!(matches!(other.reach, Reach::Offline { .. }), "{other:?}");
        assert!(other.room.is_none() && other.features.is_empty());
    }

    // MSG-1: whoever was removed from a room has nothing more of it, though
    // the other room still brings both together.
    anna.up_with(&[]);
    anna.wait_for_text(WARD, "while Anna is away");
    cleo.kill();
    anna.ask(Request::RoomRemove {
        room: WARD.into(),
        who: "Cleo".into(),
    });
    anna.send(WARD, "without Cleo");
    ben.wait_for_text(WARD, "without Cleo");
    anna.kill();
    ben.send(WARD, "without Cleo either");
    cleo.up_with(&[]);
    ben.send(NIGHT, "good night");
    cleo.wait_for_text(NIGHT, "good night");
    let heard = cleo.texts(WARD);
    assert!(!heard.iter().any(|(_, t)| t.starts_with("without")));
    // MSG-1: the two talk as soon as they are contacts.
    ben.meet(&mut cleo);
    ben.send("Cleo", "as a contact");
    cleo.wait_for_text("Ben", "as a contact");
    cleo.send("Ben", "as a contact too");
    ben.wait_for_text("Cleo", "as a contact too");
    // And whoever was never in it has nothing at all.
    let Reply::Rooms(rooms) = dora.ask(Request::Rooms) else {
        panic!("no rooms")
    };
    let titles: Vec<String> = rooms.into_iter().map(|r| r.room.title).collect();
    assert_eq!(titles, ["Anna"]);
}

/// Members of a room who live far apart become contacts by an invite; and whoever
/// reached all contacts first learns from them to be reachable. DISC-1, DISC-6.
#[test]
fn netns_members_of_a_room_become_contacts_from_afar() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    let folder = Scratch::new("afar");
    world.add_switch("net");
    let [mut anna, mut ben, mut cleo] = ["Anna", "Ben", "Cleo"].map(|name| {
        let host = name.to_lowercase();
        let nth = name.as_bytes()[0] - b'A';
        public(&mut world, "net", &host, &format!("45.67.{nth}.10"));
        let mut person = Person::inside(world.full(&host), name, folder.path());
        person.up_with(&["--no-mdns", "--port", "4001"]);
        person
    });
    anna.meet(&mut ben);
    anna.meet(&mut cleo);
    anna.opens(WARD, &["Ben", "Cleo"]);
    for person in [&mut ben, &mut cleo] {
        person.joins(WARD);
    }
    ben.send(WARD, "Ben is here");
    cleo.wait_for_text(WARD, "Ben is here");
    ben.meet(&mut cleo);
    ben.send("Cleo", "between us");
    cleo.wait_for_text("Ben", "between us");
    // Cleo has dialled both, so that their coming proves nothing: they have to test.
    cleo.wait_for_finding("public");
}
