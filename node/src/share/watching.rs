//! The viewer's side of one session: a task between the sharer's two streams
//! and the process that shows the picture.

mod pass;

use std::io;
use std::pin::pin;
use std::time::Duration;

use kith_codec::share::Lane;
use kith_codec::time::Micros;
use kith_proto::id::SessionId;
use kith_proto::session::PathNonce;
use kith_view::local::{self, Cause, FromNode};
use tokio::io::{AsyncWriteExt as _, ReadHalf};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::back::{self, Back};
use super::event::{Ending, PathKind, ShareEvent};
use super::face::Face;
use super::foreknown::Foreknown;
use super::gauge::Gauge;
use super::probe::first_alive;
use super::seat::{bye_of, path_kind, stopped};
use super::speak::Voice;
use super::wire::{Bye, Piece, PieceReader, PieceWriter, Preface, ReadEnd};
use super::{ATTACH, FAREWELL, SILENCE};
use crate::swarm::{
    Addr, Candidate, ConnId, Connected, DeviceId, Link, Outcome, Protocol, Stream, SwarmHandle, Via,
};
use pass::{hear, look, pass_orders, talk};

/// The two connections that a session runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// For the picture.
    pub bulk: ConnId,
    /// For everything else. The same with QUIC, where streams don't hold
    /// each other up; with TCP another, or a small message waits behind
    /// much picture.
    pub control: ConnId,
}

impl Path {
    /// Everything over one connection.
    #[must_use]
    pub const fn one(conn: ConnId) -> Self {
        Self {
            bulk: conn,
            control: conn,
        }
    }
}

/// Shortest and longest pause between two tries to find another path.
const RETRY: Duration = Duration::from_millis(250);
const RETRY_MOST: Duration = Duration::from_secs(4);
/// How long a second connection, for control alone, may take.
const SECOND: Duration = Duration::from_secs(1);

/// Why no streams stand.
#[derive(Debug)]
enum NoStreams {
    /// The connection is of no use.
    Path,
    /// The sharer knows no such session.
    Refused,
    Over(Ending),
}

/// How serving a pair of streams ended.
#[derive(Debug)]
enum Out {
    Lost,
    /// Another path is to be used from now on, perhaps under another nonce.
    Move(Path, Option<PathNonce>),
    Over(Ending),
}

#[derive(Debug)]
struct Streams {
    control: (PieceReader<ReadHalf<Stream>>, Voice),
    picture: PieceReader<Stream>,
    conn: ConnId,
}

/// One share that is being watched.
#[derive(Debug)]
pub(super) struct Watching {
    pub(super) session: SessionId,
    pub(super) sharer: DeviceId,
    pub(super) nonce: PathNonce,
    /// Whose screen it is, and what of it, for the window's title.
    pub(super) person: String,
    pub(super) what: String,
    pub(super) protocol: Protocol,
    pub(super) swarm: SwarmHandle,
    pub(super) events: mpsc::Sender<ShareEvent>,
    pub(super) foreknown: Foreknown,
    pub(super) stop: watch::Receiver<Option<Bye>>,
    /// Addresses at which the sharer may be found again.
    pub(super) ways: watch::Receiver<Vec<Candidate>>,
    /// A better path than the one in use.
    pub(super) better: watch::Receiver<Option<(Path, Option<PathNonce>)>>,
    /// The network has changed.
    pub(super) network: std::sync::Arc<Notify>,
    /// When to go back from a relay to a direct connection.
    pub(super) back: Back,
    /// What the window is told beside: what the person wants of it, and may ask for.
    pub(super) orders: mpsc::Receiver<FromNode>,
    /// What is measured.
    pub(super) gauge: std::sync::Arc<Gauge>,
}

impl Watching {
    /// Watches until the session is over; says why it is, to the window too.
    pub(super) async fn run(mut self, path: Path, mut face: Face) -> Ending {
        let ending = self.watch(path, &mut face).await;
        let cause = match ending {
            Ending::There(Bye::Unknown) => Cause::PathLost,
            // The window was told by the sharer itself, or is gone.
            Ending::There(_) | Ending::PeerFault | Ending::Window | Ending::NoWindow => {
                return ending;
            }
            Ending::Silent | Ending::Refused => Cause::PathLost,
            Ending::Here(Bye::Revoked) => Cause::Policy,
            Ending::Here(_) if self.is_locked() => Cause::Locked,
            Ending::Here(_) => Cause::Stopping,
            _ => Cause::Failed,
        };
        // It may be gone meanwhile; and its socket closes in any case.
        let _ = timeout(FAREWELL, face.mouth.tell(&FromNode::Ended(cause))).await;
        ending
    }

