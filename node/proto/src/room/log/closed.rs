//! From where on a room is closed to somebody who is no longer in it (MSG-1;
//! spec 08, "Leaving"): by network nothing more comes, and what comes by hand
//! is held against this.

use std::collections::BTreeSet;

use super::Log;
use crate::id::PersonId;
use crate::room::change::Action;
use crate::room::clock::Clock;
use crate::room::entry::{Entry, EntryId};
use crate::room::membership::Standing;

/// What of a room is closed to a person who doesn't belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// To whom.
    person: PersonId,
    /// What the person is to the room.
    pub standing: Standing,
    /// From this depth on.
    pub from: u64,
    /// And after this time, whatever the depth: by whoever didn't know yet.
    until: Option<Clock>,
    /// The changes of that depth by which the person went.
    by: BTreeSet<EntryId>,
}

impl Closed {
    /// All of it, to somebody who was only told of being out.
    #[must_use]
    pub const fn all(person: PersonId, standing: Standing) -> Self {
        Self {
            person,
            standing,
            from: 0,
            until: None,
            by: BTreeSet::new(),
        }
    }

    /// Whether the entry is open to the person all the same: it is their own, was
    /// written before, or tells that they are out.
    #[must_use]
    pub fn admits(&self, entry: &Entry) -> bool {
        let h = entry.header();
        let before = h.epoch < self.from && self.until.is_none_or(|until| h.clock <= until);
        before || h.person == self.person || self.by.contains(&entry.id())
    }
}

impl Log {
    /// What is closed to the person; `None` for a member. Whoever writes at the
    /// depth of a removal, or deeper, may have known of it, whatever their clock;
    /// and who didn't know wrote later if their clock says so. For whoever never
    /// came in, all is closed.
    #[must_use]
    pub fn closed_to(&self, person: &PersonId) -> Option<Closed> {
        let standing = self.membership.standing(person);
        if standing == Standing::Member {
            return None;
        }
        let came = |action: &Action, by: &PersonId| match action {
            Action::Open { .. } | Action::Accept => by == person,
            Action::Add { person: whom, .. } => whom == person,
            _ => false,
        };
        let went = |action: &Action, by: &PersonId| match action {
            Action::Leave { .. } => by == person,
            Action::Remove { person: whom, .. } => whom == person,
            _ => false,
        };
        let counting = || {
            let all = self.changes.values();
            all.filter(|c| self.membership.counts(&c.id))
        };
        let inside = counting().filter(|c| came(&c.action, &c.person));
        let inside = inside.map(|c| c.epoch).max();
        let exits = || {
            let all = counting().filter(|c| went(&c.action, &c.person));
            all.filter(|c| Some(c.epoch) > inside)
        };
        let from = match inside {
            Some(_) => exits().map(|c| c.epoch).min().unwrap_or(0),
            None => 0,
        };
        let by = exits().filter(|c| c.epoch == from).map(|c| c.id).collect();
        let until = exits()
            .filter_map(|c| self.row(&c.pos))
            .map(|r| r.clock)
            .min();
        Some(Closed {
            person: *person,
            standing,
            from,
            until,
            by,
        })
    }
}
