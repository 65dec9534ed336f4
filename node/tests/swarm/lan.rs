//! A LAN without Internet: mDNS, its switch, and private addresses.

use std::{
    net::{IpAddr, Ipv4Addr, UdpSocket},
    time::{Duration, Instant},
};

use kith::swarm::*;

use crate::{
    harness::{DEADLINE, Node},
    namespaces::World,
};

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const ANNA: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
const BEN: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
const EAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 9);
const ECHO: u16 = 7777;
/// After so long without an answer the question is sent again.
const AGAIN: Duration = Duration::from_millis(200);

fn config() -> Config {
    Config {
        dht: DhtRole::Off,
        relay: RelayRole::Off,
        ..Config::default()
    }
}

fn lan() -> Option<World> {
    let mut world = World::new()?;
    world.add_switch("switch");
    for (name, ip) in [("anna", ANNA), ("ben", BEN), ("ear", EAR)] {
        world.add(name);
        world.plug("switch", name, "eth0", &format!("{ip}/24"));
    }
    // Where there is no default route, multicast needs one of its own.
    world.ip("ear", "route add 224.0.0.0/4 dev eth0");
    Some(world)
}

async fn found(node: &mut Node, peer: DeviceId) -> Addr {
    let event = node
        .event("an announcement", |event| {
            matches!(event, NetEvent::MdnsFound { peer: p, addr }
                if *p == peer && addr.link() == Link::Quic)
        })
        .await;
    match event {
        NetEvent::MdnsFound { addr, .. } => addr,
        _ => unreachable!(),
    }
}

#[tokio::test]
async fn devices_find_and_reach_each_other_on_a_lan() {
    let Some(world) = lan() else { return };
    let (mut anna, mut ben) = (world.start("anna", config()), world.start("ben", config()));
    anna.swarm.set_mdns(Switch::On).await.unwrap();
    ben.swarm.set_mdns(Switch::On).await.unwrap();
    let addr = found(&mut anna, ben.id()).await;
    assert_eq!(addr.socket().unwrap().ip(), IpAddr::from(BEN));
    found(&mut ben, anna.id()).await;
    // Announced on this network, so it may be dialled, whoever named it.
    let outcome = anna.dial_as(ben.id(), addr, Origin::Peer).await;
    assert!(matches!(outcome, Outcome::Connected { .. }), "{outcome:?}");
    // A neighbour may name other addresses of this network, no other network,
    // and another device none at all.
    let here: Addr = "/ip4/10.77.0.200/tcp/4001".parse().unwrap();
    let there: Addr = "/ip4/10.78.0.200/tcp/4001".parse().unwrap();
    let outcome = anna.dial_as(ben.id(), here.clone(), Origin::Peer).await;
    assert!(!matches!(outcome, Outcome::Denied(_)), "{outcome:?}");
    let denied = Outcome::Denied(Denial::NotApproved);
    assert_eq!(anna.dial_as(ben.id(), there, Origin::Peer).await, denied);
    let cara = Node::start(Config::loopback());
    assert_eq!(anna.dial_as(cara.id(), here, Origin::Peer).await, denied);

    anna.swarm.set_mdns(Switch::Off).await.unwrap();
    anna.event(
        "the loss",
        |event| matches!(event, NetEvent::MdnsLost { peer, .. } if *peer == ben.id()),
    )
    .await;
}

/// Who is known already and gets another address is found there, too: neither
/// side asks the network by itself any more (DISC-1).
#[tokio::test]
async fn a_new_address_is_announced() {
    let Some(world) = lan() else { return };
    let (mut anna, mut ben) = (world.start("anna", config()), world.start("ben", config()));
    anna.swarm.set_mdns(Switch::On).await.unwrap();
    ben.swarm.set_mdns(Switch::On).await.unwrap();
    found(&mut anna, ben.id()).await;
    found(&mut ben, anna.id()).await;
    let mut old = ANNA;
    // Once alone it may be heard by luck.
    for last in 31..36 {
        let new = Ipv4Addr::new(10, 77, 0, last);
        world.ip("anna", &format!("addr del {old}/24 dev eth0"));
        world.ip("anna", &format!("addr add {new}/24 dev eth0"));
        ben.event("the new address", |event| {
            matches!(event, NetEvent::MdnsFound { addr, .. }
                if addr.socket().is_some_and(|socket| socket.ip() == IpAddr::from(new)))
        })
        .await;
        old = new;
    }
}

