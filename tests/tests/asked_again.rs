//! Whoever is asked by a device that doesn't know yet that their program was killed
//! hears of it once they are back, and what follows comes in order; where both ask at
//! once, one request goes on (ASK-1).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic here is a failed test"
)]

use std::time::{Duration, Instant};

use kith_api::{Event, Features, Reply, Request, ShareLevel, SharePhase, ShareRequest, ShareShow};
use kith_tests::shares::{ask, invite, join, pair, share, share_once_reached, wait_for};
use kith_tests::{PATIENCE, Person, Scratch};

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

/// The viewer has measured the ways to the sharer before that one's program was
/// killed: what was measured then may still stand for a minute, and be dead (PORT-1).
#[test]
fn an_invitation_of_a_program_that_was_killed_before_is_accepted_where_it_lives() {
    let folder = Scratch::new("invited-again");
    let (mut anna, mut ben) = pair(&folder);
    for nth in 0..TIMES {
        tried(&mut ben);
        anna.kill();
        anna.up();
        share_once_reached(&mut anna, &invite(ShareLevel::View));
        wait_for(&mut ben, "the invitation", SharePhase::Asked);
        let picture = folder.path().join(format!("{nth}.png"));
        let allow = ShareRequest::Allow {
            which: "Anna".into(),
            what: None,
            show: ShareShow::Picture(picture),
        };
        assert_eq!(ask(&mut ben, allow), Reply::Done);
        for person in [&mut anna, &mut ben] {
            wait_for(person, "the share", SharePhase::Running);
        }
        stopped(&mut ben, &mut anna);
    }
}

/// All ways to Anna have been tried.
fn tried(ben: &mut Person) {
    let works = |f: &Features| f.devices.iter().all(|d| d.path.state == "works");
    match ben.ask(Request::Probe { who: "Anna".into() }) {
        Reply::Features(f) if works(&f) => {}
        _ => ben.wait(
            "the ways to Anna",
            |e| matches!(e, Event::Features(f) if works(f)),
        ),
    }
}

/// What was found before the other program was killed is no answer to who asks after it
/// (PORT-2).
#[test]
fn a_probe_after_a_kill_finds_nothing() {
    let folder = Scratch::new("probe-killed");
    let (mut anna, mut ben) = pair(&folder);
    tried(&mut ben);
    anna.kill();
    let until = Instant::now() + PATIENCE;
    loop {
        let Reply::Features(f) = ben.ask(Request::Features { who: "Anna".into() }) else {
            panic!("no features");
        };
        match f.devices[0].path.state.as_str() {
            "fails" => break,
            // What was found a moment ago is the answer for two seconds.
            "works" | "untried" => drop(ben.ask(Request::Probe { who: "Anna".into() })),
            _ => {}
        }
        assert!(Instant::now() < until, "{f:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Both ask for the same at the same moment: the higher session goes on, at
/// both; nobody is left waiting (DESIGN, "The negotiation").
#[test]
fn crossing_requests_settle_on_one() {
    let scratch = Scratch::new("crossing");
    let (mut anna, mut ben) = pair(&scratch);
    for round in 0..6 {
        let (ours, theirs) = std::thread::scope(|s| {
            let other = s.spawn(|| share(&mut ben, join(ShareShow::Window)));
            let ours = share(&mut anna, invite(ShareLevel::View));
            (ours, other.join().unwrap())
        });
        let survivor = ours.session.max(theirs.session);
        let open = |person: &mut Person| match ask(person, ShareRequest::List) {
            Reply::Shares(list) => {
                let open = list.into_iter().filter(|s| s.phase != SharePhase::Over);
                open.map(|s| (s.session, s.phase)).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        // One waits and the other is asked, both in the same session.
        let settled = |a: &[(_, SharePhase)], b: &[(_, SharePhase)]| {
            let phases = [(a, b), (b, a)].map(|(a, b)| {
                a == [(survivor, SharePhase::Waiting)] && b == [(survivor, SharePhase::Asked)]
            });
            phases.contains(&true)
        };
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let (a, b) = (open(&mut anna), open(&mut ben));
            if settled(&a, &b) {
                break;
            }
            assert!(Instant::now() < until, "round {round}: {a:?}, {b:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        ask(&mut anna, ShareRequest::Stop { which: None });
        while !(open(&mut anna).is_empty() && open(&mut ben).is_empty()) {
            assert!(Instant::now() < until, "round {round}: it never ended");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
