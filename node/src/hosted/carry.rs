//! The sharer's node between a viewer's stream and the VNC server.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout};

use super::rfb::{self, CHALLENGE, GREETING, Hands, RfbFault, Sieve, VNC_AUTH};
use super::{FIRST_WORD, HERE, Leave, stopped};
use crate::share::{Bye, Ending};

/// How long a server that a person names may take to say what it is.
const ASKING: Duration = Duration::from_secs(1);
/// Bytes that are passed on at once.
const PART: usize = 16 * 1024;
/// The longest reason that a server may give for a refusal.
const MAX_REASON: u32 = 1024;

/// Why a session can't go on.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Rfb(#[from] RfbFault),
}

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

/// Asks whether a VNC server with a password waits at this place: its first
/// exchange, no more (PORT-1). For places that our own person named.
///
/// # Errors
/// [`NoServer`].
pub async fn greets(server: SocketAddr) -> Result<(), NoServer> {
    let asked = async {
        let mut server = TcpStream::connect(server).await?;
        welcome(&mut server).await
    };
    match timeout(ASKING, asked).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Broken::Rfb(fault))) => Err(fault.into()),
        Ok(Err(Broken::Io(error))) => Err(NoServer::Silent(error)),
        Err(_) => Err(NoServer::Silent(io::ErrorKind::TimedOut.into())),
    }
}

/// Greets a server and hears whether a password will do.
async fn welcome(server: &mut TcpStream) -> Result<(), Broken> {
    let mut greeting = [0; GREETING];
    server.read_exact(&mut greeting).await?;
    rfb::greeting(&greeting)?;
    server.write_all(&rfb::VERSION).await?;
    let count = server.read_u8().await?;
    let mut kinds = vec![0; count.into()];
    server.read_exact(&mut kinds).await?;
    match kinds.contains(&VNC_AUTH) {
        true => Ok(()),
        false => Err(RfbFault::Security.into()),
    }
}

/// Carries one session from its first to its last byte.
pub(super) async fn carry(
    viewer: impl AsyncRead + AsyncWrite,
    mut server: TcpStream,
    mut leave: watch::Receiver<Leave>,
    mut stop: watch::Receiver<bool>,
) -> Ending {
    // Small messages both ways: keys there, answers back.
    let _ = server.set_nodelay(true);
    let (mut from, mut to) = tokio::io::split(viewer);
    let opened = tokio::select! {
        biased;
        () = stopped(&mut stop) => return HERE,
        opened = timeout(FIRST_WORD, open(&mut server, &mut from, &mut to)) => opened,
    };
    match opened {
        Ok(Ok(Open::Yes)) => {}
        // The viewer has the wrong password, and was told so by the server.
        Ok(Ok(Open::No)) => return Ending::Refused,
        Ok(Err(Broken::Io(_))) | Err(_) => return Ending::Silent,
        Ok(Err(Broken::Rfb(fault))) => {
            tracing::info!(%fault, "a hosted session can’t begin");
            return Ending::PeerFault;
        }
    }
    let (mut server_from, mut server_to) = server.split();
    let mut sieve = Sieve::default();
    let ending = tokio::select! {
        biased;
        () = stopped(&mut stop) => HERE,
        ending = hear(&mut from, &mut server_to, &mut sieve, &mut leave) => ending,
        () = pass(&mut server_from, &mut to) => Ending::Here(Bye::SourceGone),
    };
    let mut last = Vec::new();
    sieve.let_go(&mut last);
    let _ = timeout(Duration::from_secs(1), server_to.write_all(&last)).await;
    ending
}

/// Whether the server lets the viewer in.
enum Open {
    Yes,
    No,
}

/// The beginning, in which only a password is spoken of.
async fn open(
    server: &mut TcpStream,
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> Result<Open, Broken> {
    welcome(server).await?;
    to.write_all(&rfb::VERSION).await?;
    to.flush().await?;
    let mut greeting = [0; GREETING];
    from.read_exact(&mut greeting).await?;
    if greeting != rfb::VERSION {
        return Err(RfbFault::Version.into());
    }
    to.write_all(&[1, VNC_AUTH]).await?;
    to.flush().await?;
    if from.read_u8().await? != VNC_AUTH {
        return Err(RfbFault::Security.into());
    }
    server.write_all(&[VNC_AUTH]).await?;
    let mut challenge = [0; CHALLENGE];
    server.read_exact(&mut challenge).await?;
    to.write_all(&challenge).await?;
    to.flush().await?;
    from.read_exact(&mut challenge).await?;
    server.write_all(&challenge).await?;
    let result = server.read_u32().await?;
    to.write_u32(result).await?;
    if result != 0 {
        let n = server.read_u32().await?.min(MAX_REASON);
        let mut reason = vec![0; n as usize];
        server.read_exact(&mut reason).await?;
        to.write_u32(n).await?;
        to.write_all(&reason).await?;
        to.flush().await?;
        return Ok(Open::No);
    }
    to.flush().await?;
    // Whether others at the server may stay is not for a viewer to say.
    let _ = from.read_u8().await?;
    server.write_all(&[1]).await?;
    Ok(Open::Yes)
}

/// Lets through what the viewer may send. When less is allowed from now on,
/// what it holds goes up.
async fn hear(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    sieve: &mut Sieve,
    leave: &mut watch::Receiver<Leave>,
) -> Ending {
    let mut part = vec![0; PART];
    let mut out = Vec::new();
    let mut now = *leave.borrow_and_update();
    loop {
        out.clear();
        tokio::select! {
            biased;
            Ok(()) = leave.changed() => now = *leave.borrow_and_update(),
            () = over(now) => {}
            read = from.read(&mut part) => match read {
                Ok(0) => return Ending::There(Bye::Stopped),
                Err(_) => return Ending::Silent,
                Ok(n) => {
                    // What counts now, whichever was ready first.
                    now = *leave.borrow();
                    if let Err(fault) = sieve.pass(&part[..n], now.hands(), &mut out) {
                        tracing::info!(%fault, "a viewer misbehaved");
                        return Ending::PeerFault;
                    }
                }
            },
        }
        if now.hands() == Hands::Bound {
            sieve.let_go(&mut out);
        }
        if to.write_all(&out).await.is_err() {
            return Ending::Here(Bye::SourceGone);
        }
    }
}

/// Waits until leave to control is over, where there is any.
async fn over(leave: Leave) {
    match leave {
        Leave::Free(until) if leave.hands() == Hands::Free => sleep_until(until).await,
        Leave::Free(_) | Leave::Bound => std::future::pending().await,
    }
}

/// Passes the picture on; returns when there is no more of it.
async fn pass(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
    let mut part = vec![0; PART];
    loop {
        let n = match from.read(&mut part).await {
            Ok(n) if n > 0 => n,
            _ => return,
        };
        let passed = async {
            to.write_all(&part[..n]).await?;
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
