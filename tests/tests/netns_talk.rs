//! Real processes on real networks, in namespaces of their own: on a LAN
//! without Internet, with and without mDNS; what the wire shows; hidden
//! presence. DISC-1, DISC-3, DISC-4.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a panic is a failed test"
)]

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use kith_api::{Reply, Request};
use kith_tests::wire::{holds, shows_nothing_of};
use kith_tests::{Frame, Person, Scratch, World};

const ANNA: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
const EVERYBODY: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 255);
const MDNS: u16 = 5353;

/// Anna, Ben and an onlooker on one LAN, with no way out.
fn lan() -> Option<World> {
    let mut world = World::new(&["tcpdump"])?;
    world.add_switch("lan");
    for (name, address) in [
        ("anna", "10.77.0.1/24"),
        ("ben", "10.77.0.2/24"),
        ("ear", "10.77.0.9/24"),
    ] {
        world.add(name);
        world.plug("lan", name, "eth0", address);
        assert!(!world.has_default_route(name), "{name} has a way out");
    }
    Some(world)
}

/// From nothing to the first delivered message, in four commands a side:
/// `init`, `up`, `invite`, `contacts --accept`; `init`, `up`, `accept`, `send`.
/// `meanwhile` happens between the invite and its use.
fn four_commands(
    world: &World,
    folder: &Scratch,
    up: &[&str],
    meanwhile: impl FnOnce(),
) -> (Person, Person) {
    let mut anna = Person::inside(world.full("anna"), "Anna", folder.path());
    let mut ben = Person::inside(world.full("ben"), "Ben", folder.path());
    anna.up_with(up);
    ben.up_with(up);
    let invite = anna.kith(&["invite", "--json"]).ok().stdout;
    let invite: serde_json::Value = serde_json::from_str(&invite).unwrap();
    let invite = invite["invite"]["text"].as_str().unwrap().to_owned();
    meanwhile();
    anna.meet_by_typing(&invite, &mut ben);
    (anna, ben)
}

#[test]
fn netns_a_lan_without_internet_is_enough() {
    let Some(world) = lan() else { return };
    four_commands(&world, &Scratch::new("lan"), &[], || {});
}

/// The invite names addresses that are gone by the time it is used; later
/// both have others than they remember of each other: only mDNS can help.
#[test]
fn netns_mdns_alone_finds_people() {
    let Some(world) = lan() else { return };
    let folder = Scratch::new("mdns");
    let (mut anna, mut ben) = four_commands(&world, &folder, &[], || {
        world.ip("anna", "addr del 10.77.0.1/24 dev eth0");
        world.ip("anna", "addr add 10.77.0.31/24 dev eth0");
    });
    anna.kill();
    ben.kill();
    world.ip("anna", "addr flush dev eth0");
    world.ip("ben", "addr flush dev eth0");
    world.ip("anna", "addr add 10.77.0.32/24 dev eth0");
    world.ip("ben", "addr add 10.77.0.33/24 dev eth0");
    anna.up_with(&[]);
    anna.send("Ben", "where are you?");
    ben.up_with(&[]);
    ben.wait_for_text("Anna", "where are you?");
}

/// Without mDNS, through the addresses in the invite; and again after a
/// restart of both, through the remembered ones.
#[test]
fn netns_an_invites_address_is_enough() {
    let Some(world) = lan() else { return };
    let folder = Scratch::new("address");
    let capture = world.capture("lan");
    let up = ["--no-mdns"];
    let (mut anna, mut ben) = four_commands(&world, &folder, &up, || {});
    anna.kill();
    ben.kill();
    ben.up_with(&up);
    ben.send("Anna", "after the restart");
    anna.up_with(&up);
    anna.wait_for_text("Ben", "after the restart");
    let frames = capture.end(&world, "ear", EVERYBODY);
    assert!(frames.len() > 20, "nothing was captured");
    assert_eq!(frames.iter().filter(|f| is_mdns(f)).count(), 0);
}

/// XFER-1: two who have no network at all, by README's table “By files”, each
/// line of it one command.
#[test]
fn netns_files_are_enough_without_any_network() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    let folder = Scratch::new("no-network");
    let at = |name: &str| folder.path().join(name).display().to_string();
    for host in ["anna", "ben"] {
        world.add(host);
    }
    let [mut anna, mut ben] = [("anna", "Anna"), ("ben", "Ben")].map(|(host, name)| {
        let mut person = Person::inside(world.full(host), name, folder.path());
        person.up_with(&[]);
        person
    });
    anna.kith(&["invite", "--file", &at("invite.txt")]).ok();
    ben.kith(&["accept", &at("invite.txt"), "--answer", &at("answer.kith")])
        .ok();
    anna.kith(&["import", &at("answer.kith")]).ok();
    anna.kith(&["contacts", "Ben", "--accept", "--reply", &at("reply.kith")])
        .ok();
    ben.kith(&["import", &at("reply.kith")]).ok();
    anna.kith(&["export", "Ben", &at("room.kith")]).ok();
    ben.kith(&["import", &at("room.kith")]).ok();
    ben.kith(&["send", "Anna", "Hello"]).ok();
    ben.kith(&["export", "Anna", &at("back.kith")]).ok();
    anna.kith(&["import", &at("back.kith")]).ok();
    let told = anna.kith(&["history", "Ben"]).ok().stdout;
    assert!(told.contains("Ben: Hello"), "{told}");
    for person in [&mut anna, &mut ben] {
        let Reply::Status(status) = person.ask(Request::Status) else {
            panic!("no status")
        };
        assert_eq!((status.contacts, status.connected), (1, 0));
    }
}

