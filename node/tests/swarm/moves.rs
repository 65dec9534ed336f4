//! Devices that change networks, and networks that go without a word.

use std::time::Duration;

use kith::swarm::*;

use crate::{
    harness::Node,
    namespaces::World,
    nat::{Nat, at, befriend, config, connect, internet},
};

async fn reachability(node: &mut Node, what: &str, wanted: impl Fn(&Reachability) -> bool) {
    node.event(
        what,
        |e| matches!(e, NetEvent::Reachability(r) if wanted(r)),
    )
    .await;
}

/// A router passes on a port to a device, which others then count on. When the
/// device gets another address it says so no more, until somebody has got
/// through to it again (DISC-6, DISC-7).
#[tokio::test]
async fn what_a_router_passed_on_is_forgotten_in_another_network() {
    let Some(world) = internet(Nat::Plain, Nat::Plain) else {
        return;
    };
    world.nft("ra", "delete table inet guard");
    world.nft(
        "ra",
        "table ip forwarded {
           chain into {
             type nat hook prerouting priority -100
             iifname wan0 udp dport 4001 dnat to 192.168.1.2
           }
         }",
    );
    let mut anna = world.start("anna", config());
    let helper = world.start("helper", config());
    befriend(&[&anna, &helper]).await;
    connect(&anna, &helper, at("45.67.0.11")).await;
    let forwarded = Reachability::Public {
        at: vec![at("45.67.0.21")],
    };
    reachability(&mut anna, "being reachable", |r| *r == forwarded).await;

    world.ip("anna", "addr del 192.168.1.2/24 dev eth0");
    reachability(&mut anna, "not knowing", |r| *r == Reachability::Unknown).await;
    world.ip("anna", "addr add 192.168.1.3/24 dev eth0");
    world.ip("anna", "route replace default via 192.168.1.1");
    connect(&anna, &helper, at("45.67.0.11")).await;
    reachability(&mut anna, "being unreachable", |r| {
        *r == Reachability::Private
    })
    .await;
}

/// A connection ends with the address that it left from, others stay.
#[tokio::test]
async fn connections_end_with_the_address_they_lived_at() {
    let Some(mut world) = World::new() else {
        return;
    };
    let ben_at = ["10.77.0.2", "10.78.0.2"];
    for name in ["anna", "ben"] {
        world.add(name);
    }
    for (switch, net) in [("one", "10.77.0"), ("two", "10.78.0")] {
        world.add_switch(switch);
        world.plug(switch, "anna", switch, &format!("{net}.1/24"));
        world.plug(switch, "ben", switch, &format!("{net}.2/24"));
    }
    let config = || Config {
        dht: DhtRole::Off,
        relay: RelayRole::Off,
        port: 4001,
        ..Config::default()
    };
    let (mut anna, mut ben) = (world.start("anna", config()), world.start("ben", config()));
    befriend(&[&anna, &ben]).await;
    ben.address(Link::Tcp).await;
    let mut held = Vec::new();
    for ip in ben_at {
        for link in ["udp/4001/quic-v1", "tcp/4001"] {
            let to: Addr = format!("/ip4/{ip}/{link}").parse().unwrap();
            let outcome = anna.dial(ben.id(), to).await;
            let Outcome::Connected { conn, .. } = outcome else {
                panic!("not connected: {outcome:?}");
            };
            // Held open: an unused connection ends by itself.
            held.push((conn, anna.swarm.open(conn, Protocol::HELLO).await.unwrap()));
        }
    }
    world.ip("anna", "addr del 10.77.0.1/24 dev one");
    for (conn, _) in &held[..2] {
        assert_eq!(anna.disconnected(*conn).await, Closed::Lost);
    }
    let left = anna.swarm.status().await.unwrap().connections;
    let left: Vec<ConnId> = left.into_iter().map(|c| c.conn).collect();
    for (conn, _) in &held[2..] {
        assert!(left.contains(conn), "{left:?}");
    }
}

/// TCP itself would notice after a quarter of an hour.
#[tokio::test]
async fn a_connection_that_leads_nowhere_any_more_ends() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.add_switch("switch");
    for (name, ip) in [("anna", "10.77.0.1"), ("ben", "10.77.0.2")] {
        world.add(name);
        world.plug("switch", name, "eth0", &format!("{ip}/24"));
    }
    let config = || Config {
        dht: DhtRole::Off,
        relay: RelayRole::Off,
        port: 4001,
        try_every: Duration::from_secs(1),
        ..Config::default()
    };
    let (mut anna, mut ben) = (world.start("anna", config()), world.start("ben", config()));
    befriend(&[&anna, &ben]).await;
    ben.address(Link::Tcp).await;
    let at: Addr = "/ip4/10.77.0.2/tcp/4001".parse().unwrap();
    let outcome = anna.dial(ben.id(), at).await;
    let Outcome::Connected { conn, .. } = outcome else {
        panic!("not connected: {outcome:?}");
    };
    // Held open: an unused connection ends by itself.
    let stream = anna.swarm.open(conn, Protocol::HELLO).await.unwrap();
    world.ip("switch", "link set pbeneth0 down");
    assert_eq!(anna.disconnected(conn).await, Closed::Lost);
    drop(stream);
}
