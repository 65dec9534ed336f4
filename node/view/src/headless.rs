//! A viewer without a window: decodes, acknowledges, sends scripted input and
//! can save the picture. For the demo, tests, and machines without a screen.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use kith_codec::input::{Button, Input, Key, Keysym, Motion, Place};
use kith_codec::picture::Picture;
use kith_codec::time::Moment;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::confine::{ConfineError, Needs, confine};
use crate::session::Session;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// Why the headless viewer failed: this machine's fault.
#[derive(Debug, thiserror::Error)]
pub enum HeadlessError {
    /// The socket to the node, or a file.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The picture could not be written as PNG.
    #[error("saving the picture: {0}")]
    Png(#[from] png::EncodingError),
    /// The process could not be confined, so it read nothing.
    #[error(transparent)]
    Confine(#[from] ConfineError),
    /// There is no picture yet.
    #[error("there is no picture yet")]
    NoPicture,
}

/// A viewer without a window.
#[derive(Debug)]
pub struct Headless {
    socket: UnixStream,
    session: Session,
    started: Instant,
    chunk: Vec<u8>,
}

impl Headless {
    /// Watches what comes over `socket`. Nothing is read before
    /// [`Self::run_until`].
    ///
    /// # Errors
    /// The socket can't be made non-blocking.
    pub fn new(socket: UnixStream) -> io::Result<Self> {
        let mut viewer = Self::silent(socket)?;
        viewer.session.ready(false, false);
        Ok(viewer)
    }

    /// The same for a trial (PORT-5): this process is confined for good first.
    ///
    /// # Errors
    /// [`HeadlessError::Io`], [`HeadlessError::Confine`].
    pub fn confined(socket: UnixStream) -> Result<Self, HeadlessError> {
        let mut viewer = Self::silent(socket)?;
        let confined = confine(Needs::Nothing)?;
        viewer.session.ready(confined.files, confined.calls);
        Ok(viewer)
    }

    /// Nothing is said yet.
    fn silent(socket: UnixStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            session: Session::new(),
            started: Instant::now(),
            chunk: vec![0; CHUNK],
        })
    }

    /// Decodes one picture, tells the node what it looks like, and goes on
    /// until the node closes the socket or `limit` has passed.
    ///
    /// # Errors
    /// As [`Self::run_until`].
    pub fn try_out(&mut self, limit: Duration) -> io::Result<()> {
        let whole = |s: &Session| s.is_exact() && s.picture().is_some();
        if self.run_until(limit, whole)? {
            self.session.seen();
        }
        self.run_until(limit, |_| false).map(|_| ())
    }

    /// What is known.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Watches until `done` says so (`true`), the view is over or `limit` has
    /// passed (`false`, unless `done` agrees then).
    ///
    /// # Errors
    /// The socket failed in a way other than being closed.
    pub fn run_until(
        &mut self,
        limit: Duration,
        mut done: impl FnMut(&Session) -> bool,
    ) -> io::Result<bool> {
        let deadline = Instant::now() + limit;
        loop {
            self.flush()?;
            if done(&self.session) {
                return Ok(true);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if self.session.over().is_some() || left.is_zero() {
                return Ok(false);
            }
            self.wait(left)?;
            self.read()?;
            // Nobody looks: painted as soon as decoded.
            self.session.painted(now(self.started));
            let _ = self.session.take_news();
        }
    }

    /// Sends what a person would do; see [`Session::send`]. It is written by
    /// the next [`Self::run_until`].
    pub fn send(&mut self, input: &Input) -> bool {
        self.session.send(input)
    }

    /// Presses and lets go the main button.
    pub fn click(&mut self, at: Place) -> bool {
        let mut button = |motion| {
            self.session.send(&Input::Button {
                at,
                button: Button::Main,
                motion,
            })
        };
        button(Motion::Down) && button(Motion::Up)
    }

    /// Types characters; control characters are left out but the end of a
    /// line, which is Return.
    pub fn type_text(&mut self, text: &str) -> bool {
        text.chars().all(|c| {
            let (keysym, character) = match c {
                '\n' => (Keysym::new(0xff0d), None),
                c => (Keysym::of(c), Some(c)),
            };
            keysym.is_none_or(|k| self.strike(k, character))
        })
    }

    /// Presses and lets go one key.
    pub fn strike(&mut self, keysym: Keysym, character: Option<char>) -> bool {
        let mut key = |motion, character| {
            self.session.send(&Input::Key(Key {
                keysym,
                motion,
                character,
            }))
        };
        key(Motion::Down, character) && key(Motion::Up, None)
    }

    /// Writes the picture as PNG.
    ///
    /// # Errors
    /// [`HeadlessError`].
    pub fn save_png(&self, path: &Path) -> Result<(), HeadlessError> {
        let picture = self.session.picture().ok_or(HeadlessError::NoPicture)?;
        save_png(picture, path)
    }

    fn wait(&self, left: Duration) -> io::Result<()> {
        let mut interest = PollFlags::IN;
        if !self.session.output().is_empty() {
            interest |= PollFlags::OUT;
        }
        let mut fds = [PollFd::new(&self.socket, interest)];
        let left = Timespec::try_from(left).unwrap_or(Timespec {
            tv_sec: 3600,
            tv_nsec: 0,
        });
        match poll(&mut fds, Some(&left)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let started = self.started;
        match self.socket.read(&mut self.chunk) {
            Ok(0) => self.session.node_gone(),
            Ok(n) => {
                let bytes = self.chunk.get(..n).unwrap_or(&[]);
                self.session.feed(bytes, || now(started));
            }
            Err(e) if would_block(&e) => (),
            Err(e) if is_gone(&e) => self.session.node_gone(),
            Err(e) => return Err(e),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        flush(&mut self.session, &mut self.socket)
    }
}

/// Writes what waits, as far as the socket takes it.
pub(crate) fn flush(session: &mut Session, socket: &mut UnixStream) -> io::Result<()> {
    while !session.output().is_empty() {
        match socket.write(session.output()) {
            Ok(n) => session.written(n),
            Err(e) if would_block(&e) => break,
            // What was said before can still be read: its end says it.
            Err(e) if is_gone(&e) => {
                let all = session.output().len();
                session.written(all);
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

pub(crate) fn would_block(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

pub(crate) fn is_gone(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

/// Microseconds since `started`.
pub(crate) fn now(started: Instant) -> Moment {
    Moment(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX))
}

/// Writes a picture as PNG.
///
/// # Errors
/// [`HeadlessError::Io`], [`HeadlessError::Png`].
pub fn save_png(picture: &Picture, path: &Path) -> Result<(), HeadlessError> {
    let file = io::BufWriter::new(std::fs::File::create(path)?);
    let size = picture.size();
    let mut encoder = png::Encoder::new(file, size.width().into(), size.height().into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    let mut rgb = Vec::with_capacity(size.pixels() * 3);
    for pixel in picture.pixels() {
        let [blue, green, red, _] = pixel.to_le_bytes();
        rgb.extend([red, green, blue]);
    }
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(())
}
