//! Many candidates at once.

use std::time::{Duration, Instant};

use kith::swarm::*;
use tokio::net::TcpListener;

use crate::harness::{DEADLINE, Node, soon};
#[cfg(target_os = "linux")]
use crate::namespaces::World;

fn addr(text: &str) -> Addr {
    text.parse().unwrap()
}

/// A loopback port on which nobody listens.
async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn eleven_candidates_each_get_their_own_answer() {
    let (anna, mut ben) = (
        Node::start(Config::loopback()),
        Node::start(Config::loopback()),
    );
    let mut cara = Node::start(Config::loopback());
    // Accepts, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_at = Addr::direct(Link::Tcp, silent.local_addr().unwrap()).unwrap();
    let (quic, tcp) = (ben.address(Link::Quic).await, ben.address(Link::Tcp).await);
    let closed = closed_port().await;
    let addrs = [
        quic.clone(),
        tcp.clone(),
        quic,
        tcp,
        addr(&format!("/ip4/127.0.0.1/tcp/{closed}")),
        addr(&format!("/ip4/127.0.0.1/udp/{closed}/quic-v1")),
        silent_at,
        cara.address(Link::Quic).await,
        cara.address(Link::Tcp).await,
        addr("/ip4/192.168.99.99/tcp/4001"),
        addr("/ip4/169.254.1.1/udp/4001/quic-v1"),
    ];
    assert_eq!(addrs.len(), DIALS_AT_ONCE);
    let origin = Origin::Peer;
    let candidates = addrs.map(|addr| Candidate { addr, origin });
    ben.swarm
        .set_standing(anna.id(), Standing::Contact)
        .await
        .unwrap();
    anna.swarm
        .set_standing(ben.id(), Standing::Contact)
        .await
        .unwrap();
    let mut probe = anna
        .swarm
        .probe(ben.id(), candidates.to_vec())
        .await
        .unwrap();
    let mut results = Vec::new();
    while let Some(result) = soon("a result", probe.next()).await {
        results.push(result);
    }
    assert_eq!(results.len(), 11);
    // Dead ways delay nobody: what works is there before what hangs.
    let slow = |result: &&ProbeResult| result.outcome == Outcome::TimedOut;
    let fast = results.iter().take_while(|result| !slow(result)).count();
    assert_eq!(fast, 9, "{results:#?}");
    results.sort_by_key(|result| result.index);
    let outcomes: Vec<&Outcome> = results.iter().map(|result| &result.outcome).collect();
    let mut conns: Vec<ConnId> = outcomes[..4]
        .iter()
        .map(|outcome| match outcome {
            Outcome::Connected { conn, .. } => *conn,
            other => panic!("{other:?}"),
        })
        .collect();
    conns.sort();
    conns.dedup();
    assert_eq!(conns.len(), 4, "a connection each");
    let found = Some(cara.id());
    assert_eq!(
        outcomes[4..],
        [
            &Outcome::Refused,
            // A closed UDP port looks like a filtered one.
            &Outcome::TimedOut,
            &Outcome::TimedOut,
            &Outcome::WrongPeer { found },
            &Outcome::WrongPeer { found },
            &Outcome::Denied(Denial::NotApproved),
            &Outcome::Denied(Denial::Never(Never::LinkLocal)),
        ]
    );
}

#[tokio::test]
async fn more_candidates_than_run_at_once_all_get_an_answer() {
    let (anna, ben) = (
        Node::start(Config::loopback()),
        Node::start(Config::loopback()),
    );
    let closed = closed_port().await;
    let candidate = Candidate {
        addr: addr(&format!("/ip4/127.0.0.1/tcp/{closed}")),
        origin: Origin::Peer,
    };
    let candidates = vec![candidate.clone(); MAX_CANDIDATES];
    let probe = anna.swarm.probe(ben.id(), candidates).await.unwrap();
    let results = soon("all results", probe.all()).await;
    assert_eq!(results.len(), MAX_CANDIDATES);
    assert!(results.iter().all(|r| r.outcome == Outcome::Refused));
    let more = vec![candidate; MAX_CANDIDATES + 1];
    let error = anna.swarm.probe(ben.id(), more).await.unwrap_err();
    assert_eq!(error, ProbeError::TooMany);
}

