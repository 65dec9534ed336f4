//! The processes of a demonstration. However it ends, by Ctrl-C too, they end
//! with it, and its folder goes.

use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kith_api::Code;
use rustix::process::{Pid, Signal};

use super::super::Fail;

/// How long a process gets to end by itself; an X server takes its lock away.
const GRACE: Duration = Duration::from_secs(2);
/// How often it is looked whether it has.
const GLANCE: Duration = Duration::from_millis(10);
/// What a shell says of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// All processes that run now, by their numbers.
#[derive(Clone, Default)]
pub(super) struct Children(Arc<Mutex<Vec<u32>>>);

/// One of them; it ends when this is dropped.
pub(super) struct Running {
    child: Child,
    of: Children,
    /// Whether it is asked to end before it is made to.
    asked: bool,
}

impl Children {
    /// Starts one, in a group of its own: Ctrl-C on a terminal reaches this
    /// process alone, so that none of the others ends before it knows why.
    pub(super) fn spawn(&self, command: &mut Command) -> io::Result<Running> {
        let mut all = self.lock();
        command.process_group(0);
        let child = command.spawn()?;
        all.push(child.id());
        Ok(Running {
            child,
            of: self.clone(),
            asked: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on a signal ends the demonstration in good order: no process
    /// and no file of it is left, except what was to be kept.
    pub(super) fn end_by_signal(&self, folder: &Path, keep: bool) -> Result<(), Fail> {
        use tokio::signal::unix::{SignalKind, signal};
        let failed = |e: io::Error| Fail::new(Code::Internal, e.to_string());
        let waiting = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .map_err(failed)?;
        // What comes from here on is heard, also before the thread runs.
        let mut heard = {
            let _inside = waiting.enter();
            [
                SignalKind::interrupt(),
                SignalKind::terminate(),
                SignalKind::hangup(),
            ]
            .into_iter()
            .map(signal)
            .collect::<io::Result<Vec<_>>>()
            .map_err(failed)?
        };
        let (children, folder) = (self.clone(), folder.to_owned());
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                waiting.block_on(std::future::poll_fn(|cx| {
                    match heard.iter_mut().any(|s| s.poll_recv(cx).is_ready()) {
                        true => std::task::Poll::Ready(()),
                        false => std::task::Poll::Pending,
                    }
                }));
                children.interrupted((!keep).then_some(folder));
            })
            .map_err(failed)?;
        Ok(())
    }

    fn interrupted(&self, folder: Option<PathBuf>) {
        // Held until the process ends: nothing is started any more, and no
        // step tells how it failed because of this.
        let all = self.lock();
        let _silent = io::stdout().lock();
        let pids: Vec<Pid> = all.iter().filter_map(|p| pid(*p)).collect();
        for signal in [Signal::TERM, Signal::KILL] {
            for pid in &pids {
                let _ = rustix::process::kill_process(*pid, signal);
            }
            let until = Instant::now() + GRACE;
            while Instant::now() < until && pids.iter().any(|p| runs(*p)) {
                std::thread::sleep(GLANCE);
            }
        }
        if let Some(folder) = folder {
            let _ = std::fs::remove_dir_all(folder);
        }
        let _ = writeln!(io::stderr(), "\nInterrupted.");
        std::process::exit(INTERRUPTED);
    }
}

/// Whether it runs still; one that has ended is taken note of.
fn runs(pid: Pid) -> bool {
    use rustix::process::{WaitOptions, waitpid};
    matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(None))
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

impl Running {
    /// The same, but asked to end and waited for a moment: an X server has
    /// files to take away.
    pub(super) fn asked_to_end(mut self) -> Self {
        self.asked = true;
        self
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for its end; what it said on standard error, if that is a pipe.
    pub(super) fn finish(mut self) -> io::Result<(ExitStatus, String)> {
        let mut said = Vec::new();
        if let Some(mut error) = self.child.stderr.take() {
            error.read_to_end(&mut said)?;
        }
        // Under the lock: its number may be another's as soon as it was waited for.
        let mut all = self.of.lock();
        let status = self.child.wait()?;
        all.retain(|p| *p != self.child.id());
        drop(all);
        Ok((status, String::from_utf8_lossy(&said).into_owned()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut all = self.of.lock();
        if !all.contains(&self.child.id()) {
            return;
        }
        if let Some(pid) = pid(self.child.id()).filter(|_| self.asked) {
            let _ = rustix::process::kill_process(pid, Signal::TERM);
            let until = Instant::now() + GRACE;
            while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(GLANCE);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        all.retain(|p| *p != self.child.id());
    }
}
