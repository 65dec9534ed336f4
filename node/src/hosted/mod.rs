//! Hosted sessions (HOST-1): the sharer offers a VNC server that runs already,
//! and the viewer sees it in an ordinary VNC viewer.
//!
//! It stands beside [`crate::share`] and does the same for the session
//! machine: [`Hosted::offer`] and [`Hosted::watch`] take what a `Ready` says,
//! [`ShareEvent`]s come back, and [`Hosted::end`] ends it.
//!
//! Sharer: nothing is dialled until a stream of `/kith/hosted/1` brings the
//! nonce of the path from the device that it was given to. Then the server is
//! dialled, once, and opened with its password, which nobody else gets to know
//! (HOST-2, `handshake`). The two are joined by `carry`, which lets no more
//! through than the grant allows: the server can't tell who sits behind.
//!
//! Viewer: the stream, or a line of its own to the sharer's node where the
//! signed policy lists that place (`line`), must greet as VNC does; then the viewer program is started, gets the
//! password by a pipe, and finds the session at a Unix socket in a folder of
//! its own, which only that process may use, once (`program`). Neither its
//! arguments nor its environment say where the server is.
//!
//! Specification: `protocol-spec/14-hosted-sessions.md`.

mod carry;
mod handshake;
mod line;
mod program;
mod secret;
mod watching;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kith_proto::id::SessionId;
use kith_proto::rfb::Hands;
use kith_proto::seal::OneTimeKey;
use kith_proto::session::PathNonce;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

pub use self::carry::{NoServer, opens};
pub use self::program::forget_leftovers;
pub use self::secret::{Keys, Password, one_time};
use crate::share::{Bye, Carrier, Ending, Foreknown, PathKind, ShareEvent, ShareFault, path_kind};
use crate::swarm::{Addr, ConnId, DeviceId, Link, Protocol, Stream, SwarmHandle, Via};

/// How long a stream may take to say which session it belongs to, and who
/// comes to a spot to show that it has the key.
const PREFACE_TIME: Duration = Duration::from_secs(5);
/// Bytes of a preface: the nonce of the path.
const PREFACE: usize = 16;
/// How long the other side's first word may take: the greeting of the server,
/// or the viewer's stream. A loaded machine starts programs slowly.
const FIRST_WORD: Duration = Duration::from_secs(30);
/// How long the other side's word on an end is awaited. Nothing is shown
/// meanwhile, and what was held is let go.
const FAREWELL: Duration = Duration::from_secs(2);
/// Hosted sessions at once, on either side.
const MAX_SESSIONS: usize = 32;
/// How long [`Hosted::close`] waits for what it ended.
const CLOSING: Duration = Duration::from_secs(2);

/// What a viewer may do at a server, by the grant that counts now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// See.
    Bound,
    /// See, and use pointer and keyboard until then.
    Free(Instant),
}

impl Leave {
    /// What of it counts now.
    fn hands(self) -> Hands {
        match self {
            Self::Free(until) if Instant::now() < until => Hands::Free,
            Self::Free(_) | Self::Bound => Hands::Bound,
        }
    }
}

/// What leads to the other side.
trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// A port of this machine at which the viewer may come by itself, once, with
/// the key: where the signed policy lists its place (PORT-3). It is closed
/// with the door, at the latest when nobody has come in time.
#[derive(Debug)]
pub struct Spot {
    /// Who comes, comes here.
    pub listener: std::net::TcpListener,
    /// What it must have.
    pub key: OneTimeKey,
}

impl Spot {
    /// Waits until somebody with the key comes. Who hasn't got it is sent away
    /// without a word, and waits for nobody else.
    async fn comes(self) -> io::Result<tokio::io::DuplexStream> {
        self.listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(self.listener)?;
        loop {
            let (line, _) = listener.accept().await?;
            let _ = line.set_nodelay(true);
            if let Ok(Ok(line)) = timeout(PREFACE_TIME, line::answer(line, &self.key)).await {
                return Ok(line);
            }
        }
    }
}

