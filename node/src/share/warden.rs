//! The node's side of the warden (DESIGN, "Processes"): one process for the
//! display, started with the first share that needs it and anew whenever it
//! dies; what is opened in it; and the injector that speaks to it.
//!
//! What takes rights away goes before all that waits, and throws away what
//! waits of that viewer. What the warden says about control counts.

mod asking;
mod chosen;
mod heard;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use kith_codec::input::{Input, Refusal};
use kith_proto::hands::AFTERMATH;
use kith_screen::guard::{self, Limits, Part, ProcessId, What};
use kith_screen::look::Look;
use kith_screen::source::Placement;
use kith_screen::warden::protocol::{
    Answer, AskId, Bar, Controllers, MAX_LINE, MAX_NAME, ToWarden, Watcher, fit, frame,
};
use kith_screen::warden::{Origin, Spawned, spawn};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::desk::WeakShares;
use super::enrolled::{Enrolled, Told};
use super::event::ShareId;
use super::inject::{Given, Injector, Offer, Put, SeatNumber};
use super::own::{Listening, OwnProcesses};
use super::process::{Process, Program};
use asking::{About, Asked};
use heard::hear;

/// Input that may wait for the warden; more is dropped.
const WAITING: usize = 64;
/// Pause before a warden that died at once is started again.
const AGAIN: Duration = Duration::from_secs(1);
/// Wardens that may die within [`PATIENCE`] of each other and be followed by a
/// fresh one. What kills so many kills the next too, and meanwhile nobody
/// guards the screen.
const LIVES: usize = 5;
/// A warden that lived this long has not died of how it is started.
const PATIENCE: Duration = Duration::from_secs(60);
/// The panic key unless the person chose another: Esc.
const PANIC_KEY: u32 = 0xff1b;

/// What a warden is to guard for a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    /// What takes input.
    pub what: What,
    /// What is shared, in words; `None` where it has no name but its place.
    pub title: Option<String>,
    /// What the picture's pixels are relative to, where it is one window; else
    /// they follow the source's placement.
    pub window: Option<guard::WindowId>,
}

#[derive(Debug)]
struct Opened {
    guarded: Guarded,
    controllers: Controllers,
    watchers: Vec<(SeatNumber, String)>,
    /// What a person has barred in the frame's menu.
    bars: BTreeSet<Bar>,
}

#[derive(Debug, Default)]
struct Outbox {
    urgent: VecDeque<Vec<u8>>,
    input: VecDeque<(ShareId, SeatNumber, Vec<u8>)>,
    shares: BTreeMap<ShareId, Opened>,
    asks: BTreeMap<AskId, Asked>,
    last_ask: u32,
    processes: BTreeSet<u32>,
    enrolled: Enrolled,
    look: Look,
    /// Nothing was open any more: the process ends.
    closed: bool,
}

impl Outbox {
    fn say(&mut self, message: &ToWarden) {
        self.urgent.push_back(frame(message));
    }

    fn forget_input(&mut self, share: ShareId, viewer: SeatNumber) {
        let other = |s: ShareId, v: SeatNumber| (s, v) != (share, viewer);
        self.input.retain(|(s, v, _)| other(*s, *v));
    }

    /// Takes the question about a viewer back, if there is one.
    fn withdraw(&mut self, share: ShareId, viewer: SeatNumber) {
        let about = |a: &Asked| (a.share, a.viewer) == (share, viewer);
        let ask = self.asks.iter().find(|(_, a)| about(a));
        if let Some(ask) = ask.map(|(ask, _)| *ask) {
            self.asks.remove(&ask);
            self.say(&ToWarden::Withdraw(ask));
        }
    }

    /// There will be no other warden. What it was to guard, and to ask.
    fn give_up(&mut self) -> (Vec<ShareId>, Vec<Asked>) {
        self.closed = true;
        self.urgent.clear();
        self.input.clear();
        let asked = std::mem::take(&mut self.asks).into_values();
        (self.shares.keys().copied().collect(), asked.collect())
    }

    /// What one that follows another has to know; that one knew who had control,
    /// and when.
    fn after_death(&mut self) -> Vec<Asked> {
        self.enrolled.press_not_for(AFTERMATH);
        self.begin()
    }

