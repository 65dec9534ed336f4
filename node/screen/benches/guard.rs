//! What the judgement of one input costs on a real X server (Xvfb): freeze, look,
//! decide, inject, thaw, with 10, 100 and 1,000 windows on the screen. One line
//! each. Needs Xvfb.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark that can't run says so"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::{Node, Program, Xvfb, fast};
use kith_codec::input::Button;
use kith_screen::guard::What;
use kith_screen::warden::protocol::Answer;

/// Clicks of one round: a press and a release each.
const CLICKS: u32 = 500;
const ROUNDS: usize = 5;

fn main() {
    for windows in [10, 100, 1_000] {
        let x = Xvfb::start();
        let (shared, others) = (Program::new(&x), Program::new(&x));
        for i in 0..windows - 1 {
            let at = 10 * (i % 60) as i16;
            // Some place themselves, as menus do.
            let popup = i % 10 == 0;
            others.window((400 + at / 2, 300 + at / 2, 100, 100), popup);
        }
        let window = shared.window((0, 0, 300, 200), false);
        shared.focus(window);
        // A warden for each round: for a while after somebody had control, the
        // next one needs a person's press (GUARD-9).
        let round = || {
            let (mut node, warden) = Node::with_thread(&x);
            node.open(What::Applications(vec![shared.owner(window)]));
            assert_eq!(node.grant(fast()), Answer::Allowed);
            shared.events();
            let start = Instant::now();
            for _ in 0..CLICKS {
                node.click(150, 100, Button::Main);
            }
            // Behind everything that was sent.
            node.revoke();
            let took = start.elapsed().as_secs_f64() * 1e6 / f64::from(2 * CLICKS);
            drop(node);
            warden.join().unwrap();
            took
        };
        let mut each: Vec<f64> = (0..ROUNDS).map(|_| round()).collect();
        each.sort_by(f64::total_cmp);
        println!(
            "{windows:5} windows: {:6.0} µs an input (best {:.0}, worst {:.0})",
            each[ROUNDS / 2],
            each[0],
            each[ROUNDS - 1]
        );
    }
}
