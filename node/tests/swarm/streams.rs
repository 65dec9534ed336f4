//! Streams: pinned to their connection, bounded, and for contacts mostly.

use std::collections::HashMap;

use kith::swarm::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{Node, soon};

fn share() -> Protocol {
    Protocol::new("share", 1).unwrap()
}

fn with_share() -> Config {
    Config {
        protocols: vec![share()],
        ..Config::loopback()
    }
}

async fn say(stream: &mut Stream, word: u8) {
    stream.write_all(&[word]).await.unwrap();
    stream.flush().await.unwrap();
}

async fn hear(stream: &mut Stream) -> std::io::Result<u8> {
    soon("a byte", stream.read_u8()).await
}

/// Four connections with the same device; each stream is where it was opened.
#[tokio::test]
async fn streams_stay_on_their_connection() {
    let (anna, mut ben) = (Node::start(with_share()), Node::start(with_share()));
    ben.swarm
        .set_standing(anna.id(), Standing::Contact)
        .await
        .unwrap();
    anna.swarm
        .set_standing(ben.id(), Standing::Contact)
        .await
        .unwrap();
    let mut conns = Vec::new();
    for link in [Link::Quic, Link::Tcp, Link::Quic, Link::Tcp] {
        let ours = anna.connect(&mut ben, link).await;
        let theirs = ben.connected(anna.id()).await;
        assert_eq!(theirs.remote.unwrap().link(), link);
        conns.push((ours, theirs.conn));
    }
    // Two on each, opened in an order that is not that of the connections.
    let mut ours = Vec::new();
    for (nth, at) in [3, 0, 2, 1, 1, 3, 0, 2].into_iter().enumerate() {
        let conn = conns[at].0;
        let mut stream = anna.swarm.open(conn, share()).await.unwrap();
        assert_eq!(stream.conn(), conn);
        say(&mut stream, u8::try_from(nth).unwrap()).await;
        ours.push((at, stream));
    }
    let mut theirs = HashMap::new();
    for _ in 0..ours.len() {
        let mut stream = ben.stream().await;
        let nth = hear(&mut stream).await.unwrap();
        theirs.insert(nth, stream);
    }
    for (nth, (at, _)) in ours.iter().enumerate() {
        let nth = u8::try_from(nth).unwrap();
        assert_eq!(theirs[&nth].conn(), conns[*at].1, "stream {nth}");
    }
    // One connection goes; its streams go with it, the others live.
    let gone = 2;
    ben.swarm.close(conns[gone].1).await.unwrap();
    for (nth, (at, stream)) in ours.iter_mut().enumerate() {
        let nth = u8::try_from(nth).unwrap();
        if *at == gone {
            assert!(hear(stream).await.is_err());
        } else {
            let other = theirs.get_mut(&nth).unwrap();
            say(other, nth + 100).await;
            assert_eq!(hear(stream).await.unwrap(), nth + 100);
        }
    }
}

#[tokio::test]
async fn strangers_say_hello_and_nothing_else_until_they_are_contacts() {
    for link in [Link::Quic, Link::Tcp] {
        let (anna, mut ben) = (Node::start(with_share()), Node::start(with_share()));
        let conn = anna.connect(&mut ben, link).await;
        ben.connected(anna.id()).await;
        let mut stream = anna.swarm.open(conn, share()).await.unwrap();
        say(&mut stream, 1).await;
        let error = hear(&mut stream).await.unwrap_err();
        assert!(refused(&error), "{error:?}");

        let mut hello = anna.swarm.open(conn, Protocol::HELLO).await.unwrap();
        say(&mut hello, 2).await;
        assert_eq!(hear(&mut ben.stream().await).await.unwrap(), 2);

        // The same connection serves more as soon as the node says so.
        ben.swarm
            .set_standing(anna.id(), Standing::Contact)
            .await
            .unwrap();
        // Standing travels to the connection's own task; until it is there,
        // the answer is still no.
        let mut tries = 0;
        let mut stream = loop {
            let mut stream = anna.swarm.open(conn, share()).await.unwrap();
            say(&mut stream, 3).await;
            let answered = async {
                let mut inbound = ben.stream().await;
                assert_eq!(hear(&mut inbound).await.unwrap(), 3);
                say(&mut inbound, 4).await;
                inbound
            };
            tokio::select! {
                inbound = answered => {
                    assert_eq!(hear(&mut stream).await.unwrap(), 4);
                    break inbound;
                }
                refusal = stream.read_u8() => {
                    // Either the answer, read here first, or a refusal.
                    tries += 1;
                    assert!(tries < 100, "{refusal:?}");
                }
            }
        };
        say(&mut stream, 5).await;
    }
}

