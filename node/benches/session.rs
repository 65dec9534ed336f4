//! How long it takes from asking to ready, with consent given at once, between
//! two real processes, and where the time goes:
//!
//! - *rings*: from the request until the other person's face rings;
//! - *settles*: from their consent until the sharer's share is open: acceptance,
//!   both decisions, sealing, both sides' durable record of the session, and
//!   the proof of the path;
//! - *ready*: from there until the viewer's share runs too.
//!
//! Then cold: from the start of a node that knows nobody's address but the
//! remembered one, until it is connected; which comes before.
//!
//! Run with `cargo bench -p kith --bench session`. `KITH_ROUNDS` changes the
//! 100; the last figures stand in chapter 09 of the specification, “Rationale”.
//! `KITH_NETNS=A,B` puts the two into network namespaces, where a delay
//! may lie between them, and `KITH_PORT` gives them a port.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark that can't go on has nothing to say"
)]

use std::time::{Duration, Instant};

use kith_api::{
    Event, Request, ShareCase, ShareLevel, SharePhase, ShareRequest, ShareShow, ShareWhat,
};
use kith_tests::{Person, Scratch};

/// Between two sessions: longer than either side's messages of one earn in the
/// other's allowance.
const PAUSE: Duration = Duration::from_millis(500);

fn main() {
    let number = |name, otherwise: usize| {
        std::env::var(name).map_or(otherwise, |n: String| n.parse().unwrap())
    };
    let rounds = number("KITH_ROUNDS", 100);
    let folder = Scratch::new("bench-session");
    let spaces = std::env::var("KITH_NETNS").ok();
    let mut spaces = spaces.iter().flat_map(|s| s.split(',')).map(str::to_owned);
    let options: &[&str] = match std::env::var("KITH_NETNS") {
        Ok(_) => &["--no-mdns", "--port", "4001"],
        Err(_) => &["--loopback", "--no-mdns"],
    };
    let mut person = |name| {
        let mut person = match spaces.next() {
            Some(space) => Person::inside(space, name, folder.path()),
            None => Person::new(name, folder.path()),
        };
        person.up_with(options);
        person
    };
    let (mut anna, mut ben) = (person("Anna"), person("Ben"));
    anna.meet(&mut ben);

    let picture = folder.path().join("seen.png");
    let mut phases: [Vec<Duration>; 4] = Default::default();
    for _ in 0..rounds {
        // As people do, and not as a flood, whose messages each node makes wait
        // (chapter 09, "Limits").
        std::thread::sleep(PAUSE);
        let times = warm(&mut anna, &mut ben, &picture);
        for (all, time) in phases.iter_mut().zip(times) {
            all.push(time);
        }
    }
    println!("asking to ready, {rounds} times   median        p95");
    for (what, times) in ["rings", "settles", "ready", "all, warm"]
        .iter()
        .zip(&mut phases)
    {
        row(what, times);
    }
    let mut cold: Vec<Duration> = (0..rounds.min(20))
        .map(|_| connects(&mut anna, &mut ben, options))
        .collect();
    row("connects, cold", &mut cold);
}

fn row(what: &str, times: &mut [Duration]) {
    times.sort();
    let (middle, late) = (times[times.len() / 2], times[times.len() * 95 / 100]);
    println!("{what:<24} {middle:>10.1?} {late:>10.1?}");
}

fn phase(person: &mut Person, wanted: SharePhase) {
    let is_it = |e: &Event| matches!(e, Event::Share(s) if s.phase == wanted);
    person.wait("the share", is_it);
}

/// One share from asking to the end; the phases of its beginning.
fn warm(anna: &mut Person, ben: &mut Person, picture: &std::path::Path) -> [Duration; 4] {
    let invite = ShareRequest::Invite {
        who: "Ben".into(),
        what: ShareWhat::Synthetic,
        level: ShareLevel::View,
        case: ShareCase::default(),
    };
    let allow = ShareRequest::Allow {
        which: "Anna".into(),
        what: None,
        show: ShareShow::Picture(picture.to_owned()),
    };
    let asks = Instant::now();
    anna.ask(Request::Share(invite));
    phase(ben, SharePhase::Asked);
    let rings = asks.elapsed();
    let consents = Instant::now();
    ben.ask(Request::Share(allow));
    phase(anna, SharePhase::Running);
    let settles = consents.elapsed();
    phase(ben, SharePhase::Running);
    let all = consents.elapsed();
    anna.ask(Request::Share(ShareRequest::Stop { which: None }));
    for person in [anna, ben] {
        phase(person, SharePhase::Over);
    }
    [rings, settles, all - settles, rings + all]
}

/// From a node's start until it talks with the other.
fn connects(anna: &mut Person, ben: &mut Person, options: &[&str]) -> Duration {
    ben.down();
    while anna.way_to("Ben").is_some() {
        anna.wait("the end", |e| matches!(e, Event::Contact(_)));
    }
    let began = Instant::now();
    ben.up_with(options);
    while ben.way_to("Anna").is_none() {
        ben.wait("Anna", |e| matches!(e, Event::Contact(_)));
    }
    began.elapsed()
}
