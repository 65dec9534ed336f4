//! Relaying: for contacts, and for whom they list.

use kith::swarm::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{Node, soon};

fn relay() -> Node {
    Node::start(Config {
        relay: RelayRole::On,
        ..Config::loopback()
    })
}

fn plain() -> Node {
    Node::start(Config::loopback())
}

async fn befriend(one: &Node, other: &Node) {
    for (a, b) in [(one, other), (other, one)] {
        let standing = Standing::Contact;
        a.swarm.set_standing(b.id(), standing).await.unwrap();
    }
}

/// `guest` gets a place at `relay`; returns where it is reached.
async fn reserve(guest: &mut Node, relay: &mut Node) -> Addr {
    let addr = relay.address(Link::Quic).await;
    guest.swarm.reserve(relay.id(), addr).await.unwrap();
    let event = guest
        .event("a place", |event| {
            matches!(event, NetEvent::ReservationAccepted { .. })
        })
        .await;
    let NetEvent::ReservationAccepted { relay: by, circuit } = event else {
        unreachable!()
    };
    assert_eq!(by, relay.id());
    assert_eq!(circuit.relay(), Some(relay.id()));
    circuit
}

async fn circuit(relay: &mut Node, from: &Node, to: &Node) -> GuestChange {
    let (from, to) = (from.id(), to.id());
    let event = relay
        .event("a circuit", |event| {
            matches!(event, NetEvent::RelayCircuit { source, target, .. }
                if *source == from && *target == to)
        })
        .await;
    match event {
        NetEvent::RelayCircuit { change, .. } => change,
        _ => unreachable!(),
    }
}

#[tokio::test]
async fn a_contact_is_reached_through_a_contact_and_much_goes_through() {
    let (mut relay, mut guest, caller) = (relay(), plain(), plain());
    befriend(&relay, &guest).await;
    befriend(&relay, &caller).await;
    befriend(&guest, &caller).await;
    let place = reserve(&mut guest, &mut relay).await;
    let event = relay
        .event("a guest", |e| matches!(e, NetEvent::RelayGuest { .. }))
        .await;
    assert!(
        matches!(event, NetEvent::RelayGuest { peer, change: GuestChange::Began } if peer == guest.id())
    );
    let outcome = caller
        .dial_as(guest.id(), place.clone(), Origin::Peer)
        .await;
    let Outcome::Connected { conn, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        circuit(&mut relay, &caller, &guest).await,
        GuestChange::Began
    );
    let seen = guest.connected(caller.id()).await;
    assert_eq!(seen.via, Via::Relay(relay.id()));
    assert_eq!(seen.remote.as_ref().and_then(Addr::relay), Some(relay.id()));
    let known = caller.swarm.status().await.unwrap().connections;
    let known = known.iter().find(|known| known.conn == conn).unwrap();
    assert_eq!(known.via, Via::Relay(relay.id()));
    assert_eq!(known.remote.as_ref(), Some(&place));

    // libp2p's own limit is 128 KiB for a circuit.
    const MUCH: usize = 1 << 20;
    let mut stream = caller.swarm.open(conn, Protocol::HELLO).await.unwrap();
    let sender = tokio::spawn(async move {
        stream.write_all(&vec![7; MUCH]).await?;
        stream.shutdown().await?;
        std::io::Result::Ok(stream)
    });
    let mut inbound = guest.stream().await;
    let mut received = Vec::new();
    soon("everything", inbound.read_to_end(&mut received))
        .await
        .unwrap();
    assert_eq!(received.len(), MUCH);
    sender.await.unwrap().unwrap();

    caller.swarm.close(conn).await.unwrap();
    assert_eq!(
        circuit(&mut relay, &caller, &guest).await,
        GuestChange::Ended
    );
}

#[tokio::test]
async fn a_stranger_gets_no_place() {
    let (mut relay, mut stranger) = (relay(), plain());
    let addr = relay.address(Link::Quic).await;
    stranger.swarm.reserve(relay.id(), addr).await.unwrap();
    let event = stranger
        .event("a refusal", |event| {
            matches!(
                event,
                NetEvent::ReservationLost { .. } | NetEvent::ReservationAccepted { .. }
            )
        })
        .await;
    assert!(matches!(event, NetEvent::ReservationLost { relay: by } if by == relay.id()));
    assert!(stranger.swarm.status().await.unwrap().circuits.is_empty());
}

