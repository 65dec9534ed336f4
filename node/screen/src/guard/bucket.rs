//! A token bucket: how much, how fast.

use kith_codec::time::Moment;

use super::limits::Rate;

/// Counts what a viewer does against its [`Rate`]. Releases are never counted:
/// letting go is always allowed.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    rate: Rate,
    /// Tokens there are, in millionths.
    level: u64,
    at: Moment,
}

/// Millionths of a token.
const TOKEN: u64 = 1_000_000;

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn new(rate: Rate, now: Moment) -> Self {
        Self {
            rate,
            level: u64::from(rate.burst) * TOKEN,
            at: now,
        }
    }

    /// Takes one token, if there is one. A clock that goes back gives nothing.
    pub fn take(&mut self, now: Moment) -> bool {
        let passed = now - self.at;
        self.at = self.at.max(now);
        self.level = self
            .level
            .saturating_add(passed.0.saturating_mul(u64::from(self.rate.per_second)))
            .min(u64::from(self.rate.burst) * TOKEN);
        if self.level < TOKEN {
            return false;
        }
        self.level -= TOKEN;
        true
    }
}