    /// What a fresh warden has to know. What two have died of is asked no more,
    /// and told.
    fn begin(&mut self) -> Vec<Asked> {
        self.urgent.clear();
        self.input.clear();
        let processes = ids(&self.processes);
        let panic_key = PANIC_KEY;
        self.say(&ToWarden::Hello {
            processes,
            panic_key,
        });
        self.say(&ToWarden::Look(self.look));
        if !self.enrolled.kinds.is_empty() {
            let enrolled = self.enrolled.to_warden();
            self.say(&enrolled);
        }
        for (share, opened) in std::mem::take(&mut self.shares) {
            self.say(&open(share, &opened.guarded, opened.controllers));
            self.say(&watchers(share, &opened.watchers));
            for bar in &opened.bars {
                self.say(&ToWarden::Bar(number(share), *bar));
            }
            self.shares.insert(share, opened);
        }
        let mut given_up = Vec::new();
        for (ask, asked) in std::mem::take(&mut self.asks) {
            if asked.again {
                given_up.push(asked);
                continue;
            }
            self.urgent.push_back(asked.frame.clone());
            let again = true;
            self.asks.insert(ask, Asked { again, ..asked });
        }
        given_up
    }
}

fn ids(processes: &BTreeSet<u32>) -> BTreeSet<ProcessId> {
    let ids = processes.iter().filter_map(|id| NonZeroU32::new(*id));
    ids.map(ProcessId).collect()
}

fn open(share: ShareId, guarded: &Guarded, controllers: Controllers) -> ToWarden {
    ToWarden::Open {
        share: number(share),
        what: guarded.what.clone(),
        controllers,
        title: guarded.title.as_ref().map(|t| fit(t, MAX_LINE)),
    }
}

fn watchers(share: ShareId, list: &[(SeatNumber, String)]) -> ToWarden {
    let list = list.iter().map(|(viewer, name)| Watcher {
        viewer: guard::ViewerId(viewer.0),
        name: fit(name, MAX_NAME),
    });
    ToWarden::Watchers {
        share: number(share),
        list: list.collect(),
    }
}

fn number(share: ShareId) -> guard::ShareId {
    // Shares are counted from 1 and end with the process.
    guard::ShareId(u32::try_from(share.0).unwrap_or(u32::MAX))
}

/// The way to the warden of this display.
#[derive(Debug)]
pub(super) struct Warden {
    outbox: Mutex<Outbox>,
    news: Notify,
    own: OwnProcesses,
    _listening: Listening,
}

impl Warden {
    /// A warden that knows of these processes, not started yet.
    pub(super) fn new(own: &OwnProcesses, Told { enrolled, look }: Told) -> Arc<Self> {
        let mut outbox = Outbox {
            processes: own.ids(),
            enrolled,
            look,
            ..Outbox::default()
        };
        let _ = outbox.begin();
        let warden = Arc::new_cyclic(|warden: &Weak<Self>| {
            let warden = Weak::clone(warden);
            let told = move |ids: &BTreeSet<u32>| {
                if let Some(warden) = warden.upgrade() {
                    warden.set_processes(ids);
                }
            };
            Self {
                outbox: Mutex::new(outbox),
                news: Notify::new(),
                own: own.clone(),
                _listening: own.listen(told),
            }
        });
        // What came while it was made.
        warden.set_processes(&own.ids());
        warden
    }

