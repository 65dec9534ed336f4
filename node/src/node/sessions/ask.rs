//! What faces ask of sessions.

use kith_api::{
    ApiError, Code, ControlChange, ControlState, Remember, Reply, ScreenArea, ShareBorders,
    ShareControllers, ShareLevel, ShareLimits, ShareRequest, ShareShow, ShareWhat, ShareWindow,
};
use kith_proto::grant::Consent;
use kith_proto::id::{DeviceId, RoomId, SessionId};
use kith_proto::limits::Fits;
use kith_proto::policy::rule::Direction;
use kith_proto::rights::{Right, Rights};
use kith_proto::session::{Event, Phase, Reason, Session, Side, Terms};
use kith_proto::technology::Technology;
use kith_screen::guard::{Allow, Part};
use kith_screen::warden::protocol::Controllers;
use kith_view::local::Order;

use super::super::error::bad;
use super::super::open::Open;

use super::at_screen::Hears;
use super::beforehand::{Begun, ToBegin, Whole, Yes, joining};
use super::display::{is_on_screen, part_of};
use super::show::with_control;
use super::trace::told;
use super::trial::Begins;
use super::which::Asked;
use super::why_not::{Missed, error};
use super::{Asks, NOTHING, One};
use crate::share::{ShareId, Subject};

/// What control consists of, as far as it is asked for by one word.
pub(super) const HANDS: Rights = Rights::of(&[Right::Pointer, Right::Keyboard]);

impl Open {
    pub(in super::super) async fn answer_share(
        &mut self,
        request: ShareRequest,
    ) -> Result<Reply, ApiError> {
        let Whole {
            place,
            said,
            request,
        } = self.whole(request).await?;
        match request {
            ShareRequest::Invite {
                who,
                what,
                level,
                case,
            } => {
                let with = self.to_begin(&who, Side::Sharer, &case, place)?;
                self.share_invite(with, &what, level, &said).await
            }
            ShareRequest::Allow { which, what, show } => {
                let id = self.which(&which, Asked::Yes)?;
                self.share_allow(id, what, show, &said).await
            }
            ShareRequest::Question { which } => self.share_question(&which, &said).await,
            _ if said != ShareLimits::default() => {
                Err(bad("limits are for what you show: invite, or allow"))
            }
            request => self.answer_other_share(request, place).await,
        }
    }

    async fn answer_other_share(
        &mut self,
        request: ShareRequest,
        place: Option<RoomId>,
    ) -> Result<Reply, ApiError> {
        match request {
            ShareRequest::Join {
                who,
                level,
                show,
                case,
            } => {
                let with = self.to_begin(&who, Side::Viewer, &case, place)?;
                self.share_join(with, None, level, show).await
            }
            ShareRequest::JoinApplication {
                who,
                application,
                level,
                show,
                case,
            } => {
                let with = self.to_begin(&who, Side::Viewer, &case, place)?;
                let application = Some(application.as_str());
                self.share_join(with, application, level, show).await
            }
            ShareRequest::List => {
                let all: Vec<SessionId> = self.sessions.all.keys().copied().collect();
                let infos = all.iter().filter_map(|id| self.share_info(id));
                Ok(Reply::Shares(infos.collect()))
            }
            ShareRequest::Ended => {
                let ended = self.sessions.ended.iter().cloned();
                Ok(Reply::Shares(ended.collect()))
            }
            ShareRequest::Deny { which } => {
                let id = self.which(&which, Asked::Yes)?;
                self.session_event(&id, Event::Refuse(Reason::Declined))
                    .await;
                Ok(Reply::Done)
            }
            ShareRequest::Control { which, change } => {
                let id = self.which(&which, Asked::Either)?;
                self.share_control(id, change).await
            }
            ShareRequest::Place { which, area, cuts } => {
                let share = self.share_of_part(&which)?;
                let part = part_of(area, &cuts)?;
                is_on_screen(area).await?;
                if self.widens_part(share, &part) {
                    self.not_under_control()?;
                }
                let shown = self.sessions.shares().show_part(share, part);
                shown.map_err(|e| bad(e.to_string()))?;
                Ok(Reply::Done)
            }
            ShareRequest::Stop { which: Some(which) } => {
                let id = self.which(&which, Asked::Either)?;
                self.share_stop(&id).await;
                Ok(Reply::Done)
            }
            ShareRequest::Stop { which: None } => {
                self.take_back_command("it was taken back: everything was stopped")
                    .await;
                self.drop_all_parked(Reason::Cancelled);
                self.send_parked_away(Reason::Cancelled).await;
                let all: Vec<SessionId> = self.sessions.all.keys().copied().collect();
                for id in all {
                    self.share_stop(&id).await;
                }
                Ok(Reply::Done)
            }
            ShareRequest::Panic => {
                // At once, before any bookkeeping (GUARD-6), which follows.
                self.sessions.shares().panic();
                self.take_back_command("it was taken back: everything was stopped")
                    .await;
                self.cut_all_short().await;
                Ok(Reply::Done)
            }
            ShareRequest::Window { which, order } => {
                let id = self.which(&which, Asked::Either)?;
                let order = match order {
                    ShareWindow::Front => Order::Front,
                    ShareWindow::FullScreen => Order::FullScreen,
                };
                let ordered = self.sessions.shares().order_window(id, order);
                let done = ordered.map(|()| Reply::Done);
                done.map_err(|_| bad("that share has no window of Kith’s, or it can’t be told now"))
            }
            ShareRequest::Figures { which } => {
                let id = self.which(&which, Asked::Either)?;
                let told = self.sessions.shares().figures(id).map(told);
                told.ok_or_else(|| bad("nothing is measured of that share"))
            }
            ShareRequest::Invite { .. }
            | ShareRequest::Allow { .. }
            | ShareRequest::Limited { .. }
            | ShareRequest::InRoom { .. }
            | ShareRequest::Question { .. }
            | ShareRequest::Mark { .. }
            | ShareRequest::Trace { .. }
            | ShareRequest::Check(_)
            | ShareRequest::Screens
            | ShareRequest::Windows { .. } => Err(bad("that is asked another way")),
        }
    }

