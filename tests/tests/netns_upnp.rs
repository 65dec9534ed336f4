//! A router that opens a port when it is asked: real processes, and a real
//! `miniupnpd` on the router, on an Internet of their own. PORT-1, DISC-4, R4.
#![allow(clippy::unwrap_used, reason = "in a test a panic is a failed test")]

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use kith_api::{Event, Reach, Reply, Request};
use kith_tests::{Frame, Nat, PATIENCE, Passing, Person, Scratch, Upnp, World, through_router};

const UP: [&str; 3] = ["--no-mdns", "--port", "4001"];
const ANNA: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);
const CLEO: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 3);
const EVE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 66);
const ROUTER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
const SSDP: u16 = 1900;
/// Whom such questions go to, and to whom the end of a capture is said.
const EVERYBODY: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const NEIGHBOURS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 255);

/// Anna and Ben, each behind a router that passes on nothing by itself: no
/// relay, no name of either in any DHT.
fn internet() -> Option<World> {
    let mut world = World::new(&["nft", "tcpdump", "miniupnpd"])?;
    world.add_switch("net");
    let plain = (Nat::Plain, Passing::Both);
    through_router(
        &mut world,
        "net",
        ("anna", "192.168.1"),
        "45.67.1.21",
        plain,
    );
    through_router(&mut world, "net", ("ben", "192.168.2"), "45.67.2.22", plain);
    Some(world)
}

fn person(world: &World, name: &'static str, folder: &Scratch) -> Person {
    Person::inside(world.full(&name.to_lowercase()), name, folder.path())
}

/// Waits until the router passes on that many ports: nothing tells of it.
fn wait_for_opened(world: &World, wanted: usize) -> Vec<String> {
    let until = Instant::now() + PATIENCE;
    loop {
        let opened = Upnp::opened(world, "anna");
        if opened.len() == wanted {
            return opened;
        }
        assert!(Instant::now() < until, "{opened:?}");
        thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn netns_who_is_behind_a_router_that_opens_a_port_is_reached() {
    let Some(world) = internet() else {
        return;
    };
    let folder = Scratch::new("upnp");
    let _router = Upnp::start(&world, ("anna", "192.168.1"), folder.path());
    let (mut anna, mut ben) = (
        person(&world, "Anna", &folder),
        person(&world, "Ben", &folder),
    );
    anna.up_with(&UP);
    anna.wait_for_finding("router-opened");
    let opened = Upnp::opened(&world, "anna");
    // One for UDP and one for TCP, whatever the firewall calls them.
    assert_eq!(opened.len(), 2, "{opened:?}");
    let ours = |r: &String| r.contains("dport 4001") && r.ends_with("192.168.1.2:4001");
    assert!(
        opened[0] != opened[1] && opened.iter().all(ours),
        "{opened:?}"
    );
    // The router's word alone makes nobody reachable.
    let said = anna.kith(&["doctor", "--json"]).ok().stdout;
    assert!(said.contains("\"outside-unknown\""), "{said}");

    ben.up_with(&UP);
    anna.meet(&mut ben);
    ben.wait_for_way("Anna", |way| way == "directly");
    ben.send("Anna", "the first message");
    anna.wait_for_text("Ben", "the first message");
    // That Ben came is the proof.
    anna.wait_for_finding("public");

    // Whoever hides gives it back, and gets it again; at the end nothing stays.
    anna.kith(&["presence", "hidden"]).ok();
    wait_for_opened(&world, 0);
    anna.kith(&["presence", "available"]).ok();
    wait_for_opened(&world, 2);
    anna.down();
    assert_eq!(Upnp::opened(&world, "anna"), [""; 0]);
}

/// Answers each question who a router is with a place at Eve's; a word for each.
fn impostor(world: &World, host: &str, ip: Ipv4Addr) -> mpsc::Receiver<()> {
    let socket = world.inside(host, move || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, SSDP)).unwrap();
        socket.join_multicast_v4(&EVERYBODY, &ip).unwrap();
        socket
    });
    let answer = format!(
        "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\
         USN: x\r\nEXT:\r\nLOCATION: http://{EVE}:5000/d.xml\r\n\r\n"
    );
    let (answered, answers) = mpsc::sync_channel(64);
    // It ends with the test's process, or when nobody listens any more.
    thread::spawn(move || {
        let mut packet = [0; 2048];
        while let Ok((_, from)) = socket.recv_from(&mut packet) {
            socket.send_to(answer.as_bytes(), from).unwrap();
            if answered.send(()).is_err() {
                return;
            }
        }
    });
    answers
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

