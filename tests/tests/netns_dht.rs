//! Two contacts whose addresses have all changed find each other in the DHT
//! that three other people's nodes form. DISC-2.
#![allow(clippy::print_stderr, reason = "figures are shown")]

use std::time::Instant;

use kith_tests::{Person, Scratch, World, public};

const UP: [&str; 3] = ["--no-mdns", "--port", "4001"];

#[test]
fn netns_the_dht_alone_finds_people() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    world.add_switch("net");
    for (name, ip) in [
        ("dora", "45.67.3.1"),
        ("emil", "45.67.4.1"),
        ("fritz", "45.67.5.1"),
        ("anna", "45.67.1.1"),
        ("ben", "45.67.2.1"),
    ] {
        public(&mut world, "net", name, ip);
    }
    let folder = Scratch::new("dht");
    let person = |name: &'static str| {
        let netns = world.full(&name.to_lowercase());
        let mut person = Person::inside(netns, name, folder.path());
        person.up_with(&UP);
        person
    };
    let [mut dora, mut emil, mut fritz] = ["Dora", "Emil", "Fritz"].map(person);
    let [mut anna, mut ben] = ["Anna", "Ben"].map(person);
    // Anna and Ben have no contact in common.
    dora.meet(&mut emil);
    emil.meet(&mut fritz);
    dora.meet(&mut anna);
    fritz.meet(&mut ben);
    for node in [&mut dora, &mut emil, &mut fritz] {
        node.wait_for_finding("public");
    }
    anna.meet(&mut ben);
    anna.kill();
    ben.kill();
    for (name, old, new) in [
        ("anna", "45.67.1.1", "45.67.11.1"),
        ("ben", "45.67.2.1", "45.67.12.1"),
    ] {
        world.ip(name, &format!("addr del {old}/32 dev wan0"));
        world.ip(name, &format!("addr add {new}/32 dev wan0"));
        world.ip(name, "route replace 45.67.0.0/16 dev wan0");
    }
    let begin = Instant::now();
    anna.up_with(&UP);
    anna.send("Ben", "where are you?");
    ben.up_with(&UP);
    ben.wait_for_text("Anna", "where are you?");
    eprintln!("found in the DHT after {:.1?}", begin.elapsed());
}
