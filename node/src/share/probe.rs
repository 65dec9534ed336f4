//! `/kith/path/1`: is a connection alive, how far is it, how much does it
//! carry? Whoever probes asks; the other side answers within small bounds.
//!
//! Specification: `protocol-spec/13-share-streams.md`.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::swarm::{ConnId, Stream, SwarmHandle};

/// Requests that are answered on one stream.
const REQUESTS: usize = 16;
/// Bytes that are sent on one stream in all.
const BYTES: u32 = 512 * 1024;
/// How long a stream is answered.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// How long a connection may take to echo.
const ECHO_TIME: Duration = Duration::from_secs(2);

const ECHO: u8 = 1;
const SEND: u8 = 2;

/// Answers another device's probe.
pub(super) async fn answer(mut stream: Stream) {
    let answered = timeout(ANSWER_TIME, answer_all(&mut stream)).await;
    if let Ok(Err(error)) = answered {
        tracing::debug!(%error, "a probe ended");
    }
}

async fn answer_all(stream: &mut Stream) -> io::Result<()> {
    let mut left = BYTES;
    for _ in 0..REQUESTS {
        let mut request = [0; 17];
        if stream.read_exact(&mut request[..1]).await.is_err() {
            break;
        }
        match request[0] {
            ECHO => {
                stream.read_exact(&mut request[1..]).await?;
                stream.write_all(&request).await?;
            }
            SEND => {
                let n = stream.read_u32().await?;
                left = left.checked_sub(n).ok_or(io::ErrorKind::InvalidData)?;
                let piece = [0; 4096];
                let mut rest = n as usize;
                while rest > 0 {
                    let now = rest.min(piece.len());
                    stream.write_all(&piece[..now]).await?;
                    rest -= now;
                }
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
        stream.flush().await?;
    }
    stream.shutdown().await
}

/// A running probe of one connection.
#[derive(Debug)]
struct Asking(Stream);

impl Asking {
    async fn open(swarm: &SwarmHandle, conn: ConnId) -> io::Result<Self> {
        let [_, path] = super::protocols();
        let stream = swarm.open(conn, path).await.map_err(io::Error::other)?;
        Ok(Self(stream))
    }

    /// One round trip, with the other side's word that it heard these bytes.
    async fn echo(&mut self, nonce: [u8; 16]) -> io::Result<Duration> {
        let start = Instant::now();
        let mut request = [ECHO; 17];
        request[1..].copy_from_slice(&nonce);
        self.0.write_all(&request).await?;
        self.0.flush().await?;
        let mut answer = [0; 17];
        self.0.read_exact(&mut answer).await?;
        match answer == request {
            true => Ok(start.elapsed()),
            false => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn nonce() -> [u8; 16] {
    rand::random()
}

/// The first of these connections over which the other side answers.
pub(super) async fn first_alive(swarm: &SwarmHandle, conns: &[ConnId]) -> Option<ConnId> {
    let mut tries = JoinSet::new();
    for conn in conns.iter().copied() {
        let swarm = swarm.clone();
        tries.spawn(async move {
            let alive = async {
                let mut asking = Asking::open(&swarm, conn).await?;
                asking.echo(nonce()).await
            };
            match timeout(ECHO_TIME, alive).await {
                Ok(Ok(_)) => Some(conn),
                _ => None,
            }
        });
    }
    while let Some(tried) = tries.join_next().await {
        if let Ok(Some(conn)) = tried {
            return Some(conn);
        }
    }
    None
}
