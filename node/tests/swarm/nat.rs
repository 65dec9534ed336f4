//! Two routers with NAT, with contacts on the public side: what kind of NAT it
//! is, reachability, and punching through it.
//!
//! The addresses are ordinary global ones, because the gate rightly refuses
//! documentation ranges. They exist only inside namespaces without a way out,
//! which is checked first.

use kith::swarm::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    harness::{Node, soon},
    namespaces::{World, run},
};

/// How a router translates UDP from port 4001.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Nat {
    /// Keeps the port.
    Plain,
    /// Another port, the same for every destination.
    Shift,
    /// Another port for every destination.
    Random,
}

const PORT: u16 = 4001;

/// A network of its own: `relay` and `helper` in public, `anna` and `ben`
/// each behind a router that lets in only what was asked for.
pub(crate) fn internet(anna: Nat, ben: Nat) -> Option<World> {
    let mut world = World::new()?;
    if let Err(why) = run("nft --version") {
        eprintln!("SKIPPED: nftables are missing: {why}");
        return None;
    }
    world.add_switch("net");
    for (name, ip) in [("relay", "45.67.0.10"), ("helper", "45.67.0.11")] {
        world.add(name);
        world.plug("net", name, "wan0", &format!("{ip}/24"));
    }
    for (name, router, out, net, nat) in [
        ("anna", "ra", "45.67.0.21", "192.168.1", anna),
        ("ben", "rb", "45.67.0.22", "192.168.2", ben),
    ] {
        world.add(router);
        world.plug("net", router, "wan0", &format!("{out}/24"));
        world.add_switch(&format!("{router}lan"));
        world.plug(
            &format!("{router}lan"),
            router,
            "lan0",
            &format!("{net}.1/24"),
        );
        world.add(name);
        world.plug(
            &format!("{router}lan"),
            name,
            "eth0",
            &format!("{net}.2/24"),
        );
        world.ip(name, &format!("route add default via {net}.1"));
        let source = match nat {
            Nat::Plain => "oifname wan0 masquerade".to_owned(),
            Nat::Shift => format!(
                "oifname wan0 udp sport {PORT} snat to {out}:14001; oifname wan0 masquerade"
            ),
            Nat::Random => "oifname wan0 masquerade fully-random".to_owned(),
        };
        world.nft(
            router,
            &format!(
                "table ip nat {{
                   chain out {{
                     type nat hook postrouting priority 100
                     {source}
                   }}
                 }}
                 table inet guard {{
                   chain here {{
                     type filter hook input priority 0
                     iifname wan0 ct state new drop
                   }}
                   chain through {{
                     type filter hook forward priority 0
                     iifname wan0 ct state new drop
                   }}
                 }}"
            ),
        );
        world
            .inside(router, || {
                std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap();
            })
            .join()
            .unwrap();
    }
    // No way out: nobody's real host is ever sent a packet.
    for name in ["relay", "helper", "ra", "rb"] {
        assert!(!world.has_default_route(name), "{name} has a way out");
    }
    Some(world)
}

pub(crate) fn config() -> Config {
    Config {
        port: PORT,
        dht: DhtRole::Off,
        relay: RelayRole::Auto,
        ..Config::default()
    }
}

pub(crate) async fn befriend(nodes: &[&Node]) {
    for one in nodes {
        for other in nodes.iter().filter(|other| other.id() != one.id()) {
            let standing = Standing::Contact;
            one.swarm.set_standing(other.id(), standing).await.unwrap();
        }
    }
}

pub(crate) fn at(ip: &str) -> Addr {
    format!("/ip4/{ip}/udp/{PORT}/quic-v1").parse().unwrap()
}

async fn nat_kind(node: &mut Node) -> NatKind {
    let event = node
        .event("the kind of NAT", |event| {
            matches!(event, NetEvent::Nat { link: Link::Quic, kind } if *kind != NatKind::Unknown)
        })
        .await;
    match event {
        NetEvent::Nat { kind, .. } => kind,
        _ => unreachable!(),
    }
}

