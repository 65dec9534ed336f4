//! While a share runs: more and less, other paths, newer policy.

use super::effect::{Effect, Fact, Told};
use super::leave::{Hears, Out, leave};
use super::machine::{Effects, decided};
use super::state::{InAdvance, Ready, Running, State};
use super::tokens::{Desk, PathId, PathNonce, Side, Tokens, Who};
use super::{LONGEST, RESUME, RING_MORE, Reason, STEP};
use crate::audit::{By, Said};
use crate::time::Monotonic;

/// Launches. Whoever calls this has a [`Ready`], and with it every proof.
pub(super) fn run<T: Tokens>(
    _who: &Who,
    terms: T::Terms,
    ready: Ready<T>,
    now: Monotonic,
    fx: &mut Effects<T>,
) -> State<T> {
    let path = Some(ready.path);
    fx.push(Effect::Audit(Fact::Started(terms.clone())));
    fx.push(Effect::Launch(ready));
    let longest = now.after(LONGEST);
    Running {
        terms,
        in_advance: InAdvance::Counts,
        more: None,
        nominated: None,
        path,
        until: longest,
        longest,
    }
    .into()
}

/// What both logs say of less: that a person declined is a refusal besides.
fn less<T: Tokens>(
    terms: &T::Terms,
    (by, reason): (By, Reason),
) -> impl Iterator<Item = Effect<T>> + use<T> {
    let refused = (reason == Reason::Declined).then_some(Fact::Refused(by, reason));
    let reduced = Fact::Reduced(terms.clone(), by, reason);
    refused.into_iter().chain([reduced]).map(Effect::Audit)
}

impl<T: Tokens> Running<T> {
    /// When something is due: an answer to "more", or the end.
    pub(super) fn due(&self) -> Monotonic {
        let more = self.more.as_ref().map_or(self.until, |(_, until)| *until);
        more.min(self.until)
    }

