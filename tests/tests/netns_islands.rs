//! Ten people in a room, on two islands without a way between them for a
//! while, then one node with a leg on each. MSG-3, MSG-4.
#![allow(clippy::print_stderr, reason = "figures are shown")]

use std::time::Instant;

use kith_tests::{Person, Scratch, World};

const NAMES: [&str; 10] = [
    "Anna", "Ben", "Cleo", "Dora", "Emil", "Fritz", "Greta", "Hans", "Ida", "Jan",
];
const ROOM: &str = "Ward 3";
const EACH: usize = 3;

fn texts(person: &mut Person) -> Vec<String> {
    person.texts(ROOM).into_iter().map(|(_, t)| t).collect()
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
    for person in &mut all {
        assert_eq!(texts(person), order, "{}", person.name());
    }
}