/// Spec 07, "Fellows": rooms and their files, and no more; nothing any longer
/// once they share no room.
#[tokio::test]
async fn fellows_have_the_streams_of_rooms_and_no_others() {
    let part = |part| Protocol::new(part, 1).unwrap();
    let config = Config {
        protocols: ["room", "file", "session", "share"].map(part).into(),
        ..Config::loopback()
    };
    let (anna, mut ben) = (Node::start(config.clone()), Node::start(config));
    let fellow = ben.swarm.set_standing(anna.id(), Standing::Fellow);
    fellow.await.unwrap();
    let conn = anna.connect(&mut ben, Link::Quic).await;
    ben.connected(anna.id()).await;
    for served in ["hello", "room", "file"] {
        let mut stream = anna.swarm.open(conn, part(served)).await.unwrap();
        say(&mut stream, 1).await;
        let mut inbound = ben.stream().await;
        assert_eq!(inbound.protocol(), &part(served));
        assert_eq!(hear(&mut inbound).await.unwrap(), 1);
    }
    for not in ["session", "share"] {
        let mut stream = anna.swarm.open(conn, part(not)).await.unwrap();
        say(&mut stream, 1).await;
        let error = hear(&mut stream).await.unwrap_err();
        assert!(refused(&error), "{not}: {error:?}");
    }
    let mut stream = anna.swarm.open(conn, part("room")).await.unwrap();
    say(&mut stream, 1).await;
    let stranger = ben.swarm.set_standing(anna.id(), Standing::Stranger);
    stranger.await.unwrap();
    assert!(hear(&mut stream).await.is_err());
}

#[tokio::test]
async fn a_stranger_gets_two_streams_at_a_time() {
    let (anna, mut ben) = (Node::start(with_share()), Node::start(with_share()));
    let conn = anna.connect(&mut ben, Link::Quic).await;
    let mut held = Vec::new();
    for nth in 0..2 {
        let mut stream = anna.swarm.open(conn, Protocol::HELLO).await.unwrap();
        say(&mut stream, nth).await;
        held.push((stream, ben.stream().await));
    }
    let mut third = anna.swarm.open(conn, Protocol::HELLO).await.unwrap();
    say(&mut third, 2).await;
    assert!(hear(&mut third).await.is_err(), "the third is reset");
    // One ends, and there is room again.
    held.clear();
    let mut again = anna.swarm.open(conn, Protocol::HELLO).await.unwrap();
    say(&mut again, 3).await;
    assert_eq!(hear(&mut ben.stream().await).await.unwrap(), 3);
}

#[tokio::test]
async fn a_contact_gets_a_bounded_number_too() {
    let (anna, mut ben) = (Node::start(with_share()), Node::start(with_share()));
    ben.swarm
        .set_standing(anna.id(), Standing::Contact)
        .await
        .unwrap();
    let conn = anna.connect(&mut ben, Link::Quic).await;
    let mut held = Vec::new();
    for _ in 0..CONTACT_STREAMS_PER_CONN {
        let mut stream = anna.swarm.open(conn, share()).await.unwrap();
        say(&mut stream, 0).await;
        held.push((stream, ben.stream().await));
    }
    let mut more = anna.swarm.open(conn, share()).await.unwrap();
    say(&mut more, 1).await;
    assert!(hear(&mut more).await.is_err());
}

#[tokio::test]
async fn much_travels_whole() {
    const MUCH: usize = 3_000_000;
    for link in [Link::Quic, Link::Tcp] {
        let (anna, mut ben) = (Node::start(with_share()), Node::start(with_share()));
        let conn = anna.connect(&mut ben, link).await;
        let mut stream = anna.swarm.open(conn, Protocol::HELLO).await.unwrap();
        let data: Vec<u8> = (0..MUCH).map(|n| (n % 251) as u8).collect();
        let sent = data.clone();
        let sender = tokio::spawn(async move {
            stream.write_all(&sent).await?;
            stream.shutdown().await?;
            std::io::Result::Ok(stream)
        });
        let mut inbound = ben.stream().await;
        let mut received = Vec::new();
        soon("everything", inbound.read_to_end(&mut received))
            .await
            .unwrap();
        assert!(received == data, "{} bytes came", received.len());
        sender.await.unwrap().unwrap();
    }
}
