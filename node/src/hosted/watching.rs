//! The viewer's side of a hosted session.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use kith_proto::rfb::{self, GREETING};
use kith_proto::seal::OneTimeKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::program::Running;
use super::{BESIDE, FIRST_WORD, HERE, Hosted, Line, Look, explained, line, stopped};
use crate::share::{Ending, PathKind, path_kind};
use crate::swarm::Stream;

/// How long a spot that the policy lists may take to show that it is the
/// sharer's, before the way along the path is taken.
const DIRECT: Duration = Duration::from_secs(3);

/// Bytes that are passed on at once.
const PART: usize = 16 * 1024;

/// A server that has greeted, and how it is reached.
struct Reached {
    line: Box<dyn Line>,
    greeting: [u8; GREETING],
    path: PathKind,
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
        explained(ending, &mut stop).await
    }

    /// A line to the server, over which it has greeted as VNC does.
    async fn reach(&self, look: &Look) -> io::Result<Reached> {
        let beside = match &look.direct {
            Some((spot, key)) => match timeout(DIRECT, by_itself(*spot, key)).await {
                Ok(Ok(line)) => Some(line),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a spot isn’t reached");
                    None
                }
                Err(_) => {
                    tracing::debug!("a spot doesn’t answer");
                    None
                }
            },
            None => None,
        };
        let greets = async {
            let (line, path): (Box<dyn Line>, _) = match beside {
                Some(line) => (Box::new(line), BESIDE),
                None => {
                    let path = path_kind(&self.0.swarm, look.conn).await;
                    (Box::new(self.stream(look).await?), path)
                }
            };
            let (line, greeting) = greeted(line).await?;
            Ok(Reached {
                line,
                greeting,
                path,
            })
        };
        timeout(FIRST_WORD, greets).await?
    }

    /// A stream to the sharer's door.
    async fn stream(&self, look: &Look) -> io::Result<Stream> {
        let opened = self.0.swarm.open(look.conn, super::protocol()).await;
        let mut stream = opened.map_err(io::Error::other)?;
        stream.write_all(look.nonce.as_bytes()).await?;
        stream.flush().await?;
        Ok(stream)
    }
}

/// A line to the sharer's spot.
async fn by_itself(spot: SocketAddr, key: &OneTimeKey) -> io::Result<DuplexStream> {
    let line = TcpStream::connect(spot).await?;
    line.set_nodelay(true)?;
    line::call(line, key).await
}

/// The first exchange of the protocol: the server speaks first (PORT-1).
async fn greeted<L: Line>(mut line: L) -> io::Result<(L, [u8; GREETING])> {
    let mut greeting = [0; GREETING];
    line.read_exact(&mut greeting).await?;
    rfb::greeting(&greeting).map_err(io::Error::other)?;
    Ok((line, greeting))
}

/// Joins the viewer program and the server until one of them ends. The program
/// ends by itself when the server does, so who was first is seen here.
async fn join(mut shown: UnixStream, reached: Reached) -> Ending {
    let Reached { line, greeting, .. } = reached;
    if shown.write_all(&greeting).await.is_err() {
        return Ending::Window;
    }
    let (mut line_from, mut line_to) = tokio::io::split(line);
    let (mut shown_from, mut shown_to) = shown.split();
    let here = async {
        let mut part = vec![0; PART];
        loop {
            match line_from.read(&mut part).await {
                Ok(0) | Err(_) => return Ending::Silent,
                Ok(n) => {
                    if shown_to.write_all(&part[..n]).await.is_err() {
                        return Ending::Window;
                    }
                }
            }
        }
    };
    let there = async {
        let mut part = vec![0; PART];
        loop {
            let n = match shown_from.read(&mut part).await {
                Ok(n) if n > 0 => n,
                _ => return Ending::Window,
            };
            let said = async {
                line_to.write_all(&part[..n]).await?;
                line_to.flush().await
            };
            if said.await.is_err() {
                // The other direction says what has happened.
                return std::future::pending().await;
            }
        }
    };
    tokio::select! {
        biased;
        ending = here => ending,
        ending = there => ending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached() -> (DuplexStream, Reached) {
        let (far, line) = tokio::io::duplex(1 << 10);
        let reached = Reached {
            line: Box::new(line),
            greeting: *b"RFB 003.008\n",
            path: BESIDE,
        };
        (far, reached)
    }

    /// A program that leaves because the server does isn't the first to go.
    #[tokio::test]
    async fn who_ends_it_is_told_apart() {
        for first in [Ending::Silent, Ending::Window] {
            let (far, reached) = reached();
            let (mut program, shown) = UnixStream::pair().unwrap();
            let joined = tokio::spawn(join(shown, reached));
            let mut greeting = [0; GREETING];
            program.read_exact(&mut greeting).await.unwrap();
            // Both are gone when it looks again.
            match first {
                Ending::Window => drop(program),
                _ => drop((far, program)),
            }
            assert_eq!(joined.await.unwrap(), first);
        }
    }
}
