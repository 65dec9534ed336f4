//! The order in which everybody sees a room (MSG-4; spec 08, "Order").
//!
//! By clock, then device. An entry whose clock ran more than five minutes
//! ahead stands where its clock says until somebody who had seen it writes
//! and names it (`ahead` in the header); from then on it stands before what
//! that author wrote. All of this is read off the signed headers, so it
//! doesn't depend on when anything arrived.

use std::collections::BTreeMap;

use super::clock::Clock;
use super::entry::Pos;
use crate::id::DeviceId;

/// The sort key of an entry. Compare keys of the same room only, and ask for
/// them anew after [`super::log::Insertion::reordered`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey {
    /// The clock as clamped.
    clock: Clock,
    /// 0 if not clamped; below 0: so many clampings before one that isn't.
    level: i32,
    /// The clock as signed.
    signed: Clock,
    /// Last resort between two devices, and the entry's place.
    pos: Pos,
}

impl OrderKey {
    /// The key of an entry that isn't clamped.
    #[must_use]
    pub fn plain(clock: Clock, pos: Pos) -> Self {
        Self {
            clock,
            level: 0,
            signed: clock,
            pos,
        }
    }

    /// Where the entry stands in its log.
    #[must_use]
    pub fn pos(&self) -> Pos {
        self.pos
    }

    /// The time to show: the clock as signed, or as clamped.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Whether the clock was clamped.
    #[must_use]
    pub fn is_clamped(&self) -> bool {
        self.level < 0
    }

    fn clamp(&self) -> (Clock, i32) {
        (self.clock, self.level)
    }
}

/// Works out the keys of those entries that are clamped.
///
/// `rows` are all entries; `ahead` says which positions an entry names.
pub(super) fn clamped(
    rows: impl Iterator<Item = (Pos, Clock)>,
    ahead: &BTreeMap<Pos, Vec<Pos>>,
) -> BTreeMap<Pos, OrderKey> {
    let mut rows: Vec<(Clock, Pos)> = rows.map(|(p, c)| (c, p)).collect();
    // An entry is clamped only by one with a lower clock, and its log's
    // entries before it have lower clocks: one pass in clock order is enough.
    rows.sort_unstable();
    let mut named: BTreeMap<DeviceId, Vec<(u64, OrderKey)>> = BTreeMap::new();
    let mut out: BTreeMap<Pos, OrderKey> = BTreeMap::new();
    let mut last: BTreeMap<DeviceId, OrderKey> = BTreeMap::new();
    for (clock, pos) in rows {
        let mut key = OrderKey::plain(clock, pos);
        let clamp = named
            .get(&pos.device)
            .into_iter()
            .flatten()
            .filter(|(seq, by)| *seq >= pos.seq && clock.too_far_ahead_of(by.signed.wall))
            .map(|(_, by)| (by.clock, by.level.saturating_sub(1)))
            .min();
        if let Some(clamp) = clamp {
            // Never before what the same device wrote before.
            let before = last.get(&pos.device).map(OrderKey::clamp);
            (key.clock, key.level) = before.map_or(clamp, |b| clamp.max(b));
            out.insert(pos, key);
        }
        last.insert(pos.device, key);
        for at in ahead.get(&pos).into_iter().flatten() {
            named.entry(at.device).or_default().push((at.seq, key));
        }
    }
    out
}
