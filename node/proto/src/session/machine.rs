//! The session as a whole: how it begins, and which state gets what happens.

use super::effect::{Effect, Event, Fact, Ran, Received, Told};
use super::leave::{Out, end, leave};
use super::state::{Asking, Ending, Offered, Phase, Ringing, State};
use super::tokens::{Desk, Side, Tokens, Who};
use super::{MAX_RUNG, MEET_AGAIN, RING, Reason, STEP, sharer, viewer};
use crate::audit::By;
use crate::id::DeviceId;
use crate::time::Monotonic;

/// One share, as one of the two sides sees it.
#[derive(Debug)]
pub struct Session<T: Tokens> {
    pub(super) who: Who,
    pub(super) state: State<T>,
}

/// What a session does on a step.
pub(super) type Effects<T> = Vec<Effect<T>>;

impl<T: Tokens> Session<T> {
    /// Viewer: our person asks to see something. All of `rung`, the devices
    /// of one person, ring; the first that offers has it.
    ///
    /// # Errors
    /// Our own policy denies it; or no device, or more than [`MAX_RUNG`].
    /// Nothing was sent then.
    pub fn ask(
        who: Who,
        terms: T::Terms,
        consent: T::Consent,
        rung: Vec<DeviceId>,
        desk: &mut impl Desk<T>,
        now: Monotonic,
    ) -> Result<(Self, Effects<T>), Reason> {
        check_rung(&rung)?;
        desk.decide(&who, &terms)?;
        let mut fx = begun(&terms);
        fx.push(Effect::Audit(Fact::Granted(terms.clone())));
        fx.extend(rung.iter().map(|to| Effect::Tell {
            to: *to,
            path: None,
            told: Told::Ask(terms.clone()),
        }));
        let state = State::Asking(Asking {
            terms,
            consent,
            rung,
            until: now.after(RING + STEP),
        });
        Ok((Self { who, state }, fx))
    }

    /// Sharer: our person invites somebody to see something.
    ///
    /// # Errors
    /// As [`Session::ask`].
    pub fn invite(
        who: Who,
        terms: T::Terms,
        consent: T::Consent,
        rung: Vec<DeviceId>,
        desk: &mut impl Desk<T>,
        now: Monotonic,
    ) -> Result<(Self, Effects<T>), Reason> {
        check_rung(&rung)?;
        desk.decide(&who, &terms)?;
        let mut fx = begun(&terms);
        fx.push(Effect::Audit(Fact::Granted(terms.clone())));
        fx.extend(rung.iter().map(|to| Effect::Tell {
            to: *to,
            path: None,
            told: Told::Offer(terms.clone()),
        }));
        let state = State::Offered(Offered {
            terms,
            consent,
            rung,
            until: now.after(RING + STEP),
        });
        Ok((Self { who, state }, fx))
    }

    /// Somebody asks us to show something, or invites us to see something:
    /// `who.side` says which. Whether the session id is in use here was
    /// looked at before.
    pub fn incoming(
        mut who: Who,
        terms: T::Terms,
        desk: &mut impl Desk<T>,
        now: Monotonic,
    ) -> (Self, Effects<T>) {
        let mut fx = vec![Effect::Audit(Fact::Asked(terms.clone()))];
        let state = match decided(&who, &terms, desk, &mut fx) {
            Err(reason) => refuse_now(&who, reason, &mut fx),
            Ok(decision) => match desk.consented(&who, &terms, &decision) {
                Some(consent) => {
                    fx.push(Effect::Audit(Fact::Granted(terms.clone())));
                    allowed(&mut who, terms, consent, desk, now, &mut fx)
                }
                None => {
                    fx.push(Effect::Tell {
                        to: who.device,
                        path: None,
                        told: Told::Rings,
                    });
                    fx.push(Effect::Ring(terms.clone()));
                    State::Ringing(Ringing {
                        terms,
                        until: now.after(RING),
                    })
                }
            },
        };
        (Self { who, state }, fx)
    }

