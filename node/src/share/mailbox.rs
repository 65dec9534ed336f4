//! How others reach a runner's thread: orders of two kinds.
//!
//! Stopping is a state that is set, not a message that is sent: it never waits
//! for room, never blocks the one who sets it, and the runner looks at it
//! before everything else. Orders of the other kind queue up, bounded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use kith_codec::message::{EndReason, ToSharer};
use kith_codec::share::{Transmit, ViewerId, ViewerStatistics};
use kith_screen::source::Waker;
use tokio::sync::{mpsc, oneshot};

/// Orders that may wait for the runner: each viewer's coming, and questions.
const ORDERS: usize = 256;

/// The runner's end of one viewer's lanes.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) viewer: ViewerId,
    pub(super) picture: LaneSender,
    pub(super) control: LaneSender,
    /// What the viewer says, but input.
    pub(super) messages: mpsc::Receiver<ToSharer>,
    /// Why the runner let go of it by itself; dropped unsaid where the share
    /// ended, or this viewer was ended or detached from outside.
    pub(super) end: oneshot::Sender<PortEnd>,
}

/// Why the runner let go of a viewer by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PortEnd {
    /// It said what it may not say.
    Fault,
    /// The share has too many viewers.
    Full,
}

/// A bounded way into one lane. When it was full, the lane wakes the runner
/// as soon as there is room.
#[derive(Debug)]
pub(super) struct LaneSender {
    to: mpsc::Sender<Transmit>,
    hungry: Hungry,
}

/// The lane's end of it.
#[derive(Debug)]
pub(super) struct LaneReceiver {
    from: mpsc::Receiver<Transmit>,
    hungry: Hungry,
    mailbox: Arc<Mailbox>,
}

type Hungry = Arc<std::sync::atomic::AtomicBool>;

/// A lane with room for `room` messages.
pub(super) fn lane(room: usize, mailbox: &Arc<Mailbox>) -> (LaneSender, LaneReceiver) {
    let (to, from) = mpsc::channel(room);
    let hungry = Hungry::default();
    let sender = LaneSender {
        to,
        hungry: Arc::clone(&hungry),
    };
    let mailbox = Arc::clone(mailbox);
    let receiver = LaneReceiver {
        from,
        hungry,
        mailbox,
    };
    (sender, receiver)
}

/// Whether a lane takes something now.
#[derive(Debug)]
pub(super) enum Room<'a> {
    /// Yes: this place is reserved.
    Yes(mpsc::Permit<'a, Transmit>),
    /// Not now; the runner will be woken.
    No,
    /// Never again: the lane's task has ended.
    Gone,
}

impl LaneSender {
    pub(super) fn room(&self) -> Room<'_> {
        use mpsc::error::TrySendError;
        use std::sync::atomic::Ordering;
        for told in [false, true] {
            match self.to.try_reserve() {
                Ok(permit) => return Room::Yes(permit),
                Err(TrySendError::Closed(())) => return Room::Gone,
                // Said before looking again, so that room which comes between
                // is not missed.
                Err(TrySendError::Full(())) if !told => {
                    self.hungry.store(true, Ordering::SeqCst);
                }
                Err(TrySendError::Full(())) => {}
            }
        }
        Room::No
    }
}

impl LaneReceiver {
    /// The next message; `None` when the runner let go of the lane.
    pub(super) async fn next(&mut self) -> Option<Transmit> {
        let next = self.from.recv().await;
        self.made_room();
        next
    }

    /// The next one if it is there already.
    pub(super) fn ready(&mut self) -> Option<Transmit> {
        let next = self.from.try_recv().ok();
        self.made_room();
        next
    }

    fn made_room(&self) {
        if self.hungry.swap(false, std::sync::atomic::Ordering::SeqCst) {
            self.mailbox.wake();
        }
    }
}

/// What may wait its turn.
#[derive(Debug)]
pub(super) enum Order {
    /// A viewer attached.
    Attach(Port),
    /// How is this viewer?
    Statistics(ViewerId, oneshot::Sender<ViewerStatistics>),
}

/// What is set, and looked at first.
#[derive(Debug, Default)]
struct Inbox {
    stop: Option<EndReason>,
    /// Viewers to tell that it is over, and to forget.
    ended: Vec<(ViewerId, EndReason)>,
    /// Viewers to forget: their lanes are gone. Each came by an order, so
    /// there are no more of them than of those.
    detached: Vec<ViewerId>,
    orders: VecDeque<Order>,
}

/// What the runner finds.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) stop: Option<EndReason>,
    pub(super) ended: Vec<(ViewerId, EndReason)>,
    pub(super) detached: Vec<ViewerId>,
    pub(super) orders: VecDeque<Order>,
}

/// The way into a runner's thread.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    inbox: Mutex<Inbox>,
    waker: OnceLock<Waker>,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Inbox> {
        // Every change is a single step, so there is nothing half done.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on waking interrupts the source's wait. Before, the runner
    /// has not begun to wait and will look by itself.
    pub(super) fn set_waker(&self, waker: Waker) {
        let _ = self.waker.set(waker);
    }

    pub(super) fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake();
        }
    }

    /// Ends the share. The first reason counts.
    pub(super) fn stop(&self, reason: EndReason) {
        self.lock().stop.get_or_insert(reason);
        self.wake();
    }

    /// Tells a viewer that it is over, and forgets it.
    pub(super) fn end(&self, viewer: ViewerId, reason: EndReason) {
        self.lock().ended.push((viewer, reason));
        self.wake();
    }

    /// Forgets a viewer.
    pub(super) fn detach(&self, viewer: ViewerId) {
        self.lock().detached.push(viewer);
        self.wake();
    }

    /// Queues an order; `false` if too many wait.
    #[must_use]
    pub(super) fn order(&self, order: Order) -> bool {
        let mut inbox = self.lock();
        if inbox.orders.len() >= ORDERS {
            return false;
        }
        inbox.orders.push_back(order);
        drop(inbox);
        self.wake();
        true
    }

    /// Everything that has come.
    pub(super) fn take(&self) -> Post {
        let mut inbox = self.lock();
        Post {
            stop: inbox.stop,
            ended: std::mem::take(&mut inbox.ended),
            detached: std::mem::take(&mut inbox.detached),
            orders: std::mem::take(&mut inbox.orders),
        }
    }
}
