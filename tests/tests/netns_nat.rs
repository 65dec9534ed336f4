//! Two people behind routers, and one contact of both with a public address:
//! real processes on an Internet of their own. DISC-6, DISC-7, PORT-4.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "in a test a panic is a failed test, and figures are shown"
)]

use std::time::Instant;

use kith_tests::{Nat, Passing, Person, Scratch, World, public, through_router};

const UP: [&str; 3] = ["--no-mdns", "--port", "4001"];

/// Paula in public, Anna and Ben each behind a router of this kind.
fn internet(anna: (Nat, Passing), ben: (Nat, Passing)) -> Option<World> {
    let mut world = World::new(&["nft"])?;
    world.add_switch("net");
    public(&mut world, "net", "paula", "45.67.0.10");
    through_router(&mut world, "net", ("anna", "192.168.1"), "45.67.1.21", anna);
    through_router(&mut world, "net", ("ben", "192.168.2"), "45.67.2.22", ben);
    Some(world)
}

/// How it ends: what `kith contacts` must say in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Direct,
    ThroughPaula,
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
        End::Direct => {
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
    if end == End::Direct {
        paula.kill();
    }
    anna.send("Ben", "and back");
    ben.wait_for_text("Anna", "and back");
    eprintln!(
        "{shown}: {end:?} · relay ready {ready:.1?} · met {met:.1?} · first message {first:.1?} · \
         this way {found:.1?}"
    );
}

const PLAIN: (Nat, Passing) = (Nat::Plain, Passing::Both);

#[test]
fn netns_two_plain_routers_are_punched() {
    meet_through_paula(PLAIN, PLAIN, End::Direct);
}

#[test]
fn netns_without_udp_tcp_is_punched() {
    let tcp = (Nat::Plain, Passing::TcpOnly);
    meet_through_paula(tcp, tcp, End::Direct);
}

#[test]
fn netns_routers_that_shift_ports_are_punched() {
    // TCP keeps its port there and would be the easier way.
    let shift = (Nat::Shift, Passing::UdpOnly);
    meet_through_paula(shift, shift, End::Direct);
}

#[test]
fn netns_through_random_ports_the_relay_carries() {
    let random = (Nat::Random, Passing::Both);
    meet_through_paula(random, random, End::ThroughPaula);
}
