//! The socket to the node: never waited for.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use super::protocol::{Frames, FromWarden, ProtocolError, ToWarden, frame};

/// Most bytes that wait for a node that doesn't read. What only informs is
/// dropped long before; beyond this the node is beyond help, and its warden
/// goes on without telling it.
const MAX_WAITING: usize = 256 * 1024;
/// Beyond this, only what matters is kept.
const MAX_CHATTER: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct Link {
    socket: UnixStream,
    frames: Frames,
    out: Vec<u8>,
    ended: bool,
}

impl Link {
    pub(super) fn new(socket: UnixStream) -> std::io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            frames: Frames::new(),
            out: Vec::new(),
            ended: false,
        })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    pub(super) const fn wants_to_write(&self) -> bool {
        !self.out.is_empty()
    }

    /// Whether the node is gone.
    pub(super) const fn ended(&self) -> bool {
        self.ended
    }

    /// The next message, if one has arrived.
    pub(super) fn next(&mut self) -> Result<Option<ToWarden>, ProtocolError> {
        if let Some(message) = self.frames.take()? {
            return Ok(Some(message));
        }
        let mut buffer = [0; 16 * 1024];
        match self.socket.read(&mut buffer) {
            Ok(0) => self.ended = true,
            Ok(n) => {
                self.frames.push(&buffer[..n]);
                return self.frames.take();
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.ended = true,
        }
        Ok(None)
    }

    /// Tells the node, now or when it reads.
    pub(super) fn tell(&mut self, message: &FromWarden) {
        let informs = matches!(
            message,
            FromWarden::Refused { .. } | FromWarden::Acting(..) | FromWarden::Local(_)
        );
        let room = if informs { MAX_CHATTER } else { MAX_WAITING };
        let bytes = frame(message);
        if self.out.len() + bytes.len() <= room {
            self.out.extend_from_slice(&bytes);
        }
        self.flush();
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&mut self) {
        while !self.out.is_empty() && !self.ended {
            match self.socket.write(&self.out) {
                Ok(n) => {
                    self.out.drain(..n);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.ended = true,
            }
        }
    }
}
