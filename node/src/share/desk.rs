//! [`Shares`]: all running shares of the node, and the way to them.

mod heard;
mod overseen;
mod steer;

pub(super) use heard::WeakShares;
pub use overseen::{Carrier, Overseen, has_display};

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use kith_proto::id::{PersonId, SessionId};
use kith_proto::session::{PathNonce, Side};
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, timeout};

use super::back::Back;
use super::enrolled::Told;
use super::event::{Ending, ShareEvent, ShareId};
use super::face::Face;
use super::foreknown::Foreknown;
use super::gauge::Gauge;
use super::inject::{Injector, Nothing};
use super::live::Live;
use super::orders::{Admission, InputTo, Opened, ShareFault, Watch};
use super::own::OwnProcesses;
use super::process::{Process, Program, Window};
use super::seat::{Half, Halves, Seat, Seen};
use super::trial::Bounds;
use super::warden::{Guarded, Warden};
use super::watching::{Path, Watching};
use super::wire::{Bye, PREFACE_LEN, PieceWriter, Preface};
use super::{FAREWELL, probe, runner, trial};
use crate::swarm::{Candidate, ConnId, DeviceId, Protocol, Stream, SwarmHandle};

/// Events that wait for the node before sessions wait.
const EVENTS: usize = 256;
/// Streams of one viewer that may wait to be put together.
const HALVES: usize = 4;
/// Sessions at once, on either side.
pub const MAX_SESSIONS: usize = 256;
/// Shares at once.
pub const MAX_SHARES: usize = 16;
/// Orders to a window that wait: a person gives few, and the newest of many
/// are worth no more.
const ORDERS: usize = 4;
/// How long a stream may take to say what it is.
const PREFACE_TIME: Duration = Duration::from_secs(5);

#[derive(Debug)]
enum Session {
    Seat {
        share: ShareId,
        viewer: DeviceId,
        nonce: PathNonce,
        halves: mpsc::Sender<Half>,
        stop: watch::Sender<Option<Bye>>,
        seen: Seen,
    },
    Watching {
        sharer: DeviceId,
        stop: watch::Sender<Option<Bye>>,
        ways: watch::Sender<Vec<Candidate>>,
        better: watch::Sender<Option<(Path, Option<PathNonce>)>>,
        network: Arc<Notify>,
        orders: mpsc::Sender<kith_view::local::FromNode>,
        gauge: Arc<Gauge>,
    },
}

#[derive(Debug, Default)]
struct State {
    shares: BTreeMap<ShareId, Arc<Live>>,
    sessions: BTreeMap<SessionId, Session>,
    nonces: HashMap<PathNonce, SessionId>,
    /// Hosted sessions that the warden watches over.
    overseen: BTreeMap<ShareId, Arc<overseen::Watched>>,
    next_share: u64,
}

struct Inner {
    swarm: SwarmHandle,
    share: Protocol,
    path: Protocol,
    trials: Bounds,
    events: mpsc::Sender<ShareEvent>,
    foreknown: Foreknown,
    runtime: Handle,
    program: Program,
    own: OwnProcesses,
    /// The warden of this display, while a share needs it.
    warden: Mutex<Option<Arc<Warden>>>,
    told: Mutex<Told>,
    state: Mutex<State>,
    /// Who carries hosted sessions.
    carrier: OnceLock<Arc<dyn Carrier>>,
    /// Told when a session or share has ended.
    ended: Notify,
}

/// All running shares. Cheap to clone. No call waits for anything but a
/// short lock, so stopping never waits behind sending.
#[derive(Clone)]
pub struct Shares(Arc<Inner>);

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shares").finish_non_exhaustive()
    }
}

