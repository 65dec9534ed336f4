//! The sharer's steps from consent to launch.

use super::effect::{Effect, Told};
use super::leave::{Out, leave};
use super::machine::{Effects, decided, taken};
use super::running::run;
use super::state::{Nominated, Offered, Ready, Sealing, State};
use super::tokens::{Desk, PathId, PathNonce, Tokens, Who};
use super::{RING, STEP};
use crate::id::DeviceId;
use crate::time::Monotonic;

/// Our person agreed to a request: these are the terms.
pub(super) fn offer<T: Tokens>(
    who: &Who,
    terms: T::Terms,
    consent: T::Consent,
    now: Monotonic,
    fx: &mut Effects<T>,
) -> State<T> {
    fx.push(Effect::Tell {
        to: who.device,
        path: None,
        told: Told::Offer(terms.clone()),
    });
    Offered {
        terms,
        consent,
        rung: vec![who.device],
        // The viewer has asked, so its person need not be asked again; but
        // the offer may be for other terms, or have crossed with another.
        until: now.after(RING + STEP),
    }
    .into()
}

impl<T: Tokens> Offered<T> {
    /// A device of the viewer accepted. It is decided again, for real: the
    /// policy may have changed while it rang.
    pub(super) fn accepted(
        self,
        who: &mut Who,
        (from, path): (DeviceId, PathId),
        accept: T::Accept,
        desk: &mut impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> State<T> {
        if !self.rung.contains(&from) {
            return self.into();
        }
        who.device = from;
        let others: Vec<_> = self.rung.iter().copied().filter(|d| *d != from).collect();
        fx.extend(taken(&others));
        let granted = decided(who, &self.terms, desk, fx)
            .and_then(|decision| desk.grant(who, &self.terms, decision, self.consent));
        match granted {
            Ok(grant) => {
                fx.push(Effect::Claim);
                Sealing {
                    terms: self.terms,
                    grant,
                    accept,
                    path,
                    until: now.after(STEP),
                }
                .into()
            }
            Err(reason) => {
                let state = super::state::Ringing {
                    terms: self.terms,
                    until: now,
                };
                leave(state.into(), Out::program(reason), who, desk, now, fx)
            }
        }
    }
}

impl<T: Tokens> Sealing<T> {
    /// The session is stored: make the parameters, seal them, and nominate
    /// the path that the acceptance came on.
    pub(super) fn claimed(
        self,
        who: &Who,
        claim: T::Claim,
        desk: &mut impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> State<T> {
        let Self {
            terms,
            grant,
            accept,
            path,
            ..
        } = self;
        match desk.seal(who, &terms, accept, &claim) {
            Ok((sealed, params)) => {
                let nonce = desk.nonce();
                fx.push(Effect::Tell {
                    to: who.device,
                    path: None,
                    told: Told::Sealed(sealed),
                });
                fx.push(Effect::Tell {
                    to: who.device,
                    path: Some(path),
                    told: Told::Nominate(nonce),
                });
                Nominated {
                    terms,
                    grant,
                    params,
                    path,
                    nonce,
                    until: now.after(STEP),
                }
                .into()
            }
            Err(reason) => {
                let state = super::state::Ringing { terms, until: now };
                leave(state.into(), Out::program(reason), who, desk, now, fx)
            }
        }
    }
}

impl<T: Tokens> Nominated<T> {
    /// The viewer echoed: on this path, that device is there now.
    pub(super) fn echoed(
        self,
        who: &Who,
        path: PathId,
        nonce: PathNonce,
        desk: &impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> State<T> {
        #[cfg(not(test))]
        let _ = desk;
        let proven = nonce == self.nonce && path == self.path;
        #[cfg(test)]
        let proven = proven || desk.skips(super::model::Check::Nonce);
        if !proven {
            return self.into();
        }
        let Self {
            terms,
            grant,
            params,
            path,
            nonce,
            ..
        } = self;
        let ready = Ready {
            grant,
            path,
            nonce,
            params,
        };
        let state = run(who, terms, ready, now, fx);
        #[cfg(test)]
        let state = match state {
            State::Running(s) if desk.skips(super::model::Check::Counts) => {
                s.counts(who, crate::audit::Said::InAdvance, fx).into()
            }
            state => state,
        };
        // After the launch: whoever is told to come in finds the door open.
        fx.push(Effect::Tell {
            to: who.device,
            path: None,
            told: Told::Start,
        });
        state
    }
}
