//! The latest time that is believed, of a clock that may be wrong (POL-8,
//! POL-9; spec 01, "Judged time"; spec 04, "Age"): it never falls, so that
//! what has expired before this device's eyes stays expired.
//!
//! A clock may also leap ahead by accident, and with it those of a whole LAN;
//! that must not end anything for good. So a leap is believed only after the
//! clock has stayed there. This gives nothing to somebody who wants the past
//! back: whoever sets the clock back before Kith has seen the end is found
//! out by newer signed records alone, whatever is done here.

use core::time::Duration;

use ciborium::Value;

use crate::cbor::{DecodeError, MapBuilder, MapReader};
use crate::clock::MAX_LEAP;
use crate::time::Timestamp;

/// What a time must do to be believed, and which news are worth storing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// How long a clock that leapt must stay ahead, by itself.
    pub(crate) confirm: Duration,
    /// Smaller steps than this are not taken.
    pub(crate) grain: Duration,
    /// Reaching this counts whatever the step.
    pub(crate) end: Option<Timestamp>,
}

/// What a clock has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The latest time that is believed; it never falls.
    latest: Timestamp,
    /// A leap of more than [`MAX_LEAP`] that isn't believed yet.
    leap: Option<Leap>,
    /// As far as it came by steps alone, before the first leap was believed.
    steady: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Leap {
    /// Where it ended.
    to: Timestamp,
    /// Where the clock was seen last.
    last: Timestamp,
}

impl Seen {
    /// Nothing but this time has been seen.
    pub(crate) const fn from(time: Timestamp) -> Self {
        Self {
            latest: time,
            leap: None,
            steady: time,
        }
    }

    pub(crate) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// The latest time that doesn't rest on a leap, which may have been a
    /// clock's mistake however long it stayed.
    pub(crate) fn steady(&self) -> Timestamp {
        self.steady
    }

    /// The clock shows `now`. Whether anything came of it that is worth
    /// storing.
    pub(crate) fn observe(&mut self, now: Timestamp, rule: &Rule) -> bool {
        let before = *self;
        // A clock behind what is believed is wrong itself: it can't tell
        // whether an earlier leap was.
        if now <= self.latest {
            return false;
        }
        let ahead = now.since(self.latest);
        if ahead <= MAX_LEAP {
            self.leap = None;
            let over = rule.end.is_some_and(|e| self.latest < e && e <= now);
            if over || ahead >= rule.grain {
                if self.steady == self.latest {
                    self.steady = now;
                }
                self.latest = now;
            }
            return *self != before;
        }
        self.leap = match self.leap {
            Some(l) if l.to <= now && now.since(l.last) <= MAX_LEAP => {
                if now.since(l.to) >= rule.confirm {
                    self.latest = now;
                    None
                } else if now.since(l.last) >= rule.grain {
                    Some(Leap { last: now, ..l })
                } else {
                    Some(l)
                }
            }
            _ => Some(Leap { to: now, last: now }),
        };
        *self != before
    }

    pub(crate) fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.latest)
            .put_opt(1, self.leap.map(|l| l.to).as_ref())
            .put_opt(2, self.leap.map(|l| l.last).as_ref())
            .put_opt(3, Some(self.steady).filter(|s| *s != self.latest).as_ref())
            .build()
    }

    /// Reads what was stored.
    pub(crate) fn read(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let latest = r.req(0)?;
        let leap = match (r.opt(1)?, r.opt(2)?) {
            (Some(to), Some(last)) => Some(Leap { to, last }),
            (None, None) => None,
            _ => return Err(DecodeError::OutOfRange),
        };
        let steady = r.opt(3)?.unwrap_or(latest);
        let _ = r.finish()?;
        Ok(Self {
            latest,
            leap,
            steady,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const HOUR: Duration = Duration::from_secs(3_600);
    /// That of a policy document which ends on day 100.
    const RULE: Rule = Rule {
        confirm: DAY,
        grain: HOUR,
        end: Some(Timestamp::from_secs(1_000_000_000 + 100 * 86_400)),
    };

    fn day(n: u32) -> Timestamp {
        Timestamp::from_secs(1_000_000_000).after(DAY * n)
    }

    /// What is believed of a document of day 0 that ends on day 100.
    fn after(clock: &[Timestamp]) -> Seen {
        let mut seen = Seen::from(day(0));
        for now in clock {
            let before = seen;
            let news = seen.observe(*now, &RULE);
            assert_eq!(news, seen != before);
            assert!(seen.latest >= before.latest);
        }
        seen
    }

    #[test]
    fn a_clock_that_goes_on_is_believed_and_never_falls() {
        let seen = after(&[day(20), day(45), day(3), day(70)]);
        assert_eq!(seen, Seen::from(day(70)));
    }

    #[test]
    fn small_steps_are_not_worth_storing_but_the_end_is() {
        let mut seen = after(&[day(30), day(60), day(90), day(100).before(HOUR / 2)]);
        assert!(!seen.observe(day(100).before(HOUR / 3), &RULE));
        assert!(seen.observe(day(100), &RULE));
        assert_eq!(seen.latest, day(100));
        assert!(!seen.observe(day(100).after(HOUR / 2), &RULE));
        assert!(seen.observe(day(100).after(HOUR), &RULE));
    }

    #[test]
    fn a_leap_is_believed_after_a_day_and_not_before() {
        let almost = day(5_001).before(Duration::from_millis(1));
        let seen = after(&[day(1), day(5_000), almost]);
        assert_eq!(seen.latest, day(1));
        let believed = after(&[day(1), day(5_000), day(5_001)]);
        assert_eq!((believed.latest, believed.leap), (day(5_001), None));
        // What doesn't rest on it is known, and stays where it was.
        assert_eq!(believed.steady, day(1));
        let seen = after(&[day(1), day(5_000), day(5_001), day(5_010)]);
        assert_eq!((seen.latest, seen.steady), (day(5_010), day(1)));
        // Two leaps are not one that stayed.
        let seen = after(&[day(1), day(5_000), day(7_000)]);
        assert_eq!(seen.latest, day(1));
        // Nor does it count from a later place than the clock now shows.
        let seen = after(&[day(1), day(5_000), day(4_999), day(5_000).before(HOUR)]);
        assert_eq!(seen.latest, day(1));
    }

    #[test]
    fn a_leap_that_is_taken_back_leaves_nothing() {
        let seen = after(&[day(1), day(5_000), day(1).after(HOUR), day(5_002)]);
        assert_eq!(seen.latest, day(1).after(HOUR));
        // Unless the clock that took it back is the wrong one.
        let seen = after(&[day(1), day(5_000), day(0), day(5_002)]);
        assert_eq!((seen.latest, seen.leap), (day(5_002), None));
    }

    #[test]
    fn the_longest_step_is_that_of_signed_times() {
        assert_eq!(after(&[day(31)]).latest, day(31));
        let more = day(31).after(Duration::from_millis(1));
        assert_eq!(after(&[more]).latest, day(0));
    }

    #[test]
    fn it_comes_back() {
        for seen in [
            after(&[day(3)]),
            after(&[day(3), day(900), day(900).after(HOUR)]),
        ] {
            assert_eq!(Seen::read(seen.encode()), Ok(seen));
        }
        let half = MapBuilder::new().put(0, &day(1)).put(1, &day(2)).build();
        assert_eq!(Seen::read(half), Err(DecodeError::OutOfRange));
    }
}