    fn is_locked(&self) -> bool {
        self.foreknown.ended_here(&self.session) == Some(Ending::Locked)
    }

    async fn watch(&mut self, path: Path, face: &mut Face) -> Ending {
        let path = match path.bulk == path.control {
            true => {
                let ways = self.ways.borrow_and_update().clone();
                path_over(&self.swarm, self.sharer, path.bulk, &ways).await
            }
            false => path,
        };
        let mut stop = self.stop.clone();
        let mut attempt = 0;
        let mut first = true;
        let mut since = Instant::now();
        let mut lost = false;
        let mut path = Some(path);
        let mut pause = RETRY;
        // Streams that are being moved away from: they stand until the others
        // do, so that the sharer sees a move and no loss.
        let mut before: Option<Streams> = None;
        loop {
            let Some(now) = path.take() else {
                match self.search(pause, since).await {
                    Ok(found) => path = found,
                    Err(ending) => return ending,
                }
                pause = (pause * 2).min(RETRY_MOST);
                continue;
            };
            attempt += 1;
            let attached = tokio::select! {
                biased;
                bye = stopped(&mut stop) => Err(NoStreams::Over(Ending::Here(bye))),
                attached = self.attach(now, attempt) => attached,
            };
            let moved = before.take().is_some();
            let mut streams = match attached {
                Ok(streams) => streams,
                Err(NoStreams::Over(ending)) => return ending,
                Err(NoStreams::Refused) if first => return Ending::Refused,
                Err(NoStreams::Refused) => return Ending::There(Bye::Unknown),
                Err(NoStreams::Path) => {
                    if moved {
                        (since, lost) = (Instant::now(), true);
                        self.back.lost(Duration::ZERO);
                        self.lost(face).await;
                    }
                    continue;
                }
            };
            pause = RETRY;
            let kind = path_kind(&self.swarm, streams.conn).await;
            if self.greet(face, first, kind).await.is_err() {
                let ending = face.ears.why_gone().await;
                self.foreknown.ends(self.session, ending);
                streams.control.1.farewell(bye_of(ending), FAREWELL).await;
                return ending;
            }
            let event = self.stands(first, kind, lost.then_some(since));
            self.tell(event).await;
            (first, lost) = (false, false);
            let begun = Instant::now();
            match self.serve(&mut streams, face, kind).await {
                Out::Move(better, nonce) => {
                    self.nonce = nonce.unwrap_or(self.nonce);
                    (path, before) = (Some(better), Some(streams));
                }
                Out::Over(ending) => return ending,
                Out::Lost => {
                    (since, lost) = (Instant::now(), true);
                    if kind.via == Via::Direct {
                        self.back.lost(begun.elapsed());
                    }
                    self.lost(face).await;
                }
            }
        }
    }

    /// Looks once for a path, which has been missing `since` then.
    async fn search(&mut self, pause: Duration, since: Instant) -> Result<Option<Path>, Ending> {
        let mut stop = self.stop.clone();
        let found = tokio::select! {
            biased;
            bye = stopped(&mut stop) => return Err(Ending::Here(bye)),
            () = sleep_until(since + SILENCE) => return Err(Ending::Silent),
            found = self.find(pause) => found,
        };
        // What was agreed on meanwhile counts.
        Ok(match self.told_better() {
            Some((better, nonce)) => {
                self.nonce = nonce.unwrap_or(self.nonce);
                Some(better)
            }
            None => found,
        })
    }

    /// What the node is told when a path stands, after a loss since `lost`.
    fn stands(&self, first: bool, path: PathKind, lost: Option<Instant>) -> ShareEvent {
        let session = self.session;
        match first {
            true => ShareEvent::Running { session, path },
            false => ShareEvent::Resumed {
                session,
                path,
                interrupted: lost.map_or(Duration::ZERO, |since| since.elapsed()),
            },
        }
    }

