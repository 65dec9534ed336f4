//! Control that our person asks for. Where a rule of the other side's forbids it,
//! or they want to be asked no more, that is answered at once, and whoever asked
//! hears it; where a person is asked, nobody waits for them here.

use core::time::Duration;

use kith_api::{ApiError, Reply};
use kith_proto::id::SessionId;
use kith_proto::session::Session;
use tokio::time::Instant;

use super::super::open::Open;
use super::One;
use super::trial::Asker;

/// As long as a program's answer may take to be waited for: there and back
/// around the world.
const MOMENT: Duration = Duration::from_millis(500);

/// Whoever asked for control.
#[derive(Debug)]
pub(super) struct Awaited {
    asker: Asker,
    pub until: Instant,
}

impl One {
    /// What came of the control that was asked for.
    pub(super) fn heard(&mut self, said: Result<(), ApiError>) {
        if let Some(Awaited { asker, .. }) = self.awaited.take() {
            // Gone meanwhile: nobody waits.
            let _ = asker.send(said.map(|()| Reply::Done));
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
            one.awaited = asker.map(|asker| Awaited { asker, until });
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
