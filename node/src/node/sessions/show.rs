//! What is shown and where: sources on the sharer's side, the window's process
//! on the viewer's.

use kith_api::ShareShow;
use kith_proto::audit::By;
use kith_proto::capability::Capability;
use kith_proto::grant::ControlGrant;
use kith_proto::id::SessionId;
use kith_proto::limits::Bars;
use kith_proto::names::escape_for_display;
use kith_proto::policy::application::{AppName, AppNames};
use kith_proto::policy::rule::Direction;
use kith_proto::rights::{Rights, Scope};
use kith_proto::seal::SharingParameters;
use kith_proto::session::{Event, Phase, Ready, Real, Reason, Session, Side, Terms, Who};
use kith_proto::technology::Technology;
use kith_screen::guard::Allow;
use kith_screen::warden::protocol::Controllers;

use super::super::open::Open;
use super::at_screen::{Hears, Wish};
use super::trace::{Parameters, Trace};
use super::{Asks, Given, NOTHING, One, Pressed};
use crate::share::{
    Admission, Bye, Cut, Ending, Offer, Path, PathNonce, ShareEvent, ShareFault, Subject, Watch,
    Window,
};

impl One {
    pub(super) fn new(who: Who, terms: Terms, theirs: Option<Capability>) -> Self {
        Self {
            who,
            session: None,
            theirs,
            rings: None,
            last: terms,
            what: None,
            show: ShareShow::Window,
            offered: None,
            direct: None,
            course: None,
            bars: Bars::default(),
            at_once: Controllers::One,
            borders: Allow::Barred,
            share: None,
            overseen: None,
            params: None,
            trace: Trace::default(),
            crashed: None,
            pressed: Pressed::Awaited,
            control: None,
            over: None,
            asker: None,
            how: None,
            wish: Wish::None,
            hears: Hears::Yes,
            asks: Asks::Viewer,
            given: Given::Not,
            refused: None,
            awaited: None,
        }
    }

    /// Keeps the parameters until the end.
    pub(super) fn keep(&mut self, params: SharingParameters) {
        self.params = Some(params);
        self.trace.parameters = Parameters::Held;
    }
}

impl Open {
    /// Begins what was agreed on.
    pub(super) fn launch(&mut self, id: &SessionId, ready: Ready<Real>) -> Result<(), Reason> {
        let one = self.sessions.all.get(id).ok_or(Reason::LaunchFailed)?;
        match (one.last.technology, one.who.side) {
            (Technology::Native, Side::Sharer) => self.launch_sharing(id, ready),
            (Technology::Native, Side::Viewer) => self.launch_watching(id, ready),
            (_, Side::Sharer) => self.open_door(id, ready),
            (_, Side::Viewer) => self.look_in(id, ready),
        }
    }

    fn launch_sharing(&mut self, id: &SessionId, ready: Ready<Real>) -> Result<(), Reason> {
        let failed = Reason::LaunchFailed;
        let may_ask = self.may_ask(id);
        let one = self.sessions.all.get(id).ok_or(failed)?;
        let what = one.what.clone().ok_or(failed)?;
        let (viewer, person) = (one.who.device, one.who.person);
        let shares = self.sessions.shares().clone();
        // One source serves all who see the same.
        let running = self.sessions.all.values();
        let running = running
            .filter(|o| o.what.as_ref() == Some(&what))
            .filter_map(|o| o.share)
            // One that was moved since shows something else.
            .find(|share| match (&what, shares.part(*share)) {
                (Subject::Region(part), Some(now)) => *part == now,
                _ => true,
            });
        let share = match running {
            Some(share) => share,
            None => {
                let own = shares.own();
                let open = move || what.open(&own);
                shares.start_sharing(open).map_err(|_| Reason::TooMany)?
            }
        };
        let admission = Admission {
            session: *id,
            viewer,
            nonce: PathNonce::from_bytes(*ready.nonce.as_bytes()),
            name: self.named(&person).name,
            own_name: self.people.get(&person).map_or_else(
                || self.named(&person).name,
                |p| escape_for_display(p.name.as_str()),
            ),
            may_ask,
        };
        if one.at_once == Controllers::Many {
            let _ = shares.set_at_once(share, Controllers::Many);
        }
        if let Some(one) = self.sessions.all.get_mut(id) {
            one.share = Some(share);
            one.keep(ready.params);
            // Given once the source is open and the viewer there.
            one.control = ready.grant.control();
            one.how = Some(ready.grant.how());
        }
        shares.admit(share, admission).map_err(|_| failed)
    }

