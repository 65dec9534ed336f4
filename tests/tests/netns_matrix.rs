//! Shares between people behind every kind of network, with a contact of both
//! that can be reached, and without: the verdict, the way that is taken, and
//! how long it takes (PORT-1, PORT-2, PORT-4).
//!
//! The whole matrix takes half an hour and is run by hand:
//! `cargo nextest run -p kith-tests --run-ignored all --no-capture -E
//! 'test(netns_the_whole_matrix)'`. `KITH_ROWS="UDP blocked | open;open | open"` takes
//! these rows only.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "in a test a panic is a failed test, and figures are shown"
)]

use std::time::{Duration, Instant};

use kith_api::{
    Features, Reply, Request, ShareCase, ShareLevel, SharePhase, ShareRequest, ShareShow, ShareWhat,
};
use kith_tests::shares::wait_for;
use kith_tests::{Nat, PATIENCE, Passing, Person, Scratch, Screen, World, public, through_router};

/// What somebody's network is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// A public address, nothing in between.
    Open,
    /// Behind a router that keeps ports.
    Masquerade,
    /// Behind one that gives other ports, the same for every destination.
    Shifted,
    /// Behind one that gives another port for every destination.
    Random,
    /// Behind one that lets no UDP through.
    NoUdp,
    /// IPv6 alone, behind a firewall.
    V6,
}

const SIDES: [Side; 6] = [
    Side::Open,
    Side::Masquerade,
    Side::Shifted,
    Side::Random,
    Side::NoUdp,
    Side::V6,
];

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Masquerade => "masquerade",
            Self::Shifted => "shifted ports",
            Self::Random => "random ports",
            Self::NoUdp => "UDP blocked",
            Self::V6 => "IPv6 only",
        }
    }
}

/// Where the two sit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Each in a network of their own.
    Apart(Side, Side),
    /// Behind one router, in one network.
    Together(Side),
}

impl Place {
    fn row(self) -> String {
        match self {
            Self::Apart(a, b) => format!("{} | {}", a.name(), b.name()),
            Self::Together(side) => format!("{0}, one router | {0}, one router", side.name()),
        }
    }
}

/// Gives a host an IPv6 address besides.
fn v6(world: &World, name: &str, number: u8) {
    world.ip(
        name,
        &format!("-6 addr add 2a00:45:67::{number:x}/128 dev wan0 nodad"),
    );
    world.ip(name, "-6 route add 2a00:45:67::/48 dev wan0");
}

fn connect(world: &mut World, name: &'static str, number: u8, side: Side) {
    let outside = format!("45.67.{number}.21");
    let inside = format!("192.168.{number}");
    let router = match side {
        Side::Open => return public(world, "net", name, &outside),
        Side::V6 => {
            world.add(name);
            let address = format!("2a00:45:67::{number:x}/128");
            world.plug("net", name, "wan0", &address);
            world.ip(name, "-6 route add 2a00:45:67::/48 dev wan0");
            let guard = "table inet guard {
              chain here {
                type filter hook input priority 0
                iifname wan0 meta l4proto { tcp, udp } ct state new drop
              }
            }";
            return world.nft(name, guard);
        }
        Side::Masquerade => (Nat::Plain, Passing::Both),
        Side::Shifted => (Nat::Shift, Passing::UdpOnly),
        Side::Random => (Nat::Random, Passing::Both),
        Side::NoUdp => (Nat::Plain, Passing::TcpOnly),
    };
    through_router(world, "net", (name, &inside), &outside, router);
}

fn internet(place: Place) -> Option<World> {
    let mut world = World::new(&["nft"])?;
    world.add_switch("net");
    public(&mut world, "net", "paula", "45.67.0.10");
    v6(&world, "paula", 0x10);
    match place {
        Place::Apart(anna, ben) => {
            connect(&mut world, "anna", 1, anna);
            connect(&mut world, "ben", 2, ben);
        }
        Place::Together(side) => {
            connect(&mut world, "anna", 1, side);
            world.add("ben");
            world.plug("lanna", "ben", "eth0", "192.168.1.3/24");
            world.ip("ben", "route add default via 192.168.1.1");
        }
    }
    Some(world)
}