    /// Which session, and with whom.
    #[must_use]
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// Where it stands, for a face.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Asking(_) | State::Offered(_) => Phase::Waiting,
            State::Ringing(_) => Phase::Ringing,
            State::Accepted(_)
            | State::Sealing(_)
            | State::Claiming(_)
            | State::Nominated(_)
            | State::Confirming(_)
            | State::Echoed(_) => Phase::Settling,
            State::Running(_) => Phase::Running,
            State::Ending(_) => Phase::Ending,
            State::Ended(_) => Phase::Over,
        }
    }

    /// The terms that count now, while there are any.
    #[must_use]
    pub fn terms(&self) -> Option<&T::Terms> {
        match &self.state {
            State::Asking(s) => Some(&s.terms),
            State::Ringing(s) => Some(&s.terms),
            State::Offered(s) => Some(&s.terms),
            State::Accepted(s) => Some(&s.terms),
            State::Sealing(s) => Some(&s.terms),
            State::Claiming(s) => Some(&s.terms),
            State::Nominated(s) => Some(&s.terms),
            State::Confirming(s) => Some(&s.terms),
            State::Echoed(s) => Some(&s.terms),
            State::Running(s) => Some(&s.terms),
            State::Ending(s) => Some(&s.terms),
            State::Ended(_) => None,
        }
    }

    /// What was asked for beyond the terms, while that is open.
    #[must_use]
    pub fn wanted(&self) -> Option<&T::Terms> {
        match &self.state {
            State::Running(s) => s.more.as_ref().map(|(terms, _)| terms),
            _ => None,
        }
    }

    /// What a device was asked or offered, or what of its was accepted, and it hasn't
    /// answered: it may have been lost with its connection, and is said again on the
    /// next. Doubled, it does no harm.
    #[must_use]
    pub fn unanswered(&self, device: &DeviceId) -> Option<Told<T>> {
        match &self.state {
            State::Asking(s) if s.rung.contains(device) => Some(Told::Ask(s.terms.clone())),
            State::Offered(s) if s.rung.contains(device) => Some(Told::Offer(s.terms.clone())),
            State::Accepted(s) if self.who.device == *device => {
                Some(Told::Accept(s.accept.clone()))
            }
            _ => None,
        }
    }

    /// Until when something must have happened. Every state but the last has
    /// such a time, so nothing hangs.
    #[must_use]
    pub fn deadline(&self) -> Option<Monotonic> {
        match &self.state {
            State::Asking(s) => Some(s.until),
            State::Ringing(s) => Some(s.until),
            State::Offered(s) => Some(s.until),
            State::Accepted(s) => Some(s.until),
            State::Sealing(s) => Some(s.until),
            State::Claiming(s) => Some(s.until),
            State::Nominated(s) => Some(s.until),
            State::Confirming(s) => Some(s.until),
            State::Echoed(s) => Some(s.until),
            State::Running(s) => Some(s.due()),
            State::Ending(s) => Some(s.until),
            State::Ended(_) => None,
        }
    }

    /// Who ended it and why, once it ends.
    #[must_use]
    pub fn over(&self) -> Option<(By, Reason)> {
        match &self.state {
            State::Ending(s) => Some((s.by, s.reason)),
            State::Ended(s) => Some((s.by, s.reason)),
            _ => None,
        }
    }

    /// Takes what happened.
    pub fn handle(
        self,
        event: Event<T>,
        desk: &mut impl Desk<T>,
        now: Monotonic,
    ) -> (Self, Effects<T>) {
        let Self { mut who, state } = self;
        let mut fx = Vec::new();
        let state = step(&mut who, state, event, desk, now, &mut fx);
        (Self { who, state }, fx)
    }
}

fn check_rung(rung: &[DeviceId]) -> Result<(), Reason> {
    match rung.len() {
        0 => Err(Reason::NoPath),
        1..=MAX_RUNG => Ok(()),
        _ => Err(Reason::TooMany),
    }
}

fn begun<T: Tokens>(terms: &T::Terms) -> Effects<T> {
    vec![
        Effect::Audit(Fact::Asked(terms.clone())),
        Effect::Audit(Fact::Decided(terms.clone(), Ok(()))),
    ]
}

/// Asks the policy, and writes down what it says.
pub(super) fn decided<T: Tokens>(
    who: &Who,
    terms: &T::Terms,
    desk: &mut impl Desk<T>,
    fx: &mut Effects<T>,
) -> Result<T::Decision, Reason> {
    let decision = desk.decide(who, terms);
    let outcome = decision.as_ref().map(|_| ()).map_err(|r| *r);
    fx.push(Effect::Audit(Fact::Decided(terms.clone(), outcome)));
    decision
}

/// Answers a request that never becomes a session.
fn refuse_now<T: Tokens>(who: &Who, reason: Reason, fx: &mut Effects<T>) -> State<T> {
    fx.push(Effect::Tell {
        to: who.device,
        path: None,
        told: Told::Leave(reason),
    });
    fx.push(Effect::Audit(Fact::Refused(By::Policy, reason)));
    end(By::Policy, reason, None, Ran::Never, fx)
}

/// Our person allows what was put to them.
fn allowed<T: Tokens>(
    who: &mut Who,
    terms: T::Terms,
    consent: T::Consent,
    desk: &mut impl Desk<T>,
    now: Monotonic,
    fx: &mut Effects<T>,
) -> State<T> {
    match who.side {
        Side::Sharer => sharer::offer(who, terms, consent, now, fx),
        Side::Viewer => viewer::accept(who, terms, consent, desk, now, fx),
    }
}