/// IPv6 alone, with addresses of the LAN's own (PORT-4).
#[tokio::test]
async fn a_lan_with_ipv6_only_works_too() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.add_switch("switch");
    for (name, ip) in [("anna", "fd77::1"), ("ben", "fd77::2")] {
        world.add(name);
        world.plug("switch", name, "eth0", &format!("{ip}/64 nodad"));
    }
    let (mut anna, ben) = (world.start("anna", config()), world.start("ben", config()));
    anna.swarm.set_mdns(Switch::On).await.unwrap();
    ben.swarm.set_mdns(Switch::On).await.unwrap();
    let addr = found(&mut anna, ben.id()).await;
    assert!(addr.socket().unwrap().is_ipv6());
    let outcome = anna.dial_as(ben.id(), addr, Origin::Peer).await;
    assert!(matches!(outcome, Outcome::Connected { .. }), "{outcome:?}");
}

/// Asks the network who is there until Ben answers.
fn ask_until_answered() {
    let socket = ear();
    // He may not have begun to listen when the first question comes.
    socket.set_read_timeout(Some(AGAIN)).unwrap();
    let started = Instant::now();
    let mut packet = [0; 4096];
    loop {
        assert!(started.elapsed() < DEADLINE, "no answer");
        socket.send_to(&query(), (GROUP, 5353)).unwrap();
        let Ok((len, from)) = socket.recv_from(&mut packet) else {
            continue;
        };
        // The top bit of the flags tells an answer from a question.
        if len > 2 && packet[2] & 0x80 != 0 && from.ip() == IpAddr::from(BEN) {
            return;
        }
    }
}

/// Asks the network many times, each time until an echo has come back from
/// Ben's machine: by then he has long received the questions before. Returns
/// how many mDNS packets came.
fn packets_while_asking() -> usize {
    const ROUNDS: usize = 50;
    let socket = ear();
    let echo = UdpSocket::bind((EAR, 0)).unwrap();
    echo.set_read_timeout(Some(AGAIN)).unwrap();
    let mut packet = [0; 4096];
    for round in 0..ROUNDS {
        socket.send_to(&query(), (GROUP, 5353)).unwrap();
        let word = round.to_be_bytes();
        // The first may be lost: the network and the echo come up meanwhile.
        let started = Instant::now();
        loop {
            assert!(started.elapsed() < DEADLINE, "no echo");
            echo.send_to(&word, (BEN, ECHO)).unwrap();
            match echo.recv(&mut packet) {
                Ok(len) if packet[..len] == word => break,
                // Of an earlier round, sent twice; or nothing yet.
                Ok(_) | Err(_) => {}
            }
        }
    }
    socket.set_nonblocking(true).unwrap();
    let mut packets = 0;
    while let Ok((_, from)) = socket.recv_from(&mut packet) {
        packets += usize::from(from.ip() != IpAddr::from(EAR));
    }
    packets
}

fn ear() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 5353)).unwrap();
    socket.join_multicast_v4(&GROUP, &EAR).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket
}

/// Who is there? (RFC 6762, libp2p's service name)
fn query() -> Vec<u8> {
    let mut query = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ["_p2p", "_udp", "local"] {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, 12, 0, 1]);
    query
}

/// While Ben is hidden, not a single packet comes from him, though he is asked.
#[tokio::test]
async fn no_packet_leaves_while_hidden() {
    let Some(world) = lan() else { return };
    let ben = world.start("ben", config());
    let echo = world.inside("ben", || {
        let socket = UdpSocket::bind((BEN, ECHO)).unwrap();
        let mut packet = [0; 64];
        while let Ok((len, from)) = socket.recv_from(&mut packet) {
            if len == 0 {
                break;
            }
            socket.send_to(&packet[..len], from).unwrap();
        }
    });
    let silent = || {
        let asking = world.inside("ear", packets_while_asking);
        tokio::task::spawn_blocking(move || asking.join().unwrap())
    };
    let answers = || {
        let asking = world.inside("ear", ask_until_answered);
        tokio::task::spawn_blocking(move || asking.join().unwrap())
    };
    assert_eq!(silent().await.unwrap(), 0, "off from the start");
    for _ in 0..2 {
        ben.swarm.set_mdns(Switch::On).await.unwrap();
        answers().await.unwrap();
        ben.swarm.set_mdns(Switch::Off).await.unwrap();
        // What he sent before may still arrive.
        silent().await.unwrap();
        assert_eq!(silent().await.unwrap(), 0, "off again");
    }
    let stop = world.inside("ear", || {
        let socket = UdpSocket::bind((EAR, 0)).unwrap();
        socket.send_to(&[], (BEN, ECHO)).unwrap();
    });
    stop.join().unwrap();
    echo.join().unwrap();
}
