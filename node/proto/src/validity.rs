//! From when until when a record holds.

use core::time::Duration;

use thiserror::Error;

use crate::blame::Blame;
use crate::clock::{JudgedTime, MAX_SKEW};
use crate::time::Timestamp;

/// Why a record doesn't hold now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ValidityError {
    /// It ends before it begins, or lasts longer than its kind allows: the
    /// signer's fault.
    #[error("it would last longer than its kind allows, or end before it begins")]
    Span,
    /// Issued more than [`MAX_SKEW`] in the future: the signer's clock is
    /// wrong, or ours.
    #[error("issued in the future: its signer's clock or ours is wrong")]
    NotYet,
    /// Its time is over, or our clock is ahead.
    #[error("expired")]
    Expired,
}

impl ValidityError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Span => Blame::Misbehaved,
            Self::NotYet | Self::Expired => Blame::Circumstance,
        }
    }
}

/// From when until when a record holds: from `issued`, until just before
/// `expires`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// When it was signed, by the signer's clock.
    pub issued: Timestamp,
    /// The first moment at which it no longer holds.
    pub expires: Timestamp,
}

impl Validity {
    /// Holding for `lasts` from `issued` on.
    #[must_use]
    pub fn starting(issued: Timestamp, lasts: Duration) -> Self {
        Self {
            issued,
            expires: issued.after(lasts),
        }
    }

    /// Checks the span against `longest`, and that it holds now.
    ///
    /// # Errors
    /// See [`ValidityError`].
    pub fn check(&self, longest: Duration, now: &JudgedTime) -> Result<(), ValidityError> {
        self.check_span(longest)?;
        if self.issued > now.now().after(MAX_SKEW) {
            return Err(ValidityError::NotYet);
        }
        if self.expires <= now.now() {
            return Err(ValidityError::Expired);
        }
        Ok(())
    }

    /// Checks the span alone: at least a millisecond, at most `longest`.
    ///
    /// # Errors
    /// [`ValidityError::Span`].
    pub fn check_span(&self, longest: Duration) -> Result<(), ValidityError> {
        if self.expires <= self.issued || self.expires.since(self.issued) > longest {
            return Err(ValidityError::Span);
        }
        Ok(())
    }
}

/// How near an end is, where a person should do something about it (POL-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// Less than 30 days are left.
    Month,
    /// Less than 7 days are left.
    Week,
    /// It is over.
    Over,
}

impl Warning {
    /// What is to be said about something that ends at `until`.
    #[must_use]
    pub fn about(until: Timestamp, now: &JudgedTime) -> Option<Self> {
        const DAY: Duration = Duration::from_secs(86_400);
        let now = now.now();
        if until <= now {
            return Some(Self::Over);
        }
        match until.since(now) {
            left if left < 7 * DAY => Some(Self::Week),
            left if left < 30 * DAY => Some(Self::Month),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_span_has_two_ends() {
        let t = Timestamp::from_secs(1_000_000);
        let v = Validity::starting(t, HOUR);
        let at = |t: Timestamp| v.check(HOUR, &JudgedTime::from_wall(t));
        assert_eq!(at(t), Ok(()));
        assert_eq!(at(t.before(MAX_SKEW)), Ok(()));
        let early = t.before(MAX_SKEW + Duration::from_millis(1));
        assert_eq!(at(early), Err(ValidityError::NotYet));
        assert_eq!(at(t.after(HOUR - Duration::from_millis(1))), Ok(()));
        assert_eq!(at(t.after(HOUR)), Err(ValidityError::Expired));
    }

    #[test]
    fn empty_and_long_spans_are_refused() {
        let t = Timestamp::from_secs(1000);
        let v = |lasts| Validity::starting(t, lasts).check_span(HOUR);
        assert_eq!(v(Duration::ZERO), Err(ValidityError::Span));
        assert_eq!(v(HOUR), Ok(()));
        assert_eq!(v(HOUR + Duration::from_millis(1)), Err(ValidityError::Span));
    }

    #[test]
    fn warnings_come_30_and_7_days_before() {
        let days = |n: u64| Timestamp::from_secs(n * 86_400);
        let at = |n| Warning::about(days(100), &JudgedTime::from_wall(days(n)));
        assert_eq!(at(70), None);
        assert_eq!(at(71), Some(Warning::Month));
        assert_eq!(at(93), Some(Warning::Month));
        assert_eq!(at(94), Some(Warning::Week));
        assert_eq!(at(100), Some(Warning::Over));
    }
}
