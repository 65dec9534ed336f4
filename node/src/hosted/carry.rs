//! The sharer's node between a viewer's stream and the VNC server.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kith_proto::rfb::{Hands, Middle, RfbFault, presses};
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::handshake::{Broken, admit, enter};
use super::secret::{CHALLENGE, Keys, Password};
use super::{FIRST_WORD, HERE, Leave, stopped};
use crate::share::{Bye, Ending};

/// How long a server that a person names may take to say what it is.
const ASKING: Duration = Duration::from_secs(1);
/// Bytes that are passed on at once.
const PART: usize = 16 * 1024;
/// Bytes to a server that the kernel may keep: what is there already can't be
/// called back (GUARD-6). Linux counts more than a KiB for a key that is under
/// way, and a server may confirm only every 40 ms what it got: with less, the
/// pace that is allowed would not be reached.
const UNDERWAY: usize = 16 * 1024;
/// How long a server may take to hear what is let go at the end.
const LETTING_GO: Duration = Duration::from_secs(1);
/// Why a place isn't a VNC server that can be offered.
#[derive(Debug, thiserror::Error)]
pub enum NoServer {
    /// Nothing answers there.
    #[error("nothing answers there: {0}")]
    Silent(io::Error),
    /// It is none, or none that can be offered.
    #[error(transparent)]
    Rfb(#[from] RfbFault),
}

/// Asks whether a VNC server waits at this place, and whether it opens with
/// this password: its first exchange, no more (PORT-1). For places that our
/// own person named.
///
/// # Errors
/// [`NoServer`].
pub async fn opens(server: SocketAddr, password: Option<&Password>) -> Result<(), NoServer> {
    let asked = async {
        let mut server = TcpStream::connect(server).await?;
        enter(&mut server, password).await
    };
    match timeout(ASKING, asked).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Broken::Rfb(fault))) => Err(fault.into()),
        Ok(Err(Broken::Io(error))) => Err(NoServer::Silent(error)),
        Err(_) => Err(NoServer::Silent(io::ErrorKind::TimedOut.into())),
    }
}

/// Carries one session from its first to its last byte. The server hears a
/// password from us, the viewer must know another.
pub(super) async fn carry(
    mut viewer: impl AsyncRead + AsyncWrite + Unpin,
    mut server: TcpStream,
    keys: Keys,
    mut leave: watch::Receiver<Leave>,
    mut stop: watch::Receiver<bool>,
) -> Ending {
    // Small messages both ways: keys there, answers back.
    let _ = server.set_nodelay(true);
    let _ = set_socket_send_buffer_size(&server, UNDERWAY);
    let opened = tokio::select! {
        biased;
        () = stopped(&mut stop) => return HERE,
        opened = timeout(FIRST_WORD, open(&mut server, &mut viewer, keys)) => opened,
    };
    match opened {
        Ok(Ok(())) => {}
        Ok(Err(Shut::Server(fault))) => {
            tracing::info!(%fault, "a server can’t be entered");
            return Ending::Source;
        }
        Ok(Err(Shut::Viewer(Broken::Rfb(fault)))) => {
            tracing::info!(%fault, "a viewer isn’t let in");
            return Ending::PeerFault;
        }
        Ok(Err(Shut::Viewer(Broken::Io(_)))) | Err(_) => return Ending::Silent,
    }
    let (mut from, mut to) = tokio::io::split(viewer);
    let (mut server_from, mut server_to) = server.split();
    let middle = Mutex::default();
    let mut pen = Pen::default();
    let ending = tokio::select! {
        biased;
        () = stopped(&mut stop) => HERE,
        ending = hear(&mut from, &mut server_to, &middle, &mut leave, &mut pen) => ending,
        ending = pass(&mut server_from, &mut to, &middle) => ending,
    };
    pen.let_go(&middle);
    let _ = timeout(LETTING_GO, server_to.write_all(&pen.rest)).await;
    ending
}

/// At which door it ended before it began.
enum Shut {
    Server(Broken),
    Viewer(Broken),
}