    /// The share of a part of the screen that is meant.
    fn share_of_part(&self, which: &str) -> Result<ShareId, ApiError> {
        let id = self.which(which, Asked::Either)?;
        let share = self.sessions.all.get(&id).and_then(|one| one.share);
        let share = share.filter(|share| self.sessions.shares().part(*share).is_some());
        share.ok_or_else(|| {
            bad("no part of your screen is shown there")
                .hint("“kith share NAME --region 800x600+0+0” shows one")
        })
    }

    /// Whether it would show anything that isn't shown now. What isn't there is no
    /// more than that either: it is said so.
    pub(in super::super) fn widens_frame(
        &self,
        which: &str,
        area: ScreenArea,
        cuts: &[ScreenArea],
    ) -> bool {
        match (self.share_of_part(which), part_of(area, cuts)) {
            (Ok(share), Ok(part)) => self.widens_part(share, &part),
            _ => false,
        }
    }

    fn widens_part(&self, share: ShareId, part: &Part) -> bool {
        let now = self.sessions.shares().part(share);
        now.is_none_or(|now| !part.is_within(&now))
    }

    pub(super) async fn share_stop(&mut self, id: &SessionId) {
        let Some(one) = self.sessions.all.get(id) else {
            return;
        };
        let me = one.who.me();
        let asked_by = match one.last.direction {
            Direction::Invite => Side::Sharer,
            Direction::Request => Side::Viewer,
        };
        let reason = match one.session.as_ref().map(Session::phase) {
            Some(Phase::Running) => Reason::Stopped,
            _ if one.who.side == asked_by => Reason::Cancelled,
            // Whoever was asked takes nothing back: they decline.
            _ => Reason::Declined,
        };
        self.cut_short(id, Reason::Stopped).await;
        self.session_event(id, Event::Stop(me, reason)).await;
    }

    async fn share_invite(
        &mut self,
        with: ToBegin,
        what: &ShareWhat,
        level: ShareLevel,
        said: &ShareLimits,
    ) -> Result<Reply, ApiError> {
        self.not_under_control()?;
        let (_, remember) = self.said_with_a_share(said)?;
        let Begun { one, terms, rung } = self.invitation(with, what, level, said).await?;
        // Who of several devices answers isn't known yet: then all of them.
        let device = (rung.len() == 1).then_some(one.who.device);
        self.remember_of_share(&one, device, remember).await?;
        self.begin_of_ours(one, terms, rung).await
    }

    async fn share_join(
        &mut self,
        with: ToBegin,
        application: Option<&str>,
        level: ShareLevel,
        show: ShareShow,
    ) -> Result<Reply, ApiError> {
        let Begun { one, terms, rung } = joining(with, application, level, show)?;
        self.take_back_the_same(&terms).await;
        self.begin_of_ours(one, terms, rung).await
    }

    /// Begins what our person asked for: at once, or after a trial; then whoever
    /// asked is answered later.
    async fn begin_of_ours(
        &mut self,
        one: One,
        terms: Terms,
        rung: Vec<DeviceId>,
    ) -> Result<Reply, ApiError> {
        match self.begin_tried(one, terms, Begins::Ours(rung)).await {
            Ok(None) => Ok(Reply::Done),
            Ok(Some(id)) => self.begun(Ok(id)),
            Err(reason) => self.begun(Err(reason)),
        }
    }

