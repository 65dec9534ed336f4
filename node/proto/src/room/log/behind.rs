//! What can still be read of logs that a fork has ended (MSG-4; spec 08,
//! "Forks").
//!
//! None of it counts, and none of it is passed on: what of it is here hangs on
//! what came before the fork was known. It is kept for its readers alone,
//! apart from the log, which stays the same for everybody.

use std::collections::BTreeSet;

use super::{BodyState, Log, Row};
use crate::id::{DeviceId, PersonId};
use crate::room::entry::{Entry, EntryId, Pos};
use crate::room::kind::KindCode;
use crate::room::order::OrderKey;

/// An entry that a fork took out of the log.
#[derive(Debug, Clone)]
pub(super) struct Behind {
    pub(super) person: PersonId,
    pub(super) row: Row,
}

/// A line of a room's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// From here on this device's log has two versions.
    Fork(DeviceId),
    /// An entry.
    Entry(Pos),
}

/// What is kept for its readers: what was said, and who came in.
fn is_read(row: &Row) -> bool {
    matches!(row.kind, KindCode::TEXT | KindCode::FILE | KindCode::ACCEPT)
        && row.state != BodyState::Missing
}

impl Log {
    /// Whether the entry is shown though it doesn't count: it stands behind a
    /// fork, or only changes behind a fork had let its author in, and it was
    /// here before that was known.
    #[must_use]
    pub fn is_behind(&self, pos: &Pos) -> bool {
        self.behind.contains_key(pos) || self.is_orphan(pos)
    }

    /// Whether it is still in the log, though nobody had let its author in. Such
    /// a thing comes without its body, so it was here before the fork, or is ours.
    fn is_orphan(&self, pos: &Pos) -> bool {
        let row = self.row(pos).filter(|r| is_read(r));
        let person = row.and_then(|_| self.person_of(&pos.device));
        !self.forks.is_empty() && person.is_some_and(|p| !self.membership.was_named(&p))
    }

    /// The entry at `pos`, if it is shown, and who wrote it.
    #[must_use]
    pub fn readable(&self, pos: &Pos) -> Option<(PersonId, &Row)> {
        if let Some(behind) = self.behind.get(pos) {
            return Some((behind.person, &behind.row));
        }
        let shown = self.shows(pos) || self.is_orphan(pos);
        let row = self.row(pos).filter(|_| shown)?;
        Some((self.person_of(&pos.device)?, row))
    }

    /// Everything that is shown, what doesn't count because of a fork included.
    pub fn all_readable(&self) -> impl Iterator<Item = (Pos, &Row)> {
        let shown = |pos: &Pos| self.shows(pos) || self.is_orphan(pos);
        self.rows()
            .filter(move |(pos, _)| shown(pos))
            .chain(self.behind())
    }

    /// The places of what doesn't count because of a fork and is shown.
    pub fn all_behind(&self) -> impl Iterator<Item = Pos> {
        self.all_readable()
            .map(|(pos, _)| pos)
            .filter(|pos| self.is_behind(pos))
    }

    /// The same, and where the forks are, in the order in which it is shown.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let forks = self.forks.values().map(|f| {
            let (device, seq) = (f.device, f.seq);
            (
                OrderKey::plain(f.at, Pos { device, seq }),
                Line::Fork(device),
            )
        });
        let entries = self.all_readable().map(|(pos, row)| {
            let key = self.key(&pos);
            let key = key.unwrap_or_else(|| OrderKey::plain(row.clock, pos));
            (key, Line::Entry(pos))
        });
        let mut all: Vec<(OrderKey, Line)> = forks.chain(entries).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, line)| line).collect()
    }

    /// Whom only changes behind a fork had let in, as far as something of theirs
    /// is here. Somebody whose log is sound can invite them again.
    #[must_use]
    pub fn orphans(&self) -> BTreeSet<PersonId> {
        let logged = self
            .rows()
            .map(|(pos, _)| pos)
            .filter(|p| self.is_orphan(p));
        let logged = logged.filter_map(|pos| self.person_of(&pos.device));
        let behind = self.behind.values().map(|b| b.person);
        let all = logged.chain(behind);
        all.filter(|p| !self.membership.was_named(p)).collect()
    }

    /// The entries that are no longer in the log.
    pub(super) fn behind(&self) -> impl Iterator<Item = (Pos, &Row)> {
        self.behind.iter().map(|(pos, b)| (*pos, &b.row))
    }

    /// Where what has that id stands, or stood before a fork took it out.
    #[must_use]
    pub fn place_of(&self, id: &EntryId) -> Option<Pos> {
        let behind = || self.behind.iter().find(|(_, b)| b.row.id == *id);
        self.find(id).or_else(|| behind().map(|(pos, _)| *pos))
    }

    /// What has that id, and who said it.
    pub(super) fn said(&self, id: &EntryId) -> Option<(PersonId, &Row)> {
        if let Some(pos) = self.find(id) {
            return Some((self.person_of(&pos.device)?, self.row(&pos)?));
        }
        let behind = self.behind.values().find(|b| b.row.id == *id)?;
        Some((behind.person, &behind.row))
    }

    /// Of the entries of the device from `keep` on, which leave the log now,
    /// those that can still be read because a fork is the reason. What came
    /// within the same step, `new`, nobody has seen.
    pub(super) fn still_readable(
        &self,
        device: &DeviceId,
        keep: u64,
        new: &[Entry],
    ) -> BTreeSet<u64> {
        let Some(log) = self.devices.get(device) else {
            return BTreeSet::new();
        };
        let fork = self.forks.get(device).map_or(u64::MAX, |f| f.seq);
        // Of whoever was removed, only what stood before the cut was shown.
        let range = match self.membership.was_named(&log.person) {
            true => fork..self.counting(&log.person, device, log.lead),
            false if self.forks.is_empty() => 0..0,
            false => 0..u64::MAX,
        };
        let new: BTreeSet<Pos> = new.iter().map(Entry::pos).collect();
        let device = *device;
        let rows = log.rows.iter().zip(0..).filter(|(row, seq)| {
            let seq = *seq;
            seq >= keep
                && range.contains(&seq)
                && is_read(row)
                && !new.contains(&Pos { device, seq })
        });
        rows.map(|(_, seq)| seq).collect()
    }

    /// Takes back what [`Log::still_readable`] kept, as nobody has seen it yet.
    pub(in crate::room) fn forget_behind(&mut self, pos: &Pos) {
        self.behind.remove(pos);
    }

    /// Puts back what the store has kept.
    pub(super) fn put_behind(&mut self, entry: &Entry) {
        let mut row = Row::of(entry);
        if row.state == BodyState::Missing {
            row.state = BodyState::Erased;
        }
        let person = entry.header().person;
        self.behind.insert(entry.pos(), Behind { person, row });
    }

    /// The entry at `pos` goes into the log again, perhaps without the body that
    /// is still here.
    pub(super) fn back_in(&mut self, pos: &Pos, row: &mut Row) {
        if let Some(before) = self.behind.remove(pos)
            && before.row.id == row.id
            && before.row.state == BodyState::Here
        {
            row.state = BodyState::Here;
        }
    }
}