    pub(super) fn late(
        mut self,
        who: &Who,
        desk: &mut impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> State<T> {
        if self.until <= now {
            let reason = match self.path {
                Some(_) => Reason::Expired,
                None => Reason::PathLost,
            };
            return leave(self.into(), Out::program(reason), who, desk, now, fx);
        }
        match who.side {
            Side::Sharer => self = self.refused(who, Reason::NoAnswer, fx),
            Side::Viewer => self.more = None,
        }
        self.into()
    }

    /// The other side said something.
    pub(super) fn told(
        mut self,
        who: &Who,
        path: PathId,
        told: Told<T>,
        desk: &mut impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> State<T> {
        match (who.side, told) {
            (Side::Sharer, Told::More(terms)) => {
                return self.asked(who, terms, desk, now, fx).into();
            }
            (Side::Viewer, Told::Now(terms, why)) => {
                return self.now(who, terms, why, desk, fx).into();
            }
            (Side::Viewer, Told::NoMore(reason)) if self.more.is_some() => {
                self.more = None;
                fx.push(Effect::Audit(Fact::Refused(By::Sharer, reason)));
            }
            (Side::Viewer, Told::Nominate(nonce)) => {
                fx.push(Effect::Tell {
                    to: who.device,
                    path: Some(path),
                    told: Told::Echo(nonce),
                });
                return self.moved(path, nonce, fx).into();
            }
            (Side::Sharer, Told::Echo(nonce)) if self.nominated == Some((path, nonce)) => {
                return self.moved(path, nonce, fx).into();
            }
            (_, Told::Over(by, reason, mark)) => {
                // Nobody speaks for us.
                let by = if by == who.me() { who.other() } else { by };
                let out = Out {
                    by,
                    reason,
                    hears: Hears::Peer,
                };
                return match leave(self.into(), out, who, desk, now, fx) {
                    // Their word brought all that the record needs.
                    State::Ending(s) => s.over((reason, mark), who, desk, fx),
                    other => other,
                };
            }
            (_, Told::Leave(reason)) => {
                let out = Out {
                    by: reason.brought_by(who.other()),
                    reason,
                    hears: Hears::Peer,
                };
                return leave(self.into(), out, who, desk, now, fx);
            }
            _ => {}
        }
        self.into()
    }

    fn moved(mut self, path: PathId, nonce: PathNonce, fx: &mut Effects<T>) -> Self {
        fx.push(Effect::Move(path, nonce));
        self.nominated = None;
        self.path = Some(path);
        self.until = self.longest;
        self
    }

    pub(super) fn path_lost(mut self, path: PathId, now: Monotonic) -> Self {
        if self.path == Some(path) {
            self.path = None;
            self.until = now.after(RESUME).min(self.longest);
        }
        self
    }

    /// Sharer: another path is there; ask the viewer to take it.
    pub(super) fn path_found(
        mut self,
        who: &Who,
        path: PathId,
        desk: &mut impl Desk<T>,
        fx: &mut Effects<T>,
    ) -> Self {
        if who.side == Side::Sharer && self.path != Some(path) {
            let nonce = desk.nonce();
            fx.push(Effect::Tell {
                to: who.device,
                path: Some(path),
                told: Told::Nominate(nonce),
            });
            self.nominated = Some((path, nonce));
        }
        self
    }

    /// Sharer: the viewer asks for other terms. Less is done at once; more is
    /// decided, and put to our person (ASK-2). What is seen was chosen with the
    /// session and is not the viewer's to change: another session is.
    fn asked(
        mut self,
        who: &Who,
        terms: T::Terms,
        desk: &mut impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> Self {
        let same_sight = desk.same_sight(&terms, &self.terms);
        if same_sight && desk.within(&terms, &self.terms) {
            return self.reduce(who, terms, By::Viewer, Reason::Stopped, desk, fx);
        }
        fx.push(Effect::Audit(Fact::Asked(terms.clone())));
        let answer = match (same_sight, &self.more) {
            (false, _) => Err(Reason::MoreThanAsked),
            (true, Some(_)) => Err(Reason::TooMany),
            (true, None) => decided(who, &terms, desk, fx),
        };
        match answer {
            Err(reason) => {
                fx.push(Effect::Tell {
                    to: who.device,
                    path: None,
                    told: Told::NoMore(reason),
                });
                fx.push(Effect::Audit(Fact::Refused(By::Policy, reason)));
            }
            Ok(decision) => match self.in_advance(who, &terms, &decision, desk) {
                Some(consent) => {
                    self.more = Some((terms.clone(), now));
                    return self.consented(who, terms, consent, desk, fx);
                }
                None => {
                    fx.push(Effect::Ring(terms.clone()));
                    self.more = Some((terms, now.after(RING_MORE)));
                }
            },
        }
        self
    }

    /// What our person said in advance, unless they have taken control back
    /// in this session (GUARD-6).
    fn in_advance(
        &self,
        who: &Who,
        terms: &T::Terms,
        decision: &T::Decision,
        desk: &mut impl Desk<T>,
    ) -> Option<T::Consent> {
        #[cfg(test)]
        let skipped = desk.skips(super::model::Check::TakenBack);
        #[cfg(not(test))]
        let skipped = false;
        match self.in_advance {
            InAdvance::TakenBack if !skipped => None,
            _ => desk.consented(who, terms, decision),
        }
    }

    /// Sharer: our person allows what the viewer asked for, or less of it.
    pub(super) fn consented(
        mut self,
        who: &Who,
        terms: T::Terms,
        consent: T::Consent,
        desk: &mut impl Desk<T>,
        fx: &mut Effects<T>,
    ) -> Self {
        let asked = match &self.more {
            Some((asked, _)) if who.side == Side::Sharer => {
                desk.within(&terms, asked) && desk.same_sight(&terms, &self.terms)
            }
            _ => false,
        };
        if !asked {
            return self;
        }
        self.more = None;
        fx.push(Effect::Unring);
        let granted = decided(who, &terms, desk, fx)
            .and_then(|decision| desk.grant(who, &terms, decision, consent));
        match granted {
            Ok(grant) => {
                fx.push(Effect::Regrant(grant));
                fx.push(Effect::Audit(Fact::Escalated(terms.clone(), By::Sharer)));
                fx.push(Effect::Tell {
                    to: who.device,
                    path: None,
                    told: Told::Now(terms.clone(), None),
                });
                self.terms = terms;
            }
            Err(reason) => {
                fx.push(Effect::Tell {
                    to: who.device,
                    path: None,
                    told: Told::NoMore(reason),
                });
                fx.push(Effect::Audit(Fact::Refused(By::Policy, reason)));
            }
        }
        self
    }

    /// Sharer: our person doesn't allow more.
    pub(super) fn refused(self, who: &Who, reason: Reason, fx: &mut Effects<T>) -> Self {
        self.refused_by(By::Sharer, who, reason, fx)
    }

    /// Sharer: what our person is asked about isn't allowed any more. They are
    /// asked no longer.
    pub(super) fn asked_still(
        self,
        who: &Who,
        desk: &mut impl Desk<T>,
        fx: &mut Effects<T>,
    ) -> Self {
        match &self.more {
            Some((more, _)) if desk.still(who, more).is_err() => {
                self.refused_by(By::Policy, who, Reason::PolicyChanged, fx)
            }
            _ => self,
        }
    }

    fn refused_by(mut self, by: By, who: &Who, reason: Reason, fx: &mut Effects<T>) -> Self {
        if who.side == Side::Sharer && self.more.take().is_some() {
            fx.push(Effect::Unring);
            fx.push(Effect::Tell {
                to: who.device,
                path: None,
                told: Told::NoMore(reason),
            });
            fx.push(Effect::Audit(Fact::Refused(by, reason)));
        }
        self
    }

    /// Sharer: the viewer may do less from here on. Where our person says so,
    /// they are asked before it is more again, also where it is no less now. What
    /// is reduced because they declined it is a refusal besides.
    pub(super) fn reduce(
        mut self,
        who: &Who,
        terms: T::Terms,
        by: By,
        reason: Reason,
        desk: &mut impl Desk<T>,
        fx: &mut Effects<T>,
    ) -> Self {
        if who.side != Side::Sharer {
            return self;
        }
        if by == By::Sharer {
            self.in_advance = InAdvance::TakenBack;
        }
        if terms == self.terms {
            return self;
        }
        if let Ok(grant) = desk.reduce(who, &self.terms, &terms) {
            fx.push(Effect::Regrant(grant));
            fx.extend(less(&terms, (by, reason)));
            fx.push(Effect::Tell {
                to: who.device,
                path: None,
                told: Told::Now(terms.clone(), Some((by, reason))),
            });
            self.terms = terms;
        }
        self
    }

    /// Sharer: the control that was agreed on counts from here on. The viewer hears
    /// it, because both sign the most that there was (UI-4).
    pub(super) fn counts(self, who: &Who, how: Said, fx: &mut Effects<T>) -> Self {
        if who.side == Side::Sharer {
            fx.push(Effect::Audit(Fact::Counts(self.terms.clone(), Some(how))));
            fx.push(Effect::Tell {
                to: who.device,
                path: None,
                told: Told::Now(self.terms.clone(), None),
            });
        }
        self
    }

    /// What runs is not allowed any more: where seeing alone still is, control
    /// ends and the rest goes on (POL-7). Otherwise it is given back as it was.
    pub(super) fn seen_on(
        mut self,
        who: &Who,
        desk: &mut impl Desk<T>,
        fx: &mut Effects<T>,
    ) -> Result<Self, Box<Self>> {
        let less = desk.seen_only(&self.terms);
        let less = less.filter(|less| desk.still(who, less).is_ok());
        let Some(less) = less else {
            return Err(Box::new(self));
        };
        // What was asked for beyond that is not allowed either.
        let (by, reason) = (By::Policy, Reason::PolicyChanged);
        match who.side {
            Side::Sharer => {
                self = self.refused_by(by, who, reason, fx);
                let before = self.terms.clone();
                self = self.reduce(who, less.clone(), by, reason, desk, fx);
                match self.terms == before {
                    true => Err(Box::new(self)),
                    false => Ok(self),
                }
            }
            Side::Viewer => {
                fx.push(Effect::Audit(Fact::Reduced(less.clone(), by, reason)));
                fx.push(Effect::Tell {
                    to: who.device,
                    path: None,
                    told: Told::More(less.clone()),
                });
                self.more = None;
                self.terms = less;
                Ok(self)
            }
        }
    }

    /// Viewer: our person wants other terms.
    pub(super) fn want(
        mut self,
        who: &Who,
        terms: T::Terms,
        desk: &mut impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> Self {
        if who.side != Side::Viewer
            || terms == self.terms
            || self.more.is_some()
            || !desk.same_sight(&terms, &self.terms)
        {
            return self;
        }
        fx.push(Effect::Audit(Fact::Asked(terms.clone())));
        if decided(who, &terms, desk, fx).is_ok() {
            fx.push(Effect::Tell {
                to: who.device,
                path: None,
                told: Told::More(terms.clone()),
            });
            self.more = Some((terms, now.after(RING_MORE + STEP)));
        }
        self
    }

    /// Sharer: our person wants to give more than anybody asked for. That a command
    /// says so is no consent (ASK-2, GUARD-9): they are asked, and nobody else hears of it
    /// before they have said yes.
    pub(super) fn give(
        mut self,
        who: &Who,
        terms: T::Terms,
        desk: &mut impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> Self {
        let may = who.side == Side::Sharer
            && self.more.is_none()
            && desk.same_sight(&terms, &self.terms)
            && !desk.within(&terms, &self.terms);
        if may && decided(who, &terms, desk, fx).is_ok() {
            fx.push(Effect::Ring(terms.clone()));
            self.more = Some((terms, now.after(RING_MORE)));
        }
        self
    }

    /// Viewer: who brought it about that it is less, and why, as the sharer says.
    /// Nobody speaks for us: that we did is believed of what we asked for.
    fn cause(&self, less: &T::Terms, said: Option<(By, Reason)>) -> (By, Reason) {
        let asked = self.more.as_ref().is_some_and(|(wanted, _)| wanted == less);
        match said.unwrap_or((By::Sharer, Reason::Other)) {
            (By::Viewer, reason) if !asked => (By::Sharer, reason),
            said => said,
        }
    }

    /// Viewer: the sharer says what counts from here on. More is taken only
    /// where our own policy allows it, and given back otherwise; the same again says
    /// that control which was agreed on with the share counts.
    fn now(
        mut self,
        who: &Who,
        terms: T::Terms,
        why: Option<(By, Reason)>,
        desk: &mut impl Desk<T>,
        fx: &mut Effects<T>,
    ) -> Self {
        let wanted = match &self.more {
            Some((wanted, _)) => desk.within(&terms, wanted),
            None => false,
        };
        if desk.within(&terms, &self.terms) {
            if terms == self.terms {
                fx.push(Effect::Audit(Fact::Counts(terms.clone(), None)));
            } else {
                fx.extend(less(&terms, self.cause(&terms, why)));
            }
            if wanted {
                self.more = None;
            }
            self.terms = terms;
        } else if decided(who, &terms, desk, fx).is_ok() {
            fx.push(Effect::Audit(Fact::Escalated(terms.clone(), By::Sharer)));
            self.more = None;
            self.terms = terms;
        } else {
            fx.push(Effect::Tell {
                to: who.device,
                path: None,
                told: Told::More(self.terms.clone()),
            });
        }
        self
    }
}
