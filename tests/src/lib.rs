//! Helpers for end-to-end tests: the repository's folders, scratch folders,
//! and programs whose failure prints the command, the folder and the output.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "this library runs only inside tests: a panic is a failed test"
)]

mod bus;
mod clock;
mod desks;
pub mod hosted;
mod internet;
mod manager;
mod memory;
mod organisation;
mod people;
mod person;
mod place;
mod program;
mod question;
mod router;
mod scratch;
mod screen;
pub mod shares;
mod small_disk;
pub mod wire;
mod world;

pub use bus::Bus;
pub use clock::Clock;
pub use desks::{Desks, Running, built};
pub use internet::{Nat, Passing, public, through_router};
pub use manager::{Settings, openbox};
pub use memory::{
    finds_in_files, finds_in_memory, finds_in_proc, not_in_memory, passed_as_root_of_its_own,
};
pub use organisation::{Organisation, id, policy, wait_for_policy};
pub use people::three;
pub use person::{PATIENCE, Person};
pub use place::Place;
pub use program::{DEADLINE, Finished, Program};
pub use question::{CONTROL, ONLY_VIEW, REFUSE};
pub use router::Upnp;
pub use scratch::Scratch;
pub use screen::{Pixels, Screen};
pub use small_disk::SmallDisk;
pub use world::{Capture, Frame, World};

use std::path::{Path, PathBuf};

/// The top folder of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests folder lies inside the repository")
        .to_path_buf()
}

/// Files of the repository, relative to its top: those that git tracks and
/// new ones that it does not ignore.
///
/// # Panics
/// Outside of a git clone.
#[must_use]
pub fn repository_files() -> Vec<PathBuf> {
    let listed = Program::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .dir(root())
        .ok();
    let mut files: Vec<PathBuf> = listed
        .stdout
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        // A file deleted but not yet committed is still in git's list.
        .filter(|name| root().join(name).exists())
        .collect();
    files.sort();
    files.dedup();
    files
}
