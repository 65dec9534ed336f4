//! Whoever is asked by a device that doesn't know yet that their program was killed
//! hears of it once they are back, and what follows comes in order (ASK-1).
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use kith_api::{Reply, SharePhase, ShareRequest, ShareShow};
use kith_tests::shares::{ask, join, pair, share_once_reached, wait_for};
use kith_tests::{Person, Scratch};

/// So often, since two streams of one connection overtake each other by chance.
const TIMES: usize = 6;

#[test]
fn a_request_outlives_the_program_that_was_to_hear_it() {
    let folder = Scratch::new("asked-again");
    let (mut anna, mut ben) = pair(&folder);
    for nth in 0..TIMES {
        let picture = folder.path().join(format!("{nth}.png"));
        // It reaches a program that does nothing any more.
        anna.halt();
        let asked = share_once_reached(&mut ben, &join(ShareShow::Picture(picture)));
        anna.kill();
        anna.up();
        let heard = wait_for(&mut anna, "the request", SharePhase::Asked);
        assert_eq!(heard.session, asked.session);
        anna.kith(&["allow", "Ben", "--synthetic"]).ok();
        for person in [&mut anna, &mut ben] {
            wait_for(person, "the share", SharePhase::Running);
        }
        stopped(&mut ben, &mut anna);
    }
}

/// Nothing of it is left for the next round.
fn stopped(ben: &mut Person, anna: &mut Person) {
    ask(ben, ShareRequest::Stop { which: None });
    for person in [ben, anna] {
        wait_for(person, "the end", SharePhase::Over);
        assert_eq!(ask(person, ShareRequest::List), Reply::Shares(Vec::new()));
    }
}
