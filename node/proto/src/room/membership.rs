//! Who belongs to a room: a pure function of the set of its changes, so that
//! everybody who has the same changes comes to the same members, in whatever
//! order they arrived (MSG-1, MSG-4; spec 08, "Membership").
//!
//! - A change counts if its author was entitled by the changes that it
//!   follows (its ancestors), and no removal undoes it.
//! - A removal undoes what the removed person changed at the same time after
//!   the cut, and every invitation of that person at the same time: removal
//!   wins. What the remover had seen stands. Taking away the rights of an
//!   admin undoes likewise what that admin did with them.
//! - An admin can be removed only by those in whose line of invitations he
//!   stands. So two admins can't remove each other, as far as they know that
//!   they are admins.
//! - Of removals that undo each other, the one by whoever was let in earlier
//!   is weighed first. Nobody can be let in earlier after the fact, so nobody
//!   gains by pretending not to have seen a removal.
//! - Otherwise the deeper change wins; at the same depth, the lower id.

use std::collections::{BTreeMap, BTreeSet};

use super::body::{Parent, Toggle};
use super::change::{Action, Retention, Role, RoomKind};
use super::entry::{EntryId, Pos};
use crate::id::{DeviceId, PersonId};

mod fold;

pub use fold::fold;

/// A change as the log knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub id: EntryId,
    /// Where it stands.
    pub pos: Pos,
    /// Whose device made it.
    pub person: PersonId,
    /// Its depth.
    pub epoch: u64,
    /// What it follows.
    pub parents: Vec<Parent>,
    /// What it does.
    pub action: Action,
    /// Whether its log leads up to it.
    pub footing: Footing,
}

/// Whether the log before a change is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footing {
    /// It stands in its author's log.
    Logged,
    /// It came alone, inside an invitation: believed until the log comes.
    Alone,
}

/// What somebody is to the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing.
    Stranger,
    /// Invited, hasn't answered.
    Invited,
    /// Belongs to it.
    Member,
    /// Was invited and declined.
    Declined,
    /// Was a member and left.
    Left,
    /// Was removed.
    Removed,
}

/// One person in the room's book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What the person is to the room now.
    pub standing: Standing,
    /// The role, as far as the person is a member or invited.
    pub role: Role,
    /// Who invited the person first; nobody invited the opener.
    pub inviter: Option<PersonId>,
    /// Whether the person ever agreed to be here (MSG-1).
    pub agreed: bool,
    /// Whether the person was ever an admin: what an admin had erased stays
    /// erased.
    pub was_admin: bool,
    /// How many entries of each device still count; devices not listed: none.
    /// In force from when the person is removed or leaves until the person
    /// is a member again: an invitation alone brings nobody back (MSG-1).
    cut: Option<BTreeMap<DeviceId, u64>>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            standing: Standing::Stranger,
            role: Role::Member,
            inviter: None,
            agreed: false,
            was_admin: false,
            cut: None,
        }
    }
}

/// Which entries of a device count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// None.
    Nothing,
    /// Changes until the first entry of another class: an invited person may
    /// answer, and nothing else.
    Changes,
    /// The first so many.
    Count(u64),
    /// All.
    All,
}

/// Who belongs to a room, and how it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    people: BTreeMap<PersonId, Person>,
    kind: RoomKind,
    title: String,
    retention: Retention,
    hold: Toggle,
    heads: Vec<Parent>,
    depth: u64,
    effective: BTreeSet<EntryId>,
    /// Who was let in by somebody who was entitled by what he had seen,
    /// whether or not that counts now.
    named: BTreeSet<PersonId>,
    device_cuts: BTreeMap<DeviceId, (PersonId, u64)>,
}

impl Membership {
    /// What the person is to the room.
    #[must_use]
    pub fn standing(&self, person: &PersonId) -> Standing {
        self.people
            .get(person)
            .map_or(Standing::Stranger, |p| p.standing)
    }

    /// What the book says of a person; `None` for a stranger.
    #[must_use]
    pub fn person(&self, person: &PersonId) -> Option<&Person> {
        self.people.get(person)
    }

    /// Everybody in the book, also those who declined, left or were removed.
    pub fn people(&self) -> impl Iterator<Item = (&PersonId, &Person)> {
        self.people.iter()
    }

    /// The members.
    pub fn members(&self) -> impl Iterator<Item = &PersonId> {
        self.people
            .iter()
            .filter(|(_, p)| p.standing == Standing::Member)
            .map(|(id, _)| id)
    }

