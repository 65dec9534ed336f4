//! What all viewers of one share have in common: the way to its runner, who
//! controls it, and whether it is over.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_codec::input::{Input, Refusal, Status};
use kith_codec::share::{ViewerId, ViewerStatistics};
use kith_proto::id::SessionId;
use kith_proto::rights::Rights;
use tokio::sync::{oneshot, watch};

use super::control::{Control, MayAsk, Verdict};
use super::event::{Ending, ShareId};
use super::inject::Injector;
use super::mailbox::{Mailbox, Order};

/// One running share.
pub(super) struct Live {
    pub(super) id: ShareId,
    pub(super) mailbox: Arc<Mailbox>,
    /// Set once, when the runner has ended.
    pub(super) over: watch::Sender<Option<Ending>>,
    /// Whose input took effect, and a number that grows each time.
    pub(super) active: watch::Sender<Option<(SessionId, u64)>>,
    hands: Mutex<Hands>,
    next_viewer: AtomicU32,
    /// Under which name each attached session runs now.
    attached: Mutex<BTreeMap<SessionId, ViewerId>>,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Control and the hands that carry it out, under one lock: when control has
/// been taken, nothing is being injected and nothing will be (GUARD-6).
#[derive(Default)]
struct Hands {
    control: Control,
    /// There once the source is open.
    injector: Option<Box<dyn Injector>>,
    told: BTreeMap<SessionId, watch::Sender<Status>>,
}

impl Hands {
    fn let_go(&mut self) {
        if let Some(injector) = &mut self.injector {
            injector.release_all();
        }
    }

    fn tell(&self) {
        for (session, told) in &self.told {
            let status = self.control.status(*session, self.told.len());
            told.send_if_modified(|before| std::mem::replace(before, status) != status);
        }
    }
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handled {
    /// Injected, or nothing to do.
    Done,
    Dropped(Refusal),
    Asked,
    Returned,
}

impl Live {
    pub(super) fn new(id: ShareId) -> Self {
        Self {
            id,
            mailbox: Arc::default(),
            over: watch::Sender::new(None),
            active: watch::Sender::new(None),
            hands: Mutex::default(),
            next_viewer: AtomicU32::new(1),
            attached: Mutex::default(),
        }
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attached(&self) -> MutexGuard<'_, BTreeMap<SessionId, ViewerId>> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name for another attachment; never one that was used before.
    pub(super) fn attach(&self, session: SessionId) -> ViewerId {
        let viewer = ViewerId(self.next_viewer.fetch_add(1, Ordering::Relaxed));
        self.attached().insert(session, viewer);
        viewer
    }

    /// The attachment has ended; another may have begun meanwhile.
    pub(super) fn detach(&self, session: SessionId, viewer: ViewerId) {
        let mut attached = self.attached();
        if attached.get(&session) == Some(&viewer) {
            attached.remove(&session);
        }
        drop(attached);
        self.silent(session);
        self.mailbox.detach(viewer);
    }

    /// What is known about a viewer, unless its path is lost at the moment.
    pub(super) async fn statistics(&self, session: SessionId) -> Option<ViewerStatistics> {
        let viewer = *self.attached().get(&session)?;
        let (answer, from) = oneshot::channel();
        if !self.mailbox.order(Order::Statistics(viewer, answer)) {
            return None;
        }
        from.await.ok()
    }

    pub(super) fn set_injector(&self, injector: Box<dyn Injector>) {
        self.hands().injector = Some(injector);
    }

    /// Admits a viewer; it is told how control stands through what is returned.
    pub(super) fn admit(&self, session: SessionId, may_ask: MayAsk) -> watch::Receiver<Status> {
        let mut hands = self.hands();
        hands.control.admit(session, may_ask);
        let (to, from) = watch::channel(Status::default());
        hands.told.insert(session, to);
        hands.tell();
        from
    }

    /// A viewer is gone for good.
    pub(super) fn remove(&self, session: SessionId) {
        let mut hands = self.hands();
        if hands.control.remove(session) {
            hands.let_go();
        }
        hands.told.remove(&session);
        hands.tell();
    }

    /// Nothing comes from a viewer at the moment: whatever it holds goes up.
    fn silent(&self, session: SessionId) {
        let mut hands = self.hands();
        if hands.control.controller() == Some(session) {
            hands.let_go();
        }
    }

    /// Gives control, or says that this viewer can't have it.
    #[must_use]
    pub(super) fn give(&self, session: SessionId, rights: Rights) -> bool {
        let mut hands = self.hands();
        let before = hands.control.controller();
        let given = hands.control.give(session, rights);
        if given && before != Some(session) {
            hands.let_go();
        }
        hands.tell();
        given
    }

    pub(super) fn decline(&self, session: SessionId) {
        let mut hands = self.hands();
        hands.control.decline(session);
        hands.tell();
    }

    /// Nobody controls any more. When this returns, nothing is injected.
    pub(super) fn take(&self) -> bool {
        let mut hands = self.hands();
        let taken = hands.control.take();
        // Also where nobody controls: a second press of the panic key is
        // never wrong.
        hands.let_go();
        hands.tell();
        taken
    }

    pub(super) fn controller(&self) -> Option<SessionId> {
        self.hands().control.controller()
    }

    /// The sharer's own hands are at work, or rest again.
    pub(super) fn set_paused(&self, paused: bool) {
        let mut hands = self.hands();
        hands.control.set_paused(paused);
        hands.tell();
    }

    /// Takes a viewer's input.
    pub(super) fn input(&self, session: SessionId, input: &Input) -> Handled {
        let mut hands = self.hands();
        let handled = match hands.control.judge(session, input) {
            Verdict::Inject => {
                let Some(injector) = &mut hands.injector else {
                    return Handled::Dropped(Refusal::Unsure);
                };
                match injector.deliver(input) {
                    Ok(()) => {
                        drop(hands);
                        self.active.send_modify(|last| {
                            let n = last.map_or(0, |(_, n)| n);
                            *last = Some((session, n.wrapping_add(1)));
                        });
                        return Handled::Done;
                    }
                    Err(refusal) => Handled::Dropped(refusal),
                }
            }
            Verdict::Drop(refusal) => Handled::Dropped(refusal),
            Verdict::Asked => Handled::Asked,
            Verdict::Returned => {
                if hands.control.take_from(session) {
                    hands.let_go();
                }
                Handled::Returned
            }
            Verdict::Ignore => Handled::Done,
        };
        if matches!(handled, Handled::Asked | Handled::Returned) {
            hands.tell();
        }
        handled
    }
}
