//! Looking for a secret where none may be: the memory of processes, what the
//! system tells of them, files.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How much is looked at at once.
const PART: usize = 1 << 20;

/// Where in a process's writable memory one of these stands, as the system
/// calls the place; `None` where its memory may not be read, which takes
/// root: a node's memory is nobody else's.
#[must_use]
pub fn finds_in_memory(process: u32, secrets: &[&[u8]]) -> Option<Vec<String>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let memory = File::open(format!("/proc/{process}/mem")).ok()?;
    let longest = secrets.iter().map(|s| s.len()).max().unwrap_or(1);
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next()?, words.next()?);
        let place = line.split_whitespace().nth(5).unwrap_or("anonymous");
        // What can't be written is code, and constants of the program. Pages
        // of the kernel's own can't be read.
        if !rights.starts_with("rw") || place.starts_with("[v") {
            continue;
        }
        let (from, to) = range.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        let (mut at, end) = (number(from)?, number(to)?);
        let mut part = vec![0; PART];
        while at < end {
            let n = usize::try_from(end - at).unwrap_or(PART).min(PART);
            // A page that isn't there has nothing in it.
            let read = memory.read_at(&mut part[..n], at).unwrap_or(0);
            for (nth, secret) in secrets.iter().enumerate() {
                let looked = part[..read].windows(secret.len());
                for (offset, _) in looked.enumerate().filter(|(_, w)| w == secret) {
                    found.push(format!(
                        "secret {nth} at {at:x}+{offset:x}, {place} {range}"
                    ));
                }
            }
            // A secret may lie across two parts.
            let step = match read == n && at + (n as u64) < end {
                true => n.saturating_sub(longest),
                false => n,
            };
            at += step.max(1) as u64;
        }
    }
    Some(found)
}

/// Asserts that a process has none of these in its memory, as far as that may be
/// read ([`passed_as_root_of_its_own`]).
///
/// # Panics
/// When it has.
#[allow(clippy::print_stderr, reason = "what is left out is said")]
pub fn not_in_memory(whose: &str, process: u32, secrets: &[&[u8]]) {
    match finds_in_memory(process, secrets) {
        Some(found) => assert_eq!(found, [""; 0], "in {whose}"),
        None => eprintln!("SKIPPED: the memory of {whose}: run this test as root"),
    }
}

/// Set where a test runs in a namespace of its own.
const INSIDE: &str = "KITH_TEST_IN_NAMESPACE";

/// Runs the test of this name again as root of a user namespace of its own, where
/// the memory of what it starts may be read. Whether it did, and passed: root has
/// no need of it, and where no namespace is to be had, that is said.
///
/// # Panics
/// When it fails there.
#[must_use]
#[allow(clippy::print_stderr, reason = "what is left out is said")]
pub fn passed_as_root_of_its_own(test: &str) -> bool {
    if rustix::process::geteuid().is_root() || std::env::var_os(INSIDE).is_some() {
        return false;
    }
    let own = || {
        let mut own = Command::new("unshare");
        own.args(["--user", "--map-root-user"]);
        own
    };
    if !own().arg("true").status().is_ok_and(|s| s.success()) {
        eprintln!("SKIPPED in part: no user namespaces here, so nobody may read a node's memory");
        return false;
    }
    let this = std::env::current_exe().expect("the path of this test");
    let again = own()
        .arg(this)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "yes")
        .status();
    assert!(again.expect("unshare runs").success(), "{test} fails there");
    true
}

/// The processes in whose arguments or environment one of these stands.
#[must_use]
pub fn finds_in_proc(secrets: &[&[u8]]) -> Vec<String> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    let mut found = Vec::new();
    for pid in pids {
        for what in ["cmdline", "environ"] {
            let told = fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
            if has(&told, secrets) {
                found.push(format!("{pid}/{what}"));
            }
        }
    }
    found
}

/// The files below a folder in which one of these stands.
#[must_use]
pub fn finds_in_files(folder: &Path, secrets: &[&[u8]]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    let bytes = fs::read(entry.path()).unwrap_or_default();
                    if has(&bytes, secrets) {
                        found.push(entry.path());
                    }
                }
                _ => {}
            }
        }
    }
    found
}

fn has(bytes: &[u8], secrets: &[&[u8]]) -> bool {
    secrets
        .iter()
        .any(|s| bytes.windows(s.len()).any(|w| w == *s))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What looks must find.
    #[test]
    fn what_is_there_is_found() {
        let secret: Vec<u8> = (0..24u8).map(|n| n.wrapping_mul(37) ^ 0xa5).collect();
        let found = finds_in_memory(std::process::id(), &[&secret]).unwrap();
        assert!(found.iter().any(|f| f.contains("secret 0")), "{found:?}");
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        let file = folder.path().join("deep/file");
        fs::write(&file, [&[1, 2, 3][..], &secret, &[4]].concat()).unwrap();
        assert_eq!(finds_in_files(folder.path(), &[&secret]), [file]);
        assert!(finds_in_files(folder.path(), &[b"something else"]).is_empty());
        assert!(!finds_in_proc(&[b"what_is_there_is_found", b"PATH="]).is_empty());
    }
}
