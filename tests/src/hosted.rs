//! What hosted sessions leave on a machine.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::{PATIENCE, Person};

/// The processes that run with something of this person's folder in their
/// arguments, but for the node.
///
/// # Panics
/// When `/proc` can't be read.
#[must_use]
pub fn viewers(person: &Person) -> Vec<u32> {
    let folder = person.profile().join("hosted-").display().to_string();
    let pids = fs::read_dir("/proc").expect("the processes").flatten();
    let pids = pids.filter_map(|e| e.file_name().to_str()?.parse().ok());
    pids.filter(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&folder)
    })
    .collect()
}

/// Waits until nothing of a session is left on somebody's machine.
///
/// # Panics
/// When something is, for too long.
pub fn nothing_left(person: &Person) {
    let until = Instant::now() + PATIENCE;
    let folders = |dir: &Path| {
        let all = fs::read_dir(dir).expect("a profile").flatten();
        all.filter(|e| e.file_name().to_string_lossy().starts_with("hosted-"))
            .count()
    };
    while !viewers(person).is_empty() || folders(person.profile()) > 0 {
        assert!(
            Instant::now() < until,
            "something is left at {}",
            person.name()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
