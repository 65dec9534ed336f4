//! The processes that a node starts for shares: the same program in other
//! roles, so that nothing can be of different versions (DESIGN, "Processes").

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kith_screen::look::Look;
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

/// How long a process may take to end after its socket was closed.
const END: Duration = Duration::from_secs(2);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What of the environment such a process gets: what it needs to find the
/// screen and to speak the person's language, and nothing else.
const ENVIRONMENT: &[&str] = &[
    "DISPLAY",
    "XAUTHORITY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "PATH",
    "RUST_BACKTRACE",
];

/// What glibc's allocator is told there: large buffers go back to the system at
/// once. By itself it keeps as much as was ever freed in one piece, which after
/// a film or a photograph is half of a window's memory.
const ALLOCATOR: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "131072");

/// The program that plays the other roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program(PathBuf);

impl Program {
    /// This very program, also when its file was replaced meanwhile.
    #[must_use]
    pub fn own() -> Self {
        Self(PathBuf::from("/proc/self/exe"))
    }

    /// Another file, for tests whose own program is none of ours.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// The program in this role, with little of the environment and no output.
    pub(crate) fn command(&self, role: &str) -> Command {
        self.command_from(role, |name| std::env::var_os(name))
    }

    fn command_from<V: AsRef<OsStr>>(
        &self,
        role: &str,
        environment: impl Fn(&str) -> Option<V>,
    ) -> Command {
        let mut command = Command::new(&self.0);
        command.arg(role).env_clear();
        command.env(ALLOCATOR.0, ALLOCATOR.1);
        for name in ENVIRONMENT {
            if let Some(value) = environment(name) {
                command.env(name, value);
            }
        }
        command.stdout(Stdio::null());
        command
    }
}

/// Where a share is shown: our end of the socket, and the process at the
/// other, if it is one of ours.
#[derive(Debug)]
pub struct Window {
    pub(super) socket: UnixStream,
    pub(super) process: Option<Process>,
}

impl Window {
    /// Starts `kith view`. The socket is its standard input and all that it
    /// gets; whoever takes that process over has the view protocol and the
    /// screen, no keys, no database, no API.
    ///
    /// # Errors
    /// The system gives no socket or process.
    pub fn open(program: &Program, look: Look) -> io::Result<Self> {
        let mut command = program.command("view");
        command.arg("--language").arg(look.language.code());
        command.arg("--scale").arg(look.scale.get().to_string());
        Self::with(command)
    }

    /// Starts `kith view` without a window: it keeps the newest whole picture
    /// in `file`.
    ///
    /// # Errors
    /// The system gives no socket or process.
    pub fn keep_picture(program: &Program, file: &Path) -> io::Result<Self> {
        let mut command = program.command("view");
        command.arg("--picture").arg(file);
        Self::with(command)
    }

    /// Starts `kith view` for a trial picture: no window, and confined before
    /// the first byte is read.
    ///
    /// # Errors
    /// The system gives no socket or process.
    pub(super) fn for_trial(program: &Program) -> io::Result<Self> {
        let mut command = program.command("view");
        command.arg("--trial");
        Self::with(command)
    }

    /// A viewer that runs already and listens at this socket. Only one of this
    /// user: another could have put its own socket there. Never waits: whoever
    /// asks has more to do.
    ///
    /// # Errors
    /// Nobody listens there, or somebody else does; or who listens lets others
    /// wait.
    pub fn at(path: &Path) -> io::Result<Self> {
        // Where the listener's queue is full, this would wait until it isn't.
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        net::connect(&socket, &SocketAddrUnix::new(path)?)?;
        let socket = UnixStream::from(socket);
        let peer = net::sockopt::socket_peercred(&socket)?;
        match peer.uid == rustix::process::geteuid() {
            true => Ok(socket.into()),
            false => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }

    fn with(mut command: Command) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        let process = Some(Process(Some(command.spawn()?)));
        Ok(Self { socket, process })
    }
}

/// Something that runs elsewhere, such as a viewer without a window.
impl From<UnixStream> for Window {
    fn from(socket: UnixStream) -> Self {
        let process = None;
        Self { socket, process }
    }
}

/// A process of ours. Close its socket, then drop this: it is waited for, and
/// ended where it doesn't end by itself.
#[derive(Debug)]
pub(super) struct Process(pub(super) Option<Child>);

impl Process {
    pub(super) fn id(&self) -> Option<u32> {
        self.0.as_ref().map(Child::id)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else {
            return;
        };
        // A thread for a moment, so that nobody waits and nothing is left.
        let reaper = std::thread::Builder::new().name("kith-reaper".into());
        let _ = reaper.spawn(move || {
            let until = Instant::now() + END;
            while Instant::now() < until {
                if !matches!(child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(LOOK);
            }
            let _ = child.kill();
            let _ = child.wait();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A viewer that hangs: it listens, and never takes anybody in.
    #[test]
    fn a_viewer_that_hangs_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("viewer");
        let flags = SocketFlags::CLOEXEC;
        let (unix, kind) = (AddressFamily::UNIX, SocketType::STREAM);
        let hangs = net::socket_with(unix, kind, flags, None).unwrap();
        net::bind(&hangs, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        net::listen(&hangs, 1).unwrap();
        let (done, ended) = std::sync::mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let mut waiting = Vec::new();
            let refused = loop {
                match Window::at(&path) {
                    Ok(window) => waiting.push(window),
                    Err(e) => break e.kind(),
                }
            };
            let _ = done.send((waiting.len(), refused));
        });
        let (waiting, refused) = ended.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!((1..=2).contains(&waiting), "{waiting}");
        assert_eq!(refused, io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_role_gets_nothing_secret() {
        let command = Program::own().command_from("view", |name| Some(format!("the {name}")));
        let names: Vec<_> = command
            .get_envs()
            .map(|(name, _)| name.to_owned())
            .collect();
        assert!(names.iter().any(|name| name == "DISPLAY"));
        assert!(!names.iter().any(|name| {
            let name = name.to_string_lossy();
            name.contains("KITH") || name.contains("DBUS") || name.contains("AGENT")
        }));
        let args: Vec<_> = command.get_args().collect();
        assert_eq!(args, ["view"], "nothing but the role");
    }
}
