//! Consent at the screen (ASK-2): a viewer who asks for control of a screen of
//! ours is put to the person there, in the warden's window; a face can only say
//! no. Where there is no screen, the face is all there is.

use core::time::Duration;

use kith_api::{
    ApiError, Code, Reply, ShareBorders, ShareLevel, ShareLimits, ShareWhat, Verification,
};
use kith_proto::grant::{Consent, How};
use kith_proto::id::{PersonId, SessionId};
use kith_proto::names::escape_for_display;
use kith_proto::rights::Rights;
use kith_proto::session::{Desk as _, Event, LONGEST, Real, Reason, Session, Side, Terms};
use kith_proto::technology::Technology;
use kith_screen::guard::{Allow, Limits as Guarded};
use kith_screen::look::fill;
use kith_screen::warden::protocol::{Answer, Verified, Who as Asker, Word};

use super::super::error::bad;
use super::super::open::Open;
use super::extent::named;
use super::show::with_control;
use super::which::Asked;
use super::{NOTHING, One};
use crate::share::{MayAsk, Offer, Put, Subject};

/// What helps whoever wants to answer from elsewhere. Through a program a press
/// looks like that of whoever controls, so it can't count (ASK-2).
const HOW: &str = "it has the keyboard now, or Super+K gives it that; only the screen’s own \
    keyboard and mouse can press it, and x11vnc, x0vncserver or an on-screen keyboard only \
    once you have enrolled them (“kith inputs”); “kith deny” refuses from here";

/// What the window at the screen knows of a viewer's wish for control.
#[derive(Debug, Default)]
pub(super) enum Wish {
    /// Nothing is asked.
    #[default]
    None,
    /// It asks for these terms.
    Asked(Terms),
    /// It could not be shown.
    Impossible,
}

/// Whether a viewer's wishes for control are put to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Hears {
    /// They are.
    #[default]
    Yes,
    /// The person at the screen has said "only view": not in this share.
    OnlyView,
}

impl One {
    /// Whether it is of ours, and can do more than draw on a toy desktop.
    pub(super) fn is_real(&self) -> bool {
        let toy = matches!(self.what, None | Some(Subject::Synthetic { .. }));
        let real = !toy || self.last.technology != Technology::Native;
        real && self.who.side == Side::Sharer
    }

    /// Whether control of it is a matter of the screen's: not of the toy
    /// desktop, and of another's server only where a warden watches over it.
    pub(super) fn is_on_screen(&self) -> bool {
        let real = match self.last.technology {
            Technology::Native => !matches!(self.what, None | Some(Subject::Synthetic { .. })),
            _ => self.overseen.is_some(),
        };
        real && self.who.side == Side::Sharer
    }

    /// The terms that somebody who sees already asks for, if those are for
    /// control.
    pub(super) fn wants_control(&self) -> Option<&Terms> {
        let wanted = self.rings.as_ref().filter(|_| self.course.is_some())?;
        (wanted.extent.control > self.last.extent.control).then_some(wanted)
    }

    /// What is barred where nobody says so.
    pub(super) fn unbarred(&self) -> Guarded {
        Guarded {
            borders: self.borders,
            ..Guarded::default()
        }
    }

    /// By whose word control is given.
    pub(super) fn word(&self) -> Word {
        match self.how {
            Some(How::Standing(_) | How::NotDemanded) => Word::Advance,
            Some(How::Began | How::Asked) | None => Word::Press,
        }
    }
}

impl Open {
    /// Who somebody is, as windows at the screen say it.
    pub(in crate::node) fn asker(&self, person: &PersonId) -> Asker {
        let named = self.named(person);
        Asker {
            name: named.name,
            verified: match named.verified {
                Verification::Verified => Verified::Yes,
                Verification::Unverified => Verified::No,
            },
            organisation: self.organisation_of(person),
        }
    }

    /// What organisations of ours list a person, two at most, as they call
    /// themselves.
    pub(super) fn organisation_of(&self, person: &PersonId) -> Option<String> {
        let of = |c: &&kith_proto::policy::chain::PolicyChain| c.body().member(person).is_some();
        let organisations: Vec<String> = self
            .policies
            .joined()
            .filter(of)
            .take(2)
            .map(|c| escape_for_display(self.org_name(&c.org()).as_str()))
            .collect();
        (!organisations.is_empty()).then(|| organisations.join(", "))
    }

