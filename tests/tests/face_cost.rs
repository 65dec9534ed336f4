//! What the desktop program costs while nobody uses it. It prints figures for
//! `gui/README.md` and holds them to nothing: other machines have others.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic here is a failed test, and it is read"
)]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use kith_tests::{Person, Program, Scratch, Screen};

/// How long nobody does anything.
const IDLE: Duration = Duration::from_secs(60);

/// The program, gone when dropped.
struct Face(Child);

impl Drop for Face {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the system says of a process.
struct Cost {
    /// Processor time, in hundredths of a second.
    ticks: u64,
    /// How often one of its threads went to sleep, so how often it woke.
    wakeups: u64,
    /// Resident memory, in KiB.
    memory: u64,
}

impl Cost {
    fn of(process: u32) -> Self {
        let read = |path: String| fs::read_to_string(path).expect("a process that runs");
        let number = |status: &str, name: &str| {
            let line = status.lines().find_map(|l| l.strip_prefix(name));
            let word = line.and_then(|l| l.split_whitespace().next());
            word.expect("the system tells it")
                .parse()
                .expect("a number")
        };
        let stat = read(format!("/proc/{process}/stat"));
        // After the name, which may have blanks: 12 and 13 are user's and system's.
        let (_, stat) = stat.rsplit_once(')').expect("the form of stat");
        let times = stat.split_whitespace().skip(11).take(2);
        let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("its threads");
        let wakeups = tasks.map(|task| {
            let path = task.expect("a thread").path().join("status");
            number(
                &read(path.display().to_string()),
                "voluntary_ctxt_switches:",
            )
        });
        Self {
            ticks: times.map(|t| t.parse::<u64>().expect("a number")).sum(),
            wakeups: wakeups.sum(),
            memory: number(&read(format!("/proc/{process}/status")), "VmRSS:"),
        }
    }
}

#[test]
#[ignore = "takes a minute, and prints figures"]
fn an_idle_minute_of_the_desktop_program() {
    let folder = Scratch::new("face-cost");
    let mut anna = Person::new("Anna", folder.path());
    anna.up();
    let screen = Screen::managed();
    let before = screen.pixels();
    let started = Instant::now();
    let face = Command::new(Program::path_of_built("kith-gui"))
        .arg("--profile")
        .arg(anna.profile())
        .env("DISPLAY", screen.name())
        .env("HOME", folder.path())
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .spawn();
    let face = Face(face.expect("the program starts"));
    screen.wait("its first picture", |s| s.pixels() != before);
    println!("first picture after {} ms", started.elapsed().as_millis());
    // What it does after its start isn't idling.
    sleep(Duration::from_secs(15));
    let first = Cost::of(face.0.id());
    sleep(IDLE);
    let last = Cost::of(face.0.id());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "idle for {} s: {} ticks of processor time, {} wakeups, {} KiB resident; load {}",
        IDLE.as_secs(),
        last.ticks - first.ticks,
        last.wakeups - first.wakeups,
        last.memory,
        load.trim(),
    );
}
