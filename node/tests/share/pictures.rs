//! Pictures arrive, exactly, for one viewer and for many.

use kith::share::{Bye, Ending, Path, ShareEvent};
use kith::swarm::Link;
use kith_codec::synthetic::Kind;
use kith_view::session::Over;

use crate::harness::{Node, pair};

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_arrives_exactly_over_either_transport() {
    for link in [Link::Quic, Link::Tcp] {
        let (mut sharer, mut viewer, conn) = pair(link).await;
        let (share, input) = sharer.share((800, 600), vec![]);
        let ticket = sharer.admit(share, viewer.id());
        let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
        screen.shows(&input).await;
        assert_eq!(screen.session().person(), "Anna");
        let session = ticket.0;
        for node in [&mut sharer, &mut viewer] {
            let event = node
                .event(
                    "running",
                    |e| matches!(e, ShareEvent::Running { session: s, .. } if *s == session),
                )
                .await;
            let ShareEvent::Running { path, .. } = event else {
                unreachable!()
            };
            assert_eq!(path.link, Some(link));
        }
        // It moves, and is exact again when it rests.
        let now = input.now();
        input.with(|d| d.animate(Kind::Player, true, now));
        screen.until("film", |s| s.statistics().updates > 20).await;
        input.with(|d| d.animate(Kind::Player, false, now));
        screen.shows(&input).await;

        sharer.shares.end(session, Bye::Stopped).unwrap();
        screen.until("the end", |s| s.over().is_some()).await;
    }
}

/// Each side learns who ended it, and why.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_told_to_both_sides() {
    let (mut sharer, mut viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((640, 480), vec![]);
    let ended = |node: &'static str| {
        move |e: &ShareEvent| {
            let _ = node;
            matches!(e, ShareEvent::Ended { .. })
        }
    };
    // The sharer takes the right away.
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    sharer.shares.end(ticket.0, Bye::Revoked).unwrap();
    let here = sharer.event("the end", ended("sharer")).await;
    let there = viewer.event("the end", ended("viewer")).await;
    let session = ticket.0;
    let why = Ending::Here(Bye::Revoked);
    assert_eq!(here, ShareEvent::Ended { session, why });
    let why = Ending::There(Bye::Revoked);
    assert_eq!(there, ShareEvent::Ended { session, why });
    screen.until("the end", |s| s.over().is_some()).await;
    let reason = kith_codec::message::EndReason::Revoked;
    assert_eq!(screen.session().over(), Some(Over::Sharer(reason)));

    // The viewer closes the window.
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    drop(screen);
    let session = ticket.0;
    let here = sharer.event("the end", ended("sharer")).await;
    let there = viewer.event("the end", ended("viewer")).await;
    let why = Ending::There(Bye::Stopped);
    assert_eq!(here, ShareEvent::Ended { session, why });
    let why = Ending::Window;
    assert_eq!(there, ShareEvent::Ended { session, why });

    // What is shared goes away.
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    input.close();
    screen.until("the end", |s| s.over().is_some()).await;
    let reason = kith_codec::message::EndReason::SourceGone;
    assert_eq!(screen.session().over(), Some(Over::Sharer(reason)));
    let closed = sharer
        .event("closed", |e| matches!(e, ShareEvent::Closed { .. }))
        .await;
    let why = Ending::Here(Bye::SourceGone);
    assert_eq!(closed, ShareEvent::Closed { share, why });
}

/// Viewers come and go while it runs; each gets the whole picture.
#[tokio::test(flavor = "multi_thread")]
async fn eight_viewers_see_the_same() {
    let sharer = Node::start();
    let (share, input) = sharer.share((800, 600), vec![]);
    let mut seats = Vec::new();
    for n in 0..8 {
        let viewer = Node::start();
        let link = [Link::Quic, Link::Tcp][n % 2];
        let conn = viewer.connect(&sharer, link).await;
        let ticket = sharer.admit(share, viewer.id());
        let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
        screen.until("a picture", |s| s.picture().is_some()).await;
        input.key('k');
        seats.push((viewer, screen));
    }
    // One leaves.
    drop(seats.remove(3));
    input.key('\n');
    for (_, screen) in &mut seats {
        screen.shows(&input).await;
        assert!(screen.session().status().watchers > 1);
    }
}

/// One viewer that takes nothing holds nobody up and gets the newest picture
/// when it comes back, not what it missed.
#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_viewer_holds_nobody_up() {
    let sharer = Node::start();
    let (share, input) = sharer.share((1280, 800), vec![]);
    let (fast, slow) = (Node::start(), Node::start());
    let (a, b) = (
        fast.connect(&sharer, Link::Quic).await,
        slow.connect(&sharer, Link::Quic).await,
    );
    let ticket = sharer.admit(share, fast.id());
    let mut eager = fast.watch(ticket, sharer.id(), Path::one(a), vec![]);
    let ticket = sharer.admit(share, slow.id());
    let mut stalled = slow.watch(ticket, sharer.id(), Path::one(b), vec![]);
    eager.shows(&input).await;
    stalled.shows(&input).await;
    // From here on nobody reads at the slow one: its socket fills, then its
    // streams, then its credit is used up.
    let now = input.now();
    input.with(|d| d.animate(Kind::Player, true, now));
    let before = eager.session().statistics().updates;
    eager
        .until("60 pictures", move |s| s.statistics().updates > before + 60)
        .await;
    let behind = sharer.shares.statistics(ticket.0).await.unwrap();
    assert!(!behind.leading, "{behind:?}");
    assert!(behind.outstanding < 4_000_000, "bounded: {behind:?}");
    input.with(|d| d.animate(Kind::Player, false, now));
    eager.shows(&input).await;
    let missed = eager.session().statistics().updates - before;
    let had = stalled.session().statistics().updates;
    stalled.shows(&input).await;
    let caught_up = stalled.session().statistics().updates - had;
    assert!(
        caught_up < missed,
        "{caught_up} of {missed}: the latest wins"
    );
}