    fn launch_watching(&mut self, id: &SessionId, ready: Ready<Real>) -> Result<(), Reason> {
        let failed = Reason::LaunchFailed;
        let one = self.sessions.all.get(id).ok_or(failed)?;
        let conn = self.sessions.paths.get(&ready.path.0).copied();
        let person = self.people.get(&one.who.person).map(|p| p.shown());
        let shares = self.sessions.shares();
        let window = match &one.show {
            ShareShow::Window | ShareShow::VncServer => shares.open_window(),
            ShareShow::Picture(file) => shares.keep_picture(file),
            ShareShow::Viewer(socket) => Window::at(socket).map_err(|_| ShareFault::System),
        };
        let order = Watch {
            session: *id,
            sharer: one.who.device,
            nonce: PathNonce::from_bytes(*ready.nonce.as_bytes()),
            person: person.unwrap_or_default(),
            what: what_of(&one.last),
            path: Path::one(conn.ok_or(Reason::NoPath)?),
            ways: self.ways_to(one.who.device),
            window: window.map_err(|_| failed)?,
        };
        let watched = self.sessions.shares().watch(order);
        if let Some(one) = self.sessions.all.get_mut(id) {
            one.keep(ready.params);
        }
        watched.map_err(|_| failed)?;
        self.let_ask(id);
        Ok(())
    }

    /// What running shares tell.
    pub(in super::super) async fn share_news(&mut self, news: ShareEvent) {
        match news {
            ShareEvent::Running { session, .. } => {
                if let Some(one) = self.sessions.all.get_mut(&session) {
                    one.running();
                }
                self.give_control(&session);
                self.put_what_waits(&session).await;
                self.tell_share(&session);
            }
            ShareEvent::Shown { session } => {
                if let Some(one) = self.sessions.all.get_mut(&session) {
                    one.shown();
                }
            }
            ShareEvent::ControlGiven { session } => {
                self.hands_are_on(&session).await;
                self.control_counts(&session).await;
                self.keep_to_grant(&session);
                self.tell_share(&session);
            }
            ShareEvent::PathLost { session } | ShareEvent::Resumed { session, .. } => {
                self.tell_share(&session);
            }
            ShareEvent::ControlAsked { session } => {
                let wide = |t: &Terms| with_control(t, t.extent.view);
                self.viewer_wants(&session, wide).await;
            }
            ShareEvent::ControlReturned { session } => {
                self.viewer_wants(&session, |t| with_control(t, NOTHING))
                    .await;
            }
            ShareEvent::ControlTaken { session } => {
                self.cut_short(&session, Reason::Stopped).await;
                self.take_back(&session, Reason::Stopped).await;
            }
            ShareEvent::ControlEnded { session, why } => {
                self.take_back(&session, why).await;
            }
            ShareEvent::Answered { session, answer } => {
                self.answered_at_screen(&session, answer).await;
            }
            ShareEvent::Commanded { command, answer } => self.commanded(command, answer).await,
            ShareEvent::InputRefused { .. } => {}
            ShareEvent::Pictured {
                device,
                side,
                outcome,
            } => self.pictured(device, side, outcome).await,
            ShareEvent::Panicked { share } => {
                self.cut_all_short().await;
                let of: Vec<SessionId> = self.of_share(share);
                for id in of {
                    self.take_back(&id, Reason::Panic).await;
                }
            }
            ShareEvent::HandsTaken { session } => {
                self.cut_all_short().await;
                self.take_back(&session, Reason::Panic).await;
            }
            ShareEvent::Ended { session, why } => {
                self.share_ended(&session, why).await;
                self.sessions.shares().foreknown().forget(&session);
            }
            ShareEvent::Closed { share, why } => {
                for id in self.of_share(share) {
                    let me = self
                        .sessions
                        .all
                        .get(&id)
                        .map_or(By::Program, |o| o.who.me());
                    let (by, reason) = match why {
                        Ending::Here(Bye::SourceGone) => (By::Program, Reason::SourceEnded),
                        // The viewers' own ends come after this one, or before.
                        Ending::Here(Bye::Stopped) => (me, Reason::Stopped),
                        Ending::Here(Bye::Closed) => (By::Program, Reason::Closed),
                        _ => (By::Program, Reason::LaunchFailed),
                    };
                    if reason == Reason::Stopped {
                        self.cut_short(&id, reason).await;
                    }
                    self.session_event(&id, Event::Stop(by, reason)).await;
                }
            }
        }
    }

