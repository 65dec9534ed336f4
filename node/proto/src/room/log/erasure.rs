//! What must be erased, and who says that he has (MSG-7).

use std::collections::BTreeSet;

use thiserror::Error;

use super::{BodyState, Log, Row};
use crate::id::{DeviceId, PersonId};
use crate::room::body::Toggle;
use crate::room::change::{Retention, RoomKind};
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

/// Why somebody isn't entitled to have something erased (spec 08, "Erasure
/// and retention").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotErasable {
    /// It isn't here, or its body belongs to the skeleton.
    #[error("that isn’t a message")]
    NoContent,
    /// Both of a pair are admins, but neither of the other's words.
    #[error("in a room of two, each deletes only what is their own")]
    OthersInPair,
    /// In all other rooms.
    #[error("only who wrote it, and the room’s admins, can delete it")]
    Others,
}

impl Log {
    /// What stands against the body of `target`.
    #[must_use]
    pub fn erasure(&self, target: &EntryId) -> Erasure {
        match (self.erasure_by(target), self.membership.hold()) {
            (None, _) => Erasure::None,
            (Some(_), Toggle::Set) => Erasure::Held,
            (Some(_), Toggle::Clear) => Erasure::Due,
        }
    }

    /// Who had `target` erased: of those entitled, the first as entries are
    /// shown.
    #[must_use]
    pub fn erasure_by(&self, target: &EntryId) -> Option<PersonId> {
        let asked = self.erasures.get(target).into_iter().flatten();
        let counts = asked.filter(|pos| self.shows(pos)).filter_map(|pos| {
            let by = self.person_of(&pos.device)?;
            self.may_erase(&by, target).ok()?;
            Some((self.key(pos)?, by))
        });
        counts.min().map(|(_, by)| by)
    }

    /// Whether a person is entitled to have `target` erased.
    ///
    /// # Errors
    /// [`NotErasable`]: what that person asks for changes nothing.
    pub fn may_erase(&self, person: &PersonId, target: &EntryId) -> Result<(), NotErasable> {
        let (author, row) = self.said(target).ok_or(NotErasable::NoContent)?;
        let admin = |p| self.membership.person(p).is_some_and(|p| p.was_admin);
        match self.membership.kind() {
            _ if row.kind.class() != Class::Content => Err(NotErasable::NoContent),
            _ if author == *person => Ok(()),
            RoomKind::Pair(_) => Err(NotErasable::OthersInPair),
            _ if admin(person) => Ok(()),
            _ => Err(NotErasable::Others),
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
            .chain(self.behind())
            .filter(|(_, r)| here(r) && (over(r) || self.erasure(&r.id) == Erasure::Due))
            .map(|(pos, _)| pos)
            .collect()
    }

    /// Says that the store has erased the body at `pos`.
    pub fn note_erased(&mut self, pos: &Pos) {
        match self.behind.get_mut(pos) {
            Some(behind) => behind.row.state = BodyState::Erased,
            None => self.set_state(pos, BodyState::Erased),
        }
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
