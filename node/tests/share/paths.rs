//! Paths that end, and others that take over.

use kith::share::{Path, ShareEvent};
use kith::swarm::{Addr, Candidate, Config, Link, Origin, RelayRole, Via};
use kith_proto::id::SessionId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::harness::{Node, offer, pair};

/// The connection ends in the middle; another one stands already.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_is_replaced_by_another() {
    let (mut sharer, mut viewer, conn) = pair(Link::Quic).await;
    let spare = viewer.connect(&sharer, Link::Tcp).await;
    let (share, input) = sharer.share((800, 600), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    input.key('a');
    viewer.swarm.close(conn).await.unwrap();
    let session = ticket.0;
    // The sharer may have the new path before it misses the old one.
    viewer
        .event("loss", |e| *e == ShareEvent::PathLost { session })
        .await;
    // The picture that was goes on to be shown meanwhile.
    assert!(screen.session().picture().is_some());
    input.key('b');
    screen.shows(&input).await;
    for node in [&mut viewer, &mut sharer] {
        let event = node
            .event("resumption", |e| matches!(e, ShareEvent::Resumed { .. }))
            .await;
        let ShareEvent::Resumed { path, .. } = event else {
            unreachable!()
        };
        assert_eq!(path.link, Some(Link::Tcp), "{spare}");
    }
}

/// No connection is left; the addresses that are known are dialled.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_sharer_is_dialled_again() {
    let (mut sharer, mut viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((800, 600), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let ways = vec![Candidate {
        addr: sharer.address(Link::Quic).await,
        origin: Origin::Own,
    }];
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), ways);
    screen.shows(&input).await;
    sharer.shares.give_control(ticket.0, &offer()).unwrap();
    screen.until("control", |s| s.controls()).await;
    viewer.swarm.close(conn).await.unwrap();
    viewer
        .event("resumption", |e| matches!(e, ShareEvent::Resumed { .. }))
        .await;
    input.key('z');
    screen.shows(&input).await;
    // Control outlives the path.
    screen.until("control again", |s| s.controls()).await;
    screen.with(|h| h.type_text("back")).await;
    let typed = input.clone();
    screen
        .until("the text", move |_| {
            typed.with(|d| d.editor_text()).ends_with("back")
        })
        .await;
    screen.shows(&input).await;
    sharer
        .event("resumption", |e| matches!(e, ShareEvent::Resumed { .. }))
        .await;
}

/// A better path is moved to without loss, and control gets its own
/// connection where one stream would hold up the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_moves_to_a_better_path() {
    let (mut sharer, mut viewer, tcp) = pair(Link::Tcp).await;
    let (share, input) = sharer.share((800, 600), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let control = viewer.connect(&sharer, Link::Tcp).await;
    let path = Path { bulk: tcp, control };
    let mut screen = viewer.watch(ticket, sharer.id(), path, vec![]);
    screen.shows(&input).await;
    let quic = viewer.connect(&sharer, Link::Quic).await;
    viewer.shares.move_to(ticket.0, Path::one(quic)).unwrap();
    for node in [&mut viewer, &mut sharer] {
        let event = node
            .event("the move", |e| matches!(e, ShareEvent::Resumed { .. }))
            .await;
        let ShareEvent::Resumed {
            path, interrupted, ..
        } = event
        else {
            unreachable!()
        };
        assert_eq!(path.link, Some(Link::Quic));
        assert!(interrupted.is_zero());
    }
    input.key('q');
    screen.shows(&input).await;
}

/// A TCP way through which nothing passes while it is told so, without being
/// closed: as when a router forgets, or a cable is pulled.
async fn pipe(to: std::net::SocketAddr) -> (std::net::SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        while let Ok((here, _)) = listener.accept().await {
            let there = TcpStream::connect(to).await.unwrap();
            let (a, b) = (here.into_split(), there.into_split());
            for (mut from, mut to) in [(a.0, b.1), (b.0, a.1)] {
                let mut stopped = stopped.clone();
                tokio::spawn(async move {
                    let mut bytes = vec![0; 64 * 1024];
                    while let Ok(n @ 1..) = from.read(&mut bytes).await {
                        // Held open, and silent; what was sent comes later.
                        if stopped.wait_for(|stopped| !stopped).await.is_err()
                            || to.write_all(&bytes[..n]).await.is_err()
                        {
                            break;
                        }
                    }
                });
            }
        }
    });
    (addr, stop)
}

/// Silence is noticed where nothing is closed, on both sides, and the session
/// goes on elsewhere (SHARE-4).
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_path_is_left() {
    let (mut sharer, mut viewer) = (Node::start(), Node::start());
    let direct = sharer.address(Link::Tcp).await.socket().unwrap();
    let (through, stop) = pipe(direct).await;
    let conn = viewer
        .connect_at(&sharer, Addr::direct(Link::Tcp, through).unwrap())
        .await;
    let (share, input) = sharer.share((640, 480), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let ways = vec![Candidate {
        addr: sharer.address(Link::Quic).await,
        origin: Origin::Own,
    }];
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), ways);
    screen.shows(&input).await;
    stop.send_replace(true);
    let session = ticket.0;
    // The sharer may have the new path before it misses the old one.
    viewer
        .event("loss", |e| *e == ShareEvent::PathLost { session })
        .await;
    input.key('s');
    screen.shows(&input).await;
    for node in [&mut viewer, &mut sharer] {
        let event = node
            .event("resumption", |e| matches!(e, ShareEvent::Resumed { .. }))
            .await;
        let ShareEvent::Resumed { path, .. } = event else {
            unreachable!()
        };
        assert_eq!(path.link, Some(Link::Quic));
    }
}

