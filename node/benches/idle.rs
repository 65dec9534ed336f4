//! What a node costs that has nothing to do: its memory, how often it wakes
//! up, and how long it computes, with fifty contacts of whom half are there.
//! All are real processes on loopback. Linux only.
//!
//! Run with `cargo bench -p kith --bench idle`; `KITH_CONTACTS` changes the
//! fifty, `KITH_IDLE` the 300 seconds.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark that can't go on has nothing to say"
)]

use std::fs;
use std::time::{Duration, Instant};

use kith_api::{Reply, Request};
use kith_tests::{Person, Scratch};

/// Until everybody has said what is to be said after meeting.
const SETTLE: Duration = Duration::from_secs(30);
/// The names that contacts have: a person's name is a fixed text.
const NAMES: [&str; 10] = [
    "Ada", "Ben", "Cleo", "Dora", "Emil", "Fritz", "Greta", "Hugo", "Ida", "Jonas",
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |n| n.parse().unwrap())
}

fn main() {
    let contacts = usize::try_from(number("KITH_CONTACTS", 50)).unwrap();
    let idle = Duration::from_secs(number("KITH_IDLE", 300));
    let folder = Scratch::new("bench-idle");
    let mut me = Person::new("Anna", folder.path());
    me.up();
    let mut there = Vec::new();
    for nth in 0..contacts {
        let own = folder.path().join(nth.to_string());
        fs::create_dir(&own).unwrap();
        let mut other = Person::new(NAMES[nth % NAMES.len()], &own);
        other.up();
        // Names repeat: the invite is the other's, and it decides.
        other.meet(&mut me);
        while known(&mut me) <= nth {
            std::thread::sleep(Duration::from_millis(50));
        }
        if nth % 2 == 0 {
            there.push(other);
        } else {
            other.down();
        }
    }
    std::thread::sleep(SETTLE);
    let pid = me.process();
    let before = Cost::of(pid);
    let began = Instant::now();
    std::thread::sleep(idle);
    let (after, lasted) = (Cost::of(pid), began.elapsed().as_secs_f64());
    let wakeups = after.switches - before.switches;
    let ticks = after.ticks - before.ticks;
    println!(
        "{contacts} contacts, {} connected, {lasted:.0} s: memory {:.1} MiB (PSS), {wakeups} \
         wakeups ({:.1} a second), {:.2} s of processor time ({:.2} %), {} threads",
        there.len(),
        after.memory_kib as f64 / 1024.0,
        wakeups as f64 / lasted,
        ticks as f64 / TICKS,
        ticks as f64 / TICKS / lasted * 100.0,
        after.threads,
    );
}

/// How many contacts somebody has by now.
fn known(person: &mut Person) -> usize {
    match person.ask(Request::Status) {
        Reply::Status(status) => usize::try_from(status.contacts).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// How Linux counts processor time for programs: hundredths of a second.
const TICKS: f64 = 100.0;

struct Cost {
    memory_kib: u64,
    /// A thread that sleeps and is woken switches once.
    switches: u64,
    ticks: u64,
    threads: usize,
}

impl Cost {
    fn of(pid: u32) -> Self {
        let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
        let field = |text: &str, name: &str| -> u64 {
            let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        };
        let threads: Vec<_> = fs::read_dir(format!("/proc/{pid}/task"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        let switches = threads
            .iter()
            .map(|t| {
                field(
                    &fs::read_to_string(t.join("status")).unwrap(),
                    "voluntary_ctxt_switches:",
                )
            })
            .sum();
        let stat = read("stat");
        // After the name in brackets: the 14th and 15th fields of the line.
        let rest = stat.rsplit(')').next().unwrap();
        let ticks = rest.split_whitespace().skip(11).take(2);
        Self {
            memory_kib: field(&read("smaps_rollup"), "Pss:"),
            switches,
            ticks: ticks.map(|n| n.parse::<u64>().unwrap()).sum(),
            threads: threads.len(),
        }
    }
}
