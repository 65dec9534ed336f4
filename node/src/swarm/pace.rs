//! How often something may be done: at first some in a row, then one at a time.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

/// A pace: `burst` in a row, then one more each `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many in a row. 0 allows nothing.
    pub burst: u32,
    /// How long until there is room for one more.
    pub every: Duration,
}

/// One token bucket, kept as the time at which it is full again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    full: Instant,
}

impl Bucket {
    pub(super) fn new(now: Instant) -> Self {
        Self { full: now }
    }

    fn has(&self, pace: Pace, now: Instant) -> bool {
        let lacks = self.full.saturating_duration_since(now);
        pace.burst > 0 && lacks <= pace.every * (pace.burst - 1)
    }

    fn spend(&mut self, pace: Pace, now: Instant) {
        self.full = self.full.max(now) + pace.every;
    }

    /// Takes one, if there is one.
    pub(super) fn take(&mut self, pace: Pace, now: Instant) -> bool {
        let has = self.has(pace, now);
        if has {
            self.spend(pace, now);
        }
        has
    }
}

/// A bucket for each of many, and one for all together. Who is at full is not
/// remembered, so that there are never more buckets than the common one has
/// given out while one of them fills.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    all: Bucket,
    each: HashMap<K, Bucket>,
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            all: Bucket::new(now),
            each: HashMap::new(),
        }
    }

    /// Takes one from the bucket of each key and from the common one, or from
    /// none.
    pub(super) fn take(&mut self, keys: &[(K, Pace)], all: Pace, now: Instant) -> bool {
        let own = |(key, _): &(K, Pace)| {
            let known = self.each.get(key).copied();
            known.unwrap_or_else(|| Bucket::new(now))
        };
        let buckets: Vec<Bucket> = keys.iter().map(own).collect();
        let mut pairs = buckets.iter().zip(keys);
        // Whoever has used up its own doesn't cost the others anything.
        if !pairs.all(|(bucket, (_, pace))| bucket.has(*pace, now)) || !self.all.take(all, now) {
            return false;
        }
        self.each.retain(|_, bucket| bucket.full > now);
        for (mut bucket, (key, pace)) in buckets.into_iter().zip(keys) {
            bucket.spend(*pace, now);
            self.each.insert(*key, bucket);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(burst: u32) -> Pace {
        Pace {
            burst,
            every: SECOND,
        }
    }

    #[test]
    fn some_in_a_row_then_one_at_a_time() {
        let now = Instant::now();
        let mut bucket = Bucket::new(now);
        let mut taken = |n, at| (0..n).filter(|_| bucket.take(pace(3), at)).count();
        assert_eq!(taken(10, now), 3);
        assert_eq!(taken(10, now + SECOND), 1);
        assert_eq!(taken(10, now + SECOND * 3), 2);
        assert_eq!(taken(10, now + SECOND * 100), 3, "never more than a burst");
        let mut none = Bucket::new(now);
        assert!(!none.take(pace(0), now + SECOND));
    }

    #[test]
    fn one_that_floods_costs_the_others_little_and_leaves_no_trace() {
        let now = Instant::now();
        let mut buckets = Buckets::new(now);
        let flood = (0..100).filter(|_| buckets.take(&[("loud", pace(2))], pace(5), now));
        assert_eq!(flood.count(), 2);
        assert!(buckets.take(&[("calm", pace(2))], pace(5), now));
        let many = ["a", "b", "c", "d"].map(|key| buckets.take(&[(key, pace(2))], pace(5), now));
        assert_eq!(many, [true, true, false, false], "all together have five");
        assert_eq!(buckets.each.len(), 4);
        let later = now + SECOND * 10;
        assert!(buckets.take(&[("e", pace(2))], pace(5), later));
        assert_eq!(buckets.each.len(), 1);
    }
    #[test]
    fn who_lacks_one_of_several_takes_none() {
        let now = Instant::now();
        let mut buckets = Buckets::new(now);
        let mut take = |own| buckets.take(&[(own, pace(2)), ("shared", pace(3))], pace(9), now);
        assert_eq!(["a", "a", "a"].map(&mut take), [true, true, false]);
        // The third cost nothing of what is shared.
        assert_eq!(["b", "b"].map(&mut take), [true, false]);
        assert!(
            buckets.take(&[("b", pace(2))], pace(9), now),
            "nor of its own"
        );
    }
}
