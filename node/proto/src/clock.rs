//! Which time certificates are judged by (DESIGN.md, "Versions and growth";
//! POL-9): the later of the wall clock and the newest time that one of our
//! own devices has signed. A clock set back never revives what has expired,
//! and one that stood far ahead ends nothing for good (POL-8).

pub(crate) mod seen;

use core::time::Duration;

use thiserror::Error;

use crate::cbor::{self, DecodeError};
use crate::time::Timestamp;
use seen::{Rule, Seen};

/// How far ahead of [`JudgedTime::now`] a record may be issued: 24 hours.
/// Machines on a LAN without Internet often have no better clock; anything
/// beyond is named as a wrong clock.
pub const MAX_SKEW: Duration = Duration::from_secs(24 * 3600);

/// How far one signed time may push [`JudgedTime`] ahead: 31 days. Without a
/// limit one own device whose clock says 2090 would expire everything on all
/// of the person's devices at once. A device that slept longer with a dead
/// clock is told to set it.
pub const MAX_LEAP: Duration = Duration::from_secs(31 * 24 * 3600);

/// How long signed times must stay ahead, after a leap of more than
/// [`MAX_LEAP`] beyond the ones before, until they are believed: 31 days.
/// Nothing heals what was believed, so it takes longer than the wrong clock
/// of a whole LAN goes unnoticed: all that while nobody else there believes
/// what is signed. Until then the wall clock alone speaks for such a time.
pub const CONFIRM_LEAP: Duration = MAX_LEAP;

/// More bytes than a stored [`JudgedTime`] has.
const MAX_STORED: usize = 64;

/// Whether a time told something that must be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Observed {
    /// Nothing.
    Nothing,
    /// What is to be stored has changed: store it, then act on it.
    Store,
}

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
    signed: Seen,
}

impl JudgedTime {
    /// From the wall clock alone, on a device that has seen nothing yet.
    #[must_use]
    pub const fn from_wall(wall: Timestamp) -> Self {
        Self {
            wall,
            signed: Seen::from(Timestamp::EPOCH),
        }
    }

    /// From the wall clock and what an earlier run stored
    /// ([`JudgedTime::to_stored`]).
    ///
    /// # Errors
    /// What was stored is damaged.
    pub fn resume(wall: Timestamp, stored: &[u8]) -> Result<Self, DecodeError> {
        let signed = Seen::read(cbor::value_from_bytes(stored, MAX_STORED)?)?;
        Ok(Self { wall, signed })
    }

    /// What is to be stored, whenever [`JudgedTime::learn`] says so: the
    /// newest signed time, and a leap that isn't believed yet. The wall clock
    /// isn't in it.
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        cbor::value_bytes(&self.signed.encode())
    }

    /// The wall clock moved, either way.
    pub fn set_wall(&mut self, wall: Timestamp) {
        self.wall = wall;
    }

    /// One of our own devices, this one included, signed something at
    /// `issued`. The caller has checked the signature and that the device is
    /// ours; contacts' clocks never count here.
    ///
    /// Where it is more than [`MAX_LEAP`] beyond all that was signed before,
    /// the wall clock that allows it may be wrong itself, also because the
    /// record is its own: then it is believed after [`CONFIRM_LEAP`].
    ///
    /// # Errors
    /// More than [`MAX_LEAP`] ahead of [`JudgedTime::now`]; then nothing
    /// changes.
    pub fn learn(&mut self, issued: Timestamp) -> Result<Observed, ClockDoubt> {
        let ahead = issued.since(self.now());
        if ahead > MAX_LEAP {
            return Err(ClockDoubt { ahead });
        }
        let before = self.signed;
        if before.latest() == Timestamp::EPOCH {
            // The first one there is has nothing to be held against.
            self.signed = Seen::from(issued);
        } else {
            let _whether = self.signed.observe(issued, &RULE);
        }
        Ok(match self.signed == before {
            true => Observed::Nothing,
            false => Observed::Store,
        })
    }

    /// The time to judge by.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.wall.max(self.signed.latest())
    }

    /// The newest signed time that is believed.
    #[must_use]
    pub fn newest_signed(&self) -> Timestamp {
        self.signed.latest()
    }

    /// How far the wall clock lags behind what our own devices signed: shown
    /// to the person when it is more than a few minutes (POL-9).
    #[must_use]
    pub fn lag(&self) -> Duration {
        self.signed.latest().since(self.wall)
    }
}

