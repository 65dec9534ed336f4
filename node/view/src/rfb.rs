//! A bridge for ordinary VNC viewers (SHARE-6): an RFB 3.8 server (RFC 6143)
//! on the loopback interface, in a process confined like the window's.
//!
//! VNC's own password check is DES with a key of 56 bits and says nothing
//! about who the server is; what follows it is not encrypted. So it listens on
//! `127.0.0.1` only, on a port of the system's choosing, for one connection,
//! with a password that is made for it, told to whoever started it and to
//! nobody else (not to the node either), and good for three tries. Whoever may read this machine's
//! loopback traffic (root) can read the picture; any program of this user
//! could anyhow.

mod auth;
mod pixels;
mod protocol;
mod server;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use kith_display::look::Language;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{SocketFlags, accept_with};

use crate::confine::{ConfineError, Needs, confine};
use crate::headless::{flush, is_gone, now, would_block};
use crate::session::{Over, Session};
use crate::words::texts;
use auth::Key;
use server::Server;

pub use auth::OneTime;
pub use protocol::ClientFault;

/// Tries at the password, each a connection of its own.
pub const TRIES: u32 = 3;

/// How long nobody may be connected before the bridge gives up.
const LONELY: Duration = Duration::from_secs(300);

/// How long a connection may take to say its password.
const GREETING: Duration = Duration::from_secs(60);

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// Why the bridge failed: this machine's fault.
#[derive(Debug, thiserror::Error)]
pub enum RfbError {
    /// A socket.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The process could not be confined, so it read nothing.
    #[error(transparent)]
    Confine(#[from] ConfineError),
}

/// How the bridge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The share was over.
    Share(Over),
    /// The VNC viewer left.
    Left,
    /// Nobody came, or nobody who knew the password.
    Nobody,
    /// The VNC viewer sent what is no RFB, or what was not offered.
    Fault(ClientFault),
}

impl Ended {
    /// Why, for the person who started it; none where that was their own doing.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Share(over) => Some(over.words().to_owned()),
            Self::Left => None,
            Self::Nobody => Some("No VNC viewer came that knew the password.".to_owned()),
            Self::Fault(fault) => Some(format!("It is over: {fault}.")),
        }
    }
}

/// Serves one VNC viewer, whose title is in this language; `tell` is told on which port of `127.0.0.1`, and for
/// whom. Confines this process for good before the first byte is read, so
/// nothing else should go on in it.
///
/// # Errors
/// [`RfbError`]; also where `tell` fails: nobody would know the password.
pub fn run(
    socket: UnixStream,
    language: Language,
    tell: impl FnOnce(u16, &OneTime) -> io::Result<()>,
) -> Result<Ended, RfbError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    listener.set_nonblocking(true)?;
    socket.set_nonblocking(true)?;
    let password = auth::password()?;
    tell(port, &password)?;
    let confined = confine(Needs::Accept)?;
    let mut bridge = Bridge {
        socket,
        session: Session::new(),
        listener: Some(listener),
        client: None,
        server: Server::new(Key::new(&password), texts(language)),
        password,
        language,
        started: Instant::now(),
        since: Instant::now(),
        tries: 0,
        chunk: vec![0; CHUNK],
    };
    bridge.session.ready(confined.files, confined.calls);
    bridge.run()
}

struct Bridge {
    socket: UnixStream,
    session: Session,
    /// Gone once somebody knew the password.
    listener: Option<TcpListener>,
    client: Option<TcpStream>,
    server: Server,
    password: OneTime,
    language: Language,
    started: Instant,
    /// When the last connection came or went.
    since: Instant,
    tries: u32,
    chunk: Vec<u8>,
}

impl Bridge {
    fn run(&mut self) -> Result<Ended, RfbError> {
        loop {
            self.hear_node()?;
            self.settle();
            flush(&mut self.session, &mut self.socket)?;
            if let Some(ended) = self.hear_client()? {
                // What the viewer held is let go (GUARD-5).
                flush(&mut self.session, &mut self.socket)?;
                return Ok(ended);
            }
            if let Some(over) = self.session.over() {
                return Ok(Ended::Share(over));
            }
            let limit = if self.client.is_some() {
                GREETING
            } else {
                LONELY
            };
            let greeted = self.server.is_running();
            let left = limit.saturating_sub(self.since.elapsed());
            if !greeted && left.is_zero() {
                if self.client.is_none() || self.tries >= TRIES {
                    return Ok(Ended::Nobody);
                }
                self.hang_up();
                continue;
            }
            self.wait((!greeted).then_some(left))?;
        }
    }

