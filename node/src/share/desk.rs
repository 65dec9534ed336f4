//! [`Shares`]: all running shares of the node, and the way to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use kith_codec::input::Refusal;
use kith_codec::share::ViewerStatistics;
use kith_proto::id::SessionId;
use kith_proto::session::PathNonce;
use kith_screen::source::Source;
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, timeout};

use super::control::MayAsk;
use super::event::{Ending, ShareEvent, ShareId};
use super::face::Face;
use super::inject::{Injector, Nothing, Offer, SeatNumber};
use super::live::Live;
use super::process::{Process, Program, Window};
use super::seat::{Half, Halves, Seat};
use super::warden::{Guarded, Warden};
use super::watching::{Path, Watching};
use super::wire::{Bye, PREFACE_LEN, PieceWriter, Preface};
use super::{FAREWELL, probe, runner};
use crate::swarm::{Candidate, DeviceId, NetEvent, Protocol, Stream, SwarmHandle};

/// Events that wait for the node before sessions wait.
const EVENTS: usize = 256;
/// Streams of one viewer that may wait to be put together.
const HALVES: usize = 4;
/// Sessions at once, on either side.
pub const MAX_SESSIONS: usize = 256;
/// Shares at once.
pub const MAX_SHARES: usize = 16;
/// How long a stream may take to say what it is.
const PREFACE_TIME: Duration = Duration::from_secs(5);

/// What opening a source gives.
pub struct Opened {
    /// Pixels.
    pub source: Box<dyn Source>,
    /// Where input goes.
    pub input: InputTo,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// Where a share's input goes.
pub enum InputTo {
    /// Nowhere: nobody can control it.
    Nobody,
    /// To this, within the node: for what has no screen.
    Injector(Box<dyn Injector>),
    /// To the warden of this display, which guards this.
    Warden(Guarded),
}

impl fmt::Debug for InputTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Injector(_) => "Injector",
            Self::Warden(_) => "Warden",
        })
    }
}

/// Why an order was refused: we misused it, or the session just ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareFault {
    /// No share of that name runs.
    #[error("no such share")]
    NoShare,
    /// No session of that name runs here, or not on this side.
    #[error("no such session")]
    NoSession,
    /// That session, or that nonce, is in use already: a session begins once.
    #[error("this session has begun already")]
    Known,
    /// [`MAX_SHARES`], [`MAX_SESSIONS`] or the codec's limit on viewers.
    #[error("too many at once")]
    TooMany,
    /// Rights without any right to control.
    #[error("no right of control is given")]
    NoRight,
    /// The system gives no thread or socket.
    #[error("the system refuses a thread or socket")]
    System,
}

/// A viewer that the session machine admits: its `Ready`, as far as the share
/// needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The session.
    pub session: SessionId,
    /// The viewer's device; streams of another are refused.
    pub viewer: DeviceId,
    /// Names the path.
    pub nonce: PathNonce,
    /// What the sharer calls the viewer, for indicators on the screen.
    pub name: String,
    /// Whether it may ask for control.
    pub may_ask: MayAsk,
}

/// A share that is to be watched: the viewer's `Ready`.
#[derive(Debug)]
pub struct Watch {
    /// The session.
    pub session: SessionId,
    /// The sharer's device.
    pub sharer: DeviceId,
    /// Names the path.
    pub nonce: PathNonce,
    /// The sharer, as this user knows them, for the window's title.
    pub person: String,
    /// What is shared, likewise.
    pub what: String,
    /// The nominated connections.
    pub path: Path,
    /// Addresses to try when the path is lost.
    pub ways: Vec<Candidate>,
    /// What shows it.
    pub window: Window,
}

#[derive(Debug)]
enum Session {
    Seat {
        share: ShareId,
        viewer: DeviceId,
        nonce: PathNonce,
        halves: mpsc::Sender<Half>,
        stop: watch::Sender<Option<Bye>>,
    },
    Watching {
        sharer: DeviceId,
        stop: watch::Sender<Option<Bye>>,
        ways: watch::Sender<Vec<Candidate>>,
        better: watch::Sender<Option<(Path, Option<PathNonce>)>>,
        network: Arc<Notify>,
    },
}

