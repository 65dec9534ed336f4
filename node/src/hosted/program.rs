//! The viewer program: how it is started, what it gets, and that it ends.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use super::secret::{Password, disguised};

/// What of the environment it gets: what it needs to find the screen and to
/// speak the person's language.
const ENVIRONMENT: &[&str] = &[
    "DISPLAY",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "PATH",
    "XDG_RUNTIME_DIR",
];

/// How the folders begin in which programs find their sockets.
const FOLDER: &str = "hosted-";

/// What it is told: where, that the password comes from its standard input,
/// and to ask nobody anything. The clipboard is a right of its own (SHARE-5),
/// which nobody has here; the size of the server's screen isn't the viewer's;
/// and pixels keep the form they have at first, which the sharer's node wants.
const ARGUMENTS: &[&str] = &[
    "-PasswordFile=/dev/stdin",
    "-SecurityTypes=VncAuth",
    "-Shared=1",
    "-AcceptClipboard=0",
    "-SendClipboard=0",
    "-SendPrimary=0",
    "-SetPrimary=0",
    "-RemoteResize=0",
    "-AutoSelect=0",
    "-AlertOnFatalError=0",
    "-ReconnectOnError=0",
];

/// A folder that is there for one program, and gone with it.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    fn new(within: &Path) -> io::Result<Self> {
        let number: u64 = rand::random();
        let path = within.join(format!("{FOLDER}{number:016x}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    fn socket(&self) -> PathBuf {
        self.0.join("vnc")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes what a crash left of such folders.
pub fn forget_leftovers(within: &Path) {
    let Ok(all) = fs::read_dir(within) else {
        return;
    };
    for entry in all.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(FOLDER);
        if ours && entry.file_type().is_ok_and(|t| t.is_dir()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A process that is killed when this is dropped, and waited for.
#[derive(Debug)]
struct Process {
    pid: Pid,
    /// Names it for good, also where its number is given to another.
    handle: OwnedFd,
    ended: watch::Receiver<bool>,
}

impl Process {
    fn start(command: &mut Command) -> io::Result<(Self, Option<ChildStdin>)> {
        let mut child = command.spawn()?;
        let input = child.stdin.take();
        let pid = Pid::from_child(&child);
        let opened = pidfd_open(pid, PidfdFlags::empty());
        let Ok(handle) = opened else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::ErrorKind::Unsupported.into());
        };
        let (tell, ended) = watch::channel(false);
        let process = Self { pid, handle, ended };
        // Waiting is all that this thread does.
        let waiter = std::thread::Builder::new().name("kith-waiter".into());
        waiter.spawn(move || {
            let _ = child.wait();
            tell.send_replace(true);
        })?;
        Ok((process, input))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error: it has ended.
        let _ = pidfd_send_signal(&self.handle, Signal::KILL);
    }
}

/// A running viewer program; killed when this is dropped.
#[derive(Debug)]
pub(super) struct Running {
    process: Process,
    listener: UnixListener,
    folder: Folder,
}

impl Running {
    /// Starts it. The socket is there before.
    ///
    /// # Errors
    /// The system gives no folder, socket or process.
    pub(super) fn start(program: &Path, within: &Path, password: &Password) -> io::Result<Self> {
        let folder = Folder::new(within)?;
        let listener = UnixListener::bind(folder.socket())?;
        let mut command = Command::new(program);
        command.args(ARGUMENTS).arg(folder.socket());
        command
            .env_clear()
            .envs(environment(|name| std::env::var_os(name)));
        // What it remembers of servers, and the person's own settings for it,
        // are not for here.
        command.env("HOME", &folder.0).current_dir(&folder.0);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let (process, input) = Process::start(&mut command)?;
        if let Some(mut pipe) = input {
            // Eight bytes: a fresh pipe takes them without waiting.
            pipe.write_all(&*disguised(password))?;
        }
        Ok(Self {
            process,
            listener,
            folder,
        })
    }

    /// Waits until it comes to its socket. Nobody else gets in, and it gets in
    /// once.
    ///
    /// # Errors
    /// The system gives nothing, or the program ended.
    pub(super) async fn comes(&self) -> io::Result<UnixStream> {
        loop {
            let (stream, _) = tokio::select! {
                accepted = self.listener.accept() => accepted?,
                () = self.ends() => return Err(io::ErrorKind::BrokenPipe.into()),
            };
            if stream.peer_cred()?.pid() == Some(self.process.pid.as_raw_pid()) {
                // Whoever else finds it finds nobody there.
                let _ = fs::remove_file(self.folder.socket());
                return Ok(stream);
            }
        }
    }

    /// Waits until it ends.
    pub(super) async fn ends(&self) {
        // An error: whoever waits for it is gone, which counts as an end.
        let _ = self.process.ended.clone().wait_for(|ended| *ended).await;
    }
}

/// The chosen part of an environment. Where the key to the display lies is
/// told, because the program's home is another.
fn environment(var: impl Fn(&str) -> Option<OsString>) -> Vec<(&'static str, OsString)> {
    let mut all: Vec<_> = ENVIRONMENT
        .iter()
        .filter_map(|name| Some((*name, var(name)?)))
        .collect();
    let home = || {
        Some(
            Path::new(&var("HOME")?)
                .join(".Xauthority")
                .into_os_string(),
        )
    };
    all.extend(var("XAUTHORITY").or_else(home).map(|v| ("XAUTHORITY", v)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_gets_nothing_secret() {
        let all = environment(|name| Some(format!("the {name}").into()));
        assert!(all.iter().any(|(name, _)| *name == "DISPLAY"));
        for (name, _) in &all {
            assert!(
                !["KITH", "DBUS", "AGENT", "VNC"]
                    .iter()
                    .any(|s| name.contains(s)),
                "{name}"
            );
        }
        let none = environment(|name| (name == "HOME").then(|| "/home/anna".into()));
        assert_eq!(
            none,
            [("XAUTHORITY", OsString::from("/home/anna/.Xauthority"))]
        );
    }

    #[test]
    fn what_a_crash_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let left = Folder::new(dir.path()).unwrap();
        fs::write(left.0.join("vnc"), "x").unwrap();
        fs::write(dir.path().join("hosted-notes"), "mine").unwrap();
        fs::create_dir(dir.path().join("files")).unwrap();
        forget_leftovers(dir.path());
        let mut rest: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        rest.sort();
        assert_eq!(rest, ["files", "hosted-notes"]);
    }
}