    fn hang_up(&mut self) {
        self.client = None;
        self.server = Server::new(Key::new(&self.password), texts(self.language));
        self.since = Instant::now();
    }

    fn hear_node(&mut self) -> io::Result<()> {
        while self.session.over().is_none() {
            match self.socket.read(&mut self.chunk) {
                Ok(0) => self.session.node_gone(),
                Ok(n) => {
                    let started = self.started;
                    let bytes = self.chunk.get(..n).unwrap_or(&[]);
                    self.session.feed(bytes, || now(started));
                }
                Err(e) if would_block(&e) => break,
                Err(e) if is_gone(&e) => self.session.node_gone(),
                Err(e) => return Err(e),
            }
            // A VNC viewer asks when it can take more, so what is decoded
            // counts as painted: the sharer need not wait for it.
            self.session.painted(now(self.started));
        }
        Ok(())
    }

    /// News of the share become dirty areas, and those updates.
    fn settle(&mut self) {
        let news = self.session.take_news();
        self.server.news(&news, &self.session);
        self.server.update(&self.session);
    }

    fn hear_client(&mut self) -> io::Result<Option<Ended>> {
        if self.client.is_none() {
            self.accept()?;
        }
        let Some(client) = &mut self.client else {
            return Ok(None);
        };
        let mut gone = false;
        match client.read(&mut self.chunk) {
            Ok(0) => gone = true,
            Ok(n) => {
                let bytes = self.chunk.get(..n).unwrap_or(&[]);
                if let Err(fault) = self.server.feed(bytes, &mut self.session) {
                    return self.failed(fault);
                }
            }
            Err(e) if would_block(&e) => (),
            Err(_) => gone = true,
        }
        if self.server.is_running() {
            self.listener = None;
        }
        self.server.update(&self.session);
        while !gone && !self.server.output().is_empty() {
            match client.write(self.server.output()) {
                Ok(n) => self.server.written(n),
                Err(e) if would_block(&e) => break,
                Err(_) => gone = true,
            }
        }
        if !gone {
            return Ok(None);
        }
        if self.server.is_running() {
            self.server.let_go(&mut self.session);
            return Ok(Some(Ended::Left));
        }
        self.hang_up();
        Ok((self.tries >= TRIES).then_some(Ended::Nobody))
    }

    fn failed(&mut self, fault: ClientFault) -> io::Result<Option<Ended>> {
        if self.server.is_running() {
            self.server.let_go(&mut self.session);
            return Ok(Some(Ended::Fault(fault)));
        }
        // It is told, if it can be at once.
        if let Some(client) = &mut self.client {
            let _ = client.write(self.server.output());
        }
        self.hang_up();
        Ok((self.tries >= TRIES).then_some(Ended::Nobody))
    }

    fn accept(&mut self) -> io::Result<()> {
        let Some(listener) = &self.listener else {
            return Ok(());
        };
        match accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
            Ok(fd) => {
                let client = TcpStream::from(fd);
                client.set_nodelay(true)?;
                self.client = Some(client);
                self.tries += 1;
                self.since = Instant::now();
                self.server = Server::new(Key::new(&self.password), texts(self.language));
                self.server.greet()?;
                Ok(())
            }
            Err(e) => {
                let e = io::Error::from(e);
                if would_block(&e) { Ok(()) } else { Err(e) }
            }
        }
    }

    fn wait(&self, limit: Option<Duration>) -> io::Result<()> {
        let interest = |more: bool| {
            if more {
                PollFlags::IN | PollFlags::OUT
            } else {
                PollFlags::IN
            }
        };
        let mut fds = vec![PollFd::new(
            &self.socket,
            interest(!self.session.output().is_empty()),
        )];
        if let Some(client) = &self.client {
            let more = interest(!self.server.output().is_empty());
            fds.push(PollFd::from_borrowed_fd(client.as_fd(), more));
        } else if let Some(listener) = &self.listener {
            fds.push(PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN));
        }
        let limit = limit.and_then(|l| Timespec::try_from(l).ok());
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}