    async fn share_ended(&mut self, session: &SessionId, why: Ending) {
        let Some(who) = self.sessions.all.get(session).map(|o| o.who) else {
            return;
        };
        let (by, reason) = ending(&who, why);
        // What our person waits for began, and the other side has no way to show it.
        if why == Ending::There(Bye::Failed)
            && let Some(one) = self.sessions.all.get_mut(session)
        {
            one.not_shown();
        }
        // The stop button: whatever else ends it here told the machine first.
        if why == Ending::Here(Bye::Stopped) {
            self.cut_short(session, Reason::Stopped).await;
        }
        self.session_event(session, Event::Stop(by, reason)).await;
    }

    /// What this side did goes before the other side's word, which may be the
    /// answer to it: the share's own streams can be faster than our news.
    pub(super) async fn ended_here_first(&mut self, session: &SessionId) {
        let one = self.sessions.all.get(session);
        let phase = one.and_then(|o| o.session.as_ref()).map(Session::phase);
        if matches!(phase, None | Some(Phase::Ending | Phase::Over)) {
            return;
        }
        let foreknown = self.sessions.shares().foreknown();
        let (cut, ended) = (foreknown.take_cut(session), foreknown.ended_here(session));
        if let Some(how) = cut {
            let reason = match how {
                Cut::TakenBack => Reason::Stopped,
                Cut::Panic => Reason::Panic,
            };
            self.cut_short(session, reason).await;
            self.take_back(session, reason).await;
        }
        if let Some(why) = ended {
            self.share_ended(session, why).await;
        }
    }

    /// Hands control over, if the newest grant has any. If the share engine
    /// refuses, nothing is injected.
    pub(super) fn give_control(&self, id: &SessionId) {
        let Some(one) = self.sessions.all.get(id) else {
            return;
        };
        // There the hands were freed with the grant.
        if one.last.technology != Technology::Native {
            return;
        }
        let Some(control) = &one.control else { return };
        let offer = self.offer_of(one, control);
        let _ = self.sessions.shares().give_control(*id, &offer);
    }

    /// What a grant of control is for the screen.
    pub(super) fn offer_of(&self, one: &One, control: &ControlGrant) -> Offer {
        let limits = one.unbarred().narrowed(control.limits());
        let lasts = control.until().since(self.sessions.clock());
        self.offer_to(one, control.rights(), limits, lasts)
    }

    /// What this viewer is barred from in this share, with control: what was
    /// said for it, and what is remembered (GUARD-8).
    pub(super) fn bars_of_share(&self, one: &One) -> Bars {
        if one.who.side != Side::Sharer {
            return Bars::default();
        }
        let shared = applications(one);
        let remembered = self.remembered_bars(&one.who.person, &one.who.device, &shared);
        remembered.meet(&one.bars)
    }

