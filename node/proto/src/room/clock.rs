//! The hybrid logical clock of entries (spec 08, "Clocks").
//!
//! It follows wall time where it can, and never runs backwards along a log.
//! A clock that is wrong by more than [`MAX_AHEAD`] doesn't drag others with
//! it: who has seen such an entry doesn't take its time over, but names it
//! (`ahead` in the header), and [`super::order`] then places it before the
//! entry that names it. So everyone clamps alike, whenever entries arrive.

use core::time::Duration;

use ciborium::Value;

use crate::cbor::{Decode, DecodeError, Encode};
use crate::time::Timestamp;

/// How far another's clock may run ahead before it is no longer followed:
/// five minutes. Longer than any drift of a synchronised clock, shorter than
/// what makes a conversation unreadable.
pub const MAX_AHEAD: Duration = Duration::from_secs(5 * 60);

/// A point of the hybrid logical clock. Ordered by time, then by counter.
/// Wire form: an array of time (milliseconds) and counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Clock {
    /// Wall time as the author's device knew it, or later.
    pub wall: Timestamp,
    /// Orders what has the same `wall`.
    pub counter: u32,
}

impl Clock {
    /// The next point after `self`.
    #[must_use]
    pub fn next(self) -> Self {
        match self.counter.checked_add(1) {
            Some(counter) => Self { counter, ..self },
            None => Self {
                wall: self.wall.after(Duration::from_millis(1)),
                counter: 0,
            },
        }
    }

    /// The clock of a new entry: wall time, but after the author's own last
    /// entry and after everything seen that isn't too far ahead.
    #[must_use]
    pub fn tick(now: Timestamp, own: Option<Self>, seen: impl Iterator<Item = Self>) -> Self {
        let wall = Self {
            wall: now,
            counter: 0,
        };
        seen.filter(|c| !c.too_far_ahead_of(now))
            .chain(own)
            .max()
            .map_or(wall, |last| wall.max(last.next()))
    }

    /// Whether this is more than [`MAX_AHEAD`] after `now`.
    #[must_use]
    pub fn too_far_ahead_of(self, now: Timestamp) -> bool {
        self.wall > now.after(MAX_AHEAD)
    }
}

impl Encode for Clock {
    fn encode(&self) -> Value {
        Value::Array(vec![self.wall.encode(), self.counter.encode()])
    }
}

impl Decode for Clock {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let parts: [Value; 2] = <Vec<Value>>::decode(value)?
            .try_into()
            .map_err(|_| DecodeError::Type("a clock"))?;
        let [wall, counter] = parts;
        Ok(Self {
            wall: Timestamp::decode(wall)?,
            counter: u32::decode(counter)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64, counter: u32) -> Clock {
        Clock {
            wall: Timestamp::from_secs(secs),
            counter,
        }
    }

    #[test]
    fn it_follows_wall_time_and_what_was_seen() {
        let now = Timestamp::from_secs(1000);
        assert_eq!(Clock::tick(now, None, [].into_iter()), at(1000, 0));
        assert_eq!(
            Clock::tick(now, Some(at(1000, 4)), [at(999, 0)].into_iter()),
            at(1000, 5)
        );
        assert_eq!(
            Clock::tick(now, None, [at(1200, 7)].into_iter()),
            at(1200, 8)
        );
    }

    #[test]
    fn a_clock_far_ahead_does_not_drag_others() {
        let now = Timestamp::from_secs(1000);
        let far = at(1000 + 301, 0);
        assert_eq!(Clock::tick(now, None, [far].into_iter()), at(1000, 0));
        // One's own log never runs backwards, even after a wrong clock.
        assert_eq!(Clock::tick(now, Some(far), [].into_iter()), far.next());
    }

    #[test]
    fn a_full_counter_moves_on() {
        assert!(at(1, u32::MAX).next() > at(1, u32::MAX));
    }
}