/// A server that a viewer is let in at, once: the sharer's `Ready`.
#[derive(Debug)]
pub struct Door {
    /// The session.
    pub session: SessionId,
    /// The viewer's device; streams of another are refused.
    pub viewer: DeviceId,
    /// Names the path.
    pub nonce: PathNonce,
    /// Where the server is, as this machine's own person said.
    pub server: SocketAddr,
    /// What opens it, and what the viewer knows instead.
    pub keys: Keys,
    /// Where the viewer may come by itself, beside the path.
    pub spot: Option<Spot>,
    /// What the viewer may do there.
    pub leave: Leave,
}

/// A hosted session that is to be seen: the viewer's `Ready`.
#[derive(Debug)]
pub struct Look {
    /// The session.
    pub session: SessionId,
    /// Names the path.
    pub nonce: PathNonce,
    /// The nominated connection, over which the sharer's node carries it.
    pub conn: ConnId,
    /// The sharer's spot, where the signed policy lets this side dial it; that
    /// is tried first.
    pub direct: Option<(SocketAddr, OneTimeKey)>,
    /// What the sharer's node lets the viewer program in with.
    pub password: Password,
    /// The viewer program.
    pub program: PathBuf,
    /// A folder only of this user's, for the program's socket.
    pub folder: PathBuf,
}

#[derive(Debug)]
enum Session {
    Door {
        viewer: DeviceId,
        nonce: PathNonce,
        leave: watch::Sender<Leave>,
        stop: watch::Sender<bool>,
        /// Taken by the first stream that fits: nobody comes in twice.
        stream: Option<oneshot::Sender<Stream>>,
    },
    Look {
        stop: watch::Sender<bool>,
    },
}

#[derive(Debug, Default)]
struct State {
    sessions: BTreeMap<SessionId, Session>,
    nonces: HashMap<PathNonce, SessionId>,
}

#[derive(Debug)]
struct Inner {
    swarm: SwarmHandle,
    events: mpsc::Sender<ShareEvent>,
    foreknown: Foreknown,
    runtime: Handle,
    state: Mutex<State>,
    ended: Notify,
}

/// All hosted sessions of the node.
#[derive(Clone, Debug)]
pub struct Hosted(Arc<Inner>);

/// The protocol that the swarm serves for [`Hosted`].
#[must_use]
pub const fn protocol() -> Protocol {
    Protocol::HOSTED
}

impl Hosted {
    /// None yet. What happens is told through `events`. Inside of a runtime.
    #[must_use]
    pub fn new(swarm: SwarmHandle, events: mpsc::Sender<ShareEvent>, foreknown: Foreknown) -> Self {
        Self(Arc::new(Inner {
            swarm,
            events,
            foreknown,
            runtime: Handle::current(),
            state: Mutex::default(),
            ended: Notify::new(),
        }))
    }