    /// More is remembered: whoever controls has it at once, and whoever is
    /// about to is asked about anew. At a server they have none any more.
    pub(in super::super) async fn limit_what_runs(&mut self) {
        let sharing: Vec<SessionId> = self.sessions.all.keys().copied().collect();
        for id in sharing {
            if let Some(event) = self.beyond_limits(&id) {
                self.session_event(&id, event).await;
                continue;
            }
            let Some(one) = self.sessions.all.get(&id) else {
                continue;
            };
            let (Some(control), Some(share)) = (&one.control, one.share) else {
                continue;
            };
            if !self.sessions.shares().controllers(share).contains(&id) {
                self.give_control(&id);
                continue;
            }
            let limits = one.unbarred().narrowed(control.limits());
            let limits = limits.narrowed(&self.bars_of_share(one));
            // The share that isn't there any more needs none.
            let _ = self.sessions.shares().limit(id, &limits);
        }
    }

    fn of_share(&self, share: crate::share::ShareId) -> Vec<SessionId> {
        let all = self.sessions.all.iter();
        all.filter(|(_, o)| o.share == Some(share))
            .map(|(id, _)| *id)
            .collect()
    }

    /// The viewer asked with its window: the same as a message of its node.
    async fn viewer_wants(&mut self, id: &SessionId, change: impl Fn(&Terms) -> Terms) {
        let Some(one) = self.sessions.all.get(id) else {
            return;
        };
        let Some(terms) = one.session.as_ref().and_then(Session::terms) else {
            return;
        };
        let received = kith_proto::session::Received {
            from: one.who.device,
            path: kith_proto::session::PathId(0),
            told: kith_proto::session::Told::More(change(terms)),
        };
        self.session_event(id, Event::Received(received)).await;
    }

    /// Our person cut short what a viewer did, or was about to do: by the panic
    /// key, by taking control back, by stopping it. Standing consents of that
    /// person's wait until ours says so.
    pub(super) async fn cut_short(&mut self, id: &SessionId, reason: Reason) {
        let _ = self.sessions.shares().foreknown().take_cut(id);
        let one = self.sessions.all.get(id);
        let cut = one.filter(|o| {
            let phase = o.session.as_ref().map(Session::phase);
            o.who.side == Side::Sharer && phase.is_some_and(|p| holds(p, o.last.direction, reason))
        });
        if let Some(person) = cut.map(|o| o.who.person) {
            self.hold_consents(&person, reason).await;
        }
    }

    /// In panic that is everything which isn't over. What our person has said
    /// yes to and nobody sees yet never begins: that takes a new yes.
    pub(super) async fn cut_all_short(&mut self) {
        self.drop_all_parked(Reason::Panic);
        self.send_parked_away(Reason::Panic).await;
        let all: Vec<SessionId> = self.sessions.all.keys().copied().collect();
        for id in all {
            self.cut_short(&id, Reason::Panic).await;
            let one = self.sessions.all.get(&id);
            let begins = one.filter(|o| {
                let phase = o.session.as_ref().map(Session::phase);
                // At a server the door is open: there hands are bound.
                let seen = match o.last.technology {
                    Technology::Native => self.sessions.shares().was_seen(id),
                    _ => true,
                };
                o.who.side == Side::Sharer && phase.is_some_and(|p| is_about_to_begin(p, seen))
            });
            if let Some(me) = begins.map(|o| o.who.me()) {
                let stop = Event::Stop(me, Reason::Panic);
                self.session_event(&id, stop).await;
            }
        }
    }

    /// Control goes back to the sharer.
    pub(super) async fn take_back(&mut self, id: &SessionId, reason: Reason) {
        let Some(one) = self.sessions.all.get(id) else {
            return;
        };
        let Some(terms) = one.session.as_ref().and_then(Session::terms) else {
            return;
        };
        let less = with_control(terms, NOTHING);
        self.session_event(id, Event::Reduce(less, By::Sharer, reason))
            .await;
    }
}

/// Whether what is cut short in this phase may rest on what our person said in
/// advance; in panic it needn't have come to that. A sharer who waits and was
/// asked has let the other in; one who invites hasn't been asked.
const fn holds(phase: Phase, direction: Direction, reason: Reason) -> bool {
    match (phase, direction) {
        (Phase::Settling | Phase::Running, _) | (Phase::Waiting, Direction::Request) => true,
        (Phase::Waiting | Phase::Ringing, _) => matches!(reason, Reason::Panic),
        (Phase::Ending | Phase::Over, _) => false,
    }
}

