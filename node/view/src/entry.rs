//! How a node starts a viewer process: one socket, inherited.
#![allow(unsafe_code)] // one call, with its reason

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use kith_display::look::Language;
use rustix::net::{AddressFamily, SocketType, sockopt};

use crate::rfb::{self, Ended, OneTime, RfbError};
use crate::session::Over;
use crate::window::{Options, WindowError, run};

/// Takes the socket that this process was started with.
///
/// Call it once, first thing, with the number that the process was told.
///
/// # Errors
/// It is not open, or no Unix stream socket.
pub fn take_socket(fd: RawFd) -> io::Result<UnixStream> {
    if fd < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: only looked at, within this function; if nothing is open there
    // the calls below fail.
    let looked_at = unsafe { BorrowedFd::borrow_raw(fd) };
    let stream = sockopt::socket_type(looked_at)? == SocketType::STREAM
        && sockopt::socket_domain(looked_at)? == AddressFamily::UNIX;
    if !stream {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // Programs started by this one don't get it (none will be).
    rustix::io::fcntl_setfd(looked_at, rustix::io::FdFlags::CLOEXEC)?;
    // SAFETY: it is open, it was given to this process to own, and the caller
    // takes it once, before anything else opens descriptors.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) }.into())
}

/// `kith view --fd N`: the window over the inherited socket `fd`.
///
/// # Errors
/// [`WindowError`].
pub fn main_from_fd(fd: RawFd, options: Options) -> Result<Option<Over>, WindowError> {
    run(take_socket(fd)?, options)
}

/// `kith view --rfb`: the VNC bridge over the inherited socket `fd`. `tell` is
/// told on which port it listens, and for whom. The VNC viewer's title is in this
/// language.
///
/// # Errors
/// [`RfbError`].
pub fn rfb_from_fd(
    fd: RawFd,
    language: Language,
    tell: impl FnOnce(u16, &OneTime) -> io::Result<()>,
) -> Result<Ended, RfbError> {
    rfb::run(take_socket(fd)?, language, tell)
}
