//! What our person asks for and programs answer, while that is waited for.
//!
//! Control: where a rule of the other side's forbids it, or they want to be asked no
//! more, that is answered at once, and whoever asked hears it; where a person is
//! asked, nobody waits for them here. And what begins with a yes: what can't be
//! shown is known only when it is opened.

use core::time::Duration;

use kith_api::{ApiError, Code, Reply};
use kith_proto::id::SessionId;
use kith_proto::session::{Phase, Reason, Session};
use kith_proto::technology::Technology;
use tokio::time::Instant;

use super::super::open::Open;
use super::One;
use super::trial::Asker;
use super::why_not::{Missed, missed};

/// As long as a program's answer may take to be waited for: there and back
/// around the world.
const MOMENT: Duration = Duration::from_millis(500);

/// As long as the two programs may take until something is seen, over a slow relay
/// too; then it goes on without whoever said yes.
const BEGINS: Duration = Duration::from_secs(5);

/// Whoever asked.
#[derive(Debug)]
pub(super) struct Awaited {
    asker: Asker,
    what: Missed,
    pub until: Instant,
}

impl One {
    /// What came of what was asked for.
    pub(super) fn heard(&mut self, said: Result<(), Reason>) {
        if let Some(Awaited { asker, what, .. }) = self.awaited.take() {
            let said = said.map_err(|reason| missed(what, reason));
            // Gone meanwhile: nobody waits.
            let _ = asker.send(said.map(|()| Reply::Done));
        }
    }

    /// Whoever waits for a share to begin, if anybody does.
    fn awaits_beginning(&mut self) -> Option<&mut Awaited> {
        self.awaited.as_mut().filter(|a| a.what == Missed::Share)
    }

    /// It runs: that it is seen is known in a moment, or isn't waited for.
    pub(super) fn running(&mut self) {
        if let Some(awaited) = self.awaits_beginning() {
            awaited.until = awaited.until.min(Instant::now() + MOMENT);
        }
    }

    /// It is seen: that was all that was waited for, if it was that.
    pub(super) fn shown(&mut self) {
        if self.awaits_beginning().is_some() {
            self.heard(Ok(()));
        }
    }

    /// The other side couldn't show it.
    pub(super) fn not_shown(&mut self) {
        if self.awaits_beginning().is_some()
            && let Some(Awaited { asker, .. }) = self.awaited.take()
        {
            let error = ApiError::new(Code::Invalid, "no share: the other side couldn’t show it");
            let hint = "“kith doctor” says there what is missing, a display perhaps";
            let _ = asker.send(Err(error.hint(hint)));
        }
    }
}

impl Open {
    /// Whoever asks just now is answered when something is heard, or a moment
    /// later.
    pub(super) fn await_answer(&mut self, id: &SessionId) {
        let sessions = &mut self.sessions;
        let asks = |one: &&mut One| one.session.as_ref().and_then(Session::wanted).is_some();
        if let Some(one) = sessions.all.get_mut(id).filter(asks) {
            one.heard(Ok(()));
            let until = Instant::now() + MOMENT;
            let asker = sessions.trials.asker.take();
            let what = Missed::Control;
            one.awaited = asker.map(|asker| Awaited { asker, what, until });
        }
    }

    /// Whoever said yes just now is answered when it runs, or can't be.
    pub(super) fn await_beginning(&mut self, id: &SessionId) {
        let sessions = &mut self.sessions;
        let Some(one) = sessions.all.get_mut(id) else {
            return;
        };
        let phase = one.session.as_ref().map(Session::phase);
        let begins = matches!(
            phase,
            Some(Phase::Waiting | Phase::Settling | Phase::Running)
        );
        if begins && one.last.technology == Technology::Native {
            let (what, until) = (Missed::Share, Instant::now() + BEGINS);
            let asker = sessions.trials.asker.take();
            one.awaited = asker.map(|asker| Awaited { asker, what, until });
        }
    }

    /// Nothing was heard: a person is asked.
    pub(super) fn await_no_longer(&mut self) {
        let now = Instant::now();
        for one in self.sessions.all.values_mut() {
            if one.awaited.as_ref().is_some_and(|a| a.until <= now) {
                one.heard(Ok(()));
            }
        }
    }
}
