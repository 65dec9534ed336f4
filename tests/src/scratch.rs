//! A folder that lives as long as its test.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// An empty folder, removed when dropped. A failed test keeps it, so that
/// what the programs left there can be looked at; its place is printed.
#[derive(Debug)]
pub struct Scratch {
    folder: Option<TempDir>,
    path: PathBuf,
}

impl Scratch {
    /// Makes the folder; `name` is part of its name.
    ///
    /// # Panics
    /// When the system's temporary folder can't be written.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix(&format!("kith-{name}-"))
            .tempdir()
            .expect("a temporary folder");
        let path = folder.path().to_path_buf();
        Self {
            folder: Some(folder),
            path,
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many processes were started with this folder in their environment.
    ///
    /// # Panics
    /// Without `/proc`.
    #[must_use]
    pub fn processes(&self) -> usize {
        let wanted = self.path.as_os_str().as_encoded_bytes();
        let names = |file: PathBuf| {
            let read = std::fs::read(file);
            read.is_ok_and(|all| all.windows(wanted.len()).any(|part| part == wanted))
        };
        let all = std::fs::read_dir("/proc").expect("/proc").flatten();
        all.filter(|process| names(process.path().join("environ")))
            .count()
    }
}

impl Drop for Scratch {
    #[allow(clippy::print_stderr, reason = "shown beside the failed test")]
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take()
            && std::thread::panicking()
        {
            eprintln!("kept: {}", folder.keep().display());
        }
    }
}
