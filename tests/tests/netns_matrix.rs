//! Shares between people behind every kind of network, with a contact of both
//! that can be reached, and without: the verdict, the way that is taken, and
//! how long it takes (PORT-1, PORT-2, PORT-4).
//!
//! What has to come of each pair stands in [`Place::with_a_contact`] and
//! [`Place::alone`]. Some rows are run with all tests; the whole matrix takes half an
//! hour and is run by hand: `cargo nextest run -p kith-tests --run-ignored all --no-capture -E
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

    /// Whether there is a direct way as long as a contact helps to find it.
    fn with_a_contact(self) -> Way {
        let Self::Apart(a, b) = self else {
            return Way::Direct;
        };
        let is = |side| a == side || b == side;
        match () {
            // No address in common.
            () if is(Side::V6) && a != b => Way::Relayed,
            () if is(Side::V6) || is(Side::Open) => Way::Direct,
            // Nobody can say at which port it will be.
            () if is(Side::Random) => Way::Relayed,
            // One lets no TCP through, the other no UDP.
            () if is(Side::Shifted) && is(Side::NoUdp) => Way::Relayed,
            () => Way::Direct,
        }
    }

    /// What comes of the same two without anybody between them.
    fn alone(self) -> Way {
        match (self, self.with_a_contact()) {
            (_, Way::Relayed) => Way::None,
            (Self::Apart(a, b), _) if a != Side::Open && b != Side::Open => Way::Luck,
            (_, way) => way,
        }
    }

    /// What a person may be told where there is none.
    fn said(self) -> &'static [&'static str] {
        match self.alone() {
            // Two calls that cross become one connection, on which both speak first.
            Way::Luck => &["no answer", "something answers"],
            _ => match self {
                Self::Apart(Side::V6, b) if b != Side::V6 => &["no IPv6 leads"],
                Self::Apart(a, Side::V6) if a != Side::V6 => &["no IPv4 leads"],
                // Or only addresses inside are known, to which the router has no way.
                _ => &["no answer", "no IPv4 leads"],
            },
        }
    }

    /// The code of a direct way's verdict (spec 15, "Verdicts").
    fn direct(self) -> &'static str {
        match self {
            Self::Apart(a, b) if a == Side::NoUdp || b == Side::NoUdp => "direct-no-udp",
            _ => "direct",
        }
    }
}

/// What has to come of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Direct,
    /// Through the contact of both.
    Relayed,
    /// None, and the true reason is said.
    None,
    /// A direct one if both happen to call at the same moment, otherwise none.
    Luck,
}

/// Gives a host an IPv6 address besides.
fn v6(world: &World, name: &str, number: u8) {
    world.ip(
        name,
        &format!("-6 addr add 2a00:45:67::{number:x}/128 dev wan0 nodad"),
    );
    world.ip(name, "-6 route add 2a00:45:67::/48 dev wan0");
}

/// Only what was asked for comes in.
const GUARD: &str = "table inet guard {
  chain here {
    type filter hook input priority 0
    iifname wan0 meta l4proto { tcp, udp } ct state new drop
  }
}";

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
            return world.nft(name, GUARD);
        }
        Side::Masquerade => (Nat::Plain, Passing::Both),
        Side::Shifted => (Nat::Shift, Passing::UdpOnly),
        Side::Random => (Nat::Random, Passing::Both),
        Side::NoUdp => (Nat::Plain, Passing::TcpOnly),
    };
    through_router(world, "net", (name, &inside), &outside, router);
}

