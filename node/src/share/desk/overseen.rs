//! Hosted sessions under the warden's eye (GUARD-6, GUARD-7): what they show
//! is carried elsewhere, by [`crate::hosted`]; whether a viewer may use its
//! hands there the screen decides as in any share: by the panic key, the stop
//! button, its own question.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use kith_proto::id::SessionId;
use kith_proto::session::Reason;
use kith_screen::guard::What;
use tokio::time::Instant;

use super::super::event::{ShareEvent, ShareId};
use super::super::foreknown::Cut;
use super::super::inject::{Injector, Offer, Put, SeatNumber};
use super::super::warden::Guarded;
use super::{Inner, Shares};

/// Who carries hosted sessions. It is told at once, not by way of the node.
/// No call waits.
pub trait Carrier: fmt::Debug + Send + Sync {
    /// The viewer may use its hands until then.
    fn free(&self, session: SessionId, until: Instant);
    /// It may not.
    fn bind(&self, session: SessionId);
    /// Nobody may; those of this screen's sessions.
    fn bind_all(&self) -> Vec<SessionId>;
    /// The session is over.
    fn end(&self, session: SessionId);
    /// All that show something of this side's are.
    fn end_all(&self);
}

/// A hosted session has one viewer.
const VIEWER: SeatNumber = SeatNumber(1);

/// What the screen has said about the viewer's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Nothing is granted.
    Nothing,
    /// It was offered until then, and isn't confirmed.
    Offered(Instant),
    /// It counts.
    Given,
}

struct Hands {
    injector: Box<dyn Injector>,
    said: Said,
}

pub(super) struct Watched {
    share: ShareId,
    session: SessionId,
    hands: Mutex<Hands>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("share", &self.share)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl Watched {
    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes back whatever was offered or given.
    fn take(&self) {
        let mut hands = self.hands();
        if hands.said != Said::Nothing {
            hands.said = Said::Nothing;
            hands.injector.take(VIEWER);
        }
    }

    /// The warden has ended it by itself; whether there was anything.
    fn ended(&self) -> bool {
        std::mem::replace(&mut self.hands().said, Said::Nothing) != Said::Nothing
    }
}

/// A hosted session that the warden watches over, until this is dropped.
#[derive(Debug)]
pub struct Overseen {
    watched: Arc<Watched>,
    shares: Weak<Inner>,
}

impl Overseen {
    /// Under which name the warden knows it.
    #[must_use]
    pub fn share(&self) -> ShareId {
        self.watched.share
    }

    /// The viewer may use its hands until then, once the warden confirms it.
    pub fn give(&self, until: Instant, offer: &Offer) {
        let mut hands = self.watched.hands();
        hands.said = Said::Offered(until);
        // A warden always confirms; there is nobody else.
        let _ = hands.injector.give(VIEWER, offer);
    }

    /// Whether it may: the warden has confirmed it.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.watched.hands().said == Said::Given
    }

    /// Asks a person at the screen whether it may.
    pub fn wish(&self, offer: &Offer) -> Put {
        self.watched.hands().injector.wish(VIEWER, offer)
    }

    /// Asks no more.
    pub fn unwish(&self) {
        self.watched.hands().injector.unwish(VIEWER);
    }

    /// It may not, from now on.
    pub fn take(&self) {
        self.watched.take();
        if let Some(inner) = self.shares.upgrade()
            && let Some(carrier) = inner.carrier.get()
        {
            carrier.bind(self.watched.session);
        }
    }
}

impl Drop for Overseen {
    fn drop(&mut self) {
        if let Some(inner) = self.shares.upgrade() {
            Shares(inner).state().overseen.remove(&self.watched.share);
        }
    }
}

