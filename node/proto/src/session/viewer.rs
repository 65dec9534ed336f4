//! The viewer's steps from an offer to launch.

use super::effect::{Effect, Told};
use super::leave::{Out, leave};
use super::machine::{Effects, decided, taken};
use super::running::run;
use super::state::{Accepted, Asking, Claiming, Confirming, Echoed, Ready, Ringing, State};
use super::tokens::{Desk, PathId, PathNonce, Tokens, Who};
use super::{Reason, STEP};
use crate::id::DeviceId;
use crate::time::Monotonic;

/// Our person agreed. The own policy is asked again, for exactly these terms,
/// and the session is stored together with its answer before anything is said:
/// one wait for the disk, and none once the parameters are here.
pub(super) fn accept<T: Tokens>(
    who: &Who,
    terms: T::Terms,
    consent: T::Consent,
    desk: &mut impl Desk<T>,
    now: Monotonic,
    fx: &mut Effects<T>,
) -> State<T> {
    let made = decided(who, &terms, desk, fx)
        .and_then(|decision| desk.grant(who, &terms, decision, consent))
        .and_then(|grant| Ok((grant, desk.accept(who, &terms)?)));
    match made {
        Ok((grant, (key, accept))) => {
            fx.push(Effect::Claim);
            Claiming {
                terms,
                grant,
                key,
                accept,
                until: now.after(STEP),
            }
            .into()
        }
        Err(reason) => {
            let state = Ringing { terms, until: now };
            leave(state.into(), Out::program(reason), who, desk, now, fx)
        }
    }
}

impl<T: Tokens> Asking<T> {
    /// A device of the sharer offers. Our person asked, so they need not be
    /// asked again, unless it is for more than they asked for.
    pub(super) fn offered(
        self,
        who: &mut Who,
        from: DeviceId,
        terms: T::Terms,
        desk: &mut impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> State<T> {
        if !self.rung.contains(&from) {
            return self.into();
        }
        if !desk.within(&terms, &self.terms) {
            let out = Out::program(Reason::MoreThanAsked);
            return leave(self.into(), out, who, desk, now, fx);
        }
        who.device = from;
        let others: Vec<_> = self.rung.iter().copied().filter(|d| *d != from).collect();
        fx.extend(taken(&others));
        accept(who, terms, self.consent, desk, now, fx)
    }
}

impl<T: Tokens> Claiming<T> {
    /// The session is stored: accept.
    pub(super) fn claimed(
        self,
        who: &Who,
        claim: T::Claim,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> State<T> {
        let Self {
            terms,
            grant,
            key,
            accept,
            ..
        } = self;
        fx.push(Effect::Tell {
            to: who.device,
            path: None,
            told: Told::Accept(accept.clone()),
        });
        Accepted {
            terms,
            grant,
            key,
            accept,
            claim,
            until: now.after(STEP),
        }
        .into()
    }
}

impl<T: Tokens> Accepted<T> {
    /// The parameters came: open them. They may be used once there is a path.
    pub(super) fn sealed(
        self,
        who: &Who,
        sealed: T::Sealed,
        desk: &mut impl Desk<T>,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> State<T> {
        let Self {
            terms,
            grant,
            key,
            claim,
            ..
        } = self;
        let opened = desk.open(who, &terms, key, sealed);
        match opened.and_then(|opened| desk.release(opened, claim)) {
            Ok(params) => Confirming {
                terms,
                grant,
                params,
                until: now.after(STEP),
            }
            .into(),
            Err(reason) => {
                let state = Ringing { terms, until: now };
                leave(state.into(), Out::program(reason), who, desk, now, fx)
            }
        }
    }
}

impl<T: Tokens> Confirming<T> {
    /// The sharer nominated the path that this came on: echo.
    pub(super) fn nominated(
        self,
        who: &Who,
        path: PathId,
        nonce: PathNonce,
        now: Monotonic,
        fx: &mut Effects<T>,
    ) -> State<T> {
        let Self {
            terms,
            grant,
            params,
            ..
        } = self;
        fx.push(Effect::Tell {
            to: who.device,
            path: Some(path),
            told: Told::Echo(nonce),
        });
        Echoed {
            terms,
            grant,
            params,
            path,
            nonce,
            until: now.after(STEP),
        }
        .into()
    }
}

impl<T: Tokens> Echoed<T> {
    /// The sharer has believed the echo: begin.
    pub(super) fn started(self, who: &Who, now: Monotonic, fx: &mut Effects<T>) -> State<T> {
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
        run(who, terms, ready, now, fx)
    }
}