    /// Starts it. It ends with the last share and question: so the first is
    /// there before.
    pub(super) fn start(
        self: &Arc<Self>,
        desk: WeakShares,
        program: Program,
        runtime: &tokio::runtime::Handle,
    ) {
        runtime.spawn(run(Arc::clone(self), desk, program));
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a share in it; `None` if it is ending.
    pub(super) fn open(self: &Arc<Self>, share: ShareId, guarded: Guarded) -> Option<WardenHands> {
        let mut outbox = self.outbox();
        if outbox.closed {
            return None;
        }
        let controllers = Controllers::One;
        outbox.say(&open(share, &guarded, controllers));
        let window = guarded.window;
        let opened = Opened {
            guarded,
            controllers,
            watchers: Vec::new(),
            bars: BTreeSet::new(),
        };
        outbox.shares.insert(share, opened);
        drop(outbox);
        self.news.notify_one();
        Some(WardenHands {
            warden: Arc::clone(self),
            share,
            origin: window.map_or(Origin::Screen(Placement::default()), Origin::Window),
        })
    }

    /// Windows of these processes are never targets.
    fn set_processes(&self, own: &BTreeSet<u32>) {
        let mut outbox = self.outbox();
        if outbox.processes != *own {
            outbox.processes.clone_from(own);
            let message = ToWarden::Processes(ids(&outbox.processes));
            outbox.say(&message);
            drop(outbox);
            self.news.notify_one();
        }
    }

    /// Which devices of XTEST's count from now on.
    pub(super) fn enrolled(&self, enrolled: Enrolled) {
        let mut outbox = self.outbox();
        if outbox.enrolled != enrolled {
            outbox.enrolled = enrolled;
            let message = outbox.enrolled.to_warden();
            outbox.say(&message);
            drop(outbox);
            self.news.notify_one();
        }
    }

    /// In which language and how large its windows are from now on.
    pub(super) fn look(&self, look: Look) {
        let mut outbox = self.outbox();
        if outbox.look != look {
            outbox.look = look;
            outbox.say(&ToWarden::Look(look));
            drop(outbox);
            self.news.notify_one();
        }
    }

    /// The next frame to write. `None` when all is said and nothing is open.
    async fn next(&self) -> Option<Vec<u8>> {
        loop {
            let news = self.news.notified();
            {
                let mut outbox = self.outbox();
                let urgent = outbox.urgent.pop_front();
                let next = urgent.or_else(|| Some(outbox.input.pop_front()?.2));
                if next.is_some() {
                    return next;
                }
                if outbox.shares.is_empty() && outbox.asks.is_empty() {
                    outbox.closed = true;
                    return None;
                }
            }
            news.await;
        }
    }
}

/// Injects through the warden.
#[derive(Debug)]
pub(super) struct WardenHands {
    warden: Arc<Warden>,
    share: ShareId,
    origin: Origin,
}

impl WardenHands {
    fn say(&self, act: impl FnOnce(&mut Outbox)) {
        act(&mut self.warden.outbox());
        self.warden.news.notify_one();
    }
}

impl Injector for WardenHands {
    fn deliver(&mut self, viewer: SeatNumber, input: &Input) -> Result<(), Refusal> {
        let message = frame(&ToWarden::Input {
            share: number(self.share),
            viewer: guard::ViewerId(viewer.0),
            origin: self.origin,
            input: input.clone(),
        });
        let mut outbox = self.warden.outbox();
        if outbox.closed || outbox.input.len() >= WAITING {
            return Err(Refusal::Rate);
        }
        outbox.input.push_back((self.share, viewer, message));
        drop(outbox);
        self.warden.news.notify_one();
        Ok(())
    }

    fn give(&mut self, viewer: SeatNumber, offer: &Offer) -> Given {
        self.put(viewer, offer, About::Control);
        Given::Later
    }

    fn wish(&mut self, viewer: SeatNumber, offer: &Offer) -> Put {
        self.put(viewer, offer, About::Wish);
        Put::Asked
    }

    fn unwish(&mut self, viewer: SeatNumber) {
        self.forget_wish(viewer);
    }

    fn limit(&mut self, viewer: SeatNumber, limits: &Limits) {
        self.say(|outbox| {
            // A fresh warden has nobody who controls, and is asked anew.
            let message = ToWarden::Limit {
                share: number(self.share),
                viewer: guard::ViewerId(viewer.0),
                limits: limits.clone(),
            };
            outbox.say(&message);
        });
    }

    fn take(&mut self, viewer: SeatNumber) {
        self.say(|outbox| {
            outbox.forget_input(self.share, viewer);
            outbox.withdraw(self.share, viewer);
            outbox.say(&ToWarden::Revoke {
                share: number(self.share),
                viewer: guard::ViewerId(viewer.0),
            });
        });
    }

    fn release(&mut self, viewer: SeatNumber) {
        self.say(|outbox| {
            outbox.forget_input(self.share, viewer);
            outbox.say(&ToWarden::Release {
                share: number(self.share),
                viewer: guard::ViewerId(viewer.0),
            });
        });
    }