    /// Whether the person is a member and admin.
    #[must_use]
    pub fn is_admin(&self, person: &PersonId) -> bool {
        self.people
            .get(person)
            .is_some_and(|p| p.standing == Standing::Member && p.role == Role::Admin)
    }

    /// Who may come in.
    #[must_use]
    pub fn kind(&self) -> RoomKind {
        self.kind
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How long bodies are kept.
    #[must_use]
    pub fn retention(&self) -> Retention {
        self.retention
    }

    /// Whether a legal hold is in force.
    #[must_use]
    pub fn hold(&self) -> Toggle {
        self.hold
    }

    /// The newest changes: what the next change names as its parents.
    #[must_use]
    pub fn heads(&self) -> &[Parent] {
        &self.heads
    }

    /// The greatest depth of any change.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.depth
    }

    /// Whether the change counts.
    #[must_use]
    pub fn counts(&self, change: &EntryId) -> bool {
        self.effective.contains(change)
    }

    /// Which entries of that device of that person count.
    #[must_use]
    pub fn allowance(&self, person: &PersonId, device: &DeviceId) -> Allowance {
        let by_person = match self.people.get(person) {
            None => Allowance::Nothing,
            Some(p) => match p.standing {
                Standing::Stranger => Allowance::Nothing,
                Standing::Member => Allowance::All,
                Standing::Invited | Standing::Declined if !p.agreed => Allowance::Changes,
                _ => p.cut.as_ref().map_or(Allowance::All, |cut| {
                    Allowance::Count(cut.get(device).copied().unwrap_or(0))
                }),
            },
        };
        match (by_person, self.device_cuts.get(device)) {
            (Allowance::All, Some((p, keep))) if p == person => Allowance::Count(*keep),
            (Allowance::Count(n), Some((p, keep))) if p == person => Allowance::Count(n.min(*keep)),
            (by_person, _) => by_person,
        }
    }

    /// Whether the person was ever let in by somebody who could, whatever has
    /// become of that. What such a person changes is weighed even where it
    /// doesn't count: what it is weighed against may turn out not to count.
    /// Never turns from true to false as more is heard.
    #[must_use]
    pub fn was_named(&self, person: &PersonId) -> bool {
        self.named.contains(person)
    }

    /// Whether the person may do this now. A change by somebody who may not
    /// is kept, but doesn't count.
    #[must_use]
    pub fn may(&self, person: &PersonId, action: &Action) -> bool {
        entitled(person, action, self.kind, |p| {
            self.people.get(p).cloned().unwrap_or_default()
        })
    }
}

/// Whether `author` may do `action`, by the `book` of people.
fn entitled(
    author: &PersonId,
    action: &Action,
    kind: RoomKind,
    book: impl Fn(&PersonId) -> Person,
) -> bool {
    let me = book(author);
    let member = me.standing == Standing::Member;
    let admin = member && me.role == Role::Admin;
    let pair = matches!(kind, RoomKind::Pair(_));
    match action {
        Action::Open { .. } => false,
        Action::Invite { .. } => admin && !pair,
        Action::Add { person, role } => {
            let other = book(person);
            let lowers = other.standing == Standing::Member && other.role > *role;
            admin && !pair && (!lowers || senior(author, &other, &book))
        }
        Action::Remove { person, .. } => {
            let other = book(person);
            admin
                && !pair
                && author != person
                && (other.role < Role::Admin || senior(author, &other, &book))
        }
        Action::Accept => match me.standing {
            Standing::Invited => true,
            Standing::Stranger | Standing::Left | Standing::Declined => {
                matches!(kind, RoomKind::Organisation(_))
            }
            Standing::Member | Standing::Removed => false,
        },
        Action::Decline => me.standing == Standing::Invited,
        Action::Leave { .. } | Action::CutDevice { .. } => member,
        Action::Retention(_) | Action::Hold(_) | Action::Title(_) => admin,
    }
}

/// Whether `who` stands in the line of invitations of `other`.
fn senior(who: &PersonId, other: &Person, book: &impl Fn(&PersonId) -> Person) -> bool {
    let mut next = other.inviter;
    let mut seen = BTreeSet::new();
    while let Some(inviter) = next {
        if inviter == *who {
            return true;
        }
        if !seen.insert(inviter) {
            return false;
        }
        next = book(&inviter).inviter;
    }
    false
}