impl Shares {
    /// For the swarm with this handle, which must serve [`super::protocols`];
    /// `program` plays the roles of window and warden; the windows of `own` are
    /// never part of what is shared. Call it within a tokio
    /// runtime.
    ///
    /// # Panics
    /// Outside a tokio runtime, as tokio itself does.
    #[must_use]
    pub fn new(
        swarm: SwarmHandle,
        program: Program,
        own: OwnProcesses,
    ) -> (Self, mpsc::Receiver<ShareEvent>) {
        let (events, from) = mpsc::channel(EVENTS);
        let inner = Inner {
            swarm,
            share: Protocol::SHARE,
            path: Protocol::PATH,
            trials: Bounds::default(),
            events,
            foreknown: Foreknown::default(),
            runtime: Handle::current(),
            program,
            own,
            warden: Mutex::default(),
            told: Mutex::default(),
            state: Mutex::default(),
            carrier: OnceLock::new(),
            ended: Notify::new(),
        };
        (Self(Arc::new(inner)), from)
    }

    /// Whose windows are not seen in what is shared.
    #[must_use]
    pub fn own(&self) -> OwnProcesses {
        self.0.own.clone()
    }

    /// Where events of other kinds of shares go, so that all come in order.
    pub(crate) fn teller(&self) -> mpsc::Sender<ShareEvent> {
        self.0.events.clone()
    }