    fn controllers(&mut self, at_once: Controllers) {
        self.say(|outbox| {
            let before = outbox.shares.get_mut(&self.share);
            let before = before.map(|opened| std::mem::replace(&mut opened.controllers, at_once));
            if before != Some(at_once) {
                outbox.say(&ToWarden::Controllers {
                    share: number(self.share),
                    controllers: at_once,
                });
            }
        });
    }

    fn placed(&mut self, at: Placement) {
        if let Origin::Screen(place) = &mut self.origin {
            *place = at;
        }
    }

    fn shows(&mut self, part: &Part) {
        let outbox = self.warden.outbox();
        let opened = outbox.shares.get(&self.share);
        let what = opened.map(|opened| &opened.guarded.what);
        if matches!(what, Some(What::Region(before)) if before != part) {
            drop(outbox);
            self.warden.change(self.share, &What::Region(part.clone()));
        }
    }

    fn watchers(&mut self, list: &[(SeatNumber, String)]) {
        self.say(|outbox| {
            if let Some(opened) = outbox.shares.get_mut(&self.share) {
                opened.watchers = list.to_vec();
            }
            outbox.say(&watchers(self.share, list));
        });
    }
}

impl Drop for WardenHands {
    fn drop(&mut self) {
        self.say(|outbox| {
            outbox.shares.remove(&self.share);
            outbox.input.retain(|(share, ..)| *share != self.share);
            outbox.say(&ToWarden::Close(number(self.share)));
        });
    }
}

/// How many have died one after the other, now that one more has after
/// `lived`.
fn deaths_in_a_row(before: usize, lived: Duration) -> usize {
    match lived < PATIENCE {
        true => before + 1,
        false => 1,
    }
}

/// Keeps a warden running until nothing is open, or until too many have died.
async fn run(warden: Arc<Warden>, desk: WeakShares, program: Program) {
    let mut deaths = 0;
    loop {
        let started = Instant::now();
        let ended = match spawn(program.command("warden")) {
            Ok(spawned) => serve(&warden, &desk, spawned).await,
            Err(error) => {
                tracing::warn!(%error, "the warden can't be started");
                Ended::Died
            }
        };
        match ended {
            Ended::Done => return,
            Ended::Died => {
                tracing::warn!("the warden has ended; another is started");
                // Whoever had control had it from the one that died.
                if !desk.warden_died() {
                    return;
                }
                deaths = deaths_in_a_row(deaths, started.elapsed());
                if deaths > LIVES {
                    tracing::warn!(deaths, "no warden stays alive: what it guards ends");
                    // Ending them says so to the outbox.
                    let (guarded, asked) = warden.outbox().give_up();
                    for asked in asked {
                        asked.answered(&desk, Answer::Impossible);
                    }
                    desk.warden_lost(&guarded);
                    return;
                }
                let given_up = warden.outbox().after_death();
                for asked in given_up {
                    asked.answered(&desk, Answer::Impossible);
                }
                // At once, to let go of what it held; but not in a circle.
                if started.elapsed() < AGAIN {
                    sleep_until(started + AGAIN).await;
                }
            }
        }
    }
}

/// How serving a warden ended.
enum Ended {
    /// Nothing is open.
    Done,
    /// It is gone.
    Died,
}

async fn serve(warden: &Warden, desk: &WeakShares, spawned: Spawned) -> Ended {
    let _own = warden.own.hold(spawned.child.id());
    let _process = Process(Some(spawned.child));
    if spawned.socket.set_nonblocking(true).is_err() {
        return Ended::Died;
    }
    let Ok(socket) = UnixStream::from_std(spawned.socket) else {
        return Ended::Died;
    };
    let (from, mut to) = socket.into_split();
    let write = async {
        while let Some(frame) = warden.next().await {
            if to.write_all(&frame).await.is_err() {
                return Ended::Died;
            }
        }
        Ended::Done
    };
    tokio::select! {
        ended = write => ended,
        error = hear(from, warden, desk) => {
            tracing::debug!(?error, "the warden is heard no more");
            Ended::Died
        }
    }
}

#[cfg(test)]
mod tests;
