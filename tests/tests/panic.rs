//! The panic key ends also what was agreed on and nobody sees yet: GUARD-6.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::os::unix::net::UnixListener;
use std::thread;

use kith_api::{Reply, ShareLevel, SharePhase, ShareRequest, ShareShow};
use kith_tests::shares::{ask, invite, join, kinds, pair, share, wait_for};
use kith_tests::{Person, Scratch};

/// What Anna has said yes to, and Ben's device hasn't taken up yet, doesn't
/// begin after the panic key: that takes a new yes (GUARD-6).
#[test]
fn after_the_panic_key_nothing_begins_that_was_allowed_before() {
    let folder = Scratch::new("session-panic");
    let (mut anna, mut ben) = pair(&folder);
    let file = folder.path().join("seen.png");
    share(&mut ben, join(ShareShow::Picture(file.clone())));
    wait_for(&mut anna, "a request", SharePhase::Asked);
    // Held up in the middle: Anna's yes waits for Ben's device.
    ben.halt();
    anna.kith(&["allow", "Ben", "--synthetic"]).ok();
    anna.kith(&["panic"]).ok();
    let over = wait_for(&mut anna, "the end", SharePhase::Over);
    assert_eq!(over.reason.as_deref(), Some("panic"));
    ben.go_on();
    wait_for(&mut ben, "the end", SharePhase::Over);
    for person in [&mut anna, &mut ben] {
        let kinds = kinds(person);
        assert!(!kinds.iter().any(|k| k == "started"), "{kinds:?}");
        assert_eq!(ask(person, ShareRequest::List), Reply::Shares(Vec::new()));
    }
    assert!(!file.exists());
    // An invitation is a yes, too.
    share(&mut anna, invite(ShareLevel::Control));
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    panic_ends_it(&mut anna, &mut ben);
    // And what both devices agreed on, while nobody sees anything yet: Ben's
    // viewer hangs, it takes nothing in. The first picture may be faster than
    // the key; then that share is one that is seen, and this is done anew.
    let seen_first = (0..10).take_while(|round: &u32| {
        let socket = folder.path().join(format!("viewer-{round}"));
        let viewer = UnixListener::bind(&socket).unwrap();
        share(&mut ben, join(ShareShow::Viewer(socket)));
        wait_for(&mut anna, "a request", SharePhase::Asked);
        // Which waits until it knows whether it could be started.
        let allow = anna.kith(&["allow", "Ben", "--synthetic"]);
        let allowing = thread::spawn(move || drop(allow.run()));
        wait_for(&mut anna, "the share", SharePhase::Running);
        anna.kith(&["panic"]).ok();
        drop(viewer);
        allowing.join().unwrap();
        let over = wait_for(&mut anna, "the end", SharePhase::Over);
        wait_for(&mut ben, "the end", SharePhase::Over);
        over.reason.as_deref() != Some("panic")
    });
    assert!(seen_first.count() < 10, "a picture was always first");
}

fn panic_ends_it(anna: &mut Person, ben: &mut Person) {
    anna.kith(&["panic"]).ok();
    for person in [anna, ben] {
        let over = wait_for(person, "the end", SharePhase::Over);
        assert_eq!(over.reason.as_deref(), Some("panic"));
        assert_eq!(ask(person, ShareRequest::List), Reply::Shares(Vec::new()));
    }
}
