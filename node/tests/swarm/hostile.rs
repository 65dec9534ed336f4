//! A contact that lies about where it is: whatever it names, no packet goes
//! where none may go (R4, PORT-3). Everything that leaves Anna's machine is
//! captured on her network; what would stay on it is counted.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::mpsc,
    thread,
};

use kith::swarm::*;
use kith_tests::{Frame, Nat, Passing, Program, World, public, through_router};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use zeroize::Zeroizing;

use crate::harness::DEADLINE;

const ANNA: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);
const ANNA6: Ipv6Addr = Ipv6Addr::new(0xfd00, 1, 1, 0, 0, 0, 0, 2);
const ROUTER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
const MALLORY: Ipv4Addr = Ipv4Addr::new(45, 67, 2, 22);
/// Public addresses, where nobody is: these may be tried.
const HONEST: Ipv4Addr = Ipv4Addr::new(45, 67, 3, 33);
const HONEST6: Ipv6Addr = Ipv6Addr::new(0x2a00, 0x45, 0x67, 0, 0, 0, 0, 9);
const OFFERS: usize = 5_000;

fn config() -> Config {
    Config {
        dht: DhtRole::Off,
        relay: RelayRole::Off,
        ..Config::default()
    }
}

/// Anna at home behind a router, a neighbour in her network, Mallory outside.
fn net() -> Option<World> {
    let mut world = World::new(&["nft", "tcpdump"])?;
    world.add_switch("net");
    public(&mut world, "net", "mallory", &MALLORY.to_string());
    let plain = (Nat::Plain, Passing::Both);
    let home = ("anna", "192.168.1");
    through_router(&mut world, "net", home, "45.67.1.21", plain);
    world.add("victim");
    world.plug("lanna", "victim", "eth0", "192.168.1.77/24");
    // Over IPv6 a packet to anywhere would leave Anna's machine too.
    world.ip("anna", &format!("-6 addr add {ANNA6}/64 dev eth0 nodad"));
    let gate = "fd00:1:1::1 lladdr 02:00:00:00:00:01 dev eth0";
    world.ip("anna", &format!("-6 neigh add {gate}"));
    world.ip("anna", "-6 route add default via fd00:1:1::1 dev eth0");
    world.nft(
        "anna",
        "table inet count {
           counter here { }
           chain out {
             type filter hook output priority 0
             oifname lo counter name here
           }
         }",
    );
    Some(world)
}

/// A lie: an address in one of the forms that an address may have.
fn lie(dice: &mut StdRng, relay: DeviceId) -> String {
    let b = |dice: &mut StdRng| dice.random::<u8>();
    let (x, y, z) = (b(dice), b(dice), b(dice));
    let v4 = |a: [u8; 4]| Ipv4Addr::from(a).to_string();
    let hidden = |net: &str, a: [u8; 4]| {
        let [h, i, j, k] = a;
        format!("{net}{h:02x}{i:02x}:{j:02x}{k:02x}")
    };
    let inside = [192, 168, 1, x];
    let (family, host) = match dice.random_range(0..24u8) {
        0 => ("ip4", v4([127, x, y, z])),
        1 => ("ip4", v4([169, 254, x, y])),
        2 => ("ip4", v4([169, 254, 169, 254])),
        3 => ("ip4", v4([224 + x % 16, y, z, x])),
        4 => ("ip4", v4([255, 255, 255, 255])),
        5 => ("ip4", v4(inside)),
        6 => ("ip4", v4([192, 168, 1, 255])),
        7 => ("ip4", v4([10, x, y, z])),
        8 => ("ip4", v4([172, 16 + x % 16, y, z])),
        9 => ("ip4", v4([100, 64 + x % 64, y, z])),
        10 => ("ip4", v4([0, x, y, z])),
        11 => ("ip4", v4([100, 100, 100, 200])),
        12 => ("ip4", v4([198, 18 + x % 2, y, z])),
        13 => ("ip6", "::1".into()),
        14 => ("ip6", format!("fe80::{x:x}:{y:x}")),
        15 => ("ip6", hidden("::ffff:", inside)),
        16 => ("ip6", hidden("64:ff9b::", inside)),
        17 => ("ip6", format!("2002:c0a8:01{x:02x}::1")),
        18 => ("ip6", format!("fd00:1:1::{x:x}")),
        19 => ("ip6", format!("ff02::{x:x}")),
        20 => ("ip6", "fd00:ec2::254".into()),
        21 => ("ip6", hidden("::", inside)),
        22 => ("dns4", format!("h{x}.lan")),
        _ => ("dns", "localhost".into()),
    };
    let usual = [0, 22, 25, 53, 80, 443, 5900, 4001];
    let port = match dice.random_range(0..12usize) {
        n if n < usual.len() => usual[n],
        _ => dice.random::<u16>(),
    };
    let direct = match dice.random::<bool>() {
        true => format!("/{family}/{host}/tcp/{port}"),
        false => format!("/{family}/{host}/udp/{port}/quic-v1"),
    };
    // Some lie about where a relay is.
    match dice.random_range(0..8u8) {
        0 => format!("{direct}/p2p/{relay}/p2p-circuit"),
        _ => direct,
    }
}