/// Whether a sharer has said all that is needed for this to begin by itself:
/// who still rings will be asked. Running is what both devices agreed on, also
/// while the first picture hasn't gone out.
const fn is_about_to_begin(phase: Phase, seen: bool) -> bool {
    match phase {
        Phase::Waiting | Phase::Settling => true,
        Phase::Running => !seen,
        Phase::Ringing | Phase::Ending | Phase::Over => false,
    }
}

/// What of ours is shown; none: every application may lie there.
pub(super) fn applications(one: &One) -> AppNames {
    match &one.what {
        Some(Subject::Windows(chosen)) => AppName::new(chosen.program())
            .and_then(|name| AppNames::new(vec![name]))
            .unwrap_or_default(),
        _ => AppNames::default(),
    }
}

/// The same terms with as much control.
pub(super) fn with_control(terms: &Terms, control: Scope) -> Terms {
    let mut extent = terms.extent.clone();
    extent.control = control;
    extent.rights = match control {
        Scope::Nothing => extent.rights.difference(Rights::CONTROL),
        _ => extent.rights.union(super::ask::HANDS),
    };
    terms.with(extent)
}

/// What is shown, for the title of a window.
fn what_of(terms: &Terms) -> String {
    match terms.extent.applications.as_slice() {
        // Of which part, only the sharer knows.
        [] => "a screen or a part of it".to_owned(),
        apps => {
            let names: Vec<String> = apps
                .iter()
                .map(|a| escape_for_display(a.as_str()))
                .collect();
            names.join(", ")
        }
    }
}

/// Who ended a share and why, as the share engine saw it.
fn ending(who: &Who, why: Ending) -> (By, Reason) {
    let said = |bye| match bye {
        Bye::Stopped => Reason::Stopped,
        Bye::SourceGone => Reason::SourceEnded,
        Bye::Revoked => Reason::PolicyChanged,
        Bye::Silent => Reason::PathLost,
        Bye::Fault => Reason::Misbehaved,
        Bye::Closed => Reason::Closed,
        Bye::Failed | Bye::Unknown | Bye::Other => Reason::LaunchFailed,
    };
    match why {
        Ending::There(Bye::Stopped) => (who.other(), Reason::Stopped),
        Ending::There(Bye::Revoked) => (By::Policy, Reason::PolicyChanged),
        // The sharer has forgotten what ran: it says so itself after a crash,
        // and the share's own streams may be faster.
        Ending::There(Bye::Unknown) => (By::Program, Reason::Crashed),
        Ending::There(bye) => (By::Program, said(bye)),
        // The stop button, or the panic key twice.
        Ending::Here(Bye::Stopped) => (who.me(), Reason::Stopped),
        Ending::Here(bye) => (By::Program, said(bye)),
        Ending::Window => (who.me(), Reason::Stopped),
        Ending::Locked => (By::Program, Reason::Closed),
        Ending::Silent => (By::Program, Reason::PathLost),
        Ending::PeerFault => (By::Program, Reason::Misbehaved),
        Ending::Refused | Ending::Source | Ending::Encoder | Ending::NoWindow => {
            (By::Program, Reason::LaunchFailed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GUARD-6, ASK-3: who was let in by what was said in advance is cut short
    /// also before anything is seen.
    #[test]
    fn what_is_cut_short_holds_what_was_said_in_advance() {
        let both = |phase, direction| {
            let holds = |reason| holds(phase, direction, reason);
            (holds(Reason::Stopped), holds(Reason::Panic))
        };
        for direction in [Direction::Request, Direction::Invite] {
            for phase in [Phase::Settling, Phase::Running] {
                assert_eq!(both(phase, direction), (true, true));
            }
            assert_eq!(both(Phase::Ringing, direction), (false, true));
            for phase in [Phase::Ending, Phase::Over] {
                assert_eq!(both(phase, direction), (false, false));
            }
        }
        assert_eq!(both(Phase::Waiting, Direction::Request), (true, true));
        assert_eq!(both(Phase::Waiting, Direction::Invite), (false, true));
    }
}
