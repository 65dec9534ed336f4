//! Which time certificates are judged by (DESIGN.md, "Versions and growth";
//! POL-9): the later of the wall clock and the newest time that one of our
//! own devices has signed. A clock set back never revives what has expired.

use core::time::Duration;

use thiserror::Error;

use crate::time::Timestamp;

/// How far ahead of [`JudgedTime::now`] a record may be issued: 24 hours.
/// Machines on a LAN without Internet often have no better clock; anything
/// beyond is named as a wrong clock.
pub const MAX_SKEW: Duration = Duration::from_secs(24 * 3600);

/// How far one signed time may push [`JudgedTime`] ahead: 31 days. Without a
/// limit one own device whose clock says 2090 would expire everything on all
/// of the person's devices at once. A device that slept longer with a dead
/// clock is told to set it.
pub const MAX_LEAP: Duration = Duration::from_secs(31 * 24 * 3600);

/// A signed time that is too far ahead to be believed: one of the two clocks
/// is wrong, and a person has to say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a device of yours signed a time {} days ahead of this clock: one of them is wrong", ahead.as_secs() / 86_400)]
pub struct ClockDoubt {
    /// How far ahead of the time judged by so far.
    pub ahead: Duration,
}

/// The time by which certificates are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgedTime {
    wall: Timestamp,
    signed: Timestamp,
}

impl JudgedTime {
    /// From the wall clock alone, on a device that has seen nothing yet.
    #[must_use]
    pub const fn from_wall(wall: Timestamp) -> Self {
        Self {
            wall,
            signed: Timestamp::EPOCH,
        }
    }

    /// From the wall clock and the newest signed time, as stored durably by
    /// an earlier run ([`JudgedTime::newest_signed`]).
    #[must_use]
    pub const fn resume(wall: Timestamp, newest_signed: Timestamp) -> Self {
        Self {
            wall,
            signed: newest_signed,
        }
    }

    /// The wall clock moved, either way.
    pub fn set_wall(&mut self, wall: Timestamp) {
        self.wall = wall;
    }

    /// One of our own devices, this one included, signed something at
    /// `issued`. The caller has checked the signature and that the device is
    /// ours; contacts' clocks never count here.
    ///
    /// # Errors
    /// More than [`MAX_LEAP`] ahead; then nothing changes.
    pub fn learn(&mut self, issued: Timestamp) -> Result<(), ClockDoubt> {
        let ahead = issued.since(self.now());
        if ahead > MAX_LEAP {
            return Err(ClockDoubt { ahead });
        }
        self.signed = self.signed.max(issued);
        Ok(())
    }

    /// The time to judge by.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.wall.max(self.signed)
    }

    /// The newest signed time: to be stored.
    #[must_use]
    pub fn newest_signed(&self) -> Timestamp {
        self.signed
    }

    /// How far the wall clock lags behind what our own devices signed: shown
    /// to the person when it is more than a few minutes (POL-9).
    #[must_use]
    pub fn lag(&self) -> Duration {
        self.signed.since(self.wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn day(n: u64) -> Timestamp {
        Timestamp::from_secs(n * 86_400)
    }

    #[test]
    fn the_later_of_wall_and_signed_time_counts() {
        let mut t = JudgedTime::from_wall(day(100));
        t.learn(day(90)).unwrap();
        assert_eq!((t.now(), t.lag()), (day(100), Duration::ZERO));
        t.learn(day(110)).unwrap();
        assert_eq!((t.now(), t.lag()), (day(110), DAY * 10));
    }

    #[test]
    fn a_clock_set_back_changes_nothing() {
        let mut t = JudgedTime::from_wall(day(100));
        t.learn(day(100)).unwrap();
        t.set_wall(day(3));
        assert_eq!(t.now(), day(100));
        assert_eq!(
            JudgedTime::resume(day(3), t.newest_signed()).now(),
            day(100)
        );
        assert_eq!(t.lag(), DAY * 97);
    }

    #[test]
    fn one_mad_clock_expires_nothing() {
        let mut t = JudgedTime::from_wall(day(100));
        let mad = day(30_000);
        assert_eq!(
            t.learn(mad),
            Err(ClockDoubt {
                ahead: DAY * 29_900
            })
        );
        assert_eq!(t.now(), day(100));
        t.learn(day(131)).unwrap();
        assert_eq!(t.now(), day(131));
    }
}