/// What is known of the ways to somebody, once they were tried.
fn ways(person: &mut Person, who: &str, longest: Duration) -> Features {
    let ask = || Request::Features { who: who.into() };
    let settled = |f: &Features| {
        let path = |state: &str| f.devices.iter().any(|d| d.path.state == state);
        path("works") || path("fails")
    };
    let until = Instant::now() + longest;
    loop {
        let Reply::Features(features) = person.ask(ask()) else {
            panic!("no features")
        };
        if settled(&features) || Instant::now() > until {
            return features;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The verdict, and the way that a share takes now.
fn verdict(features: &Features) -> (String, String) {
    let Some(device) = features.devices.first() else {
        return ("nobody there".into(), String::new());
    };
    let chosen = device.path.ways.iter().find(|w| w.chosen == "yes");
    let way = chosen.map(|w| format!("{} {}", w.course, w.transport));
    (device.path.verdict.clone(), way.unwrap_or_default())
}

/// Why nothing can be shared, in the words that a person is told.
fn reason(features: &Features) -> String {
    let native = features
        .all
        .iter()
        .find(|f| f.means == "native" && f.reason.is_some());
    let Some(native) = native else {
        return format!("{features:?}");
    };
    let word = |w: &Option<String>| w.clone().unwrap_or_default();
    let path = features.devices.first().map(|d| d.path.text.clone());
    let path = path.unwrap_or_default();
    format!("{}: {}; {path}", word(&native.reason), word(&native.text))
}

/// Anna shows Ben her toy desktop; how long it takes from Ben's word to the
/// picture.
fn share(anna: &mut Person, ben: &mut Person, folder: &Scratch, nth: u32) -> Duration {
    let picture = folder.path().join(format!("seen-{nth}.png"));
    let invite = ShareRequest::Invite {
        who: "Ben".into(),
        what: ShareWhat::Synthetic,
        level: ShareLevel::View,
        case: ShareCase::default(),
    };
    anna.ask(Request::Share(invite));
    wait_for(ben, "an invitation", SharePhase::Asked);
    let begin = Instant::now();
    let allow = ShareRequest::Allow {
        which: "Anna".into(),
        what: None,
        show: ShareShow::Picture(picture.clone()),
    };
    ben.ask(Request::Share(allow));
    wait_for(ben, "the share", SharePhase::Running);
    let until = begin + PATIENCE;
    while !picture.exists() {
        assert!(Instant::now() < until, "no picture came");
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = begin.elapsed();
    anna.kith(&["stop"]).ok();
    wait_for(ben, "the end", SharePhase::Over);
    took
}

/// One pair: a row of the table.
fn pair(place: Place) -> Option<String> {
    let world = internet(place)?;
    let folder = Scratch::new("matrix");
    let screen = Screen::managed();
    let (sides, options) = match place {
        Place::Apart(a, b) => ([a, b], &["--no-mdns", "--port", "4001"][..]),
        // Neighbours find each other as neighbours do.
        Place::Together(side) => ([side, side], &["--port", "4001"][..]),
    };
    let person = |name: &'static str| {
        let mut person = Person::inside(world.full(&name.to_lowercase()), name, folder.path());
        // Who can neither show nor see anything tries no ways.
        person.sit_at(screen.name());
        person.up_with(options);
        person
    };
    let (mut paula, mut anna, mut ben) = (person("Paula"), person("Anna"), person("Ben"));
    paula.meet(&mut anna);
    paula.meet(&mut ben);
    paula.wait_for_finding("public");
    for (person, side) in [(&mut anna, sides[0]), (&mut ben, sides[1])] {
        // Who is open learns so in time, and needs no relay.
        if side != Side::Open {
            person.wait_for_finding("relayed");
        }
    }
    let begin = Instant::now();
    anna.meet(&mut ben);
    let met = begin.elapsed();
    // The first share takes whatever is there; the second what was found since.
    let first = share(&mut anna, &mut ben, &folder, 1);
    let begin = Instant::now();
    let mut found = verdict(&ways(&mut ben, "Anna", PATIENCE));
    while !found.1.starts_with("direct") && begin.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(500));
        found = verdict(&ways(&mut ben, "Anna", PATIENCE));
    }
    let second = share(&mut anna, &mut ben, &folder, 2);

    // The same two without Paula, from the beginning.
    paula.kill();
    anna.down();
    ben.down();
    anna.up_with(options);
    ben.up_with(options);
    let begin = Instant::now();
    let mut alone = None;
    while alone.is_none() && begin.elapsed() < Duration::from_secs(20) {
        alone = anna.way_to("Ben").and(ben.way_to("Anna"));
        std::thread::sleep(Duration::from_millis(100));
    }
    let without = match alone {
        Some(_) => {
            let took = share(&mut anna, &mut ben, &folder, 3);
            let (said, way) = verdict(&ways(&mut ben, "Anna", PATIENCE));
            format!("{said}, {way}, {took:.1?}")
        }
        None => {
            let told = ways(&mut ben, "Anna", Duration::from_secs(5));
            format!("no path: {}", reason(&told))
        }
    };
    let row = place.row();
    Some(format!(
        "| {row} | {}, {} | {met:.1?} | {first:.1?} | {second:.1?} | {without} |",
        found.0, found.1
    ))
}

/// The sharer behind random ports, the viewer with IPv6 alone: only the common
/// contact carries it, and without it the reason is said.
#[test]
fn netns_a_share_goes_through_the_contact_that_both_reach() {
    let Some(row) = pair(Place::Apart(Side::Random, Side::V6)) else {
        return;
    };
    eprintln!("{row}");
    assert!(row.contains("relayed"), "{row}");
    assert!(row.contains("no path: "), "{row}");
}

/// Every pair gets a path as long as there is a contact that both can reach.
#[test]
#[ignore = "half an hour; its table is in the specification"]
fn netns_the_whole_matrix() {
    let apart = SIDES
        .iter()
        .flat_map(|a| SIDES.iter().map(|b| Place::Apart(*a, *b)));
    // The router that shifts has one port to give: two behind it are no pair.
    let together = [Side::Masquerade, Side::Random, Side::NoUdp];
    let rows = std::env::var("KITH_ROWS").ok();
    let wanted = |p: &Place| {
        let mut rows = rows.iter().flat_map(|rows| rows.split(';'));
        rows.clone().count() == 0 || rows.any(|row| row.trim() == p.row())
    };
    let all = apart.chain(together.into_iter().map(Place::Together));
    let all = all.filter(wanted);
    eprintln!("| sharer | viewer | verdict, way | met | first picture | once found | alone |");
    eprintln!("|---|---|---|---|---|---|---|");
    let mut lost = Vec::new();
    for place in all {
        let row = std::panic::catch_unwind(|| pair(place));
        match row {
            Ok(Some(row)) => eprintln!("{row}"),
            Ok(None) => return,
            Err(_) => lost.push(place),
        }
    }
    assert!(lost.is_empty(), "without a path: {lost:?}");
}