#[tokio::test]
async fn a_node_that_does_not_relay_gives_no_place_to_contacts_either() {
    let (mut ben, mut anna) = (plain(), plain());
    befriend(&ben, &anna).await;
    let addr = ben.address(Link::Quic).await;
    anna.swarm.reserve(ben.id(), addr).await.unwrap();
    anna.event("a refusal", |event| {
        matches!(event, NetEvent::ReservationLost { .. })
    })
    .await;
}

#[tokio::test]
async fn a_stranger_reaches_a_guest_only_when_the_guest_lists_it() {
    let (mut relay, mut guest, mut other, caller) = (relay(), plain(), plain(), plain());
    befriend(&relay, &guest).await;
    befriend(&relay, &other).await;
    let to_guest = reserve(&mut guest, &mut relay).await;
    let to_other = reserve(&mut other, &mut relay).await;

    let outcome = caller
        .dial_as(guest.id(), to_guest.clone(), Origin::Peer)
        .await;
    assert_eq!(outcome, Outcome::RelayRefused);

    let sources = vec![caller.id()];
    relay
        .swarm
        .set_circuit_sources(guest.id(), sources)
        .await
        .unwrap();
    // The guest still decides for itself what a stranger may do.
    let outcome = caller.dial_as(guest.id(), to_guest, Origin::Peer).await;
    assert!(matches!(outcome, Outcome::Connected { .. }), "{outcome:?}");
    assert_eq!(
        guest.connected(caller.id()).await.via,
        Via::Relay(relay.id())
    );

    // Listed by one contact, it does not get to another.
    let outcome = caller.dial_as(other.id(), to_other, Origin::Peer).await;
    let refused = async {
        loop {
            if circuit(&mut relay, &caller, &other).await == GuestChange::Refused {
                break;
            }
        }
    };
    soon("the relay's refusal", refused).await;
    if let Outcome::Connected { .. } = outcome {
        // Let through for a moment, and cut.
        let seen = other.connected(caller.id()).await;
        assert_eq!(other.disconnected(seen.conn).await, Closed::Lost);
    }
}

#[tokio::test]
async fn a_place_ends_when_the_relay_goes() {
    let (mut relay, mut guest) = (relay(), plain());
    befriend(&relay, &guest).await;
    reserve(&mut guest, &mut relay).await;
    relay.swarm.stop().await;
    guest
        .event("the loss", |event| {
            matches!(event, NetEvent::ReservationLost { .. })
        })
        .await;
}

#[tokio::test]
async fn a_place_is_given_up() {
    let (mut relay, mut guest) = (relay(), plain());
    befriend(&relay, &guest).await;
    reserve(&mut guest, &mut relay).await;
    guest.swarm.unreserve(relay.id()).await.unwrap();
    guest
        .event("the end", |event| {
            matches!(event, NetEvent::ReservationLost { .. })
        })
        .await;
    assert!(guest.swarm.status().await.unwrap().circuits.is_empty());
}

#[tokio::test]
async fn a_contact_that_is_only_relayed_is_reached_so() {
    let (mut relay, mut guest, caller) = (relay(), plain(), plain());
    befriend(&relay, &guest).await;
    befriend(&relay, &caller).await;
    let relayed = Standing::ContactViaRelay;
    guest
        .swarm
        .set_standing(caller.id(), relayed)
        .await
        .unwrap();
    caller
        .swarm
        .set_standing(guest.id(), relayed)
        .await
        .unwrap();
    let place = reserve(&mut guest, &mut relay).await;
    let outcome = caller.dial_as(guest.id(), place, Origin::Peer).await;
    assert!(matches!(outcome, Outcome::Connected { .. }), "{outcome:?}");
    let direct = guest.address(Link::Quic).await;
    let outcome = caller.dial(guest.id(), direct).await;
    assert_eq!(outcome, Outcome::Denied(Denial::RelayOnly));
}
