//! How long it takes from asking to ready, with consent given at once, between
//! two real processes, and where the time goes:
//!
//! - *connects*: cold only, from when the node of one of them, just started, takes
//!   commands until it is connected with the other, whose address it remembers;
//! - *rings*: from the request until the other person's face rings;
//! - *settles*: from their consent until the sharer's share is open: acceptance,
//!   both decisions, sealing, both sides' durable record of the session, and
//!   the proof of the path;
//! - *ready*: from there until the viewer's share runs too.
//!
//! Run with `cargo bench -p kith --bench session`. `KITH_ROUNDS` changes the
//! 100; the last figures stand in chapter 09 of the specification, “Rationale”.
//! `KITH_NETNS=A,B` puts the two into network namespaces, where a delay may lie
//! between them, or UDP or TCP be barred: then it is cold by the other. Twice the
//! same is its loopback.
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
    let spaces = std::env::var("KITH_NETNS").unwrap_or_default();
    let spaces: Vec<&str> = spaces.split(',').filter(|s| !s.is_empty()).collect();
    let options: &[&str] = match spaces[..] {
        [one, another] if one != another => &["--no-mdns", "--port", "4001"],
        _ => &["--loopback", "--no-mdns"],
    };
    let mut spaces = spaces.iter().map(|s| (*s).to_owned());
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
    let mut warms: [Vec<Duration>; 3] = Default::default();
    for _ in 0..rounds {
        // As people do, and not as a flood, whose messages each node makes wait
        // (chapter 09, "Limits").
        std::thread::sleep(PAUSE);
        keep(&mut warms, &warm(&mut anna, &mut ben, &picture));
    }
    table("warm", &["rings", "settles", "ready"], &warms);
    let mut colds: [Vec<Duration>; 4] = Default::default();
    for _ in 0..rounds {
        std::thread::sleep(PAUSE);
        let connects = connects(&mut anna, &mut ben, options);
        let [rings, settles, ready] = warm(&mut anna, &mut ben, &picture);
        keep(&mut colds, &[connects, rings, settles, ready]);
    }
    table("cold", &["connects", "rings", "settles", "ready"], &colds);
}

fn keep(all: &mut [Vec<Duration>], times: &[Duration]) {
    for (all, time) in all.iter_mut().zip(times) {
        all.push(*time);
    }
}

/// Each phase, its part of the whole, and the whole.
fn table(name: &str, phases: &[&str], times: &[Vec<Duration>]) {
    let rounds = times[0].len();
    let whole: Vec<Duration> = (0..rounds)
        .map(|nth| times.iter().map(|t| t[nth]).sum())
        .collect();
    let sum: Duration = whole.iter().sum();
    println!("{name}, {rounds} times       median        p95   part");
    for (what, times) in phases.iter().zip(times).chain([(&"all", &whole)]) {
        let part = 100.0 * times.iter().sum::<Duration>().as_secs_f64() / sum.as_secs_f64();
        let mut times = times.clone();
        times.sort();
        let (middle, late) = (times[rounds / 2], times[rounds * 95 / 100]);
        println!("{what:<20} {middle:>10.1?} {late:>10.1?} {part:>4.0} %");
    }
}

fn phase(person: &mut Person, wanted: SharePhase) {
    let is_it = |e: &Event| matches!(e, Event::Share(s) if s.phase == wanted);
    person.wait("the share", is_it);
}

/// One share from asking to the end; the phases of its beginning.
fn warm(anna: &mut Person, ben: &mut Person, picture: &std::path::Path) -> [Duration; 3] {
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
    [rings, settles, all - settles]
}

/// From when a node takes commands until it talks with the other.
fn connects(anna: &mut Person, ben: &mut Person, options: &[&str]) -> Duration {
    ben.down();
    while anna.way_to("Ben").is_some() {
        anna.wait("the end", |e| matches!(e, Event::Contact(_)));
    }
    ben.up_with(options);
    let began = Instant::now();
    for (person, other) in [(ben, "Anna"), (anna, "Ben")] {
        while person.way_to(other).is_none() {
            person.wait(other, |e| matches!(e, Event::Contact(_)));
        }
    }
    began.elapsed()
}