    /// Tells node and window that nothing comes any more.
    async fn lost(&mut self, face: &Face) {
        let session = self.session;
        self.tell(ShareEvent::PathLost { session }).await;
        // If the window is gone, that shows at the next path.
        let _ = self.say_path(face, local::PathKind::Interrupted).await;
    }

    /// Tells the window that a path stands.
    async fn greet(&self, face: &mut Face, first: bool, kind: PathKind) -> io::Result<()> {
        if first {
            let title = FromNode::Title {
                person: self.person.clone(),
                what: self.what.clone(),
            };
            face.mouth.tell(&title).await?;
        } else {
            face.ears.restart();
            face.mouth.tell(&FromNode::Restart).await?;
        }
        self.say_path(face, local_path(kind)).await
    }

    async fn say_path(&self, face: &Face, kind: local::PathKind) -> io::Result<()> {
        self.gauge.path(kind);
        let round_trip = Micros(0);
        face.mouth.tell(&FromNode::Path { kind, round_trip }).await
    }

    async fn tell(&mut self, event: ShareEvent) {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            _ = stopped(&mut stop) => {}
            _ = self.events.send(event) => {}
        }
    }

    /// Opens both lanes, and hears the first word of the sharer.
    async fn attach(&self, path: Path, attempt: u32) -> Result<Streams, NoStreams> {
        let open = async |conn, lane| -> io::Result<Stream> {
            let opened = self.swarm.open(conn, self.protocol.clone()).await;
            let mut stream = opened.map_err(io::Error::other)?;
            let preface = Preface {
                nonce: self.nonce,
                lane,
                attempt,
            };
            stream.write_all(&preface.to_bytes()).await?;
            stream.flush().await?;
            Ok(stream)
        };
        let attached = async {
            let (control, picture) = tokio::try_join!(
                open(path.control, Lane::Control),
                open(path.bulk, Lane::Picture)
            )
            .map_err(|_| NoStreams::Path)?;
            let (from, to) = tokio::io::split(control);
            let mut reader = PieceReader::new(from);
            match reader.peek().await {
                Ok(Piece::Bye(Bye::Unknown)) => Err(NoStreams::Refused),
                Ok(_) => Ok(Streams {
                    control: (reader, PieceWriter::new(to)),
                    conn: picture.conn(),
                    picture: PieceReader::new(picture),
                }),
                Err(ReadEnd::Gone(_)) => Err(NoStreams::Path),
                Err(ReadEnd::Fault(_)) => Err(NoStreams::Over(Ending::PeerFault)),
            }
        };
        timeout(ATTACH, attached)
            .await
            .unwrap_or(Err(NoStreams::Path))
    }

    /// A path that the owner named since this was last asked.
    fn told_better(&mut self) -> Option<(Path, Option<PathNonce>)> {
        match self.better.has_changed() {
            Ok(true) => *self.better.borrow_and_update(),
            _ => None,
        }
    }

    /// Looks for a connection over which the sharer can be reached: those that
    /// stand first, then all addresses at once.
    async fn find(&mut self, pause: Duration) -> Option<Path> {
        let known = known(&self.swarm, self.sharer).await;
        let conns: Vec<ConnId> = known.into_iter().map(|c| c.conn).collect();
        let ways = self.ways.borrow_and_update().clone();
        if let Some(conn) = first_alive(&self.swarm, &conns).await {
            return Some(path_over(&self.swarm, self.sharer, conn, &ways).await);
        }
        if !ways.is_empty()
            && let Ok(mut probe) = self.swarm.probe(self.sharer, ways.clone()).await
        {
            while let Some(result) = probe.next().await {
                if let Outcome::Connected { conn, .. } = result.outcome {
                    return Some(path_over(&self.swarm, self.sharer, conn, &ways).await);
                }
            }
        }
        // Nothing now: wait for the network to change, or a while.
        tokio::select! {
            () = self.network.notified() => {}
            _ = self.ways.changed() => {}
            () = sleep(pause) => {}
        }
        None
    }

    /// Passes everything on between the sharer's streams and the window.
    async fn serve(&mut self, streams: &mut Streams, face: &mut Face, kind: PathKind) -> Out {
        let Streams {
            control: (control, to),
            picture,
            ..
        } = streams;
        let out = {
            let gauge = &*self.gauge;
            let (events, session) = (self.events.clone(), self.session);
            let shown = async move || drop(events.send(ShareEvent::Shown { session }).await);
            let mut talk = pin!(talk(to, &mut face.ears, gauge, shown));
            let mut hear = pin!(hear(control, &face.mouth, gauge, local_path(kind)));
            let mut look = pin!(look(picture, &face.mouth, gauge));
            tokio::select! {
                biased;
                bye = stopped(&mut self.stop) => Out::Over(Ending::Here(bye)),
                out = better(&mut self.better) => out,
                path = back::direct(&self.swarm, self.sharer, &self.network, kind, self.back) => {
                    self.back.went();
                    Out::Move(path, None)
                }
                out = &mut hear => out,
                // An end is said in the control lane, and may come after the
                // end of this one: streams don't wait for each other.
                out = &mut look => match out {
                    Out::Lost => timeout(FAREWELL, hear).await.unwrap_or(Out::Lost),
                    out => out,
                },
                out = &mut talk => out,
                out = pass_orders(&mut self.orders, &face.mouth) => out,
            }
        };
        let out = match out {
            Out::Over(Ending::Window) => Out::Over(face.ears.why_gone().await),
            out => out,
        };
        if let Out::Over(ending) = out {
            self.foreknown.ends(self.session, ending);
            if !matches!(ending, Ending::There(_)) {
                to.farewell(bye_of(ending), FAREWELL).await;
            }
        }
        out
    }
}

