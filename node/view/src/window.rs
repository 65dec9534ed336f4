//! The window of `kith view`: paints what changed, sends what the person does.
//!
//! One thread does everything: it waits for the window system and the node at
//! once, so nothing is handed between threads on the way to the screen.

mod canvas;
mod face;
mod figures;
mod grab;
mod keys;
mod layout;
mod pointer;
mod private;
mod scene;
mod strip;
mod wide;

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use kith_display::look::Look;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use winit::event_loop::EventLoop;
use winit::platform::pump_events::{EventLoopExtPumpEvents, PumpStatus};

use crate::confine::{ConfineError, Needs, confine};
use crate::headless::{flush, is_gone, now, would_block};
use crate::session::{Over, Session};
use face::Face;

pub use layout::Mode;
pub use private::MarkError;

/// Bytes read at once from the node.
const CHUNK: usize = 64 * 1024;

/// Chunks taken in before the window system is asked again: a flood from the
/// node must not make the window deaf.
const CHUNKS: usize = 16;

/// Settings of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How the picture fills the window at first.
    pub mode: Mode,
    /// In which language, and how large beside what the screen says.
    pub look: Look,
}

/// Why the window failed: this machine's fault.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// Something that every window needs isn't here.
    #[error(transparent)]
    Nowhere(#[from] kith_display::NoWindow),
    /// The display failed.
    #[error("the display: {0}")]
    Display(#[from] winit::error::EventLoopError),
    /// The window could not be made.
    #[error("the window: {0}")]
    Window(#[from] winit::error::OsError),
    /// It could not be kept out of what this person shares.
    #[error("the window can't be kept private: {0}")]
    Private(#[from] MarkError),
    /// Its pixels could not be shown.
    #[error("the window's pixels: {0}")]
    Pixels(#[from] softbuffer::SoftBufferError),
    /// The socket to the node.
    #[error("the socket to the node: {0}")]
    Socket(#[from] io::Error),
    /// The process could not be confined, so it read nothing.
    #[error(transparent)]
    Confine(#[from] ConfineError),
}

/// Shows a share until the person closes the window; then why the share was
/// over before, if it was. Confines this process for good before the first
/// byte is read from `socket`, so nothing else should go on in it.
///
/// # Errors
/// [`WindowError`].
pub fn run(socket: UnixStream, mut options: Options) -> Result<Option<Over>, WindowError> {
    socket.set_nonblocking(true)?;
    // The toolkit ends with a backtrace where something is missing.
    kith_display::check()?;
    options.look.language = wide::learn(options.look.language);
    let mut events = EventLoop::new()?;
    let mut face = Face::new(options, events.owned_display_handle());
    // The window comes with the first events.
    pump(&mut events, &mut face);
    face.reserve()?;
    let confined = confine(Needs::Nothing)?;

    let mut runner = Runner {
        socket,
        started: Instant::now(),
        chunk: vec![0; CHUNK],
    };
    face.session.ready(confined.files, confined.calls);
    loop {
        let going = pump(&mut events, &mut face);
        let heard = runner.hear(&mut face.session)?;
        let moment = now(runner.started);
        face.settle(moment);
        flush(&mut face.session, &mut runner.socket)?;
        if !going || face.is_closed() {
            // Letting go what is held was said; a node that is busy may lose
            // it, but sees the socket close.
            return Ok(face.session.over());
        }
        let painted = face.paint(moment)?;
        if painted {
            face.session.painted(now(runner.started));
            flush(&mut face.session, &mut runner.socket)?;
        }
        // What painting read from the display may have brought events.
        if !painted && !heard {
            runner.wait(events.as_fd(), &face)?;
        }
    }
}

fn pump(events: &mut EventLoop<()>, face: &mut Face) -> bool {
    !matches!(
        events.pump_app_events(Some(Duration::ZERO), face),
        PumpStatus::Exit(_)
    )
}

#[derive(Debug)]
struct Runner {
    socket: UnixStream,
    started: Instant,
    chunk: Vec<u8>,
}

impl Runner {
    /// Takes in what the node sent. Whether there was something.
    fn hear(&mut self, session: &mut Session) -> io::Result<bool> {
        let mut any = false;
        for _ in 0..CHUNKS {
            if session.over().is_some() {
                break;
            }
            match self.socket.read(&mut self.chunk) {
                Ok(0) => session.node_gone(),
                Ok(n) => {
                    let started = self.started;
                    session.feed(self.chunk.get(..n).unwrap_or(&[]), || now(started));
                }
                Err(e) if would_block(&e) => break,
                Err(e) if is_gone(&e) => session.node_gone(),
                Err(e) => return Err(e),
            }
            any = true;
        }
        Ok(any)
    }

    fn wait(&self, display: BorrowedFd<'_>, face: &Face) -> io::Result<()> {
        let mut interest = PollFlags::IN;
        if !face.session.output().is_empty() {
            interest |= PollFlags::OUT;
        }
        let mut fds = [
            PollFd::from_borrowed_fd(display, PollFlags::IN),
            PollFd::new(&self.socket, interest),
        ];
        // After the end the socket has nothing to say.
        let count = if face.session.over().is_some() { 1 } else { 2 };
        let timeout = face.next_moment().map(|at| {
            let micros = (at - now(self.started)).0;
            Timespec {
                tv_sec: i64::try_from(micros / 1_000_000).unwrap_or(i64::MAX),
                // Below a thousand million.
                tv_nsec: (micros % 1_000_000 * 1000) as i64,
            }
        });
        match poll(fds.get_mut(..count).unwrap_or_default(), timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}
