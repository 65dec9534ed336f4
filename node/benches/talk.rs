//! What talking costs (MSG-3, MSG-4), between two real processes on loopback,
//! beside what the connection alone can do in the same run:
//!
//! - a bare ping-pong of 1 KiB on one pinned stream between two swarms;
//! - a message of 1 KiB from the request to "delivered": stored by the sender,
//!   sent, stored by the receiver, and acknowledged with a signature;
//! - 10,000 messages written while the other is away, then delivered.
//!
//! Run with `cargo bench -p kith --bench talk`; `KITH_QUEUED` changes the
//! 10,000.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark that can't go on has nothing to say"
)]

use std::time::{Duration, Instant};

use kith::swarm::{Addr, Candidate, Config, Link, NetEvent, Origin, Protocol, Swarm, SwarmHandle};
use kith_api::{Delivery, Event, Reply, Request};
use kith_tests::{Person, Scratch};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

const ROUNDS: usize = 500;
const KIB: usize = 1024;

fn main() {
    let queued = std::env::var("KITH_QUEUED").map_or(10_000, |n| n.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let bare = runtime.block_on(ping_pong());
    let folder = Scratch::new("bench-talk");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    let message = latency(&mut anna);
    println!("1 KiB, {ROUNDS} times          median       p95");
    row("bare ping-pong", &bare);
    row("message, delivered", &message);
    println!(
        "a message costs {:.1} round trips of the bare stream",
        middle(&message).as_secs_f64() / middle(&bare).as_secs_f64()
    );
    backlog(&mut anna, &mut ben, queued);
}

fn middle(times: &[Duration]) -> Duration {
    times[times.len() / 2]
}

fn row(what: &str, times: &[Duration]) {
    println!(
        "{what:<20} {:>10.0?} {:>10.0?}",
        middle(times),
        times[times.len() * 95 / 100]
    );
}

/// From the request to the event that says "delivered".
fn latency(anna: &mut Person) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|n| {
            let text = format!("{n:0>KIB$}");
            let began = Instant::now();
            let reply = anna.ask(Request::Send {
                to: "Ben".into(),
                text,
                reply_to: None,
            });
            let Reply::Sent(sent) = reply else { panic!() };
            anna.wait("the delivery", |e| match e {
                Event::Message(m) => {
                    m.id == sent.message && m.delivery == Some(Delivery::Delivered)
                }
                _ => false,
            });
            began.elapsed()
        })
        .collect();
    times.sort();
    times
}

/// Messages that waited for somebody who was away.
fn backlog(anna: &mut Person, ben: &mut Person, queued: usize) {
    ben.down();
    let began = Instant::now();
    for n in 0..queued {
        anna.ask(Request::Send {
            to: "Ben".into(),
            text: format!("while you were away, {n}"),
            reply_to: None,
        });
    }
    let written = began.elapsed();
    let began = Instant::now();
    ben.up();
    let last = format!("while you were away, {}", queued - 1);
    ben.wait_for_text("Anna", &last);
    let came = began.elapsed();
    let rate = |t: Duration| queued as f64 / t.as_secs_f64();
    println!(
        "{queued} messages: written in {written:.1?} ({:.0}/s); from the other's start \
         to the last one in {came:.1?} ({:.0}/s)",
        rate(written),
        rate(came)
    );
}

struct Host {
    swarm: SwarmHandle,
    events: mpsc::Receiver<NetEvent>,
}

impl Host {
    fn start(protocol: &Protocol) -> Self {
        let config = Config {
            protocols: vec![protocol.clone()],
            ..Config::loopback()
        };
        let (swarm, events) = Swarm::start(config, Zeroizing::new(rand::random())).unwrap();
        Self { swarm, events }
    }

    async fn next<T>(&mut self, wanted: impl Fn(NetEvent) -> Option<T>) -> T {
        loop {
            let event = self.events.recv().await.unwrap();
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }
}

/// What one stream can do, with nothing stored and nothing signed.
async fn ping_pong() -> Vec<Duration> {
    let protocol = Protocol::new("bench", 1).unwrap();
    let (mut a, mut b) = (Host::start(&protocol), Host::start(&protocol));
    let at: Addr = b
        .next(|e| match e {
            NetEvent::Listening { addr } if addr.link() == Link::Quic => Some(addr),
            _ => None,
        })
        .await;
    for (host, peer) in [(&a, b.swarm.local_id()), (&b, a.swarm.local_id())] {
        host.swarm
            .set_standing(peer, kith::swarm::Standing::Contact)
            .await
            .unwrap();
    }
    let peer = b.swarm.local_id();
    a.swarm
        .probe(
            peer,
            vec![Candidate {
                addr: at,
                origin: Origin::Own,
            }],
        )
        .await
        .unwrap()
        .all()
        .await;
    let conn = a
        .next(|e| match e {
            NetEvent::Connected(c) if c.peer == peer => Some(c.conn),
            _ => None,
        })
        .await;
    tokio::spawn(async move {
        let mut stream = b
            .next(|e| match e {
                NetEvent::Stream(stream) => Some(stream),
                _ => None,
            })
            .await;
        let mut bytes = [0; KIB];
        while stream.read_exact(&mut bytes).await.is_ok() {
            stream.write_all(&bytes).await.unwrap();
            stream.flush().await.unwrap();
        }
    });
    let mut stream = a.swarm.open(conn, protocol).await.unwrap();
    let mut times = Vec::with_capacity(ROUNDS);
    let mut bytes = [7; KIB];
    for _ in 0..ROUNDS {
        let began = Instant::now();
        stream.write_all(&bytes).await.unwrap();
        stream.flush().await.unwrap();
        stream.read_exact(&mut bytes).await.unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    times
}