const fn local_path(kind: PathKind) -> local::PathKind {
    match kind.via {
        Via::Direct => local::PathKind::Direct,
        Via::Relay(_) => local::PathKind::Relayed,
    }
}

/// Waits until the owner knows a better path.
async fn better(better: &mut watch::Receiver<Option<(Path, Option<PathNonce>)>>) -> Out {
    loop {
        if better.changed().await.is_err() {
            return std::future::pending().await;
        }
        if let Some((path, nonce)) = *better.borrow_and_update() {
            return Out::Move(path, nonce);
        }
    }
}

/// Connections with a device: direct ones first, the newest first, because an
/// old one may be dead without knowing it.
pub(super) async fn known(swarm: &SwarmHandle, peer: DeviceId) -> Vec<Connected> {
    let status = swarm.status().await.unwrap_or_default();
    let with = status.connections.into_iter().filter(|c| c.peer == peer);
    let mut known: Vec<Connected> = with.collect();
    known.sort_by_key(|c| (c.via != Via::Direct, std::cmp::Reverse(c.conn)));
    known
}

/// The path over `conn`: where one stream holds up another there, with TCP and
/// through relays, control gets another connection of the same kind, one that
/// stands or one that is dialled at `ways`.
pub async fn path_over(
    swarm: &SwarmHandle,
    peer: DeviceId,
    conn: ConnId,
    ways: &[Candidate],
) -> Path {
    let all = known(swarm, peer).await;
    let Some(bulk) = all.iter().find(|c| c.conn == conn) else {
        return Path::one(conn);
    };
    let link = |c: &Connected| c.remote.as_ref().map(Addr::link);
    if bulk.via == Via::Direct && link(bulk) == Some(Link::Quic) {
        return Path::one(conn);
    }
    let alike = |c: &&Connected| c.conn != conn && c.via == bulk.via;
    let others: Vec<ConnId> = all.iter().filter(alike).map(|c| c.conn).collect();
    if let Some(control) = first_alive(swarm, &others).await {
        return Path {
            bulk: conn,
            control,
        };
    }
    let relay = match bulk.via {
        Via::Direct => None,
        Via::Relay(relay) => Some(relay),
    };
    let alike = |way: &&Candidate| way.addr.relay() == relay && Some(way.addr.link()) == link(bulk);
    let again: Vec<Candidate> = ways.iter().filter(alike).cloned().collect();
    if !again.is_empty()
        && let Ok(mut probe) = swarm.probe(peer, again).await
    {
        let wait = async {
            while let Some(result) = probe.next().await {
                if let Outcome::Connected { conn: control, .. } = result.outcome {
                    return Some(control);
                }
            }
            None
        };
        if let Ok(Some(control)) = timeout(SECOND, wait).await {
            return Path {
                bulk: conn,
                control,
            };
        }
    }
    Path::one(conn)
}