fn step<T: Tokens>(
    who: &mut Who,
    state: State<T>,
    event: Event<T>,
    desk: &mut impl Desk<T>,
    now: Monotonic,
    fx: &mut Effects<T>,
) -> State<T> {
    match event {
        Event::Received(message) => received(who, state, message, desk, now, fx),
        Event::Consent(terms, consent) => match state {
            State::Ringing(s) if desk.within(&terms, &s.terms) => {
                fx.push(Effect::Unring);
                fx.push(Effect::Audit(Fact::Granted(terms.clone())));
                allowed(who, terms, consent, desk, now, fx)
            }
            State::Running(s) => s.consented(who, terms, consent, desk, fx).into(),
            other => other,
        },
        Event::Refuse(reason) => match state {
            State::Ringing(_) => leave(state, Out::ours(who, reason), who, desk, now, fx),
            State::Running(s) => s.refused(who, reason, fx).into(),
            other => other,
        },
        Event::Claimed(claim) => match (state, claim) {
            (s @ (State::Sealing(_) | State::Claiming(_)), Err(reason)) => {
                leave(s, Out::program(reason), who, desk, now, fx)
            }
            (State::Sealing(s), Ok(claim)) => s.claimed(who, claim, desk, now, fx),
            (State::Claiming(s), Ok(claim)) => s.claimed(who, claim, now, fx),
            (other, _) => other,
        },
        Event::Stop(by, reason) => {
            let out = Out {
                by,
                ..Out::program(reason)
            };
            leave(state, out, who, desk, now, fx)
        }
        Event::WantMore(terms) => match state {
            State::Running(s) => s.want(who, terms, desk, now, fx).into(),
            other => other,
        },
        Event::Give(terms) => match state {
            State::Running(s) => s.give(who, terms, desk, now, fx).into(),
            other => other,
        },
        Event::Reduce(terms, by, reason) => match state {
            State::Running(s) => s.reduce(who, terms, by, reason, desk, fx).into(),
            other => other,
        },
        Event::Counts(how) => match state {
            State::Running(s) => s.counts(who, how, fx).into(),
            other => other,
        },
        Event::PolicyNews => policy_news(who, state, desk, now, fx),
        Event::Gone(device) => gone(who, state, device, Reason::NoPath, desk, now, fx),
        Event::PathLost(path) => match state {
            State::Running(s) => s.path_lost(path, now).into(),
            State::Nominated(s) if s.path == path => {
                leave(s.into(), Out::program(Reason::PathLost), who, desk, now, fx)
            }
            other => other,
        },
        Event::PathFound(path) => match state {
            State::Running(s) => s.path_found(who, path, desk, fx).into(),
            other => other,
        },
        Event::Tick => tick(who, state, desk, now, fx),
        Event::Unsigned => match state {
            State::Ending(s) => s.alone(who, desk, fx),
            other => other,
        },
    }
}

fn received<T: Tokens>(
    who: &mut Who,
    state: State<T>,
    message: Received<T>,
    desk: &mut impl Desk<T>,
    now: Monotonic,
    fx: &mut Effects<T>,
) -> State<T> {
    let Received { from, path, told } = message;
    // The states in which more than one device may speak.
    let state = match (state, told) {
        (State::Asking(s), Told::Offer(terms)) => {
            return s.offered(who, from, terms, desk, now, fx);
        }
        (State::Offered(s), Told::Accept(accept)) => {
            return s.accepted(who, (from, path), accept, desk, now, fx);
        }
        (s @ (State::Asking(_) | State::Offered(_)), Told::Leave(reason)) => {
            return gone(who, s, from, reason, desk, now, fx);
        }
        (other, _) if from != who.device => return other,
        (state, told) => (state, told),
    };
    match state {
        (State::Accepted(s), Told::Sealed(sealed)) => s.sealed(who, sealed, desk, now, fx),
        (State::Confirming(s), Told::Nominate(nonce)) => s.nominated(who, path, nonce, now, fx),
        (State::Echoed(s), Told::Start) => s.started(who, now, fx),
        (State::Nominated(s), Told::Echo(nonce)) => s.echoed(who, path, nonce, desk, now, fx),
        (State::Running(s), told) => s.told(who, path, told, desk, now, fx),
        (State::Ending(s), Told::Over(_, reason, mark)) => s.over((reason, mark), who, desk, fx),
        (State::Ending(s), Told::Record(record)) => s.recorded(record, who, desk, fx),
        (State::Ending(s), Told::Now(terms, _)) => s.now(terms, who, desk, fx).into(),
        (s @ State::Ended(_), _) => s,
        (s, Told::Leave(reason) | Told::Over(_, reason, _)) => {
            let out = Out {
                by: reason.brought_by(who.other()),
                reason,
                hears: super::leave::Hears::Nobody,
            };
            leave(s, out, who, desk, now, fx)
        }
        // Late, doubled, or nonsense: nothing that counts here.
        (other, _) => other,
    }
}

