//! How much a viewer may do, how fast (GUARD-4).

use std::time::Duration;

/// Keys and pointer events a second in the long run, as in Kith's own share: a
/// fast mouse gives up to 250 moves, a fast typist 25 keys.
const PER_SECOND: u64 = 400;
/// As many at once.
pub(super) const BURST: u64 = 400;
/// Nanoseconds of a second: what one event costs, where each nanosecond brings
/// [`PER_SECOND`].
const EVENT: u64 = 1_000_000_000;

/// Counts what a viewer does. Full at the beginning.
#[derive(Debug)]
pub(super) struct Pace {
    /// At most `BURST` times `EVENT`.
    level: u64,
    at: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            level: BURST * EVENT,
            at: Duration::ZERO,
        }
    }
}

impl Pace {
    /// Takes one event, if there is one. A clock that goes back gives nothing.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.at).as_nanos();
        self.at = self.at.max(now);
        let more = u64::try_from(passed).unwrap_or(u64::MAX);
        self.level = more
            .saturating_mul(PER_SECOND)
            .saturating_add(self.level)
            .min(BURST * EVENT);
        let left = self.level.checked_sub(EVENT);
        self.level = left.unwrap_or(self.level);
        left.is_some()
    }
}
