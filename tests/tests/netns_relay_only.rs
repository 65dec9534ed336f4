//! A contact for whom “relay only” is chosen learns no address from then on:
//! real processes on an Internet of their own, and what passed there. DISC-8.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a panic is a failed test"
)]

use std::net::Ipv4Addr;
use std::os::unix::net::UnixListener;

use kith_api::{
    Event, Reach, Reply, Request, Routes, ShareCase, ShareLevel, SharePhase, ShareRequest,
    ShareShow, ShareWhat,
};
use kith_tests::shares::wait_for;
use kith_tests::{Frame, PATIENCE, Person, Scratch, World, public};
use kith_view::headless::Headless;
use kith_view::local::PathKind;
use kith_view::session::Session;

const UP: [&str; 3] = ["--no-mdns", "--port", "4001"];
/// Where Anna is when she chooses, and later; Ben, and Paula.
const BEFORE: Ipv4Addr = Ipv4Addr::new(45, 67, 1, 21);
const AFTER: Ipv4Addr = Ipv4Addr::new(45, 67, 1, 99);
const BEN: Ipv4Addr = Ipv4Addr::new(45, 67, 2, 22);
const PAULA: Ipv4Addr = Ipv4Addr::new(45, 67, 0, 10);
/// Where the end of the capture is said.
const EVERYBODY: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 255);

/// Three people with public addresses: each could reach each.
fn internet() -> Option<World> {
    let mut world = World::new(&["tcpdump"])?;
    world.add_switch("net");
    public(&mut world, "net", "paula", &PAULA.to_string());
    public(&mut world, "net", "anna", &BEFORE.to_string());
    public(&mut world, "net", "ben", &BEN.to_string());
    world.add("ear");
    world.plug("net", "ear", "eth0", "10.77.0.9/24");
    Some(world)
}

/// Sender and receiver of an IPv4 packet.
fn ends(frame: &Frame) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let bytes = frame.bytes();
    let four = |at: usize| -> Option<Ipv4Addr> {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(four.into())
    };
    let is_ipv4 = bytes.get(12..14)? == [8, 0];
    is_ipv4.then_some((four(26)?, four(30)?))
}

fn passed(frames: &[Frame], a: Ipv4Addr, b: Ipv4Addr) -> usize {
    let between = |f: &&Frame| ends(f).is_some_and(|e| e == (a, b) || e == (b, a));
    frames.iter().filter(between).count()
}

/// How a person is reached, asked until it is so: not every change is told.
fn wait_for_relay(person: &mut Person, name: &str) {
    person.wait_for_way(name, |way| way == "through Paula’s device");
}

#[test]
fn netns_relay_only_contact_learns_no_address() {
    let Some(world) = internet() else { return };
    let folder = Scratch::new("relayonly");
    let person = |name: &'static str| {
        let mut person = Person::inside(world.full(&name.to_lowercase()), name, folder.path());
        person.up_with(&UP);
        person
    };
    let (mut paula, mut anna, mut ben) = (person("Paula"), person("Anna"), person("Ben"));
    paula.meet(&mut anna);
    paula.meet(&mut ben);
    anna.meet(&mut ben);
    paula.wait_for_finding("public");
    anna.wait_for_finding("public");
    anna.wait_for_way("Ben", |way| way == "directly");

    let said = anna.kith(&["contacts", "Ben", "--relay-only", "on"]).ok();
    assert!(said.stdout.contains("relay only:"), "{}", said.stdout);
    anna.wait_for_finding("relay-only");
    wait_for_relay(&mut ben, "Anna");
    ben.send("Anna", "through Paula");
    anna.wait_for_text("Ben", "through Paula");

    // Wherever Anna goes, over a restart too, Ben doesn't hear of it, from nobody: he would try
    // every address that he hears of.
    let capture = world.capture("net");
    anna.down();
    world.ip("anna", &format!("addr add {AFTER}/32 dev wan0"));
    world.ip("anna", &format!("addr del {BEFORE}/32 dev wan0"));
    anna.up_with(&UP);
    let Reply::Contact(contact) = anna.ask(Request::Contact { who: "Ben".into() }) else {
        panic!("no contact");
    };
    assert_eq!(contact.routes, Routes::RelayOnly, "over a restart");
    ben.send("Anna", "where are you?");
    anna.wait_for_text("Ben", "where are you?");
    anna.send("Ben", "guess");
    ben.wait_for_text("Anna", "guess");
    anna.wait_for_finding("relay-only");
    wait_for_relay(&mut ben, "Anna");

    // A share runs the same way, and says so.
    anna.ask(Request::Share(ShareRequest::Invite {
        who: "Ben".into(),
        what: ShareWhat::Synthetic,
        level: ShareLevel::View,
        case: ShareCase::default(),
    }));
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    let socket = folder.path().join("viewer");
    let listener = UnixListener::bind(&socket).unwrap();
    ben.ask(Request::Share(ShareRequest::Allow {
        which: "Anna".into(),
        what: None,
        show: ShareShow::Viewer(socket),
    }));
    let mut viewer = Headless::new(listener.accept().unwrap().0).unwrap();
    assert!(viewer.run_until(PATIENCE, Session::is_exact).unwrap());
    assert_eq!(viewer.session().path().0, PathKind::Relayed);
    anna.kith(&["stop"]).ok();
    wait_for(&mut ben, "the end", SharePhase::Over);
    // All that Ben knows is tried at his next start.
    ben.down();
    ben.up_with(&UP);
    wait_for_relay(&mut ben, "Anna");
    let frames = capture.end(&world, "ear", EVERYBODY);
    assert!(passed(&frames, AFTER, PAULA) > 20, "nothing was captured");
    assert!(passed(&frames, BEN, PAULA) > 20, "nothing was captured");
    assert_eq!(passed(&frames, AFTER, BEN), 0, "they found each other");

    // Until it is taken back.
    anna.kith(&["contacts", "Ben", "--relay-only", "off"]).ok();
    ben.wait("Anna to come", |e| {
        matches!(e, Event::Contact(c) if matches!(&c.reach, Reach::Online { via, .. } if via == "directly"))
    });
}