#[tokio::test]
async fn an_impossible_device_is_nowhere() {
    let anna = Node::start(Config::loopback());
    // No point of the curve (most random bytes are; this is found, not luck).
    let nobody = (0..=u8::MAX)
        .map(|n| DeviceId::from_bytes([n; 32]))
        .find(ed25519_is_no_point)
        .unwrap();
    let outcome = anna.dial(nobody, addr("/ip4/127.0.0.1/tcp/9")).await;
    assert_eq!(outcome, Outcome::WrongPeer { found: None });
}

fn ed25519_is_no_point(id: &DeviceId) -> bool {
    id.public_key().is_err()
}

/// Where no network leads there, that is told apart from a firewall (PORT-2).
#[cfg(target_os = "linux")]
#[tokio::test]
async fn netns_no_route_has_a_name_of_its_own() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.add("lone");
    let lone = world.start("lone", Config::loopback());
    let somebody = Node::start(Config::loopback()).id();
    let outcome = lone.dial(somebody, addr("/ip4/45.67.0.9/tcp/4001")).await;
    assert_eq!(outcome, Outcome::Unreachable);
}

/// Two that dial each other over TCP at once, each from the port on which it
/// listens, make one connection that both opened, and no handshake comes of
/// it. A fresh port does it (PORT-1, DISC-3).
#[cfg(target_os = "linux")]
#[tokio::test]
async fn netns_who_dials_each_other_at_once_over_tcp_connects() {
    let Some(mut world) = World::new() else {
        return;
    };
    world.add_switch("net");
    for (name, address) in [("anna", "45.67.0.1/24"), ("ben", "45.67.0.2/24")] {
        world.add(name);
        world.plug("net", name, "eth0", address);
    }
    // As behind a router: in comes only what was asked for.
    let guard = "table inet guard {
      chain here {
        type filter hook input priority 0
        iifname eth0 ct state new drop
      }
    }";
    world.nft("anna", guard);
    let (mut anna, mut ben) = (
        world.start("anna", Config::default()),
        world.start("ben", Config::default()),
    );
    let at = |node: &Node, ip: &str, tcp: &Addr| {
        let port = tcp.socket().unwrap().port();
        (node.id(), addr(&format!("/ip4/{ip}/tcp/{port}")))
    };
    let tcp = (anna.address(Link::Tcp).await, ben.address(Link::Tcp).await);
    let (to_anna, to_ben) = (
        at(&anna, "45.67.0.1", &tcp.0),
        at(&ben, "45.67.0.2", &tcp.1),
    );
    for (node, other) in [(&anna, to_ben.0), (&ben, to_anna.0)] {
        let contact = Standing::Contact;
        node.swarm.set_standing(other, contact).await.unwrap();
    }
    let candidate = |addr| Candidate {
        addr,
        origin: Origin::Own,
    };
    let (peer, anna_at) = to_anna;
    let mut knocks = ben
        .swarm
        .probe(peer, vec![candidate(anna_at)])
        .await
        .unwrap();
    // Until Ben's first packet is on its way: Anna's meets it.
    let until = Instant::now() + DEADLINE;
    while !world.inside("ben", knocks_somewhere).join().unwrap() {
        assert!(Instant::now() < until, "Ben doesn't knock");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (peer, ben_at) = to_ben;
    let outcome = anna.dial(peer, ben_at).await;
    assert!(matches!(outcome, Outcome::Connected { .. }), "{outcome:?}");
    soon("Ben's own result", knocks.next()).await.unwrap();
}

/// Something answered, and nobody does any more when it is tried from a fresh
/// port: that something answers is what is told (PORT-2).
#[tokio::test]
async fn that_something_answered_outlasts_a_second_try_that_finds_nobody() {
    let anna = Node::start(Config::loopback());
    let somebody = Node::start(Config::loopback()).id();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = Addr::direct(Link::Tcp, listener.local_addr().unwrap()).unwrap();
    let answers = async {
        let (stream, _) = listener.accept().await.unwrap();
        // Nobody listens any more before the first try is over.
        drop(listener);
        drop(stream);
    };
    let (outcome, ()) = tokio::join!(anna.dial(somebody, at), answers);
    assert_eq!(outcome, Outcome::NotKith);
}

/// Whether a TCP connection of this network waits for its first answer.
#[cfg(target_os = "linux")]
fn knocks_somewhere() -> bool {
    const SYN_SENT: &str = "02";
    let all = std::fs::read_to_string("/proc/thread-self/net/tcp").unwrap();
    let mut states = all.lines().filter_map(|l| l.split_whitespace().nth(3));
    states.any(|state| state == SYN_SENT)
}
