//! What all viewers of one share have in common: the way to its runner, who
//! controls it, and whether it is over.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_codec::input::{Input, People, Refusal, Status};
use kith_codec::share::{ViewerId, ViewerStatistics};
use kith_proto::id::SessionId;
use kith_proto::rights::Rights;
use kith_screen::guard::{Limits, Part};
use kith_screen::source::Placement;
use kith_screen::warden::protocol::Controllers;
use tokio::sync::{oneshot, watch};

use super::MayAsk;
use super::control::{Control, Verdict};
use super::event::{Ending, ShareId};
use super::foreknown::{Cut, Foreknown};
use super::inject::{Given, Injector, Offer, Put, SeatNumber};
use super::mailbox::{Mailbox, Order};
use super::part::PartControl;
use super::pieces::Pieces;
use super::speak::RefusedTo;

/// One running share.
pub(super) struct Live {
    pub(super) id: ShareId,
    pub(super) foreknown: Foreknown,
    pub(super) mailbox: Arc<Mailbox>,
    /// Set once, when the runner has ended.
    pub(super) over: watch::Sender<Option<Ending>>,
    /// Whose input took effect, and a number that grows each time.
    pub(super) active: watch::Sender<Option<(SessionId, u64)>>,
    hands: Mutex<Hands>,
    next_viewer: AtomicU32,
    /// What of it can be added and taken out.
    pieces: Mutex<Option<Pieces>>,
    /// The part of the screen that it shows, where it is one.
    part: Mutex<Option<PartControl>>,
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
    seats: BTreeMap<SessionId, Seated>,
    /// Who they are, for every one of them to hear.
    people: watch::Sender<People>,
    last_number: u32,
}

/// What a share keeps for a viewer, whether its path stands or not.
struct Seated {
    number: SeatNumber,
    name: String,
    own_name: String,
    status: watch::Sender<Status>,
    refused: RefusedTo,
    /// Given, and not confirmed yet.
    pending: Option<Rights>,
    /// Given before the source was open: a viewer may be there sooner.
    early: Option<Offer>,
    /// Wished for before that.
    wished: Option<Offer>,
}

/// What a viewer's own task hears.
#[derive(Clone, Debug)]
pub(super) struct Hearing {
    pub(super) status: watch::Receiver<Status>,
    pub(super) people: watch::Receiver<People>,
    pub(super) refused: RefusedTo,
}

impl Hands {
    fn number(&self, session: SessionId) -> Option<SeatNumber> {
        Some(self.seats.get(&session)?.number)
    }

    fn session(&self, number: SeatNumber) -> Option<SessionId> {
        let found = self.seats.iter().find(|(_, seat)| seat.number == number);
        found.map(|(session, _)| *session)
    }

    /// The injector hears it before anybody else.
    fn with(&mut self, session: SessionId, act: impl FnOnce(&mut dyn Injector, SeatNumber)) {
        if let Some(number) = self.number(session)
            && let Some(injector) = &mut self.injector
        {
            act(injector.as_mut(), number);
        }
    }

    /// Ends the control of one viewer, if it has or awaits it.
    fn take_from(&mut self, session: SessionId) -> bool {
        let seat = self.seats.get_mut(&session);
        let awaited = seat.and_then(|s| {
            s.early = None;
            s.pending.take()
        });
        let had = self.control.take_from(session);
        if had || awaited.is_some() {
            self.with(session, |injector, number| injector.take(number));
        }
        had
    }

    fn tell(&self) {
        for (session, seat) in &self.seats {
            let status = self.control.status(*session, self.seats.len());
            let tell = |before: &mut Status| std::mem::replace(before, status) != status;
            seat.status.send_if_modified(tell);
        }
        let controllers = self.control.controllers().iter();
        let name = |session: &SessionId| self.seats.get(session).map(|s| s.own_name.as_str());
        let others = self.seats.iter();
        let others = others.filter(|(s, _)| !self.control.controls(**s));
        let people = People::new(
            controllers.filter_map(name),
            others.map(|(_, seat)| seat.own_name.as_str()),
        );
        self.people.send_if_modified(|before| {
            let changed = *before != people;
            *before = people;
            changed
        });
    }

