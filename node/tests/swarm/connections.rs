//! Connecting, refusing, closing.

use std::time::Duration;

use kith::swarm::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

use crate::harness::{Node, soon};

fn pair() -> (Node, Node) {
    (
        Node::start(Config::loopback()),
        Node::start(Config::loopback()),
    )
}

#[tokio::test]
async fn two_devices_connect_over_quic_and_tcp() {
    for link in [Link::Quic, Link::Tcp] {
        let (anna, mut ben) = pair();
        let conn = anna.connect(&mut ben, link).await;
        let seen = ben.connected(anna.id()).await;
        assert_eq!(seen.side, Side::Accepted);
        assert_eq!(seen.via, Via::Direct);
        assert_eq!(seen.remote.unwrap().link(), link);
        let mut out = anna.swarm.open(conn, Protocol::HELLO).await.unwrap();
        out.write_all(b"hello").await.unwrap();
        out.flush().await.unwrap();
        let mut stream = ben.stream().await;
        assert_eq!(stream.peer(), anna.id());
        assert_eq!(stream.conn(), seen.conn);
        assert_eq!(*stream.protocol(), Protocol::HELLO);
        let mut said = [0; 5];
        soon("hello", stream.read_exact(&mut said)).await.unwrap();
        assert_eq!(&said, b"hello");
    }
}

#[tokio::test]
async fn ipv6_works_alike() {
    let (anna, mut ben) = pair();
    let event = ben
        .event("an IPv6 address", |event| {
            matches!(event, NetEvent::Listening { addr }
                if addr.socket().is_some_and(|s| s.is_ipv6()) && addr.link() == Link::Quic)
        })
        .await;
    let NetEvent::Listening { addr } = event else {
        unreachable!()
    };
    let outcome = anna.dial(ben.id(), addr).await;
    assert!(matches!(outcome, Outcome::Connected { .. }), "{outcome:?}");
}

#[tokio::test]
async fn udp_and_tcp_have_the_same_port() {
    let mut anna = Node::start(Config::loopback());
    let (quic, tcp) = (
        anna.address(Link::Quic).await,
        anna.address(Link::Tcp).await,
    );
    assert_eq!(quic.port(), tcp.port());
}

#[tokio::test]
async fn another_device_at_the_address_is_not_ours() {
    let (anna, mut ben) = pair();
    let cara = Node::start(Config::loopback());
    for link in [Link::Quic, Link::Tcp] {
        let addr = ben.address(link).await;
        let outcome = anna.dial(cara.id(), addr).await;
        let found = Some(ben.id());
        assert_eq!(outcome, Outcome::WrongPeer { found }, "{link:?}");
    }
}