pub(crate) async fn connect(node: &Node, peer: &Node, addr: Addr) -> ConnId {
    match node.dial_as(peer.id(), addr, Origin::Peer).await {
        Outcome::Connected { conn, .. } => conn,
        other => panic!("not connected: {other:?}"),
    }
}

#[tokio::test]
async fn the_kind_of_nat_is_found_by_two_contacts() {
    let mapped = |text: &str| NatKind::EndpointIndependent {
        mapped: text.parse().unwrap(),
    };
    for (nat, expected) in [
        (Nat::Plain, mapped("45.67.0.21:4001")),
        (Nat::Shift, mapped("45.67.0.21:14001")),
        (Nat::Random, NatKind::Dependent),
    ] {
        let Some(world) = internet(nat, Nat::Plain) else {
            return;
        };
        let mut anna = world.start("anna", config());
        let (relay, helper) = (
            world.start("relay", config()),
            world.start("helper", config()),
        );
        befriend(&[&anna, &relay, &helper]).await;
        connect(&anna, &relay, at("45.67.0.10")).await;
        connect(&anna, &helper, at("45.67.0.11")).await;
        assert_eq!(nat_kind(&mut anna).await, expected, "{nat:?}");
    }
}

/// A public node learns from contacts that it is reachable, and then relays;
/// one behind NAT learns that it isn't.
#[tokio::test]
async fn reachability_is_tested_by_contacts() {
    let Some(world) = internet(Nat::Plain, Nat::Plain) else {
        return;
    };
    let mut anna = world.start("anna", config());
    let (mut relay, helper) = (
        world.start("relay", config()),
        world.start("helper", config()),
    );
    befriend(&[&anna, &relay, &helper]).await;
    connect(&relay, &helper, at("45.67.0.11")).await;
    let event = relay
        .event("reachability", |e| matches!(e, NetEvent::Reachability(_)))
        .await;
    let NetEvent::Reachability(reachability) = event else {
        unreachable!()
    };
    let expected = Reachability::Public {
        at: vec![at("45.67.0.10")],
    };
    assert_eq!(reachability, expected);
    connect(&anna, &helper, at("45.67.0.11")).await;
    let event = anna
        .event("reachability", |e| matches!(e, NetEvent::Reachability(_)))
        .await;
    assert!(matches!(
        event,
        NetEvent::Reachability(Reachability::Private)
    ));
    // Reachable, so it relays.
    anna.swarm
        .reserve(relay.id(), at("45.67.0.10"))
        .await
        .unwrap();
    anna.event("a place", |event| {
        matches!(event, NetEvent::ReservationAccepted { .. })
    })
    .await;
}

/// Whoever was found to be unreachable is asked about again in another
/// network, at an address that was tested before (DISC-6, DISC-7).
#[tokio::test]
async fn reachability_is_tested_again_after_a_change_of_network() {
    let Some(mut world) = internet(Nat::Plain, Nat::Plain) else {
        return;
    };
    world.add("host");
    world.plug("net", "host", "wan0", "45.67.0.12/24");
    let shut = "table inet guard {
                  chain here {
                    type filter hook input priority 0
                    ct state new drop
                  }
                }";
    world.nft("host", shut);
    let mut host = world.start("host", config());
    let helper = world.start("helper", config());
    befriend(&[&host, &helper]).await;
    connect(&host, &helper, at("45.67.0.11")).await;
    let reachability = |wanted: fn(&Reachability) -> bool| move |e: &NetEvent| matches!(e, NetEvent::Reachability(r) if wanted(r));
    let private = reachability(|r| *r == Reachability::Private);
    host.event("being unreachable", private).await;

    world.nft("host", "delete table inet guard");
    world.ip("host", "addr add 192.168.7.1/24 dev wan0");
    let unknown = reachability(|r| *r == Reachability::Unknown);
    host.event("not knowing", unknown).await;
    connect(&host, &helper, at("45.67.0.11")).await;
    let public = reachability(|r| matches!(r, Reachability::Public { .. }));
    host.event("being reachable", public).await;
}