/// A session that is quiet, because nothing changes and nobody types, stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_still_picture_is_no_loss() {
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((640, 480), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    let lost = sharer.event("loss", |e| matches!(e, ShareEvent::PathLost { .. }));
    // Longer than silence is borne.
    let span = kith::share::QUIET + kith::share::HEARTBEAT * 2;
    assert!(tokio::time::timeout(span, lost).await.is_err());
    input.key('s');
    screen.shows(&input).await;
}

/// The direct path is cut: a relay takes over, and the session goes back as
/// soon as there is a direct one again (SHARE-4).
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_takes_over_and_gives_back() {
    let relay = Node::start_with(Config {
        relay: RelayRole::On,
        ..Config::loopback()
    });
    let (mut sharer, mut viewer, conn) = pair(Link::Quic).await;
    relay.befriend(&sharer).await;
    relay.befriend(&viewer).await;
    let place = sharer.reserve(&relay).await;
    let (share, input) = sharer.share((640, 480), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let ways = vec![Candidate {
        addr: place,
        origin: Origin::Peer,
    }];
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), ways);
    screen.shows(&input).await;
    viewer.swarm.close(conn).await.unwrap();
    let resumed = |e: &ShareEvent| matches!(e, ShareEvent::Resumed { .. });
    let via = |event: ShareEvent| match event {
        ShareEvent::Resumed { path, .. } => path.via,
        _ => unreachable!(),
    };
    let first = via(viewer.event("the relay", resumed).await);
    assert_eq!(first, Via::Relay(relay.id()));
    input.key('r');
    screen.shows(&input).await;
    // The two have a direct connection again: somebody dialled, or a hole was
    // punched.
    viewer.connect(&sharer, Link::Quic).await;
    let second = via(viewer.event("the way back", resumed).await);
    assert_eq!(second, Via::Direct);
    input.key('d');
    screen.shows(&input).await;
    for expected in [Via::Relay(relay.id()), Via::Direct] {
        assert_eq!(via(sharer.event("the same there", resumed).await), expected);
    }
}

/// The direct connection outlives an outage of its link: nobody says when it
/// carries again, and the session goes back to it all the same (SHARE-4).
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_carries_again_is_gone_back_to() {
    let relay = Node::start_with(Config {
        relay: RelayRole::On,
        ..Config::loopback()
    });
    let (mut sharer, mut viewer) = (Node::start(), Node::start());
    let there = sharer.address(Link::Tcp).await.socket().unwrap();
    let (through, stop) = pipe(there).await;
    let conn = viewer
        .connect_at(&sharer, Addr::direct(Link::Tcp, through).unwrap())
        .await;
    relay.befriend(&sharer).await;
    relay.befriend(&viewer).await;
    let ways = vec![Candidate {
        addr: sharer.reserve(&relay).await,
        origin: Origin::Peer,
    }];
    let (share, input) = sharer.share((640, 480), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), ways);
    screen.shows(&input).await;
    for (silent, key, expected) in [
        (true, 'r', Via::Relay(relay.id())),
        (false, 'd', Via::Direct),
    ] {
        stop.send_replace(silent);
        let there =
            |e: &ShareEvent| matches!(e, ShareEvent::Resumed { path, .. } if path.via == expected);
        for node in [&mut viewer, &mut sharer] {
            node.event("another path", there).await;
        }
        input.key(key);
        screen.shows(&input).await;
    }
}

/// Over TCP, control gets a connection of its own when a path is found anew.
#[tokio::test(flavor = "multi_thread")]
async fn control_has_its_own_connection_over_tcp() {
    let (sharer, viewer, conn) = pair(Link::Tcp).await;
    let ways = [Candidate {
        addr: sharer.address(Link::Tcp).await,
        origin: Origin::Own,
    }];
    let path = kith::share::path_over(&viewer.swarm, sharer.id(), conn, &ways).await;
    assert_eq!(path.bulk, conn);
    assert_ne!(path.control, conn);
    let quic = viewer.connect(&sharer, Link::Quic).await;
    let path = kith::share::path_over(&viewer.swarm, sharer.id(), quic, &ways).await;
    assert_eq!(path, Path::one(quic));
    let (share, input) = sharer.share((640, 480), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), path, vec![]);
    screen.shows(&input).await;
}

/// A nonce that both sides agreed on anew counts from then on; the old one
/// opens nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_can_be_named_anew() {
    use kith::share::{Ending, PathNonce};
    let (sharer, mut viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((640, 480), vec![]);
    let (session, old) = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch((session, old), sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    let fresh = PathNonce::from_bytes([3; 16]);
    sharer.shares.expect(session, fresh).unwrap();
    let other = viewer.connect(&sharer, Link::Tcp).await;
    viewer
        .shares
        .renominate(session, Path::one(other), fresh)
        .unwrap();
    viewer
        .event("the move", |e| matches!(e, ShareEvent::Resumed { .. }))
        .await;
    input.key('n');
    screen.shows(&input).await;

    // The right device with the old nonce.
    let late = SessionId::from_bytes([5; 16]);
    let _late = viewer.watch((late, old), sharer.id(), Path::one(conn), vec![]);
    let event = viewer
        .event("refusal", |e| matches!(e, ShareEvent::Ended { .. }))
        .await;
    let (session, why) = (late, Ending::Refused);
    assert_eq!(event, ShareEvent::Ended { session, why });
}
