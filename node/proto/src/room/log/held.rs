//! Entries that wait for others: out of order, by somebody not yet known, or
//! changes whose parents haven't come.

use std::collections::BTreeMap;

use crate::id::DeviceId;
use crate::room::entry::{Entry, Pos};

/// The most entries that wait, of devices whose person is known here. Entries
/// travel in clock order, so that few ever wait.
pub const MAX_HELD: usize = 1024;
/// The same for everybody else's: a member can make up any number of those.
pub const MAX_HELD_STRANGERS: usize = 128;
/// The most bytes that wait.
pub const MAX_HELD_BYTES: usize = 4 * 1024 * 1024;

/// What an entry waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldWhy {
    /// The entries before it in its log.
    Gap,
    /// The changes that it follows.
    Parents,
    /// A record that certifies the device, or says that it is revoked.
    Device,
    /// A record that says who belongs to the organisation.
    Organisation,
    /// The change by which its author became a member.
    Membership,
}

#[derive(Debug, Clone)]
struct Item {
    entry: Entry,
    why: HeldWhy,
    arrived: u64,
}

/// The waiting room. Bounded: when full, what came first goes first; it can
/// be fetched again.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    items: BTreeMap<Pos, Item>,
    bytes: usize,
    counter: u64,
}

impl Held {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Keeps the entry; the first of a place stays.
    pub(super) fn put(&mut self, entry: Entry, why: HeldWhy) {
        let pos = entry.pos();
        if let Some(item) = self.items.get_mut(&pos) {
            item.why = why;
            return;
        }
        self.bytes += entry.weight();
        self.counter += 1;
        let arrived = self.counter;
        self.items.insert(
            pos,
            Item {
                entry,
                why,
                arrived,
            },
        );
        let strange = |i: &Item| matches!(i.why, HeldWhy::Device | HeldWhy::Membership);
        while self.items.values().filter(|i| strange(i)).count() > MAX_HELD_STRANGERS {
            self.drop_oldest(strange);
        }
        while self.items.len() > MAX_HELD + MAX_HELD_STRANGERS || self.bytes > MAX_HELD_BYTES {
            self.drop_oldest(|_| true);
        }
    }

    fn drop_oldest(&mut self, of: impl Fn(&Item) -> bool) {
        let oldest = self.items.iter().filter(|(_, i)| of(i));
        if let Some(pos) = oldest.min_by_key(|(_, i)| i.arrived).map(|(p, _)| *p) {
            self.take(&pos);
        }
    }

    pub(super) fn take(&mut self, pos: &Pos) -> Option<Entry> {
        let item = self.items.remove(pos)?;
        self.bytes -= item.entry.weight();
        Some(item.entry)
    }

    /// Where the parents stand of those that wait for nothing else.
    pub(super) fn references(&self) -> impl Iterator<Item = Pos> {
        self.items
            .values()
            .filter(|i| i.why == HeldWhy::Parents)
            .flat_map(|i| i.entry.parents())
            .map(|p| p.pos)
    }

    /// The entries that might go in now: each device's next one. And those
    /// that waited for parents: what they wait for may have changed.
    pub(super) fn ready(&self, next: impl Fn(&DeviceId) -> u64) -> Vec<Pos> {
        self.items
            .iter()
            .filter(|(p, i)| p.seq <= next(&p.device) || i.why == HeldWhy::Parents)
            .map(|(p, _)| *p)
            .collect()
    }

    /// The first number from `from` that doesn't wait here.
    pub(super) fn contiguous(&self, device: &DeviceId, from: u64) -> u64 {
        let pos = |seq| Pos {
            device: *device,
            seq,
        };
        (from..)
            .find(|seq| !self.items.contains_key(&pos(*seq)))
            .unwrap_or(from)
    }
}
