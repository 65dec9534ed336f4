//! The sharer's side of one session: a task that waits for the viewer's two
//! streams, serves them, survives their loss, and ends.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kith_proto::id::SessionId;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::event::{Ending, PathKind, ShareEvent};
use super::live::{Hearing, Live};
use super::mailbox::{Order, Port, PortEnd, lane};
use super::speak::{self, Heard, Speech};
use super::wire::{Bye, PieceWriter, Preface};
use super::{FAREWELL, SILENCE};
use crate::swarm::{Addr, ConnId, Stream, SwarmHandle, Via};
use kith_codec::share::{Lane, ViewerId};

/// Messages that may wait in each lane for the transport. Little: what waits
/// here can no longer be replaced by something newer.
const PICTURE_ROOM: usize = 2;
const CONTROL_ROOM: usize = 16;
/// What one viewer said that may wait for the runner.
const MESSAGES: usize = 64;

/// One stream of a viewer, its preface read and found right.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) preface: Preface,
    pub(super) stream: Stream,
}

/// Both streams of one attempt.
#[derive(Debug)]
struct Pair {
    control: Stream,
    picture: Stream,
}

/// Puts halves together.
#[derive(Debug)]
pub(super) struct Halves {
    from: mpsc::Receiver<Half>,
    waiting: Option<Half>,
    /// The newest attempt that was complete.
    done: u32,
}

impl Halves {
    pub(super) const fn new(from: mpsc::Receiver<Half>) -> Self {
        Self {
            from,
            waiting: None,
            done: 0,
        }
    }

    /// The next complete pair that is newer than the last one. Waiting may be
    /// cut short; nothing is lost. Never returns once the desk let go.
    async fn next(&mut self) -> Pair {
        while let Some(half) = self.from.recv().await {
            let attempt = half.preface.attempt;
            let newest = self
                .waiting
                .as_ref()
                .map_or(self.done, |w| w.preface.attempt);
            if attempt <= self.done || attempt < newest {
                continue;
            }
            match self.waiting.take() {
                Some(other)
                    if other.preface.attempt == attempt
                        && other.preface.lane != half.preface.lane =>
                {
                    self.done = attempt;
                    let (control, picture) = match half.preface.lane {
                        Lane::Control => (half.stream, other.stream),
                        Lane::Picture => (other.stream, half.stream),
                    };
                    return Pair { control, picture };
                }
                _ => self.waiting = Some(half),
            }
        }
        pending().await
    }
}

/// How serving a pair of streams ended.
#[derive(Debug)]
enum Out {
    /// A newer pair has come.
    Moved(Pair),
    /// The path is lost.
    Lost,
    /// The session is over.
    Over(Ending),
}

impl From<Heard> for Out {
    fn from(heard: Heard) -> Self {
        match heard {
            Heard::Lost => Self::Lost,
            Heard::Bye(bye) => Self::Over(Ending::There(bye)),
            Heard::Fault => Self::Over(Ending::PeerFault),
        }
    }
}

/// Whether anything of the picture has gone out to a viewer: what hasn't begun
/// for anybody ends with the panic key (GUARD-6). Never taken back.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<AtomicBool>);

impl Seen {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// One admitted viewer.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) session: SessionId,
    pub(super) seen: Seen,
    pub(super) live: Arc<Live>,
    pub(super) swarm: SwarmHandle,
    pub(super) events: mpsc::Sender<ShareEvent>,
    /// Set when we end it.
    pub(super) stop: watch::Receiver<Option<Bye>>,
    pub(super) hearing: Hearing,
}

impl Seat {
    /// Serves the viewer until the session is over; says why it is.
    pub(super) async fn run(mut self, mut halves: Halves) -> Ending {
        let mut since = Instant::now();
        let mut running = false;
        let mut lost = false;
        let mut next: Option<Pair> = None;
        loop {
            let pair = match next.take() {
                Some(pair) => pair,
                None => tokio::select! {
                    biased;
                    bye = stopped(&mut self.stop) => return Ending::Here(bye),
                    ending = over(&self.live) => return ending,
                    pair = halves.next() => pair,
                    () = sleep_until(since + SILENCE) => return Ending::Silent,
                },
            };
            let path = path_kind(&self.swarm, pair.picture.conn()).await;
            let event = match running {
                false => ShareEvent::Running {
                    session: self.session,
                    path,
                },
                true => ShareEvent::Resumed {
                    session: self.session,
                    path,
                    interrupted: if lost {
                        since.elapsed()
                    } else {
                        Duration::ZERO
                    },
                },
            };
            (running, lost) = (true, false);
            self.tell(event).await;
            match self.serve(pair, &mut halves).await {
                Out::Moved(pair) => next = Some(pair),
                Out::Over(ending) => return ending,
                Out::Lost => {
                    (since, lost) = (Instant::now(), true);
                    let session = self.session;
                    self.tell(ShareEvent::PathLost { session }).await;
                }
            }
        }
    }

