//! What must be erased, and who says that he has (MSG-7).

use std::collections::BTreeSet;

use super::{BodyState, Log, Row};
use crate::id::DeviceId;
use crate::room::body::Toggle;
use crate::room::change::Retention;
use crate::room::entry::{EntryId, Pos};
use crate::room::kind::Class;
use crate::time::Timestamp;

/// What stands against a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// Nothing: it stays.
    None,
    /// Its erasure was asked for, but a legal hold keeps it: hide it.
    Held,
    /// Erase it.
    Due,
}

impl Log {
    /// What stands against the body of `target`.
    #[must_use]
    pub fn erasure(&self, target: &EntryId) -> Erasure {
        let Some(author) = self.find(target).and_then(|p| self.person_of(&p.device)) else {
            return Erasure::None;
        };
        let asked = self.erasures.get(target).into_iter().flatten().any(|pos| {
            let by = self.person_of(&pos.device);
            let admin = |p| self.membership.person(&p).is_some_and(|p| p.was_admin);
            self.shows(pos) && by.is_some_and(|by| by == author || admin(by))
        });
        match (asked, self.membership.hold()) {
            (false, _) => Erasure::None,
            (true, Toggle::Set) => Erasure::Held,
            (true, Toggle::Clear) => Erasure::Due,
        }
    }

    /// Every body that is here and must be erased at `now`: because somebody
    /// entitled asked for it, or because its time is over (MSG-7). Empty
    /// while a legal hold is in force.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<Pos> {
        if self.membership.hold() == Toggle::Set {
            return Vec::new();
        }
        let over = |row: &Row| match self.membership.retention() {
            Retention::Forever => false,
            Retention::For(d) => row.clock.wall.after(d) <= now,
        };
        let here = |row: &Row| row.state == BodyState::Here && row.kind.class() == Class::Content;
        self.rows()
            .filter(|(_, r)| here(r) && (over(r) || self.erasure(&r.id) == Erasure::Due))
            .map(|(pos, _)| pos)
            .collect()
    }

    /// Says that the store has erased the body at `pos`.
    pub fn note_erased(&mut self, pos: &Pos) {
        self.set_state(pos, BodyState::Erased);
    }

    /// Says that the store has the body at `pos` now. Refused (and the body
    /// to be thrown away) if it is no longer missing.
    #[must_use]
    pub fn note_body(&mut self, pos: &Pos) -> bool {
        let missing = self.row(pos).is_some_and(|r| r.state == BodyState::Missing);
        if missing {
            self.set_state(pos, BodyState::Here);
        }
        missing
    }

    pub(super) fn set_state(&mut self, pos: &Pos, state: BodyState) {
        let rows = self.devices.get_mut(&pos.device).map(|l| &mut l.rows);
        let at = usize::try_from(pos.seq).unwrap_or(usize::MAX);
        if let Some(row) = rows.and_then(|r| r.get_mut(at)) {
            row.state = state;
        }
    }

    /// The devices that say they have carried out the erasure that the entry
    /// `erase` asked for.
    pub fn erased_by(&self, erase: &EntryId) -> impl Iterator<Item = DeviceId> + '_ {
        let said = self.erased_by.get(erase).into_iter().flatten();
        let devices: BTreeSet<DeviceId> =
            said.filter(|p| self.shows(p)).map(|p| p.device).collect();
        devices.into_iter()
    }

    /// The erasures asked for here that this device hasn't said it carried
    /// out; each a [`KindCode::ERASE`](crate::room::kind::KindCode::ERASE) entry. Answered with
    /// [`Body::Erased`](crate::room::body::Body::Erased) once [`Log::due`] is done.
    #[must_use]
    pub fn erasures_to_acknowledge(&self) -> Vec<EntryId> {
        if self.membership.hold() == Toggle::Set {
            return Vec::new();
        }
        let all: BTreeSet<Pos> = self.erasures.values().flatten().copied().collect();
        all.into_iter()
            .filter(|pos| self.shows(pos))
            .filter_map(|pos| self.row(&pos).map(|r| r.id))
            .filter(|id| self.erased_by(id).all(|d| d != self.me))
            .collect()
    }
}