    /// What a grant of control, or a wish for one, is for the screen.
    pub(super) fn offer_to(
        &self,
        one: &One,
        rights: Rights,
        limits: Guarded,
        lasts: Duration,
    ) -> Offer {
        let (t, case) = (self.texts(), &one.last.case);
        let lines = [
            (t.purpose, &case.purpose),
            (t.reference, &case.reference),
            (t.patient_consent, &case.patient_consent),
        ];
        let lines = lines.iter().filter_map(|(what, text)| {
            let text = text.as_ref()?;
            Some(fill(what, &[&escape_for_display(text.as_str())]))
        });
        let room = self.common_room(one.last.room, &one.who.person);
        let room = room.map(|id| fill(t.in_room, &[&self.room_ref(&id).title]));
        let lines = room.into_iter().chain(lines);
        let mut limits = limits.narrowed(&self.bars_of_share(one));
        if one.offered.is_some() {
            // Of a server nothing is known but its screen: what can't be barred there
            // isn't said to be. Anything more than this one ends control of it.
            limits.borders = Allow::Allowed;
        }
        Offer {
            limits,
            lasts: Some(lasts),
            lines: lines.collect(),
            word: one.word(),
            ..Offer::new(rights, self.asker(&one.who.person))
        }
    }

    /// Whether the viewer may ask for control of what is shown, by what holds here now.
    pub(super) fn may_ask(&mut self, id: &SessionId) -> MayAsk {
        let Some(one) = self.sessions.all.remove(id) else {
            return MayAsk::No;
        };
        let who = one.who;
        let more = with_control(&one.last, one.last.extent.view);
        let may = self.with_office(&who, Some(&one), |office, _| office.still(&who, &more));
        self.sessions.all.insert(*id, one);
        match may {
            Ok(()) => MayAsk::Yes,
            Err(_) => MayAsk::No,
        }
    }

    /// The rules changed: their window offers to ask, or says that it can't be.
    pub(super) fn let_ask(&mut self, id: &SessionId) {
        let runs = self.sessions.all.get(id).map(|one| one.course.is_some());
        if runs == Some(true) {
            let may_ask = self.may_ask(id);
            // What isn't there any more needs none, nor does another's server.
            let _ = self.sessions.shares().let_ask(*id, may_ask);
        }
    }

    /// Somebody asks for more than they have: the person at the screen is
    /// asked, where there is one. What follows at once, if anything.
    pub(super) fn put_at_screen(&mut self, id: &SessionId) -> Option<Event<Real>> {
        let one = self.sessions.all.get(id)?;
        let wanted = one.wants_control()?.clone();
        if one.hears == Hears::OnlyView {
            return Some(Event::Refuse(Reason::Declined));
        }
        // Where limits can't be kept, nobody is asked for what can't be.
        if !one.is_on_screen() || self.can_be_limited(one, ShareLevel::Control).is_err() {
            return None;
        }
        let rights = wanted.extent.rights.intersection(Rights::CONTROL);
        let offer = self.offer_to(one, rights, one.unbarred(), LONGEST);
        let put = match &one.overseen {
            Some(overseen) => overseen.wish(&offer),
            None => self.sessions.shares().wish(*id, &offer),
        };
        if let Some(one) = self.sessions.all.get_mut(id) {
            one.wish = match put {
                Put::Asked => Wish::Asked(wanted),
                // Not yet: once the share is on the screen.
                Put::Nobody => Wish::None,
            };
        }
        None
    }

    /// A share is on the screen now: what was asked for before is put there.
    pub(super) async fn put_what_waits(&mut self, id: &SessionId) {
        let waits = self
            .sessions
            .all
            .get(id)
            .is_some_and(|one| one.wants_control().is_some() && matches!(one.wish, Wish::None));
        if waits && let Some(event) = self.put_at_screen(id) {
            self.session_event(id, event).await;
        }
    }

    /// Nothing is asked any more.
    pub(super) fn withdraw_at_screen(&mut self, id: &SessionId) {
        let shares = self.sessions.shares().clone();
        let Some(one) = self.sessions.all.get_mut(id) else {
            return;
        };
        if let Wish::Asked(_) = core::mem::take(&mut one.wish) {
            match &one.overseen {
                Some(overseen) => overseen.unwish(),
                None => shares.unwish(*id),
            }
        }
    }

    /// The person at the screen has answered.
    pub(super) async fn answered_at_screen(&mut self, id: &SessionId, answer: Answer) {
        let Some(one) = self.sessions.all.get_mut(id) else {
            return;
        };
        if answer == Answer::OnlyView {
            one.hears = Hears::OnlyView;
        }
        let Wish::Asked(terms) = core::mem::take(&mut one.wish) else {
            return;
        };
        let event = match answer {
            Answer::Allowed => {
                let consent = Consent::asked(terms.clone());
                Event::Consent(terms, consent)
            }
            Answer::Denied | Answer::OnlyView | Answer::Pretended | Answer::Closed => {
                Event::Refuse(Reason::Declined)
            }
            // It stays a question, for which there is no window.
            Answer::Impossible => {
                one.wish = Wish::Impossible;
                return;
            }
            // In panic: whoever still wants it asks anew.
            Answer::Withdrawn => Event::Refuse(Reason::Panic),
        };
        self.session_event(id, event).await;
    }

