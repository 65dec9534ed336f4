//! The one way out (SEAL-3): every end of a session, whoever brings it about,
//! goes through [`leave`].

use super::effect::{Effect, Fact, Ran, Told};
use super::machine::decided;
use super::state::{Ended, Ending, State};
use super::tokens::{Desk, Side, Tokens, Who};
use super::{Reason, SIGN};
use crate::audit::By;
use crate::id::DeviceId;
use crate::time::Monotonic;

/// Who still has to hear of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hears {
    /// The other side doesn't know yet.
    Peer,
    /// It said so itself, or is gone.
    Nobody,
}

/// How a session is left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Out {
    pub(super) by: By,
    pub(super) reason: Reason,
    pub(super) hears: Hears,
}

impl Out {
    pub(super) const fn ours(who: &Who, reason: Reason) -> Self {
        Self {
            by: who.me(),
            reason,
            hears: Hears::Peer,
        }
    }

    pub(super) const fn program(reason: Reason) -> Self {
        Self {
            by: By::Program,
            reason,
            hears: Hears::Peer,
        }
    }
}

/// Ends a session in whatever state it is. Parameters that the state holds
/// are wiped with it; those that were handed out are destroyed by the effect,
/// which is always given, before anything is said to anybody.
pub(super) fn leave<T: Tokens>(
    state: State<T>,
    out: Out,
    who: &Who,
    desk: &mut impl Desk<T>,
    now: Monotonic,
    fx: &mut Vec<Effect<T>>,
) -> State<T> {
    let Out { by, reason, hears } = out;
    let others = |rung: Vec<DeviceId>| match rung.is_empty() {
        true => vec![who.device],
        false => rung,
    };
    let (tell, rings, terms): (Vec<DeviceId>, bool, Option<T::Terms>) = match state {
        State::Running(s) => (vec![who.device], s.more.is_some(), Some(s.terms)),
        State::Asking(s) => (others(s.rung), false, None),
        State::Offered(s) => (others(s.rung), false, None),
        State::Ringing(_) => (vec![who.device], true, None),
        // Dropping these wipes what they hold.
        State::Accepted(_)
        | State::Sealing(_)
        | State::Claiming(_)
        | State::Nominated(_)
        | State::Confirming(_)
        | State::Echoed(_) => (vec![who.device], false, None),
        over @ (State::Ending(_) | State::Ended(_)) => return over,
    };
    if rings {
        fx.push(Effect::Unring);
    }
    #[cfg(test)]
    let destroys = !desk.skips(super::model::Check::Destroy);
    #[cfg(not(test))]
    let destroys = true;
    if destroys {
        fx.push(Effect::Destroy);
    }
    let Some(terms) = terms else {
        if hears == Hears::Peer {
            fx.extend(tell.into_iter().map(|to| Effect::Tell {
                to,
                path: None,
                told: Told::Leave(reason),
            }));
        }
        fx.push(Effect::Audit(Fact::Refused(by, reason)));
        return end(by, reason, None, Ran::Never, fx);
    };
    let mark = desk.mark();
    fx.push(Effect::Tell {
        to: who.device,
        path: None,
        told: Told::Over(by, reason, mark),
    });
    Ending {
        terms,
        by,
        reason,
        record: None,
        until: now.after(SIGN),
    }
    .into()
}

/// The last step: nothing is left.
pub(super) fn end<T: Tokens>(
    by: By,
    reason: Reason,
    record: Option<T::Record>,
    ran: Ran,
    fx: &mut Vec<Effect<T>>,
) -> State<T> {
    fx.push(Effect::Over {
        by,
        reason,
        record,
        ran,
    });
    State::Ended(Ended {
        by,
        reason,
        tokens: core::marker::PhantomData,
    })
}

impl<T: Tokens> Ending<T> {
    /// The other side's word on the end, with how far its log goes. What we said
    /// ourselves may have gone to where its program had crashed: it is said again.
    pub(super) fn over(
        mut self,
        (reason, mark): (Reason, T::Mark),
        who: &Who,
        desk: &mut impl Desk<T>,
        fx: &mut Vec<Effect<T>>,
    ) -> State<T> {
        let told = match who.side {
            Side::Sharer => {
                let over = (self.by, self.reason);
                let made = self.record.take();
                let record = made.or_else(|| desk.record(who, &self.terms, over, Some(mark)));
                let Some(record) = record else {
                    return end(self.by, self.reason, None, Ran::Yes, fx);
                };
                self.record = Some(record.clone());
                Told::Record(record)
            }
            Side::Viewer if [self.reason, reason].contains(&Reason::Crashed) => {
                Told::Over(self.by, self.reason, desk.mark())
            }
            Side::Viewer => return self.into(),
        };
        fx.push(Effect::Tell {
            to: who.device,
            path: None,
            told,
        });
        self.into()
    }

    /// Viewer: what the sharer had let count before it heard of our end. Both sign
    /// the most that there was (UI-4), and what our own policy forbids isn't signed.
    pub(super) fn now(
        mut self,
        terms: T::Terms,
        who: &Who,
        desk: &mut impl Desk<T>,
        fx: &mut Vec<Effect<T>>,
    ) -> Self {
        if who.side == Side::Sharer {
            return self;
        }
        let fact = match desk.within(&terms, &self.terms) {
            true if terms == self.terms => Some(Fact::Counts(terms.clone(), None)),
            true => None,
            false if decided(who, &terms, desk, fx).is_ok() => {
                Some(Fact::Escalated(terms.clone(), By::Sharer))
            }
            false => return self,
        };
        fx.extend(fact.map(Effect::Audit));
        self.terms = terms;
        self
    }

    /// The end record came.
    pub(super) fn recorded(
        self,
        record: T::Record,
        who: &Who,
        desk: &mut impl Desk<T>,
        fx: &mut Vec<Effect<T>>,
    ) -> State<T> {
        let kept = match who.side {
            Side::Sharer if desk.whole(who, &record) => Some(record),
            Side::Sharer => return self.into(),
            Side::Viewer => {
                let signed = desk.cosign(who, &self.terms, record);
                if let Some(record) = &signed {
                    fx.push(Effect::Tell {
                        to: who.device,
                        path: None,
                        told: Told::Record(record.clone()),
                    });
                }
                signed
            }
        };
        end(self.by, self.reason, kept, Ran::Yes, fx)
    }

    /// We wait for nobody: the other side can still sign what it is given now,
    /// and keep it.
    pub(super) fn alone(
        mut self,
        who: &Who,
        desk: &mut impl Desk<T>,
        fx: &mut Vec<Effect<T>>,
    ) -> State<T> {
        if who.side == Side::Sharer && self.record.is_none() {
            self.record = desk.record(who, &self.terms, (self.by, self.reason), None);
            fx.extend(self.record.clone().map(|record| Effect::Tell {
                to: who.device,
                path: None,
                told: Told::Record(record),
            }));
        }
        self.late(who, desk, fx)
    }

    /// The other side doesn't sign: what we have must do.
    pub(super) fn late(
        self,
        who: &Who,
        desk: &mut impl Desk<T>,
        fx: &mut Vec<Effect<T>>,
    ) -> State<T> {
        let record = match (self.record, who.side) {
            (Some(record), _) => Some(record),
            (None, Side::Sharer) => desk.record(who, &self.terms, (self.by, self.reason), None),
            (None, Side::Viewer) => None,
        };
        end(self.by, self.reason, record, Ran::Yes, fx)
    }
}