    /// What is known before its event is taken.
    #[must_use]
    pub fn foreknown(&self) -> &Foreknown {
        &self.0.foreknown
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one insertion or removal: nothing is half done.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a stream of one of [`super::protocols`] that another device
    /// opened; `person` is whose device that is. One of another protocol is
    /// closed, and a trial of nobody's.
    pub fn accept(&self, stream: Stream, person: Option<PersonId>) {
        if *stream.protocol() == self.0.share {
            let desk = self.clone();
            self.0.runtime.spawn(async move { desk.seat(stream).await });
        } else if *stream.protocol() == self.0.path {
            self.0.runtime.spawn(probe::answer(stream));
        } else if *stream.protocol() == Protocol::TRIAL
            && let Some(person) = person
        {
            let desk = self.clone();
            self.0.runtime.spawn(async move {
                let (device, inner) = (stream.peer(), &desk.0);
                let answered = trial::answer(stream, person, &inner.program, &inner.trials).await;
                if let Some((side, outcome)) = answered {
                    desk.tried(device, side, outcome).await;
                }
            });
        }
    }

    /// Tries a picture out with a device over this connection (PORT-5); `side`
    /// is ours. [`ShareEvent::Pictured`] follows.
    pub fn try_picture(&self, device: DeviceId, conn: ConnId, side: Side) {
        let desk = self.clone();
        self.0.runtime.spawn(async move {
            let inner = &desk.0;
            let outcome =
                trial::begin(&inner.swarm, conn, side, &inner.program, &inner.trials).await;
            desk.tried(device, side, outcome).await;
        });
    }

    async fn tried(&self, device: DeviceId, side: Side, outcome: Result<(), trial::TrialFault>) {
        let event = ShareEvent::Pictured {
            device,
            side,
            outcome,
        };
        // Closed: the node is going down.
        let _ = self.0.events.send(event).await;
    }

    /// Brings a stream to its session, or turns it away.
    async fn seat(&self, mut stream: Stream) {
        let mut bytes = [0; PREFACE_LEN];
        let read = timeout(PREFACE_TIME, stream.read_exact(&mut bytes)).await;
        if !matches!(read, Ok(Ok(_))) {
            return;
        }
        let half = Preface::from_bytes(&bytes).ok().and_then(|preface| {
            let state = self.state();
            let session = state.nonces.get(&preface.nonce)?;
            match state.sessions.get(session) {
                Some(Session::Seat { viewer, halves, .. }) if *viewer == stream.peer() => {
                    Some((preface, halves.clone()))
                }
                _ => None,
            }
        });
        match half {
            Some((preface, halves)) => {
                // Full: the viewer opens streams faster than they can be
                // looked at; it may try again.
                let _ = halves.try_send(Half { preface, stream });
            }
            // Whether the nonce or the device is wrong is not told.
            None => {
                let mut to = PieceWriter::new(stream);
                to.farewell(Bye::Unknown, FAREWELL).await;
            }
        }
    }

    /// Begins to share what `open` gives, which runs on the share's own
    /// thread. If it fails, [`ShareEvent::Closed`] says so. Viewers may be
    /// admitted at once.
    ///
    /// # Errors
    /// [`ShareFault::TooMany`], [`ShareFault::System`].
    pub fn start_sharing<E: std::error::Error>(
        &self,
        open: impl FnOnce() -> Result<Opened, E> + Send + 'static,
    ) -> Result<ShareId, ShareFault> {
        let live = {
            let mut state = self.state();
            if state.shares.len() >= MAX_SHARES {
                return Err(ShareFault::TooMany);
            }
            state.next_share += 1;
            let id = ShareId(state.next_share);
            let live = Arc::new(Live::new(id, self.0.foreknown.clone()));
            state.shares.insert(id, Arc::clone(&live));
            live
        };
        let id = live.id;
        let thread = std::thread::Builder::new().name("kith-share".into());
        let running = {
            let live = Arc::clone(&live);
            let desk = self.clone();
            thread.spawn(move || {
                let ending = match open() {
                    Ok(Opened { source, input }) => {
                        let controls = live.set_injector(match input {
                            InputTo::Nobody => Box::new(Nothing),
                            InputTo::Injector(injector) => injector,
                            InputTo::Warden(guarded) => desk.guard(live.id, guarded),
                            InputTo::WardenIn(guarded, part) => {
                                live.set_part(part);
                                desk.guard(live.id, guarded)
                            }
                            InputTo::WardenOf(guarded, pieces) => {
                                live.set_pieces(pieces);
                                desk.guard(live.id, guarded)
                            }
                        });
                        for session in controls {
                            desk.tell(ShareEvent::ControlGiven { session });
                        }
                        runner::run(source, &live)
                    }
                    Err(error) => {
                        tracing::info!(%error, "a source can't be opened");
                        Ending::Source
                    }
                };
                live.close();
                live.over.send_replace(Some(ending));
            })
        };
        if running.is_err() {
            self.state().shares.remove(&id);
            return Err(ShareFault::System);
        }
        let desk = self.clone();
        self.0.runtime.spawn(async move {
            let mut over = live.over.subscribe();
            let ending = over.wait_for(Option::is_some).await.map(|e| *e);
            desk.state().shares.remove(&live.id);
            desk.0.ended.notify_one();
            let why = ending.ok().flatten().unwrap_or(Ending::Source);
            let share = live.id;
            let _ = desk.0.events.send(ShareEvent::Closed { share, why }).await;
        });
        Ok(id)
    }

    /// The injector of a share that the warden guards.
    fn guard(&self, share: ShareId, guarded: Guarded) -> Box<dyn Injector> {
        let mut warden = self.warden();
        let running = warden.as_ref().and_then(|w| w.open(share, guarded.clone()));
        let hands = running.or_else(|| {
            let fresh = self.fresh_warden();
            let hands = fresh.open(share, guarded);
            self.start_warden(&fresh);
            *warden = Some(fresh);
            hands
        });
        match hands {
            Some(hands) => Box::new(hands),
            None => Box::new(Nothing),
        }
    }

    /// Opens the window's process for a share that is to be watched.
    ///
    /// # Errors
    /// [`ShareFault::System`].
    pub fn open_window(&self) -> Result<Window, ShareFault> {
        Window::open(&self.0.program, self.look_now()).map_err(|error| {
            tracing::warn!(%error, "the window can't be opened");
            ShareFault::System
        })
    }

    /// The same without a window: the newest whole picture is kept in `file`.
    ///
    /// # Errors
    /// [`ShareFault::System`].
    pub fn keep_picture(&self, file: &std::path::Path) -> Result<Window, ShareFault> {
        Window::keep_picture(&self.0.program, file).map_err(|error| {
            tracing::warn!(%error, "the viewer can't be started");
            ShareFault::System
        })
    }

    /// Admits a viewer to a share. Its streams are awaited for
    /// [`super::SILENCE`].
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn admit(&self, share: ShareId, admission: Admission) -> Result<(), ShareFault> {
        let (stop, stopped) = watch::channel(None);
        let (halves, halves_from) = mpsc::channel(HALVES);
        let seen = Seen::default();
        let Admission {
            session,
            viewer,
            nonce,
            name,
            own_name,
            may_ask,
        } = admission;
        let live = {
            let mut state = self.state();
            let live = state.shares.get(&share).ok_or(ShareFault::NoShare)?;
            let live = Arc::clone(live);
            let seated = state.sessions.values();
            let here =
                seated.filter(|s| matches!(s, Session::Seat { share: s, .. } if *s == share));
            if here.count() >= kith_codec::share::MAX_VIEWERS
                || state.sessions.len() >= MAX_SESSIONS
            {
                return Err(ShareFault::TooMany);
            }
            if state.sessions.contains_key(&session) || state.nonces.contains_key(&nonce) {
                return Err(ShareFault::Known);
            }
            let seat = Session::Seat {
                share,
                viewer,
                nonce,
                halves,
                stop,
                seen: seen.clone(),
            };
            state.sessions.insert(session, seat);
            state.nonces.insert(nonce, session);
            live
        };
        let seat = Seat {
            session,
            seen,
            hearing: live.admit(session, (name, own_name), may_ask),
            live: Arc::clone(&live),
            swarm: self.0.swarm.clone(),
            events: self.0.events.clone(),
            stop: stopped,
        };
        let desk = self.clone();
        self.0.runtime.spawn(async move {
            let why = seat.run(Halves::new(halves_from)).await;
            live.remove(session);
            desk.ended(session, why).await;
        });
        Ok(())
    }

    /// Watches a share.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn watch(&self, order: Watch) -> Result<(), ShareFault> {
        let face = {
            let _inside = self.0.runtime.enter();
            Face::new(order.window.socket).map_err(|_| ShareFault::System)?
        };
        let process = order.window.process;
        let (stop, stopped) = watch::channel(None);
        let (ways, ways_from) = watch::channel(order.ways);
        let (better, better_from) = watch::channel(None);
        let network = Arc::new(Notify::new());
        let (orders, orders_from) = mpsc::channel(ORDERS);
        let gauge = Arc::new(Gauge::default());
        let (session, sharer) = (order.session, order.sharer);
        {
            let mut state = self.state();
            if state.sessions.len() >= MAX_SESSIONS {
                return Err(ShareFault::TooMany);
            }
            if state.sessions.contains_key(&session) {
                return Err(ShareFault::Known);
            }
            let watching = Session::Watching {
                sharer,
                stop,
                ways,
                better,
                network: Arc::clone(&network),
                orders,
                gauge: Arc::clone(&gauge),
            };
            state.sessions.insert(session, watching);
        }
        // Its windows are Kith's own, which no viewer may see or reach (GUARD-3).
        let own = process.as_ref().and_then(Process::id);
        let own = own.map(|id| self.0.own.hold(id));
        let watching = Watching {
            session,
            sharer,
            nonce: order.nonce,
            person: order.person,
            what: order.what,
            protocol: self.0.share.clone(),
            swarm: self.0.swarm.clone(),
            events: self.0.events.clone(),
            foreknown: self.0.foreknown.clone(),
            stop: stopped,
            ways: ways_from,
            better: better_from,
            network,
            back: Back::default(),
            orders: orders_from,
            gauge,
        };
        let desk = self.clone();
        self.0.runtime.spawn(async move {
            let why = watching.run(order.path, face).await;
            drop(own);
            drop(process);
            desk.ended(session, why).await;
        });
        Ok(())
    }