/// Anna meets Ben through the relay before Ben knows that he is reachable.
/// Whoever becomes reachable begins to relay, and what came to it through
/// another relay lives on (R3: nothing of others makes a part of ours panic).
#[tokio::test]
async fn a_relayed_connection_outlives_its_end_becoming_a_relay() {
    let Some(mut world) = internet(Nat::Plain, Nat::Plain) else {
        return;
    };
    world.add("host");
    world.plug("net", "host", "wan0", "45.67.0.12/24");
    let anna = world.start("anna", config());
    let mut ben = world.start("host", config());
    let relay = world.start(
        "relay",
        Config {
            external: vec![at("45.67.0.10")],
            ..config()
        },
    );
    let mut helper = world.start("helper", config());
    befriend(&[&anna, &relay]).await;
    befriend(&[&anna, &ben]).await;
    // The relay knows Ben, and Ben doesn't know it yet: so he doesn't ask it
    // whether he is reachable.
    relay
        .swarm
        .set_standing(ben.id(), Standing::Contact)
        .await
        .unwrap();
    ben.swarm
        .reserve(relay.id(), at("45.67.0.10"))
        .await
        .unwrap();
    let event = ben
        .event("a place", |event| {
            matches!(event, NetEvent::ReservationAccepted { .. })
        })
        .await;
    let NetEvent::ReservationAccepted { circuit, .. } = event else {
        unreachable!()
    };
    let conn = connect(&anna, &ben, circuit).await;
    let there = ben.connected(anna.id()).await;
    assert_eq!(there.via, Via::Relay(relay.id()));

    befriend(&[&ben, &helper]).await;
    connect(&ben, &helper, at("45.67.0.11")).await;
    ben.event("being reachable", |event| {
        matches!(event, NetEvent::Reachability(Reachability::Public { .. }))
    })
    .await;
    // He serves now, which his connections have been told.
    helper
        .swarm
        .reserve(ben.id(), at("45.67.0.12"))
        .await
        .unwrap();
    helper
        .event("a place at Ben's", |event| {
            matches!(event, NetEvent::ReservationAccepted { .. })
        })
        .await;
    let mut stream = anna.swarm.open(conn, Protocol::HELLO).await.unwrap();
    stream.write_all(b"still here").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut inbound = ben.stream().await;
    let mut heard = Vec::new();
    soon("what she says", inbound.read_to_end(&mut heard))
        .await
        .unwrap();
    assert_eq!(heard, b"still here");
}

/// Both sides behind a NAT that shifts ports: stock libp2p offers the
/// listening port there and never gets through.
#[tokio::test]
async fn a_relayed_connection_is_punched_through() {
    for nat in [Nat::Plain, Nat::Shift] {
        let Some(world) = internet(nat, nat) else {
            return;
        };
        let (mut anna, mut ben) = (world.start("anna", config()), world.start("ben", config()));
        let relay = world.start(
            "relay",
            Config {
                external: vec![at("45.67.0.10")],
                ..config()
            },
        );
        let helper = world.start("helper", config());
        befriend(&[&anna, &ben, &relay, &helper]).await;
        for node in [&mut anna, &mut ben] {
            connect(node, &relay, at("45.67.0.10")).await;
            connect(node, &helper, at("45.67.0.11")).await;
            nat_kind(node).await;
        }
        ben.swarm
            .reserve(relay.id(), at("45.67.0.10"))
            .await
            .unwrap();
        let event = ben
            .event("a place", |event| {
                matches!(event, NetEvent::ReservationAccepted { .. })
            })
            .await;
        let NetEvent::ReservationAccepted { circuit, .. } = event else {
            unreachable!()
        };
        connect(&anna, &ben, circuit).await;
        let peer = anna.id();
        let event = ben
            .event(
                "a punched connection",
                |event| matches!(event, NetEvent::Punched { peer: p, .. } if *p == peer),
            )
            .await;
        let NetEvent::Punched { result, .. } = event else {
            unreachable!()
        };
        assert!(result.is_ok(), "{nat:?}");
        let peer = ben.id();
        anna.event("a direct connection", |event| {
            matches!(event, NetEvent::Connected(new) if new.peer == peer && new.via == Via::Direct)
        })
        .await;
    }
}