#[derive(Debug, Default)]
struct State {
    shares: BTreeMap<ShareId, Arc<Live>>,
    sessions: BTreeMap<SessionId, Session>,
    nonces: HashMap<PathNonce, SessionId>,
    next_share: u64,
    /// Processes of windows.
    windows: BTreeSet<u32>,
}

struct Inner {
    swarm: SwarmHandle,
    share: Protocol,
    path: Protocol,
    events: mpsc::Sender<ShareEvent>,
    runtime: Handle,
    program: Program,
    /// The warden of this display, while a share needs it.
    warden: Mutex<Option<Arc<Warden>>>,
    state: Mutex<State>,
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
    /// `program` plays the roles of window and warden. Call it within a tokio
    /// runtime.
    ///
    /// # Panics
    /// Outside a tokio runtime, as tokio itself does.
    #[must_use]
    pub fn new(swarm: SwarmHandle, program: Program) -> (Self, mpsc::Receiver<ShareEvent>) {
        let (events, from) = mpsc::channel(EVENTS);
        let [share, path] = super::protocols();
        let inner = Inner {
            swarm,
            share,
            path,
            events,
            runtime: Handle::current(),
            program,
            warden: Mutex::default(),
            state: Mutex::default(),
            ended: Notify::new(),
        };
        (Self(Arc::new(inner)), from)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one insertion or removal: nothing is half done.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a stream of one of [`super::protocols`] that another device
    /// opened. One of another protocol is closed.
    pub fn accept(&self, stream: Stream) {
        if *stream.protocol() == self.0.share {
            let desk = self.clone();
            self.0.runtime.spawn(async move { desk.seat(stream).await });
        } else if *stream.protocol() == self.0.path {
            self.0.runtime.spawn(probe::answer(stream));
        }
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
            let live = Arc::new(Live::new(id));
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
                        live.set_injector(match input {
                            InputTo::Nobody => Box::new(Nothing),
                            InputTo::Injector(injector) => injector,
                            InputTo::Warden(guarded) => desk.guard(live.id, guarded),
                        });
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
        let mut warden = self.0.warden.lock().unwrap_or_else(PoisonError::into_inner);
        let running = warden.as_ref().and_then(|w| w.open(share, guarded.clone()));
        let hands = running.or_else(|| {
            let program = self.0.program.clone();
            let desk = WeakShares(Arc::downgrade(&self.0));
            let fresh = Warden::start(desk, program, &self.0.runtime);
            for id in &self.state().windows {
                fresh.add_process(*id);
            }
            let hands = fresh.open(share, guarded);
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
        Window::open(&self.0.program).map_err(|error| {
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
        let Admission {
            session,
            viewer,
            nonce,
            name,
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
            };
            state.sessions.insert(session, seat);
            state.nonces.insert(nonce, session);
            live
        };
        let seat = Seat {
            session,
            hearing: live.admit(session, name, may_ask),
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
            };
            state.sessions.insert(session, watching);
            // Its windows are Kith's own, which no viewer may reach (GUARD-3).
            state.windows.extend(process.as_ref().and_then(Process::id));
        }
        self.tell_windows();
        let watching = Watching {
            session,
            sharer,
            nonce: order.nonce,
            person: order.person,
            what: order.what,
            protocol: self.0.share.clone(),
            swarm: self.0.swarm.clone(),
            events: self.0.events.clone(),
            stop: stopped,
            ways: ways_from,
            better: better_from,
            network,
        };
        let desk = self.clone();
        self.0.runtime.spawn(async move {
            let why = watching.run(order.path, face).await;
            if let Some(id) = process.as_ref().and_then(Process::id) {
                desk.state().windows.remove(&id);
            }
            drop(process);
            desk.ended(session, why).await;
        });
        Ok(())
    }

    fn tell_windows(&self) {
        let warden = self.0.warden.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(warden) = warden.as_ref() {
            for id in &self.state().windows {
                warden.add_process(*id);
            }
        }
    }

    async fn ended(&self, session: SessionId, why: Ending) {
        {
            let mut state = self.state();
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

    /// Gives a viewer control and takes it from whoever has it. Only after
    /// the sharer's consent (ASK-2); where a warden guards the screen, it
    /// has the last word. [`ShareEvent::ControlGiven`] says when it counts.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn give_control(&self, session: SessionId, offer: &Offer) -> Result<(), ShareFault> {
        let live = self.live_of(session)?;
        if !live.give(session, offer) {
            return Err(ShareFault::NoRight);
        }
        if live.controller() == Some(session) {
            self.tell(ShareEvent::ControlGiven { session });
        }
        Ok(())
    }

    /// Tells the node without waiting for it.
    fn tell(&self, event: ShareEvent) {
        let events = self.0.events.clone();
        self.0.runtime.spawn(async move {
            let _ = events.send(event).await;
        });
    }

    /// Says no to a viewer that asked for control.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn decline_control(&self, session: SessionId) -> Result<(), ShareFault> {
        self.live_of(session)?.decline(session);
        Ok(())
    }

    /// Takes control back from whoever has it. When this returns, nothing of
    /// the viewer's is injected any more. `true` if somebody had it.
    ///
    /// # Errors
    /// [`ShareFault::NoShare`].
    pub fn take_control(&self, share: ShareId) -> Result<bool, ShareFault> {
        let live = {
            let state = self.state();
            Arc::clone(state.shares.get(&share).ok_or(ShareFault::NoShare)?)
        };
        Ok(live.take())
    }

    /// Takes control back everywhere (GUARD-6); [`ShareEvent::Panicked`]
    /// follows for each share. Never waits.
    pub fn panic(&self) {
        let shares: Vec<Arc<Live>> = self.state().shares.values().cloned().collect();
        for live in shares {
            live.take();
            self.tell(ShareEvent::Panicked { share: live.id });
        }
    }

    /// Who controls a share.
    #[must_use]
    pub fn controller(&self, share: ShareId) -> Option<SessionId> {
        let live = self.state().shares.get(&share).cloned();
        live.and_then(|live| live.controller())
    }

    /// How a viewer keeps up; `None` while its path is lost.
    pub async fn statistics(&self, session: SessionId) -> Option<ViewerStatistics> {
        self.live_of(session).ok()?.statistics(session).await
    }

    /// The sharer's own mouse or keyboard is at work, or rests: viewers'
    /// input is dropped meanwhile.
    ///
    /// # Errors
    /// [`ShareFault::NoShare`].
    pub fn set_paused(&self, share: ShareId, paused: bool) -> Result<(), ShareFault> {
        let live = self.state().shares.get(&share).cloned();
        live.ok_or(ShareFault::NoShare)?.set_paused(paused);
        Ok(())
    }

    /// Moves a watched session to another path, which is known to work.
    ///
    /// # Errors
    /// [`ShareFault::NoSession`].
    pub fn move_to(&self, session: SessionId, path: Path) -> Result<(), ShareFault> {
        self.move_under(session, path, None)
    }

    /// The same, where the two sides have agreed on another nonce for it.
    ///
    /// # Errors
    /// [`ShareFault::NoSession`].
    pub fn renominate(
        &self,
        session: SessionId,
        path: Path,
        nonce: PathNonce,
    ) -> Result<(), ShareFault> {
        self.move_under(session, path, Some(nonce))
    }

    fn move_under(
        &self,
        session: SessionId,
        path: Path,
        nonce: Option<PathNonce>,
    ) -> Result<(), ShareFault> {
        match self.state().sessions.get(&session) {
            Some(Session::Watching { better, .. }) => {
                better.send_replace(Some((path, nonce)));
                Ok(())
            }
            _ => Err(ShareFault::NoSession),
        }
    }

    /// A viewer's streams bring this nonce from now on; those that stand go on
    /// until they come.
    ///
    /// # Errors
    /// [`ShareFault::NoSession`], [`ShareFault::Known`].
    pub fn expect(&self, session: SessionId, fresh: PathNonce) -> Result<(), ShareFault> {
        let mut state = self.state();
        if state.nonces.contains_key(&fresh) {
            return Err(ShareFault::Known);
        }
        let old = match state.sessions.get_mut(&session) {
            Some(Session::Seat { nonce, .. }) => std::mem::replace(nonce, fresh),
            _ => return Err(ShareFault::NoSession),
        };
        state.nonces.remove(&old);
        state.nonces.insert(fresh, session);
        Ok(())
    }

    /// Other addresses at which the sharer of a watched session may be found
    /// when the path is lost.
    ///
    /// # Errors
    /// [`ShareFault::NoSession`].
    pub fn set_ways(&self, session: SessionId, to: Vec<Candidate>) -> Result<(), ShareFault> {
        match self.state().sessions.get(&session) {
            Some(Session::Watching { ways, .. }) => {
                ways.send_replace(to);
                Ok(())
            }
            _ => Err(ShareFault::NoSession),
        }
    }

    /// Hears what the swarm tells the node: sessions that have lost their
    /// path look again as soon as something changes.
    pub fn network(&self, news: &NetEvent) {
        let with = match news {
            NetEvent::Connected(new) => Some(new.peer),
            NetEvent::Listening { .. } => None,
            _ => return,
        };
        for session in self.state().sessions.values() {
            if let Session::Watching {
                sharer, network, ..
            } = session
                && with.is_none_or(|peer| peer == *sharer)
            {
                network.notify_one();
            }
        }
    }
}

/// What the warden's task holds, so that it doesn't keep the shares alive; and
/// what the warden's words mean.
#[derive(Debug)]
pub(super) struct WeakShares(Weak<Inner>);

impl WeakShares {
    fn live(&self, share: ShareId) -> Option<(Shares, Arc<Live>)> {
        let desk = Shares(self.0.upgrade()?);
        let live = desk.state().shares.get(&share).cloned()?;
        Some((desk, live))
    }

    fn lives(&self) -> Option<(Shares, Vec<Arc<Live>>)> {
        let desk = Shares(self.0.upgrade()?);
        let lives = desk.state().shares.values().cloned().collect();
        Some((desk, lives))
    }

    /// All control is gone. `false` if there is nobody left to care.
    pub(super) fn warden_died(&self) -> bool {
        let Some((desk, lives)) = self.lives() else {
            return false;
        };
        for live in lives {
            let controller = live.controller();
            live.take();
            if let Some(session) = controller {
                desk.tell(ShareEvent::ControlEnded { session });
            }
            live.set_paused(false);
        }
        true
    }

    pub(super) fn control_given(&self, share: ShareId, viewer: SeatNumber) {
        if let Some((desk, live)) = self.live(share)
            && let Some(session) = live.granted(viewer)
        {
            desk.tell(ShareEvent::ControlGiven { session });
        }
    }

    pub(super) fn control_refused(&self, share: ShareId, viewer: SeatNumber) {
        if let Some((desk, live)) = self.live(share)
            && let Some(session) = live.not_granted(viewer)
        {
            desk.tell(ShareEvent::ControlEnded { session });
        }
    }

    pub(super) fn control_ended(&self, share: ShareId, viewer: SeatNumber) {
        if let Some((desk, live)) = self.live(share)
            && let Some(session) = live.ended(viewer)
        {
            desk.tell(ShareEvent::ControlEnded { session });
        }
    }

    pub(super) fn input_refused(
        &self,
        share: ShareId,
        viewer: SeatNumber,
        why: Refusal,
        count: u32,
    ) {
        if let Some((_, live)) = self.live(share) {
            live.refused(viewer, why, count);
        }
    }

    pub(super) fn paused(&self, paused: bool) {
        for live in self.lives().into_iter().flat_map(|(_, lives)| lives) {
            live.set_paused(paused);
        }
    }

    pub(super) fn panic_key(&self) {
        if let Some(inner) = self.0.upgrade() {
            Shares(inner).panic();
        }
    }

    pub(super) fn panic_everything(&self) {
        if let Some(inner) = self.0.upgrade() {
            let desk = Shares(inner);
            desk.panic();
            desk.stop_all_sharing(Bye::Stopped);
        }
    }

    pub(super) fn stop_button(&self, share: ShareId) {
        if let Some(inner) = self.0.upgrade() {
            // Gone already: then it is stopped.
            let _ = Shares(inner).stop_sharing(share, Bye::Stopped);
        }
    }

    pub(super) fn windows_gone(&self, share: ShareId) {
        if let Some(inner) = self.0.upgrade() {
            let _ = Shares(inner).stop_sharing(share, Bye::SourceGone);
        }
    }
}
