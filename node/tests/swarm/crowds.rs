//! Limits on connections, with real ones.

use std::net::Ipv4Addr;

use kith::swarm::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::harness::{Node, soon};

/// Whether a device gets in: connected, and heard.
async fn gets_in(guest: &Node, host: &mut Node) -> bool {
    let addr = host.address(Link::Quic).await;
    let Outcome::Connected { conn, .. } = guest.dial(host.id(), addr).await else {
        return false;
    };
    let Ok(mut stream) = guest.swarm.open(conn, Protocol::HELLO).await else {
        return false;
    };
    if stream.write_all(b"?").await.is_err() || stream.flush().await.is_err() {
        return false;
    }
    let host = async {
        let mut inbound = host.stream().await;
        inbound.write_all(b"!").await.unwrap();
        inbound.flush().await.unwrap();
        // Kept until the guest has read it.
        let mut end = Vec::new();
        let _ = inbound.read_to_end(&mut end).await;
    };
    let answer = async {
        let read = stream.read_u8().await;
        drop(stream);
        read.is_ok()
    };
    tokio::pin!(host, answer);
    let both = async {
        tokio::select! {
            () = &mut host => answer.await,
            got_in = &mut answer => got_in,
        }
    };
    soon("an answer or the end", both).await
}

#[tokio::test]
async fn one_address_gets_few_strangers_and_contacts_get_in_all_the_same() {
    let config = Config {
        limits: Limits {
            strangers_per_address: 2,
            ..Config::loopback().limits
        },
        ..Config::loopback()
    };
    let mut host = Node::start(config);
    let mut guests = Vec::new();
    for _ in 0..2 {
        let guest = Node::start(Config::loopback());
        assert!(gets_in(&guest, &mut host).await);
        guests.push(guest);
    }
    let third = Node::start(Config::loopback());
    assert!(!gets_in(&third, &mut host).await);
    host.swarm
        .set_standing(third.id(), Standing::Contact)
        .await
        .unwrap();
    assert!(gets_in(&third, &mut host).await);
    // A stranger leaves, another gets its room.
    let mut host_conns = host.swarm.status().await.unwrap().connections;
    host_conns.retain(|conn| conn.peer == guests[0].id());
    host.swarm.disconnect(guests[0].id()).await.unwrap();
    host.disconnected(host_conns[0].conn).await;
    let fourth = Node::start(Config::loopback());
    assert!(gets_in(&fourth, &mut host).await);
}

#[tokio::test]
async fn one_stranger_gets_few_connections() {
    let config = Config {
        limits: Limits {
            per_stranger: 1,
            ..Config::loopback().limits
        },
        ..Config::loopback()
    };
    let mut host = Node::start(config);
    let guest = Node::start(Config::loopback());
    assert!(gets_in(&guest, &mut host).await);
    assert!(!gets_in(&guest, &mut host).await);
}

#[tokio::test]
async fn our_own_limits_are_told_as_such() {
    let config = Config {
        limits: Limits {
            dialled_strangers: 0,
            ..Config::loopback().limits
        },
        ..Config::loopback()
    };
    let (anna, mut ben) = (Node::start(config), Node::start(Config::loopback()));
    let addr = ben.address(Link::Tcp).await;
    let outcome = anna.dial(ben.id(), addr).await;
    assert_eq!(outcome, Outcome::Crowded(Crowded::Strangers));
}

/// Somebody who connects, and never says a word.
async fn half_open(from: Ipv4Addr, to: &Addr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    socket.connect(to.socket().unwrap()).await.unwrap()
}

/// Whether the host has let go of it.
async fn is_let_go(mut stream: TcpStream) {
    let mut end = Vec::new();
    let _ = soon("the end of it", stream.read_to_end(&mut end)).await;
}

/// Handshakes that are begun and not ended: those who come after them get in,
/// at an address where no contact was met, and among strangers at one where
/// contacts are looked for. (THREATS R7)
#[tokio::test]
async fn half_open_connections_keep_no_contact_out() {
    let limits = Limits {
        pending: 8,
        per_contact: 8,
        pending_per_address: 8,
        pending_per_network: 8,
        ..Config::loopback().limits
    };
    let mut host = Node::start(Config {
        limits,
        ..Config::loopback()
    });
    let mut contact = Node::start(Config::loopback());
    host.swarm
        .set_standing(contact.id(), Standing::Contact)
        .await
        .unwrap();
    let to = host.address(Link::Tcp).await;

    // Each from a network of its own, so that none has most.
    let mut silent = Vec::new();
    for net in 1..=40 {
        silent.push(half_open(Ipv4Addr::new(127, 0, net, 1), &to).await);
    }
    let outcome = contact.dial(host.id(), to.clone()).await;
    assert!(matches!(outcome, Outcome::Connected { .. }), "{outcome:?}");
    let seen = host.connected(contact.id()).await;
    host.swarm.close(seen.conn).await.unwrap();
    contact.disconnected_from(host.id()).await;
    // Now that it was met, places are kept for whoever comes from there, and
    // strangers there are no obstacle either.
    for _ in 0..20 {
        silent.push(half_open(Ipv4Addr::LOCALHOST, &to).await);
    }
    let outcome = contact.dial(host.id(), to).await;
    assert!(matches!(outcome, Outcome::Connected { .. }), "{outcome:?}");
    // The oldest have gone.
    is_let_go(silent.remove(0)).await;
}
