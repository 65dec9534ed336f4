//! What one viewer notices of the others: one that takes nothing, one behind
//! 1 Mb/s, seven of the same pace. Prints; asserts nothing about time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kith::share::{Path, ShareId};
use kith::swarm::{Addr, Link};
use kith_codec::synthetic::Kind;
use kith_screen::synthetic::SyntheticInput;
use kith_view::headless::Headless;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{DEADLINE, Node, Screen};

/// Updates that are measured.
const ROUNDS: usize = 240;
/// 1 Mb/s, as bytes in 20 ms.
const SLICE: usize = 2_500;

/// A way on which so much passes and no more.
async fn narrow(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((here, _)) = listener.accept().await {
            let there = TcpStream::connect(to).await.unwrap();
            let (a, b) = (here.into_split(), there.into_split());
            for (mut from, mut to) in [(a.0, b.1), (b.0, a.1)] {
                tokio::spawn(async move {
                    let mut slice = [0; SLICE];
                    let mut tick = tokio::time::interval(Duration::from_millis(20));
                    while let Ok(n @ 1..) = from.read(&mut slice).await {
                        tick.tick().await;
                        if to.write_all(&slice[..n]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        }
    });
    addr
}

async fn join(sharer: &Node, share: ShareId, narrowly: bool) -> (Node, Screen) {
    let viewer = Node::start();
    let conn = if narrowly {
        let direct = sharer.address(Link::Tcp).await.socket().unwrap();
        let way = Addr::direct(Link::Tcp, narrow(direct).await).unwrap();
        viewer.connect_at(sharer, way).await
    } else {
        viewer.connect(sharer, Link::Quic).await
    };
    let ticket = sharer.admit(share, viewer.id());
    let screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    (viewer, screen)
}

/// Takes what comes, as long as the others are measured.
fn watch(h: &mut Headless) {
    let _ = h.run_until(Duration::from_secs(25), |s| s.over().is_some());
}

/// The terminal scrolls sixty times a second; how long each step takes.
async fn measure(what: &str, screen: &mut Screen, input: &SyntheticInput) {
    screen.shows(input).await;
    let desk = input.clone();
    let (mut times, span) = screen
        .with(move |h| {
            let (mut times, start) = (Vec::new(), Instant::now());
            for n in 0..ROUNDS {
                let due = start + Duration::from_micros(16_667) * n as u32;
                h.run_until(due.saturating_duration_since(Instant::now()), |_| false)
                    .unwrap();
                let updates = h.session().statistics().updates;
                let began = Instant::now();
                desk.with(|d| d.step(Kind::Terminal));
                let met = h.run_until(DEADLINE, |s| s.statistics().updates > updates);
                assert!(met.unwrap());
                times.push(began.elapsed());
            }
            (times, start.elapsed())
        })
        .await;
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
    let rate = ROUNDS as f64 / span.as_secs_f64();
    eprintln!(
        "{what}: {rate:.1} a second, p50 {} µs, p95 {} µs",
        at(50),
        at(95)
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures; run it alone: --run-ignored only"]
async fn a_fast_viewer_in_company() {
    let sharer = Node::start();
    let (share, input) = sharer.share((1920, 1080), vec![]);
    let (_fast, mut screen) = join(&sharer, share, false).await;
    measure("alone", &mut screen, &input).await;
    // Nobody reads what it is sent.
    let _stalled = join(&sharer, share, false).await;
    let (_slow, mut slow) = join(&sharer, share, true).await;
    tokio::spawn(async move { slow.with(watch).await });
    measure("with one stalled and one at 1 Mb/s", &mut screen, &input).await;
    let mut others = Vec::new();
    for _ in 0..7 {
        let (viewer, mut other) = join(&sharer, share, false).await;
        others.push(viewer);
        tokio::spawn(async move { other.with(watch).await });
    }
    measure("with seven more of the same pace", &mut screen, &input).await;
}
