//! A clock that a test sets, for the real program: Kith itself has no way to
//! be given another time than the machine's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Program, root};

/// What a node that lives by it takes for the time of day.
#[derive(Debug)]
pub struct Clock {
    library: PathBuf,
    ahead: PathBuf,
}

impl Clock {
    /// One that is right; its files lie in this folder.
    ///
    /// # Panics
    /// Without a C compiler.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        let library = folder.join("clock.so");
        Program::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(root().join("tests/src/clock.c"))
            .ok();
        let clock = Self {
            library,
            ahead: folder.join("clock.ahead"),
        };
        clock.set_ahead(Duration::ZERO);
        clock
    }

    /// From now on it shows the machine's time and this much more.
    ///
    /// # Panics
    /// When that can't be written.
    pub fn set_ahead(&self, by: Duration) {
        let new = self.ahead.with_extension("new");
        std::fs::write(&new, by.as_secs().to_string()).expect("a file");
        std::fs::rename(&new, &self.ahead).expect("its place");
    }

    pub(crate) fn give_to(&self, node: &mut Command) {
        node.env("LD_PRELOAD", &self.library)
            .env("KITH_TEST_CLOCK", &self.ahead);
    }
}
