//! How quick it is, over loopback: pixel to pixel, encryption and decoding
//! included, but no X server and no window. Prints; asserts nothing about time.

use std::time::{Duration, Instant};

use kith::share::Path;
use kith::swarm::Link;
use kith_codec::synthetic::Kind;

use crate::harness::{DEADLINE, offer, pair};

const ROUNDS: usize = 300;

fn line(what: &str, mut times: Vec<Duration>, bytes: u64) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
    let (p50, p95, n) = (at(50), at(95), times.len());
    let each = bytes / n as u64;
    eprintln!("{what}: p50 {p50} µs, p95 {p95} µs, {each} bytes of picture each, {n} rounds");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures; run it alone: --run-ignored only"]
async fn latency() {
    for link in [Link::Quic, Link::Tcp] {
        let (sharer, viewer, conn) = pair(link).await;
        let (share, input) = sharer.share((1920, 1080), vec![]);
        let ticket = sharer.admit(share, viewer.id());
        let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
        screen.shows(&input).await;
        sharer.shares.give_control(ticket.0, &offer()).unwrap();
        screen.until("control", |s| s.controls()).await;

        // A key is struck at the sharer; how long until the viewer has it?
        let keys = input.clone();
        let (times, bytes) = screen
            .with(move |h| {
                let before = h.session().statistics().picture_bytes;
                let mut times = Vec::new();
                for n in 0..ROUNDS {
                    let updates = h.session().statistics().updates;
                    let start = Instant::now();
                    keys.key(char::from(b'a' + (n % 26) as u8));
                    let met = h.run_until(DEADLINE, |s| s.statistics().updates > updates);
                    assert!(met.unwrap());
                    times.push(start.elapsed());
                    // People don't type faster.
                    h.run_until(Duration::from_millis(10), |_| false).unwrap();
                }
                (times, h.session().statistics().picture_bytes - before)
            })
            .await;
        line(&format!("{link:?} type"), times, bytes);

        // A key is struck at the viewer; how long until its effect is back?
        let (times, bytes) = screen
            .with(move |h| {
                let before = h.session().statistics().picture_bytes;
                let mut times = Vec::new();
                for n in 0..ROUNDS {
                    let updates = h.session().statistics().updates;
                    let text = char::from(b'A' + (n % 26) as u8).to_string();
                    let start = Instant::now();
                    assert!(h.type_text(&text));
                    let met = h.run_until(DEADLINE, |s| s.statistics().updates > updates);
                    assert!(met.unwrap());
                    times.push(start.elapsed());
                    h.run_until(Duration::from_millis(10), |_| false).unwrap();
                }
                (times, h.session().statistics().picture_bytes - before)
            })
            .await;
        line(&format!("{link:?} key loop"), times, bytes);

        // The terminal scrolls as fast as it can be taken.
        let lines = input.clone();
        let (count, bytes, span) = screen
            .with(move |h| {
                let before = h.session().statistics();
                let start = Instant::now();
                while start.elapsed() < Duration::from_secs(3) {
                    let updates = h.session().statistics().updates;
                    lines.with(|d| d.step(Kind::Terminal));
                    h.run_until(DEADLINE, |s| s.statistics().updates > updates)
                        .unwrap();
                }
                let after = h.session().statistics();
                let bytes = after.picture_bytes - before.picture_bytes;
                (after.updates - before.updates, bytes, start.elapsed())
            })
            .await;
        let rate = count as f64 / span.as_secs_f64();
        eprintln!(
            "{link:?} scroll, one by one: {rate:.0} updates a second, {} bytes each",
            bytes / count
        );
    }
}