/// Anna and Ben in one network with public addresses, behind a router that
/// translates nothing; one of IPv6 lets in only what was asked for.
fn routed(world: &mut World, side: Side) {
    let (family, all, outside, inside, (alone, shared)) = match side {
        Side::V6 => (
            "-6",
            "2a00:45:67::/48",
            "2a00:45:67::1",
            "2a00:45:67:1::",
            (128, 64),
        ),
        _ => ("-4", "45.67.0.0/16", "45.67.0.1", "45.67.1.", (32, 24)),
    };
    world.add("ranna");
    world.plug("net", "ranna", "wan0", &format!("{outside}/{alone}"));
    world.ip("ranna", &format!("{family} route add {all} dev wan0"));
    world.add_switch("lanna");
    world.plug("lanna", "ranna", "lan0", &format!("{inside}1/{shared}"));
    for (name, last) in [("anna", 2), ("ben", 3)] {
        world.add(name);
        world.plug("lanna", name, "eth0", &format!("{inside}{last}/{shared}"));
        world.ip(name, &format!("{family} route add {all} via {inside}1"));
    }
    let back = format!("{inside}0/{shared} via {outside} dev wan0 onlink");
    world.ip("paula", &format!("{family} route add {back}"));
    let switch = match side {
        Side::V6 => "/proc/sys/net/ipv6/conf/all/forwarding",
        _ => "/proc/sys/net/ipv4/ip_forward",
    };
    world.inside("ranna", move || {
        std::fs::write(switch, "1").unwrap();
    });
    if side == Side::V6 {
        // Who forwards asks for neighbours from such an address.
        for device in ["wan0", "lan0"] {
            world.ip(
                "ranna",
                &format!("-6 addr add fe80::1/64 dev {device} nodad"),
            );
        }
        world.nft("ranna", &GUARD.replace("hook input", "hook forward"));
    }
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
        Place::Together(side @ (Side::Open | Side::V6)) => routed(&mut world, side),
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

/// Why nothing can be shared: the code, and the words that a person is told.
fn reason(features: &Features) -> (String, String) {
    let mut native = features.all.iter().filter(|f| f.means == "native");
    let said = native.find_map(|f| f.reason.clone().zip(f.text.clone()));
    said.unwrap_or_else(|| panic!("no reason: {features:?}"))
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
    // Where nobody waits for a direct way, a while is enough to see none come.
    let row = place.row();
    let wanted = place.with_a_contact();
    let longest = match wanted {
        Way::Direct => PATIENCE,
        _ => Duration::from_secs(5),
    };
    let begin = Instant::now();
    let mut found = verdict(&ways(&mut ben, "Anna", PATIENCE));
    while !found.1.starts_with("direct") && begin.elapsed() < longest {
        std::thread::sleep(Duration::from_millis(500));
        found = verdict(&ways(&mut ben, "Anna", PATIENCE));
    }
    let expected = match wanted {
        Way::Direct => (place.direct(), "direct "),
        _ => ("relayed", "relayed "),
    };
    let as_expected = |(said, way): &(String, String), (verdict, course): (&str, &str)| {
        assert!(
            said == verdict && way.starts_with(course),
            "{row}: {said}, {way}, where it has to be {verdict}"
        );
    };
    as_expected(&found, expected);
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
    let expected = place.alone();
    let without = match alone {
        Some(_) => {
            assert_ne!(expected, Way::None, "{row}: a way where there is none");
            let took = share(&mut anna, &mut ben, &folder, 3);
            let found = verdict(&ways(&mut ben, "Anna", PATIENCE));
            as_expected(&found, (place.direct(), "direct "));
            format!("{}, {}, {took:.1?}", found.0, found.1)
        }
        None => {
            assert_ne!(expected, Way::Direct, "{row}: no way without the contact");
            let (code, text) = reason(&ways(&mut ben, "Anna", Duration::from_secs(5)));
            assert_eq!(code, "offline", "{row}: {text}");
            let said = place.said().iter().any(|said| text.contains(said));
            assert!(said, "{row}: {text}");
            format!("no path: {text}")
        }
    };
    Some(format!(
        "| {row} | {}, {} | {met:.1?} | {first:.1?} | {second:.1?} | {without} |",
        found.0, found.1
    ))
}

/// A row for each kind of network, and for each thing that can come of a pair.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident: $place:expr;)*) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            if let Some(row) = pair($place) {
                eprintln!("{row}");
            }
        }
    )*};
}

rows! {
    /// Only the common contact carries it, and without it the true reason is said.
    netns_random_ports_towards_ipv6_alone: Place::Apart(Side::Random, Side::V6);
    /// No port can be opened from either side: the same, within one family.
    netns_shifted_ports_towards_no_udp: Place::Apart(Side::Shifted, Side::NoUdp);
    /// Found with the contact's help, and by luck without it.
    netns_a_router_towards_shifted_ports: Place::Apart(Side::Masquerade, Side::Shifted);
    /// By TCP, with the contact and without.
    netns_no_udp_towards_the_open: Place::Apart(Side::NoUdp, Side::Open);
    /// Two firewalls and no translation.
    netns_ipv6_towards_ipv6: Place::Apart(Side::V6, Side::V6);
    /// In one network behind one router.
    netns_behind_one_router: Place::Together(Side::Masquerade);
}

/// Every pair gets a path as long as there is a contact that both can reach,
/// and what is expected of it without.
#[test]
#[ignore = "half an hour; its table is in the specification, chapter 13"]
fn netns_the_whole_matrix() {
    let apart = SIDES
        .iter()
        .flat_map(|a| SIDES.iter().map(|b| Place::Apart(*a, *b)));
    let rows = std::env::var("KITH_ROWS").ok();
    let wanted = |p: &Place| {
        let mut rows = rows.iter().flat_map(|rows| rows.split(';'));
        rows.clone().count() == 0 || rows.any(|row| row.trim() == p.row())
    };
    let all = apart.chain(SIDES.map(Place::Together));
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
    assert!(lost.is_empty(), "not as expected: {lost:?}");
}