    /// The person wants to answer in the window at the screen.
    pub(super) async fn share_question(
        &mut self,
        which: &str,
        said: &ShareLimits,
    ) -> Result<Reply, ApiError> {
        let id = self.which(which, Asked::Yes)?;
        let one = self.sessions.all.get(&id);
        if !one.is_some_and(|one| one.is_on_screen() && one.wants_control().is_some()) {
            return Err(bad("nobody asks for control of your screen there"));
        }
        self.bring_question(&id, said).await?;
        Ok(Reply::Done)
    }

    /// What a face hears that wants to give control of a screen: the window is
    /// there, again if need be.
    pub(in crate::node) async fn answer_in_window(
        &mut self,
        id: &SessionId,
        said: &ShareLimits,
    ) -> ApiError {
        let brought = self.bring_question(id, said).await;
        brought.err().unwrap_or_else(|| {
            ApiError::new(
                Code::Denied,
                "nobody gets control of a screen by a command: answer in Kith’s window on the screen",
            )
            .hint(HOW)
        })
    }

    /// Brings the question for control to the person at the screen, within what
    /// is said now besides.
    pub(super) async fn bring_question(
        &mut self,
        id: &SessionId,
        said: &ShareLimits,
    ) -> Result<(), ApiError> {
        let (bars, remember) = self.said_with_a_share(said)?;
        if said.controllers.is_some() {
            return Err(bad("that share runs already")
                .hint("“kith control NAME --together” lets several control it at once"));
        }
        if said.borders == ShareBorders::Included {
            return Err(bad("that share runs already")
                .hint("“--borders” is said when it begins: beside “kith share” or “kith allow”"));
        }
        if !bars.is_empty() {
            self.not_under_control()?;
            if let Some(one) = self.sessions.all.get_mut(id) {
                one.bars = one.bars.meet(&bars);
            }
            if let Some(one) = self.sessions.all.remove(id) {
                let device = Some(one.who.device);
                let kept = self.remember_of_share(&one, device, remember).await;
                self.sessions.all.insert(*id, one);
                kept?;
            }
        }
        let Some(one) = self.sessions.all.get(id) else {
            return Err(bad("that request is over"));
        };
        self.can_be_limited(one, ShareLevel::Control)?;
        let impossible = matches!(one.wish, Wish::Impossible);
        match &one.wish {
            Wish::Asked(_) if bars.is_empty() => self.sessions.shares().recall(),
            // Anew, for less.
            _ => {
                if let Some(event) = self.put_at_screen(id) {
                    self.session_event(id, event).await;
                }
            }
        }
        match impossible {
            true => Err(ApiError::new(
                Code::Denied,
                "Kith could not show its window on this screen, and without it nobody gets control",
            )
            .hint("it needs a font, such as those of fonts-dejavu-core; it is tried again now")),
            false => Ok(()),
        }
    }

    /// Whether something of this machine's screen is shown to somebody.
    pub(in crate::node) fn shows_something(&self) -> bool {
        let mut all = self.sessions.all.values();
        all.any(|one| one.course.is_some() && one.is_on_screen())
    }

    /// The session that a face means by a yes, and what that would bring.
    pub(in crate::node) fn meant_by_allow(&self, which: &str) -> Option<(SessionId, Meant)> {
        let id = self.which(which, Asked::Yes).ok()?;
        let one = self.sessions.all.get(&id)?;
        let meant = match (one.who.side, &one.course) {
            (Side::Viewer, _) => Meant::Seeing,
            (Side::Sharer, None) => Meant::Showing,
            (Side::Sharer, Some(_)) if one.is_on_screen() => Meant::Control,
            (Side::Sharer, Some(_)) => Meant::ControlElsewhere,
        };
        Some((id, meant))
    }

    /// What is asked for in a session that hasn't begun, if that has a name.
    pub(in crate::node) fn named_wish(&self, id: &SessionId) -> Option<ShareWhat> {
        self.sessions.all.get(id).and_then(named)
    }
}

/// What a yes to a request would bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum Meant {
    /// Our person sees something of theirs.
    Seeing,
    /// They see something of ours.
    Showing,
    /// They control this machine's screen.
    Control,
    /// They control what isn't on a screen here.
    ControlElsewhere,
}

/// Whether somebody has control, or is about to.
pub(super) fn has_control(one: &One) -> bool {
    let session = one.session.as_ref();
    let over = session.and_then(Session::over).is_some();
    let terms = session.and_then(Session::terms);
    !over && terms.unwrap_or(&one.last).extent.control != NOTHING
}
