//! How a node starts its warden, and how that finds its socket: standard
//! input. So nothing is in the arguments or the environment, no number has to
//! be trusted, and no other child inherits it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

/// A warden that was started. When its process ends, start another at once: a
/// fresh one lets go of whatever this one held down (GUARD-5).
#[derive(Debug)]
pub struct Spawned {
    /// The node's end: frames of [`super::protocol`].
    pub socket: UnixStream,
    /// The process. Dropping it does not end it; closing the socket does.
    pub child: Child,
}

/// Starts a warden: `command` is the program with what makes it one (`kith
/// warden`), and the environment that it needs to find the screen.
///
/// # Errors
/// No socketpair, or the program can't be started.
pub fn spawn(mut command: Command) -> io::Result<Spawned> {
    // Both ends close on exec; the child gets its own as standard input.
    let (socket, theirs) = UnixStream::pair()?;
    let child = command
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .spawn()?;
    Ok(Spawned { socket, child })
}

/// The socket that this process inherited as standard input.
///
/// # Errors
/// It can't be duplicated. Whether it is a socket shows at the first use.
pub fn inherited() -> io::Result<UnixStream> {
    Ok(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?))
}