/// Signed times count to the millisecond.
const RULE: Rule = Rule {
    confirm: CONFIRM_LEAP,
    grain: Duration::ZERO,
    end: None,
};

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn day(n: u64) -> Timestamp {
        Timestamp::from_secs(n * 86_400)
    }

    fn learn(t: &mut JudgedTime, n: u64) {
        let before = *t;
        let said = t.learn(day(n)).unwrap();
        assert_eq!(said == Observed::Store, *t != before);
    }

    /// Another run of the program, whose clock shows `wall`.
    fn restarted(t: JudgedTime, wall: Timestamp) -> JudgedTime {
        JudgedTime::resume(wall, &t.to_stored()).unwrap()
    }

    #[test]
    fn the_later_of_wall_and_signed_time_counts() {
        let mut t = JudgedTime::from_wall(day(100));
        learn(&mut t, 90);
        assert_eq!((t.now(), t.lag()), (day(100), Duration::ZERO));
        learn(&mut t, 110);
        assert_eq!((t.now(), t.lag()), (day(110), DAY * 10));
        // Also by less than an hour.
        let _ = t.learn(day(110).after(DAY / 100)).unwrap();
        assert_eq!(t.lag(), DAY * 10 + DAY / 100);
    }

    #[test]
    fn a_clock_set_back_changes_nothing() {
        let mut t = JudgedTime::from_wall(day(100));
        learn(&mut t, 100);
        t.set_wall(day(3));
        assert_eq!(t.now(), day(100));
        assert_eq!(restarted(t, day(3)).now(), day(100));
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
        learn(&mut t, 131);
        assert_eq!(t.now(), day(131));
    }

    /// POL-8: what a device signs while its own clock is far ahead must not
    /// keep it there when the clock is right again.
    #[test]
    fn ones_own_mad_clock_leaves_nothing_behind() {
        let mut t = JudgedTime::from_wall(day(100));
        learn(&mut t, 100);
        t.set_wall(day(30_000));
        for n in 30_000..30_030 {
            t.set_wall(day(n));
            learn(&mut t, n);
            assert_eq!((t.now(), t.newest_signed()), (day(n), day(100)));
            t = restarted(t, day(n));
        }
        t.set_wall(day(131));
        assert_eq!((t.now(), t.lag()), (day(131), Duration::ZERO));
        learn(&mut t, 131);
        // The leap was taken back: its place counts no longer.
        t.set_wall(day(30_031));
        learn(&mut t, 30_031);
        assert_eq!(t.newest_signed(), day(131));
    }

    /// POL-9: after a year in a drawer signed times count again, in time.
    #[test]
    fn a_long_sleep_is_believed_after_a_month() {
        let mut t = JudgedTime::from_wall(day(100));
        learn(&mut t, 100);
        for n in [500, 510, 530] {
            t = restarted(t, day(n));
            learn(&mut t, n);
            assert_eq!((t.now(), t.newest_signed()), (day(n), day(100)));
        }
        t.set_wall(day(531));
        learn(&mut t, 531);
        t.set_wall(day(3));
        assert_eq!(t.now(), day(531));
    }

    #[test]
    fn damaged_storage_is_said() {
        assert!(JudgedTime::resume(day(1), b"x").is_err());
        assert!(JudgedTime::resume(day(1), &[0; 8]).is_err());
    }
}