    async fn ended(&self, session: SessionId, why: Ending) {
        {
            let mut state = self.state();
            self.0.foreknown.ends(session, why);
            if let Some(Session::Seat { nonce, .. }) = state.sessions.remove(&session) {
                state.nonces.remove(&nonce);
            }
        }
        self.0.ended.notify_one();
        // Closed: the node is going down.
        let _ = self.0.events.send(ShareEvent::Ended { session, why }).await;
    }

    /// Ends one session, on either side; the other is told `bye`.
    /// [`ShareEvent::Ended`] follows.
    ///
    /// # Errors
    /// [`ShareFault::NoSession`].
    pub fn end(&self, session: SessionId, bye: Bye) -> Result<(), ShareFault> {
        let state = self.state();
        let found = state.sessions.get(&session).ok_or(ShareFault::NoSession)?;
        let (Session::Seat { stop, .. } | Session::Watching { stop, .. }) = found;
        self.0.foreknown.ends(session, Ending::Here(bye));
        // The first reason counts.
        stop.send_if_modified(|told| {
            let first = told.is_none();
            told.get_or_insert(bye);
            first
        });
        drop(state);
        self.let_go(session);
        Ok(())
    }

    /// Whatever the session holds goes up before anything else happens.
    fn let_go(&self, session: SessionId) {
        if let Ok(live) = self.live_of(session) {
            live.take_from(session);
        }
    }

