//! The machine itself, on Linux.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use kith_display::{Lack, NoWindow};
use kith_proto::capability::{MAX_EXTENT, MAX_SCREENS, Screen};
use kith_screen::x11::Look;

use super::system::{Process, System, X11};

/// How much of a file is read, in bytes: what is asked for is small.
const READ_MAX: u64 = 256 * 1024;
/// How many processes are looked at.
const PROCESSES_MAX: usize = 8_192;
/// Where programs lie that no search path names.
const USUAL: &[&str] = &[
    "/opt/Citrix/ICAClient",
    "/usr/sbin",
    "/usr/local/sbin",
    "/sbin",
];

/// This machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Linux;

impl System for Linux {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|v| !v.is_empty())
    }

    fn read(&self, path: &Path) -> Option<String> {
        let mut text = String::new();
        let file = fs::File::open(path).ok()?;
        file.take(READ_MAX).read_to_string(&mut text).ok()?;
        Some(text)
    }

    fn list(&self, path: &Path) -> Vec<String> {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .take(PROCESSES_MAX)
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn program(&self, name: &str) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let usual = USUAL.iter().map(PathBuf::from);
        std::env::split_paths(&path)
            .filter(|p| p.is_absolute())
            .chain(usual)
            .map(|folder| folder.join(name))
            .find(|file| runs(file))
    }

    fn processes(&self) -> Vec<Process> {
        let numbers = self.list(Path::new("/proc"));
        let pids = numbers
            .iter()
            .filter(|n| n.bytes().all(|b| b.is_ascii_digit()));
        pids.take(PROCESSES_MAX)
            .filter_map(|pid| {
                let line = self.read(&Path::new("/proc").join(pid).join("cmdline"))?;
                let mut words = line.split('\0').map(str::to_owned);
                let program = words.next().filter(|p| !p.is_empty())?;
                Some(Process {
                    name: Path::new(&program)
                        .file_name()?
                        .to_string_lossy()
                        .into_owned(),
                    args: words.collect(),
                })
            })
            .collect()
    }

    fn x11(&self) -> Option<X11> {
        self.var("DISPLAY")?;
        let Look { lacks, monitors } = kith_screen::x11::look(None).ok()?;
        let fits = |n: u16| (1..=MAX_EXTENT).contains(&u32::from(n));
        let mut screens: Vec<_> = monitors
            .iter()
            .filter(|m| fits(m.rect.w) && fits(m.rect.h))
            .collect();
        screens.sort_by_key(|m| !m.primary);
        Some(X11 {
            screens: screens
                .iter()
                .take(MAX_SCREENS)
                .map(|m| Screen {
                    width: u32::from(m.rect.w),
                    height: u32::from(m.rect.h),
                })
                .collect(),
            lacks_to_share: lacks.to_share.iter().map(|s| (*s).to_owned()).collect(),
            lacks_to_control: lacks.to_control.iter().map(|s| (*s).to_owned()).collect(),
        })
    }

    fn no_window(&self) -> Option<NoWindow> {
        kith_display::check().err()
    }

    fn processors(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

/// Where a screen would answer, as far as that can be told without asking it
/// anything: the socket of a local X server, and of a Wayland compositor.
/// Screens on other hosts have no such sign.
#[must_use]
pub fn sockets_of_screens() -> Vec<PathBuf> {
    let var = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    let x11 = var("DISPLAY").and_then(|shown| x11_socket(&shown));
    let wayland = var("WAYLAND_DISPLAY").zip(var("XDG_RUNTIME_DIR"));
    let wayland = wayland.map(|(name, folder)| Path::new(&folder).join(name));
    x11.into_iter().chain(wayland).collect()
}

/// The socket of a display such as `:1` or `:1.0`.
fn x11_socket(shown: &str) -> Option<PathBuf> {
    let number = shown.strip_prefix(':')?.split('.').next()?;
    let number: u16 = number.parse().ok()?;
    Some(PathBuf::from(format!("/tmp/.X11-unix/X{number}")))
}

/// A machine whose display doesn't answer.
#[derive(Debug, Clone, Copy)]
pub struct WithoutScreen<S>(pub S);

impl<S: System> System for WithoutScreen<S> {
    fn var(&self, name: &str) -> Option<String> {
        self.0.var(name)
    }

    fn read(&self, path: &Path) -> Option<String> {
        self.0.read(path)
    }

    fn list(&self, path: &Path) -> Vec<String> {
        self.0.list(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.exists(path)
    }

    fn program(&self, name: &str) -> Option<PathBuf> {
        self.0.program(name)
    }

    fn processes(&self) -> Vec<Process> {
        self.0.processes()
    }

    fn x11(&self) -> Option<X11> {
        None
    }

    fn no_window(&self) -> Option<NoWindow> {
        let why = "it doesn’t answer in time".to_owned();
        Some(match self.var("DISPLAY") {
            Some(display) => Lack::Closed { display, why }.into(),
            None => Lack::Display.into(),
        })
    }

    fn processors(&self) -> usize {
        self.0.processors()
    }
}

fn runs(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_display_has_a_socket() {
        let at = |n: &str| Some(PathBuf::from(format!("/tmp/.X11-unix/X{n}")));
        assert_eq!(x11_socket(":0"), at("0"));
        assert_eq!(x11_socket(":12.1"), at("12"));
        for other in ["", ":", ":x", "host:0", ":../0", "localhost:10.0"] {
            assert_eq!(x11_socket(other), None, "{other:?}");
        }
    }
}
