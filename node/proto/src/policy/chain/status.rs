use core::time::Duration;

use super::{PolicyChain, Unusable};
use crate::clock::JudgedTime;
use crate::policy::document::PolicyHeader;
use crate::time::Timestamp;
use crate::validity::Warning;

/// From which lag on a clock is named as wrong: five minutes.
pub const CLOCK_LAG: Duration = Duration::from_secs(300);

/// Whether a policy can be decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyState {
    /// It can.
    InForce,
    /// It is older than it should be, and still used for a while (POL-8).
    Grace,
    /// It can't: no new shares.
    Unusable(Unusable),
}

/// What is always visible of a policy (POL-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyStatus {
    /// Whether it can be decided by.
    pub state: PolicyState,
    /// How old it is.
    pub age: Duration,
    /// When it becomes old and the grace period begins.
    pub old_from: Timestamp,
    /// When it can't be used any more: the end of the grace period or of the
    /// document, whichever comes first.
    pub usable_until: Timestamp,
    /// What is to be said about its age.
    pub age_warning: Option<Warning>,
    /// What is to be said about its end.
    pub end_warning: Option<Warning>,
    /// By how much the clock lags behind the newest signed document, or what
    /// it showed itself since, where that is more than [`CLOCK_LAG`]: it is
    /// wrong, or it was (POL-9).
    pub clock_behind: Option<Duration>,
}

/// When a document becomes old.
fn old_from(h: &PolicyHeader) -> Timestamp {
    h.validity.issued.after(h.max_age)
}

/// When a document can't be used any more.
pub(super) fn usable_until(h: &PolicyHeader) -> Timestamp {
    old_from(h).after(h.grace).min(h.validity.expires)
}

impl PolicyChain {
    /// How things stand.
    #[must_use]
    pub fn status(&self, now: &JudgedTime) -> PolicyStatus {
        let h = self.head().payload();
        let judged = self.judged(now);
        let (old_from, usable_until) = (old_from(h), usable_until(h));
        let newer = self.beyond.as_ref().map(|b| b.why);
        let forked = self.fork.as_ref().map(|_| Unusable::Forked);
        let expired = (self.ended || usable_until <= judged).then_some(Unusable::Expired);
        let state = match forked.or(newer).or(expired) {
            Some(why) => PolicyState::Unusable(why),
            None if old_from <= judged => PolicyState::Grace,
            None => PolicyState::InForce,
        };
        let by = JudgedTime::from_wall(judged);
        let behind = self.seen.latest().since(now.now());
        PolicyStatus {
            state,
            age: judged.since(h.validity.issued),
            old_from,
            usable_until,
            age_warning: Warning::about(old_from, &by),
            end_warning: Warning::about(usable_until, &by),
            clock_behind: Some(behind).filter(|lag| *lag > CLOCK_LAG),
        }
    }
}