    /// The addresses of this machine, as far as the swarm listens there.
    pub async fn own_addresses(&self) -> Vec<IpAddr> {
        let status = self.0.swarm.status().await.unwrap_or_default();
        let all = status.listening.iter().filter_map(Addr::socket);
        let mut all: Vec<IpAddr> = all.map(|s| s.ip()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one insertion or removal: nothing is half done.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, session: SessionId, entry: Session) -> Result<(), ShareFault> {
        let mut state = self.state();
        if state.sessions.len() >= MAX_SESSIONS {
            return Err(ShareFault::TooMany);
        }
        if state.sessions.contains_key(&session) {
            return Err(ShareFault::Known);
        }
        if let Session::Door { nonce, .. } = &entry {
            state.nonces.insert(*nonce, session);
        }
        state.sessions.insert(session, entry);
        Ok(())
    }

    /// Takes a stream of [`protocol`] that another device opened.
    pub fn accept(&self, stream: Stream) {
        let desk = self.clone();
        self.0.runtime.spawn(async move { desk.seat(stream).await });
    }

    /// Brings a stream to its door, or drops it: whether the nonce or the
    /// device is wrong is not told.
    async fn seat(&self, mut stream: Stream) {
        let mut bytes = [0; PREFACE];
        let read = timeout(PREFACE_TIME, stream.read_exact(&mut bytes)).await;
        if !matches!(read, Ok(Ok(_))) {
            return;
        }
        let nonce = PathNonce::from_bytes(bytes);
        let door = {
            let mut state = self.state();
            let session = state.nonces.get(&nonce).copied();
            match session.and_then(|id| state.sessions.get_mut(&id)) {
                Some(Session::Door {
                    viewer,
                    stream: door,
                    ..
                }) if *viewer == stream.peer() => door.take(),
                _ => None,
            }
        };
        if let Some(door) = door {
            // Over meanwhile: then nobody waits for it.
            let _ = door.send(stream);
        }
    }

    /// Lets a viewer in at a server. Its stream is awaited for half a minute.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn offer(&self, door: Door) -> Result<(), ShareFault> {
        let (stop, stopped) = watch::channel(false);
        let (leave, leave_from) = watch::channel(door.leave);
        let (stream, stream_from) = oneshot::channel();
        let session = door.session;
        let entry = Session::Door {
            viewer: door.viewer,
            nonce: door.nonce,
            leave,
            stop,
            stream: Some(stream),
        };
        self.add(session, entry)?;
        let desk = self.clone();
        self.0.runtime.spawn(async move {
            let why = desk.serve(door, stream_from, leave_from, stopped).await;
            desk.ended(session, why).await;
        });
        Ok(())
    }

    async fn serve(
        &self,
        door: Door,
        stream: oneshot::Receiver<Stream>,
        leave: watch::Receiver<Leave>,
        mut stop: watch::Receiver<bool>,
    ) -> Ending {
        let Door {
            session,
            server,
            keys,
            spot,
            ..
        } = door;
        let spot = async {
            let came = match spot {
                Some(spot) => spot.comes().await,
                None => return std::future::pending().await,
            };
            match came {
                Ok(line) => line,
                Err(error) => {
                    tracing::debug!(%error, "nobody can come to a spot");
                    std::future::pending().await
                }
            }
        };
        let comes = async {
            tokio::select! {
                biased;
                stream = stream => {
                    let stream = stream.ok()?;
                    let path = path_kind(&self.0.swarm, stream.conn()).await;
                    Some((Box::new(stream) as Box<dyn Line>, path))
                }
                line = spot => Some((Box::new(line) as Box<dyn Line>, BESIDE)),
            }
        };
        // Whichever comes first; the other is closed with this.
        let (line, path) = tokio::select! {
            biased;
            () = stopped(&mut stop) => return HERE,
            came = timeout(FIRST_WORD, comes) => match came {
                Ok(Some(came)) => came,
                _ => return Ending::Silent,
            },
        };
        let server = tokio::select! {
            biased;
            () = stopped(&mut stop) => return HERE,
            server = timeout(FIRST_WORD, TcpStream::connect(server)) => match server {
                Ok(Ok(server)) => server,
                _ => return Ending::Source,
            },
        };
        self.running(session, path).await;
        let ending = carry::carry(line, server, keys, leave, stop.clone()).await;
        explained(ending, &mut stop).await
    }

