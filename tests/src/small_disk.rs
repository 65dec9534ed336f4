//! A disk that is soon full.

use std::path::Path;
use std::process::Command;

/// A small file system of a test's own, unmounted at the end.
#[derive(Debug)]
pub struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// Mounts one of this size at a folder; `None` where this may not be done.
    #[must_use]
    #[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub fn new(at: &'a Path, size: &str) -> Option<Self> {
        let options = format!("size={size},mode=700");
        let args = ["-t", "tmpfs", "-o", &options, "kith-test"];
        let done = Command::new("mount").args(args).arg(at).status();
        let mounted = done.is_ok_and(|s| s.success());
        if !mounted {
            eprintln!("SKIPPED: no file system can be mounted here");
        }
        mounted.then_some(Self(at))
    }

    /// Makes it larger.
    ///
    /// # Panics
    /// When that fails.
    pub fn grow(&self, size: &str) {
        let options = format!("remount,size={size}");
        let args = ["-o", &options];
        let done = Command::new("mount").args(args).arg(self.0).status();
        assert!(done.expect("mount runs").success(), "it doesn't grow");
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}
