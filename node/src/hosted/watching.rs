//! The viewer's side of a hosted session.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use kith_proto::rfb::{self, GREETING};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::preface::{Preface, Wish};
use super::program::Running;
use super::{FIRST_WORD, HERE, Hosted, Look, stopped};
use crate::share::{Bye, Ending, PathKind, path_kind};
use crate::swarm::{Link, Stream, Via};

/// How long a server that the policy lists may take to greet, before the way
/// through the sharer's node is taken.
const DIRECT: Duration = Duration::from_secs(3);

/// How long the sharer's word on the end is awaited.
const FAREWELL: Duration = Duration::from_millis(500);

/// What leads to the server.
trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// A server that has greeted, and how it is reached.
struct Reached {
    line: Box<dyn Line>,
    greeting: [u8; GREETING],
    path: PathKind,
    /// Where it is reached directly: the stream that lasts as long.
    beside: Option<Stream>,
}

impl Hosted {
    /// Sees a hosted session until it is over; says why it is.
    pub(super) async fn look(&self, look: Look, mut stop: watch::Receiver<bool>) -> Ending {
        let reached = tokio::select! {
            biased;
            () = stopped(&mut stop) => return HERE,
            reached = self.reach(&look) => reached,
        };
        let reached = match reached {
            Ok(reached) => reached,
            Err(error) => {
                tracing::info!(%error, "a hosted session isn’t reached");
                return Ending::Refused;
            }
        };
        let started = Running::start(&look.program, &look.folder, &look.password);
        let Look {
            session, password, ..
        } = look;
        let program = match started {
            Ok(program) => program,
            Err(error) => {
                tracing::warn!(%error, "the viewer can’t be started");
                return Ending::NoWindow;
            }
        };
        // The program has it; nothing here needs it any more.
        drop(password);
        let shown = tokio::select! {
            biased;
            () = stopped(&mut stop) => return HERE,
            shown = timeout(FIRST_WORD, program.comes()) => shown,
        };
        let Ok(Ok(shown)) = shown else {
            return Ending::NoWindow;
        };
        self.running(session, reached.path).await;
        let ending = tokio::select! {
            biased;
            () = stopped(&mut stop) => HERE,
            ending = join(shown, reached) => ending,
            () = program.ends() => Ending::Window,
        };
        // It ends: a viewer that shows the last picture for ever shows too much.
        drop(program);
        // Why it ended there, the sharer's node says elsewhere, a moment later.
        match ending {
            Ending::There(_) => match timeout(FAREWELL, stopped(&mut stop)).await {
                Ok(()) => HERE,
                Err(_) => ending,
            },
            ending => ending,
        }
    }

    /// A line to the server, over which it has greeted as VNC does.
    async fn reach(&self, look: &Look) -> io::Result<Reached> {
        if let Some(server) = look.direct {
            match timeout(DIRECT, self.by_itself(look, server)).await {
                Ok(Ok(reached)) => return Ok(reached),
                Ok(Err(error)) => tracing::debug!(%error, "a server isn’t reached directly"),
                Err(_) => tracing::debug!("a server doesn’t answer directly"),
            }
        }
        let carried = async {
            let line = self.stream(look, Wish::Carry).await?;
            let (line, greeting) = greeted(line).await?;
            Ok::<_, io::Error>((line, greeting))
        };
        let (line, greeting) = timeout(FIRST_WORD, carried).await??;
        Ok(Reached {
            line: Box::new(line),
            greeting,
            path: path_kind(&self.0.swarm, look.conn).await,
            beside: None,
        })
    }

    async fn by_itself(&self, look: &Look, server: SocketAddr) -> io::Result<Reached> {
        let line = TcpStream::connect(server).await?;
        line.set_nodelay(true)?;
        let (line, greeting) = greeted(line).await?;
        // So that both sides know how long it lasts.
        let beside = self.stream(look, Wish::Beside).await?;
        Ok(Reached {
            line: Box::new(line),
            greeting,
            path: PathKind {
                link: Some(Link::Tcp),
                via: Via::Direct,
            },
            beside: Some(beside),
        })
    }

    /// A stream to the sharer's door.
    async fn stream(&self, look: &Look, wish: Wish) -> io::Result<Stream> {
        let opened = self.0.swarm.open(look.conn, super::protocol()).await;
        let mut stream = opened.map_err(io::Error::other)?;
        let preface = Preface {
            nonce: look.nonce,
            wish,
        };
        stream.write_all(&preface.to_bytes()).await?;
        stream.flush().await?;
        Ok(stream)
    }
}

/// The first exchange of the protocol: the server speaks first (PORT-1).
async fn greeted<L: Line>(mut line: L) -> io::Result<(L, [u8; GREETING])> {
    let mut greeting = [0; GREETING];
    line.read_exact(&mut greeting).await?;
    rfb::greeting(&greeting).map_err(io::Error::other)?;
    Ok((line, greeting))
}

/// Joins the viewer program and the server until one of them ends.
async fn join(mut shown: UnixStream, reached: Reached) -> Ending {
    let Reached {
        mut line,
        greeting,
        beside,
        ..
    } = reached;
    if shown.write_all(&greeting).await.is_err() {
        return Ending::Window;
    }
    tokio::select! {
        joined = copy_bidirectional(&mut shown, &mut line) => match joined {
            Ok(_) => Ending::There(Bye::Stopped),
            Err(_) => Ending::Silent,
        },
        ending = lasts(beside) => ending,
    }
}

/// Waits until a stream on which nothing is said has ended.
pub(super) async fn lasts(stream: Option<Stream>) -> Ending {
    let Some(mut stream) = stream else {
        return pending().await;
    };
    match stream.read_u8().await {
        Ok(_) => Ending::PeerFault,
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ending::There(Bye::Stopped),
        Err(_) => Ending::Silent,
    }
}
