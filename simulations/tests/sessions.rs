//! Sessions with a hostile peer, at the small size.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that says what it saw"
)]

use kith_proto::session::Side;
use kith_sim::session::{Hostile, Outcome, run};

fn scenario() -> Hostile {
    toml::from_str(include_str!("../sessions/hostile-peer.toml")).unwrap()
}

#[test]
fn a_hostile_peer_gets_nothing_that_an_honest_one_wouldn_t() {
    let s = scenario();
    for liar in [Side::Sharer, Side::Viewer] {
        let mut all = Outcome::default();
        for seed in &s.small.seeds {
            let o = run(&s, liar, s.small.steps, *seed);
            assert_eq!(o.wrong, Vec::<String>::new(), "{liar:?} {seed}");
            all.began += o.began;
            all.launched += o.launched;
            all.controlled += o.controlled;
            all.crashed += o.crashed;
        }
        println!("{liar:?} lies: {all:?}");
        // It happened at all.
        assert!(all.launched > 0 && all.crashed > 0, "{all:?}");
        assert!(liar == Side::Sharer || all.controlled > 0, "{all:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let s = scenario();
    let one = || run(&s, Side::Viewer, 400, 7);
    assert_eq!(one(), one());
}
