//! A LAN without Internet: mDNS, its switch, and private addresses.

use std::{
    collections::VecDeque,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    time::Instant,
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

/// Asks the network and returns who sends any mDNS packet, until `until` has
/// answered `times` times, each time asked anew.
fn ask(until: Ipv4Addr, times: usize) -> Vec<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 5353)).unwrap();
    socket.join_multicast_v4(&GROUP, &EAR).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let query = query();
    let group = SocketAddr::from((GROUP, 5353));
    let mut senders = Vec::new();
    let mut packet = [0; 4096];
    for _ in 0..times {
        socket.send_to(&query, group).unwrap();
        loop {
            let (len, from) = socket.recv_from(&mut packet).expect("no answer");
            senders.push(from.ip());
            // The second bit of flags tells an answer from a question.
            let answer = len > 2 && packet[2] & 0x80 != 0;
            if answer && from.ip() == IpAddr::from(until) {
                break;
            }
        }
    }
    senders
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

/// While Ben is hidden, not a single packet comes from him, and Anna's answers
/// show that the questions arrive.
#[tokio::test]
async fn no_packet_leaves_while_hidden() {
    let Some(world) = lan() else { return };
    let (mut anna, ben) = (world.start("anna", config()), world.start("ben", config()));
    anna.swarm.set_mdns(Switch::On).await.unwrap();

    let listen = |until, times| {
        let asking = world.inside("ear", move || ask(until, times));
        tokio::task::spawn_blocking(move || asking.join().unwrap())
    };
    let ben_ip = IpAddr::from(BEN);
    // Off from the start.
    let heard = listen(ANNA, 3).await.unwrap();
    assert!(!heard.contains(&ben_ip), "{heard:?}");
    // On: he answers.
    ben.swarm.set_mdns(Switch::On).await.unwrap();
    found(&mut anna, ben.id()).await;
    listen(BEN, 1).await.unwrap();
    // Off again, also for what was under way: everything he sent before is
    // read away first, since packets of one sender keep their order.
    ben.swarm.set_mdns(Switch::Off).await.unwrap();
    let started = Instant::now();
    let mut last: VecDeque<Vec<IpAddr>> = VecDeque::new();
    for _ in 0..3 {
        last.push_back(listen(ANNA, 5).await.unwrap());
    }
    // The first round may still hold packets that were on their way.
    last.pop_front();
    for heard in last {
        assert!(
            !heard.contains(&ben_ip),
            "{heard:?} after {:?}",
            started.elapsed()
        );
    }
    // And on once more.
    ben.swarm.set_mdns(Switch::On).await.unwrap();
    listen(BEN, 1).await.unwrap();
}
