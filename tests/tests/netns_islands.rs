//! Ten people in a room, on two islands without a way between them for a
//! while, then one node with a leg on each. MSG-3, MSG-4.
#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "figures are shown; a panic is a failed test"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use kith_api::{Reply, Request};
use kith_proto::id::DeviceId;
use kith_proto::package::{self, Frame};
use kith_proto::room::entry::EntryId;
use kith_proto::room::message::{Part, SyncMessage};
use kith_tests::{Person, Scratch, World};

const NAMES: [&str; 10] = [
    "Anna", "Ben", "Cleo", "Dora", "Emil", "Fritz", "Greta", "Hans", "Ida", "Jan",
];
const ROOM: &str = "Ward 3";
const EACH: usize = 3;

fn texts(person: &mut Person) -> Vec<String> {
    person.texts(ROOM).into_iter().map(|(_, t)| t).collect()
}

/// All that somebody has of the room: of each device how many entries and the
/// last one, which binds those before it; and the order in which they are shown.
#[derive(Debug, PartialEq, Eq)]
struct Log {
    heads: BTreeMap<DeviceId, (u64, EntryId)>,
    order: Vec<String>,
}

fn log(person: &mut Person) -> Log {
    let room = ROOM.to_owned();
    let Reply::Package(file) = person.ask(Request::ExportRoom { room: room.clone() }) else {
        panic!("no file")
    };
    let mut heads = BTreeMap::new();
    for frame in package::read(&file.content).unwrap() {
        let Frame::Room(bytes) = frame else { continue };
        let Part::Entries { entries, .. } = SyncMessage::from_bytes(&bytes).unwrap().part else {
            continue;
        };
        for entry in entries {
            let entry = entry.verify().unwrap();
            let (pos, id) = (entry.pos(), entry.id());
            let head = heads.entry(pos.device).or_insert((0, id));
            if pos.seq >= head.0 {
                *head = (pos.seq + 1, id);
            }
        }
    }
    let (before, limit) = (None, 500);
    let Reply::Messages(all) = person.ask(Request::History {
        room,
        before,
        limit,
    }) else {
        panic!("no messages")
    };
    let order = all.into_iter().map(|m| m.id).collect();
    Log { heads, order }
}

fn say(people: &mut [Person], what: &str) -> Vec<String> {
    let mut said = Vec::new();
    for n in 0..EACH {
        for person in people.iter_mut() {
            said.push(format!("{} {what} {n}", person.name()));
            person.send(ROOM, &said[said.len() - 1]);
        }
    }
    said
}

fn hear(people: &mut [Person], said: &[String]) {
    for person in people {
        for text in said {
            person.wait_for_text(ROOM, text);
        }
    }
}

#[test]
fn netns_ten_people_on_two_islands_end_with_the_same_log() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    world.add_switch("one");
    world.add_switch("two");
    let two = world.full("two");
    world.ip(
        "one",
        &format!("link add cable type veth peer name cable netns {two}"),
    );
    for side in ["one", "two"] {
        world.ip(side, "link set cable master br0 up");
    }
    let folder = Scratch::new("islands");
    let mut all: Vec<Person> = Vec::new();
    for (name, nth) in NAMES.iter().zip(1..) {
        let host = name.to_lowercase();
        let island = if nth <= 5 { "one" } else { "two" };
        world.add(&host);
        world.plug(island, &host, "eth0", &format!("10.77.0.{nth}/24"));
        assert!(!world.has_default_route(&host), "{name} has a way out");
        let mut person = Person::inside(world.full(&host), name, folder.path());
        person.up_with(&["--no-mdns"]);
        all.push(person);
    }
    // Anna knows everybody, and Fritz those on his island.
    for (knows, others) in [(0, 1..10), (5, 6..10)] {
        for other in others {
            let (before, after) = all.split_at_mut(other);
            before[knows].meet(&mut after[0]);
        }
    }
    all[0].opens(ROOM, &NAMES[1..]);
    for person in &mut all[1..] {
        person.joins(ROOM);
    }
    let together = say(&mut all[..1], "together");
    hear(&mut all, &together);

    world.ip("one", "link set cable down");
    // A dead connection is noticed only after a while; nobody waits for that.
    for person in &mut all[5..] {
        person.kill();
        person.up_with(&["--no-mdns"]);
    }
    let here = say(&mut all[..5], "here");
    let there = say(&mut all[5..], "there");
    hear(&mut all[..5], &here);
    hear(&mut all[5..], &there);
    for (island, others) in [(0..5, &there), (5..10, &here)] {
        for person in &mut all[island] {
            let heard = texts(person);
            assert!(
                !others.iter().any(|t| heard.contains(t)),
                "no way leads there"
            );
        }
    }

    let begin = Instant::now();
    world.plug("one", "jan", "eth1", "10.77.0.60/32");
    world.ip("jan", "route add 10.77.0.1/32 dev eth1 src 10.77.0.60");
    hear(&mut all, &here);
    hear(&mut all, &there);
    eprintln!("all logs whole after {:.1?}", begin.elapsed());
    let order = texts(&mut all[0]);
    assert_eq!(order.len(), EACH * 11);
    let expected = log(&mut all[0]);
    assert_eq!(expected.heads.len(), NAMES.len());
    let entries: u64 = expected.heads.values().map(|(len, _)| len).sum();
    // Messages, and the notices of who opened, invited and came.
    assert_eq!(expected.order.len() as u64, entries);
    for person in &mut all {
        assert_eq!(texts(person), order, "{}", person.name());
        assert_eq!(log(person), expected, "{}", person.name());
    }
}