    /// Tells the node, unless we are told to stop meanwhile.
    async fn tell(&mut self, event: ShareEvent) {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            _ = stopped(&mut stop) => {}
            _ = self.events.send(event) => {}
        }
    }

    /// Serves one pair of streams.
    async fn serve(&mut self, pair: Pair, halves: &mut Halves) -> Out {
        let viewer = self.live.attach(self.session);
        let mailbox = Arc::clone(&self.live.mailbox);
        let (picture_to, picture) = lane(PICTURE_ROOM, &mailbox);
        let (control_to, control) = lane(CONTROL_ROOM, &mailbox);
        let (say, messages) = mpsc::channel(MESSAGES);
        let (end_to, end) = oneshot::channel();
        let port = Port {
            viewer,
            picture: picture_to,
            control: control_to,
            messages,
            end: end_to,
        };
        if !mailbox.order(Order::Attach(port)) {
            return Out::Over(Ending::Encoder);
        }
        let attached = Attached {
            live: &self.live,
            session: self.session,
            viewer,
        };
        let (from, to) = tokio::io::split(pair.control);
        let (echo_to, echo) = watch::channel(None);
        let ears = speak::Ears {
            live: &self.live,
            session: self.session,
            say,
            refused: self.hearing.refused.clone(),
            echo: echo_to,
            events: &self.events,
        };
        let speech = Speech {
            session: self.session,
            lane: control,
            status: self.hearing.status.clone(),
            people: self.hearing.people.clone(),
            active: self.live.active.subscribe(),
            refused: self.hearing.refused.read(),
            echo,
            events: &self.events,
        };
        let mut to = PieceWriter::new(to);
        let mut hear = pin!(speak::hear(from, ears));
        let mut talks = true;
        let out = {
            let mut talk = pin!(speak::talk(&mut to, speech));
            let out = {
                let mut show = pin!(speak::show(pair.picture, picture, &self.seen));
                tokio::select! {
                    biased;
                    bye = stopped(&mut self.stop) => Out::Over(Ending::Here(bye)),
                    pair = halves.next() => Out::Moved(pair),
                    heard = &mut hear => heard.into(),
                    // The runner let go of the lane: of this viewer, or
                    // because the share is over.
                    said = &mut talk => {
                        talks = false;
                        match said {
                            Ok(()) => Out::Over(match end.await {
                                Ok(PortEnd::Fault) => Ending::PeerFault,
                                Ok(PortEnd::Full) => Ending::Here(Bye::Failed),
                                Err(_) => over(&self.live).await,
                            }),
                            Err(_) => Out::Lost,
                        }
                    },
                    // The viewer's goodbye may come after the end of this
                    // lane: streams don't wait for each other.
                    () = &mut show => match timeout(FAREWELL, hear).await {
                        Ok(heard) => heard.into(),
                        Err(_) => Out::Lost,
                    },
                }
                // From here on no more of the picture is sent, whatever was
                // ready.
            };
            if let Out::Over(ending) = out {
                self.live.foreknown.ends(self.session, ending);
            }
            if let Out::Over(Ending::Here(bye)) = out
                && talks
            {
                // The end is said in the control lane, if it can be soon.
                mailbox.end(viewer, bye.reason());
                let _ = timeout(FAREWELL, talk).await;
            }
            out
        };
        match &out {
            Out::Over(Ending::There(_)) | Out::Lost | Out::Moved(_) => {}
            Out::Over(ending) => to.farewell(bye_of(*ending), FAREWELL).await,
        }
        drop(attached);
        out
    }
}

/// Sees to it that the runner forgets the viewer and held keys go up, however
/// serving ends, also where the task is dropped.
struct Attached<'a> {
    live: &'a Live,
    session: SessionId,
    viewer: ViewerId,
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.live.detach(self.session, self.viewer);
    }
}

/// What we say to the other side for an ending of ours.
pub(super) const fn bye_of(ending: Ending) -> Bye {
    match ending {
        Ending::Here(bye) => bye,
        Ending::Window => Bye::Stopped,
        Ending::PeerFault => Bye::Fault,
        Ending::Silent => Bye::Silent,
        _ => Bye::Failed,
    }
}

/// Waits until we are told to stop. Never ends when nobody can tell any more.
pub(super) async fn stopped(stop: &mut watch::Receiver<Option<Bye>>) -> Bye {
    let told = stop.wait_for(Option::is_some).await.map(|bye| *bye);
    match told {
        Ok(Some(bye)) => bye,
        _ => pending().await,
    }
}

/// Waits until the share's runner has ended.
fn over(live: &Live) -> impl Future<Output = Ending> + use<> {
    let mut over = live.over.subscribe();
    async move {
        let told = over.wait_for(Option::is_some).await.map(|ending| *ending);
        match told {
            Ok(Some(ending)) => ending,
            _ => Ending::Source,
        }
    }
}

/// Over what a connection runs.
pub(crate) async fn path_kind(swarm: &SwarmHandle, conn: ConnId) -> PathKind {
    let status = swarm.status().await.unwrap_or_default();
    let known = status.connections.into_iter().find(|c| c.conn == conn);
    PathKind {
        link: known
            .as_ref()
            .and_then(|c| c.remote.as_ref())
            .map(Addr::link),
        via: known.map_or(Via::Direct, |c| c.via),
    }
}
