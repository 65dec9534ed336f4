//! Streams that belong to no session, or break the protocol.

use kith::share::{Ending, MayAsk, Path, PathNonce, ShareEvent};
use kith::swarm::{Link, Protocol};
use kith_proto::id::SessionId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{Node, pair, soon};

/// A wrong nonce, and the right one from a wrong device, look the same.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_device_with_the_right_nonce_gets_in() {
    let (sharer, mut viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((640, 480), vec![]);
    let (session, nonce) = sharer.admit(share, viewer.id());

    let mut other = Node::start();
    let others = other.connect(&sharer, Link::Quic).await;
    let _stolen = other.watch((session, nonce), sharer.id(), Path::one(others), vec![]);
    let why = Ending::Refused;
    let event = other.event("refusal", |_| true).await;
    assert_eq!(event, ShareEvent::Ended { session, why });

    let wrong = PathNonce::from_bytes([9; 16]);
    let _guessed = viewer.watch((session, wrong), sharer.id(), Path::one(conn), vec![]);
    let event = viewer.event("refusal", |_| true).await;
    assert_eq!(event, ShareEvent::Ended { session, why });

    // And the seat is still free for whom it is kept.
    let mut screen = viewer.watch((session, nonce), sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
}

/// After the end a nonce opens nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_stays_ended() {
    let (mut sharer, mut viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((640, 480), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    drop(screen);
    sharer
        .event("the end", |e| matches!(e, ShareEvent::Ended { .. }))
        .await;
    viewer
        .event("the end", |e| matches!(e, ShareEvent::Ended { .. }))
        .await;
    let _again = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    let event = viewer
        .event("refusal", |e| matches!(e, ShareEvent::Ended { .. }))
        .await;
    let (session, why) = (ticket.0, Ending::Refused);
    assert_eq!(event, ShareEvent::Ended { session, why });
}

/// A viewer that sends junk ends its own session and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn junk_ends_only_the_viewer_that_sent_it() {
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((640, 480), vec![]);
    let good = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(good, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;

    let head = |kind: u8, body: &[u8]| {
        let mut out = vec![kind];
        out.extend_from_slice(&u16::try_from(body.len()).unwrap().to_be_bytes());
        out.extend_from_slice(body);
        out
    };
    let junk: [(&str, Vec<u8>); 7] = [
        ("an unknown piece", head(77, &[])),
        ("a piece that is too long", vec![0, 0xff, 0xff]),
        ("a beat of the wrong length", head(1, &[1])),
        ("an unknown critical message", head(0, &[0x11, 1, 0, 0, 0])),
        (
            "a picture from a viewer",
            head(0, &[0x02, 9, 0, 0, 1, 0, 0, 0, 0x11, 8, 0, 8, 0]),
        ),
        (
            "a false acknowledgement",
            head(0, &[0x20, 8, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]),
        ),
        (
            "a key that switches a lock",
            head(0, &[0x33, 9, 0, 0, 0xe5, 0xff, 0, 0, 1, 0, 0, 0, 0]),
        ),
    ];
    for (what, junk) in junk {
        let mallory = Node::start();
        let conn = mallory.connect(&sharer, Link::Quic).await;
        let (session, nonce) = sharer.admit(share, mallory.id());
        let mut streams = Vec::new();
        for lane in [0, 1] {
            let mut stream = mallory.swarm.open(conn, Protocol::SHARE).await.unwrap();
            let mut preface = nonce.as_bytes().to_vec();
            preface.extend_from_slice(&[lane, 0, 0, 0, 1]);
            stream.write_all(&preface).await.unwrap();
            stream.flush().await.unwrap();
            streams.push(stream);
        }
        let mut first = [0; 3];
        soon("a greeting", streams[0].read_exact(&mut first))
            .await
            .unwrap();
        streams[0].write_all(&junk).await.unwrap();
        streams[0].flush().await.unwrap();
        let event = sharer
            .event(what, |e| matches!(e, ShareEvent::Ended { .. }))
            .await;
        let why = Ending::PeerFault;
        assert_eq!(event, ShareEvent::Ended { session, why }, "{what}");
    }
    input.key('!');
    screen.shows(&input).await;
}

/// What the API refuses.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_begins_once() {
    use kith::share::{Admission, Bye, ShareFault};
    let sharer = Node::start();
    let (share, _input) = sharer.share((320, 200), vec![]);
    let viewer = Node::start().id();
    let (session, nonce) = sharer.admit(share, viewer);
    let admission = |session, nonce| Admission {
        session,
        viewer,
        nonce,
        name: "Ben".into(),
        own_name: "Ben".into(),
        may_ask: MayAsk::No,
    };
    let other = SessionId::from_bytes([8; 16]);
    let again = sharer
        .shares
        .admit(share, admission(session, PathNonce::from_bytes([8; 16])));
    assert_eq!(again, Err(ShareFault::Known));
    let same_nonce = sharer.shares.admit(share, admission(other, nonce));
    assert_eq!(same_nonce, Err(ShareFault::Known));
    assert_eq!(
        sharer.shares.end(other, Bye::Stopped),
        Err(ShareFault::NoSession)
    );
}