    /// Sees a hosted session.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn watch(&self, look: Look) -> Result<(), ShareFault> {
        let (stop, stopped) = watch::channel(false);
        let session = look.session;
        self.add(session, Session::Look { stop })?;
        let desk = self.clone();
        self.0.runtime.spawn(async move {
            let why = desk.look(look, stopped).await;
            desk.ended(session, why).await;
        });
        Ok(())
    }

    async fn running(&self, session: SessionId, path: PathKind) {
        // Closed: the node is going down.
        let _ = self
            .0
            .events
            .send(ShareEvent::Running { session, path })
            .await;
    }

    async fn ended(&self, session: SessionId, why: Ending) {
        {
            let mut state = self.state();
            self.0.foreknown.ends(session, why);
            if let Some(Session::Door { nonce, .. }) = state.sessions.remove(&session) {
                state.nonces.remove(&nonce);
            }
        }
        self.0.ended.notify_waiters();
        tracing::debug!(?why, "a hosted session ended");
        let _ = self.0.events.send(ShareEvent::Ended { session, why }).await;
    }

    /// What the viewer may do from here on. Where there is no such session,
    /// nobody does anything.
    pub fn set_leave(&self, session: SessionId, now: Leave) {
        if let Some(Session::Door { leave, .. }) = self.state().sessions.get(&session) {
            leave.send_replace(now);
        }
    }

    /// Ends one session. [`ShareEvent::Ended`] follows.
    ///
    /// # Errors
    /// [`ShareFault::NoSession`].
    pub fn end(&self, session: SessionId) -> Result<(), ShareFault> {
        let state = self.state();
        let found = state.sessions.get(&session).ok_or(ShareFault::NoSession)?;
        let (Session::Door { stop, .. } | Session::Look { stop }) = found;
        self.0.foreknown.ends(session, HERE);
        stop.send_replace(true);
        Ok(())
    }

    /// Ends everything and waits until it has ended, for two seconds at most.
    pub async fn close(&self) {
        let all: Vec<SessionId> = self.state().sessions.keys().copied().collect();
        for session in all {
            let _ = self.end(session);
        }
        let until = Instant::now() + CLOSING;
        loop {
            let ended = self.0.ended.notified();
            let left = until.saturating_duration_since(Instant::now());
            if self.state().sessions.is_empty() || timeout(left, ended).await.is_err() {
                return;
            }
        }
    }
}

/// What the sharer's screen says counts at once (GUARD-6).
impl Carrier for Hosted {
    fn free(&self, session: SessionId, until: Instant) {
        self.set_leave(session, Leave::Free(until));
    }

    fn bind(&self, session: SessionId) {
        self.set_leave(session, Leave::Bound);
    }

    fn bind_all(&self) -> Vec<SessionId> {
        let state = self.state();
        let doors = state.sessions.iter().filter(|(_, session)| match session {
            Session::Door { leave, .. } => {
                leave.send_replace(Leave::Bound);
                true
            }
            Session::Look { .. } => false,
        });
        doors.map(|(id, _)| *id).collect()
    }

    fn end(&self, session: SessionId) {
        // Gone already: then it is over.
        let _ = Self::end(self, session);
    }

    fn end_all(&self) {
        for (id, session) in &self.state().sessions {
            if let Session::Door { stop, .. } = session {
                self.0.foreknown.ends(*id, HERE);
                stop.send_replace(true);
            }
        }
    }
}

/// How a viewer is reached that came to a spot.
const BESIDE: PathKind = PathKind {
    link: Some(Link::Tcp),
    via: Via::Direct,
};

/// We ended it.
const HERE: Ending = Ending::Here(Bye::Stopped);

/// Streams end without a word. Why it ended there, the other side's node says
/// elsewhere, a moment later, and then this one is stopped; one that was killed
/// says nothing.
async fn explained(ending: Ending, stop: &mut watch::Receiver<bool>) -> Ending {
    match ending {
        Ending::Silent if timeout(FAREWELL, stopped(stop)).await.is_ok() => HERE,
        ending => ending,
    }
}

/// Waits until we are told to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Nobody can tell any more: the desk is gone.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the other side's node said of an end goes before what was seen of it.
    #[tokio::test]
    async fn an_end_without_a_word_is_explained() {
        let (tell, mut stop) = watch::channel(false);
        let seen = explained(Ending::Window, &mut stop).await;
        assert_eq!(seen, Ending::Window);
        tell.send_replace(true);
        assert_eq!(explained(Ending::Silent, &mut stop).await, HERE);
    }
}