/// A device said no, or can't be reached. Where several ring, the others go
/// on, unless it is the person who says no.
fn gone<T: Tokens>(
    who: &Who,
    mut state: State<T>,
    device: DeviceId,
    reason: Reason,
    desk: &mut impl Desk<T>,
    now: Monotonic,
    fx: &mut Effects<T>,
) -> State<T> {
    let Some(rung) = rung(&mut state) else {
        return state;
    };
    let Some(at) = rung.iter().position(|d| *d == device) else {
        return state;
    };
    rung.remove(at);
    let person = matches!(
        reason,
        Reason::Declined | Reason::Denied | Reason::CaseMissing | Reason::Unwanted
    );
    if rung.is_empty() || person {
        let rest = core::mem::take(rung);
        fx.extend(taken(&rest));
        let out = Out {
            by: reason.brought_by(who.other()),
            reason,
            hears: super::leave::Hears::Nobody,
        };
        return leave(state, out, who, desk, now, fx);
    }
    state
}

fn rung<T: Tokens>(state: &mut State<T>) -> Option<&mut Vec<DeviceId>> {
    match state {
        State::Asking(s) => Some(&mut s.rung),
        State::Offered(s) => Some(&mut s.rung),
        _ => None,
    }
}

/// Tells devices that another one has it.
pub(super) fn taken<T: Tokens>(devices: &[DeviceId]) -> impl Iterator<Item = Effect<T>> {
    devices.iter().map(|to| Effect::Tell {
        to: *to,
        path: None,
        told: Told::Leave(Reason::Taken),
    })
}

/// Everything that stands on an earlier decision is decided anew (POL-7).
fn policy_news<T: Tokens>(
    who: &Who,
    state: State<T>,
    desk: &mut impl Desk<T>,
    now: Monotonic,
    fx: &mut Effects<T>,
) -> State<T> {
    let session = Session { who: *who, state };
    let still = match session.terms() {
        Some(terms) if session.phase() < Phase::Ending => desk.still(who, terms),
        _ => Ok(()),
    };
    match (still, session.state) {
        (Ok(()), State::Running(s)) => s.asked_still(who, desk, fx).into(),
        (Ok(()), state) => state,
        (Err(_), state) => {
            let state = match state {
                State::Running(s) => match s.seen_on(who, desk, fx) {
                    Ok(s) => return s.into(),
                    Err(s) => State::Running(*s),
                },
                state => state,
            };
            let out = Out {
                by: By::Policy,
                ..Out::program(Reason::PolicyChanged)
            };
            leave(state, out, who, desk, now, fx)
        }
    }
}

fn tick<T: Tokens>(
    who: &Who,
    state: State<T>,
    desk: &mut impl Desk<T>,
    now: Monotonic,
    fx: &mut Effects<T>,
) -> State<T> {
    let session = Session { who: *who, state };
    let due = session.deadline().is_some_and(|until| until <= now);
    let phase = session.phase();
    match session.state {
        state if !due => state,
        State::Running(s) => s.late(who, desk, now, fx),
        State::Ending(s) => s.late(who, desk, fx),
        state => {
            let reason = match phase {
                Phase::Waiting | Phase::Ringing => Reason::NoAnswer,
                _ => Reason::Timeout,
            };
            leave(state, Out::program(reason), who, desk, now, fx)
        }
    }
}

/// After a crash (SEAL-3): what is to be done about each session that the
/// store says was claimed and isn't over. Whatever outlived the node is
/// destroyed. One that ran, under the terms that the store has of it, waits for
/// the other device to sign its end; the others are over at once.
#[must_use]
pub fn recover<T: Tokens>(
    who: Who,
    ran: Option<T::Terms>,
    now: Monotonic,
) -> (Session<T>, Effects<T>) {
    let (by, reason) = (By::Program, Reason::Crashed);
    let mut fx = vec![Effect::Destroy];
    let state = match ran {
        Some(terms) => State::Ending(Ending {
            terms,
            by,
            reason,
            record: None,
            until: now.after(MEET_AGAIN),
        }),
        None => end(by, reason, None, Ran::Yes, &mut fx),
    };
    (Session { who, state }, fx)
}