#[test]
fn netns_without_it_nobody_gets_in_and_no_answer_leads_elsewhere() {
    let Some(mut world) = internet() else {
        return;
    };
    world.add("eve");
    world.plug("lanna", "eve", "eth0", &format!("{EVE}/24"));
    let folder = Scratch::new("upnp-eve");
    let capture = world.capture("lanna");
    // Another machine that says it is one, and a router that points elsewhere.
    let eves = impostor(&world, "eve", EVE);
    let routers = impostor(&world, "ranna", ROUTER);
    let (mut anna, mut ben) = (
        person(&world, "Anna", &folder),
        person(&world, "Ben", &folder),
    );
    anna.up_with(&UP);
    ben.up_with(&UP);
    anna.wait_for_finding("router-silent");
    // Three questions to everybody, and three to the router alone.
    let answered = (eves.try_iter().count(), routers.try_iter().count());
    assert_eq!(answered, (3, 6));

    let invite = anna.invite();
    ben.ask(Request::InviteAccept {
        invite,
        petname: None,
    });
    // All ways that the invite names are tried, in vain.
    ben.wait("the reason", |e| {
        matches!(e, Event::Contact(c) if matches!(&c.reach, Reach::Offline { why, .. } if !why.is_empty()))
    });
    let Reply::Contacts(known) = anna.ask(Request::Contacts) else {
        panic!("no contacts");
    };
    assert!(known.is_empty(), "{known:?}");
    anna.down();
    let frames = capture.end(&world, "anna", NEIGHBOURS);
    let to_eve = frames.iter().filter(|f| ends(f) == Some((ANNA, EVE)));
    assert_eq!(to_eve.count(), 0);
}

#[test]
fn netns_who_is_hidden_asks_no_router() {
    let Some(mut world) = internet() else {
        return;
    };
    world.add("cleo");
    world.plug("lanna", "cleo", "eth0", &format!("{CLEO}/24"));
    world.ip("cleo", &format!("route add default via {ROUTER}"));
    let folder = Scratch::new("upnp-hidden");
    let (mut anna, mut cleo) = (
        person(&world, "Anna", &folder),
        person(&world, "Cleo", &folder),
    );
    // Nobody there to answer while she says so.
    anna.up_with(&UP);
    anna.kith(&["presence", "hidden"]).ok();
    anna.down();
    let _router = Upnp::start(&world, ("anna", "192.168.1"), folder.path());
    let capture = world.capture("lanna");
    anna.up_with(&UP);
    // By the time that somebody has her port who began later, Anna would have
    // had hers.
    cleo.up_with(&["--no-mdns", "--port", "4002"]);
    cleo.wait_for_finding("router-opened");
    let opened = Upnp::opened(&world, "anna");
    assert!(opened.iter().all(|r| r.contains("4002")), "{opened:?}");
    anna.down();
    let frames = capture.end(&world, "anna", NEIGHBOURS);
    let asked = |who: Ipv4Addr| {
        let from = |f: &&Frame| f.udp().is_some_and(|u| u.0 == who && u.2 == SSDP);
        frames.iter().filter(from).count()
    };
    assert_eq!(asked(ANNA), 0);
    assert!(asked(CLEO) > 0);
}
