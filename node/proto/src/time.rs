//! Points in time, passed in by the caller; this crate never reads a clock.

use core::fmt;
use core::time::Duration;

use crate::cbor::{Decode, DecodeError, Encode};
use ciborium::Value;

/// A point in time: milliseconds since 1970-01-01T00:00:00 UTC, leap seconds
/// not counted. Wire form: CBOR unsigned integer, at most [`Timestamp::MAX`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The latest time that a record may name: 2^48 milliseconds, about the
    /// year 10889. Later values are refused, so that sums never overflow.
    pub const MAX: Self = Self(1 << 48);
    /// 1970-01-01T00:00:00 UTC.
    pub const EPOCH: Self = Self(0);

    /// From milliseconds since the epoch; `None` beyond [`Timestamp::MAX`].
    #[must_use]
    pub const fn from_millis(ms: u64) -> Option<Self> {
        if ms <= Self::MAX.0 {
            Some(Self(ms))
        } else {
            None
        }
    }

    /// From seconds since the epoch, held at [`Timestamp::MAX`].
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        let ms = secs.saturating_mul(1000);
        if ms <= Self::MAX.0 {
            Self(ms)
        } else {
            Self::MAX
        }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This time and `d`, held at [`Timestamp::MAX`].
    #[must_use]
    pub fn after(self, d: Duration) -> Self {
        let ms = u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(ms).min(Self::MAX.0))
    }

    /// This time less `d`, held at the epoch.
    #[must_use]
    pub fn before(self, d: Duration) -> Self {
        let ms = u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(ms))
    }

    /// How long after `earlier` this is; zero if it isn't.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}

/// A point on this machine's monotonic clock: milliseconds since some start
/// that nobody else knows. Never on the wire, never kept over a restart: what
/// must not last longer than a while is measured with it, because wall clocks
/// are set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Monotonic(u64);

impl Monotonic {
    /// From milliseconds since the clock's own start.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the clock's own start.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This point and `d`.
    #[must_use]
    pub fn after(self, d: Duration) -> Self {
        let ms = u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(ms))
    }

    /// How long after `earlier` this is; zero if it isn't.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Debug for Monotonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}ms", self.0)
    }
}

impl Encode for Timestamp {
    fn encode(&self) -> Value {
        Value::from(self.0)
    }
}

impl Decode for Timestamp {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::from_millis(u64::decode(value)?).ok_or(DecodeError::OutOfRange)
    }
}
