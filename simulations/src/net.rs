//! Time, chance and the wire.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::scenario::{Network, Span};

/// Chance: the same numbers for the same seed.
#[derive(Debug)]
pub struct Dice(pub ChaCha8Rng);

impl Dice {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Between both, both included.
    pub fn within(&mut self, [from, to]: Span) -> u64 {
        from + self.0.next_u64() % (to - from + 1)
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, p: f64) -> bool {
        // 53 bits: as many as a double holds.
        let unit = (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        unit < p
    }

    /// The time to the next of events that come every `mean`, on average.
    pub fn next_after(&mut self, mean: u64) -> u64 {
        let unit = ((self.0.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64;
        (-unit.ln() * mean as f64) as u64 + 1
    }
}

/// What is to happen, in order; what is due at the same time happens in the
/// order in which it was planned.
#[derive(Debug)]
pub struct Queue<T> {
    heap: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, T>,
    counter: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            events: BTreeMap::new(),
            counter: 0,
        }
    }
}

impl<T> Queue<T> {
    /// Plans an event.
    pub fn at(&mut self, ms: u64, event: T) {
        self.counter += 1;
        self.heap.push(Reverse((ms, self.counter)));
        self.events.insert(self.counter, event);
    }

    /// The next event and its time.
    pub fn pop(&mut self) -> Option<(u64, T)> {
        let Reverse((ms, id)) = self.heap.pop()?;
        self.events.remove(&id).map(|e| (ms, e))
    }
}

/// When a message arrives: never, once, or twice.
#[must_use]
pub fn arrivals(net: &Network, dice: &mut Dice, now: u64, after: u64) -> Vec<u64> {
    if dice.happens(net.loss) {
        return Vec::new();
    }
    let copies = 1 + usize::from(dice.happens(net.duplicate));
    (0..copies)
        .map(|_| {
            let on_time = now + dice.within(net.delay_ms);
            match dice.happens(net.late) {
                true => on_time + dice.within([1, 1000]),
                false => on_time.max(after),
            }
        })
        .collect()
}
