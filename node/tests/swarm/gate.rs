//! What is never dialled, seen from outside: the whole stack between the
//! request and the refusal is the real one.

use std::{future::Future, time::Duration};

use kith::swarm::*;

use crate::harness::{Node, soon};

fn addr(text: &str) -> Addr {
    text.parse().unwrap()
}

#[tokio::test]
async fn forbidden_addresses_are_refused_whoever_vouches() {
    let config = Config {
        // Also where loopback is allowed.
        ..Config::loopback()
    };
    let (anna, ben) = (Node::start(config), Node::start(Config::loopback()));
    for (text, why) in [
        ("/ip4/169.254.7.7/tcp/4001", Never::LinkLocal),
        ("/ip4/169.254.169.254/tcp/80", Never::Metadata),
        ("/ip4/100.100.100.200/tcp/80", Never::Metadata),
        ("/ip4/224.0.0.251/udp/5353/quic-v1", Never::Multicast),
        ("/ip4/255.255.255.255/udp/9/quic-v1", Never::Broadcast),
        ("/ip4/0.0.0.0/tcp/4001", Never::Unspecified),
        ("/ip4/198.51.100.1/tcp/4001", Never::Reserved),
        ("/ip6/fe80::1/tcp/4001", Never::LinkLocal),
        ("/ip6/ff02::fb/udp/5353/quic-v1", Never::Multicast),
        ("/ip6/::ffff:127.0.0.1/tcp/4001", Never::HidesAnother),
        ("/ip6/64:ff9b::7f00:1/tcp/4001", Never::HidesAnother),
        ("/ip6/2002:7f00:1::1/udp/1/quic-v1", Never::HidesAnother),
        ("/ip6/fd00:ec2::254/tcp/80", Never::Metadata),
    ] {
        let time = Duration::from_secs(60);
        anna.swarm
            .approve(ben.id(), addr(text), time)
            .await
            .unwrap();
        let outcome = anna.dial(ben.id(), addr(text)).await;
        assert_eq!(outcome, Outcome::Denied(Denial::Never(why)), "{text}");
    }
}

#[tokio::test]
async fn private_addresses_names_and_this_machine_need_a_reason() {
    let config = Config {
        reach: Reach::Network,
        ..Config::loopback()
    };
    let (anna, mut ben) = (Node::start(config), Node::start(Config::loopback()));
    for (text, denial) in [
        ("/ip4/10.1.2.3/tcp/4001", Denial::NotApproved),
        ("/ip4/192.168.77.3/udp/4001/quic-v1", Denial::NotApproved),
        ("/ip4/100.64.0.1/tcp/4001", Denial::NotApproved),
        ("/ip6/fd12::1/tcp/4001", Denial::NotApproved),
        ("/dns/printer.lan/tcp/631", Denial::Name),
    ] {
        let outcome = anna.dial_as(ben.id(), addr(text), Origin::Peer).await;
        assert_eq!(outcome, Outcome::Denied(denial), "{text}");
    }
    let here = ben.address(Link::Tcp).await;
    for origin in [Origin::Peer, Origin::Own] {
        let outcome = anna.dial_as(ben.id(), here.clone(), origin).await;
        assert_eq!(outcome, Outcome::Denied(Denial::Loopback));
    }
}

/// What is approved is tried: the answer then comes from the network.
#[tokio::test]
async fn an_approval_opens_the_gate_for_one_device() {
    let (anna, ben) = (
        Node::start(Config::loopback()),
        Node::start(Config::loopback()),
    );
    // A private address of nobody, to which there may be no route at all.
    let there = addr("/ip4/10.255.255.1/tcp/9");
    let time = Duration::from_secs(60);
    anna.swarm
        .approve(ben.id(), there.clone(), time)
        .await
        .unwrap();
    let outcome = anna.dial_as(ben.id(), there.clone(), Origin::Peer).await;
    assert!(!matches!(outcome, Outcome::Denied(_)), "{outcome:?}");
    let cara = Node::start(Config::loopback());
    let outcome = anna.dial_as(cara.id(), there, Origin::Peer).await;
    assert_eq!(outcome, Outcome::Denied(Denial::NotApproved));
}

#[tokio::test]
async fn a_relay_is_dialled_through_the_same_gate() {
    let (anna, ben, relay) = (
        Node::start(Config::loopback()),
        Node::start(Config::loopback()),
        Node::start(Config::loopback()),
    );
    let there = addr("/ip4/169.254.169.254/tcp/80").through(relay.id());
    let outcome = anna.dial_as(ben.id(), there, Origin::Peer).await;
    assert!(!matches!(outcome, Outcome::Connected { .. }));
    assert_ne!(outcome, Outcome::TimedOut, "it must be refused, not tried");
}

/// Whoever in the swarm wants to dial, nothing arrives: here the DHT and the
/// relay client, which know the address from us and dial by themselves.
#[tokio::test]
async fn the_parts_of_libp2p_are_held_back_too() {
    let config = Config {
        reach: Reach::Network,
        dht: DhtRole::Auto,
        ..Config::loopback()
    };
    let (mut anna, ben) = (Node::start(config), Node::start(Config::loopback()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let there = Addr::direct(Link::Tcp, listener.local_addr().unwrap()).unwrap();

    anna.swarm
        .add_dht_node(ben.id(), there.clone())
        .await
        .unwrap();
    let known = async {
        while anna.swarm.status().await.unwrap().dht_nodes == 0 {
            tokio::task::yield_now().await;
        }
    };
    soon("a node of the DHT", known).await;
    let mut lookup = anna.swarm.lookup([1; 32]).await.unwrap();
    assert_eq!(soon("the end of the lookup", lookup.next()).await, None);

    anna.swarm.reserve(ben.id(), there).await.unwrap();
    anna.event("the loss", |event| {
        matches!(event, NetEvent::ReservationLost { .. })
    })
    .await;

    // Whatever was dialled would be waiting here by now.
    let mut accept = Box::pin(listener.accept());
    let waiting = std::future::poll_fn(|cx| std::task::Poll::Ready(accept.as_mut().poll(cx)));
    assert!(waiting.await.is_pending(), "something was dialled");
}
