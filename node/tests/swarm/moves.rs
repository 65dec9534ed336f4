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
