//! Two people behind routers, and one contact of both with a public address:
//! real processes on an Internet of their own. DISC-6, DISC-7, PORT-4.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test a panic is a failed test, and figures are shown"
)]

use std::net::Ipv4Addr;
use std::time::Instant;

use kith_tests::{Frame, Nat, Passing, Person, Scratch, World, public, through_router};

const UP: [&str; 3] = ["--no-mdns", "--port", "4001"];

/// Paula in public, Anna and Ben each behind a router of this kind.
fn internet(anna: (Nat, Passing), ben: (Nat, Passing)) -> Option<World> {
    let mut world = World::new(&["nft", "tcpdump"])?;
    world.add_switch("net");
    public(&mut world, "net", "paula", "45.67.0.10");
    through_router(&mut world, "net", ("anna", "192.168.1"), "45.67.1.21", anna);
    through_router(&mut world, "net", ("ben", "192.168.2"), "45.67.2.22", ben);
    Some(world)
}

/// How it ends: what `kith contacts` must say in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Direct(Carries),
    ThroughPaula,
}

/// What of the Internet protocols the message after that goes over: QUIC's, or TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    Udp = 17,
    Tcp = 6,
}

/// How many bytes went from one address to another over this.
fn bytes(frames: &[Frame], (from, to): (Ipv4Addr, Ipv4Addr), over: Carries) -> usize {
    let ip = frames.iter().filter_map(|f| match f.bytes() {
        [_, _, _, _, _, _, _, _, _, _, _, _, 0x08, 0x00, ip @ ..] => Some(ip),
        _ => None,
    });
    ip.filter(|ip| ip[9] == over as u8 && ip[12..16] == from.octets() && ip[16..20] == to.octets())
        .map(<[u8]>::len)
        .sum()
}

/// Nobody is told anything but invites: Paula learns by herself that she is
/// public, and serves; Anna and Ben meet through her and talk.
fn meet_through_paula(anna: (Nat, Passing), ben: (Nat, Passing), end: End) {
    let Some(world) = internet(anna, ben) else {
        return;
    };
    let shown = format!("{anna:?} / {ben:?}");
    let folder = Scratch::new("nat");
    let person = |name: &'static str| {
        let netns = world.full(&name.to_lowercase());
        let mut person = Person::inside(netns, name, folder.path());
        person.up_with(&UP);
        person
    };
    let (mut paula, mut anna, mut ben) = (person("Paula"), person("Anna"), person("Ben"));
    let begin = Instant::now();
    paula.meet(&mut anna);
    paula.meet(&mut ben);
    paula.wait_for_finding("public");
    anna.wait_for_finding("relayed");
    ben.wait_for_finding("relayed");
    let ready = begin.elapsed();

    let begin = Instant::now();
    anna.meet(&mut ben);
    let met = begin.elapsed();
    ben.send("Anna", "the first message");
    anna.wait_for_text("Ben", "the first message");
    let first = begin.elapsed();
    match end {
        End::Direct(_) => {
            anna.wait_for_way("Ben", |way| way == "directly");
            ben.wait_for_way("Anna", |way| way == "directly");
        }
        End::ThroughPaula => {
            for way in [anna.way_to("Ben"), ben.way_to("Anna")] {
                assert_eq!(way.as_deref(), Some("through Paula’s device"), "{shown}");
            }
        }
    }
    let found = begin.elapsed();
    // Without Paula: only a direct connection carries it.
    if let End::Direct(over) = end {
        paula.kill();
        let capture = world.capture("net");
        let long = "and back ".repeat(LONG / 9);
        anna.send("Ben", &long);
        ben.wait_for_text("Anna", &long);
        let frames = capture.end(&world, "paula", ANNA);
        let by = |over| bytes(&frames, (ANNA, BEN), over);
        let (udp, tcp) = (by(Carries::Udp), by(Carries::Tcp));
        eprintln!("{shown}: {udp} bytes over UDP, {tcp} over TCP");
        let (most, least) = match over {
            Carries::Udp => (udp, tcp),
            Carries::Tcp => (tcp, udp),
        };
        assert!(
            most > LONG && least < LONG / 4,
            "{shown}: not over {over:?}"
        );
    }
    eprintln!(
        "{shown}: {end:?} · relay ready {ready:.1?} · met {met:.1?} · first message {first:.1?} · \
         this way {found:.1?}"
    );
}

/// Of the text whose way is looked at, in bytes.
const LONG: usize = 20_000;
const ANNA: Ipv4Addr = Ipv4Addr::new(45, 67, 1, 21);
const BEN: Ipv4Addr = Ipv4Addr::new(45, 67, 2, 22);

#[test]
fn netns_two_plain_routers_are_punched() {
    // Where TCP passes too, whichever answers first carries.
    let udp = (Nat::Plain, Passing::UdpOnly);
    meet_through_paula(udp, udp, End::Direct(Carries::Udp));
}

#[test]
fn netns_without_udp_tcp_is_punched() {
    let tcp = (Nat::Plain, Passing::TcpOnly);
    meet_through_paula(tcp, tcp, End::Direct(Carries::Tcp));
}

#[test]
fn netns_routers_that_shift_ports_are_punched() {
    // TCP keeps its port there and would be the easier way.
    let shift = (Nat::Shift, Passing::UdpOnly);
    meet_through_paula(shift, shift, End::Direct(Carries::Udp));
}

#[test]
fn netns_through_random_ports_the_relay_carries() {
    let random = (Nat::Random, Passing::Both);
    meet_through_paula(random, random, End::ThroughPaula);
}