    fn tell_watchers(&mut self) {
        let seats = self.seats.values();
        let list: Vec<_> = seats.map(|s| (s.number, s.name.clone())).collect();
        if let Some(injector) = &mut self.injector {
            injector.watchers(&list);
        }
    }
}

impl Hands {
    fn hand_over(&mut self, session: SessionId, rights: Rights) {
        for before in self.control.ended_by(session) {
            self.take_from(before);
        }
        self.control.give(session, rights);
    }

    /// Gives control through the injector; before there is one, later.
    fn give(&mut self, session: SessionId, offer: &Offer) -> bool {
        let rights = offer.rights.intersection(Rights::CONTROL);
        let Some(number) = self.number(session).filter(|_| !rights.is_empty()) else {
            return false;
        };
        let given = self.injector.as_mut().map(|i| i.give(number, offer));
        if given == Some(Given::Now) {
            self.hand_over(session, rights);
        } else if let Some(seat) = self.seats.get_mut(&session) {
            seat.pending = Some(rights);
            seat.early = given.is_none().then(|| offer.clone());
        }
        true
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
    pub(super) fn new(id: ShareId, foreknown: Foreknown) -> Self {
        Self {
            id,
            foreknown,
            mailbox: Arc::default(),
            over: watch::Sender::new(None),
            active: watch::Sender::new(None),
            hands: Mutex::default(),
            next_viewer: AtomicU32::new(1),
            pieces: Mutex::default(),
            part: Mutex::default(),
            attached: Mutex::default(),
        }
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_pieces(&self, pieces: Pieces) {
        *self.pieces() = Some(pieces);
    }

    /// What of it can be added and taken out, if anything.
    pub(super) fn pieces(&self) -> MutexGuard<'_, Option<Pieces>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_part(&self, part: PartControl) {
        *self.part() = Some(part);
    }

    /// The part of the screen that it shows, where it is one.
    pub(super) fn part(&self) -> MutexGuard<'_, Option<PartControl>> {
        self.part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which session sits on this seat.
    pub(super) fn session_of(&self, number: SeatNumber) -> Option<SessionId> {
        self.hands().session(number)
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

    /// Input can be injected from now on. Who was given control before gets it
    /// now, and who wished for it is asked about; says who has it, if that counts at once.
    pub(super) fn set_injector(&self, mut injector: Box<dyn Injector>) -> Vec<SessionId> {
        let mut hands = self.hands();
        injector.controllers(hands.control.at_once());
        hands.injector = Some(injector);
        hands.tell_watchers();
        let early: Vec<_> = hands
            .seats
            .iter_mut()
            .filter_map(|(session, seat)| {
                let offer = seat.early.take()?;
                seat.pending = None;
                Some((*session, offer))
            })
            .collect();
        for (session, offer) in early {
            hands.give(session, &offer);
        }
        let seats = hands.seats.iter_mut();
        let wished = seats.filter_map(|(session, seat)| Some((*session, seat.wished.take()?)));
        let wished: Vec<_> = wished.collect();
        for (session, offer) in wished {
            hands.with(session, |injector, number| {
                let _ = injector.wish(number, &offer);
            });
        }
        hands.tell();
        hands.control.controllers().to_vec()
    }

    /// Where on the screen the picture lies.
    pub(super) fn placed(&self, at: Placement) {
        if let Some(injector) = &mut self.hands().injector {
            injector.placed(at);
        }
    }

    /// The picture is of this part of the screen.
    pub(super) fn shows(&self, part: &Part) {
        if let Some(injector) = &mut self.hands().injector {
            injector.shows(part);
        }
    }

    /// Admits a viewer: what the sharer calls it, and what it calls itself.
    pub(super) fn admit(
        &self,
        session: SessionId,
        (name, own_name): (String, String),
        may_ask: MayAsk,
    ) -> Hearing {
        let mut hands = self.hands();
        hands.control.admit(session, may_ask);
        hands.last_number += 1;
        let (status, from) = watch::channel(Status::default());
        let refused = RefusedTo::default();
        let seated = Seated {
            number: SeatNumber(hands.last_number),
            name,
            own_name,
            status,
            refused: refused.clone(),
            pending: None,
            early: None,
            wished: None,
        };
        hands.seats.insert(session, seated);
        hands.tell_watchers();
        hands.tell();
        Hearing {
            status: from,
            people: hands.people.subscribe(),
            refused,
        }
    }

    /// A viewer is gone for good.
    pub(super) fn remove(&self, session: SessionId) {
        let mut hands = self.hands();
        hands.take_from(session);
        hands.control.remove(session);
        hands.seats.remove(&session);
        hands.tell_watchers();
        hands.tell();
    }

    /// Nothing comes from a viewer at the moment: whatever it holds goes up.
    fn silent(&self, session: SessionId) {
        let mut hands = self.hands();
        if hands.control.controls(session) {
            hands.with(session, |injector, number| injector.release(number));
        }
    }

    /// Gives control, or says that this viewer can't have it.
    #[must_use]
    pub(super) fn give(&self, session: SessionId, offer: &Offer) -> bool {
        let mut hands = self.hands();
        let given = hands.give(session, offer);
        hands.tell();
        given
    }

    /// Asks a person at the screen whether this viewer may have control; once
    /// the source is open.
    pub(super) fn wish(&self, session: SessionId, offer: &Offer) -> Put {
        let mut put = Put::Nobody;
        let mut hands = self.hands();
        if hands.injector.is_none()
            && let Some(seat) = hands.seats.get_mut(&session)
        {
            seat.wished = Some(offer.clone());
            return Put::Asked;
        }
        hands.with(session, |injector, number| {
            put = injector.wish(number, offer)
        });
        put
    }

    /// Asks no more.
    pub(super) fn unwish(&self, session: SessionId) {
        let mut hands = self.hands();
        if let Some(seat) = hands.seats.get_mut(&session) {
            seat.wished = None;
        }
        hands.with(session, |injector, number| injector.unwish(number));
    }

    /// Bars more for a viewer that controls.
    pub(super) fn limit(&self, session: SessionId, limits: &Limits) {
        let mut hands = self.hands();
        hands.with(session, |injector, number| injector.limit(number, limits));
    }

    /// What was given later counts from now on.
    pub(super) fn granted(&self, number: SeatNumber) -> Option<SessionId> {
        let mut hands = self.hands();
        let session = hands.session(number)?;
        let rights = hands.seats.get_mut(&session)?.pending.take()?;
        hands.hand_over(session, rights);
        hands.tell();
        Some(session)
    }

    /// It was not to be: a person said no.
    pub(super) fn not_granted(&self, number: SeatNumber) -> Option<SessionId> {
        let mut hands = self.hands();
        let session = hands.session(number)?;
        hands.seats.get_mut(&session)?.pending.take()?;
        hands.control.decline(session);
        hands.tell();
        Some(session)
    }

    /// The injector itself ended this viewer's control, perhaps for a person.
    pub(super) fn ended(&self, number: SeatNumber, cut: Option<Cut>) -> Option<SessionId> {
        let mut hands = self.hands();
        let session = hands.session(number)?;
        if let Some(how) = cut.filter(|_| hands.control.controls(session)) {
            self.foreknown.cut(session, how);
        }
        let had = hands.control.take_from(session);
        hands.tell();
        had.then_some(session)
    }

    /// The injector refused what it had taken.
    pub(super) fn refused(&self, number: SeatNumber, why: Refusal, count: u32) {
        let hands = self.hands();
        let seat = hands.session(number).and_then(|s| hands.seats.get(&s));
        if let Some(seat) = seat {
            seat.refused.add(why, count.into());
        }
    }

    /// No control for this viewer: neither what it asks for nor what was given
    /// and still waits for the source or for a person's yes (POL-7).
    pub(super) fn decline(&self, session: SessionId) {
        let mut hands = self.hands();
        hands.take_from(session);
        hands.control.decline(session);
        hands.tell();
    }

    /// Whether this viewer may ask for control is decided anew.
    pub(super) fn let_ask(&self, session: SessionId, may_ask: MayAsk) {
        let mut hands = self.hands();
        hands.control.let_ask(session, may_ask);
        hands.tell();
    }

    /// Nobody controls any more. When this returns, nothing of a viewer's is
    /// handed to the injector.
    pub(super) fn take(&self) -> bool {
        let mut hands = self.hands();
        let sessions: Vec<SessionId> = hands.seats.keys().copied().collect();
        let mut any = false;
        for session in sessions {
            any |= hands.take_from(session);
        }
        hands.tell();
        any
    }

    /// Our person is in panic. The same, known before any viewer sees it.
    pub(super) fn panic(&self) {
        let hands = self.hands();
        for session in hands.seats.keys() {
            self.foreknown.cut(*session, Cut::Panic);
        }
        drop(hands);
        self.take();
    }

    /// All its sessions end, for this: known before any viewer is told.
    pub(super) fn ends(&self, why: Ending) {
        for session in self.hands().seats.keys() {
            self.foreknown.ends(*session, why);
        }
    }

    /// The share is over: nobody controls, nothing injects.
    pub(super) fn close(&self) {
        self.take();
        self.hands().injector = None;
    }

    /// This viewer does not control any more. `true` if it did.
    pub(super) fn take_from(&self, session: SessionId) -> bool {
        let mut hands = self.hands();
        let had = hands.take_from(session);
        hands.tell();
        had
    }

    /// Who controls, the longest first.
    pub(super) fn controllers(&self) -> Vec<SessionId> {
        self.hands().control.controllers().to_vec()
    }

    /// How many may control at once.
    pub(super) fn at_once(&self) -> Controllers {
        self.hands().control.at_once()
    }

    /// So many may control at once from now on; says whose control has ended. When
    /// this returns, nothing of theirs is handed to the injector.
    pub(super) fn set_at_once(&self, at_once: Controllers) -> Vec<SessionId> {
        let mut hands = self.hands();
        let over = hands.control.set_at_once(at_once);
        if let Some(injector) = &mut hands.injector {
            injector.controllers(at_once);
        }
        for session in &over {
            hands.take_from(*session);
        }
        hands.tell();
        over
    }

    /// The sharer's own hands are at work, or rest again.
    pub(super) fn set_paused(&self, paused: bool) {
        let mut hands = self.hands();
        hands.control.set_paused(paused);
        hands.tell();
    }

    /// Input of this viewer takes effect.
    pub(super) fn acting(&self, session: SessionId) {
        self.active.send_modify(|last| {
            let n = last.map_or(0, |(_, n)| n);
            *last = Some((session, n.wrapping_add(1)));
        });
    }

    /// Takes a viewer's input.
    pub(super) fn input(&self, session: SessionId, input: &Input) -> Handled {
        let mut hands = self.hands();
        let handled = match hands.control.judge(session, input) {
            Verdict::Inject => {
                let number = hands.number(session);
                let (Some(number), Some(injector)) = (number, &mut hands.injector) else {
                    return Handled::Dropped(Refusal::Unsure);
                };
                match injector.deliver(number, input) {
                    Ok(()) => {
                        drop(hands);
                        self.acting(session);
                        return Handled::Done;
                    }
                    Err(refusal) => Handled::Dropped(refusal),
                }
            }
            Verdict::Drop(refusal) => Handled::Dropped(refusal),
            Verdict::Asked => Handled::Asked,
            Verdict::Returned => {
                hands.take_from(session);
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

#[cfg(test)]
mod tests;
