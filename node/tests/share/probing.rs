//! Ways to a device are tried at once and measured.

use kith::share::{Path, close_others, probe};
use kith::swarm::*;
use kith_proto::paths::{Attempt, Course, Failure, Transport, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use zeroize::Zeroizing;

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

fn own(addr: Addr) -> Candidate {
    Candidate {
        addr,
        origin: Origin::Own,
    }
}

fn at(text: &str) -> Candidate {
    own(text.parse().unwrap())
}

/// Each thing that can be the matter with a way has a name of its own in the
/// table (PORT-1, PORT-2). Unreachable networks: see
/// `netns_no_route_has_a_name_of_its_own`; too many connections:
/// `kith::share::probe`.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_the_matter_with_a_way_has_its_name() {
    let (mut sharer, viewer, _) = pair(Link::Tcp).await;
    let relay = Node::start_with(Config {
        relay: RelayRole::On,
        ..Config::loopback()
    });
    // The sharer has a place there; for the viewer, a stranger, nothing is
    // passed on.
    relay.befriend(&sharer).await;
    let circuit = sharer.reserve(&relay).await;
    let other = Node::start();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = closed.local_addr().unwrap().port();
    drop(closed);
    // Answers, but not as Kith does.
    let ssh = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let not_kith = ssh.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = ssh.accept().await {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await;
            let _ = stream.read(&mut [0; 64]).await;
        }
    });
    // Takes packets and never answers.
    let hole = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let filtered = hole.local_addr().unwrap().port();
    let candidates = vec![
        own(sharer.address(Link::Quic).await),
        at(&format!("/ip4/127.0.0.1/tcp/{refused}")),
        at(&format!("/ip4/127.0.0.1/udp/{filtered}/quic-v1")),
        own(other.address(Link::Quic).await),
        at(&format!("/ip4/127.0.0.1/tcp/{not_kith}")),
        own(circuit),
        at("/ip4/169.254.1.1/udp/4001/quic-v1"),
        at("/dns4/nobody.invalid/tcp/4001"),
    ];
    let table = soon("the table", probe(&viewer.swarm, sharer.id(), candidates)).await;
    let named: Vec<&str> = table.rows[..8]
        .iter()
        .map(|row| match row.attempt {
            Attempt::Works(_) => "works",
            Attempt::Fails(_, why) => why.code(),
        })
        .collect();
    assert_eq!(
        named,
        [
            "works",
            "refused",
            "filtered",
            "wrong-device",
            "not-kith",
            "relay-refused",
            "denied",
            "no-such-name",
        ],
        "{table:#?}"
    );

    // Our own address, and a device that we let in no more.
    let me = own(viewer.address(Link::Tcp).await);
    let table = soon("a table", probe(&viewer.swarm, viewer.id(), vec![me])).await;
    let fails = |why| Attempt::Fails(Transport::Tcp, why);
    assert_eq!(table.rows[0].attempt, fails(Failure::Ourselves));
    assert_eq!(table.verdict, Verdict::NoAddress);
    let barred = Standing::Blocked;
    viewer.swarm.set_standing(other.id(), barred).await.unwrap();
    let there = own(other.address(Link::Tcp).await);
    let table = soon("a table", probe(&viewer.swarm, other.id(), vec![there])).await;
    assert_eq!(table.rows[0].attempt, fails(Failure::Denied));
}

/// A connection that stands, over which nothing comes back, is no way.
#[tokio::test(flavor = "multi_thread")]
async fn who_connects_and_says_nothing_is_silent() {
    let viewer = Node::start();
    let config = Config {
        protocols: kith::share::protocols().to_vec(),
        ..Config::loopback()
    };
    let (mute, mut net) = Swarm::start(config, Zeroizing::new(rand::random())).unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Some(event) = net.recv().await {
            held.push(event);
        }
    });
    let contact = Standing::Contact;
    let id = mute.local_id();
    mute.set_standing(viewer.id(), contact).await.unwrap();
    viewer.swarm.set_standing(id, contact).await.unwrap();
    let addr = loop {
        let listening = mute.status().await.unwrap().listening;
        let found = listening
            .into_iter()
            .find(|a| a.link() == Link::Quic && a.socket().is_some_and(|s| s.is_ipv4()));
        match found {
            Some(addr) => break addr,
            None => tokio::task::yield_now().await,
        }
    };
    let table = soon("a table", probe(&viewer.swarm, id, vec![own(addr)])).await;
    let silent = Attempt::Fails(Transport::Quic, Failure::Silent);
    assert_eq!(table.rows[0].attempt, silent, "{table:#?}");
    assert_eq!(table.verdict, Verdict::Blocked);
}
