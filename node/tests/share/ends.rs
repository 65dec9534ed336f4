//! Who ended a share: this side knows what it did before the other side can
//! hear of it, whether or not its node takes any news (spec 09, GUARD-6).

use kith::share::{Bye, Cut, Ending, Path, ShareEvent};
use kith::swarm::Link;

use crate::harness::pair;

// On one thread: no task says anything to anybody until this test waits.
#[tokio::test(flavor = "current_thread")]
async fn a_sharer_knows_what_it_ended_before_anybody_is_told() {
    let (sharer, mut viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((320, 200), vec![]);
    let (session, nonce) = sharer.admit(share, viewer.id());
    let at = Path::one(conn);
    let mut screen = viewer.watch((session, nonce), sharer.id(), at, vec![]);
    screen.shows(&input).await;
    let known = sharer.shares.foreknown();
    assert_eq!(known.ended_here(&session), None);
    // As the panic key does, pressed twice. Nobody takes the sharer's news.
    sharer.shares.panic();
    assert_eq!(known.take_cut(&session), Some(Cut::Panic));
    sharer.shares.stop_all_sharing(Bye::Stopped);
    let here = Some(Ending::Here(Bye::Stopped));
    assert_eq!(known.ended_here(&session), here);
    let there = Ending::There(Bye::Stopped);
    let over = |e: &ShareEvent| matches!(e, ShareEvent::Ended { why, .. } if *why == there);
    viewer.event("the end", over).await;
    assert_eq!(known.ended_here(&session), here);
    let theirs = viewer.shares.foreknown();
    assert_eq!(theirs.ended_here(&session), None, "the sharer did it");
}

// The same where one viewer alone is sent away.
#[tokio::test(flavor = "current_thread")]
async fn a_sharer_knows_whom_it_sent_away_before_anybody_is_told() {
    let (sharer, viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((320, 200), vec![]);
    let (session, nonce) = sharer.admit(share, viewer.id());
    let at = Path::one(conn);
    let mut screen = viewer.watch((session, nonce), sharer.id(), at, vec![]);
    screen.shows(&input).await;
    sharer.shares.end(session, Bye::Stopped).unwrap();
    let known = sharer.shares.foreknown().ended_here(&session);
    assert_eq!(known, Some(Ending::Here(Bye::Stopped)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_knows_that_its_window_was_closed() {
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((320, 200), vec![]);
    let (session, nonce) = sharer.admit(share, viewer.id());
    let at = Path::one(conn);
    let mut screen = viewer.watch((session, nonce), sharer.id(), at, vec![]);
    screen.shows(&input).await;
    drop(screen);
    let there = Ending::There(Bye::Stopped);
    let over = |e: &ShareEvent| matches!(e, ShareEvent::Ended { why, .. } if *why == there);
    sharer.event("the end", over).await;
    let known = viewer.shares.foreknown();
    assert_eq!(known.ended_here(&session), Some(Ending::Window));
    let theirs = sharer.shares.foreknown();
    assert_eq!(theirs.ended_here(&session), None, "the viewer did it");
}