    pub(super) fn begun(&self, begun: Result<SessionId, Reason>) -> Result<Reply, ApiError> {
        let id = begun.map_err(|reason| self.refusal(Missed::Share, reason))?;
        match self.share_info(&id) {
            Some(info) => Ok(Reply::Share(info)),
            // Nobody was there to be asked.
            None => Err(error(Reason::NoPath)),
        }
    }

    async fn share_allow(
        &mut self,
        id: SessionId,
        what: Option<ShareWhat>,
        show: ShareShow,
        said: &ShareLimits,
    ) -> Result<Reply, ApiError> {
        self.not_under_control()?;
        let (bars, remember) = self.said_with_a_share(said)?;
        let one = self.sessions.all.get(&id);
        let runs = one.is_some_and(|one| one.who.side == Side::Sharer && one.course.is_some());
        // To be allowed no more than they have is to be refused.
        if runs && said.level == Some(ShareLevel::View) {
            self.session_event(&id, Event::Refuse(Reason::Declined))
                .await;
            return Ok(Reply::Done);
        }
        let Yes {
            terms,
            level,
            shown,
        } = self.yes(&id, what, said).await?;
        let Some(one) = self.sessions.all.get_mut(&id) else {
            return Err(bad("that request is over"));
        };
        let begins = one.course.is_none();
        match shown {
            Some(shown) => (one.what, one.offered) = (shown.what, shown.offered),
            None if begins => one.show = show,
            None => {}
        }
        one.bars = one.bars.meet(&bars);
        let at_once = at_once_of(said);
        if begins && one.who.side == Side::Sharer && at_once == Controllers::Many {
            can_be_together(one, at_once)?;
            one.at_once = at_once;
        }
        if begins && one.who.side == Side::Sharer {
            one.borders = borders_of(one, said)?;
        }
        if let Some(one) = self.sessions.all.get(&id) {
            self.can_be_limited(one, level)?;
        }
        if remember == Remember::Always
            && let Some(one) = self.sessions.all.remove(&id)
        {
            let device = Some(one.who.device);
            let kept = self.remember_of_share(&one, device, remember).await;
            self.sessions.all.insert(id, one);
            kept?;
        }
        // What can't be, though it could when it was asked for, is said.
        let what = match begins {
            true => Missed::Share,
            false => Missed::Control,
        };
        let denied = self.denied_now(&id, &terms, what);
        let consent = Consent::asked(terms.clone());
        self.session_event(&id, Event::Consent(terms, consent))
            .await;
        if denied.is_none() && begins {
            self.await_beginning(&id);
        }
        denied.map_or(Ok(Reply::Done), Err)
    }

    /// Keeps what was said with a share for the next time.
    pub(super) async fn remember_of_share(
        &mut self,
        one: &One,
        device: Option<DeviceId>,
        remember: Remember,
    ) -> Result<(), ApiError> {
        if remember == Remember::Once {
            return Ok(());
        }
        let shared = super::show::applications(one);
        let fits = Fits {
            person: Some(one.who.person),
            device,
            application: shared.as_slice().first().cloned(),
        };
        self.remember_besides(fits, &one.bars).await
    }

    /// On the way to a hosted session nobody binds the viewer's hands but its
    /// server, which knows no limits.
    pub(super) fn can_be_limited(&self, one: &One, level: ShareLevel) -> Result<(), ApiError> {
        let hosted = one.offered.is_some();
        if hosted && level == ShareLevel::Control && !self.bars_of_share(one).is_empty() {
            return Err(ApiError::new(
                Code::Denied,
                "limits can’t be kept in a session of a server: they would have all of it",
            )
            .hint("“--view”, or “kith limits” for what is remembered of them"));
        }
        Ok(())
    }