/// The beginning, on both sides; both passwords are wiped when it is over.
async fn open(
    server: &mut TcpStream,
    viewer: &mut (impl AsyncRead + AsyncWrite + Unpin),
    keys: Keys,
) -> Result<(), Shut> {
    let entered = enter(server, keys.server.as_ref()).await;
    entered.map_err(Shut::Server)?;
    let challenge: [u8; CHALLENGE] = rand::random();
    let admitted = admit(viewer, &keys.viewer, &challenge).await;
    admitted.map_err(Shut::Viewer)?;
    // Whether others at the server may stay is not for a viewer to say.
    let shared = server.write_all(&[1]).await;
    shared.map_err(|e| Shut::Server(e.into()))
}

/// Never for long: both directions are read by one task.
fn locked(middle: &Mutex<Middle>) -> MutexGuard<'_, Middle> {
    middle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What hasn't reached the server yet, though it may: the rest of one message,
/// and what is let go behind it.
#[derive(Debug, Default)]
struct Pen {
    rest: Vec<u8>,
    /// A part of it is there.
    begun: bool,
}

impl Pen {
    /// Writes once. Nothing is lost where this is given up.
    async fn write(&mut self, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        match to.write(&self.rest).await? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            n => {
                self.rest.drain(..n);
                self.begun = !self.rest.is_empty();
                Ok(())
            }
        }
    }

    /// What the viewer holds goes up. Only a message that has begun is finished
    /// before.
    fn let_go(&mut self, middle: &Mutex<Middle>) {
        if !self.begun && presses(&self.rest) {
            self.rest.clear();
        }
        locked(middle).let_go(&mut self.rest);
    }
}

/// Lets through what the viewer may send, message by message: the next is
/// judged when the server has taken the last. When less is allowed from now
/// on, nothing waits to be written but what lets go (GUARD-6).
async fn hear(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    middle: &Mutex<Middle>,
    leave: &mut watch::Receiver<Leave>,
    pen: &mut Pen,
) -> Ending {
    let began = Instant::now();
    let mut part = vec![0; PART];
    let mut heard = 0..0;
    let mut now = *leave.borrow_and_update();
    loop {
        if pen.rest.is_empty() && !heard.is_empty() {
            // What counts now, whether or not it was told.
            now = *leave.borrow();
            let bytes = &part[heard.clone()];
            let took = locked(middle).viewer(bytes, now.hands(), began.elapsed(), &mut pen.rest);
            match took {
                Ok(n) => heard.start += n,
                Err(fault) => {
                    tracing::info!(%fault, "a viewer misbehaved");
                    return Ending::PeerFault;
                }
            }
        }
        let wants = pen.rest.is_empty() && heard.is_empty();
        tokio::select! {
            biased;
            Ok(()) = leave.changed() => now = *leave.borrow_and_update(),
            () = over(now) => now = Leave::Bound,
            wrote = pen.write(to), if !pen.rest.is_empty() => if wrote.is_err() {
                return Ending::Here(Bye::SourceGone);
            },
            read = from.read(&mut part), if wants => match read {
                Ok(0) | Err(_) => return Ending::Silent,
                Ok(n) => heard = 0..n,
            },
        }
        if now.hands() == Hands::Bound {
            pen.let_go(middle);
        }
    }
}

/// Waits until leave to control is over, where there is any.
async fn over(leave: Leave) {
    match leave {
        Leave::Free(until) => sleep_until(until).await,
        Leave::Bound => std::future::pending().await,
    }
}

/// Passes the picture on; returns when there is no more of it.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    middle: &Mutex<Middle>,
) -> Ending {
    let mut part = vec![0; PART];
    let mut out = Vec::new();
    loop {
        let n = match from.read(&mut part).await {
            Ok(n) if n > 0 => n,
            _ => return Ending::Here(Bye::SourceGone),
        };
        out.clear();
        let told = locked(middle).server(&part[..n], &mut out);
        if let Err(fault) = told {
            tracing::info!(%fault, "a server says what isn’t understood");
            return Ending::Source;
        }
        let passed = async {
            to.write_all(&out).await?;
            to.flush().await
        };
        if passed.await.is_err() {
            // The other direction says what has happened.
            return std::future::pending().await;
        }
    }
}

#[cfg(test)]
mod tests;
