//! What this side has done to a session before anybody else can hear of it.
//!
//! The node takes [`super::ShareEvent`]s when it can. Meanwhile the other side
//! may have seen the share end in its own streams, and its word on that may be
//! here already: it must not count for the cause. So whoever ends or cuts short
//! something here writes it down first, and the node looks before it hears the
//! other side.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_proto::id::SessionId;

use super::event::Ending;

/// How our person has cut short what a viewer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// Took control back from this one.
    TakenBack,
    /// Pressed the panic key.
    Panic,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    ends: Option<Ending>,
    cut: Option<Cut>,
}

/// What is known of sessions that run here, until the node has taken it in.
#[derive(Clone, Debug, Default)]
pub struct Foreknown(Arc<Mutex<BTreeMap<SessionId, Known>>>);

impl Foreknown {
    fn all(&self) -> MutexGuard<'_, BTreeMap<SessionId, Known>> {
        // Each change is one insertion or removal: nothing is half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It ends here, for this; the first cause counts. Before anything is said
    /// to anybody.
    pub(crate) fn ends(&self, session: SessionId, why: Ending) {
        self.all()
            .entry(session)
            .or_default()
            .ends
            .get_or_insert(why);
    }

    /// Its viewer is cut short; the gravest counts. Before the viewer can see it.
    pub(crate) fn cut(&self, session: SessionId, how: Cut) {
        let mut all = self.all();
        let known = all.entry(session).or_default();
        known.cut = known.cut.max(Some(how));
    }

    /// Why it ends here. What the other side did is for the other side to say.
    #[must_use]
    pub fn ended_here(&self, session: &SessionId) -> Option<Ending> {
        let why = self.all().get(session)?.ends?;
        (!matches!(why, Ending::There(_))).then_some(why)
    }

    /// How it was cut short, once.
    #[must_use]
    pub fn take_cut(&self, session: &SessionId) -> Option<Cut> {
        self.all().get_mut(session)?.cut.take()
    }

    /// The node knows of its end.
    pub fn forget(&self, session: &SessionId) {
        self.all().remove(session);
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::Bye;
    use super::*;

    const A: SessionId = SessionId::from_bytes([1; 16]);

    #[test]
    fn the_first_cause_of_an_end_counts_and_only_ours_is_ours() {
        let known = Foreknown::default();
        assert_eq!(known.ended_here(&A), None);
        known.ends(A, Ending::Here(Bye::Stopped));
        known.ends(A, Ending::Silent);
        assert_eq!(known.ended_here(&A), Some(Ending::Here(Bye::Stopped)));
        known.forget(&A);
        known.ends(A, Ending::There(Bye::Stopped));
        known.ends(A, Ending::Here(Bye::Stopped));
        assert_eq!(known.ended_here(&A), None, "the other side was first");
    }

    #[test]
    fn the_gravest_cut_is_taken_once() {
        let known = Foreknown::default();
        assert_eq!(known.take_cut(&A), None);
        known.cut(A, Cut::Panic);
        known.cut(A, Cut::TakenBack);
        assert_eq!(known.take_cut(&A), Some(Cut::Panic));
        assert_eq!(known.take_cut(&A), None);
    }
}