    async fn share_control(
        &mut self,
        id: SessionId,
        change: ControlChange,
    ) -> Result<Reply, ApiError> {
        let Some(one) = self.sessions.all.get(&id) else {
            return Err(bad("that share is over"));
        };
        let Some(terms) = one.session.as_ref().and_then(Session::terms).cloned() else {
            return Err(bad("that share is over"));
        };
        match (one.who.side, change) {
            (Side::Viewer, ControlChange::Ask) => {
                let more = with_control(&terms, terms.extent.view);
                let denied = self.denied_now(&id, &more, Missed::Control);
                self.session_event(&id, Event::WantMore(more)).await;
                if let Some(denied) = denied {
                    return Err(denied);
                }
                self.await_answer(&id);
            }
            (Side::Viewer, ControlChange::End) => {
                let less = with_control(&terms, NOTHING);
                self.session_event(&id, Event::WantMore(less)).await;
            }
            (Side::Sharer, ControlChange::End) => {
                self.cut_short(&id, Reason::Stopped).await;
                self.take_back(&id, Reason::Stopped).await;
            }
            (Side::Sharer, ControlChange::Together) => {
                self.not_under_control()?;
                self.set_at_once(&id, Controllers::Many)?;
            }
            (Side::Sharer, ControlChange::One) => self.set_at_once(&id, Controllers::One)?,
            (Side::Sharer, ControlChange::Give) => self.give_control_unasked(&id, &terms).await?,
            (Side::Viewer, ControlChange::Together | ControlChange::One | ControlChange::Give) => {
                return Err(bad(
                    "it is their screen: who and how many control it is theirs to say",
                ));
            }
            (Side::Sharer, ControlChange::Ask) => {
                return Err(bad("it is your own screen: you have control")
                    .hint("“kith control NAME --give” gives it to whom you show it"));
            }
        }
        Ok(Reply::Done)
    }

    /// Puts it to the person at the screen to give control to a viewer.
    async fn give_control_unasked(
        &mut self,
        id: &SessionId,
        terms: &Terms,
    ) -> Result<(), ApiError> {
        let Some(one) = self.sessions.all.get_mut(id).filter(|o| o.is_on_screen()) else {
            return Err(
                bad("that isn’t on a screen of yours, where you could say yes to it")
                    .hint("“kith share NAME --control” offers it from the beginning"),
            );
        };
        // They have said "only view" of what the viewer asks for.
        one.hears = Hears::Yes;
        if one.rings.is_none() && terms.extent.control == NOTHING {
            one.asks = Asks::Ourselves;
            let more = with_control(terms, terms.extent.view);
            let denied = self.denied_now(id, &more, Missed::Control);
            self.session_event(id, Event::Give(more)).await;
            let rings = |one: &&mut One| one.rings.is_some();
            if let Some(one) = self.sessions.all.get_mut(id).filter(|o| !rings(o)) {
                one.asks = Asks::Viewer;
            }
            if let Some(denied) = denied {
                return Err(denied);
            }
        }
        let state = self.share_info(id).and_then(|info| info.control_state);
        if state == Some(ControlState::Held) {
            return Err(bad("they have control already"));
        }
        self.bring_question(id, &ShareLimits::default()).await?;
        // What was offered from the beginning is asked about already.
        self.sessions.shares().recall();
        Ok(())
    }

    /// So many may control at once what this viewer sees of our screen.
    fn set_at_once(&mut self, id: &SessionId, at_once: Controllers) -> Result<(), ApiError> {
        let one = self
            .sessions
            .all
            .get_mut(id)
            .ok_or_else(|| bad("that share is over"))?;
        can_be_together(one, at_once)?;
        // It counts from when it is shown.
        one.at_once = at_once;
        if let Some(share) = one.share {
            let set = self.sessions.shares().set_at_once(share, at_once);
            set.map_err(|e| bad(e.to_string()))?;
            let of = self.sessions.all.iter();
            let of = of.filter(|(_, o)| o.share == Some(share));
            let of: Vec<SessionId> = of.map(|(id, _)| *id).collect();
            of.iter().for_each(|id| self.tell_share(id));
        }
        Ok(())
    }
}

/// Whether the borders of windows take input. Of a window or an application only its
/// own pixels are seen, and in a part of the screen a border could bring in what lies
/// beside it (GUARD-2).
pub(super) fn borders_of(one: &One, said: &ShareLimits) -> Result<Allow, ApiError> {
    match (said.borders, &one.what) {
        (ShareBorders::LeftOut, _) => Ok(Allow::Barred),
        (ShareBorders::Included, Some(Subject::Desktop)) => Ok(Allow::Allowed),
        (ShareBorders::Included, _) => Err(bad(
            "borders take input only where the whole desktop is shown",
        )
        .hint("“--desktop” shows it; of a window its own pixels alone are seen")),
    }
}

/// At a server of another program's nobody can tell the hands of several apart.
pub(super) fn can_be_together(one: &One, at_once: Controllers) -> Result<(), ApiError> {
    match one.last.technology == Technology::Native || at_once == Controllers::One {
        true => Ok(()),
        false => Err(bad("a VNC server is controlled by one at a time")),
    }
}

/// How many may control at once, by what was said with a share.
pub(super) const fn at_once_of(said: &ShareLimits) -> Controllers {
    match said.controllers {
        Some(ShareControllers::Together) => Controllers::Many,
        Some(ShareControllers::One) | None => Controllers::One,
    }
}