    /// Ends a share and all its sessions.
    ///
    /// # Errors
    /// [`ShareFault::NoShare`].
    pub fn stop_sharing(&self, share: ShareId, bye: Bye) -> Result<(), ShareFault> {
        let sessions: Vec<SessionId> = {
            let state = self.state();
            let live = state.shares.get(&share).ok_or(ShareFault::NoShare)?;
            live.ends(Ending::Here(bye));
            live.take();
            live.mailbox.stop(bye.reason());
            let seats = state.sessions.iter();
            let here = |s: &Session| matches!(s, Session::Seat { share: s, .. } if *s == share);
            seats.filter(|(_, s)| here(s)).map(|(id, _)| *id).collect()
        };
        for session in sessions {
            let _ = self.end(session, bye);
        }
        Ok(())
    }

    /// Ends all shares of this node; what is watched goes on.
    pub fn stop_all_sharing(&self, bye: Bye) {
        let shares: Vec<ShareId> = self.state().shares.keys().copied().collect();
        for share in shares {
            // Gone meanwhile: then it is stopped.
            let _ = self.stop_sharing(share, bye);
        }
    }

    /// Ends everything: all shares, all that is watched.
    pub fn end_all(&self, bye: Bye) {
        self.stop_all_sharing(bye);
        let sessions: Vec<SessionId> = self.state().sessions.keys().copied().collect();
        for session in sessions {
            let _ = self.end(session, bye);
        }
    }

    /// Ends everything and waits until it has ended, half a second longer than
    /// a goodbye may take. Before the swarm is stopped: a stream that is held
    /// keeps its connection.
    pub async fn close(&self, bye: Bye) {
        self.end_all(bye);
        let deadline = Instant::now() + FAREWELL * 3;
        while !self.is_idle() && Instant::now() < deadline {
            let ended = self.0.ended.notified();
            if self.is_idle() {
                break;
            }
            let _ = timeout(FAREWELL, ended).await;
        }
    }

    fn is_idle(&self) -> bool {
        let state = self.state();
        state.sessions.is_empty() && state.shares.is_empty()
    }

    fn live_of(&self, session: SessionId) -> Result<Arc<Live>, ShareFault> {
        let state = self.state();
        match state.sessions.get(&session) {
            Some(Session::Seat { share, .. }) => {
                let live = state.shares.get(share).ok_or(ShareFault::NoShare)?;
                Ok(Arc::clone(live))
            }
            _ => Err(ShareFault::NoSession),
        }
    }
}
