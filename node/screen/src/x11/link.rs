//! A connection to an X11 display, and waiting on it.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::xproto::{self, ImageOrder, VisualClass, Window};
use x11rb::protocol::{Event, composite, damage, res, shape, shm, xfixes, xinput};
use x11rb::rust_connection::RustConnection;

use super::OpenError;
use crate::source::{SourceError, Wake, Waker};

x11rb::atom_manager! {
    /// Names of properties and their values.
    pub(crate) Atoms: AtomsCookie {
        WM_STATE,
        UTF8_STRING,
        _NET_WM_NAME,
        _NET_WM_WINDOW_TYPE,
        _NET_WM_WINDOW_TYPE_NOTIFICATION,
        _KITH_PRIVATE,
        _KITH_BLANK,
        _NET_WM_PID,
    }
}

/// Wakes a thread that waits on the display.
#[derive(Debug)]
struct Bell(OwnedFd);

impl Wake for Bell {
    fn wake(&self) {
        // It fails only when the counter is full, and then it wakes anyhow.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }
}

/// A connection with the extensions that capture needs.
pub(crate) struct Link {
    pub(crate) conn: RustConnection,
    pub(crate) root: Window,
    pub(crate) atoms: Atoms,
    /// Bits of an id that its client chooses; the others name the client.
    id_mask: u32,
    bell: Arc<Bell>,
    /// An event that was read while looking whether there is one.
    peeked: Cell<Option<Event>>,
}

/// The bits of a resource's id that name its client. The server lets nobody
/// make an id outside the client's own range, so ownership is not a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Client(pub(crate) u32);

/// A broken connection, as a source reports it.
pub(crate) fn lost(error: ConnectionError) -> SourceError {
    match error {
        ConnectionError::IoError(e) => SourceError::Disconnected(e),
        ConnectionError::UnsupportedExtension => SourceError::Screen("an extension is missing"),
        ConnectionError::ParseError(_) => SourceError::Screen("a reply could not be read"),
        ConnectionError::InsufficientMemory => SourceError::Screen("out of memory"),
        _ => SourceError::Screen("the connection is unusable"),
    }
}

/// A reply, or `None` if the server refused: what the request named is gone or
/// changed meanwhile. That happens all the time and is nobody's fault.
pub(crate) fn answer<T>(reply: Result<T, ReplyError>) -> Result<Option<T>, SourceError> {
    match reply {
        Ok(reply) => Ok(Some(reply)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(ReplyError::ConnectionError(e)) => Err(lost(e)),
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link(root {:#x})", self.root)
    }
}

impl Link {
    /// Connects to this display, or to the one that `DISPLAY` names.
    pub(crate) fn open(display: Option<&str>) -> Result<Self, OpenError> {
        let (conn, screen) = RustConnection::connect(display)?;
        let setup = conn.setup();
        let id_mask = setup.resource_id_mask;
        let little = setup.image_byte_order == ImageOrder::LSB_FIRST;
        let wide = |depth| {
            let mut formats = setup.pixmap_formats.iter();
            formats.any(|f| f.depth == depth && f.bits_per_pixel == 32)
        };
        let screen = setup.roots.get(screen).ok_or(OpenError::Pixels)?;
        let root = screen.root;
        let depths = screen.allowed_depths.iter();
        let usual = depths.flat_map(|d| &d.visuals).any(|v| {
            v.visual_id == screen.root_visual
                && v.class == VisualClass::TRUE_COLOR
                && (v.red_mask, v.green_mask, v.blue_mask) == (0xff_0000, 0xff00, 0xff)
        });
        if !little || !usual || !wide(screen.root_depth) {
            return Err(OpenError::Pixels);
        }
        let atoms = Atoms::new(&conn).map_err(lost)?;
        let atoms = answer(atoms.reply())?.ok_or(SourceError::Screen("no atoms"))?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let bell = Arc::new(Bell(bell.map_err(|e| SourceError::Disconnected(e.into()))?));
        let link = Self {
            conn,
            root,
            atoms,
            id_mask,
            bell,
            peeked: Cell::new(None),
        };
        link.extensions()?;
        Ok(link)
    }

    /// Each extension must be asked for its version before it is used.
    fn extensions(&self) -> Result<(), OpenError> {
        let there = |name: &'static str, short| {
            let found = self.conn.extension_information(name).map_err(lost)?;
            found.map(|_| ()).ok_or(OpenError::Lacks(short))
        };
        there(xfixes::X11_EXTENSION_NAME, "XFixes")?;
        there(damage::X11_EXTENSION_NAME, "Damage")?;
        there(composite::X11_EXTENSION_NAME, "Composite")?;
        there(res::X11_EXTENSION_NAME, "X-Resource")?;
        there(shape::X11_EXTENSION_NAME, "Shape")?;
        there(xinput::X11_EXTENSION_NAME, "XInput")?;
        let c = &self.conn;
        answer(xfixes::query_version(c, 5, 0).map_err(lost)?.reply())?
            .ok_or(OpenError::Lacks("XFixes"))?;
        answer(damage::query_version(c, 1, 1).map_err(lost)?.reply())?
            .ok_or(OpenError::Lacks("Damage"))?;
        answer(composite::query_version(c, 0, 4).map_err(lost)?.reply())?
            .filter(|v| (v.major_version, v.minor_version) >= (0, 2))
            .ok_or(OpenError::Lacks("Composite 0.2"))?;
        answer(res::query_version(c, 1, 2).map_err(lost)?.reply())?
            .filter(|v| (v.server_major, v.server_minor) >= (1, 2))
            .ok_or(OpenError::Lacks("X-Resource 1.2"))?;
        answer(xinput::xi_query_version(c, 2, 2).map_err(lost)?.reply())?
            .filter(|v| (v.major_version, v.minor_version) >= (2, 1))
            .ok_or(OpenError::Lacks("XInput 2.1"))?;
        Ok(())
    }

    /// Whether images can come through memory that both sides map: not from a
    /// display on another machine.
    pub(crate) fn shares_memory(&self) -> Result<bool, SourceError> {
        let found = self.conn.extension_information(shm::X11_EXTENSION_NAME);
        if found.map_err(lost)?.is_none() {
            return Ok(false);
        }
        let version = shm::query_version(&self.conn).map_err(lost)?.reply();
        Ok(answer(version)?.is_some_and(|v| (v.major_version, v.minor_version) >= (1, 2)))
    }

    pub(crate) fn client_of(&self, id: u32) -> Client {
        Client(id & !self.id_mask)
    }

    pub(crate) fn new_id(&self) -> Result<u32, SourceError> {
        self.conn.generate_id().map_err(|e| match e {
            ReplyOrIdError::ConnectionError(e) => lost(e),
            _ => SourceError::Screen("no identifier is left"),
        })
    }

    pub(crate) fn waker(&self) -> Waker {
        Waker::new(Arc::clone(&self.bell) as Arc<dyn Wake>)
    }

    /// The server serves nobody else from here on. Keep it short.
    pub(crate) fn stop_others(&self) -> Result<(), SourceError> {
        let stopped = xproto::grab_server(&self.conn).map_err(lost)?;
        stopped.ignore_error();
        Ok(())
    }

    /// It serves everybody again.
    pub(crate) fn resume_others(&self) -> Result<(), SourceError> {
        let resumed = xproto::ungrab_server(&self.conn).map_err(lost)?;
        resumed.ignore_error();
        self.conn.flush().map_err(lost)
    }

    /// The next event that has arrived. After a reply, that includes all that
    /// happened before the server made it.
    pub(crate) fn next(&self) -> Result<Option<Event>, SourceError> {
        match self.peeked.take() {
            Some(event) => Ok(Some(event)),
            None => self.conn.poll_for_event().map_err(lost),
        }
    }

    /// Whether the waker was used since this was last asked.
    pub(crate) fn woken(&self) -> bool {
        rustix::io::read(&self.bell.0, &mut [0u8; 8]).is_ok()
    }

    /// Sleeps until there is something to read, the waker is used, or the time
    /// has come.
    pub(crate) fn sleep(&self, until: Option<Instant>) -> Result<(), SourceError> {
        // What arrived beside an answer is in our own memory already: the
        // descriptor would not tell.
        if let Some(event) = self.next()? {
            self.peeked.set(Some(event));
            return Ok(());
        }
        self.conn.flush().map_err(lost)?;
        let stream = self.conn.stream();
        let mut fds = [
            PollFd::new(stream, PollFlags::IN),
            PollFd::from_borrowed_fd(self.bell.0.as_fd(), PollFlags::IN),
        ];
        let span = until.map(|t| {
            let span = t.saturating_duration_since(Instant::now());
            Timespec {
                tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: span.subsec_nanos().into(),
            }
        });
        match poll(&mut fds, span.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(SourceError::Disconnected(io::Error::from(e))),
        }
    }
}
