//! What is asked of a machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kith_display::NoWindow;
use kith_proto::capability::Screen;

/// A running program: its name and arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// The name of the program file.
    pub name: String,
    /// Its arguments, without the first.
    pub args: Vec<String>,
}

/// What an X11 display can do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct X11 {
    /// Its screens; the first is the main one.
    pub screens: Vec<Screen>,
    /// Extensions that sharing needs and that it lacks.
    pub lacks_to_share: Vec<String>,
    /// Extensions that input needs and that it lacks.
    pub lacks_to_control: Vec<String>,
}

/// A machine that can be asked about itself. Every answer may be missing: a
/// machine that tells nothing can do nothing.
pub trait System {
    /// An environment variable of the node.
    fn var(&self, name: &str) -> Option<String>;
    /// A small text file.
    fn read(&self, path: &Path) -> Option<String>;
    /// The names in a folder.
    fn list(&self, path: &Path) -> Vec<String>;
    /// Whether there is such a file or socket.
    fn exists(&self, path: &Path) -> bool;
    /// A program in the search path, or where it usually is.
    fn program(&self, name: &str) -> Option<PathBuf>;
    /// What runs, as far as it may be seen.
    fn processes(&self) -> Vec<Process>;
    /// The X11 display that the node would use, if it lets us in.
    fn x11(&self) -> Option<X11>;
    /// What stands against opening a window here, if something does.
    fn no_window(&self) -> Option<NoWindow>;
    /// How many processors may be used.
    fn processors(&self) -> usize;
}

/// A machine made of tables, for tests.
#[derive(Debug, Clone, Default)]
pub struct Fake {
    /// Environment variables.
    pub vars: BTreeMap<String, String>,
    /// Text files.
    pub files: BTreeMap<PathBuf, String>,
    /// Programs.
    pub programs: Vec<String>,
    /// What runs.
    pub processes: Vec<Process>,
    /// The display.
    pub x11: Option<X11>,
    /// What no window can do without.
    pub no_window: Option<NoWindow>,
    /// Processors.
    pub processors: usize,
}

impl System for Fake {
    fn var(&self, name: &str) -> Option<String> {
        self.vars.get(name).cloned()
    }

    fn read(&self, path: &Path) -> Option<String> {
        self.files.get(path).cloned()
    }

    fn list(&self, path: &Path) -> Vec<String> {
        let below = self.files.keys().filter_map(|f| f.strip_prefix(path).ok());
        let mut names: Vec<String> = below
            .filter_map(|f| f.iter().next())
            .map(|n| n.to_string_lossy().into_owned())
            .collect();
        names.dedup();
        names
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn program(&self, name: &str) -> Option<PathBuf> {
        let found = self.programs.iter().find(|p| *p == name);
        found.map(|p| Path::new("/usr/bin").join(p))
    }

    fn processes(&self) -> Vec<Process> {
        self.processes.clone()
    }

    fn x11(&self) -> Option<X11> {
        self.x11.clone()
    }

    fn no_window(&self) -> Option<NoWindow> {
        self.no_window.clone()
    }

    fn processors(&self) -> usize {
        self.processors
    }
}
