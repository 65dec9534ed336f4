//! Two contacts whose addresses have all changed find each other in the DHT
//! that three other people's nodes form, also where one of them ran on; and so
//! does who was invited before the inviter's address changed. DISC-2.
#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "figures are shown; a panic is a failed test"
)]

use std::net::Ipv4Addr;
use std::time::Instant;

use kith_api::{Reply, Request};
use kith_tests::wire::shows_nothing_of;
use kith_tests::{Person, Scratch, World, public};

const EVERYBODY: Ipv4Addr = Ipv4Addr::new(45, 67, 255, 255);
const UP: [&str; 3] = ["--no-mdns", "--port", "4001"];

/// Five people with public addresses, all running: Anna and Ben have no contact
/// in common, and the other three serve the DHT.
struct Net {
    people: [Person; 5],
    world: World,
    _folder: Scratch,
}

fn net(folder: &str) -> Option<Net> {
    let mut world = World::new(&[])?;
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
    let folder = Scratch::new(folder);
    let person = |(host, name)| {
        let mut person = Person::inside(world.full(host), name, folder.path());
        person.up_with(&UP);
        person
    };
    let others = [("dora", "Dora"), ("emil", "Emil"), ("fritz", "Fritz")];
    let [mut dora, mut emil, mut fritz] = others.map(person);
    let [mut anna, mut ben] = [("anna", "Annamirl"), ("ben", "Benvenuto")].map(person);
    dora.meet(&mut emil);
    emil.meet(&mut fritz);
    dora.meet(&mut anna);
    fritz.meet(&mut ben);
    for node in [&mut dora, &mut emil, &mut fritz] {
        node.wait_for_finding("public");
    }
    Some(Net {
        people: [anna, ben, dora, emil, fritz],
        world,
        _folder: folder,
    })
}

impl Net {
    /// Anna and Ben become contacts.
    fn meet(&mut self) {
        let [anna, ben, ..] = &mut self.people;
        anna.meet(ben);
    }

    fn moves(&self, name: &str, old: &str, new: &str) {
        let world = &self.world;
        world.ip(name, &format!("addr del {old}/32 dev wan0"));
        world.ip(name, &format!("addr add {new}/32 dev wan0"));
        world.ip(name, "route replace 45.67.0.0/16 dev wan0");
    }
}

#[test]
fn netns_the_dht_alone_finds_people() {
    let Some(mut net) = net("dht") else { return };
    net.meet();
    for person in &mut net.people[..2] {
        person.kill();
    }
    net.moves("anna", "45.67.1.1", "45.67.11.1");
    net.moves("ben", "45.67.2.1", "45.67.12.1");
    let [anna, ben, ..] = &mut net.people;
    let begin = Instant::now();
    anna.up_with(&UP);
    anna.send("Benvenuto", "where are you?");
    ben.up_with(&UP);
    ben.wait_for_text("Annamirl", "where are you?");
    eprintln!("found in the DHT after {:.1?}", begin.elapsed());
}

/// Anna's node runs on while her address changes. Ben, who was away and is
/// somewhere else too, finds her by what she published from there.
#[test]
fn netns_a_public_node_that_moves_is_found_again() {
    let Some(mut net) = net("dht-moves") else {
        return;
    };
    net.meet();
    net.people[0].wait_for_finding("public");
    net.people[1].kill();
    net.moves("ben", "45.67.2.1", "45.67.12.1");
    net.moves("anna", "45.67.1.1", "45.67.11.1");
    let begin = Instant::now();
    let [anna, ben, ..] = &mut net.people;
    ben.up_with(&UP);
    ben.send("Annamirl", "where are you?");
    anna.wait_for_text("Benvenuto", "where are you?");
    eprintln!("found after {:.1?}", begin.elapsed());
    let Reply::Status(status) = anna.ask(Request::Status) else {
        panic!("no status")
    };
    let old = status.listening.iter().any(|a| a.contains("45.67.1.1/"));
    let new = status.listening.iter().any(|a| a.contains("45.67.11.1/"));
    assert!(new && !old, "{:?}", status.listening);
}

/// In four commands a side (`init`, `up`, `invite`, `contacts --accept`; `init`,
/// `up`, `accept`, `send`), in a world where the addresses that the invite names
/// are nobody's by the time it is used. Each has one contact that serves the DHT:
/// without one there is none.
///
/// What passes on the wire meanwhile shows no name, no person's id and no text;
/// what a node stores for the DHT is looked at in `node/tests/swarm/shelf.rs`.
#[test]
fn netns_an_invite_leads_through_the_dht_alone() {
    let Some(mut net) = net("dht-invite") else {
        return;
    };
    let capture = net.world.capture("net");
    let invite = net.people[0].kith(&["invite", "--json"]).ok().stdout;
    let invite: serde_json::Value = serde_json::from_str(&invite).unwrap();
    let invite = invite["invite"]["text"].as_str().unwrap();
    net.moves("anna", "45.67.1.1", "45.67.11.1");
    let begin = Instant::now();
    let [anna, ben, ..] = &mut net.people;
    anna.meet_by_typing(invite, ben);
    eprintln!("first message after {:.1?}", begin.elapsed());
    let mut secrets = vec![b"the first message".to_vec()];
    for person in &mut net.people[..2] {
        secrets.extend(person.secrets());
        person.down();
    }
    net.world
        .ip("dora", "route add broadcast 45.67.255.255 dev wan0");
    let frames = capture.end(&net.world, "dora", EVERYBODY);
    shows_nothing_of(&frames, &secrets);
}
