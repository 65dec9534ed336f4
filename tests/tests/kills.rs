//! Processes killed at random moments of a running conversation lose nothing
//! that was acknowledged and show nothing twice (R10, MSG-4).
//!
//! Both sides talk all the time, each over a connection of its own, so that a
//! kill comes at any moment: before a request, between it and the reply, while
//! it is sent on, while the other's acknowledgement is taken in. `KITH_SEED`
//! repeats the moments as far as processes can be repeated; `KITH_KILLS` says
//! how many kills.
#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "figures are shown; a panic is a failed test"
)]

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use kith_api::{Client, Level, Reply, Request};
use kith_tests::shares::pair;
use kith_tests::{Person, Scratch};

/// The longest that both live between two kills, in milliseconds: a message
/// takes a tenth of that.
const LIFE: u64 = 250;
/// After so many kills the databases are looked at.
const LOOK: usize = 10;

/// A small generator of our own (xorshift), so that a seed is all there is.
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn from_environment(name: &str) -> Option<u64> {
    Some(std::env::var(name).ok()?.parse().unwrap())
}

/// Somebody who talks whenever the node is there.
struct Speaker {
    socket: PathBuf,
    to: &'static str,
    name: &'static str,
    random: Random,
}

/// What somebody said.
#[derive(Default)]
struct Said {
    /// The node said that it has it.
    acknowledged: Vec<String>,
    /// It was killed before it could say so.
    in_doubt: BTreeSet<String>,
}

impl Speaker {
    /// Talks until it is over. `asking` counts those who wait for a reply.
    fn talk(mut self, over: &AtomicBool, asking: &AtomicUsize) -> Said {
        let mut said = Said::default();
        let mut node = None;
        for n in 0.. {
            if over.load(Ordering::SeqCst) {
                break;
            }
            // Some kills shall find nobody waiting.
            thread::sleep(Duration::from_millis(self.random.below(20)));
            let Some(client) = node.as_mut() else {
                node = Client::connect(&self.socket, "test").ok();
                continue;
            };
            let text = format!("{} {n}", self.name);
            asking.fetch_add(1, Ordering::SeqCst);
            let reply = client.ask(Request::Send {
                to: self.to.into(),
                text: text.clone(),
                reply_to: None,
            });
            asking.fetch_sub(1, Ordering::SeqCst);
            match reply {
                // Sent is stored: `Reply::Sent` comes after the commit.
                Ok(Reply::Sent(_)) => said.acknowledged.push(text),
                _ => {
                    said.in_doubt.insert(text);
                    node = None;
                }
            }
        }
        said
    }
}

/// SQLite's own check of the whole database, by the node that has it open.
fn is_sound(person: &mut Person) {
    let Reply::Doctor(found) = person.ask(Request::Doctor) else {
        panic!("no findings")
    };
    let sound = |f: &kith_api::Finding| f.code == "store-sound" && f.level == Level::Good;
    assert!(found.iter().any(sound), "{}: {found:?}", person.name());
}

fn killed_at_random(kills: usize) {
    let seed = from_environment("KITH_SEED")
        .unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish())
        .max(1);
    eprintln!("KITH_SEED={seed}");
    let mut random = Random(seed);
    let folder = Scratch::new("kills");
    let (mut anna, mut ben) = pair(&folder);
    let speaker = |person: &Person, to: &'static str, n: u64| Speaker {
        socket: person.profile().join("socket"),
        to,
        name: person.name(),
        random: Random(seed.wrapping_add(n).max(1)),
    };
    let speakers = [speaker(&anna, "Ben", 1), speaker(&ben, "Anna", 2)];
    let (over, asking) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (mut times, mut in_between) = ([0; 3], 0);
    let said = thread::scope(|scope| {
        let talking = speakers.map(|s| scope.spawn(|| s.talk(&over, &asking)));
        for nth in 1..=kills {
            // This is the random moment; nothing is waited for.
            thread::sleep(Duration::from_micros(random.below(LIFE * 1000)));
            let whom = usize::try_from(random.below(3)).unwrap();
            times[whom] += 1;
            in_between += usize::from(asking.load(Ordering::SeqCst) > 0);
            if whom != 1 {
                anna.kill();
            }
            if whom != 0 {
                ben.kill();
            }
            for (person, alive) in [(&mut anna, 1), (&mut ben, 0)] {
                if whom != alive {
                    person.up();
                }
                if nth % LOOK == 0 {
                    is_sound(person);
                }
            }
        }
        over.store(true, Ordering::SeqCst);
        talking.map(|t| t.join().unwrap())
    });
    anna.send("Ben", "the last of Anna's");
    ben.send("Anna", "the last of Ben's");
    ben.wait_for_text("Anna", "the last of Anna's");
    anna.wait_for_text("Ben", "the last of Ben's");
    let (all, others) = (anna.all_texts("Ben"), ben.all_texts("Anna"));
    assert_eq!(all, others, "not the same on both sides");
    let once: BTreeSet<&String> = all.iter().collect();
    assert_eq!(once.len(), all.len(), "something is there twice");
    for (said, name) in said.iter().zip(["Anna ", "Ben "]) {
        let there = all.iter().filter(|t| t.starts_with(name));
        let sure: Vec<&String> = there.filter(|t| !said.in_doubt.contains(*t)).collect();
        assert_eq!(
            sure,
            said.acknowledged.iter().collect::<Vec<_>>(),
            "of {name}"
        );
    }
    for person in [&mut anna, &mut ben] {
        is_sound(person);
    }
    let counts = said
        .each_ref()
        .map(|s| (s.acknowledged.len(), s.in_doubt.len()));
    eprintln!(
        "{kills} kills (Anna alone {}, Ben alone {}, both {}), {in_between} of them between a \
         request and its reply; acknowledged and in doubt: {counts:?}",
        times[0], times[1], times[2]
    );
}

#[test]
fn kills_lose_nothing_and_double_nothing() {
    let kills = from_environment("KITH_KILLS").unwrap_or(12);
    killed_at_random(usize::try_from(kills).unwrap());
}

#[test]
#[ignore = "minutes; node/benches/README.md has its figures"]
fn three_hundred_kills_lose_nothing_and_double_nothing() {
    killed_at_random(300);
}
