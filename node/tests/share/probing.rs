//! Ways to a device are tried at once and measured.

use kith::share::{Path, close_others, probe};
use kith::swarm::{Candidate, Link, Origin};
use kith_proto::paths::{Attempt, Course, Failure, Transport, Verdict};

use crate::harness::{Node, pair, soon};

#[tokio::test(flavor = "multi_thread")]
async fn every_way_gets_its_own_answer_and_the_best_is_named() {
    let (sharer, viewer, inbound) = pair(Link::Tcp).await;
    let other = Node::start();
    let own = Origin::Own;
    let mut candidates = Vec::new();
    for addr in [
        sharer.address(Link::Quic).await,
        sharer.address(Link::Tcp).await,
        other.address(Link::Quic).await,
        "/ip4/169.254.1.1/udp/4001/quic-v1".parse().unwrap(),
    ] {
        candidates.push(Candidate { addr, origin: own });
    }
    let table = soon("the table", probe(&viewer.swarm, sharer.id(), candidates)).await;
    assert_eq!(table.rows.len(), 5, "{table:#?}");
    for (row, transport) in [
        (0, Transport::Quic),
        (1, Transport::Tcp),
        (4, Transport::Tcp),
    ] {
        match table.rows[row].attempt {
            Attempt::Works(w) => {
                assert_eq!((w.transport, w.course), (transport, Course::Direct));
                assert!(w.round_trip.as_secs() < 2, "measured: {w:?}");
            }
            other => panic!("row {row}: {other:?}"),
        }
    }
    let quic = Transport::Quic;
    assert_eq!(
        table.rows[2].attempt,
        Attempt::Fails(quic, Failure::WrongDevice)
    );
    assert_eq!(table.rows[3].attempt, Attempt::Fails(quic, Failure::Denied));
    assert_eq!(table.verdict, Verdict::Direct);
    assert_eq!(
        table.rows[4].conn,
        Some(inbound),
        "one that stood counts too"
    );

    // The nominee carries a share; the others go.
    let (bulk, control) = (table.nominee().unwrap(), table.control().unwrap());
    close_others(&viewer.swarm, &table, &[bulk, control]).await;
    let (share, input) = sharer.share((640, 480), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let path = Path { bulk, control };
    let mut screen = viewer.watch(ticket, sharer.id(), path, vec![]);
    screen.shows(&input).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_works_the_reason_is_named() {
    let (sharer, viewer) = (Node::start(), Node::start());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let candidate = Candidate {
        addr: format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap(),
        origin: Origin::Own,
    };
    let table = soon(
        "a table",
        probe(&viewer.swarm, sharer.id(), vec![candidate]),
    )
    .await;
    assert_eq!(table.verdict, Verdict::NotRunning);
    assert_eq!(table.nominee(), None);
    let table = soon("a table", probe(&viewer.swarm, sharer.id(), vec![])).await;
    assert_eq!(table.verdict, Verdict::NoAddress);
}
