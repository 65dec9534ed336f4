//! Steering what runs: control, and paths.

use std::sync::{Arc, MutexGuard, PoisonError};

use kith_codec::geometry::Size;
use kith_codec::share::ViewerStatistics;
use kith_proto::id::SessionId;
use kith_proto::session::{PathNonce, Reason};
use kith_screen::guard::{Limits, Part};
use kith_screen::look::Look;
use kith_screen::warden::protocol::{Controllers, Who};
use kith_view::local::{FromNode, MayAsk, Order};

use super::super::enrolled::{Enrolled, Told};
use super::super::event::{ShareEvent, ShareId};
use super::super::gauge::Figures;
use super::super::inject::{Offer, Put};
use super::super::live::Live;
use super::super::orders::ShareFault;
use super::super::part::PartControl;
use super::super::warden::Warden;
use super::super::watching::Path;
use super::{Session, Shares, WeakShares};
use crate::swarm::{Candidate, NetEvent};

impl Shares {
    /// Gives a viewer control and takes it from whoever has it, unless several may
    /// have it. Only after
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
        if live.controllers().contains(&session) {
            self.tell(ShareEvent::ControlGiven { session });
        }
        Ok(())
    }

    /// Asks a person at the screen whether this viewer may have control, where
    /// there is a warden; [`ShareEvent::Answered`] follows. A yes stands for
    /// one [`Self::give_control`], for a while.
    #[must_use]
    pub fn wish(&self, session: SessionId, offer: &Offer) -> Put {
        let live = self.live_of(session);
        live.map_or(Put::Nobody, |live| live.wish(session, offer))
    }

    /// Asks no more.
    pub fn unwish(&self, session: SessionId) {
        if let Ok(live) = self.live_of(session) {
            live.unwish(session);
        }
    }

    /// The warden, if there is one.
    pub(super) fn warden(&self) -> MutexGuard<'_, Option<Arc<Warden>>> {
        self.0.warden.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn fresh_warden(&self) -> Arc<Warden> {
        Warden::new(&self.0.own, self.told().clone())
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the warden's windows are to look.
    #[must_use]
    pub fn look_now(&self) -> Look {
        self.told().look
    }

    /// How the warden's windows look from now on.
    pub fn look(&self, look: Look) {
        let warden = self.warden();
        if let Some(warden) = warden.as_ref() {
            warden.look(look);
        }
        self.told().look = look;
    }

    /// Which devices of XTEST's count as our person's from now on (ASK-3).
    pub fn enrolled(&self, enrolled: Enrolled) {
        let warden = self.warden();
        if let Some(warden) = warden.as_ref() {
            warden.enrolled(enrolled.clone());
        }
        self.told().enrolled = enrolled;
    }

    pub(super) fn start_warden(&self, warden: &Arc<Warden>) {
        let desk = WeakShares(Arc::downgrade(&self.0));
        warden.start(desk, self.0.program.clone(), &self.0.runtime);
    }

    /// Asks a person at the screen whether a command counts;
    /// [`ShareEvent::Commanded`] follows. `who` is what it does, in one line.
    pub fn ask_about(&self, command: u64, who: &Who, lines: &[String]) {
        let ask = |warden: &Arc<Warden>| warden.ask_command(command, who, lines);
        let mut warden = self.warden();
        if !warden.as_ref().is_some_and(&ask) {
            let fresh = self.fresh_warden();
            let _ = ask(&fresh);
            self.start_warden(&fresh);
            *warden = Some(fresh);
        }
    }

    /// The person wants to answer: what is asked at the screen gets the keyboard.
    pub fn recall(&self) {
        if let Some(warden) = self.warden().as_ref() {
            warden.recall();
        }
    }

    /// Asks about it no more.
    pub fn withdraw_command(&self, command: u64) {
        if let Some(warden) = self.warden().as_ref() {
            warden.withdraw_command(command);
        }
    }

    /// Bars more for a viewer that has control, at once (GUARD-8). Limits that
    /// are looser than those of its grant change nothing.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn limit(&self, session: SessionId, limits: &Limits) -> Result<(), ShareFault> {
        self.live_of(session)?.limit(session, limits);
        Ok(())
    }

    /// Tells the node without waiting for it.
    pub(super) fn tell(&self, event: ShareEvent) {
        let events = self.0.events.clone();
        self.0.runtime.spawn(async move {
            let _ = events.send(event).await;
        });
    }

    /// Says no to a viewer that asked for control, and withdraws what it was
    /// given and nobody at the screen has confirmed yet.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn decline_control(&self, session: SessionId) -> Result<(), ShareFault> {
        self.live_of(session)?.decline(session);
        Ok(())
    }

    /// Whether a viewer may ask for control, from now on: where not, its window
    /// doesn't offer it. Of a session that is watched here, ours doesn't.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn let_ask(&self, session: SessionId, may_ask: MayAsk) -> Result<(), ShareFault> {
        if let Some(Session::Watching { orders, .. }) = self.state().sessions.get(&session) {
            let told = orders.try_send(FromNode::MayAsk(may_ask));
            return told.map_err(|_| ShareFault::TooMany);
        }
        self.live_of(session)?.let_ask(session, may_ask);
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

    /// Takes control back everywhere (GUARD-6), in hosted sessions too;
    /// [`ShareEvent::Panicked`] follows for each share, and
    /// [`ShareEvent::HandsTaken`] for each hosted session. Never waits.
    pub fn panic(&self) {
        let shares: Vec<Arc<Live>> = self.state().shares.values().cloned().collect();
        for live in shares {
            live.panic();
            self.tell(ShareEvent::Panicked { share: live.id });
        }
        self.panic_hosted();
    }

    /// Whether the viewer of a session of ours has been sent any picture, at
    /// any time. A session that isn't there has not.
    #[must_use]
    pub fn was_seen(&self, session: SessionId) -> bool {
        match self.state().sessions.get(&session) {
            Some(Session::Seat { seen, .. }) => seen.is_set(),
            _ => false,
        }
    }

    /// Takes control back from one viewer; whoever else has it keeps it. When
    /// this returns, nothing of that viewer's is injected any more.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn take_control_from(&self, session: SessionId) -> Result<(), ShareFault> {
        self.live_of(session)?.take_from(session);
        Ok(())
    }

    /// Who controls a share, the longest first.
    #[must_use]
    pub fn controllers(&self, share: ShareId) -> Vec<SessionId> {
        let live = self.state().shares.get(&share).cloned();
        live.map_or_else(Vec::new, |live| live.controllers())
    }

    /// How many may control a share at once.
    #[must_use]
    pub fn at_once(&self, share: ShareId) -> Controllers {
        let live = self.state().shares.get(&share).cloned();
        live.map_or(Controllers::One, |live| live.at_once())
    }

    /// So many may control a share at once from now on: where that is one, whoever
    /// has controlled for the longest goes on, and [`ShareEvent::ControlEnded`]
    /// follows for each other.
    ///
    /// # Errors
    /// [`ShareFault::NoShare`].
    pub fn set_at_once(&self, share: ShareId, at_once: Controllers) -> Result<(), ShareFault> {
        let live = self.state().shares.get(&share).cloned();
        for session in live.ok_or(ShareFault::NoShare)?.set_at_once(at_once) {
            let why = Reason::Stopped;
            self.tell(ShareEvent::ControlEnded { session, why });
        }
        Ok(())
    }

    /// The part of the screen that a share shows, or is about to; `None` where
    /// it shows something else.
    #[must_use]
    pub fn part(&self, share: ShareId) -> Option<Part> {
        let live = self.state().shares.get(&share).cloned()?;
        let part = live.part();
        part.as_ref().map(PartControl::part).cloned()
    }

    /// Shows another part of the screen from the next picture on; input goes
    /// where the picture is. Only after the sharer's consent, where it is more.
    ///
    /// # Errors
    /// [`ShareFault::NoShare`], also where it shows no part of the screen;
    /// [`ShareFault::NoPart`].
    pub fn show_part(&self, share: ShareId, part: Part) -> Result<(), ShareFault> {
        let rect = part.area().rect();
        let size = rect.and_then(|r| Size::new(r.w, r.h));
        size.ok_or(ShareFault::NoPart)?;
        let live = self.state().shares.get(&share).cloned();
        let live = live.ok_or(ShareFault::NoShare)?;
        let mut shown = live.part();
        shown.as_mut().ok_or(ShareFault::NoShare)?.show(part);
        Ok(())
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

    /// What the person wants of the window of a watched session.
    ///
    /// # Errors
    /// [`ShareFault::NoSession`]; [`ShareFault::TooMany`] where it takes in none,
    /// as while the path is lost.
    pub fn order_window(&self, session: SessionId, order: Order) -> Result<(), ShareFault> {
        match self.state().sessions.get(&session) {
            Some(Session::Watching { orders, .. }) => {
                let order = FromNode::Order(order);
                orders.try_send(order).map_err(|_| ShareFault::TooMany)
            }
            _ => Err(ShareFault::NoSession),
        }
    }

    /// What is measured of a watched session.
    #[must_use]
    pub fn figures(&self, session: SessionId) -> Option<Figures> {
        match self.state().sessions.get(&session) {
            Some(Session::Watching { gauge, .. }) => Some(gauge.figures()),
            _ => None,
        }
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