fn is_mdns(frame: &Frame) -> bool {
    frame
        .udp()
        .is_some_and(|(_, from, to, _)| from == MDNS || to == MDNS)
}

/// Everything that passes while two people meet and talk, mDNS included,
/// shows no name, no person's id and no text.
#[test]
fn netns_the_wire_shows_no_name_no_id_no_text() {
    let Some(world) = lan() else { return };
    let folder = Scratch::new("wire");
    let capture = world.capture("lan");
    let mut anna = Person::inside(world.full("anna"), "Annamirl", folder.path());
    let mut ben = Person::inside(world.full("ben"), "Benvenuto", folder.path());
    anna.up_with(&[]);
    ben.up_with(&[]);
    anna.meet(&mut ben);
    anna.send("Benvenuto", "Zwischenfallprotokoll");
    ben.wait_for_text("Annamirl", "Zwischenfallprotokoll");
    ben.send("Annamirl", "Empfangsbestaetigung");
    anna.wait_for_text("Benvenuto", "Empfangsbestaetigung");
    let mut secrets = vec![
        b"Zwischenfallprotokoll".to_vec(),
        b"Empfangsbestaetigung".to_vec(),
    ];
    for person in [&mut anna, &mut ben] {
        secrets.extend(person.secrets());
        person.down();
    }

    // What is known to pass is seen: mDNS, and the conversation itself.
    let frames = capture.end(&world, "ear", EVERYBODY);
    assert!(holds(&frames, b"_p2p") > 0, "mDNS isn't in the capture");
    shows_nothing_of(&frames, &secrets);
}

/// A question that anybody may ask: who is there? The number tells our own
/// questions apart. (RFC 6762, libp2p's service name)
fn question(number: u16) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    let mut query = vec![high, low, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ["_p2p", "_udp", "local"] {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, 12, 0, 1]);
    query
}

fn ask_lan(world: &World, number: u16, times: usize) {
    world.inside("ear", move || {
        let socket = UdpSocket::bind((Ipv4Addr::new(10, 77, 0, 9), 0)).unwrap();
        for _ in 0..times {
            let group = (Ipv4Addr::new(224, 0, 0, 251), MDNS);
            socket.send_to(&question(number), group).unwrap();
        }
    });
}

/// How many mDNS packets Anna sent between two of our questions.
fn from_anna(frames: &[Frame], after: u16, before: u16) -> usize {
    let at = |number: u16| {
        let is_it = |f: &Frame| f.udp().is_some_and(|u| u.3 == question(number));
        frames.iter().position(is_it).expect("our question")
    };
    // By her card's address, which IPv4 and IPv6 packets carry alike.
    let hers = |f: &&Frame| f.udp().is_some_and(|u| u.0 == IpAddr::from(ANNA));
    let card = &frames.iter().find(hers).expect("a packet of hers").bytes()[6..12];
    frames[at(after)..at(before)]
        .iter()
        .filter(|f| is_mdns(f) && &f.bytes()[6..12] == card)
        .count()
}

/// While Anna is hidden no mDNS packet leaves her machine, though she is
/// asked; a restart or a lock in between changes nothing.
#[test]
fn netns_hidden_means_silent() {
    let Some(world) = lan() else { return };
    world.ip("ear", "route add 224.0.0.0/4 dev eth0");
    let folder = Scratch::new("hidden");
    let capture = world.capture("lan");
    let mut anna = Person::inside(world.full("anna"), "Anna", folder.path());
    let mut ben = Person::inside(world.full("ben"), "Ben", folder.path());
    ask_lan(&world, 1, 1);
    anna.up_with(&[]);
    ben.up_with(&[]);
    anna.meet(&mut ben);
    ask_lan(&world, 2, 1);

    anna.kith(&["presence", "hidden"]).ok();
    ask_lan(&world, 3, 50);
    // A message there and back: Anna's node has been at work since.
    ben.send("Anna", "one");
    anna.wait_for_text("Ben", "one");
    ask_lan(&world, 4, 50);
    anna.down();
    anna.up_with(&[]);
    ask_lan(&world, 5, 50);
    ben.send("Anna", "two");
    anna.wait_for_text("Ben", "two");
    assert!(matches!(anna.ask(Request::Status), Reply::Status(s) if is_hidden(&s)));
    ask_lan(&world, 6, 1);

    anna.kith(&["presence", "available"]).ok();
    ask_lan(&world, 7, 1);
    ben.send("Anna", "three");
    anna.wait_for_text("Ben", "three");
    anna.down();
    ask_lan(&world, 8, 1);
    let frames = capture.end(&world, "ear", EVERYBODY);
    assert!(from_anna(&frames, 1, 2) > 0, "visible at first");
    assert_eq!(from_anna(&frames, 3, 6), 0, "hidden");
    assert!(from_anna(&frames, 6, 8) > 0, "visible again");
}

fn is_hidden(status: &kith_api::Status) -> bool {
    status.presence == kith_api::PresenceState::Hidden
}