/// Runs Mallory's node; its id and the port at which it listens.
fn mallory(world: &World) -> (DeviceId, u16) {
    world.inside("mallory", || {
        let (tell, told) = mpsc::sync_channel(1);
        // A thread is where its parent was.
        thread::spawn(move || {
            runtime().block_on(async {
                let key = Zeroizing::new(rand::random());
                let (swarm, mut events) = Swarm::start(config(), key).unwrap();
                let port = loop {
                    if let Some(NetEvent::Listening { addr }) = events.recv().await
                        && addr.link() == Link::Quic
                        && let Some(SocketAddr::V4(socket)) = addr.socket()
                    {
                        break socket.port();
                    }
                };
                tell.send((swarm.local_id(), port)).unwrap();
                while events.recv().await.is_some() {}
            });
        });
        told.recv().unwrap()
    })
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// What came of the lies, by what is said of each.
async fn try_all(mallory: DeviceId, port: u16, lies: Vec<Addr>) -> BTreeMap<String, usize> {
    let key = Zeroizing::new(rand::random());
    let (swarm, mut events) = Swarm::start(config(), key).unwrap();
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    swarm
        .set_standing(mallory, Standing::Contact)
        .await
        .unwrap();
    let told = |addr: Addr| Candidate {
        addr,
        origin: Origin::Peer,
    };
    // Connected, as it would be.
    let there = format!("/ip4/{MALLORY}/udp/{port}/quic-v1")
        .parse()
        .unwrap();
    let mut probe = swarm.probe(mallory, vec![told(there)]).await.unwrap();
    let met = tokio::time::timeout(DEADLINE, probe.next())
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(met.outcome, Outcome::Connected { .. }), "{met:?}");
    let mut said = BTreeMap::new();
    for part in lies.chunks(MAX_CANDIDATES) {
        let part: Vec<Candidate> = part.iter().cloned().map(told).collect();
        let mut probe = swarm.probe(mallory, part).await.unwrap();
        while let Some(result) = probe.next().await {
            let word = match result.outcome {
                Outcome::Denied(denial) => format!("{denial:?}"),
                other => panic!("{} was not refused: {other:?}", result.addr),
            };
            *said.entry(word).or_default() += 1;
        }
    }
    // What is no lie is tried, or this capture would show nothing anyway.
    let honest = [
        format!("/ip4/{HONEST}/tcp/4001"),
        format!("/ip6/{HONEST6}/udp/4001/quic-v1"),
    ];
    let honest = honest.map(|text| told(text.parse().unwrap()));
    let mut probe = swarm.probe(mallory, honest.to_vec()).await.unwrap();
    while probe.next().await.is_some() {}
    said
}

/// Where a frame of Anna's goes, unless her system sent it by itself.
fn goes_to(frame: &Frame) -> Option<IpAddr> {
    let bytes = frame.bytes();
    let v4 = |at: usize| Some(Ipv4Addr::from(*bytes.get(at..)?.first_chunk::<4>()?));
    let v6 = |at: usize| Some(Ipv6Addr::from(*bytes.get(at..)?.first_chunk::<16>()?));
    match *bytes.get(12..)?.first_chunk::<2>()? {
        [0x08, 0x00] if v4(26)? == ANNA => Some(v4(30)?.into()),
        // A question for a neighbour.
        [0x08, 0x06] if v4(28)? == ANNA => Some(v4(38)?.into()),
        [0x86, 0xdd] => {
            let (from, to) = (v6(22)?, v6(38)?);
            // Neighbour discovery and group reports: ICMPv6, perhaps after
            // hop-by-hop options, from the link-local address too.
            let kernel = matches!(bytes.get(20)?, 0 | 58) && to.is_multicast();
            let ours = from == ANNA6;
            (ours && !kernel).then_some(to.into())
        }
        _ => None,
    }
}

#[test]
fn netns_five_thousand_lies_send_no_packet() {
    let Some(world) = net() else { return };
    let (id, port) = mallory(&world);
    let relay = DeviceId::from_bytes([9; 32]);
    let mut dice = StdRng::seed_from_u64(4);
    let mut lies = Vec::new();
    let mut shapeless = 0;
    while lies.len() < OFFERS {
        // Some can't even be said.
        match lie(&mut dice, relay).parse::<Addr>() {
            Ok(addr) => lies.push(addr),
            Err(_) => shapeless += 1,
        }
    }
    let capture = world.capture("lanna");
    let said = world.inside("anna", move || runtime().block_on(try_all(id, port, lies)));
    let frames = capture.end(&world, "victim", Ipv4Addr::new(192, 168, 1, 255));
    eprintln!("{shapeless} more have no shape; of {OFFERS}: {said:?}");

    let mut gone: BTreeMap<IpAddr, usize> = BTreeMap::new();
    for to in frames.iter().filter_map(goes_to) {
        *gone.entry(to).or_default() += 1;
    }
    for honest in [IpAddr::from(MALLORY), HONEST.into(), HONEST6.into()] {
        assert!(gone.remove(&honest).is_some(), "nothing to {honest}");
    }
    // The way out.
    gone.remove(&ROUTER.into());
    assert!(gone.is_empty(), "packets to {gone:?}");
    let counted = Program::new("ip").args(["netns", "exec", &world.full("anna")]);
    let counted = counted.args(["nft", "list", "counters"]).ok().stdout;
    assert!(counted.contains("packets 0 bytes 0"), "{counted}");
    // Each kind of refusal took part.
    for kind in [
        "NotApproved",
        "Loopback",
        "Name",
        "Metadata",
        "HidesAnother",
        "Multicast",
    ] {
        assert!(said.keys().any(|k| k.contains(kind)), "{kind}: {said:?}");
    }
    let refused: usize = said.values().sum();
    assert_eq!(refused, OFFERS);
}