/// Whether this process has an X display, where a warden can run and hear the
/// panic key. Xwayland is none: it hears keys only while a window of its own has
/// the keyboard.
#[must_use]
pub fn has_display() -> bool {
    hears_every_key(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn hears_every_key(set: impl Fn(&str) -> bool) -> bool {
    set("DISPLAY") && !set("WAYLAND_DISPLAY")
}

impl Shares {
    /// Who carries hosted sessions; the first counts.
    pub fn carried_by(&self, carrier: Arc<dyn Carrier>) {
        let _ = self.0.carrier.set(carrier);
    }

    /// Puts a hosted session, `title` in words, under the warden's eye; `None`
    /// where there is no screen for one.
    #[must_use]
    pub fn oversee(&self, session: SessionId, title: String, viewer: String) -> Option<Overseen> {
        if !has_display() {
            return None;
        }
        let share = {
            let mut state = self.state();
            state.next_share += 1;
            ShareId(state.next_share)
        };
        let mut injector = self.guard(
            share,
            Guarded {
                what: What::Desktop,
                title: Some(title),
                window: None,
            },
        );
        injector.watchers(&[(VIEWER, viewer)]);
        let said = Said::Nothing;
        let watched = Arc::new(Watched {
            share,
            session,
            hands: Mutex::new(Hands { injector, said }),
        });
        self.state().overseen.insert(share, Arc::clone(&watched));
        Some(Overseen {
            watched,
            shares: Arc::downgrade(&self.0),
        })
    }

    fn overseen(&self, share: ShareId) -> Option<Arc<Watched>> {
        self.state().overseen.get(&share).cloned()
    }

    /// The session that is watched over under this name.
    pub(super) fn session_overseen(&self, share: ShareId) -> Option<SessionId> {
        self.overseen(share).map(|watched| watched.session)
    }

    fn all_overseen(&self) -> Vec<Arc<Watched>> {
        self.state().overseen.values().cloned().collect()
    }

    /// Nobody uses their hands in a hosted session any more (GUARD-6).
    pub(super) fn panic_hosted(&self) {
        let Some(carrier) = self.0.carrier.get() else {
            return;
        };
        // First what could still free somebody.
        for watched in self.all_overseen() {
            self.0.foreknown.cut(watched.session, Cut::Panic);
            watched.take();
        }
        for session in carrier.bind_all() {
            self.tell(ShareEvent::HandsTaken { session });
        }
    }

    pub(super) fn end_hosted(&self) {
        if let Some(carrier) = self.0.carrier.get() {
            carrier.end_all();
        }
    }

    /// The stop button of a hosted session, if it is one's.
    pub(super) fn stop_hosted(&self, share: ShareId) {
        if let Some(watched) = self.overseen(share)
            && let Some(carrier) = self.0.carrier.get()
        {
            carrier.end(watched.session);
        }
    }

    /// The screen allows what was offered.
    pub(super) fn hosted_given(&self, share: ShareId) {
        let Some(watched) = self.overseen(share) else {
            return;
        };
        let mut hands = watched.hands();
        if let Said::Offered(until) = hands.said
            && let Some(carrier) = self.0.carrier.get()
        {
            hands.said = Said::Given;
            // With the lock held: whoever takes it back comes after.
            carrier.free(watched.session, until);
            self.tell(ShareEvent::ControlGiven {
                session: watched.session,
            });
        }
    }

    /// The screen doesn't allow it, or not any more.
    pub(super) fn hosted_ended(&self, share: ShareId, why: Reason) {
        if let Some(watched) = self.overseen(share) {
            self.hands_ended(&watched, why);
        }
    }

    /// Who had it, had it from the warden that died; what that hadn't answered
    /// yet, a fresh one is asked.
    pub(super) fn hosted_warden_died(&self) {
        for watched in self.all_overseen() {
            let given = watched.hands().said == Said::Given;
            if given {
                self.hands_ended(&watched, Reason::Crashed);
            }
        }
    }

    fn hands_ended(&self, watched: &Watched, why: Reason) {
        let had = watched.ended();
        if let Some(carrier) = self.0.carrier.get() {
            carrier.bind(watched.session);
        }
        if had {
            let session = watched.session;
            self.tell(ShareEvent::ControlEnded { session, why });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::hears_every_key;

    #[test]
    fn the_panic_key_is_not_promised_under_wayland() {
        let under = |names: &'static [&str]| hears_every_key(|name| names.contains(&name));
        assert!(under(&["DISPLAY"]));
        assert!(!under(&["DISPLAY", "WAYLAND_DISPLAY"]));
        assert!(!under(&["WAYLAND_DISPLAY"]));
        assert!(!under(&[]));
    }
}