#[tokio::test]
async fn something_else_at_the_address_is_told_apart() {
    let (anna, ben) = pair();
    // Most servers wait for the other to speak, and look filtered. This one greets,
    // each time: a handshake that failed is tried once more.
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = other.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = other.accept().await {
            let greeting = [b"220 mail.example ESMTP ready".as_slice(); 16].concat();
            let _ = stream.write_all(&greeting).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    let addr = Addr::direct(Link::Tcp, socket).unwrap();
    assert_eq!(anna.dial(ben.id(), addr).await, Outcome::NotKith);
}

#[tokio::test]
async fn our_own_address_is_recognised() {
    let mut anna = Node::start(Config::loopback());
    let addr = anna.address(Link::Quic).await;
    let ben = Node::start(Config::loopback());
    assert_eq!(anna.dial(ben.id(), addr).await, Outcome::Ourselves);
}

#[tokio::test]
async fn a_closed_connection_is_told_on_both_sides() {
    let (mut anna, mut ben) = pair();
    let conn = anna.connect(&mut ben, Link::Tcp).await;
    let theirs = ben.connected(anna.id()).await.conn;
    anna.swarm.close(conn).await.unwrap();
    assert_eq!(anna.disconnected(conn).await, Closed::ByUs);
    assert_eq!(ben.disconnected(theirs).await, Closed::Lost);
    let opened = anna.swarm.open(conn, Protocol::HELLO).await;
    assert_eq!(opened.unwrap_err(), OpenError::NoConnection);
}

#[tokio::test]
async fn a_blocked_device_is_cut_off_and_stays_out() {
    let (anna, mut ben) = pair();
    anna.connect(&mut ben, Link::Quic).await;
    let theirs = ben.connected(anna.id()).await.conn;
    ben.swarm
        .set_standing(anna.id(), Standing::Blocked)
        .await
        .unwrap();
    assert_eq!(ben.disconnected(theirs).await, Closed::ByUs);
    // The handshake may succeed before it is thrown out again; no stream does.
    let addr = ben.address(Link::Quic).await;
    if let Outcome::Connected { conn, .. } = anna.dial(ben.id(), addr).await
        && let Ok(mut stream) = anna.swarm.open(conn, Protocol::HELLO).await
    {
        let _ = stream.write_all(b"hello").await;
        let _ = stream.flush().await;
        let mut answer = Vec::new();
        let read = soon("the end", stream.read_to_end(&mut answer)).await;
        assert!(read.is_err() || answer.is_empty());
    }
    assert!(ben.swarm.status().await.unwrap().connections.is_empty());
    let addr = Addr::direct(Link::Tcp, "127.0.0.1:9".parse().unwrap()).unwrap();
    let outcome = ben.dial(anna.id(), addr).await;
    assert_eq!(outcome, Outcome::Denied(Denial::Blocked));
}

#[tokio::test]
async fn who_is_no_contact_any_more_loses_its_connections() {
    let (anna, mut ben) = pair();
    let standing = |standing| ben.swarm.set_standing(anna.id(), standing);
    standing(Standing::Contact).await.unwrap();
    anna.connect(&mut ben, Link::Quic).await;
    let theirs = ben.connected(anna.id()).await.conn;
    let standing = |standing| ben.swarm.set_standing(anna.id(), standing);
    standing(Standing::Stranger).await.unwrap();
    assert_eq!(ben.disconnected(theirs).await, Closed::ByUs);
}

#[tokio::test]
async fn a_relayed_contact_is_neither_dialled_nor_accepted_directly() {
    let (mut anna, mut ben) = pair();
    ben.swarm
        .set_standing(anna.id(), Standing::ContactViaRelay)
        .await
        .unwrap();
    let to_anna = anna.address(Link::Tcp).await;
    let outcome = ben.dial(anna.id(), to_anna).await;
    assert_eq!(outcome, Outcome::Denied(Denial::RelayOnly));
    let to_ben = ben.address(Link::Tcp).await;
    if let Outcome::Connected { conn, .. } = anna.dial(ben.id(), to_ben).await {
        assert_eq!(anna.disconnected(conn).await, Closed::Lost);
    }
    assert!(ben.swarm.status().await.unwrap().connections.is_empty());
}

/// The node hangs and takes no events: what is urgent happens all the same.
#[tokio::test]
async fn closing_never_waits_for_a_node_that_takes_no_events() {
    let (anna, _untaken) =
        Swarm::start(Config::loopback(), Zeroizing::new(rand::random())).unwrap();
    let mut ben = Node::start(Config::loopback());
    anna.set_standing(ben.id(), Standing::Contact)
        .await
        .unwrap();
    ben.swarm
        .set_standing(anna.local_id(), Standing::Contact)
        .await
        .unwrap();
    let addr = ben.address(Link::Tcp).await;
    let origin = Origin::Own;
    let candidate = Candidate { addr, origin };
    let mut probe = anna.probe(ben.id(), vec![candidate]).await.unwrap();
    let Some(ProbeResult {
        outcome: Outcome::Connected { conn, .. },
        ..
    }) = soon("a connection", probe.next()).await
    else {
        panic!("not connected");
    };
    let theirs = ben.connected(anna.local_id()).await.conn;
    // Connections come and go, each with several events, until no more fit
    // and Anna's swarm takes nothing from libp2p any more.
    let to_anna = anna.status().await.unwrap().listening;
    let to_anna = to_anna.into_iter().find(|addr| addr.link() == Link::Quic);
    let candidate = Candidate {
        addr: to_anna.unwrap(),
        origin,
    };
    loop {
        let candidates = vec![candidate.clone(); 8];
        let probe = ben.swarm.probe(anna.local_id(), candidates).await.unwrap();
        for result in soon("all results", probe.all()).await {
            if let Outcome::Connected { conn, .. } = result.outcome {
                ben.swarm.close(conn).await.unwrap();
            }
        }
        // An ordinary request no longer gets through once that is so.
        let status = tokio::time::timeout(Duration::from_millis(500), anna.status());
        if status.await.is_err() {
            break;
        }
    }
    anna.close(conn).await.unwrap();
    assert_eq!(ben.disconnected(theirs).await, Closed::Lost);
}

#[tokio::test]
async fn stopping_ends_everything() {
    let (anna, mut ben) = pair();
    anna.connect(&mut ben, Link::Quic).await;
    let theirs = ben.connected(anna.id()).await.conn;
    soon("the end", anna.swarm.stop()).await;
    assert_eq!(anna.swarm.status().await.unwrap_err(), Stopped);
    assert_eq!(ben.disconnected(theirs).await, Closed::Lost);
}

/// On one address alone too: whoever chose the port counts on it.
#[tokio::test]
async fn a_chosen_port_that_is_taken_is_told() {
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for (link, port) in [
        (Link::Quic, udp.local_addr().unwrap().port()),
        (Link::Tcp, tcp.local_addr().unwrap().port()),
    ] {
        let config = Config {
            port,
            ..Config::loopback()
        };
        let started = Swarm::start(config, Zeroizing::new(rand::random()));
        match started {
            Err(StartError::Taken { link: l, port: p }) => assert_eq!((l, p), (link, port)),
            Err(e) => panic!("{e:?}"),
            Ok(_) => panic!("{link:?} port {port} was taken"),
        }
    }
}

#[tokio::test]
async fn devices_tell_their_program() {
    let (anna, mut ben) = pair();
    anna.connect(&mut ben, Link::Quic).await;
    let event = ben
        .event("the program", |e| matches!(e, NetEvent::Identified { .. }))
        .await;
    let NetEvent::Identified { peer, agent, .. } = event else {
        unreachable!()
    };
    assert_eq!((peer, agent.as_str()), (anna.id(), "kith/0.1"));
}
